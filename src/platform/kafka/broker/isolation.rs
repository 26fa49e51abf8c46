//! What a group's readers are not given: markers, records of aborted transactions for readers of committed data, and
//! records that compaction has removed. They are booked once, when the group gets beyond them.
//!
//! # Source
//! Apache Kafka 3.9, consumer `CompletedFetch.java`: control batches and aborted batches are passed over.

use super::Brokers;
use super::partition::Partition;
use crate::platform::{Chunk, HiddenCount};
use crate::probe::Recorder;

impl Brokers {
    /// What is hidden from the readers of each group and lies ahead of them, all partitions together.
    pub(in super::super) fn hidden_ahead(&self, which: impl Fn(HiddenCount) -> u64) -> Vec<u64> {
        let groups = self
            .partitions
            .iter()
            .map(|partition| partition.cursors.len());
        let mut ahead = vec![0; groups.max().unwrap_or_default()];
        for partition in self
            .partitions
            .iter()
            .filter(|partition| partition.log.hides())
        {
            for (cursor, ahead) in partition.cursors.iter().zip(&mut ahead) {
                let (log, end) = (&partition.log, partition.end.offset);
                *ahead += which(log.hidden(cursor.passed, end, cursor.reads_committed));
            }
        }
        ahead
    }
}

impl Partition {
    /// How many records from `from` to before `to` a group's readers are given.
    #[inline]
    pub(super) fn readable(&self, group: usize, from: u64, to: u64) -> u64 {
        self.log
            .readable(from, to, self.cursors[group].reads_committed)
    }

    /// The part of the records from `from` to before `to` that a group's readers are given next, without a gap.
    pub(super) fn next_readable(&self, group: usize, from: u64, to: u64) -> Option<Chunk> {
        let committed = self.cursors[group].reads_committed;
        let first = self.log.next(from, to, committed, false);
        let end = self.log.next(first, to, committed, true);
        (first < end).then_some(Chunk {
            lane: 0,
            first,
            count: end - first,
            ..Chunk::default()
        })
    }

    /// A group gets beyond `to`: what is hidden from it before is booked.
    #[inline]
    pub(super) fn pass_hidden(&mut self, group: usize, to: u64, probe: &mut Recorder) {
        if self.log.hides() {
            return self.book_hidden(group, to, probe);
        }
        let cursor = &mut self.cursors[group];
        cursor.passed = cursor.passed.max(to);
    }

    #[cold]
    fn book_hidden(&mut self, group: usize, to: u64, probe: &mut Recorder) {
        let cursor = &mut self.cursors[group];
        if cursor.passed >= to {
            return;
        }
        let from = std::mem::replace(&mut cursor.passed, to);
        let hidden = self.log.hidden(from, to, cursor.reads_committed);
        probe.aborted(group, hidden.aborted);
        probe.compacted(group, hidden.removed);
    }

    /// Of what a group has fetched, what is hidden behind the last record that it was done with is done, too.
    #[inline]
    pub(super) fn step_over_hidden(&mut self, group: usize) {
        if !self.log.hides() {
            return;
        }
        let cursor = &mut self.cursors[group];
        let (from, to) = (cursor.done, cursor.fetched.offset);
        if from < to {
            cursor.done = self.log.next(from, to, cursor.reads_committed, false);
            if cursor.seen >= from {
                cursor.seen = cursor.seen.max(cursor.done);
            }
        }
    }

    /// What a group commits when it has done everything before `done`: the position of its consumer, or the offset of
    /// the last record that it was given plus one.
    pub(super) fn offset_to_commit(&self, group: usize) -> u64 {
        let cursor = &self.cursors[group];
        if !(cursor.commits_record_offsets && self.log.hides()) {
            return cursor.done;
        }
        let (from, to) = (cursor.committed, cursor.done);
        let range = (from..to).zip(self.log.range(from, to.saturating_sub(from)));
        let given = range.filter(|(_, stored)| !stored.is_hidden(cursor.reads_committed));
        given.last().map_or(from, |(offset, _)| offset + 1)
    }
}
