//! What a mapping knows of one shard, and the function that it invokes.

use super::mapping_lane::{Batch, KeyLane};
use crate::platform::kinesis::MappingConfig;
use crate::platform::{Chunk, Log};
use crate::workload::SinkTally;
use std::ops::Range;

/// What a mapping has of one shard.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    /// The lanes, of which each invokes the function once at a time.
    pub(super) lanes: Vec<KeyLane>,
}

impl Mapping {
    /// Takes the records of an answer in: all through one lane, or each through that of its key.
    pub(super) fn take_in(&mut self, chunk: Chunk, lanes: usize, log: &Log) {
        self.lanes.resize_with(lanes, KeyLane::default);
        if let [only] = &mut self.lanes[..] {
            let stored = log.range(chunk.first, chunk.count);
            let bytes = stored.map(|stored| u64::from(stored.bytes())).sum();
            return only.take_in(chunk, bytes);
        }
        let mut lane = 0;
        for (first, stored) in (chunk.first..).zip(log.range(chunk.first, chunk.count)) {
            if stored.begins() {
                lane = lane_at(first, lanes, log);
            }
            let run = Chunk {
                first,
                count: 1,
                ..chunk
            };
            self.lanes[lane].take_in(run, u64::from(stored.bytes()));
        }
    }

    /// The offset of the first record that is not done with.
    pub(super) fn first(&self) -> Option<u64> {
        self.lanes.iter().filter_map(KeyLane::first).min()
    }

    /// Whether there is a record that is not done with.
    pub(super) fn is_idle(&self) -> bool {
        self.lanes.iter().all(|lane| lane.first().is_none())
    }

    /// Whether every lane is busy, or as many records are held as all lanes can invoke at once.
    pub(super) fn is_full(&self, config: &MappingConfig) -> bool {
        let held: u64 = self.lanes.iter().map(KeyLane::held).sum();
        let all_busy = !self.lanes.is_empty() && self.lanes.iter().all(KeyLane::is_busy);
        all_busy || held >= config.batch * config.parallel
    }

    /// How many records count and were not processed once.
    pub(super) fn unseen(&self, log: &Log) -> u64 {
        let unseen = |lane: &KeyLane| lane.unseen(lane.runs(), log);
        self.lanes.iter().map(unseen).sum()
    }

    /// Checks what must hold at any instant.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub(super) fn check(&self) {
        self.lanes.iter().for_each(KeyLane::check);
    }
}

/// The partition key of every aggregate of the KPL, as a number that no key has.
const AGGREGATE: u32 = u32::MAX - 1;

/// The lane of the record of the stream that begins at an offset. An aggregate has the KPL's own partition key and not that of
/// a user record, so all aggregates of a shard go through one lane.
///
/// # Source
/// `KinesisRecord::partition_key`, <https://github.com/awslabs/amazon-kinesis-producer>.
fn lane_at(first: u64, lanes: usize, log: &Log) -> usize {
    let carries_more = log.at(first + 1).is_some_and(|next| !next.begins());
    if carries_more {
        return lane_of(AGGREGATE, 0, lanes);
    }
    let mark = log.mark_at(first);
    mark.map_or(0, |mark| lane_of(mark.key, mark.serial, lanes))
}

/// The lane of a key; a record without a key has a random one of its own.
fn lane_of(key: u32, serial: u32, lanes: usize) -> usize {
    let number = if key == crate::workload::NO_KEY {
        serial
    } else {
        key
    };
    // The finaliser of SplitMix64: every bit of the number moves every bit of the lane.
    let mut z = u64::from(number).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) % lanes as u64) as usize
}

/// The function of a mapping.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    /// Invocations under way.
    pub(super) running: u32,
    /// The numbers of the records that it cannot process.
    failing: Vec<Range<u32>>,
    /// Invocations that succeeded with their records, and those that failed or were throttled.
    pub(super) tally: SinkTally,
}

impl Function {
    /// It cannot process `count` records from number `first` of the run on.
    pub(super) fn fail_records(&mut self, first: u32, count: u32) {
        self.failing.push(first..first.saturating_add(count));
    }

    /// Whether one more invocation may run.
    pub(super) fn has_room(&self, concurrency: Option<u32>) -> bool {
        concurrency.is_none_or(|most| self.running < most)
    }

    /// How many records of a batch it processes before it meets one that it cannot.
    pub(super) fn first_failing(&self, batch: &Batch, log: &Log) -> Option<u64> {
        if self.failing.is_empty() {
            return None;
        }
        let offsets = batch
            .runs
            .iter()
            .flat_map(|run| run.first..run.first + run.count);
        let fails = |offset| {
            let mark = log.mark_at(offset);
            mark.is_some_and(|mark| {
                self.failing
                    .iter()
                    .any(|range| range.contains(&mark.serial))
            })
        };
        offsets
            .enumerate()
            .find_map(|(n, offset)| fails(offset).then_some(n as u64))
    }
}
