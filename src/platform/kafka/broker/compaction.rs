//! Log compaction: of each key the newest record is kept. Files that are closed are written anew without the records
//! that have a newer one behind them; offsets keep their gaps.
//!
//! Every replica has its own cleaner. Here the one log is cleaned once, and each replica's volume pays for it.
//!
//! # Source
//! Apache Kafka 3.9, `LogCleaner.scala`, `LogCleanerManager.scala` (`cleanableOffsets`, `grabFilthiestCompactedLog`).

use super::super::Event as Timer;
use super::super::batch::BATCH_OVERHEAD;
use super::super::config::Compaction;
use super::super::ids::PartitionId;
use super::super::wire::{BatchRecord, Scope};
use super::partition::Partition;
use super::replica::{Position, Segment};
use super::{Brokers, Event};
use crate::platform::Hidden;
use crate::probe::Recorder;
use crate::units::SimTime;
use std::collections::BTreeMap;

/// A record that a cleaner has not removed.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Its offset.
    offset: u64,
    /// The offset of its batch.
    batch: u64,
    /// Its key; none if its transaction was aborted.
    key: Option<u32>,
    /// Its share of its batch `[B]`.
    bytes: u64,
}

/// What the cleaner of a partition knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Cleaner {
    /// The records that are left, by offset.
    entries: Vec<Entry>,
    /// What lies before was cleaned.
    cleaned: Position,
}

/// Where bytes are after a cleaning: of each record that is left its offset, and the bytes of those before it.
struct Rewritten {
    /// Where the part ends that was cleaned.
    boundary: Position,
    /// Offset, and bytes before it `[B]`.
    kept: Vec<(u64, u64)>,
    /// Bytes of all `[B]`.
    total: u64,
}

impl Rewritten {
    /// Where an old place of the log is now.
    fn place(&self, old: Position) -> Position {
        if old.offset >= self.boundary.offset {
            return old;
        }
        let next = self
            .kept
            .partition_point(|(offset, _)| *offset < old.offset);
        let before = self
            .kept
            .get(next)
            .map_or(self.total, |(_, before)| *before);
        let behind = self.total - before;
        Position {
            offset: old.offset,
            bytes: self.boundary.bytes.saturating_sub(behind),
        }
    }
}

impl Cleaner {
    /// A batch of `bytes` is in the log from `base` on.
    pub(super) fn store(&mut self, base: u64, records: &[BatchRecord], bytes: u64) {
        let share = bytes.saturating_sub(BATCH_OVERHEAD) / (records.len() as u64).max(1);
        let entry = |(offset, record): (u64, &BatchRecord)| Entry {
            offset,
            batch: base,
            key: Some(record.key),
            bytes: share,
        };
        self.entries.extend((base..).zip(records).map(entry));
    }

    /// The log was cut off.
    pub(super) fn truncate(&mut self, end: Position) {
        self.entries.retain(|entry| entry.offset < end.offset);
        self.cleaned = self.cleaned.min(end);
    }

    /// Records of a transaction that was aborted go with the next cleaning.
    pub(super) fn forget(&mut self, first: u64, records: u64) {
        let from = self.entries.partition_point(|entry| entry.offset < first);
        let aborted = self.entries[from..].iter_mut();
        let aborted = aborted.take_while(|entry| entry.offset < first + records);
        aborted.for_each(|entry| entry.key = None);
    }

    /// Keeps of each key the newest record before `boundary`; returns the offsets of those that go.
    fn clean(&mut self, start: u64, boundary: u64) -> Vec<u64> {
        let dirty = self.cleaned.offset..boundary;
        let mut newest: BTreeMap<u32, u64> = BTreeMap::new();
        for entry in self
            .entries
            .iter()
            .filter(|entry| dirty.contains(&entry.offset))
        {
            if let Some(key) = entry.key {
                newest.insert(key, entry.offset);
            }
        }
        let stays = |entry: &Entry| {
            let newer = |key: u32| {
                newest
                    .get(&key)
                    .is_some_and(|newest| *newest > entry.offset)
            };
            entry.offset >= boundary || entry.key.is_some_and(|key| !newer(key))
        };
        let mut gone = Vec::new();
        self.entries.retain(|entry| {
            let stays = stays(entry);
            if !stays && entry.offset >= start {
                gone.push(entry.offset);
            }
            stays && entry.offset >= start
        });
        gone
    }

