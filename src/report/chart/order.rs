//! Order: records that were stored, or given to a consumer, after a later record of their key.

use super::description::{self, Axis, Description, Format, Parts};
use super::{Chart, extent};
use crate::probe::{Point, RunResult};
use crate::report::{Report, SystemReport, format};

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

    /// The count of each system that knows it, by the system's number.
    fn lines(&self, report: &Report) -> Vec<(usize, extent::Over)> {
        let of = |(n, system): (usize, &SystemReport)| {
            let run = system.runs.first().filter(|run| (self.is_known)(run))?;
            let points = run.points.iter().map(|p| (p.t, (self.count)(p) as f64));
            Some((n, std::iter::once((0.0, 0.0)).chain(points).collect()))
        };
        report.systems.iter().enumerate().filter_map(of).collect()
    }

    fn describe(&self, report: &Report) -> description::Panel {
        let lines = self.lines(report);
        let top = extent::most(lines.iter().map(|(_, points)| points));
        let title = format!("{}, since the beginning", self.title);
        let axis = Axis::linear("out of order", Format::Whole, top).in_unit("records");
        description::Panel::over_time(report, title, axis).overlay(report, lines)
    }

    /// How many there were in the end on each system that had any.
    fn told(&self, report: &Report) -> String {
        let count = |(n, points): (usize, extent::Over)| {
            let last = points.last().map_or(0.0, |point| point.1);
            let label = report.systems[n].quoted();
            (last > 0.0).then(|| format!("{} on {label}", format::count(last)))
        };
        let counts: Vec<String> = self.lines(report).into_iter().filter_map(count).collect();
        format!("Records {}: {}.", self.title, counts.join(", "))
    }
}

const PANELS: [Panel; 2] = [
    Panel {
        title: "stored after a later record of their key",
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
    const TITLE: &'static str = "Order: records after a later one of their key";

    fn applies(report: &Report) -> bool {
        !panels(report).is_empty()
    }

    fn describe(report: &Report) -> Description {
        let panels = panels(report);
        let captions: Vec<String> = panels.iter().map(|panel| panel.told(report)).collect();
        let parts = Parts {
            caption: captions.join(" "),
            columns: 1,
            legend: description::systems(report),
            panels: panels.iter().map(|panel| panel.describe(report)).collect(),
        };
        parts.describe::<Self>(report)
    }
}
