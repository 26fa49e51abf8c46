//! Records that stay in a log and that readers are not given: those of aborted transactions and those that compaction
//! has removed; and markers, which take an offset and are no records.

use super::{ABORTED, COPY, Log, REMOVED, Stored, VOID};
use crate::units::SimTime;

/// Why a stored record is hidden from readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Its transaction was aborted.
    Aborted,
    /// Compaction has removed it.
    Removed,
}

impl Hidden {
    fn bit(self) -> u32 {
        match self {
            Self::Aborted => ABORTED,
            Self::Removed => REMOVED,
        }
    }
}

/// How many records are hidden from a reader, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HiddenCount {
    /// Records of aborted transactions.
    pub aborted: u64,
    /// Records that compaction has removed.
    pub removed: u64,
}

impl Stored {
    /// Whether a reader is given it once it gets there: it counts, and compaction has left it.
    #[must_use]
    #[inline]
    pub fn is_given(&self) -> bool {
        self.tagged & (COPY | VOID | REMOVED) == 0
    }

    /// Whether readers, those of committed data or all others, are not given it.
    #[must_use]
    #[inline]
    pub fn is_hidden(&self, committed: bool) -> bool {
        let dropped = if committed { ABORTED } else { 0 };
        self.tagged & (VOID | REMOVED | dropped) != 0
    }
}

impl Log {
    /// Appends what takes an offset and is no record: the marker that ends a transaction.
    pub fn push_marker(&mut self, now: SimTime) {
        self.hides = true;
        self.push_any(Stored::new(now, now, 0).voided());
    }

    /// Whether something may be hidden from a reader.
    #[must_use]
    #[inline]
    pub fn hides(&self) -> bool {
        self.hides
    }

    /// Hides the `count` records from `first` on from readers, as far as they are kept.
    pub fn hide(&mut self, first: u64, count: u64, why: Hidden) {
        self.hides = true;
        for stored in self.range_mut(first, count) {
            stored.tagged |= why.bit();
        }
    }

    /// Shows the `count` records from `first` on again.
    pub fn show(&mut self, first: u64, count: u64, why: Hidden) {
        for stored in self.range_mut(first, count) {
            stored.tagged &= !why.bit();
        }
    }

    fn range_mut(&mut self, first: u64, count: u64) -> std::slice::IterMut<'_, Stored> {
        let (len, gone) = (self.entries.len() as u64, self.entries.gone);
        let place = |offset: u64| offset.saturating_sub(self.first).min(len) as usize;
        let (from, to) = (place(first), place(first.saturating_add(count)));
        self.entries.items[gone + from..gone + to].iter_mut()
    }

    /// How many records from `from` to before `to` readers are given, those of committed data or all others.
    #[must_use]
    #[inline]
    pub fn readable(&self, from: u64, to: u64, committed: bool) -> u64 {
        if !self.hides {
            return self.counted(from, to);
        }
        let from = from.max(self.first);
        let range = self.range(from, to.saturating_sub(from));
        let given = range.filter(|stored| stored.counts() && !stored.is_hidden(committed));
        given.count() as u64
    }

    /// How many records from `from` to before `to` are hidden from readers, those of committed data or all others.
    #[must_use]
    pub fn hidden(&self, from: u64, to: u64, committed: bool) -> HiddenCount {
        let mut hidden = HiddenCount::default();
        let from = from.max(self.first);
        let range = self.range(from, to.saturating_sub(from));
        for stored in range.filter(|stored| stored.counts() && stored.is_hidden(committed)) {
            match stored.tagged & REMOVED {
                0 => hidden.aborted += 1,
                _ => hidden.removed += 1,
            }
        }
        hidden
    }

    /// The first offset from `from` to before `to` at which readers are given something, or are not if `hidden`.
    #[must_use]
    pub fn next(&self, from: u64, to: u64, committed: bool, hidden: bool) -> u64 {
        let range = self.range(from, to.saturating_sub(from));
        let passed = range.take_while(|stored| stored.is_hidden(committed) != hidden);
        (from + passed.count() as u64).min(to)
    }

    /// How many records that count were trimmed from `from` on.
    #[must_use]
    pub fn trimmed(&self, from: u64) -> u64 {
        let gone = self.first.saturating_sub(from);
        let markers = self.gone_markers.iter().filter(|marker| **marker >= from);
        gone - markers.count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_depends_on_the_reader_and_markers_never_count() {
        let stored = Stored::new(SimTime(0), SimTime(0), 77);
        let mut log = Log::default();
        log.extend([stored; 4].into_iter());
        log.push_marker(SimTime(0));
        log.extend([stored; 2].into_iter());
        log.hide(1, 2, Hidden::Aborted);
        log.hide(2, 1, Hidden::Removed);
        assert_eq!(
            (log.counted(0, 7), log.at(1).expect("kept").bytes()),
            (6, 77)
        );
        assert_eq!(
            (log.readable(0, 7, true), log.readable(0, 7, false)),
            (4, 5)
        );
        let (aborted, removed) = (1, 1);
        assert_eq!(log.hidden(0, 7, true), HiddenCount { aborted, removed });
        assert_eq!(
            (log.next(0, 7, true, true), log.next(1, 7, true, false)),
            (1, 3)
        );
        log.show(1, 1, Hidden::Aborted);
        assert_eq!(log.readable(0, 7, true), 5);
        log.trim(6);
        assert_eq!((log.trimmed(3), log.truncate(3)), (2, 3));
    }
}