    /// Where the records before `boundary` lie once they are written anew.
    fn rewritten(&self, boundary: Position) -> Rewritten {
        let (mut kept, mut total, mut batch) = (Vec::new(), 0, None);
        for entry in self
            .entries
            .iter()
            .take_while(|entry| entry.offset < boundary.offset)
        {
            kept.push((entry.offset, total));
            let head = if batch == Some(entry.batch) {
                0
            } else {
                BATCH_OVERHEAD
            };
            total += entry.bytes + head;
            batch = Some(entry.batch);
        }
        Rewritten {
            boundary,
            kept,
            total,
        }
    }
}

impl Brokers {
    /// Cleaners begin to look for logs to clean, if the topic is compacted.
    pub(in super::super) fn watch_dirt(&self, cx: &mut Scope<'_>) {
        if let Some(compaction) = self.topic.compaction {
            cx.queue
                .after(compaction.backoff, Timer::Broker(Event::Clean));
        }
    }

    /// Cleaners look for logs that are dirty enough, and clean them.
    pub(super) fn clean(&mut self, cx: &mut Scope<'_>) {
        let Some(compaction) = self.topic.compaction else {
            return;
        };
        for at in self.partitions.ids() {
            let partition = &self.partitions[at];
            let boundary = partition.cleanable_end(cx.now(), &compaction);
            if partition.leader.is_some() && partition.is_dirty(boundary, compaction.ratio) {
                self.clean_partition(at, boundary, cx);
            }
        }
        self.watch_dirt(cx);
    }

    /// Cleans one partition up to `boundary`.
    fn clean_partition(&mut self, at: PartitionId, boundary: Position, cx: &mut Scope<'_>) {
        let partition = &mut self.partitions[at];
        let read = boundary.bytes - partition.start().bytes;
        let waiting = |partition: &Partition, group: usize| {
            let top = partition.readable_end(group).bytes;
            top.saturating_sub(partition.cursors[group].fetched.bytes)
        };
        let groups = partition.cursors.len();
        let before: Vec<u64> = (0..groups).map(|group| waiting(partition, group)).collect();
        partition.remove_older(boundary, self.topic.segment_bytes, cx.probe);
        let partition = &self.partitions[at];
        let written = boundary.bytes - partition.start().bytes;
        let gains = before.iter().zip(0..groups);
        let gains: Vec<u64> = gains
            .map(|(before, group)| before.saturating_sub(waiting(partition, group)))
            .collect();
        for (group, gone) in gains.into_iter().enumerate() {
            let cursor = self.partitions[at].cursors[group];
            self.make_unavailable(&cursor, gone);
        }
        for slot in 0..self.partitions[at].replicas.len() {
            let broker = self.partitions[at].replicas[slot].broker;
            if cx.net.is_up(broker) {
                self.machines[broker].rewrite(cx.now(), read + written);
            }
        }
    }
}

impl Partition {
    /// Up to where a cleaner may go: not beyond the last stable offset, nor into the active file, nor into one with a record
    /// that is younger than `min.compaction.lag.ms`.
    fn cleanable_end(&self, now: SimTime, compaction: &Compaction) -> Position {
        let stable = self
            .stable
            .as_ref()
            .map_or(self.high_watermark, |stable| stable.end);
        let dirty = self
            .cleaner
            .as_ref()
            .map_or(0, |cleaner| cleaner.cleaned.offset);
        let closed = self.segments.len().saturating_sub(1);
        let young = |segment: &&Segment| {
            let old_enough = now.since(segment.newest) >= compaction.lag;
            segment.base.offset >= dirty && !old_enough
        };
        let first_young = self.segments.iter().take(closed).find(young);
        let active = self
            .segments
            .get(closed)
            .map_or(self.end, |segment| segment.base);
        first_young
            .map_or(active, |segment| segment.base)
            .min(active)
            .min(stable)
    }

