//! What charts of Kafka's producers share: the systems whose gauges tell of them, and their lines.

use super::legend::{Entry, Stroke};
use super::style;
use super::{Report, cluster};
use crate::probe::{GaugeName, RunResult};
use crate::report::SystemReport;

/// What the gauges call producers.
pub(super) const PRODUCERS: &str = "producers";

/// A system with its number and its first run.
pub(super) type Told<'a> = (usize, &'a SystemReport, &'a RunResult);

/// The systems whose producers have this gauge.
pub(super) fn telling<'a>(report: &'a Report, name: GaugeName) -> Vec<Told<'a>> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system, system.runs.first()?)));
    runs.filter(|(_, _, run)| !series(run, name).is_empty())
        .collect()
}

/// A gauge of all producers together over time `[s]`.
pub(super) fn series(run: &RunResult, name: GaugeName) -> Vec<(f64, f64)> {
    cluster::gauge_of(run, PRODUCERS, name)
}

/// Their names.
pub(super) fn legend(report: &Report, name: GaugeName) -> Vec<Entry> {
    let entry = |(nth, (n, system, _)): (usize, Told<'_>)| {
        Entry::new(&system.label, style::colour(n), Stroke::overlaid(nth).0)
    };
    telling(report, name)
        .into_iter()
        .enumerate()
        .map(entry)
        .collect()
}
