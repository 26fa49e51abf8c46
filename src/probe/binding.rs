//! Which limits were at work in each sampling interval, on what, and how much.
//!
//! Amounts are summed per limit and consumer. Nothing is done for a limit that does not act.

use super::{Limit, Recorder, Spot};
use crate::units::{Nanos, SimTime};
use std::collections::BTreeMap;

/// What one limit did in one sampling interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The limit.
    pub limit: Limit,
    /// The consumer that it held up, if it belongs to one.
    pub consumer: Option<u16>,
    /// The entity with the largest part: its number among the lanes, hosts, producers or workers.
    pub number: u32,
    /// The part of that entity, in the unit of the amount.
    pub largest: u64,
    /// How much in all: attempts, records, or nanoseconds of waiting.
    pub amount: u64,
    /// For how long the refusals of one entity held their callers up at most, where that is measured `[ns]`.
    pub held: u64,
}

/// What one limit has done to one consumer, or to the system, in the running interval.
#[derive(Clone, Debug, Default)]
struct Tally {
    sum: u64,
    /// By the number of the entity; zero for those that are not in `touched`.
    each: Vec<u64>,
    touched: Vec<u32>,
    /// How long refusals held their callers up `[ns]`, by the number of the entity.
    held: Vec<u64>,
}

impl Tally {
    fn add(&mut self, number: u32, amount: u64) {
        let index = number as usize;
        if index >= self.each.len() {
            self.each.resize(index + 1, 0);
        }
        if self.each[index] == 0 {
            self.touched.push(number);
        }
        // Waits overlap. Only machines that need centuries for a record come near the end of the range.
        self.each[index] = self.each[index].saturating_add(amount);
        self.sum = self.sum.saturating_add(amount);
    }

    fn hold(&mut self, number: u32, time: u64) {
        let index = number as usize;
        if index >= self.held.len() {
            self.held.resize(index + 1, 0);
        }
        self.held[index] = self.held[index].saturating_add(time);
    }

    /// The longest time for which refusals of one entity held their callers up; then it is zero again.
    fn take_held(&mut self) -> u64 {
        let longest = self.held.iter().copied().max().unwrap_or(0);
        self.held.clear();
        longest
    }

    /// The entity with the largest part, the first of equals; then everything is zero again.
    fn close(&mut self) -> (u32, u64, u64) {
        let part = |number: &u32| self.each[*number as usize];
        let most = self.touched.iter().map(part).max().unwrap_or(0);
        let with_most = self.touched.iter().filter(|number| part(number) == most);
        let number = with_most.min().copied().unwrap_or(0);
        for number in self.touched.drain(..) {
            self.each[number as usize] = 0;
        }
        (number, most, std::mem::take(&mut self.sum))
    }
}

/// The limits at work in the running interval.
#[derive(Default)]
pub(super) struct Bindings {
    /// First those of the system, then those of each consumer, by limit.
    tallies: Vec<Tally>,
    /// Whether anything was reported in the running interval.
    any: bool,
    /// Waits that have begun and whose end nobody knows, with the instant from which they still count.
    open: BTreeMap<Spot, SimTime>,
    /// Waits that end after the running interval, with their end.
    carried: Vec<(Spot, SimTime)>,
    /// The length of a sampling interval.
    sample: Nanos,
    /// When the running interval ends.
    ends: SimTime,
}

impl Bindings {
    pub(super) fn new(consumers: usize) -> Self {
        Self {
            tallies: vec![Tally::default(); Limit::ALL.len() * (consumers + 1)],
            ends: SimTime(u64::MAX),
            ..Self::default()
        }
    }

    fn add(&mut self, spot: Spot, amount: u64) {
        if amount == 0 {
            return;
        }
        if let Some(tally) = self.tally(spot) {
            tally.add(spot.number, amount);
            self.any = true;
        }
    }

    fn tally(&mut self, spot: Spot) -> Option<&mut Tally> {
        let place = spot
            .consumer
            .map_or(0, |consumer| usize::from(consumer) + 1);
        let index = place * Limit::ALL.len() + spot.limit as usize;
        self.tallies.get_mut(index)
    }

    /// A wait whose end is known.
    fn wait(&mut self, spot: Spot, from: SimTime, until: SimTime) {
        self.add(spot, until.min(self.ends).since(from).0);
        if until > self.ends {
            self.carried.push((spot, until));
        }
    }

    /// Closes the running interval; what goes on is counted up to `now`.
    pub(super) fn close_interval(&mut self, now: SimTime) -> Vec<Bound> {
        for (spot, since) in std::mem::take(&mut self.open) {
            self.add(spot, now.since(since).0);
            self.open.insert(spot, now);
        }
        let bound = if std::mem::take(&mut self.any) {
            self.take()
        } else {
            Vec::new()
        };
        if self.sample > Nanos::ZERO {
            self.ends = now + self.sample;
        }
        for (spot, until) in std::mem::take(&mut self.carried) {
            self.wait(spot, now, until.max(now));
        }
        bound
    }

