//! Workers and their sinks. A worker waits for a sink that is called, while its leases stay its own and their
//! prefetch fills; a sink that gathers lets it read on, and the checkpoint follows what the sink has.

use super::app::LeaseState;
use super::{Event, Kinesis};
use crate::platform::{Ask, Cx, Kept, Next, Part, Reader};

impl Kinesis {
    /// A worker has processed its slice, or its sink has answered; true if there is nothing to finish yet.
    pub(super) fn sink_slice(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) -> bool {
        let now = cx.queue.now();
        if self.apps[usize::from(index)].outlet.is_none() {
            return false;
        }
        if self.apps[usize::from(index)].workers[worker as usize]
            .reader
            .gathers()
        {
            self.keep_own(index, worker, cx);
        }
        let Self { apps, shards, .. } = self;
        let app = &mut apps[usize::from(index)];
        let state = &mut app.workers[worker as usize];
        let sink = app.outlet.as_mut().map(|outlet| &mut outlet.sink);
        match state
            .reader
            .hand_over(now, sink, |shard| &shards[shard as usize].log)
        {
            Next::Finished => false,
            Next::At(at) => {
                state.busy_until = at;
                cx.queue.at(
                    at,
                    Event::Done {
                        app: index,
                        worker,
                        generation: state.generation,
                    },
                );
                true
            }
            Next::Kept => {
                state.reader.end();
                self.tend_sink(index, worker, cx);
                self.begin_slice(index, worker, cx);
                true
            }
        }
    }

    /// What a slice has of leases that are the worker's no longer is dropped; of the others, the prefetch
    /// gets its room back.
    fn keep_own(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let count = self.apps[usize::from(index)].workers[worker as usize]
            .reader
            .current()
            .len();
        for n in 0..count {
            let part = self.apps[usize::from(index)].workers[worker as usize]
                .reader
                .current()[n];
            if !self.is_own(index, worker, part) {
                self.apps[usize::from(index)].workers[worker as usize]
                    .reader
                    .drop_part(n);
            } else if part.last {
                let lease = &mut self.apps[usize::from(index)].leases[part.chunk.lane as usize];
                lease.finish_oldest();
                self.unblock(index, part.chunk.lane, cx);
            }
        }
    }

    /// Whether a part of a slice is of a lease that its worker still holds, since it fetched it.
    pub(super) fn is_own(&self, index: u16, worker: u32, part: Part) -> bool {
        let (chunk, lease) = (
            part.chunk,
            &self.apps[usize::from(index)].leases[part.chunk.lane as usize],
        );
        let holds = |front: &crate::platform::Chunk| {
            front.first <= chunk.first && chunk.first + chunk.count <= front.first + front.count
        };
        lease.owner == worker && lease.pending.front().is_some_and(|(front, _)| holds(front))
    }

    /// A worker looks at its buffer.
    pub(super) fn tend_sink(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let state = &mut app.workers[worker as usize];
        let (sink, generation) = (
            app.outlet.as_mut().map(|outlet| &mut outlet.sink),
            state.generation,
        );
        match state.reader.tend(now, sink) {
            Ask::Nothing => {}
            Ask::Look(at) => cx.queue.at(
                at,
                Event::SinkDue {
                    app: index,
                    worker,
                    generation,
                },
            ),
            Ask::Written(at) => cx.queue.at(
                at,
                Event::SinkDone {
                    app: index,
                    worker,
                    generation,
                },
            ),
        }
    }

    /// A worker's buffer may be due.
    pub(super) fn sink_due(
        &mut self,
        index: u16,
        worker: u32,
        generation: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        if self.apps[usize::from(index)].workers[worker as usize].generation == generation {
            self.tend_sink(index, worker, cx);
            self.begin_slice(index, worker, cx);
        }
    }

    /// The sink has the buffer that a worker was writing.
    pub(super) fn sink_done(
        &mut self,
        index: u16,
        worker: u32,
        generation: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        if self.apps[usize::from(index)].workers[worker as usize].generation != generation {
            return;
        }
        for n in 0.. {
            let reader = &self.apps[usize::from(index)].workers[worker as usize].reader;
            let Some(kept) = reader.writing(n) else { break };
            self.settle(index, kept, cx);
        }
        // Only now is nothing of it in hand, and what waits for that may go on.
        let mut freed = Vec::new();
        let reader = &mut self.apps[usize::from(index)].workers[worker as usize].reader;
        freed.extend(
            (0..)
                .map_while(|n| reader.writing(n))
                .filter(|kept| !kept.stale),
        );
        reader.written();
        for kept in freed {
            let shard = kept.chunk.lane;
            let lease = &self.apps[usize::from(index)].leases[shard as usize];
            if lease.owner == worker && lease.state == LeaseState::Reading {
                self.unblock(index, shard, cx);
                self.maybe_end(index, shard, cx);
            }
            self.trim(shard);
        }
        self.tend_sink(index, worker, cx);
        self.begin_slice(index, worker, cx);
    }

    /// Records of a lane that the sink has: delivered, and if the lease is still the worker's, checkpointed.
    fn settle(&mut self, index: u16, kept: Kept, cx: &mut Cx<'_, Event>) {
        let (now, chunk, consumer) = (cx.queue.now(), kept.chunk, usize::from(index));
        if chunk.count == 0 {
            return;
        }
        if self.watches_order {
            self.watch(index, chunk, cx);
        }
        let app = &mut self.apps[consumer];
        let log = &self.shards[chunk.lane as usize].log;
        let lease = &mut app.leases[chunk.lane as usize];
        Reader::report_written(now, chunk, lease.seen, consumer, log, cx.probe);
        let end = chunk.first + chunk.count;
        lease.seen = lease.seen.max(end);
        if kept.stale {
            return;
        }
        lease.done = end;
        if lease.checkpointed_at + app.config.checkpoint <= now || lease.at_end {
            (lease.checkpoint, lease.checkpointed_at) = (end, now);
        }
    }

    /// A lease that had stopped fetching goes on, if there is room.
    pub(super) fn unblock(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let lease = &mut app.leases[shard as usize];
        let at = lease.last_call + app.config.idle;
        if lease.blocked && !lease.is_full(&app.config) {
            lease.blocked = false;
            self.fetch_on(index, shard, at, cx);
        }
    }
}
