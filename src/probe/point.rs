//! One sampling interval of a run: what was counted in it.

use super::{Bound, Gauge};

/// Counters over one sampling interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Records that applications meant to send.
    pub offered: u64,
    /// Their data `[B]`.
    pub offered_bytes: u64,
    /// Records that were stored.
    pub accepted: u64,
    /// Their data `[B]`, as the platform counts it.
    pub accepted_bytes: u64,
    /// Attempts that the platform refused; a record may be refused many times.
    pub throttled: u64,
    /// Records that were sent again.
    pub retried: u64,
    /// Records that ended refused, expired in the client or lost.
    pub ended: u64,
    /// Reading calls that the platform refused.
    pub read_throttled: u64,
}

/// One sampling interval of a run.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Its end `[s]`.
    pub t: f64,
    /// Its length `[s]`.
    pub length: f64,
    /// What was counted in it.
    pub counts: Counts,
    /// Records delivered, per consumer.
    pub delivered: Vec<u64>,
    /// Median and 99th percentile of append latency `[ns]`.
    pub append: [Option<u64>; 2],
    /// Median and 99th percentile of delivery latency `[ns]`, per consumer.
    pub delivery: Vec<[Option<u64>; 2]>,
    /// Stored and not yet processed at its end `[records]`, per consumer.
    pub lag: Vec<u64>,
    /// Records stored after a later one of their key, from the beginning of the run to its end.
    pub reordered: u64,
    /// Records given for the first time after a later one of their key, from the beginning of the run
    /// to its end, per consumer; empty where nobody watches.
    pub out_of_order: Vec<u64>,
    /// Held back by clients at its end `[records]`.
    pub client_held: u64,
    /// Utilisation per lane, 1 being its limit.
    pub utilisation: Vec<f32>,
    /// Refused attempts per lane.
    pub lane_throttled: Vec<u32>,
    /// Values of the platform's own.
    pub gauges: Vec<Gauge>,
    /// The limits that were at work.
    pub bound: Vec<Bound>,
    /// What was used from the beginning of the run to its end, in base units of the items of the bill.
    pub usage: Vec<u128>,
}
