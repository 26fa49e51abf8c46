//! One lane of a shard in a Lambda mapping: what it has taken in, the batch in hand, and parts of batches that
//! failed. A shard has `ParallelizationFactor` lanes, and all records of a key go through the same one.

use super::mapping_outcome::Remainder;
use crate::engine::Ticket;
use crate::platform::kinesis::MappingConfig;
use crate::platform::{Chunk, Log};
use crate::units::{Nanos, SimTime};
use std::collections::VecDeque;

/// What a batch may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchLimits {
    /// `BatchSize` `[records]`.
    pub(super) records: u64,
    /// The most bytes of an invocation `[B]`.
    pub(super) bytes: u64,
    /// `TumblingWindowInSeconds`; a batch never spans two windows. Zero is none.
    pub(super) tumbling: Nanos,
}

impl BatchLimits {
    /// The limits of a mapping.
    pub(super) fn of(config: &MappingConfig) -> Self {
        Self {
            records: config.batch,
            bytes: config.payload,
            tumbling: config.tumbling,
        }
    }
}

/// What is done about the batch of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no batch.
    #[default]
    Empty,
    /// A batch is complete and waits for its invocation.
    Loaded,
    /// The function works on it.
    Invoked,
    /// It is tried again when its back-off is over.
    Resting,
}

/// Records for one invocation, in the order of the shard.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    /// The records as runs of consecutive offsets.
    pub(super) runs: Vec<Chunk>,
    /// How many there are.
    pub(super) records: u64,
    /// Invocations that failed and count against `MaximumRetryAttempts`.
    pub(super) retries: u64,
    /// Invocations that failed or were throttled in a row; the back-off grows with them.
    pub(super) setbacks: u32,
    /// When the function began with it.
    pub(super) began: SimTime,
    /// How many records the function will have processed when it fails; `None` if it will not fail.
    pub(super) fails_after: Option<u64>,
}

impl Batch {
    /// The offset of the first record.
    pub(super) fn first(&self) -> Option<u64> {
        self.runs.first().map(|run| run.first)
    }

    /// Adds records.
    fn add(&mut self, chunk: Chunk) {
        self.records += chunk.count;
        match self.runs.last_mut() {
            Some(run) if run.goes_on_with(&chunk) => run.count += chunk.count,
            _ => self.runs.push(chunk),
        }
    }

    /// Splits off the records from number `at` on.
    pub(super) fn split_off(&mut self, at: u64) -> Self {
        let mut rest = Self {
            retries: self.retries,
            setbacks: self.setbacks,
            ..Self::default()
        };
        let runs = std::mem::take(&mut self.runs);
        self.records = 0;
        for run in runs {
            let own = run.count.min(at.saturating_sub(self.records));
            if own > 0 {
                self.add(Chunk { count: own, ..run });
            }
            if own < run.count {
                let (first, count) = (run.first + own, run.count - own);
                rest.add(Chunk {
                    first,
                    count,
                    ..run
                });
            }
        }
        rest
    }

    fn clear(&mut self) {
        self.runs.clear();
        (self.records, self.retries, self.setbacks) = (0, 0, 0);
        self.fails_after = None;
    }
}

/// What [`KeyLane::load`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// Nothing waits.
    Nothing,
    /// What waits is no full batch.
    Part,
    /// A batch is in hand.
    Ready,
}

/// One lane of a shard.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyLane {
    /// Runs of records that were taken in, the oldest first.
    waiting: VecDeque<Chunk>,
    /// Their records.
    waiting_records: u64,
    /// Their bytes `[B]`.
    waiting_bytes: u64,
    /// Parts of batches that failed, the next one to be tried first.
    failed: VecDeque<Batch>,
    /// The batch in hand.
    pub(super) batch: Batch,
    /// What is done about it.
    pub(super) stage: Stage,
    /// Advances when a timer no longer counts.
    pub(super) ticket: Ticket,
    /// Since when something waits for its batching window.
    pub(super) gathering_since: Option<SimTime>,
    /// The tumbling window that the lane works on, counted from the beginning of time.
    pub(super) tumbling: Option<u64>,
    /// Whether the invocation under way is the last one of a window, without records.
    pub(super) closing: bool,
    /// Everything of the lane before this offset was processed once.
    pub(super) seen: u64,
}

impl KeyLane {
    /// Takes records in.
    pub(super) fn take_in(&mut self, run: Chunk, bytes: u64) {
        self.waiting_records += run.count;
        self.waiting_bytes += bytes;
        match self.waiting.back_mut() {
            Some(last) if last.goes_on_with(&run) => last.count += run.count,
            _ => self.waiting.push_back(run),
        }
    }

    /// Whether the function works on a batch of it, or will after a back-off.
    pub(super) fn is_busy(&self) -> bool {
        self.stage != Stage::Empty
    }

    /// The offset of the first record that is not done with.
    pub(super) fn first(&self) -> Option<u64> {
        let failed = || self.failed.front().and_then(Batch::first);
        let waiting = || self.waiting.front().map(|run| run.first);
        self.batch.first().or_else(failed).or_else(waiting)
    }

