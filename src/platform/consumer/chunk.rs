//! Ranges of records that a worker has fetched.

use crate::units::SimTime;

/// Records of one lane that a worker has fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The lane that they come from.
    pub lane: u32,
    /// The offset of the first.
    pub first: u64,
    /// How many there are.
    pub count: u64,
    /// When the service took them from the log.
    pub taken: SimTime,
    /// When the answer with them reached the worker.
    pub received: SimTime,
}

impl Chunk {
    /// Records that are taken from the log of a lane at `taken`.
    #[must_use]
    #[inline]
    pub fn taken(lane: u32, first: u64, count: u64, taken: SimTime) -> Self {
        Self {
            lane,
            first,
            count,
            taken,
            received: taken,
        }
    }

    /// The same records with the worker at `received`.
    #[must_use]
    #[inline]
    pub fn received(self, received: SimTime) -> Self {
        Self { received, ..self }
    }

    /// Whether a chunk follows this one without a gap, and both came in one answer.
    #[must_use]
    pub fn goes_on_with(&self, next: &Self) -> bool {
        let came = (self.taken, self.received) == (next.taken, next.received);
        came && self.lane == next.lane && self.first + self.count == next.first
    }
}

/// A part of a slice: records of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The records.
    pub chunk: Chunk,
    /// Whether they are the last of the chunk that was fetched.
    pub last: bool,
}
