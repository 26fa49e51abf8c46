//! A producer's batches for one partition, in order; records join the last one.
//!
//! # Source
//! SRC39 `RecordAccumulator`: a queue of batches per partition, closed for more data once one is sent or put
//! back.

use std::collections::VecDeque;

/// What a producer has for one partition.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Batches, oldest first; the last one may still be open.
    queue: VecDeque<u32>,
    /// The last one, as long as records may join it, or [`NO_BATCH`].
    open: u32,
    /// Number of the next record.
    pub next_sequence: u32,
    /// Its epoch for the partition.
    pub epoch: u16,
    /// Batches under way.
    pub flying: u16,
}

/// No batch.
const NO_BATCH: u32 = u32::MAX;

impl Default for Lane {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            open: NO_BATCH,
            next_sequence: 0,
            epoch: 0,
            flying: 0,
        }
    }
}

impl Lane {
    /// The batch that records may join, if there is one.
    #[inline]
    pub(super) fn open(&self) -> Option<u32> {
        (self.open != NO_BATCH).then_some(self.open)
    }

    /// The batches, oldest first.
    pub(super) fn queue(&self) -> &VecDeque<u32> {
        &self.queue
    }

    /// A new batch, which records may join, comes behind the others.
    pub(super) fn push_open(&mut self, batch: u32) {
        self.queue.push_back(batch);
        self.open = batch;
    }

    /// A batch comes back to its place; if that is behind all others, no record joins it.
    pub(super) fn put_back(&mut self, place: usize, batch: u32) {
        if place == self.queue.len() {
            self.open = NO_BATCH;
        }
        self.queue.insert(place, batch);
    }

    /// The oldest batch leaves.
    pub(super) fn pop(&mut self) {
        if self.queue.pop_front() == Some(self.open) {
            self.open = NO_BATCH;
        }
    }
}
