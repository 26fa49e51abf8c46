//! What a lane has stored and somebody still has to read.

mod hidden;
mod journeys;

pub use hidden::{Hidden, HiddenCount};

use crate::probe::Journey;
use crate::units::{Nanos, SimTime};
use std::slice::Iter;

/// A stored record, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When its application meant to send it.
    pub at: SimTime,
    /// How long after that it was stored, in whole microseconds, at most 71 minutes.
    late_us: u32,
    /// Its size as the platform counts it `[B]`, below 2^26, and what it is in the top bits.
    tagged: u32,
}

/// The record continues one record of the platform that began before it: an aggregate.
const CONTINUES: u32 = 1 << 31;
/// The record is a copy of one that was stored before.
const COPY: u32 = 1 << 30;
/// Consumers drop the record unseen.
const VOID: u32 = 1 << 29;
/// The transaction that the record belongs to was aborted: readers of committed data drop it unseen.
const ABORTED: u32 = 1 << 28;
/// Compaction has removed the record.
const REMOVED: u32 = 1 << 27;
/// The record stands in an aggregate on a shard where its key does not belong.
const MISPLACED: u32 = 1 << 26;
/// Sizes are below this `[B]`.
const SIZES: u32 = 1 << 26;

impl Stored {
    /// A record that was meant for `at` and is stored at `appended`.
    #[must_use]
    #[inline]
    pub fn new(at: SimTime, appended: SimTime, bytes: u32) -> Self {
        let late_us = u32::try_from(appended.since(at).0 / 1000).unwrap_or(u32::MAX);
        Self {
            at,
            late_us,
            tagged: bytes.min(SIZES - 1),
        }
    }

    /// The same record as a continuation of the record of the platform before it.
    #[must_use]
    pub fn continuing(self) -> Self {
        Self {
            tagged: self.tagged | CONTINUES,
            ..self
        }
    }

    /// The same record as a copy of one that was stored before.
    #[must_use]
    pub fn copied(self) -> Self {
        Self {
            tagged: self.tagged | COPY,
            ..self
        }
    }

    /// The same record as one that consumers drop unseen.
    #[must_use]
    pub fn voided(self) -> Self {
        Self {
            tagged: self.tagged | VOID,
            ..self
        }
    }

    /// The same record as one that stands on a shard where its key does not belong.
    #[must_use]
    pub fn misplaced(self) -> Self {
        Self {
            tagged: self.tagged | MISPLACED,
            ..self
        }
    }

    /// Whether it stands on a shard where its key does not belong, so that some libraries drop it.
    #[must_use]
    #[inline]
    pub fn is_misplaced(&self) -> bool {
        self.tagged & MISPLACED != 0
    }

    /// Its size as the platform counts it `[B]`.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> u32 {
        self.tagged & (SIZES - 1)
    }

    /// Whether it begins a record of the platform.
    #[must_use]
    #[inline]
    pub fn begins(&self) -> bool {
        self.tagged & CONTINUES == 0
    }

    /// Whether it is a copy.
    #[must_use]
    #[inline]
    pub fn is_copy(&self) -> bool {
        self.tagged & COPY != 0
    }

    /// Whether it is one that the ledger counts: no copy, not void.
    #[must_use]
    #[inline]
    pub fn counts(&self) -> bool {
        self.tagged & (COPY | VOID) == 0
    }

    /// When it was stored, to the microsecond.
    #[must_use]
    pub fn appended(&self) -> SimTime {
        self.at + Nanos(u64::from(self.late_us) * 1000)
    }
}

/// The stored records of one lane from the oldest that is still needed, by offset.
#[derive(Clone, Debug, Default)]
pub struct Log {
    first: u64,
    entries: Tail<Stored>,
    /// How many records ever stored do not count.
    uncounted: u64,
    /// Whether an aggregate was ever appended.
    grouped: bool,
    /// Whether a record was ever hidden, or something was appended that is no record.
    hides: bool,
    /// Offsets of what is no record and was trimmed.
    gone_markers: Vec<u64>,
    /// Key and numbers, where somebody watches the order, a sink looks at keys or records go on to another
    /// system.
    marks: Option<Box<Tail<OrderMark>>>,
    /// The journeys of the records whose time is followed, by offset.
    journeys: Option<Box<Tail<Journey>>>,
}

