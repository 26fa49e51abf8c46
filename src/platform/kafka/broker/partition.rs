//! One partition: its replicas, log end offset, high watermark, segments, and who waits for it.
//!
//! There is one log: the leader's. A follower has a prefix of it, so a place is enough to know what a
//! replica holds. When another replica is elected the log ends where that replica's copy ends.

use super::super::config::Config;
use super::super::ids::BrokerId;
use super::super::sequences::Sequences;
use crate::platform::{Log, Stored};
use crate::units::SimTime;
use std::collections::VecDeque;

use super::compaction::Cleaner;
use super::replica::{Cursor, Position, Replica, Roll, Segment};
use super::stable::Stable;
use super::waiters::Waiters;

/// A partition.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    /// The broker that leads it, if any does.
    pub leader: Option<BrokerId>,
    /// Leader epoch.
    pub epoch: u32,
    /// Where the leader's epoch begins.
    pub epoch_start: u64,
    /// All copies, in the order of assignment.
    pub replicas: Vec<Replica>,
    /// Size of the in-sync set that the controller knows.
    pub isr: u32,
    /// Whether a change of the in-sync set is on its way to the controller.
    pub altering: bool,
    /// Whether its leader looks at followers out of sync from time to time.
    pub rejoining: bool,
    /// The broker that led it and does not know that it no longer does.
    pub zombie: Option<BrokerId>,
    /// The records that somebody still has to read.
    pub log: Log,
    /// Log end offset.
    pub end: Position,
    /// High watermark: what every in-sync replica holds.
    pub high_watermark: Position,
    /// Ends of the batches that somebody still has to fetch.
    batches: VecDeque<Position>,
    /// Where the first of those batches begins.
    known_from: Position,
    /// Files, oldest first.
    pub segments: VecDeque<Segment>,
    /// Requests with acks=all that wait.
    pub waiting: Waiters,
    /// Where each consumer group stands.
    pub cursors: Vec<Cursor>,
    /// What idempotent producers have written.
    pub sequences: Sequences,
    /// Stored batches that their producers gave up: offset and records.
    pub abandoned: Vec<(u64, u64)>,
    /// What its cleaner knows, if it is compacted.
    pub cleaner: Option<Box<Cleaner>>,
    /// Its transactions, if there are any.
    pub stable: Option<Box<Stable>>,
}

impl Partition {
    /// An empty partition on `replicas`, in the order of assignment, led by the first.
    #[must_use]
    pub(super) fn new(replicas: &[BrokerId], groups: usize, now: SimTime) -> Self {
        let start = Position::default();
        Self {
            leader: replicas.first().copied(),
            epoch: 0,
            epoch_start: 0,
            replicas: replicas
                .iter()
                .map(|broker| Replica::new(*broker))
                .collect(),
            isr: replicas.len() as u32,
            altering: false,
            rejoining: false,
            zombie: None,
            log: Log::default(),
            end: start,
            high_watermark: start,
            batches: VecDeque::new(),
            known_from: start,
            segments: VecDeque::from([Segment::begun(start, now)]),
            waiting: Waiters::default(),
            cursors: vec![Cursor::default(); groups],
            sequences: Sequences::default(),
            abandoned: Vec::new(),
            cleaner: None,
            stable: None,
        }
    }

    /// The log ends at `end`, and everything before was committed before the run.
    pub(super) fn begin_at(&mut self, end: Position) {
        (self.end, self.high_watermark, self.known_from) = (end, end, end);
    }

    /// The same partition with what its clients' settings ask for.
    pub(super) fn with_clients(mut self, config: &Config) -> Self {
        for (cursor, consumer) in self.cursors.iter_mut().zip(&config.consumers) {
            cursor.reads_committed = consumer.offsets.reads_committed;
            cursor.commits_record_offsets = consumer.offsets.commits_record_offsets;
        }
        self.cleaner = config.topic.compaction.map(|_| Box::default());
        self.stable = config.producer.transactions.map(|_| Box::default());
        self
    }

