//! What a recorder keeps for windows and outages: parts of the run, and successes lane by lane.

use super::Recorder;
use crate::probe::{Journey, Limit, Passage, Sending, Stowed, Totals};
use crate::units::SimTime;
use crate::workload::Workload;
use std::ops::RangeInclusive;

impl Recorder {
    /// The same, with the results of each part of the run; [`cut`](Self::cut) says when one ends.
    #[must_use]
    pub fn with_windows(mut self, workload: &Workload) -> Self {
        self.journeys.choose(workload);
        if !workload.cuts.is_empty() {
            self.latencies.cut_at(workload);
        }
        self
    }

    /// Records ended for the cause of this number, after their client had met `limit` in the last attempt, if it is known.
    pub fn ended_for(&mut self, cause: usize, limit: Option<Limit>, records: u64) {
        self.ended(cause, records);
        if let Some(limit) = limit {
            self.ledger.met[limit as usize] += records;
        }
    }

    /// Records are stored once more, because `limit` kept the answer from their client, if it is known.
    pub fn unanswered(&mut self, limit: Option<Limit>, records: u64) {
        if let Some(limit) = limit {
            self.ledger.unanswered[limit as usize] += records;
        }
    }

    /// Writes to a lane succeeded and are known to at `known`; the first of them was due at `due`.
    #[inline]
    pub fn written(&mut self, lane: u32, due: SimTime, known: SimTime) {
        if let Some(windows) = self.latencies.windows() {
            windows.written(lane, due, known);
        }
    }

    /// Whether somebody wants to know when consumers are given records of a lane.
    #[inline]
    #[must_use]
    pub fn watches_reads(&mut self) -> bool {
        self.latencies.windows().is_some()
    }

    /// A consumer was given records of a lane between two instants; the first of them was stored at `stored`.
    pub fn given(
        &mut self,
        consumer: usize,
        lane: u32,
        stored: SimTime,
        done: RangeInclusive<SimTime>,
    ) {
        if let Some(windows) = self.latencies.windows() {
            windows.given(consumer, lane, stored, done);
        }
    }

    /// Whether the time of the record of this number is followed.
    #[inline(always)]
    #[must_use]
    pub fn follows(&self, serial: u32) -> bool {
        self.journeys.follows(serial)
    }

    /// The record that is offered next came from another system at `at`.
    pub fn came(&mut self, at: SimTime) {
        self.journeys.came(at);
    }

    /// A record that was sent at `at` goes back to its client, without its request.
    pub fn sent_before(&mut self, serial: u32, at: SimTime) {
        self.journeys.sent_before(serial, at);
    }

    /// A record is stored at `now`; its time is followed from here on.
    #[cold]
    pub fn journey(&mut self, stowed: Stowed, sending: Sending, now: SimTime) -> Journey {
        self.journeys.begin(stowed, sending, now)
    }

    /// A consumer is done with a record whose time is followed.
    pub fn arrived(&mut self, consumer: usize, journey: &Journey, passage: &Passage) {
        self.journeys.end(consumer, journey, passage);
    }

    /// One part of the run ends and the next one begins.
    pub fn cut(&mut self) {
        let mut ledger = self.ledger.clone();
        ledger.offered += self.counts.offered;
        ledger.stored = (ledger.stored + self.lanes.stored()).saturating_sub(self.taken_back);
        for (consumer, records) in ledger.consumers.iter_mut().zip(self.latencies.deliveries()) {
            consumer.delivered += records;
        }
        self.trace.totals.push(Totals {
            ledger,
            reordered: self.order.reordered,
            stored_again: self.order.stored_again,
            redelivered: self.order.redelivered.clone(),
            out_of_order: self.order.seen_out_of_order(),
        });
    }
}
