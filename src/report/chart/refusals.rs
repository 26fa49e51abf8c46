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

/// The system that counted most, its first run and its sum; none where every sum is zero.
fn worst(report: &Report, get: Get) -> Option<(&SystemReport, &RunResult, u64)> {
    let sums = report.systems.iter().filter_map(|system| {
        let run = system.runs.first()?;
        let sum = run.points.iter().map(|point| get(&point.counts)).sum();
        Some((system, run, sum))
    });
    let worst = sums.reduce(|best, next| if next.2 > best.2 { next } else { best });
    worst.filter(|(_, _, sum)| *sum > 0)
}

/// How many records a system counted, and when most of them.
fn most(report: &Report, run: &RunResult, get: Get, sum: u64, what: &str) -> String {
    let (at, most) = extent::highest(&rates(run, get)).unwrap_or_default();
    format!(
        "{} in all, at most {} {what}s/s, at {}",
        format::counted(sum as f64, what),
        format::prefixed(most),
        report.instant(at)
    )
}

/// Who refused most attempts, or lost most records without a refusal, how many, and when most of them.
fn caption(report: &Report) -> String {
    if let Some((system, run, sum)) = worst(report, REFUSED) {
        let most = most(report, run, REFUSED, sum, "attempt");
        return format!("{} refused most: {most}.", system.quoted());
    }
    let ended = worst(report, ENDED).map(|(system, run, sum)| {
        let most = most(report, run, ENDED, sum, "record");
        format!(
            " Most records that were given up or lost were on {}: {most}.",
            system.quoted()
        )
    });
    let again = worst(report, AGAIN).filter(|_| ended.is_none());
    let again = again.map(|(system, run, sum)| {
        let most = most(report, run, AGAIN, sum, "record");
        format!(
            " Most records that were sent again were on {}: {most}.",
            system.quoted()
        )
    });
    let more = ended.or(again).unwrap_or_default();
    format!("No attempt was refused because of a limit.{more}")
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

/// Whether a system refused, repeated or ended anything.
pub(super) fn any(report: &Report) -> bool {
    [REFUSED, AGAIN, ENDED]
        .iter()
        .any(|get| worst(report, *get).is_some())
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
