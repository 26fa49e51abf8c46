//! Partitions that lack copies or a leader, over time, as the brokers and the controller count them.

use super::cluster::{self, OFFLINE};
use super::description::{
    self, Axis, Colour, Description, Entry, Format, Look, Panel, Parts, Series,
};
use super::{Chart, extent};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, format};

pub(super) struct Health;

/// The counts: words, gauge, colour, width of the line. Equal ones lie over each other, the graver
/// thinner and above.
const COUNTS: [(&str, GaugeName, Colour, u32); 3] = [
    (
        "under-replicated",
        gauges::UNDER_REPLICATED,
        Colour::fixed(235, 165, 45),
        11,
    ),
    (
        "below min.insync.replicas",
        gauges::UNDER_MIN_ISR,
        Colour::System(1),
        7,
    ),
    ("offline", gauges::OFFLINE_PARTITIONS, OFFLINE, 3),
];

/// What the gauges call the whole.
const CLUSTER: &str = "cluster";

/// The counts of a cluster over time.
fn counts(run: &RunResult) -> [extent::Over; 3] {
    COUNTS.map(|(_, name, _, _)| cluster::gauge_of(run, CLUSTER, name))
}

/// The systems where something was ever wrong, with their numbers.
fn ailing(report: &Report) -> Vec<(usize, &RunResult)> {
    let ails = |run: &RunResult| counts(run).iter().any(|points| cluster::most(points) > 0.0);
    let clusters = cluster::clusters(report).into_iter();
    clusters.filter(|(_, run)| ails(run)).collect()
}

/// The highest counts of each system.
fn caption(report: &Report) -> String {
    let sentence = |(n, run): &(usize, &RunResult)| {
        let [under, below, offline] = counts(run).each_ref().map(|points| cluster::most(points));
        let system = &report.systems[*n];
        format!(
            "{}: of {} {}s at most {} were under-replicated at a time, {} below min.insync.replicas and {} offline.",
            system.label,
            format::count(run.lanes.len() as f64),
            system.names.lane,
            format::count(under),
            format::count(below),
            format::count(offline)
        )
    };
    let sentences: Vec<String> = ailing(report).iter().map(sentence).collect();
    sentences.join(" ")
}

fn panel(report: &Report, n: usize, run: &RunResult) -> Panel {
    let counts = counts(run);
    let top = extent::most(counts.iter());
    let axis = Axis::linear("partitions", Format::Whole, top);
    let mut panel = Panel::over_time(report, &report.systems[n].label, axis).of(report, n);
    for (points, (words, _, colour, width)) in counts.iter().zip(COUNTS) {
        if cluster::most(points) > 0.0 {
            panel.add(Series::steps(words, Look::plain(colour, width), points).of(n));
        }
    }
    panel
}

impl Chart for Health {
    const NAME: &'static str = "health";
    const TITLE: &'static str = "Under-replicated and offline partitions";

    fn applies(report: &Report) -> bool {
        !ailing(report).is_empty()
    }

    fn describe(report: &Report) -> Description {
        let ailing = ailing(report);
        let entry = |(words, _, colour, width)| Entry::line(words, Look::plain(colour, width));
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(ailing.len()),
            legend: COUNTS.map(entry).into(),
            panels: ailing
                .iter()
                .map(|(n, run)| panel(report, *n, run))
                .collect(),
        };
        parts.describe::<Self>(report)
    }
}
