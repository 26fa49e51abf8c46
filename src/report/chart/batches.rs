//! How Kafka's producers batch: records per batch, requests per second, and the time that records wait in a
//! batch before it is sent.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn, cluster, producers};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Batches;

/// The gauge that tells of batches.
const RECORDS: GaugeName = gauges::RECORDS_PER_BATCH;
/// Records per batch that differ by less than this, between systems and over time, are not worth a chart.
const FACTOR_MIN: f64 = 1.3;

/// The mean of a gauge over a run's measured window.
fn mean(run: &RunResult) -> f64 {
    let points = producers::series(run, RECORDS);
    let measured: Vec<f64> = points
        .iter()
        .filter(|(t, _)| *t > run.warmup_s)
        .map(|point| point.1)
        .collect();
    measured.iter().sum::<f64>() / measured.len().max(1) as f64
}

impl Chart for Batches {
    const NAME: &'static str = "batches";
    const TITLE: &'static str = "How Kafka's producers batch";

    fn applies(report: &Report) -> bool {
        let means: Vec<f64> = producers::telling(report, RECORDS)
            .iter()
            .map(|(_, _, run)| mean(run))
            .collect();
        let most = means.iter().copied().fold(0.0, f64::max);
        means.iter().any(|mean| mean * FACTOR_MIN < most)
    }

    fn legend(report: &Report) -> Vec<Entry> {
        producers::legend(report, RECORDS)
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let telling = producers::telling(report, RECORDS);
        let kinds = [
            (RECORDS, "records per batch, on average", "records", 1.0),
            (
                gauges::REQUEST_RATE,
                "produce requests, all producers together",
                "requests/s",
                1.0,
            ),
            (
                gauges::RECORD_QUEUE_TIME_AVG,
                "time in a batch before it is sent, on average",
                "ms",
                1000.0,
            ),
        ];
        let panels = style::rows(area, kinds.len());
        for (row, (panel, (metric, title, y_label, factor))) in panels.iter().zip(kinds).enumerate()
        {
            let of = |run: &RunResult| -> Vec<(f64, f64)> {
                let points = producers::series(run, metric);
                points.into_iter().map(|(t, v)| (t, v * factor)).collect()
            };
            let all: Vec<(usize, Vec<(f64, f64)>)> =
                telling.iter().map(|(n, _, run)| (*n, of(run))).collect();
            let top = style::headroom(all.iter().map(|(_, points)| cluster::most(points)));
            let frame = Frame {
                names_marks: row == 0,
                ..Frame::wide(title, y_label, row + 1 == kinds.len())
            };
            let mut chart =
                frame.draw(panel, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            for (nth, (n, points)) in all.into_iter().enumerate() {
                let line = points.into_iter().map(|(t, v)| (t / per_unit, v)).collect();
                let (stroke, width) = Stroke::overlaid(nth);
                style::line(&mut chart, line, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