    /// The records that are not done with.
    pub(super) fn held(&self) -> u64 {
        let failed: u64 = self.failed.iter().map(|part| part.records).sum();
        self.batch.records + failed + self.waiting_records
    }

    /// All runs of records that are not done with.
    pub(super) fn runs(&self) -> impl Iterator<Item = &Chunk> {
        let failed = self.failed.iter().flat_map(|part| &part.runs);
        self.batch.runs.iter().chain(failed).chain(&self.waiting)
    }

    /// Takes the next batch in hand: a part of one that failed, or as much as waits if that is a full batch or if
    /// it need not be one.
    pub(super) fn load(&mut self, limits: &BatchLimits, whole: bool, log: &Log) -> Load {
        debug_assert_eq!(self.stage, Stage::Empty, "a lane has one batch at a time");
        if let Some(part) = self.failed.pop_front() {
            self.batch = part;
            self.stage = Stage::Loaded;
            return Load::Ready;
        }
        if self.waiting.is_empty() {
            return Load::Nothing;
        }
        let full = self.waiting_records >= limits.records || self.waiting_bytes >= limits.bytes;
        if whole && !full {
            return Load::Part;
        }
        self.cut(limits, log);
        self.stage = Stage::Loaded;
        Load::Ready
    }

    /// Cuts a batch off what waits. An aggregate is one record of the stream and is never cut.
    fn cut(&mut self, limits: &BatchLimits, log: &Log) {
        self.batch.clear();
        let (mut begun, mut bytes, mut window) = (0, 0, None);
        while let Some(run) = self.waiting.front_mut() {
            let mut taken = 0;
            for stored in log.range(run.first, run.count) {
                let more = bytes + u64::from(stored.bytes());
                let new_window = window_of(stored.appended(), limits.tumbling);
                let full = begun >= limits.records || (more > limits.bytes && begun > 0);
                let other = window.is_some_and(|window| window != new_window);
                if stored.begins() && (full || other) {
                    break;
                }
                window = Some(new_window);
                begun += u64::from(stored.begins());
                bytes = more;
                taken += 1;
            }
            self.batch.add(Chunk {
                count: taken,
                ..*run
            });
            (run.first, run.count) = (run.first + taken, run.count - taken);
            if run.count > 0 {
                break;
            }
            self.waiting.pop_front();
        }
        self.batch.runs.retain(|run| run.count > 0);
        self.waiting_records -= self.batch.records;
        self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
    }

    /// Removes the records from the head of the batch that were stored before `horizon`; returns how many of them
    /// count and were not processed before.
    pub(super) fn drop_older(&mut self, horizon: SimTime, log: &Log) -> u64 {
        let stored = self
            .batch
            .runs
            .iter()
            .flat_map(|run| log.range(run.first, run.count));
        let old = stored
            .take_while(|stored| stored.appended() < horizon)
            .count() as u64;
        if old == 0 {
            return 0;
        }
        let rest = self.batch.split_off(old);
        let gone = std::mem::replace(&mut self.batch, rest);
        self.unseen(gone.runs.iter(), log)
    }

    /// How many records of `runs` count and were not processed before.
    pub(super) fn unseen<'a>(&self, runs: impl Iterator<Item = &'a Chunk>, log: &Log) -> u64 {
        let count = |run: &Chunk| log.counted(run.first.max(self.seen), run.first + run.count);
        runs.map(count).sum()
    }

    /// The batch is done with.
    pub(super) fn finish(&mut self) {
        self.batch.clear();
        self.stage = Stage::Empty;
    }

    /// What is left of a batch that failed is tried again, before all that waits.
    pub(super) fn try_again(&mut self, remainder: Remainder) {
        match remainder {
            Remainder::Whole => {}
            Remainder::From(at) => {
                let rest = self.batch.split_off(at);
                self.batch = rest;
                (self.batch.retries, self.batch.setbacks) = (0, 0);
            }
            Remainder::Halves(at) => {
                let second = self.batch.split_off(at);
                self.failed.push_front(second);
            }
        }
        self.stage = Stage::Resting;
        self.batch.fails_after = None;
    }

    /// Checks what must hold at any instant.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub(super) fn check(&self) {
        let offsets: Vec<(u64, u64)> = self
            .runs()
            .map(|run| (run.first, run.first + run.count))
            .collect();
        assert!(
            offsets.is_sorted_by(|a, b| a.1 <= b.0),
            "a lane keeps the order of its shard: {offsets:?}"
        );
        let counted: u64 = self.runs().map(|run| run.count).sum();
        assert_eq!(self.held(), counted, "a lane knows how many records it has");
        assert!(
            self.stage != Stage::Empty || self.batch.records == 0,
            "no records without a batch"
        );
    }
}

/// The number of the tumbling window that an instant lies in; zero without windows.
pub(super) fn window_of(at: SimTime, tumbling: Nanos) -> u64 {
    at.0.checked_div(tumbling.0).unwrap_or(0)
}
