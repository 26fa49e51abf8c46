//! What a platform reports to while it runs. The recorder counts and never decides.

mod watch;

use super::binding::Bindings;
use super::journey::Journeys;
use super::lanes::Lanes;
use super::latencies::Latencies;
use super::order::Order;
use super::trace::Trace;
use super::{
    Cause, Counts, Gauge, Held, Lane, Ledger, Limit, Monitor, Point, RunParts, RunResult, Tenure,
};
use crate::units::{Nanos, SimTime};

/// What a platform shows at a sampling instant, for [`Recorder::roll`].
#[derive(Debug, Default)]
pub struct Sampling {
    /// Records stored and not yet processed, per consumer.
    pub lag: Vec<u64>,
    /// Records held back by clients.
    pub client_held: u64,
    /// Values of the platform's own.
    pub gauges: Vec<Gauge>,
    /// What has been used since the beginning of the run, in base units of the items of the bill.
    pub usage: Vec<u128>,
}

/// What a platform reports to while it runs.
pub struct Recorder {
    lanes: Lanes,
    latencies: Latencies,
    order: Order,
    trace: Trace,
    journeys: Journeys,
    ledger: Ledger,
    /// The limits at work.
    pub(super) bindings: Bindings,
    /// Counters over the running interval.
    counts: Counts,
    /// Records that were stored and whose log was cut.
    taken_back: u64,
    /// Where the measured window begins.
    warmup: SimTime,
    /// Records that a consumer never has because of what happened in the warm-up, per consumer.
    never_in_warmup: Vec<u64>,
    /// Where the running interval began.
    rolled_at: SimTime,
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
            lanes: Lanes::new(lanes),
            latencies: Latencies::new(consumers),
            order: Order::new(consumers, keys_ordered),
            trace: Trace::default(),
            journeys: Journeys::new(consumers, warmup == Nanos::ZERO),
            ledger: Ledger::new(consumers, causes),
            bindings: Bindings::new(consumers),
            counts: Counts::default(),
            taken_back: 0,
            warmup: SimTime(warmup.0),
            never_in_warmup: vec![0; consumers],
            rolled_at: SimTime::ZERO,
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
        let counts = self.lanes.counts_mut(lane);
        counts.records += records;
        counts.bytes += bytes;
    }

    /// One record of the platform with `records` records of the application was stored in `lane`.
    pub fn stored_aggregate(&mut self, lane: u32, records: u64, bytes: u64) {
        self.stored_many(lane, 1, bytes);
        self.lanes.aggregate(records);
    }

    /// `records` records that were stored before were stored once more, as one record of the platform.
    pub fn stored_again(&mut self, lane: u32, records: u64, bytes: u64) {
        self.stored_aggregate(lane, 0, bytes);
        self.also_again(lane, records);
    }

    /// `records` of an aggregate in `lane` had been stored before.
    pub fn also_again(&mut self, lane: u32, records: u64) {
        self.order.stored_again += records;
        self.bound(Limit::NoAnswer.at(lane), records);
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
        let spot = Limit::NoLeader.at(lane);
        match host {
            Some(_) => self.end_wait(spot, now),
            None => self.begin_wait(spot, now),
        }
        self.trace.tenures.push(Tenure {
            t: now.as_secs_f64(),
            lane,
            host,
            copies,
        });
    }

    /// A lane is opened; its index is the number of lanes before.
    pub fn open_lane(&mut self, lane: Lane) {
        self.lanes.open(lane);
    }

    /// A lane stops taking records.
    pub fn close_lane(&mut self, lane: u32, now: SimTime) {
        self.lanes.lane_mut(lane).closed_s = Some(now.as_secs_f64());
    }

    /// The last records of a lane are gone.
    pub fn lane_gone(&mut self, lane: u32, now: SimTime) {
        self.lanes.lane_mut(lane).gone_s = Some(now.as_secs_f64());
    }

    /// Something notable happened; a run keeps the first [`HAPPENINGS_MAX`](super::HAPPENINGS_MAX) of them.
    pub fn happened(&mut self, now: SimTime, entity: &str, what: &'static str, detail: String) {
        self.trace.happened(now, entity, what, detail);
    }

    /// The operator made a call; `answer` says what begins, or why it is refused.
    pub fn called(
        &mut self,
        now: SimTime,
        entity: &str,
        call: &'static str,
        answer: Result<String, String>,
    ) {
        let refused = answer.is_err();
        let detail = answer.unwrap_or_else(|refusal| refusal);
        self.trace.happened(now, entity, call, detail);
        if refused {
            self.trace.mark_refused(call);
        }
    }

    /// The order of each key is watched where consumers are given records.
    pub fn watch_order(&mut self) {
        self.order.watch();
    }

    /// A consumer was given a record of `lane` for the first time after one of its key that was stored later.
    pub fn out_of_order(&mut self, consumer: usize, lane: u32) {
        self.order.out_of_order(consumer);
        self.bound(Limit::MovedKeys.of(consumer, lane), 1);
    }

    /// A consumer was given records once more.
    #[inline]
    pub fn redelivered(&mut self, consumer: usize, records: u64) {
        self.order.redelivered[consumer] += records;
    }

    /// A consumer starts behind records that were stored before: it never sees them.
    pub fn skipped(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].skipped += records;
        self.bound(Limit::StartPosition.of(consumer, 0), records);
    }

    /// The producer of a record that was due at `intended` knows at `known` that it is stored.
    #[inline]
    pub fn acknowledged(&mut self, intended: SimTime, known: SimTime) {
        self.latencies.acknowledged(intended, known);
    }

    /// The producer of records that were due at `intended` knows at `known` that they are stored.
    #[inline]
    pub fn acknowledged_all(&mut self, intended: impl Iterator<Item = SimTime>, known: SimTime) {
        self.latencies.acknowledged_all(intended, known);
    }

    /// An attempt to store a record in `lane` was refused.
    #[inline]
    pub fn throttled(&mut self, lane: u32) {
        self.lanes.counts_mut(lane).throttled += 1;
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

    /// A record was stored in `lane` behind a later record of its key.
    #[inline]
    pub fn reordered(&mut self, lane: u32) {
        self.order.reordered += 1;
        if self.order.is_promised() {
            self.bound(Limit::Overtaken.at(lane), 1);
        }
    }

    /// A consumer finished with a record that was due at `intended`.
    #[inline(always)]
    pub fn delivered(&mut self, consumer: usize, intended: SimTime, done: SimTime) {
        self.latencies.delivered(consumer, intended, done);
    }

    /// A consumer finished with records, each due at one instant and done at another.
    #[inline]
    pub fn delivered_all(
        &mut self,
        consumer: usize,
        records: impl Iterator<Item = (SimTime, SimTime)>,
    ) {
        self.latencies.delivered_all(consumer, records);
    }

    /// Records grew older than the retention before a consumer read them.
    pub fn expired(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].expired += records;
        self.bound(Limit::Retention.of(consumer, 0), records);
    }

    /// A reader of committed data passed over records of aborted transactions.
    pub fn aborted(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].aborted += records;
    }

    /// Compaction removed records before a consumer read them.
    pub fn compacted(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].compacted += records;
    }

    /// A consumer gave records up that it could not process in time or often enough.
    pub fn discarded(&mut self, consumer: usize, records: u64) {
        self.ledger.consumers[consumer].discarded += records;
    }

    /// Records that applications meant to send so far, which is the number of the next one.
    #[must_use]
    pub fn offered_so_far(&self) -> u64 {
        self.ledger.offered + self.counts.offered
    }

    /// What this consumer is given first goes on to another system.
    pub fn relay(&mut self, consumer: usize) {
        self.trace.relay = Some(consumer);
    }

    /// Whether what this consumer is given goes on to another system.
    #[inline]
    #[must_use]
    pub fn relays(&self, consumer: usize) -> bool {
        self.trace.relay == Some(consumer)
    }

    /// The record of this number goes on to another system.
    pub fn relayed(&mut self, at: SimTime, serial: u32) {
        self.trace.relayed(at, serial);
    }

    /// Closes the sampling interval that ends at `now`.
    pub fn roll(&mut self, now: SimTime, sampling: Sampling) {
        let length = now.since(self.rolled_at).as_secs_f64();
        if length <= 0.0 {
            return;
        }
        let measured = self.rolled_at >= self.warmup;
        let utilisation = self.lanes.utilisation(self.rolled_at, now);
        let lane_throttled = self.lanes.throttled();
        self.lanes.close_interval(measured, &mut self.counts);
        let delivered = self.book_interval();
        let latencies = self.latencies.close_interval(measured);
        self.trace.points.push(Point {
            t: now.as_secs_f64(),
            length,
            counts: std::mem::take(&mut self.counts),
            delivered,
            append: latencies.append,
            delivery: latencies.delivery,
            lag: sampling.lag,
            reordered: self.order.reordered,
            out_of_order: self.order.seen_out_of_order(),
            client_held: sampling.client_held,
            utilisation,
            lane_throttled,
            gauges: sampling.gauges,
            bound: self.bindings.close_interval(now),
            usage: sampling.usage,
        });
        if !measured {
            self.never_in_warmup = self.ledger.all_never_delivered();
        }
        self.rolled_at = now;
        self.journeys.begin_interval(now >= self.warmup);
    }

    /// Books the running interval in the ledger; returns the records delivered in it, per consumer.
    fn book_interval(&mut self) -> Vec<u64> {
        self.ledger.offered += self.counts.offered;
        self.ledger.stored += self.counts.accepted;
        let delivered: Vec<u64> = self.latencies.deliveries().collect();
        for (consumer, records) in self.ledger.consumers.iter_mut().zip(&delivered) {
            consumer.delivered += records;
        }
        delivered
    }

    /// The result of the run, with what the platform still holds at its end.
    #[must_use]
    pub fn finish(mut self, held: &Held) -> RunResult {
        self.ledger.hold(held);
        self.ledger.stored = self.ledger.stored.saturating_sub(self.taken_back);
        let relayed = self.trace.take_relayed();
        let (lanes, lane_totals) = self.lanes.finish();
        let (append, delivery, parts) = self.latencies.finish(held);
        let parts = RunParts {
            totals: self.trace.totals,
            ..parts
        };
        let never = self.ledger.all_never_delivered().into_iter();
        let never = never.zip(&self.never_in_warmup);
        let never = never.map(|(all, early)| all.saturating_sub(*early));
        let (reordered, stored_again) =
            (self.order.reordered_if_promised(), self.order.stored_again);
        let (redelivered, out_of_order) = self.order.finish();
        RunResult {
            sinks: held.sinks.clone(),
            relayed,
            offered: Vec::new(),
            hosts: held.hosts.clone(),
            tenures: self.trace.tenures,
            lanes,
            lane_totals,
            warmup_s: self.warmup.as_secs_f64(),
            append,
            delivery,
            never: never.collect(),
            times: self.journeys.finish(),
            ledger: self.ledger,
            reordered,
            stored_again,
            redelivered,
            out_of_order,
            happenings: self.trace.happenings,
            monitor: Monitor::default(),
            bill: None,
            points: self.trace.points,
            parts,
            timers: 0,
        }
    }
}
