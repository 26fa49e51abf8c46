//! What a mapping tells the recorder: records that its function has processed, and records that it gives up.

use super::Io;
use super::app::App;
use super::mapping_lane::KeyLane;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::{Chunk, Reader};
use crate::probe::{Limit, Passage, happenings};
use crate::units::{Nanos, SimTime, counted};

impl App {
    /// Reports the records that the function has processed, each at its own instant.
    pub(super) fn report_batch(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) {
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return;
        };
        let state = &mut mapping.lanes[lane];
        let runs = std::mem::take(&mut state.batch.runs);
        let mut left = state.batch.fails_after.unwrap_or(state.batch.records);
        let mut done = state.batch.began + self.mapping().overhead;
        for run in &runs {
            let chunk = Chunk {
                count: run.count.min(left),
                ..*run
            };
            left -= chunk.count;
            if chunk.count > 0 {
                self.report_run(chunk, lane, done, io);
            }
            done += Nanos(self.per_record.0.saturating_mul(chunk.count));
        }
        if let Some(mapping) = &mut self.leases[shard].mapping {
            mapping.lanes[lane].batch.runs = runs;
        }
    }

    /// Reports a run of records, with which the function began at `begun`.
    fn report_run(&mut self, chunk: Chunk, lane: usize, begun: SimTime, io: &mut Io<'_>) {
        let (shard, consumer, each) = (ShardId(chunk.lane), self.consumer(), self.per_record.0);
        let mapping = self.leases[shard].mapping.as_ref();
        let seen = mapping.map_or(0, |mapping| mapping.lanes[lane].seen);
        let log = io.stream.log(shard);
        if io.common.watches_order {
            let disorder = self.order.watch(chunk, seen, log, consumer, io.probe);
            if let Some(disorder) = disorder {
                self.report_disorder(shard, disorder, io);
            }
        }
        let log = io.stream.log(shard);
        let passage = |n: u64| {
            let begun = begun + Nanos(each.saturating_mul(n));
            let done = begun + Nanos(each);
            Passage {
                taken: chunk.taken,
                received: chunk.received,
                begun,
                processed: done,
                done,
            }
        };
        Reader::report_chunk(chunk, passage, seen, consumer, log, io.probe);
        if let Some(mapping) = &mut self.leases[shard].mapping {
            let state: &mut KeyLane = &mut mapping.lanes[lane];
            state.seen = seen.max(chunk.first + chunk.count);
        }
    }

    /// Drops what is too old from the head of a batch: what the mapping may not send any more, and, once an invocation
    /// failed, what the stream has no longer. True if nothing is left.
    pub(super) fn drop_old(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) -> bool {
        let (now, consumer) = (io.now(), self.consumer());
        let max_age = self.mapping().max_age;
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return false;
        };
        let state = &mut mapping.lanes[lane];
        let log = io.stream.log(shard);
        if state.batch.setbacks > 0 {
            let expired = state.drop_older(io.stream.horizon(now), log);
            io.probe.expired(consumer, expired);
        }
        let horizon = max_age.map(|age| SimTime(now.0.saturating_sub(age.0)));
        let discarded = horizon.map_or(0, |horizon| state.drop_older(horizon, log));
        let empty = state.batch.records == 0;
        if empty {
            state.finish();
        }
        let spot = Limit::RecordAge.of(consumer, shard.0);
        io.probe.bound(spot, discarded);
        self.give_up(shard, discarded, "RecordAgeExceeded", io);
        empty
    }

    /// The retries of a batch are used up, and the mapping goes on behind it.
    pub(super) fn discard(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) {
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return;
        };
        let state = &mut mapping.lanes[lane];
        let unseen = state.unseen(state.batch.runs.iter(), io.stream.log(shard));
        state.finish();
        self.give_up(shard, unseen, "RetryAttemptsExhausted", io);
    }

    /// Books records that the mapping gave up.
    fn give_up(&self, shard: ShardId, records: u64, why: &str, io: &mut Io<'_>) {
        if records == 0 {
            return;
        }
        io.probe.discarded(self.consumer(), records);
        let kept = if self.mapping().destination {
            ", told to the on-failure destination"
        } else {
            ""
        };
        let detail = format!("{shard}: {}, {why}{kept}", counted(records, "record"));
        io.happened(&self.name, happenings::DISCARDED, detail);
    }
}
