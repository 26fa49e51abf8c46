//! What charts of Kafka's producers share: the systems whose gauges tell of them, and their lines.

use super::description::{self, Axis, Entry, Panel};
use super::{Report, cluster, extent};
use crate::probe::{GaugeName, RunResult};

/// What the gauges call producers.
pub(super) const PRODUCERS: &str = "producers";

/// A system's number with its first run.
pub(super) type Told<'a> = (usize, &'a RunResult);

/// The systems whose producers have this gauge.
pub(super) fn telling(report: &Report, name: GaugeName) -> Vec<Told<'_>> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system.runs.first()?)));
    runs.filter(|(_, run)| !series(run, name).is_empty())
        .collect()
}

/// A gauge of all producers together over time `[s]`.
pub(super) fn series(run: &RunResult, name: GaugeName) -> extent::Over {
    cluster::gauge_of(run, PRODUCERS, name)
}

/// The systems that tell, in the legend.
pub(super) fn legend(report: &Report, name: GaugeName) -> Vec<Entry> {
    let told: Vec<usize> = telling(report, name).iter().map(|(n, _)| *n).collect();
    let mut entries = description::systems(report);
    entries.retain(|entry| entry.system.is_some_and(|n| told.contains(&n)));
    entries
}

/// A panel with a gauge of every system that tells it; `axis` gets the highest value.
pub(super) fn panel(
    report: &Report,
    name: GaugeName,
    title: &str,
    axis: impl Fn(f64) -> Axis,
) -> Panel {
    let told = telling(report, name).into_iter();
    let lines: Vec<(usize, extent::Over)> = told.map(|(n, run)| (n, series(run, name))).collect();
    let top = extent::most(lines.iter().map(|(_, points)| points));
    Panel::over_time(report, title, axis(top)).overlay(report, lines)
}
