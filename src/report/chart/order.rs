//! Order: records that were stored, or given to a consumer, after a later record of their key.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::probe::{Point, RunResult};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Order;

/// A panel.
#[derive(Clone, Copy)]
struct Panel {
    title: &'static str,
    /// The records from the beginning of the run.
    count: fn(&Point) -> u64,
    /// Whether the run knows it. Where several producers send a key, it has no order at the writers.
    is_known: fn(&RunResult) -> bool,
}

impl Panel {
    /// How many there were at the end of a run.
    fn last(&self, run: &RunResult) -> u64 {
        let last = run.points.last().filter(|_| (self.is_known)(run));
        last.map_or(0, self.count)
    }
}

const PANELS: [Panel; 2] = [
    Panel {
        title: "stored behind a later record of their key",
        count: |point| point.reordered,
        is_known: |run| run.reordered.is_some(),
    },
    Panel {
        title: "given to a consumer after a later record of their key",
        count: |point| point.out_of_order.iter().sum(),
        is_known: |run| run.out_of_order.is_some(),
    },
];

/// The panels that have something to show.
fn panels(report: &Report) -> Vec<Panel> {
    let runs = || report.systems.iter().flat_map(|system| system.runs.first());
    let shows = |panel: &Panel| runs().any(|run| panel.last(run) > 0);
    PANELS.into_iter().filter(shows).collect()
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
        for (index, (row, panel)) in rows.iter().zip(&panels).enumerate() {
            let of = |run: &RunResult| panel.last(run) as f64;
            let top = style::headroom(report.systems.iter().flat_map(|s| s.runs.first()).map(of));
            let title = format!("{}, since the beginning", panel.title);
            let frame = Frame::wide(&title, "records", index + 1 == panels.len());
            let mut chart = frame.draw(row, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            for (n, system) in report.systems.iter().enumerate() {
                let Some(run) = system.runs.first().filter(|run| (panel.is_known)(run)) else {
                    continue;
                };
                let begin = (0.0, 0.0);
                let points = run
                    .points
                    .iter()
                    .map(|p| (p.t / per_unit, (panel.count)(p) as f64));
                let series = std::iter::once(begin).chain(points).collect();
                let (stroke, width) = Stroke::overlaid(n);
                style::line(&mut chart, series, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
