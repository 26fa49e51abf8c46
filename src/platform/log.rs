//! What a lane has stored and somebody still has to read.

use crate::units::{Nanos, SimTime};
use std::collections::VecDeque;
use std::collections::vec_deque::Iter;

/// A stored record, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When its application meant to send it.
    pub at: SimTime,
    /// How long after that it was stored, in whole microseconds, at most 71 minutes.
    late_us: u32,
    /// Its size as the platform counts it `[B]`.
    pub bytes: u32,
}

impl Stored {
    /// A record that was meant for `at` and is stored at `appended`.
    #[must_use]
    #[inline]
    pub fn new(at: SimTime, appended: SimTime, bytes: u32) -> Self {
        Self { at, late_us: u32::try_from(appended.since(at).0 / 1000).unwrap_or(u32::MAX), bytes }
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
    entries: VecDeque<Stored>,
}

impl Log {
    /// Appends a record.
    #[inline]
    pub fn push(&mut self, stored: Stored) {
        self.entries.push_back(stored);
    }

    /// Appends several records.
    #[inline]
    pub fn extend(&mut self, stored: impl Iterator<Item = Stored>) {
        self.entries.extend(stored);
    }

    /// The offset after the newest record.
    #[must_use]
    #[inline]
    pub fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The records from `first` on, at most `count`.
    #[must_use]
    pub fn range(&self, first: u64, count: u64) -> Iter<'_, Stored> {
        let from = first.saturating_sub(self.first).min(self.entries.len() as u64) as usize;
        let to = from + (count as usize).min(self.entries.len() - from);
        self.entries.range(from..to)
    }

    /// The offset of the first record from `first` on that is younger than `retention` at `now`.
    #[must_use]
    pub fn first_retained(&self, first: u64, retention: Nanos, now: SimTime) -> u64 {
        if now.0 <= retention.0 {
            return first;
        }
        let horizon = SimTime(now.0 - retention.0);
        let gone = self.range(first, u64::MAX).take_while(|stored| stored.appended() < horizon).count();
        first + gone as u64
    }

    /// Forgets everything before `offset`, which nobody will ask for again.
    pub fn trim(&mut self, offset: u64) {
        let gone = offset.saturating_sub(self.first).min(self.entries.len() as u64);
        self.entries.drain(..gone as usize);
        self.first += gone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_survive_trimming_and_old_records_expire() {
        let mut log = Log::default();
        for n in 0..10 {
            log.push(Stored::new(SimTime(n * 10_000), SimTime(n * 10_000), 1));
        }
        log.trim(4);
        assert_eq!((log.end(), log.range(0, 2).count()), (10, 2));
        assert_eq!(log.range(6, 2).map(|stored| stored.at.0).collect::<Vec<_>>(), [60_000, 70_000]);
        assert_eq!(log.range(10, 5).count(), 0);
        assert_eq!(log.first_retained(4, Nanos(30_000), SimTime(100_000)), 7);
        assert_eq!(log.first_retained(4, Nanos(300_000), SimTime(100_000)), 4);
    }
}
