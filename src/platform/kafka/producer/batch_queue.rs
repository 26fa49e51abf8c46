//! A producer's batches for one partition, in order; records join the last one.
//!
//! # Source
//! Apache Kafka 3.9, `RecordAccumulator.java`: a queue of batches for each partition, closed for more data once one
//! is sent or put back.

use super::super::ids::BatchId;
use std::collections::VecDeque;

/// What a producer has for one partition.
#[derive(Clone, Debug, Default)]
pub(super) struct BatchQueue {
    /// Batches, oldest first; the last one may still be open.
    queue: VecDeque<BatchId>,
    /// The last one, as long as records may join it.
    open: Option<BatchId>,
    /// Sequence number of the next record.
    pub next_sequence: u32,
    /// The producer's epoch for the partition.
    pub epoch: u16,
    /// Batches in flight.
    pub in_flight: u16,
}

impl BatchQueue {
    /// The batch that records may join, if there is one.
    #[inline]
    pub(super) fn open(&self) -> Option<BatchId> {
        self.open
    }

    /// The oldest batch.
    #[inline]
    pub(super) fn front(&self) -> Option<BatchId> {
        self.queue.front().copied()
    }

    /// The newest batch.
    #[inline]
    pub(super) fn back(&self) -> Option<BatchId> {
        self.queue.back().copied()
    }

    /// The batches, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = BatchId> + '_ {
        self.queue.iter().copied()
    }

    /// How many batches wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no batch waits.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// A new batch, which records may join, comes behind the others.
    pub(super) fn push_open(&mut self, batch: BatchId) {
        self.queue.push_back(batch);
        self.open = Some(batch);
    }

    /// A batch comes back to its place; if that is behind all others, no record joins it.
    pub(super) fn put_back(&mut self, place: usize, batch: BatchId) {
        if place == self.queue.len() {
            self.open = None;
        }
        self.queue.insert(place, batch);
    }

    /// The oldest batch leaves.
    pub(super) fn pop(&mut self) {
        let gone = self.queue.pop_front();
        if gone == self.open {
            self.open = None;
        }
    }

    /// One batch less is in flight.
    ///
    /// # Panics
    /// If none was.
    #[inline]
    pub(super) fn lands(&mut self) -> u16 {
        let left = self.in_flight.checked_sub(1);
        self.in_flight = left.expect("a batch that is answered was in flight");
        self.in_flight
    }
}
