//! Order: records that were stored, or given to a consumer, after a later record of their key.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::probe::{Point, RunResult};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Order;

/// A count from the beginning of the run.
type Count = fn(&Point) -> u64;

const PANELS: [(&str, Count); 2] = [
    ("stored behind a later record of their key", |point| {
        point.reordered
    }),
    (
        "given to a consumer after a later record of their key",
        |point| point.out_of_order.iter().sum(),
    ),
];

/// The panels that have something to show.
fn panels(report: &Report) -> Vec<(&'static str, Count)> {
    let runs = || report.systems.iter().flat_map(|system| system.runs.first());
    let last = |run: &RunResult, count: Count| run.points.last().map_or(0, count);
    PANELS
        .into_iter()
        .filter(|(_, count)| runs().any(|run| last(run, *count) > 0))
        .collect()
}

impl Chart for Order {
    const NAME: &'static str = "order";
    const TITLE: &'static str = "Order: records behind a later one of their key";

    fn applies(report: &Report) -> bool {
        !panels(report).is_empty()
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(n, system): (usize, &crate::report::SystemReport)| {
            let stroke = if n == 0 {
                Stroke::Solid
            } else {
                Stroke::Dashed
            };
            Entry::new(&system.label, style::colour(n), stroke)
        };
        report.systems.iter().enumerate().map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let panels = panels(report);
        let rows = style::rows(area, panels.len());
        for (index, (row, (title, count))) in rows.iter().zip(&panels).enumerate() {
            let of = |run: &RunResult| run.points.last().map_or(0, count) as f64;
            let top = style::headroom(report.systems.iter().flat_map(|s| s.runs.first()).map(of));
            let title = format!("{title}, since the beginning");
            let frame = Frame::wide(&title, "records", index + 1 == panels.len());
            let mut chart = frame.draw(row, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            for (n, system) in report.systems.iter().enumerate() {
                let Some(run) = system.runs.first() else {
                    continue;
                };
                let begin = (0.0, 0.0);
                let points = run.points.iter().map(|p| (p.t / per_unit, count(p) as f64));
                let series = std::iter::once(begin).chain(points).collect();
                let (stroke, width) = Stroke::overlaid(n);
                style::line(&mut chart, series, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
