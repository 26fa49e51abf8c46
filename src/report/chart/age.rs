//! How old the newest record of each answer was: the iterator age that operators watch, per consumer.

use super::style::{self, Entry, Frame, Stroke};
use super::{Area, Chart, Drawn};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;

pub(super) struct Age;

/// The most consumers that fit into the chart.
const PANELS_MAX: usize = 4;

/// Gauges that tell how far behind a consumer is in time.
const METRICS: [&str; 2] = ["GetRecords.IteratorAgeMilliseconds", "SubscribeToShardEvent.MillisBehindLatest"];

/// The age over time `[s, s]` of one consumer.
fn series(run: &RunResult, consumer: &str) -> Vec<(f64, f64)> {
    let of = |point: &crate::probe::Point| {
        let gauge =
            point.gauges.iter().find(|gauge| gauge.entity == consumer && METRICS.contains(&gauge.metric));
        gauge.map(|gauge| (point.t, gauge.value / 1000.0))
    };
    run.points.iter().filter_map(of).collect()
}

/// The systems that tell an age, with their numbers.
fn telling(report: &Report) -> impl Iterator<Item = (usize, &SystemReport)> {
    let tells = |run: &RunResult| report.consumers.iter().any(|name| !series(run, name).is_empty());
    report.systems.iter().enumerate().filter(move |(_, system)| system.runs.first().is_some_and(tells))
}

fn stroke(nth: usize) -> (Stroke, u32) {
    if nth == 0 { (Stroke::Solid, 7) } else { (Stroke::Dashed, 4) }
}

impl Chart for Age {
    const NAME: &'static str = "age";
    const TITLE: &'static str = "Iterator age: how old what is read is";

    fn applies(report: &Report) -> bool {
        telling(report).next().is_some()
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(nth, (n, system)): (usize, (usize, &SystemReport))| {
            Entry::new(&system.label, style::colour(n), stroke(nth).0)
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
            let top = style::headroom(all.iter().flat_map(|(_, points)| points).map(|point| point.1));
            let title = format!(
                "consumer {name}: oldest in each interval{}",
                super::rest_of(report, consumer, PANELS_MAX)
            );
            let frame = Frame::wide(&title, "age", consumer + 1 == panels.len());
            let mut chart = frame.draw(panel, report, 0.0..top, &|v| format::tick_seconds(*v), (0.0, top))?;
            for (nth, (n, points)) in all.into_iter().enumerate() {
                let line = points.into_iter().map(|(t, age)| (t / per_unit, age)).collect();
                let (stroke, width) = stroke(nth);
                style::line(&mut chart, line, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
