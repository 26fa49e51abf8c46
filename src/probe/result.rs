//! What a run leaves behind.

use super::{
    ConsumerLedger, ConsumerTimes, Happening, Histogram, Host, Lane, LaneTotals, Ledger, Longest,
    Monitor, Point, RecordTimes, RunParts, Tenure,
};
use crate::cost::Bill;
use crate::units::SimTime;
use crate::workload::{Record, SinkTally};

/// Everything that one replication of one system left behind.
pub struct RunResult {
    /// The lanes at the end.
    pub lanes: Vec<Lane>,
    /// Their totals over the measured window.
    pub lane_totals: Vec<LaneTotals>,
    /// Where the measured window begins `[s]`.
    pub warmup_s: f64,
    /// Intended instant to acknowledgement, over the measured window `[ns]`.
    pub append: Histogram,
    /// Intended instant to the end of processing, per consumer, over the measured window `[ns]`.
    pub delivery: Vec<Histogram>,
    /// Records that a consumer never has, per consumer, over the measured window.
    pub never: Vec<u64>,
    /// What the time of records consists of.
    pub times: RecordTimes,
    /// Where every record of the whole run ended.
    pub ledger: Ledger,
    /// Records stored after a later record of their key; `None` where several producers send the
    /// records of a key, because nobody promises an order between producers.
    pub reordered: Option<u64>,
    /// Records that the platform stored once more after they were stored.
    pub stored_again: u64,
    /// Records given once more, per consumer.
    pub redelivered: Vec<u64>,
    /// Records given after one of their key that was stored later, per consumer; `None` where the
    /// system cannot do so by construction and nobody watched.
    pub out_of_order: Option<Vec<u64>>,
    /// What the platform did.
    pub happenings: Vec<Happening>,
    /// What the sinks have done, per consumer; `None` for those without one.
    pub sinks: Vec<Option<SinkTally>>,
    /// What went on to another system: when, and its number in this run, in order of time.
    pub relayed: Vec<(SimTime, u32)>,
    /// The records that were offered, by their numbers, where some go on to another system.
    pub offered: Vec<Record>,
    /// The machines that serve lanes, where the platform shows any: name and zone.
    pub hosts: Vec<Host>,
    /// Who serves each lane from when on, and how many copies of it are in sync.
    pub tenures: Vec<Tenure>,
    /// What its monitoring would show.
    pub monitor: Monitor,
    /// What it costs; `None` where no price is known.
    pub bill: Option<Bill>,
    /// The parts between the instants at which windows begin and end.
    pub parts: RunParts,
    /// The sampling intervals of the whole run.
    pub points: Vec<Point>,
    /// The timers that fired: a measure of the work of the run.
    pub timers: u64,
}

impl RunResult {
    /// Records delivered in the whole run, all consumers together.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.ledger
            .consumers
            .iter()
            .map(|consumer| consumer.delivered)
            .sum()
    }

    /// Gives the consumers their numbers in the scenario, of which there are `all`; `own` are those of the
    /// consumers that read this system. The others are marked as absent.
    pub fn spread(&mut self, own: &[usize], all: usize) {
        if own.len() == all {
            return;
        }
        let absent = ConsumerLedger {
            absent: true,
            ..ConsumerLedger::default()
        };
        place(&mut self.ledger.consumers, own, all, &absent);
        place(&mut self.delivery, own, all, &Histogram::default());
        place(&mut self.never, own, all, &0);
        let blank = ConsumerTimes::default();
        place(&mut self.times.consumers, own, all, &blank);
        place(&mut self.redelivered, own, all, &0);
        place(&mut self.parts.delivery, own, all, &Vec::new());
        for entry in &mut self.parts.entries {
            place(&mut entry.reads, own, all, &Longest::default());
        }
        for totals in &mut self.parts.totals {
            place(&mut totals.ledger.consumers, own, all, &absent);
            place(&mut totals.redelivered, own, all, &0);
            if !totals.out_of_order.is_empty() {
                place(&mut totals.out_of_order, own, all, &0);
            }
        }
        place(&mut self.sinks, own, all, &None);
        if let Some(counts) = &mut self.out_of_order {
            place(counts, own, all, &0);
        }
        for point in &mut self.points {
            place(&mut point.delivered, own, all, &0);
            place(&mut point.delivery, own, all, &[None; 2]);
            place(&mut point.lag, own, all, &0);
            for bound in &mut point.bound {
                let place = bound.consumer.and_then(|n| own.get(usize::from(n)));
                bound.consumer = place.map(|place| *place as u16);
            }
        }
    }

    /// Gives up the values of single lanes over time, which take the most memory of a result.
    pub fn forget_lane_series(&mut self) {
        for point in &mut self.points {
            (point.utilisation, point.lane_throttled) = (Vec::new(), Vec::new());
        }
    }

    /// Whether the consumer of this number reads this system.
    #[must_use]
    pub fn is_read_by(&self, consumer: usize) -> bool {
        self.ledger
            .consumers
            .get(consumer)
            .is_some_and(|account| !account.absent)
    }

    /// The sampling intervals of the measured window.
    pub fn measured(&self) -> impl Iterator<Item = &Point> {
        let begin = self.warmup_s - 1e-9;
        self.points
            .iter()
            .filter(move |point| point.t - point.length >= begin)
    }

    /// The length of the measured window `[s]`.
    #[must_use]
    pub fn measured_s(&self) -> f64 {
        self.measured().map(|point| point.length).sum()
    }
}

/// Puts the values of `list` at the places `own` of a list of `all`; the others get `blank`.
fn place<T: Clone>(list: &mut Vec<T>, own: &[usize], all: usize, blank: &T) {
    let mut places = vec![blank.clone(); all];
    for (value, place) in list.drain(..).zip(own) {
        places[*place] = value;
    }
    *list = places;
}
