//! What workers hold for their sinks, and what the sinks take, over time; two panels for each consumer that
//! has one.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn, cluster};
use crate::probe::{GaugeName, gauges};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Sink;

const HELD: GaugeName = gauges::SINK_HELD;
const TAKEN: GaugeName = gauges::SINK_TAKEN;
/// The most consumers that fit into the chart.
const CONSUMERS_MAX: usize = 2;

/// A gauge of one consumer in the first replication of each system, by the system's number.
fn series(report: &Report, consumer: &str, name: GaugeName) -> Vec<(usize, Vec<(f64, f64)>)> {
    let of = |(n, system): (usize, &crate::report::SystemReport)| {
        let points = cluster::gauge_of(system.runs.first()?, consumer, name);
        (!points.is_empty()).then_some((n, points))
    };
    report.systems.iter().enumerate().filter_map(of).collect()
}

fn consumers(report: &Report) -> Vec<&String> {
    let told = report
        .consumers
        .iter()
        .filter(|name| !series(report, name, HELD).is_empty());
    told.take(CONSUMERS_MAX).collect()
}

impl Chart for Sink {
    const NAME: &'static str = "sink";
    const TITLE: &'static str = "Sinks: what they take, and what waits for them in the workers";

    fn applies(report: &Report) -> bool {
        !consumers(report).is_empty()
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(n, system): (usize, &crate::report::SystemReport)| {
            Entry::new(&system.label, style::colour(n), Stroke::overlaid(n).0)
        };
        report.systems.iter().enumerate().map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let consumers = consumers(report);
        let kinds = [
            (TAKEN, "taken by the sink", "records/s"),
            (HELD, "held in the workers", "records"),
        ];
        let panels: Vec<_> = consumers
            .iter()
            .flat_map(|name| kinds.map(|kind| (*name, kind)))
            .collect();
        let rows = style::rows(area, panels.len());
        for (row, (panel, (name, (gauge, what, unit)))) in rows.iter().zip(&panels).enumerate() {
            let all = series(report, name, *gauge);
            let top = style::headroom(all.iter().map(|(_, points)| cluster::most(points)));
            let title = format!("{name}: {what}");
            let frame = Frame {
                names_marks: row == 0,
                ..Frame::wide(&title, unit, row + 1 == rows.len())
            };
            let mut chart =
                frame.draw(panel, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            for (n, points) in all {
                let line = points
                    .into_iter()
                    .map(|(t, value)| (t / per_unit, value))
                    .collect();
                let (stroke, width) = Stroke::overlaid(n);
                style::line(&mut chart, line, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
