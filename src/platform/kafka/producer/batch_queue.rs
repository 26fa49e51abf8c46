//! A producer's batches for one partition, in order; records join the last one.
//!
//! # Source
//! Apache Kafka 3.9, `RecordAccumulator.java`: a queue of batches for each partition, closed for more data once one
//! is sent or put back.

use super::super::ids::BatchId;
use std::collections::VecDeque;

/// What a producer has for one partition. Most queues have no batch or one, so that one needs no room elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct BatchQueue {
    /// The oldest batch.
    front: Option<BatchId>,
    /// The last batch, as long as records may join it.
    open: Option<BatchId>,
    /// Batches behind the oldest one, in order.
    #[allow(
        clippy::box_collection,
        reason = "most queues are short, and a thin pointer keeps them within 24 bytes"
    )]
    rest: Option<Box<VecDeque<BatchId>>>,
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
        self.front
    }

    /// The newest batch.
    #[inline]
    pub(super) fn back(&self) -> Option<BatchId> {
        let last = self.rest.as_ref().and_then(|rest| rest.back().copied());
        last.or(self.front)
    }

    /// The batches, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = BatchId> + '_ {
        let rest = self.rest.iter().flat_map(|rest| rest.iter().copied());
        self.front.into_iter().chain(rest)
    }

    /// How many batches wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.front.is_some()) + self.rest.as_ref().map_or(0, |rest| rest.len())
    }

    /// Whether no batch waits.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.front.is_none()
    }

    /// A new batch, which records may join, comes behind the others.
    #[inline]
    pub(super) fn push_open(&mut self, batch: BatchId) {
        if self.front.is_none() {
            self.front = Some(batch);
        } else {
            self.rest.get_or_insert_default().push_back(batch);
        }
        self.open = Some(batch);
    }

    /// A batch comes back to its place; if that is behind all others, no record joins it.
    pub(super) fn put_back(&mut self, place: usize, batch: BatchId) {
        if place == self.len() {
            self.open = None;
        }
        if place > 0 {
            self.rest.get_or_insert_default().insert(place - 1, batch);
        } else if let Some(second) = self.front.replace(batch) {
            self.rest.get_or_insert_default().push_front(second);
        }
    }

    /// The oldest batch leaves.
    #[inline]
    pub(super) fn pop(&mut self) {
        if self.front == self.open {
            self.open = None;
        }
        self.front = self.rest.as_mut().and_then(|rest| rest.pop_front());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_their_order_and_only_the_last_is_open() {
        let [a, b, c] = [1, 2, 3].map(BatchId::new);
        let mut queue = BatchQueue::default();
        assert!(queue.is_empty());
        queue.push_open(b);
        queue.push_open(c);
        queue.put_back(0, a);
        assert_eq!(queue.iter().collect::<Vec<_>>(), [a, b, c]);
        assert_eq!(
            (queue.open(), queue.back(), queue.len()),
            (Some(c), Some(c), 3)
        );
        queue.pop();
        queue.put_back(2, a);
        assert_eq!(
            (queue.open(), queue.back()),
            (None, Some(a)),
            "no record joins a batch that came back"
        );
        (0..3).for_each(|_| queue.pop());
        assert_eq!((queue.front(), queue.len()), (None, 0));
        assert!(size_of::<BatchQueue>() <= 24);
    }

    #[test]
    #[should_panic(expected = "was in flight")]
    fn an_answer_to_a_batch_that_was_not_sent_is_noticed() {
        BatchQueue::default().lands();
    }
}
