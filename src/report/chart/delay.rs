//! Median and 99th percentile of append and delivery latency over time, on a logarithmic axis.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::probe::Point;
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Delay;

type Get = fn(&Point, usize) -> Option<f64>;

/// The larger of all consumers' percentiles.
fn delivery(point: &Point, percentile: usize) -> Option<f64> {
    point
        .delivery
        .iter()
        .filter_map(|ladder| ladder[percentile])
        .max()
        .map(|ns| ns as f64 / 1e9)
}

fn append(point: &Point, percentile: usize) -> Option<f64> {
    point.append[percentile].map(|ns| ns as f64 / 1e9)
}

const PANELS: [(&str, Get); 2] = [
    ("append: until the producer knows", append),
    ("delivery: until the slowest consumer is done", delivery),
];

impl Chart for Delay {
    const NAME: &'static str = "delay";
    const TITLE: &'static str = "Delay over time";

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(n, system): (usize, &crate::report::SystemReport)| {
            let name = |word: &str| format!("{} {word}", system.label);
            [
                Entry::new(name("median"), style::colour(n), Stroke::Solid),
                Entry::new(name("p99"), style::colour(n), Stroke::Dashed),
            ]
        };
        report.systems.iter().enumerate().flat_map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let panels = style::rows(area, PANELS.len());
        for (n, (panel, (title, get))) in panels.iter().zip(PANELS).enumerate() {
            let points = || {
                report
                    .systems
                    .iter()
                    .filter_map(|s| s.runs.first())
                    .flat_map(|run| &run.points)
            };
            let (low, high) =
                style::decades(points().flat_map(|p| [get(p, 0), get(p, 1)]).flatten());
            let frame = Frame::wide(title, "delay", n + 1 == PANELS.len());
            let mut chart = frame.draw(
                panel,
                report,
                (low..high).log_scale(),
                &|v| format::tick_seconds(*v),
                (low, high),
            )?;
            for (n, system) in report.systems.iter().enumerate() {
                let Some(run) = system.runs.first() else {
                    continue;
                };
                for (percentile, stroke) in [(0, Stroke::Solid), (1, Stroke::Dashed)] {
                    let series = run
                        .points
                        .iter()
                        .map(|p| ((p.t - p.length / 2.0) / per_unit, get(p, percentile)));
                    for part in style::runs_of(series) {
                        style::line(&mut chart, part, style::colour(n), stroke, 4)?;
                    }
                }
            }
        }
        Ok(())
    }
}