/// A record's key and its number in the order in which the platform stored records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderMark {
    /// The key.
    pub key: u32,
    /// The number.
    pub nth: u32,
    /// The record's own number in the run.
    pub serial: u32,
}

/// What is left of a growing sequence whose oldest items are dropped, all in one piece of memory.
#[derive(Clone, Debug)]
struct Tail<T> {
    /// The items, and before them some that were dropped.
    items: Vec<T>,
    /// How many were dropped and still take room.
    gone: usize,
}

impl<T> Default for Tail<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            gone: 0,
        }
    }
}

impl<T> Tail<T> {
    #[inline]
    fn push(&mut self, item: T) {
        self.items.push(item);
    }

    #[inline]
    fn all(&self) -> &[T] {
        &self.items[self.gone..]
    }

    #[inline]
    fn len(&self) -> usize {
        self.items.len() - self.gone
    }

    /// Drops the oldest items; their room is used again as soon as they are half of all.
    fn drop_oldest(&mut self, count: usize) {
        self.gone += count;
        if 2 * self.gone >= self.items.len() {
            self.items.drain(..self.gone);
            self.gone = 0;
        }
    }

    /// Drops the newest items, so that `len` are left.
    fn truncate(&mut self, len: usize) {
        self.items.truncate(self.gone + len);
    }
}

impl Log {
    /// Appends a record.
    #[inline]
    pub fn push(&mut self, stored: Stored) {
        self.entries.push(stored);
    }

    /// Appends a record that may not count.
    pub fn push_any(&mut self, stored: Stored) {
        self.uncounted += u64::from(!stored.counts());
        self.grouped |= !stored.begins();
        self.hides |= stored.is_misplaced();
        self.entries.push(stored);
    }

    /// Whether every record that was ever appended counts, and none is hidden.
    #[must_use]
    #[inline]
    pub fn all_count(&self) -> bool {
        self.uncounted == 0 && !self.hides
    }