    /// Appends the records of a batch of `bytes`, in a new file if the last one is full or old.
    #[inline]
    pub(super) fn append(
        &mut self,
        records: impl Iterator<Item = Stored>,
        bytes: u64,
        roll: Roll,
        now: SimTime,
    ) {
        if let Some(segment) = self.segments.back_mut() {
            let size = self.end.bytes - segment.base.bytes;
            if size > 0 && (size + bytes > roll.bytes || now.since(segment.created) > roll.age) {
                self.segments.push_back(Segment::begun(self.end, now));
            } else {
                segment.newest = now;
            }
        }
        self.log.extend(records);
        self.end = Position {
            offset: self.log.end(),
            bytes: self.end.bytes + bytes,
        };
        self.batches.push_back(self.end);
    }

    /// [`Partition::append`] of records that may not count: copies.
    pub(super) fn append_copies(
        &mut self,
        records: impl Iterator<Item = Stored>,
        bytes: u64,
        roll: Roll,
        now: SimTime,
    ) {
        let empty = std::iter::empty();
        records.for_each(|record| self.log.push_any(record));
        self.append(empty, bytes, roll, now);
    }

    /// Where the log begins.
    #[must_use]
    pub(super) fn start(&self) -> Position {
        self.segments
            .front()
            .map_or(self.end, |segment| segment.base)
    }

    /// Where the oldest record lies; files from before the run have bytes and no records.
    fn first_record(&self) -> Position {
        let first = self.start().offset;
        let without = self
            .segments
            .partition_point(|file| file.base.offset <= first);
        let last = without.checked_sub(1).and_then(|at| self.segments.get(at));
        last.map_or(self.end, |file| file.base)
    }

    /// Bytes that each full copy takes.
    #[must_use]
    pub(super) fn size(&self) -> u64 {
        self.end.bytes - self.start().bytes
    }

    /// Bytes in files that are closed: what a remote tier has a copy of.
    #[must_use]
    pub(super) fn closed(&self) -> u64 {
        self.segments
            .back()
            .map_or(0, |active| active.base.bytes - self.start().bytes)
    }

    /// The place of a broker among the replicas.
    #[must_use]
    #[inline]
    pub(super) fn slot_of(&self, broker: BrokerId) -> Option<usize> {
        self.replicas
            .iter()
            .position(|replica| replica.broker == broker)
    }

    /// The replica in `slot` if it is `broker`'s, or wherever that is now: reassignments shift places.
    #[inline]
    pub(super) fn replica_at(&mut self, slot: usize, broker: BrokerId) -> Option<&mut Replica> {
        let slot = match self.replicas.get(slot) {
            Some(replica) if replica.broker == broker => slot,
            _ => self.slot_of(broker)?,
        };
        self.replicas.get_mut(slot)
    }

    /// Whether a follower in sync has not got beyond the high watermark, which cannot rise then.
    #[inline]
    pub(super) fn is_held_back(&self) -> bool {
        self.replicas.iter().any(|replica| {
            replica.in_sync
                && replica.known <= self.high_watermark
                && Some(replica.broker) != self.leader
        })
    }

    /// Raises the high watermark to what every in-sync replica holds, unless fewer than `least` are in
    /// sync; returns the bytes gained.
    #[inline]
    pub(super) fn raise_high_watermark(&mut self, least: u32) -> u64 {
        if self.isr < least.min(self.replicas.len() as u32) {
            return 0;
        }
        // Written without a branch: the leader's slot differs between partitions, so the processor would predict it wrongly.
        let reached = self.replicas.iter().fold(self.end, |reached, replica| {
            let asked = replica.in_sync & (Some(replica.broker) != self.leader);
            let known = replica.known;
            let behind = (known.offset < reached.offset)
                | ((known.offset == reached.offset) & (known.bytes < reached.bytes));
            std::hint::select_unpredictable(asked & behind, known, reached)
        });
        let gained = reached.bytes.saturating_sub(self.high_watermark.bytes);
        self.high_watermark = self.high_watermark.max(reached);
        gained
    }

    /// The farthest batch border from `from` that adds at most `bytes_max`, at least one batch, and
    /// does not pass `limit`.
    #[must_use]
    #[inline]
    pub(super) fn reach(&self, from: Position, limit: Position, bytes_max: u64) -> Position {
        if limit.bytes.saturating_sub(from.bytes) <= bytes_max {
            return limit;
        }
        if from.bytes < self.known_from.bytes {
            return between(from, self.known_from.min(limit), bytes_max);
        }
        let next = self
            .batches
            .partition_point(|end| end.offset <= from.offset);
        let fits = self
            .batches
            .partition_point(|end| end.bytes.saturating_sub(from.bytes) <= bytes_max);
        self.batches
            .get(fits.max(next + 1) - 1)
            .copied()
            .unwrap_or(limit)
            .min(limit)
    }

