//! What happened: fates of records, counters over time, latency histograms, the ledger.
//!
//! A platform reports what it does to a [`Recorder`]; the recorder counts and never decides.
//! At the end [`RunResult`] holds everything that reports read, and its ledger must balance.

mod fate;
pub mod figures;
mod histogram;
mod lane;
mod lanes;
mod latencies;
mod ledger;
mod monitor;
mod order;
mod point;
mod recorder;
mod result;
mod trace;

pub use fate::{Cause, Fate};
pub use histogram::Histogram;
pub use lane::{Host, Lane, LaneTotals, Tenure};
pub use ledger::{ConsumerLedger, Held, Ledger};
pub use monitor::{Happening, Metric, Monitor, Statistic, View};
pub use point::{Counts, Point};
pub use recorder::{Recorder, Sampling};
pub use result::RunResult;
pub use trace::HAPPENINGS_MAX;

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
