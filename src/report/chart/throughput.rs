//! Offered, accepted and delivered records over time, a panel for each system.

use super::description::{
    self, Axis, Colour, Dash, Description, Entry, Format, Look, Panel, Parts, Series,
};
use super::{Chart, extent};
use crate::probe::{Point, RunResult};
use crate::report::{Report, SystemReport, format};

pub(super) struct Throughput;

/// What is offered is an area behind the lines.
const OFFERED: Colour = Colour::Neutral;

/// What is delivered swings between nothing and much where consumers poll: a thin line, which leaves the others visible.
const DELIVERED: Look = Look::dashed(Colour::Ink, Dash::Long, 2);

/// A share of stored records that a caption calls nearly all.
const ALL_BUT_FEW: f64 = 0.999_5;

fn delivered(run: &RunResult, point: &Point) -> f64 {
    let read = point
        .delivered
        .iter()
        .enumerate()
        .filter(|(consumer, _)| run.is_read_by(*consumer));
    let slowest = read.map(|(_, records)| *records).min().unwrap_or_default();
    slowest as f64 / point.length
}

fn rates(run: &RunResult, get: impl Fn(&Point) -> f64) -> extent::Over {
    let middle = |point: &Point| point.t - point.length / 2.0;
    run.points.iter().map(|p| (middle(p), get(p))).collect()
}

fn offered(run: &RunResult) -> extent::Over {
    rates(run, |p| p.counts.offered as f64 / p.length)
}

/// Offered, accepted and delivered rates of a run.
fn all(run: &RunResult) -> [extent::Over; 3] {
    [
        offered(run),
        rates(run, |p| p.counts.accepted as f64 / p.length),
        rates(run, |p| delivered(run, p)),
    ]
}

/// The highest offered rate, and the least share of a run's records that a system accepted.
fn caption(report: &Report) -> String {
    let first = report
        .systems
        .first()
        .and_then(|system| system.runs.first());
    let Some((at, most)) = first.and_then(|run| extent::highest(&offered(run))) else {
        return "Nothing was offered.".to_owned();
    };
    let share = |system: &SystemReport| {
        let ledger = &system.runs.first()?.ledger;
        let share = ledger.stored as f64 / ledger.offered.max(1) as f64;
        Some((share, system.quoted()))
    };
    let least = report
        .systems
        .iter()
        .filter_map(share)
        .reduce(|least, next| if next.0 < least.0 { next } else { least });
    let stored = least.map_or(String::new(), |(share, label)| match share {
        share if share >= 1.0 => " Every system stored all of them.".to_owned(),
        share if share >= ALL_BUT_FEW => " Every system stored nearly all of them.".to_owned(),
        share => format!(
            " {label} stored the least: {} of all records.",
            format::percent(share)
        ),
    });
    format!(
        "At most {} records/s were offered, at {}.{stored}",
        format::prefixed(most),
        report.instant(at)
    )
}

fn panel(report: &Report, n: usize, top: f64) -> Panel {
    let system = &report.systems[n];
    let axis = Axis::linear("rate", Format::Number, top).in_unit("records/s");
    let mut panel = Panel::over_time(report, &system.label, axis).of(report, n);
    let Some(run) = system.runs.first() else {
        return panel;
    };
    let [offered, accepted, delivered] = all(run);
    panel.add(Series::area("offered", Look::pale(OFFERED, 0.45), &offered));
    panel.add(Series::line("accepted", Look::plain(Colour::System(n), 5), accepted).of(n));
    panel.add(Series::line("delivered", DELIVERED, delivered).of(n));
    panel
}

fn legend(report: &Report) -> Vec<Entry> {
    let mut offered = Entry::area("offered", OFFERED);
    offered.look.opacity = 0.45;
    let mut entries = vec![offered];
    for (n, system) in report.systems.iter().enumerate() {
        let look = Look::plain(Colour::System(n), 5);
        entries.push(Entry::line(format!("{} accepted", system.label), look).of(n));
    }
    let who = if report.consumers.len() > 1 {
        "delivered (slowest consumer)"
    } else {
        "delivered"
    };
    entries.push(Entry::line(who, DELIVERED));
    entries
}

impl Chart for Throughput {
    const NAME: &'static str = "throughput";
    const TITLE: &'static str = "Records offered, accepted, delivered";

    fn describe(report: &Report) -> Description {
        let runs = report
            .systems
            .iter()
            .filter_map(|system| system.runs.first());
        let series: Vec<extent::Over> = runs.flat_map(all).collect();
        let top = extent::most(series.iter());
        let count = report.systems.len();
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(count),
            legend: legend(report),
            panels: (0..count).map(|n| panel(report, n, top)).collect(),
        };
        parts.describe::<Self>(report)
    }
}