    /// Whether a record of the platform never carries more than one record here.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        !self.grouped
    }

    /// Notes key and number of the record that is appended next; once for each or for none.
    pub fn mark(&mut self, mark: OrderMark) {
        self.marks.get_or_insert_default().push(mark);
    }

    /// What is appended next is no record: it has no key.
    pub fn mark_nothing(&mut self) {
        let (key, nth, serial) = (u32::MAX, 0, 0);
        self.mark(OrderMark { key, nth, serial });
    }

    /// The mark of the record at `offset`, if order is watched.
    #[must_use]
    pub fn mark_at(&self, offset: u64) -> Option<OrderMark> {
        let marks = self.marks.as_ref()?;
        marks
            .all()
            .get(offset.checked_sub(self.first)? as usize)
            .copied()
    }

    /// How many records from `from` to before `to` count.
    #[must_use]
    #[inline]
    pub fn counted(&self, from: u64, to: u64) -> u64 {
        if self.uncounted == 0 {
            return to.saturating_sub(from);
        }
        self.range(from, to.saturating_sub(from))
            .filter(|stored| stored.counts())
            .count() as u64
    }

    /// Appends several records.
    #[inline]
    pub fn extend(&mut self, stored: impl Iterator<Item = Stored>) {
        self.entries.items.extend(stored);
    }

    /// The offset after the newest record.
    #[must_use]
    #[inline]
    pub fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The records from `first` on, at most `count`.
    pub fn range(&self, first: u64, count: u64) -> Iter<'_, Stored> {
        let from = first
            .saturating_sub(self.first)
            .min(self.entries.len() as u64) as usize;
        let to = from + (count as usize).min(self.entries.len() - from);
        self.entries.all()[from..to].iter()
    }

    /// The offset of the first record from `first` on that is younger than `retention` at `now`.
    #[must_use]
    pub fn first_retained(&self, first: u64, retention: Nanos, now: SimTime) -> u64 {
        if now.0 <= retention.0 {
            return first;
        }
        self.first_since(first, SimTime(now.0 - retention.0))
    }

    /// The offset of the first record from `first` on that was stored at `horizon` or later.
    #[must_use]
    pub fn first_since(&self, first: u64, horizon: SimTime) -> u64 {
        if horizon == SimTime::ZERO {
            return first;
        }
        let gone = self
            .range(first, u64::MAX)
            .take_while(|stored| stored.appended() < horizon)
            .count();
        first + gone as u64
    }

    /// Cuts off everything from `offset` on; returns how many of the records that were kept counted.
    ///
    /// Records before the oldest one that is still kept count all, if `offset` lies before it.
    pub fn truncate(&mut self, offset: u64) -> u64 {
        let counted = self.trimmed(offset) + self.counted(offset.max(self.first), self.end());
        self.gone_markers.retain(|marker| *marker < offset);
        let kept = offset
            .saturating_sub(self.first)
            .min(self.entries.len() as u64) as usize;
        self.uncounted -= self.entries.all()[kept..]
            .iter()
            .filter(|stored| !stored.counts())
            .count() as u64;
        self.entries.truncate(kept);
        if let Some(marks) = &mut self.marks {
            marks.truncate(kept);
        }
        if let Some(journeys) = &mut self.journeys {
            let left = journeys
                .all()
                .partition_point(|journey| journey.offset < offset);
            journeys.truncate(left);
        }
        self.first = self.first.min(offset);
        counted
    }

    /// The offset of the oldest record that is still kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The record at `offset`, if it is still kept.
    #[must_use]
    #[inline]
    pub fn at(&self, offset: u64) -> Option<&Stored> {
        self.entries
            .all()
            .get(offset.checked_sub(self.first)? as usize)
    }

    /// Forgets everything before `offset`, which nobody will ask for again.
    pub fn trim(&mut self, offset: u64) {
        let gone = offset
            .saturating_sub(self.first)
            .min(self.entries.len() as u64);
        if self.uncounted > 0 {
            let dropped = self.entries.all()[..gone as usize]
                .iter()
                .filter(|stored| !stored.counts())
                .count();
            self.uncounted -= dropped as u64;
            if self.hides {
                let markers = (self.first..).zip(&self.entries.all()[..gone as usize]);
                let markers = markers.filter(|(_, stored)| !stored.counts());
                self.gone_markers.extend(markers.map(|(offset, _)| offset));
            }
        }
        self.entries.drop_oldest(gone as usize);
        if let Some(marks) = &mut self.marks {
            marks.drop_oldest((gone as usize).min(marks.len()));
        }
        if let Some(journeys) = &mut self.journeys {
            let end = self.first + gone;
            let gone = journeys
                .all()
                .partition_point(|journey| journey.offset < end);
            journeys.drop_oldest(gone);
        }
        self.first += gone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_leave_the_size_alone() {
        let stored = Stored::new(SimTime(0), SimTime(0), 77);
        assert!(stored.begins() && stored.counts() && !stored.continuing().begins());
        assert!(
            !stored.copied().counts() && stored.copied().is_copy() && !stored.voided().counts()
        );
        assert_eq!(stored.continuing().copied().voided().bytes(), 77);
        let mut log = Log::default();
        [stored, stored.copied(), stored]
            .into_iter()
            .for_each(|stored| log.push_any(stored));
        assert_eq!(
            (log.counted(0, 3), log.counted(1, 2), log.counted(2, 9)),
            (2, 0, 1)
        );
    }

    #[test]
    fn a_log_that_is_cut_says_how_many_records_are_gone() {
        let stored = Stored::new(SimTime(0), SimTime(0), 1);
        let mut log = Log::default();
        [stored, stored, stored.copied(), stored]
            .into_iter()
            .for_each(|stored| log.push_any(stored));
        log.trim(1);
        assert_eq!((log.truncate(2), log.end(), log.all_count()), (1, 2, true));
        log.push_any(stored);
        assert_eq!((log.truncate(0), log.first(), log.end()), (3, 0, 0));
    }

    #[test]
    fn offsets_survive_trimming_and_old_records_expire() {
        let mut log = Log::default();
        for n in 0..10 {
            log.push(Stored::new(SimTime(n * 10_000), SimTime(n * 10_000), 1));
        }
        log.trim(4);
        assert_eq!((log.end(), log.range(0, 2).count()), (10, 2));
        assert_eq!(
            log.range(6, 2)
                .map(|stored| stored.at.0)
                .collect::<Vec<_>>(),
            [60_000, 70_000]
        );
        assert_eq!(log.range(10, 5).count(), 0);
        assert_eq!(log.first_retained(4, Nanos(30_000), SimTime(100_000)), 7);
        assert_eq!(log.first_retained(4, Nanos(300_000), SimTime(100_000)), 4);
    }
}
