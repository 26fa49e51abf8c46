//! How far behind in time each consumer is, as operators watch it: the age of the newest record of each
//! answer, or of the oldest record that is not processed.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;

pub(super) struct Age;

/// Where nothing was measured for more than so many sampling intervals, the line is broken: nobody reads,
/// and nobody tells an age.
const GAP_SAMPLES: f64 = 10.0;

/// The most consumers that fit into the chart.
const PANELS_MAX: usize = 4;

/// Gauges that tell how far behind a consumer is in time, what one of their unit is `[s]`, and from
/// which age on they alone are worth the chart `[s]`.
const METRICS: [(GaugeName, f64, f64); 3] = [
    (gauges::ITERATOR_AGE, 1e-3, 0.0),
    (gauges::MILLIS_BEHIND_LATEST, 1e-3, 0.0),
    (gauges::ESTIMATED_MAX_TIME_LAG, 1.0, 1.0),
];

/// The age over time `[s, s]` of one consumer.
fn series(run: &RunResult, consumer: &str) -> Vec<(f64, f64)> {
    let of = |point: &crate::probe::Point| {
        let of_consumer = || point.gauges.iter().filter(|gauge| gauge.entity == consumer);
        of_consumer().find_map(|gauge| {
            let (_, unit, _) = METRICS.into_iter().find(|(name, _, _)| gauge.is(*name))?;
            Some((point.t, gauge.value * unit))
        })
    };
    run.points.iter().filter_map(of).collect()
}

/// Whether an age of this run is worth the chart.
fn matters(report: &Report, run: &RunResult) -> bool {
    let gauges = || run.points.iter().flat_map(|point| &point.gauges);
    METRICS.into_iter().any(|(name, unit, least)| {
        let of = |gauge: &&crate::probe::Gauge| {
            gauge.is(name)
                && report.consumers.contains(&gauge.entity)
                && gauge.value * unit >= least
        };
        gauges().any(|gauge| of(&gauge))
    })
}

/// The systems that tell an age, with their numbers.
fn telling(report: &Report) -> impl Iterator<Item = (usize, &SystemReport)> {
    let tells = |run: &RunResult| {
        report
            .consumers
            .iter()
            .any(|name| !series(run, name).is_empty())
    };
    report
        .systems
        .iter()
        .enumerate()
        .filter(move |(_, system)| system.runs.first().is_some_and(tells))
}

/// The longest sampling interval `[s]`.
fn sample_s(report: &Report) -> f64 {
    let points = report
        .systems
        .iter()
        .filter_map(|s| s.runs.first())
        .flat_map(|run| &run.points);
    points.map(|point| point.length).fold(0.0, f64::max)
}

impl Chart for Age {
    const NAME: &'static str = "age";
    const TITLE: &'static str = "How far behind in time: iterator age, time lag";

    fn applies(report: &Report) -> bool {
        report
            .systems
            .iter()
            .filter_map(|system| system.runs.first())
            .any(|run| matters(report, run))
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(nth, (n, system)): (usize, (usize, &SystemReport))| {
            Entry::new(&system.label, style::colour(n), Stroke::overlaid(nth).0)
        };
        telling(report).enumerate().map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let panels = style::rows(area, report.consumers.len().min(PANELS_MAX));
        for (consumer, (panel, name)) in panels.iter().zip(&report.consumers).enumerate() {
            let all: Vec<(usize, Vec<(f64, f64)>)> = telling(report)
                .filter_map(|(n, system)| Some((n, series(system.runs.first()?, name))))
                .collect();
            let top = style::headroom(
                all.iter()
                    .flat_map(|(_, points)| points)
                    .map(|point| point.1),
            );
            // Long ages in the unit of a time axis as long as they are; short ones with a unit at each tick.
            let (unit, scale) = if top < 300.0 {
                ("", 1.0)
            } else {
                style::time_unit(top)
            };
            let label = if unit.is_empty() {
                "behind".to_owned()
            } else {
                format!("behind [{unit}]")
            };
            let tick = |v: &f64| {
                if unit.is_empty() {
                    format::tick_seconds(*v)
                } else {
                    format::tick(*v)
                }
            };
            let top = top / scale;
            let title = format!(
                "consumer {name}: the oldest of all shards or partitions{}",
                super::rest_of(report, consumer, PANELS_MAX)
            );
            let frame = Frame::wide(&title, &label, consumer + 1 == panels.len());
            let mut chart = frame.draw(panel, report, 0.0..top, &tick, (0.0, top))?;
            for (nth, (n, points)) in all.into_iter().enumerate() {
                let (stroke, width) = Stroke::overlaid(nth);
                let gap = GAP_SAMPLES * sample_s(report);
                for part in points.chunk_by(|before, after| after.0 - before.0 <= gap) {
                    let line = part
                        .iter()
                        .map(|(t, age)| (t / per_unit, age / scale))
                        .collect();
                    style::line(&mut chart, line, style::colour(n), stroke, width)?;
                }
            }
        }
        Ok(())
    }
}