    /// Whether so much of what a cleaner may look at was never cleaned.
    fn is_dirty(&self, boundary: Position, ratio: f64) -> bool {
        let Some(cleaner) = &self.cleaner else {
            return false;
        };
        if boundary.offset <= cleaner.cleaned.offset || boundary.offset <= self.start().offset {
            return false;
        }
        let first = cleaner.cleaned.max(self.start());
        let dirty = boundary.bytes.saturating_sub(first.bytes) as f64;
        let all = boundary.bytes.saturating_sub(self.start().bytes) as f64;
        all > 0.0 && dirty / all > ratio
    }

    /// Removes what has a newer record of its key behind it, and writes the files anew.
    fn remove_older(&mut self, boundary: Position, segment_bytes: u64, probe: &mut Recorder) {
        let start = self.start().offset;
        let Some(cleaner) = &mut self.cleaner else {
            return;
        };
        let gone = cleaner.clean(start, boundary.offset);
        let rewritten = cleaner.rewritten(boundary);
        cleaner.cleaned = boundary;
        for offset in gone {
            self.remove(offset, probe);
        }
        self.move_places(&rewritten);
        self.merge_segments(boundary.offset, segment_bytes);
    }

    /// A record is removed: groups that have not processed it never will.
    fn remove(&mut self, offset: u64, probe: &mut Recorder) {
        let Some(stored) = self.log.at(offset).copied() else {
            return;
        };
        for (group, cursor) in self.cursors.iter_mut().enumerate() {
            let hidden = !stored.counts() || stored.is_hidden(cursor.reads_committed);
            if hidden || offset < cursor.seen {
                continue;
            }
            probe.compacted(group, u64::from(offset < cursor.passed));
            if offset < cursor.fetched.offset {
                cursor.outstanding = cursor.outstanding.saturating_sub(1);
            }
        }
        self.log.hide(offset, 1, Hidden::Removed);
    }

    /// Everything that names a place in the log follows the bytes.
    fn move_places(&mut self, rewritten: &Rewritten) {
        let place = |position: &mut Position| *position = rewritten.place(*position);
        self.segments
            .iter_mut()
            .for_each(|segment| place(&mut segment.base));
        self.move_batches(|position| rewritten.place(position));
        self.cursors
            .iter_mut()
            .for_each(|cursor| place(&mut cursor.fetched));
        for replica in &mut self.replicas {
            place(&mut replica.end);
            place(&mut replica.sent);
            place(&mut replica.known);
        }
    }

    /// Files before `boundary` become one as long as they are no larger than `segment.bytes`.
    fn merge_segments(&mut self, boundary: u64, most: u64) {
        let mut n = 0;
        while n + 2 < self.segments.len() && self.segments[n + 1].base.offset < boundary {
            let (first, next) = (self.segments[n], self.segments[n + 1]);
            let ends = self.segments[n + 2].base.bytes;
            if ends - first.base.bytes > most {
                n += 1;
                continue;
            }
            self.segments[n].newest = first.newest.max(next.newest);
            self.segments.remove(n + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: u32) -> BatchRecord {
        BatchRecord {
            at: SimTime(0),
            key,
            bytes: 10,
            serial: 0,
        }
    }

    #[test]
    fn the_newest_record_of_each_key_stays_and_offsets_keep_their_gaps() {
        let mut cleaner = Cleaner::default();
        for (base, keys) in [(0, [1, 2]), (2, [1, 3]), (4, [2, 2]), (6, [1, 1])] {
            cleaner.store(base, &keys.map(record), BATCH_OVERHEAD + 40);
        }
        cleaner.forget(5, 1);
        // The second record of key 2 in the third batch was aborted, and the last batch lies in the active file.
        assert_eq!(cleaner.clean(0, 6), [0, 1, 5]);
        let boundary = Position {
            offset: 6,
            bytes: 1000,
        };
        let rewritten = cleaner.rewritten(boundary);
        let (batch, share) = (BATCH_OVERHEAD, 20);
        assert_eq!(rewritten.total, 2 * batch + 3 * share);
        let place = |offset| rewritten.place(Position { offset, bytes: 0 }).bytes;
        assert_eq!(
            (place(0), place(2)),
            (1000 - rewritten.total, 1000 - rewritten.total)
        );
        assert_eq!((place(4), place(5)), (1000 - batch - share, 1000));
        cleaner.cleaned = boundary;
        // The next cleaning compares with what is new.
        assert_eq!(cleaner.clean(0, 8), [2, 6]);
    }
}
