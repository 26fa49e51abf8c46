//! What happened: fates of records, counters over time, latency histograms, the ledger.
//!
//! A platform reports what it does to a [`Recorder`]; the recorder counts and never decides.
//! At the end [`RunResult`] holds everything that reports read, and its ledger must balance.

mod fate;
pub mod figures;
mod histogram;
mod lane;
mod ledger;
mod monitor;
mod point;
mod relay;
mod result;

pub use fate::{Cause, Fate};
pub use histogram::Histogram;
pub use lane::{Host, Lane, LaneTotals, Tenure};
pub use ledger::{ConsumerLedger, Held, Ledger};
pub use monitor::{Happening, Metric, Monitor, Statistic, View};
pub use point::{Counts, Point};
pub use result::RunResult;

use crate::units::{Nanos, SimTime};

/// A value of a platform's own at a sampling instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// What it belongs to: a broker, a consumer.
    pub entity: String,
    /// Its name, the platform's own where there is one.
    pub metric: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its value.
    pub value: f64,
}

/// A latency followed in two grains: the running interval, and the measured window.
#[derive(Clone, Default)]
struct Track {
    interval: Histogram,
    window: Histogram,
}

impl Track {
    /// Median and p99 of the interval, which then joins the window or is dropped.
    fn roll(&mut self, measured: bool) -> [Option<u64>; 2] {
        let shown = [self.interval.quantile(0.5), self.interval.quantile(0.99)];
        if measured {
            self.window.absorb(&mut self.interval)
        } else {
            self.interval.clear()
        }
        shown
    }
}

/// The most happenings that a run keeps.
pub const HAPPENINGS_MAX: usize = 10_000;

/// What a platform reports to while it runs.
pub struct Recorder {
    lanes: Vec<Lane>,
    warmup: SimTime,
    rolled_at: SimTime,
    counts: Counts,
    lane_counts: Vec<LaneTotals>,
    lane_totals: Vec<LaneTotals>,
    delivered: Vec<u64>,
    append: Track,
    delivery: Vec<Track>,
    ledger: Ledger,
    reordered: u64,
    /// User records stored less lane records stored: an aggregate is one record for its lane.
    extra: i64,
    stored_again: u64,
    taken_back: u64,
    redelivered: Vec<u64>,
    out_of_order: Option<Vec<u64>>,
    happenings: Vec<Happening>,
    tenures: Vec<Tenure>,
    points: Vec<Point>,
    /// Whether the records of a key have an order at all: one producer sends them.
    keys_ordered: bool,
    /// The consumer whose records go on to another system, and what has gone so far.
    relays: Option<usize>,
    relayed: Vec<(SimTime, u32)>,
}

impl Recorder {
    /// A recorder for a system with these lanes, consumers and causes.
    #[must_use]
    pub fn new(
        lanes: Vec<Lane>,
        consumers: usize,
        causes: &'static [Cause],
        warmup: Nanos,
        keys_ordered: bool,
    ) -> Self {
        Self {
            lane_counts: vec![LaneTotals::default(); lanes.len()],
            lane_totals: vec![LaneTotals::default(); lanes.len()],
            lanes,
            warmup: SimTime(warmup.0),
            rolled_at: SimTime::ZERO,
            counts: Counts::default(),
            delivered: vec![0; consumers],
            append: Track::default(),
            delivery: vec![Track::default(); consumers],
            ledger: Ledger::new(consumers, causes),
            reordered: 0,
            extra: 0,
            stored_again: 0,
            taken_back: 0,
            redelivered: vec![0; consumers],
            out_of_order: None,
            happenings: Vec::new(),
            tenures: Vec::new(),
            points: Vec::new(),
            keys_ordered,
            relays: None,
            relayed: Vec::new(),
        }
    }

    /// An application means to send a record of `bytes` data.
    #[inline]
    pub fn offered(&mut self, bytes: u32) {
        self.counts.offered += 1;
        self.counts.offered_bytes += u64::from(bytes);
    }

    /// A record was stored in `lane`; `bytes` as the platform counts it.
    #[inline]
    pub fn stored(&mut self, lane: u32, bytes: u64) {
        self.stored_many(lane, 1, bytes);
    }

    /// Several records were stored in `lane`.
    #[inline]
    pub fn stored_many(&mut self, lane: u32, records: u64, bytes: u64) {
        let counts = &mut self.lane_counts[lane as usize];
        counts.records += records;
        counts.bytes += bytes;
    }

