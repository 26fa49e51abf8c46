//! Workers and their sinks. A worker waits for a sink that is called, while its leases stay its own and their
//! prefetch fills; a sink that gathers lets it read on, and the checkpoint follows what the sink has.

use super::app::App;
use super::lease::LeaseState;
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::platform::{BufferStep, BufferedChunk, HandOver};
use crate::probe::Limit;

impl App {
    /// A worker has processed its slice, or its sink has answered; true if there is nothing to finish yet.
    pub(super) fn sink_slice(&mut self, worker: WorkerId, io: &mut Io<'_>) -> bool {
        if self.consumer_sink.is_none() {
            return false;
        }
        if self.workers[worker].reader.gathers() {
            self.keep_own(worker);
        }
        let (app, now) = (self.id, io.now());
        let state = &mut self.workers[worker];
        let sink = self
            .consumer_sink
            .as_mut()
            .map(|consumer_sink| &mut consumer_sink.sink);
        let log = |lane| io.stream.log(ShardId(lane));
        match state.reader.hand_over(now, sink, log) {
            HandOver::Finished => false,
            HandOver::WaitUntil(at) => {
                let spot = Limit::Sink.of(usize::from(app.0), worker.0);
                io.probe.waits(spot, now, at);
                state.busy_until = at;
                let ticket = state.ticket;
                io.at(
                    at,
                    AppEvent::Done {
                        app,
                        worker,
                        ticket,
                    },
                );
                true
            }
            HandOver::Buffered => {
                self.unblock_own(worker, io);
                self.workers[worker].reader.end();
                self.tend_sink(worker, io);
                self.begin_slice(worker, io);
                true
            }
        }
    }

    /// What a slice has of leases that are the worker's no longer is dropped; the answers of the others are finished.
    fn keep_own(&mut self, worker: WorkerId) {
        for n in 0..self.workers[worker].reader.current().len() {
            let part = self.workers[worker].reader.current()[n];
            let shard = ShardId(part.chunk.lane);
            if !self.is_own(worker, part) {
                self.workers[worker].reader.drop_part(n);
            } else if part.last {
                self.leases[shard].finish_oldest();
            }
        }
    }

    /// The prefetch has room again for the shards of a slice. Their records must be in the buffer by now: what the worker
    /// still had in hand would not be seen, and a closed shard would end before its last records are written.
    fn unblock_own(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        for n in 0..self.workers[worker].reader.current().len() {
            let part = self.workers[worker].reader.current()[n];
            let shard = ShardId(part.chunk.lane);
            if part.last && self.leases[shard].owner == Some(worker) {
                self.unblock(shard, io);
            }
        }
    }

    /// A worker looks at its buffer.
    pub(super) fn tend_sink(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        let app = self.id;
        let state = &mut self.workers[worker];
        let sink = self
            .consumer_sink
            .as_mut()
            .map(|consumer_sink| &mut consumer_sink.sink);
        let asks = state.reader.tend(io.now(), sink);
        let ticket = state.ticket;
        match asks {
            BufferStep::Nothing => {}
            BufferStep::LookAt(at) => io.at(
                at,
                AppEvent::SinkDue {
                    app,
                    worker,
                    ticket,
                },
            ),
            BufferStep::WrittenAt(at) => io.at(
                at,
                AppEvent::SinkDone {
                    app,
                    worker,
                    ticket,
                },
            ),
        }
    }

    /// A worker's buffer may be due.
    pub(super) fn sink_due(&mut self, worker: WorkerId, ticket: Ticket, io: &mut Io<'_>) {
        if self.workers[worker].ticket == ticket {
            self.tend_sink(worker, io);
            self.begin_slice(worker, io);
        }
    }

    /// The sink has the buffer that a worker was writing.
    pub(super) fn sink_done(&mut self, worker: WorkerId, ticket: Ticket, io: &mut Io<'_>) {
        if self.workers[worker].ticket != ticket {
            return;
        }
        let mut freed = Vec::new();
        for n in 0.. {
            let Some(kept) = self.workers[worker].reader.writing(n) else {
                break;
            };
            self.settle(worker, kept, io);
            if !kept.stale {
                freed.push(ShardId(kept.chunk.lane));
            }
        }
        // The worker now holds no records of the shard, so that a hand-over of the lease which waits for it can proceed.
        self.workers[worker].reader.written();
        for shard in freed {
            let lease = &self.leases[shard];
            if lease.owner == Some(worker) && lease.state == LeaseState::Reading {
                self.unblock(shard, io);
                self.end_if_read(shard, io);
            }
            io.common.freed.push(shard);
        }
        self.tend_sink(worker, io);
        self.begin_slice(worker, io);
    }

    /// Records of a shard that the sink has: delivered, and if the lease is still the worker's, checkpointed.
    fn settle(&mut self, worker: WorkerId, kept: BufferedChunk, io: &mut Io<'_>) {
        let (now, chunk, consumer) = (io.now(), kept.chunk, self.consumer());
        if chunk.count == 0 {
            return;
        }
        if io.common.watches_order {
            self.watch_order(chunk, io);
        }
        let shard = ShardId(chunk.lane);
        let lease = &mut self.leases[shard];
        let (seen, log) = (lease.cursor.seen, io.stream.log(shard));
        let reader = &mut self.workers[worker].reader;
        reader.report_written(now, chunk, seen, consumer, log, io.probe);
        let end = chunk.first + chunk.count;
        lease.cursor.seen = seen.max(end);
        if kept.stale {
            return;
        }
        lease.cursor.done = end;
        let due = self.checkpoint_is_due(shard, now);
        if due && self.may_checkpoint(shard, io) {
            let lease = &mut self.leases[shard];
            lease.cursor.set_checkpoint(end, now);
        }
    }
}
