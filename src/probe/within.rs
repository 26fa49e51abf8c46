//! The result of a part of a run: what figures are taken from where a claim names a window.

use super::windows::{RunParts, Totals};
use super::{ConsumerLedger, Ledger, Monitor, RecordTimes, RunResult};
use crate::units::SimTime;

impl RunResult {
    /// The run between two instants, which are cuts of it or its ends: latencies of the records that were due in between,
    /// counts of what happened in between, and the sampling intervals that lie in between.
    #[must_use]
    pub fn within(&self, from: SimTime, to: SimTime) -> Self {
        let (before, after) = (self.totals_at(from), self.totals_at(to));
        let (begin, end) = (from.as_secs_f64() - 1e-9, to.as_secs_f64() + 1e-9);
        let inside = self
            .points
            .iter()
            .filter(|point| point.t - point.length >= begin && point.t <= end);
        let parts = &self.parts;
        let ledger = after.ledger.since(&before.ledger);
        let deliveries = parts.delivery.iter();
        Self {
            lanes: self.lanes.clone(),
            lane_totals: Vec::new(),
            warmup_s: from.as_secs_f64(),
            append: parts.merged(&parts.append, from, to),
            delivery: deliveries
                .map(|each| parts.merged(each, from, to))
                .collect(),
            times: RecordTimes::default(),
            never: ledger.all_never_delivered(),
            ledger,
            reordered: self.reordered.map(|_| after.reordered - before.reordered),
            stored_again: after.stored_again - before.stored_again,
            redelivered: differences(&after.redelivered, &before.redelivered),
            out_of_order: self
                .out_of_order
                .as_ref()
                .map(|_| differences(&after.out_of_order, &before.out_of_order)),
            happenings: Vec::new(),
            sinks: Vec::new(),
            relayed: Vec::new(),
            offered: Vec::new(),
            hosts: Vec::new(),
            tenures: Vec::new(),
            monitor: Monitor::default(),
            bill: None,
            points: inside.cloned().collect(),
            parts: RunParts::default(),
            timers: 0,
        }
    }

    /// What had been counted at a cut, at the beginning of the run, or at its end for every later instant.
    fn totals_at(&self, at: SimTime) -> Totals {
        if let Some(totals) = self.parts.totals_at(at) {
            return totals.clone();
        }
        let whole = Totals {
            ledger: self.ledger.clone(),
            reordered: self.reordered.unwrap_or_default(),
            stored_again: self.stored_again,
            redelivered: self.redelivered.clone(),
            out_of_order: self.out_of_order.clone().unwrap_or_default(),
        };
        if at > SimTime::ZERO {
            return whole;
        }
        Totals {
            ledger: whole.ledger.emptied(),
            reordered: 0,
            stored_again: 0,
            redelivered: vec![0; whole.redelivered.len()],
            out_of_order: vec![0; whole.out_of_order.len()],
        }
    }
}

fn differences(after: &[u64], before: &[u64]) -> Vec<u64> {
    let pairs = after.iter().zip(before);
    pairs.map(|(after, before)| after - before).collect()
}

impl Ledger {
    /// The same with nothing in it.
    fn emptied(&self) -> Self {
        let consumers = self.consumers.iter().map(|consumer| ConsumerLedger {
            absent: consumer.absent,
            ..ConsumerLedger::default()
        });
        Self {
            offered: 0,
            cause_names: self.cause_names,
            causes: vec![0; self.causes.len()],
            met: vec![0; self.met.len()],
            unanswered: vec![0; self.unanswered.len()],
            stored: 0,
            client_held: 0,
            consumers: consumers.collect(),
        }
    }

    /// What was booked since `before`.
    fn since(&self, before: &Self) -> Self {
        let pairs = self.consumers.iter().zip(&before.consumers);
        Self {
            offered: self.offered - before.offered,
            cause_names: self.cause_names,
            causes: differences(&self.causes, &before.causes),
            met: differences(&self.met, &before.met),
            unanswered: differences(&self.unanswered, &before.unanswered),
            // A log that is cut gives records back.
            stored: self.stored.saturating_sub(before.stored),
            client_held: self.client_held,
            consumers: pairs.map(|(now, then)| now.since(then)).collect(),
        }
    }
}

impl ConsumerLedger {
    fn since(&self, before: &Self) -> Self {
        Self {
            delivered: self.delivered - before.delivered,
            expired: self.expired - before.expired,
            skipped: self.skipped - before.skipped,
            discarded: self.discarded - before.discarded,
            unread: self.unread,
            aborted: self.aborted - before.aborted,
            compacted: self.compacted - before.compacted,
            vanished: self.vanished - before.vanished,
            absent: self.absent,
        }
    }
}