    /// One record of the platform with `records` records of the application was stored in `lane`.
    pub fn stored_aggregate(&mut self, lane: u32, records: u64, bytes: u64) {
        self.stored_many(lane, 1, bytes);
        self.extra += records as i64 - 1;
    }

    /// `records` records that were stored before were stored once more, as one record of the platform.
    pub fn stored_again(&mut self, lane: u32, records: u64, bytes: u64) {
        self.stored_aggregate(lane, 0, bytes);
        self.stored_again += records;
    }

    /// `records` of an aggregate that was just reported had been stored before.
    pub fn also_again(&mut self, records: u64) {
        self.stored_again += records;
    }

    /// `records` that were stored are stored no longer: their log was cut. Their fate is reported apart.
    pub fn taken_back(&mut self, records: u64) {
        self.taken_back += records;
    }

    /// `records` that are lost had been seen, expired or skipped by a consumer before.
    pub fn vanished(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].vanished += records;
    }

    /// From now on a lane is served by the host of this number, or by none, and has so many copies in sync.
    pub fn tenure(&mut self, now: SimTime, lane: u32, host: Option<u32>, copies: u32) {
        self.tenures.push(Tenure {
            t: now.as_secs_f64(),
            lane,
            host,
            copies,
        });
    }

    /// A lane is opened; its index is the number of lanes before.
    pub fn open_lane(&mut self, lane: Lane) {
        self.lanes.push(lane);
        self.lane_counts.push(LaneTotals::default());
        self.lane_totals.push(LaneTotals::default());
    }

    /// A lane stops taking records.
    pub fn close_lane(&mut self, lane: u32, now: SimTime) {
        self.lanes[lane as usize].closed_s = Some(now.as_secs_f64());
    }

    /// The last records of a lane are gone.
    pub fn lane_gone(&mut self, lane: u32, now: SimTime) {
        self.lanes[lane as usize].gone_s = Some(now.as_secs_f64());
    }

    /// Something notable happened; a run keeps the first [`HAPPENINGS_MAX`] of them.
    pub fn happened(&mut self, now: SimTime, entity: &str, what: &'static str, detail: String) {
        if self.happenings.len() < HAPPENINGS_MAX {
            let (t, entity) = (now.as_secs_f64(), entity.to_owned());
            let last = self.happenings.len() + 1 == HAPPENINGS_MAX;
            let (what, detail) = if last {
                ("further events are not kept", String::new())
            } else {
                (what, detail)
            };
            self.happenings.push(Happening {
                t,
                entity,
                what,
                detail,
            });
        }
    }

    /// The order of each key is watched where consumers are given records.
    pub fn watch_order(&mut self) {
        self.out_of_order = Some(vec![0; self.redelivered.len()]);
    }

    /// A consumer was given a record for the first time after one of its key that was stored later.
    pub fn out_of_order(&mut self, consumer: usize) {
        if let Some(counts) = &mut self.out_of_order {
            counts[consumer] += 1;
        }
    }

    /// A consumer was given records once more.
    #[inline]
    pub fn redelivered(&mut self, consumer: usize, records: u64) {
        self.redelivered[consumer] += records;
    }

    /// A consumer starts behind records that were stored before: it never sees them.
    pub fn skipped(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].skipped += records;
    }

    /// The producer of a record that was due at `intended` knows at `known` that it is stored.
    #[inline]
    pub fn acknowledged(&mut self, intended: SimTime, known: SimTime) {
        self.append.interval.record(known.since(intended).0);
    }

    /// The producer of records that were due at `intended` knows at `known` that they are stored.
    #[inline]
    pub fn acknowledged_all(&mut self, intended: impl Iterator<Item = SimTime>, known: SimTime) {
        self.append
            .interval
            .record_all(intended.map(|at| known.since(at).0));
    }

    /// An attempt to store a record in `lane` was refused.
    #[inline]
    pub fn throttled(&mut self, lane: u32) {
        self.lane_counts[lane as usize].throttled += 1;
    }

    /// Records are sent again.
    pub fn retried(&mut self, records: u64) {
        self.counts.retried += records;
    }

    /// A reading call was refused.
    pub fn read_throttled(&mut self) {
        self.counts.read_throttled += 1;
    }

    /// Records ended for the cause of this number.
    #[inline]
    pub fn ended(&mut self, cause: usize, records: u64) {
        self.counts.ended += records;
        self.ledger.causes[cause] += records;
    }

    /// A record was stored behind a later record of its key.
    #[inline]
    pub fn reordered(&mut self) {
        self.reordered += 1;
    }

    /// A consumer finished with a record that was due at `intended`.
    #[inline(always)]
    pub fn delivered(&mut self, consumer: usize, intended: SimTime, done: SimTime) {
        self.delivery[consumer]
            .interval
            .record(done.since(intended).0);
    }

    /// A consumer finished with records, each due at one instant and done at another.
    #[inline]
    pub fn delivered_all(
        &mut self,
        consumer: usize,
        records: impl Iterator<Item = (SimTime, SimTime)>,
    ) {
        self.delivery[consumer]
            .interval
            .record_all(records.map(|(intended, done)| done.since(intended).0));
    }

    /// Records grew older than the retention before a consumer read them.
    pub fn expired(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].expired += records;
    }

    /// Closes the sampling interval that ends at `now`.
    pub fn roll(
        &mut self,
        now: SimTime,
        lag: Vec<u64>,
        client_held: u64,
        gauges: Vec<Gauge>,
        usage: Vec<u128>,
    ) {
        let length = now.since(self.rolled_at).as_secs_f64();
        if length <= 0.0 {
            return;
        }
        let measured = self.rolled_at >= self.warmup;
        for (index, track) in self.delivery.iter().enumerate() {
            self.delivered[index] = track.interval.count();
        }
        let (from, to) = (self.rolled_at.as_secs_f64(), now.as_secs_f64());
        let share = |(counts, lane): (&LaneTotals, &Lane)| {
            lane.share(counts, lane.open_within(from, to)) as f32
        };
        let utilisation = self
            .lane_counts
            .iter()
            .zip(&self.lanes)
            .map(share)
            .collect();
        let lane_throttled = self
            .lane_counts
            .iter()
            .map(|counts| counts.throttled as u32)
            .collect();
        self.close_lanes(measured);
        self.ledger.offered += self.counts.offered;
        self.ledger.stored += self.counts.accepted;
        for (consumer, delivered) in self.ledger.consumers.iter_mut().zip(&self.delivered) {
            consumer.delivered += delivered;
        }
        self.points.push(Point {
            t: now.as_secs_f64(),
            length,
            counts: std::mem::take(&mut self.counts),
            delivered: self.delivered.clone(),
            append: self.append.roll(measured),
            delivery: self
                .delivery
                .iter_mut()
                .map(|track| track.roll(measured))
                .collect(),
            lag,
            reordered: self.reordered,
            out_of_order: self.out_of_order.clone().unwrap_or_default(),
            client_held,
            utilisation,
            lane_throttled,
            gauges,
            usage,
        });
        self.rolled_at = now;
    }

    /// Adds the lanes' counters up and starts them anew.
    fn close_lanes(&mut self, measured: bool) {
        for (counts, totals) in self.lane_counts.iter_mut().zip(&mut self.lane_totals) {
            self.counts.accepted += counts.records;
            self.counts.accepted_bytes += counts.bytes;
            self.counts.throttled += counts.throttled;
            if measured {
                totals.add(*counts);
            }
            *counts = LaneTotals::default();
        }
        self.counts.accepted = self.counts.accepted.saturating_add_signed(self.extra);
        self.extra = 0;
    }

    /// The result of the run, with what the platform still holds at its end.
    #[must_use]
    pub fn finish(mut self, held: &Held) -> RunResult {
        self.ledger.hold(held);
        self.ledger.stored = self.ledger.stored.saturating_sub(self.taken_back);
        // Workers report slice by slice; equal instants keep that order.
        self.relayed.sort_by_key(|(at, _)| *at);
        RunResult {
            sinks: held.sinks.clone(),
            relayed: self.relayed,
            offered: Vec::new(),
            hosts: held.hosts.clone(),
            tenures: self.tenures,
            lanes: self.lanes,
            lane_totals: self.lane_totals,
            warmup_s: self.warmup.as_secs_f64(),
            append: self.append.window,
            delivery: self
                .delivery
                .into_iter()
                .map(|track| track.window)
                .collect(),
            ledger: self.ledger,
            reordered: self.keys_ordered.then_some(self.reordered),
            stored_again: self.stored_again,
            redelivered: self.redelivered,
            out_of_order: self.out_of_order,
            happenings: self.happenings,
            monitor: Monitor::default(),
            bill: None,
            points: self.points,
        }
    }
}
