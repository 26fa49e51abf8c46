//! Processing: workers take slices of what they have fetched and write checkpoints.
//!
//! What was processed since the last checkpoint is processed again by the next holder of the lease: at least
//! once.
//!
//! # Source
//! KCL 3.5.1, `ProcessTask` and `RecordProcessorCheckpointer`.

use super::app::App;
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::Part;
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::probe::Limit;
use crate::units::SimTime;

impl App {
    /// A worker that is idle begins with its next slice; what takes no time and has no sink is finished at once.
    pub(super) fn begin_slice(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        while let Some(ends) = self.next_slice(worker, io) {
            if ends > io.now() || self.consumer_sink.is_some() {
                self.note_busy(worker, ends, io);
                let (app, ticket) = (self.id, self.workers[worker].ticket);
                let event = AppEvent::Done {
                    app,
                    worker,
                    ticket,
                };
                return io.at(ends, event);
            }
            if !self.end_slice(worker, io) {
                return;
            }
        }
    }

    /// A worker works until `ends`; if more records wait for it, it holds them up.
    fn note_busy(&self, worker: WorkerId, ends: SimTime, io: &mut Io<'_>) {
        if self.workers[worker].reader.has_more() {
            let spot = Limit::BusyWorker.of(self.consumer(), worker.0);
            io.probe.waits(spot, io.queue.now(), ends);
        }
    }

    /// A worker that is idle takes its next slice, if there is one for it; returns when it ends.
    fn next_slice(&mut self, worker: WorkerId, io: &mut Io<'_>) -> Option<SimTime> {
        if self.down > 0 || !self.workers[worker].is_up() {
            return None;
        }
        if self.workers[worker].stops && self.workers[worker].reader.is_idle() {
            self.leave(worker, io);
            return None;
        }
        let state = &mut self.workers[worker];
        let ends = state.reader.begin(io.now())?;
        state.busy_until = ends;
        Some(ends)
    }

    /// A worker is done with a slice.
    pub(super) fn finish_slice(&mut self, worker: WorkerId, ticket: Ticket, io: &mut Io<'_>) {
        if self.workers[worker].ticket == ticket && self.end_slice(worker, io) {
            self.begin_slice(worker, io);
        }
    }

    /// A slice is processed and handed over to the sink; false if the worker waits for its sink now.
    fn end_slice(&mut self, worker: WorkerId, io: &mut Io<'_>) -> bool {
        if self.sink_slice(worker, io) {
            return false;
        }
        let mut before = 0;
        for n in 0..self.workers[worker].reader.current().len() {
            let part = self.workers[worker].reader.current()[n];
            self.finish_part(worker, part, before, io);
            before += part.chunk.count;
        }
        self.workers[worker].reader.end();
        true
    }

    /// The records of one shard in a slice are processed; `before` records of the slice were processed before.
    fn finish_part(&mut self, worker: WorkerId, part: Part, before: u64, io: &mut Io<'_>) {
        let (shard, end) = (
            ShardId(part.chunk.lane),
            part.chunk.first + part.chunk.count,
        );
        if io.common.watches_order {
            self.watch_order(part.chunk, io);
        }
        let own = self.is_own(worker, part);
        let consumer = self.consumer();
        let lease = &mut self.leases[shard];
        let (seen, log) = (lease.cursor.seen, io.stream.log(shard));
        let reader = &self.workers[worker].reader;
        reader.report(part, before, seen, consumer, log, io.probe);
        lease.cursor.seen = seen.max(end);
        if !own {
            // The lease has gone to another worker meanwhile, and the checkpoint fails; only in a graceful
            // hand-over the next holder has waited for this.
            if lease.leaving == Some(worker) {
                lease.cursor.checkpoint = lease.cursor.checkpoint.max(end);
            }
            return;
        }
        lease.cursor.done = end;
        if part.last {
            self.finish_answer(shard, io);
        }
    }

    /// The last record of an answer is processed: there is room for another, and perhaps a checkpoint is due.
    fn finish_answer(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let now = io.now();
        let lease = &mut self.leases[shard];
        lease.finish_oldest();
        let due = self.checkpoint_is_due(shard, now);
        if due && self.may_checkpoint(shard, io) {
            let lease = &mut self.leases[shard];
            let done = lease.cursor.done;
            lease.cursor.set_checkpoint(done, now);
            if self.config.has_leases() {
                io.stream.bill_checkpoint(self.id);
            }
        }
        self.unblock(shard, io);
        self.end_if_read(shard, io);
        io.common.freed.push(shard);
    }

    /// Whether the worker that has processed records of a shard writes a checkpoint. A Flink job takes snapshots instead.
    pub(super) fn checkpoint_is_due(&self, shard: ShardId, now: SimTime) -> bool {
        let lease = &self.leases[shard];
        let over = lease.cursor.checkpointed_at + self.config.checkpoint <= now;
        lease.at_end || (over && self.config.flink.is_none())
    }

    /// Whether a part of a slice is of a lease that its worker still holds, since it fetched it. A worker that lost a lease and
    /// took it again still has parts of answers to its former calls; those are no longer its own.
    pub(super) fn is_own(&self, worker: WorkerId, part: Part) -> bool {
        let chunk = part.chunk;
        let lease = &self.leases[ShardId(chunk.lane)];
        let oldest = lease.answers.oldest().filter(|oldest| {
            let end = oldest.first + oldest.count;
            oldest.taken == chunk.taken
                && oldest.first <= chunk.first
                && chunk.first + chunk.count <= end
        });
        lease.owner == Some(worker) && oldest.is_some()
    }
}
