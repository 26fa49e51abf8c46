//! Whether a few producers' own clients hold records up, while the system behind them has room.

use super::chart;
use super::{Report, SystemReport, format};
use crate::probe::gauges;

/// At most this share of the producers waits where their own clients are the bottleneck.
const FEW: f64 = 0.25;

/// What a producer's gauge of waiting send() calls says, if few producers wait and the others do not.
pub(super) fn sentence(report: &Report, system: &SystemReport) -> Option<String> {
    let run = system.runs.first()?;
    let waiting = chart::producers(run, gauges::WAITING_THREADS);
    let most = waiting.iter().map(|point| point.1).fold(0.0, f64::max);
    let all = f64::from(report.producers);
    if most < 1.0 || all < 2.0 || most > (FEW * all).max(1.0) {
        return None;
    }
    let waited = waiting.iter().filter(|point| point.1 > 0.0).count() as f64;
    let used = chart::producers(run, gauges::BUFFER_USED);
    let fullest = used.iter().map(|point| point.1).fold(0.0, f64::max);
    let label = &system.label;
    Some(format!(
        "A client is the bottleneck on {label}: of {} producers at most {} had its send() wait for room in its own \
         buffer, in {} of the samples, while the buffers of all together were {} full at most.",
        format::count(all),
        format::count(most),
        format::percent(waited / waiting.len() as f64),
        format::percent(fullest),
    ))
}
