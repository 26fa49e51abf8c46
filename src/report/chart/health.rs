//! Partitions that lack copies or a leader, over time, as the brokers and the controller count them.

use super::cluster::{self, OFFLINE};
use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;

pub(super) struct Health;

/// The counts: words, gauge, colour, width of the line. Equal ones lie over each other, the graver
/// thinner and above.
const COUNTS: [(&str, GaugeName, RGBColor, u32); 3] = [
    (
        "under-replicated",
        gauges::UNDER_REPLICATED,
        RGBColor(245, 180, 60),
        10,
    ),
    (
        "below min.insync.replicas",
        gauges::UNDER_MIN_ISR,
        RGBColor(0, 90, 160),
        6,
    ),
    ("offline", gauges::OFFLINE_PARTITIONS, OFFLINE, 3),
];

/// What the gauges call the whole.
const CLUSTER: &str = "cluster";

/// The counts of a cluster over time.
fn counts(run: &RunResult) -> [Vec<(f64, f64)>; 3] {
    COUNTS.map(|(_, name, _, _)| cluster::gauge_of(run, CLUSTER, name))
}

/// The systems where something was ever wrong.
fn ailing(report: &Report) -> Vec<(&SystemReport, &RunResult)> {
    let ails = |run: &RunResult| counts(run).iter().any(|points| cluster::most(points) > 0.0);
    cluster::clusters(report)
        .into_iter()
        .filter(|(_, run)| ails(run))
        .collect()
}

/// Steps through values that hold from their instant until the next.
fn steps(points: &[(f64, f64)], per_unit: f64) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (t, value) in points {
        if let Some((_, before)) = steps.last().copied() {
            steps.push((t / per_unit, before));
        }
        steps.push((t / per_unit, *value));
    }
    steps
}

impl Chart for Health {
    const NAME: &'static str = "health";
    const TITLE: &'static str = "Under-replicated and offline partitions";

    fn applies(report: &Report) -> bool {
        !ailing(report).is_empty()
    }

    fn legend(_: &Report) -> Vec<Entry> {
        COUNTS
            .map(|(words, _, colour, _)| Entry::new(words, colour, Stroke::Solid))
            .into_iter()
            .collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let ailing = ailing(report);
        let panels = style::rows(area, ailing.len());
        for (n, (panel, (system, run))) in panels.iter().zip(&ailing).enumerate() {
            let counts = counts(run);
            let top = style::headroom(counts.iter().map(|points| cluster::most(points)));
            let [under, below, offline] = counts.each_ref().map(|points| cluster::most(points));
            let title = format!(
                "{}: of {} {}s at most {under} under-replicated, {below} below min.insync.replicas, \
                 {offline} offline",
                system.label,
                run.lanes.len(),
                system.names.lane
            );
            let frame = Frame::wide(&title, "partitions", n + 1 == panels.len());
            let whole = |v: &f64| {
                if v.fract().abs() < 0.01 {
                    format::tick(*v)
                } else {
                    String::new()
                }
            };
            let mut chart = frame.draw(panel, report, 0.0..top, &whole, (0.0, top))?;
            for (points, (_, _, colour, width)) in counts.iter().zip(COUNTS) {
                if cluster::most(points) > 0.0 {
                    let steps = steps(points, per_unit);
                    style::line(&mut chart, steps, colour, Stroke::Solid, width)?;
                }
            }
        }
        Ok(())
    }
}
