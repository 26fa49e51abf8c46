//! A consumer application's workers: what they have fetched waits its turn and is worked off in
//! slices, each record at its own instant. The same on every platform; what differs is how records
//! get here.

use super::{Log, Stored};
use crate::probe::Recorder;
use crate::units::{Nanos, SimTime};
use std::collections::VecDeque;

/// Records of one lane that a worker has fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The lane that they come from.
    pub lane: u32,
    /// The offset of the first.
    pub first: u64,
    /// How many there are.
    pub count: u64,
}

/// What a worker is working on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The records.
    pub chunk: Chunk,
    /// When it began with them.
    pub began: SimTime,
    /// When it will be done with them.
    pub ends: SimTime,
    /// Whether they are the last that it had fetched of their chunk.
    pub last: bool,
}

/// One worker: a queue of fetched chunks, worked off in order.
#[derive(Clone, Debug)]
pub struct Reader {
    waiting: VecDeque<Chunk>,
    current: Option<Slice>,
    per_record: Nanos,
    slice_max: u64,
}

impl Reader {
    /// A worker that spends `per_record` on each record and takes at most `slice_max` at a time.
    #[must_use]
    pub fn new(per_record: Nanos, slice_max: u64) -> Self {
        Self { waiting: VecDeque::new(), current: None, per_record, slice_max: slice_max.max(1) }
    }

    /// Adds fetched records.
    pub fn push(&mut self, chunk: Chunk) {
        if chunk.count > 0 {
            self.waiting.push_back(chunk);
        }
    }

    /// Begins with the next slice if the worker is idle and has one.
    pub fn begin(&mut self, now: SimTime) -> Option<Slice> {
        if self.current.is_some() {
            return None;
        }
        let chunk = self.waiting.front_mut()?;
        let count = chunk.count.min(self.slice_max);
        let part = Chunk { lane: chunk.lane, first: chunk.first, count };
        chunk.first += count;
        chunk.count -= count;
        let last = chunk.count == 0;
        if last {
            self.waiting.pop_front();
        }
        let ends = now + Nanos(self.per_record.0.saturating_mul(count));
        self.current = Some(Slice { chunk: part, began: now, ends, last });
        self.current
    }

    /// Ends the current slice and reports its records, each at the instant at which it was done.
    pub fn end(&mut self, consumer: usize, log: &Log, probe: &mut Recorder) -> Option<Slice> {
        let slice = self.current.take()?;
        let mut done = slice.began;
        for Stored { at, .. } in log.range(slice.chunk.first, slice.chunk.count) {
            done += self.per_record;
            probe.delivered(consumer, *at, done);
        }
        Some(slice)
    }

    /// The lane of the current slice.
    #[must_use]
    pub fn lane(&self) -> Option<u32> {
        self.current.map(|slice| slice.chunk.lane)
    }

    /// Whether nothing is fetched and nothing is worked on.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
    }
}