    /// The position of `offset`, or of the batch border before it.
    #[must_use]
    pub(super) fn position_of(&self, offset: u64) -> Position {
        if offset >= self.end.offset {
            return self.end;
        }
        if offset < self.known_from.offset {
            // The borders of old batches are not kept: the position is interpolated in proportion to the bytes.
            let (start, known) = (self.first_record(), self.known_from);
            let records = known.offset.saturating_sub(start.offset).max(1);
            let part = offset.saturating_sub(start.offset) as f64 / records as f64;
            let bytes = known.bytes.saturating_sub(start.bytes) as f64 * part.min(1.0);
            return Position {
                offset,
                bytes: start.bytes + bytes as u64,
            };
        }
        let before = self.batches.partition_point(|end| end.offset <= offset);
        let border = before
            .checked_sub(1)
            .and_then(|index| self.batches.get(index));
        Position {
            offset,
            bytes: border.unwrap_or(&self.known_from).bytes,
        }
    }

    /// The first batch border at `offset` or behind it, as far as borders are known.
    #[must_use]
    pub(super) fn border_from(&self, offset: u64) -> Position {
        let place = self.batches.partition_point(|end| end.offset < offset);
        self.batches.get(place).copied().unwrap_or(self.end)
    }

    /// Cuts the log off at `to`; returns how many records that count are gone.
    pub(super) fn truncate(&mut self, to: Position) -> u64 {
        // Far back, places are in proportion: the byte must not lie before the file that keeps the record.
        let kept = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.base.offset <= to.offset);
        let least = kept.map_or(0, |segment| segment.base.bytes);
        let to = Position {
            offset: to.offset,
            bytes: to.bytes.max(least).min(self.end.bytes),
        };
        let gone = self.log.truncate(to.offset);
        self.end = to;
        self.high_watermark = self.high_watermark.min(to);
        self.known_from = self.known_from.min(to);
        while self
            .batches
            .back()
            .is_some_and(|end| end.offset > to.offset)
        {
            self.batches.pop_back();
        }
        while self.segments.len() > 1
            && self
                .segments
                .back()
                .is_some_and(|s| s.base.offset > to.offset)
        {
            self.segments.pop_back();
        }
        if let Some(only) = self.segments.front_mut() {
            only.base = only.base.min(to);
        }
        for replica in &mut self.replicas {
            replica.end = replica.end.min(to);
            replica.sent = replica.sent.min(to);
            replica.known = replica.known.min(to);
        }
        self.sequences.truncate(to.offset);
        if let Some(cleaner) = &mut self.cleaner {
            cleaner.truncate(to);
        }
        gone
    }

    /// The ends of batches that are known move to where `place` says.
    pub(super) fn move_batches(&mut self, place: impl Fn(Position) -> Position) {
        self.batches.iter_mut().for_each(|end| *end = place(*end));
        self.known_from = place(self.known_from);
    }

    /// Forgets what everybody has fetched and processed.
    #[inline]
    pub(super) fn trim(&mut self) {
        let done = self
            .cursors
            .iter()
            .map(|cursor| cursor.committed.min(cursor.seen))
            .min()
            .unwrap_or_default();
        self.log.trim(done);
        let groups = self
            .cursors
            .iter()
            .map(|cursor| cursor.committed.min(cursor.fetched.offset));
        let copies = self
            .replicas
            .iter()
            .filter(|replica| replica.in_sync && Some(replica.broker) != self.leader);
        let copies = copies.map(|replica| replica.end.offset);
        let needed = groups
            .chain(copies)
            .fold(self.high_watermark.offset, u64::min);
        let gone = self.batches.partition_point(|end| end.offset <= needed);
        if let Some(last) = gone
            .checked_sub(1)
            .and_then(|index| self.batches.get(index))
        {
            self.known_from = *last;
            self.batches.drain(..gone);
        }
    }
}

