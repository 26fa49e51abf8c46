//! How Kafka's producers batch: records per batch, requests per second, and the time that records wait in a
//! batch before it is sent.

use super::style::{self, Entry, Frame, Stroke};
use super::{Area, Chart, Drawn, cluster};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;

pub(super) struct Batches;

/// What the gauges call producers.
const PRODUCERS: &str = "producers";
const RECORDS: &str = "records per batch";
/// Records per batch that differ by less than this, between systems and over time, are not worth a chart.
const FACTOR_MIN: f64 = 1.3;

/// The systems whose producers have batches, with their numbers.
fn telling(report: &Report) -> Vec<(usize, &SystemReport, &RunResult)> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system, system.runs.first()?)));
    runs.filter(|(_, _, run)| !cluster::gauge_of(run, PRODUCERS, RECORDS).is_empty()).collect()
}

/// The mean of a gauge over a run's measured window.
fn mean(run: &RunResult) -> f64 {
    let points = cluster::gauge_of(run, PRODUCERS, RECORDS);
    let measured: Vec<f64> = points.iter().filter(|(t, _)| *t > run.warmup_s).map(|point| point.1).collect();
    measured.iter().sum::<f64>() / measured.len().max(1) as f64
}

fn stroke(nth: usize) -> (Stroke, u32) {
    if nth == 0 { (Stroke::Solid, 7) } else { (Stroke::Dashed, 4) }
}

impl Chart for Batches {
    const NAME: &'static str = "batches";
    const TITLE: &'static str = "How Kafka's producers batch";

    fn applies(report: &Report) -> bool {
        let means: Vec<f64> = telling(report).iter().map(|(_, _, run)| mean(run)).collect();
        let most = means.iter().copied().fold(0.0, f64::max);
        means.iter().any(|mean| mean * FACTOR_MIN < most)
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(nth, (n, system, _)): (usize, (usize, &SystemReport, &RunResult))| {
            Entry::new(&system.label, style::colour(n), stroke(nth).0)
        };
        telling(report).into_iter().enumerate().map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let telling = telling(report);
        let kinds = [
            (RECORDS, "records per batch, on average", "records", 1.0),
            ("request-rate", "produce requests, all producers together", "requests/s", 1.0),
            ("record-queue-time-avg", "time in a batch before it is sent, on average", "ms", 1000.0),
        ];
        let panels = style::rows(area, kinds.len());
        for (row, (panel, (metric, title, y_label, factor))) in panels.iter().zip(kinds).enumerate() {
            let of = |run: &RunResult| -> Vec<(f64, f64)> {
                let points = cluster::gauge_of(run, PRODUCERS, metric);
                points.into_iter().map(|(t, v)| (t, v * factor)).collect()
            };
            let all: Vec<(usize, Vec<(f64, f64)>)> =
                telling.iter().map(|(n, _, run)| (*n, of(run))).collect();
            let top = style::headroom(all.iter().map(|(_, points)| cluster::most(points)));
            let frame =
                Frame { names_marks: row == 0, ..Frame::wide(title, y_label, row + 1 == kinds.len()) };
            let mut chart = frame.draw(panel, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            for (nth, (n, points)) in all.into_iter().enumerate() {
                let line = points.into_iter().map(|(t, v)| (t / per_unit, v)).collect();
                let (stroke, width) = stroke(nth);
                style::line(&mut chart, line, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
