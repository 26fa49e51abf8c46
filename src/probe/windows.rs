//! Windows of a running system: the instants that cut a run into parts are known before it, and each part keeps its own
//! latencies. A record belongs to the part in which it was due. A run without cuts keeps no parts.

use super::{Histogram, Ledger};
use crate::units::SimTime;

/// What had been counted from the beginning of a run to a cut.
#[derive(Clone, Debug)]
pub struct Totals {
    /// The fates of records.
    pub ledger: Ledger,
    /// Records stored behind a later one of their key.
    pub reordered: u64,
    /// Records that the platform stored once more.
    pub stored_again: u64,
    /// Records given once more, per consumer.
    pub redelivered: Vec<u64>,
    /// Records given out of order, per consumer; empty where nobody watches.
    pub out_of_order: Vec<u64>,
}

/// The latencies of one kind, part by part.
#[derive(Clone)]
struct Parts {
    /// A histogram for each part in which a record was due.
    parts: Vec<Option<Histogram>>,
    /// The part of the last record.
    part: usize,
    /// Where this part begins.
    from: SimTime,
    /// Where it ends.
    to: SimTime,
}

impl Parts {
    fn new(cuts: &[SimTime]) -> Self {
        Self {
            parts: vec![None; cuts.len() + 1],
            part: 0,
            from: SimTime::ZERO,
            to: SimTime::ZERO,
        }
    }

    #[inline]
    fn record(&mut self, cuts: &[SimTime], intended: SimTime, latency: u64) {
        if intended < self.from || intended >= self.to {
            self.find(cuts, intended);
        }
        self.parts[self.part]
            .get_or_insert_default()
            .record(latency);
    }

    #[cold]
    fn find(&mut self, cuts: &[SimTime], intended: SimTime) {
        self.part = cuts.partition_point(|cut| *cut <= intended);
        self.from = self
            .part
            .checked_sub(1)
            .map_or(SimTime::ZERO, |before| cuts[before]);
        self.to = cuts.get(self.part).copied().unwrap_or(SimTime(u64::MAX));
    }
}

/// The parts of a running system.
pub(super) struct Windows {
    cuts: Vec<SimTime>,
    append: Parts,
    delivery: Vec<Parts>,
}

impl Windows {
    pub(super) fn new(cuts: &[SimTime], consumers: usize) -> Self {
        Self {
            cuts: cuts.to_vec(),
            append: Parts::new(cuts),
            delivery: vec![Parts::new(cuts); consumers],
        }
    }

    /// A record that was due at `intended` was acknowledged `latency` nanoseconds later.
    #[inline]
    pub(super) fn acknowledged(&mut self, intended: SimTime, latency: u64) {
        self.append.record(&self.cuts, intended, latency);
    }

    /// A consumer was done with a record that was due at `intended` `latency` nanoseconds later.
    #[inline]
    pub(super) fn delivered(&mut self, consumer: usize, intended: SimTime, latency: u64) {
        self.delivery[consumer].record(&self.cuts, intended, latency);
    }

    /// The parts at the end of the run, without totals.
    pub(super) fn finish(self) -> RunParts {
        let short = |parts: Parts| {
            let parts = parts.parts.into_iter();
            parts
                .map(|part| part.map(Histogram::shortened).unwrap_or_default())
                .collect()
        };
        RunParts {
            cuts: self.cuts,
            totals: Vec::new(),
            append: short(self.append),
            delivery: self.delivery.into_iter().map(short).collect(),
        }
    }
}

/// The parts of a run that is over.
#[derive(Clone, Default)]
pub struct RunParts {
    /// Where one part ends and the next one begins.
    pub cuts: Vec<SimTime>,
    /// What had been counted at each cut.
    pub totals: Vec<Totals>,
    /// Latencies to the acknowledgement, part by part `[ns]`.
    pub append: Vec<Histogram>,
    /// Latencies to the end of processing, per consumer and part by part `[ns]`.
    pub delivery: Vec<Vec<Histogram>>,
}

impl RunParts {
    /// The latencies of the parts between two instants, which are cuts or the ends of the run.
    pub(super) fn merged(&self, parts: &[Histogram], from: SimTime, to: SimTime) -> Histogram {
        let first = self.cuts.partition_point(|cut| *cut <= from);
        let last = self.cuts.partition_point(|cut| *cut < to);
        let mut all = Histogram::default();
        let inside = parts.iter().take(last + 1).skip(first);
        inside.for_each(|part| all.absorb(&mut part.clone()));
        all
    }

    /// What had been counted at an instant, if it is a cut.
    pub(super) fn totals_at(&self, at: SimTime) -> Option<&Totals> {
        let place = self.cuts.binary_search(&at).ok()?;
        self.totals.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_belongs_to_the_part_in_which_it_was_due() {
        let cuts = [SimTime(100), SimTime(200)];
        let mut windows = Windows::new(&cuts, 1);
        for (intended, latency) in [(0, 1), (99, 500), (100, 7), (250, 9), (150, 8), (20, 2)] {
            windows.delivered(0, SimTime(intended), latency);
        }
        let parts = windows.finish();
        let count = |from, to| {
            let merged = parts.merged(&parts.delivery[0], SimTime(from), SimTime(to));
            (merged.count(), merged.max())
        };
        assert_eq!(count(0, 100), (3, Some(500)));
        assert_eq!(count(100, 200), (2, Some(8)));
        assert_eq!(count(200, 1000), (1, Some(9)));
        assert_eq!(count(100, 1000), (3, Some(9)));
        assert_eq!(count(0, 1000).0, 6);
    }
}