/// A place between `from` and `to`, at most `bytes_max` farther, where batches are no longer known.
fn between(from: Position, to: Position, bytes_max: u64) -> Position {
    let (bytes, records) = (to.bytes - from.bytes, to.offset.saturating_sub(from.offset));
    if bytes <= bytes_max || bytes == 0 {
        return to;
    }
    let part = (u128::from(records) * u128::from(bytes_max) / u128::from(bytes)) as u64;
    Position {
        offset: from.offset + part,
        bytes: from.bytes + bytes_max.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nanos;

    const ROLL: Roll = Roll {
        bytes: u64::MAX / 2,
        age: Nanos(u64::MAX),
    };

    fn stored() -> Stored {
        Stored::new(SimTime(0), SimTime(0), 1)
    }

    fn three_batches() -> Partition {
        let mut partition = Partition::new(&[BrokerId::new(0)], 1, SimTime::ZERO);
        for bytes in [100, 200, 300] {
            partition.append([stored()].into_iter(), bytes, ROLL, SimTime::ZERO);
        }
        partition
    }

    #[test]
    fn the_high_watermark_is_the_slowest_in_sync_replica() {
        let mut partition = Partition::new(&[0, 1, 2].map(BrokerId::new), 1, SimTime::ZERO);
        partition.append([stored(), stored()].into_iter(), 100, ROLL, SimTime::ZERO);
        assert_eq!((partition.raise_high_watermark(2), partition.isr), (0, 3));
        partition.replicas[1].known = partition.end;
        assert_eq!(partition.raise_high_watermark(2), 0);
        partition.replicas[2].in_sync = false;
        partition.isr = 1;
        assert_eq!(
            partition.raise_high_watermark(2),
            0,
            "below min ISR it stands still since 3.7"
        );
        assert_eq!(
            (
                partition.raise_high_watermark(1),
                partition.high_watermark.offset
            ),
            (100, 2)
        );
    }

    #[test]
    fn a_fetch_ends_at_a_batch_border_and_gives_at_least_one_batch() {
        let partition = three_batches();
        let start = Position::default();
        let reach = |from, max| partition.reach(from, partition.end, max);
        assert_eq!(reach(start, 10).offset, 1);
        assert_eq!(
            reach(start, 300),
            Position {
                offset: 2,
                bytes: 300
            }
        );
        assert_eq!(reach(start, 599).offset, 2);
        assert_eq!(reach(start, 600).offset, 3);
        assert_eq!(
            reach(
                Position {
                    offset: 1,
                    bytes: 100
                },
                1
            )
            .offset,
            2
        );
        assert_eq!(
            partition.position_of(2),
            Position {
                offset: 2,
                bytes: 300
            }
        );
    }

    #[test]
    fn a_cut_takes_batches_copies_and_the_high_watermark_back() {
        let mut partition = three_batches();
        partition.raise_high_watermark(1);
        assert_eq!(
            partition.truncate(Position {
                offset: 1,
                bytes: 100
            }),
            2
        );
        assert_eq!(
            (partition.end.offset, partition.high_watermark.bytes),
            (1, 100)
        );
        partition.append([stored()].into_iter(), 50, ROLL, SimTime::ZERO);
        assert_eq!(
            partition.end,
            Position {
                offset: 2,
                bytes: 150
            }
        );
    }

    #[test]
    fn retention_deletes_whole_files_below_the_high_watermark() {
        let mut partition = Partition::new(&[BrokerId::new(0)], 1, SimTime::ZERO);
        for n in 0..6 {
            partition.append(
                [stored()].into_iter(),
                100,
                Roll { bytes: 200, ..ROLL },
                SimTime(n * 10),
            );
        }
        assert_eq!(partition.segments.len(), 3);
        assert!(
            !partition.delete_segments(SimTime(1000), Some(10), None),
            "nothing is committed"
        );
        partition.raise_high_watermark(1);
        assert!(partition.delete_segments(SimTime(45), Some(20), None));
        assert_eq!(
            partition.start().offset,
            2,
            "the newest record of the next file is 15 old"
        );
        assert!(partition.delete_segments(SimTime(45), None, Some(200)));
        assert_eq!(partition.size(), 200);
        assert!(partition.delete_segments(SimTime(1000), Some(20), None));
        assert_eq!(partition.size(), 0, "the active file is not exempt");
    }
}