    fn take(&mut self) -> Vec<Bound> {
        let count = Limit::ALL.len();
        let with_amount = |(_, tally): &(usize, &mut Tally)| tally.sum > 0;
        let row = |(index, tally): (usize, &mut Tally)| {
            let (number, largest, amount) = tally.close();
            let held = tally.take_held();
            let consumer = (index / count).checked_sub(1);
            Bound {
                limit: Limit::ALL[index % count],
                consumer: consumer.map(|consumer| consumer as u16),
                number,
                largest,
                amount,
                held,
            }
        };
        let tallies = self.tallies.iter_mut().enumerate();
        tallies.filter(with_amount).map(row).collect()
    }
}

impl Recorder {
    /// The recorder's intervals are of this length.
    #[must_use]
    pub fn sampled_every(mut self, sample: Nanos) -> Self {
        (self.bindings.sample, self.bindings.ends) = (sample, SimTime::ZERO + sample);
        self
    }

    /// A limit acted on so many attempts or records.
    #[cold]
    pub fn bound(&mut self, spot: Spot, amount: u64) {
        self.bindings.add(spot, amount);
    }

    /// A limit refused one call, whose caller waits from `from` to `until` before it calls again.
    #[cold]
    pub fn refuses(&mut self, spot: Spot, from: SimTime, until: SimTime) {
        self.bindings.add(spot, 1);
        if let Some(tally) = self.bindings.tally(spot) {
            tally.hold(spot.number, until.since(from).0);
        }
    }

    /// Something waits for a limit, or has waited, from `from` to `until`.
    pub fn waits(&mut self, spot: Spot, from: SimTime, until: SimTime) {
        if until > from {
            self.bindings.wait(spot, from, until);
        }
    }

    /// Something begins to wait for a limit, nobody knows for how long. It has no effect while it waits already.
    #[cold]
    pub fn begin_wait(&mut self, spot: Spot, now: SimTime) {
        self.bindings.open.entry(spot).or_insert(now);
    }

    /// What waited for a limit waits no longer. It has no effect if nothing waited.
    pub fn end_wait(&mut self, spot: Spot, now: SimTime) {
        if self.bindings.open.is_empty() {
            return;
        }
        if let Some(since) = self.bindings.open.remove(&spot) {
            self.bindings.add(spot, now.since(since).0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn bindings() -> Bindings {
        let mut bindings = Bindings::new(1);
        (bindings.sample, bindings.ends) = (Nanos(10 * S), SimTime(10 * S));
        bindings
    }

    #[test]
    fn refusals_are_summed_and_the_entity_with_most_is_named() {
        let mut bindings = bindings();
        for (number, amount) in [(3, 2), (1, 5), (3, 4)] {
            bindings.add(Limit::LaneBytes.at(number), amount);
        }
        bindings.add(Limit::ReadCalls.of(0, 7), 1);
        let rows = bindings.close_interval(SimTime(10 * S));
        assert_eq!(rows.len(), 2);
        let (bytes, calls) = (rows[0], rows[1]);
        assert_eq!((bytes.amount, bytes.number, bytes.largest), (11, 3, 6));
        assert_eq!((calls.consumer, calls.number), (Some(0), 7));
        assert!(bindings.close_interval(SimTime(20 * S)).is_empty());
    }

    #[test]
    fn a_wait_is_counted_in_every_interval_that_it_covers() {
        let mut bindings = bindings();
        let spot = Limit::BackOff.at(0);
        bindings.wait(spot, SimTime(8 * S), SimTime(23 * S));
        bindings.open.insert(Limit::NoLeader.at(2), SimTime(9 * S));
        let seconds = |rows: &[Bound], limit| -> u64 {
            let of = rows.iter().filter(|row| row.limit == limit);
            of.map(|row| row.amount / S).sum()
        };
        let mut waited = Vec::new();
        for end in [10, 20, 30] {
            let rows = bindings.close_interval(SimTime(end * S));
            waited.push([
                seconds(&rows, Limit::BackOff),
                seconds(&rows, Limit::NoLeader),
            ]);
        }
        assert_eq!(waited, [[2, 1], [10, 10], [3, 10]]);
    }

    #[test]
    fn refusals_know_for_how_long_one_entity_was_held_up() {
        let mut recorder = Recorder::new(Vec::new(), 1, &[], Nanos::ZERO, false);
        for (lane, from, until) in [(0, 1, 2), (1, 1, 2), (1, 3, 5)] {
            let spot = Limit::ReadBytes.of(0, lane);
            recorder.refuses(spot, SimTime(from * S), SimTime(until * S));
        }
        let rows = recorder.bindings.close_interval(SimTime(10 * S));
        assert_eq!((rows[0].amount, rows[0].held), (3, 3 * S));
        recorder.refuses(Limit::ReadBytes.of(0, 0), SimTime(11 * S), SimTime(12 * S));
        let rows = recorder.bindings.close_interval(SimTime(20 * S));
        assert_eq!(rows[0].held, S, "each interval begins at zero");
    }
}
