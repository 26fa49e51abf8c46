//! How Kafka's producers batch: records per batch, requests per second, and the time that records wait in a
//! batch before it is sent.

use super::description::{Axis, Description, Format, Parts};
use super::{Chart, producers};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, format};

pub(super) struct Batches;

/// The gauge that tells of batches.
const RECORDS: GaugeName = gauges::RECORDS_PER_BATCH;
/// Records per batch that differ by less than this, between systems and over time, are not worth a chart.
const FACTOR_MIN: f64 = 1.3;

/// The panels: gauge, title, label of the axis, unit, format.
const PANELS: [(GaugeName, &str, &str, &str, Format); 3] = [
    (
        RECORDS,
        "records per batch, on average",
        "batch",
        "records",
        Format::Number,
    ),
    (
        gauges::REQUEST_RATE,
        "produce requests, all producers together",
        "rate",
        "requests/s",
        Format::Number,
    ),
    (
        gauges::RECORD_QUEUE_TIME_AVG,
        "time in a batch before it is sent, on average",
        "wait",
        "",
        Format::Seconds,
    ),
];

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

/// The mean batch of each system.
fn caption(report: &Report) -> String {
    let told = producers::telling(report, RECORDS);
    let batch = |(n, run): &(usize, &RunResult)| {
        format!(
            "{} on {}",
            format::prefixed(mean(run)),
            report.systems[*n].quoted()
        )
    };
    let batches: Vec<String> = told.iter().map(batch).collect();
    format!(
        "Records per batch, mean after the warm-up: {}.",
        batches.join(", ")
    )
}

impl Chart for Batches {
    const NAME: &'static str = "batches";
    const TITLE: &'static str = "How Kafka's producers batch";

    fn applies(report: &Report) -> bool {
        let told = producers::telling(report, RECORDS);
        let means: Vec<f64> = told.iter().map(|(_, run)| mean(run)).collect();
        let most = means.iter().copied().fold(0.0, f64::max);
        means.iter().any(|mean| mean * FACTOR_MIN < most)
    }

    fn describe(report: &Report) -> Description {
        let panel = |(gauge, title, label, unit, format): (GaugeName, &str, &str, &str, Format)| {
            let axis = |top| Axis::linear(label, format, top).in_unit(unit);
            producers::panel(report, gauge, title, axis)
        };
        let parts = Parts {
            caption: caption(report),
            columns: 1,
            legend: producers::legend(report, RECORDS),
            panels: PANELS.map(panel).into(),
        };
        parts.describe::<Self>(report)
    }
}
