//! What happened: fates of records, counters over time, latency histograms, the ledger.
//!
//! A platform reports what it does to a [`Recorder`]; the recorder counts and never decides.
//! At the end [`RunResult`] holds everything that reports read, and its ledger must balance.

mod binding;
mod fate;
pub mod figures;
mod gauge;
mod histogram;
mod journey;
mod journey_classes;
mod lane;
mod lanes;
mod latencies;
mod ledger;
mod limit;
mod monitor;
mod order;
mod outage;
mod point;
mod recorder;
mod result;
mod silence;
mod trace;
mod windows;
mod within;

pub use binding::Bound;
pub use fate::{Cause, Fate};
pub use gauge::{Gauge, GaugeName, names as gauges};
pub use histogram::Histogram;
pub use journey::{
    ConsumerTimes, Journey, NOT_YET, Passage, RecordTimes, Sending, Stowed, TIME_PARTS, TimePart,
};
pub use lane::{Host, Lane, LaneTotals, Tenure};
pub use ledger::{ConsumerLedger, Held, Ledger};
pub use limit::{Amount, Entity, Limit, Spot};
pub use monitor::{Happening, Metric, Monitor, Statistic, View, happenings};
pub use outage::{Entry, OUTAGE_FIGURES, OutageFigure, outage_figure, outage_value};
pub use point::{Counts, Point};
pub use recorder::{Recorder, Sampling};
pub use result::RunResult;
pub use silence::Longest;
pub use trace::HAPPENINGS_MAX;
pub use windows::{RunParts, Totals};
