//! What each system has cost so far, stacked by what it was for, over time.

use super::description::{self, Axis, Description, Format, Look, Panel, Parts, Series};
use super::{Chart, money};
use crate::cost::Bill;
use crate::probe::RunResult;
use crate::report::{Report, SystemReport, costs, format};

pub(super) struct CostTime;

/// The systems that have a bill, with their numbers.
fn billed(report: &Report) -> Vec<(usize, &RunResult, &Bill)> {
    let bill = |(n, system)| costs::first(system).map(|(run, bill)| (n, run, bill));
    report.systems.iter().enumerate().filter_map(bill).collect()
}

/// What each system has cost in this run.
fn caption(report: &Report) -> String {
    let total = |(n, _, bill): &(usize, &RunResult, &Bill)| {
        let total = format::usd(money::dollars(bill.total()));
        format!("{total} on {}", report.systems[*n].quoted())
    };
    let billed = billed(report);
    let totals: Vec<String> = billed.iter().map(total).collect();
    let estimated = billed
        .iter()
        .any(|(_, _, bill)| bill.estimates().any(|line| line.amount > 0));
    let beside = if estimated { money::BESIDE } else { "" };
    format!("This run costs {}.{beside}", totals.join(", "))
}

/// The kinds of cost of a system as areas, each above the one before.
fn areas(run: &RunResult, bill: &Bill) -> Vec<Series> {
    let mut base = vec![0.0; run.points.len() + 1];
    let mut areas = Vec::new();
    for (kind, colour) in money::kinds() {
        let below = base.clone();
        for (level, point) in base.iter_mut().skip(1).zip(&run.points) {
            *level += money::dollars(money::so_far(bill, &point.usage, kind));
        }
        if base.last() == below.last() {
            continue;
        }
        let times = std::iter::once(0.0).chain(run.points.iter().map(|p| p.t));
        let edges = times.zip(below.iter().zip(&base));
        let band = edges.map(|(t, (low, high))| [t, *low, *high]).collect();
        areas.push(Series::band(
            kind.name(),
            Look::plain(colour, 1),
            vec![band],
        ));
    }
    areas
}

fn panel(report: &Report, n: usize, run: &RunResult, bill: &Bill, top: f64) -> Panel {
    let system: &SystemReport = &report.systems[n];
    let total = format::usd(money::dollars(bill.total()));
    let title = format!("{}: {total} in this run", system.label);
    let axis = Axis::linear("cost", Format::Usd, top).in_unit("USD");
    let mut panel = Panel::over_time(report, title, axis).of(report, n);
    panel.series = areas(run, bill);
    panel
}

impl Chart for CostTime {
    const NAME: &'static str = "cost-time";
    const TITLE: &'static str = "Cost so far";

    fn applies(report: &Report) -> bool {
        costs::any(report)
    }

    fn describe(report: &Report) -> Description {
        let billed = billed(report);
        let totals = billed.iter().map(|(_, _, bill)| {
            let estimates = bill.estimates().map(|line| line.amount).sum::<u128>();
            money::dollars(bill.total() + estimates)
        });
        let top = totals.fold(0.0, f64::max);
        let panels = billed
            .iter()
            .map(|(n, run, bill)| panel(report, *n, run, bill, top));
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(billed.len()),
            legend: money::legend(report),
            panels: panels.collect(),
        };
        parts.describe::<Self>(report)
    }
}
