//! Refused attempts, records sent again and records given up, over time.

use super::description::{
    self, Axis, Colour, Dash, Description, Entry, Format, Look, Panel, Parts, Series,
};
use super::{Chart, extent};
use crate::probe::{Counts, RunResult};
use crate::report::{Report, SystemReport, format};

pub(super) struct Refusals;

/// Says what a count of records per second was.
type Get = fn(&Counts) -> u64;

const REFUSED: Get = |counts| counts.throttled;
const AGAIN: Get = |counts| counts.retried;
const ENDED: Get = |counts| counts.ended;

fn rates(run: &RunResult, get: Get) -> extent::Over {
    let rate = |p: &crate::probe::Point| get(&p.counts) as f64 / p.length;
    let points = run.points.iter();
    points.map(|p| (p.t - p.length / 2.0, rate(p))).collect()
}

fn all(run: &RunResult) -> Vec<extent::Over> {
    [REFUSED, AGAIN, ENDED].map(|get| rates(run, get)).into()
}

/// Who refused most attempts, how many, and when most of them.
fn caption(report: &Report) -> String {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system.runs.first()?)));
    let totals = runs.map(|(n, run)| {
        let sum: u64 = run.points.iter().map(|point| point.counts.throttled).sum();
        (n, run, sum)
    });
    let worst = totals.reduce(|best, next| if next.2 > best.2 { next } else { best });
    let Some((n, run, sum)) = worst.filter(|worst| worst.2 > 0) else {
        return "No system refused an attempt.".to_owned();
    };
    let (at, most) = extent::highest(&rates(run, REFUSED)).unwrap_or_default();
    format!(
        "{} refused most: {} attempts in all, at most {}/s at {}.",
        report.systems[n].label,
        format::count(sum as f64),
        format::prefixed(most),
        format::seconds(at)
    )
}

fn refused(n: usize) -> Look {
    Look::plain(Colour::System(n), 5)
}

fn again() -> Look {
    Look::dashed(Colour::Neutral, Dash::Long, 4)
}

fn ended() -> Look {
    Look::plain(Colour::Ink, 3)
}

fn legend(report: &Report) -> Vec<Entry> {
    let entry = |(n, system): (usize, &SystemReport)| {
        Entry::line(format!("{} refused attempts", system.label), refused(n)).of(n)
    };
    let mut entries: Vec<Entry> = report.systems.iter().enumerate().map(entry).collect();
    entries.push(Entry::line("sent again", again()));
    entries.push(Entry::line("refused for good, expired or lost", ended()));
    entries
}

fn panel(report: &Report, n: usize, top: f64) -> Panel {
    let system = &report.systems[n];
    let axis = Axis::linear("rate", Format::Number, top).in_unit("records/s");
    let mut panel = Panel::over_time(report, &system.label, axis).of(report, n);
    let Some(run) = system.runs.first() else {
        return panel;
    };
    if extent::most(all(run).iter()) == 0.0 {
        panel.note = "nothing was refused or sent again".to_owned();
        return panel;
    }
    panel.add(Series::line("refused attempts", refused(n), rates(run, REFUSED)).of(n));
    panel.add(Series::line("sent again", again(), rates(run, AGAIN)).of(n));
    panel.add(
        Series::line(
            "refused for good, expired or lost",
            ended(),
            rates(run, ENDED),
        )
        .of(n),
    );
    panel
}

impl Chart for Refusals {
    const NAME: &'static str = "refusals";
    const TITLE: &'static str = "Refusals and retries";

    fn describe(report: &Report) -> Description {
        let runs = report
            .systems
            .iter()
            .filter_map(|system| system.runs.first());
        let series: Vec<extent::Over> = runs.flat_map(all).collect();
        let (top, count) = (extent::most(series.iter()), report.systems.len());
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(count),
            legend: legend(report),
            panels: (0..count).map(|n| panel(report, n, top)).collect(),
        };
        parts.describe::<Self>(report)
    }
}
