//! Which chart, and which instant of it, a sentence of the verdict speaks of.

use super::Report;
use super::chart::description::{Data, Description, Panel, Series};

/// Words of sentences, and the charts that show what they say, the best one first.
const CHARTS: &[(&str, &[&str])] = &[
    ("after a later one of their key", &["order"]),
    ("USD", &["cost-million", "cost-time"]),
    ("This is skew", &["heat", "binding", "refusals"]),
    ("main cause", &["binding", "refusals"]),
    ("acknowledged records are known", &["ladder", "delay"]),
    ("done with 99 %", &["ladder", "delay"]),
    ("did get, 99 %", &["ladder", "delay"]),
    ("send()", &["buffer", "delay"]),
    ("buffer", &["buffer", "delay"]),
    ("fell behind", &["buffer", "throughput"]),
    ("records behind at the end", &["lag"]),
    ("expired before", &["age", "lag"]),
    ("skipped", &["age", "lag"]),
    ("gave up", &["age", "lag"]),
    ("reading calls", &["age", "lag"]),
    ("once more", &["leaders", "lag"]),
    ("s, had ", &["lineage", "heat"]),
    ("lost none", &["refusals"]),
    ("lost", &["health", "isr", "refusals"]),
    ("refused", &["refusals"]),
    ("let expire in the client", &["buffer", "refusals"]),
    ("stored", &["refusals", "throughput"]),
    ("offered", &["throughput"]),
];

/// Where a sentence leads.
pub(super) struct Link<'a> {
    /// The chart.
    pub chart: &'a Description,
    /// The instant `[s]` at which the chart's highest value for the system of the sentence is, where it has one.
    pub at: Option<f64>,
}

/// Where a sentence of the verdict leads.
pub(super) fn link<'a>(
    sentence: &str,
    report: &Report,
    charts: &[&'a Description],
) -> Option<Link<'a>> {
    let (_, names) = CHARTS.iter().find(|(words, _)| sentence.contains(words))?;
    let chart = |name: &&str| charts.iter().find(|chart| chart.name == **name);
    let chart = *names.iter().find_map(chart)?;
    let at = system_of(sentence, report).and_then(|system| moment(chart, system));
    Some(Link { chart, at })
}

/// The system that a sentence begins with; the longest label decides.
pub(super) fn subject(sentence: &str, report: &Report) -> Option<usize> {
    let labels = report.systems.iter().map(|system| system.label.as_str());
    let begins = |label: &str| {
        let rest = sentence.strip_prefix(label);
        rest.is_some_and(|rest| rest.starts_with([' ', ':']))
    };
    let first = labels.enumerate().filter(|(_, label)| begins(label));
    first.max_by_key(|(_, label)| label.len()).map(|(n, _)| n)
}

/// The system that a sentence begins with, or else names; the longest label decides.
fn system_of(sentence: &str, report: &Report) -> Option<usize> {
    if let Some(first) = subject(sentence, report) {
        return Some(first);
    }
    let labels = report.systems.iter().map(|system| system.label.as_str());
    let named = labels
        .enumerate()
        .filter(|(_, label)| sentence.contains(label));
    named.max_by_key(|(_, label)| label.len()).map(|(n, _)| n)
}

/// When the first series of a system in a chart of time is highest `[s]`.
fn moment(chart: &Description, system: usize) -> Option<f64> {
    let panels = chart.panels.iter().filter(|panel| panel.x.is_time);
    let of = |panel: &'_ Panel| -> Option<f64> {
        let mut own = panel
            .series
            .iter()
            .filter(|series| series.system == Some(system));
        own.find_map(highest)
    };
    panels.into_iter().find_map(of)
}

/// Where a line is highest, if it is above 0 anywhere.
fn highest(series: &Series) -> Option<f64> {
    let (Data::Line { parts } | Data::Steps { parts }) = &series.data else {
        return None;
    };
    let points = parts.iter().flatten().filter(|point| point[1] > 0.0);
    let higher = |best: &'_ [f64; 2], next: &'_ [f64; 2]| best[1].total_cmp(&next[1]);
    points.max_by(|a, b| higher(a, b)).map(|point| point[0])
}
