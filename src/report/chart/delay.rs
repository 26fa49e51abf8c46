//! Median and 99th percentile of append and delivery latency over time, on a logarithmic axis. Where there are many
//! systems, each has a panel.

use super::description::{
    self, Axis, Colour, Dash, Description, Entry, Format, Look, Panel, Parts, Series,
};
use super::{Chart, extent};
use crate::probe::{Point, RunResult};
use crate::report::{Report, SystemReport, format};

pub(super) struct Delay;

/// The most systems whose lines share a panel.
const SHARED_MAX: usize = 3;

/// A delay `[s]` of a point: 0 asks for the median, 1 for the 99th percentile.
type Get = fn(&Point, usize) -> Option<f64>;

/// The larger of all consumers' percentiles.
fn delivery(point: &Point, percentile: usize) -> Option<f64> {
    let ladders = point
        .delivery
        .iter()
        .filter_map(|ladder| ladder[percentile]);
    ladders.max().map(|ns| ns as f64 / 1e9)
}

fn append(point: &Point, percentile: usize) -> Option<f64> {
    point.append[percentile].map(|ns| ns as f64 / 1e9)
}

/// The two delays: short name, title and values.
const KINDS: [(&str, &str, Get); 2] = [
    ("append", "append: until the producer knows", append),
    (
        "delivery",
        "delivered records: until the slowest consumer is done",
        delivery,
    ),
];

/// The two percentiles.
const PERCENTILES: [(&str, Dash, u32); 2] = [("median", Dash::Solid, 5), ("p99", Dash::Long, 3)];

fn look(colour: Colour, percentile: usize) -> Look {
    let (_, dash, width) = PERCENTILES[percentile];
    Look::dashed(colour, dash, width)
}

/// The line of a system in a panel that it shares: its marker tells it apart where colours do not.
fn shared_look(report: &Report, n: usize, percentile: usize) -> Look {
    let marker = match report.systems.len() {
        1 => description::Marker::None,
        _ => Look::system(n, SHARED_MAX).marker,
    };
    Look {
        marker,
        ..look(Colour::System(n), percentile)
    }
}

fn values<'a>(
    run: &'a RunResult,
    get: Get,
    percentile: usize,
) -> impl Iterator<Item = (f64, Option<f64>)> + 'a {
    let middle = |p: &Point| p.t - p.length / 2.0;
    run.points
        .iter()
        .map(move |p| (middle(p), get(p, percentile)))
}

fn runs(report: &Report) -> impl Iterator<Item = (usize, &RunResult)> {
    let runs = report.systems.iter().enumerate();
    runs.filter_map(|(n, system)| Some((n, system.runs.first()?)))
}

fn axis(report: &Report, kinds: &[Get]) -> Axis {
    let of = |(_, run): (usize, &RunResult)| -> Vec<f64> {
        let both = kinds.iter().flat_map(|get| [(*get, 0), (*get, 1)]);
        both.flat_map(|(get, percentile)| values(run, get, percentile))
            .filter_map(|(_, value)| value)
            .collect()
    };
    Axis::log("delay", Format::Seconds, runs(report).flat_map(of))
}

/// A panel for a delay of all systems.
fn shared(report: &Report, title: &str, get: Get) -> Panel {
    let mut panel = Panel::over_time(report, title, axis(report, &[get]));
    for (n, run) in runs(report) {
        for (percentile, (word, ..)) in PERCENTILES.iter().enumerate() {
            let label = format!("{} {word}", report.systems[n].label);
            let look = shared_look(report, n, percentile);
            panel.add(Series::gaps(label, look, values(run, get, percentile)).of(n));
        }
    }
    panel
}

/// A panel for both delays of a system.
fn own(report: &Report, n: usize, axis: Axis) -> Panel {
    let system = &report.systems[n];
    let mut panel = Panel::over_time(report, &system.label, axis).of(report, n);
    if let Some(run) = system.runs.first() {
        for (kind, _, get) in KINDS {
            for (percentile, (word, ..)) in PERCENTILES.iter().enumerate() {
                let look = look(own_colour(kind), percentile);
                let label = format!("{kind} {word}");
                panel.add(Series::gaps(label, look, values(run, get, percentile)).of(n));
            }
        }
    }
    panel
}

/// The colour of a delay in a panel of one system.
fn own_colour(kind: &str) -> Colour {
    match kind {
        "append" => Colour::System(1),
        _ => Colour::Ink,
    }
}

fn legend(report: &Report) -> Vec<Entry> {
    let words = || PERCENTILES.iter().enumerate();
    if report.systems.len() > SHARED_MAX {
        let entry = |(kind, ..): (&'static str, &str, Get)| {
            words().map(move |(percentile, (word, ..))| {
                Entry::line(format!("{kind} {word}"), look(own_colour(kind), percentile))
            })
        };
        return KINDS.into_iter().flat_map(entry).collect();
    }
    let entry = |(n, system): (usize, &SystemReport)| -> Vec<Entry> {
        let of = |(percentile, (word, ..)): (usize, &(&str, Dash, u32))| {
            let label = format!("{} {word}", system.label);
            Entry::line(label, shared_look(report, n, percentile)).of(n)
        };
        words().map(of).collect()
    };
    report.systems.iter().enumerate().flat_map(entry).collect()
}

/// For each delay the system with the highest 99th percentile, and when it was.
fn caption(report: &Report) -> String {
    let sentence = |(kind, _, get): (&str, &str, Get)| {
        let peak = |(n, run)| {
            let known = values(run, get, 1).filter_map(|(t, value)| Some((t, value?)));
            Some((n, extent::highest(&known.collect::<Vec<_>>())?))
        };
        let peaks = runs(report).filter_map(peak);
        let worst = peaks.reduce(|best, next| if next.1.1 > best.1.1 { next } else { best });
        worst.map(|(n, (at, most))| {
            format!(
                "The p99 of {kind} was highest on {}: {} at {}.",
                report.systems[n].quoted(),
                format::seconds(most),
                report.instant(at)
            )
        })
    };
    let sentences: Vec<String> = KINDS.into_iter().filter_map(sentence).collect();
    sentences.join(" ")
}

impl Chart for Delay {
    const NAME: &'static str = "delay";
    const TITLE: &'static str = "Delay over time";

    fn describe(report: &Report) -> Description {
        let count = report.systems.len();
        let panels: Vec<Panel> = if count > SHARED_MAX {
            let axis = axis(report, &[append, delivery]);
            (0..count).map(|n| own(report, n, axis.clone())).collect()
        } else {
            KINDS
                .map(|(_, title, get)| shared(report, title, get))
                .into()
        };
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(panels.len()),
            legend: legend(report),
            panels,
        };
        parts.describe::<Self>(report)
    }
}
