//! Processing: workers take slices of what they have fetched and write checkpoints.
//!
//! What was processed since the last checkpoint is processed again by the next holder of the lease: at least
//! once.
//!
//! # Source
//! KCL 3.5.1, `ProcessTask` and `RecordProcessorCheckpointer`.

use super::app::App;
use super::lease::LeaseState;
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::Part;
use crate::platform::kinesis::ids::{ShardId, WorkerId};

impl App {
    /// A worker that is idle begins with its next slice.
    pub(super) fn begin_slice(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        if self.down > 0 || !self.workers[worker].is_up() {
            return;
        }
        let state = &mut self.workers[worker];
        if let Some(ends) = state.reader.begin(io.now()) {
            state.busy_until = ends;
            let (app, ticket) = (self.id, state.ticket);
            io.at(
                ends,
                AppEvent::Done {
                    app,
                    worker,
                    ticket,
                },
            );
        }
    }

    /// A worker is done with a slice.
    pub(super) fn finish_slice(&mut self, worker: WorkerId, ticket: Ticket, io: &mut Io<'_>) {
        if self.workers[worker].ticket != ticket || self.sink_slice(worker, io) {
            return;
        }
        let mut before = 0;
        for n in 0..self.workers[worker].reader.current().len() {
            let part = self.workers[worker].reader.current()[n];
            self.finish_part(worker, part, before, io);
            before += part.chunk.count;
        }
        self.workers[worker].reader.end();
        self.begin_slice(worker, io);
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
            if lease.state == LeaseState::Waiting {
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
        if lease.cursor.checkpointed_at + self.config.checkpoint <= now || lease.at_end {
            let done = lease.cursor.done;
            lease.cursor.set_checkpoint(done, now);
            io.stream.bill_checkpoint();
        }
        self.unblock(shard, io);
        self.end_if_read(shard, io);
        io.common.freed.push(shard);
    }

    /// Whether a part of a slice is of a lease that its worker still holds, since it fetched it.
    pub(super) fn is_own(&self, worker: WorkerId, part: Part) -> bool {
        let chunk = part.chunk;
        let lease = &self.leases[ShardId(chunk.lane)];
        let oldest = lease.pending.oldest().filter(|oldest| {
            let end = oldest.first + oldest.count;
            oldest.first <= chunk.first && chunk.first + chunk.count <= end
        });
        lease.owner == Some(worker) && oldest.is_some()
    }
}
