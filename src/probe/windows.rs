//! Windows of a running system: the instants that cut a run into parts are known before it, and each part keeps its own
//! latencies. A record belongs to the part in which it was due. A run without cuts keeps no parts.

use super::outage::Entry;
use super::silence::{Silence, Span};
use super::{Held, Histogram, Ledger};
use crate::units::SimTime;
use crate::workload::Workload;
use std::ops::RangeInclusive;

/// What had been counted from the beginning of a run to a cut.
#[derive(Clone, Debug)]
pub struct Totals {
    /// The fates of records.
    pub ledger: Ledger,
    /// Records stored after a later one of their key.
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

    fn finish(self) -> Vec<Histogram> {
        let parts = self.parts.into_iter();
        parts
            .map(|part| part.map(Histogram::shortened).unwrap_or_default())
            .collect()
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
    /// What is done to the system, each until the next one that comes after it.
    entries: Vec<Entry>,
    /// From when to when each entry is watched.
    spans: Vec<Span>,
    writes: Silence,
    /// Per consumer.
    reads: Vec<Silence>,
    end: SimTime,
}

impl Windows {
    pub(super) fn new(workload: &Workload, consumers: usize) -> Self {
        let cuts = &workload.cuts;
        let end = SimTime(workload.duration.0);
        let entries = Entry::all(&workload.entries, end);
        Self {
            cuts: cuts.clone(),
            append: Parts::new(cuts),
            delivery: vec![Parts::new(cuts); consumers],
            spans: entries
                .iter()
                .map(|entry| entry.mark.from..entry.until)
                .collect(),
            writes: Silence::new(entries.len()),
            reads: vec![Silence::new(entries.len()); consumers],
            entries,
            end,
        }
    }

    /// Writes to a lane succeeded at `known`; the first of them was due at `due`.
    #[inline]
    pub(super) fn written(&mut self, lane: u32, due: SimTime, known: SimTime) {
        self.writes.broken(&self.spans, lane, due, known..=known);
    }

    /// A consumer was given records of a lane between two instants; the first of them was stored at `stored`.
    pub(super) fn given(
        &mut self,
        consumer: usize,
        lane: u32,
        stored: SimTime,
        done: RangeInclusive<SimTime>,
    ) {
        self.reads[consumer].broken(&self.spans, lane, stored, done);
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

    /// The silences of every entry; what waits at the end of the run has not succeeded until then.
    fn silences(&mut self, held: &Held) -> Vec<Entry> {
        if held.client > 0 {
            self.writes.unbroken(&self.spans, self.end);
        }
        let waiting = |consumer: usize| held.unread.get(consumer).is_some_and(|n| *n > 0);
        for (consumer, reads) in self.reads.iter_mut().enumerate() {
            if waiting(consumer) {
                reads.unbroken(&self.spans, self.end);
            }
        }
        let writes = self.writes.finish();
        let reads: Vec<_> = self.reads.iter().map(Silence::finish).collect();
        let mut entries = std::mem::take(&mut self.entries);
        for (place, entry) in entries.iter_mut().enumerate() {
            entry.writes = writes[place];
            entry.reads = reads.iter().map(|each| each[place]).collect();
        }
        entries
    }

    /// The parts at the end of the run, without totals.
    pub(super) fn finish(mut self, held: &Held) -> RunParts {
        let entries = self.silences(held);
        RunParts {
            entries,
            cuts: self.cuts,
            totals: Vec::new(),
            append: self.append.finish(),
            delivery: self.delivery.into_iter().map(Parts::finish).collect(),
        }
    }
}

/// The parts of a run that is over.
#[derive(Clone, Default)]
pub struct RunParts {
    /// What was done to the system, with the silences that followed.
    pub entries: Vec<Entry>,
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
        let mut delivery = Parts::new(&cuts);
        for (intended, latency) in [(0, 1), (99, 500), (100, 7), (250, 9), (150, 8), (20, 2)] {
            delivery.record(&cuts, SimTime(intended), latency);
        }
        let parts = RunParts {
            cuts: cuts.to_vec(),
            delivery: vec![delivery.finish()],
            ..RunParts::default()
        };
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
