//! What the time of a record consists of: one source for `parts.csv`, the table, the terminal and the chart.

use super::{Report, format};
use crate::probe::figures::Unit;
use crate::probe::{ConsumerTimes, TimePart};
use crate::stats::Interval;
use std::fmt::Write;

/// How the table is to be read.
pub(super) const ABOUT: &str = "The delay of delivery of each consumer's records, part by part: the mean over the records of the measured \
    window, and the mean over those around the 99th percentile of the delay (from the 98.5th to the 99.5th, in classes of 6 %), which are \
    other records in other circumstances. The parts of each record add up to its delay, which every run checks. In a run of more than \
    100,000 records about so many of them are followed, chosen by their numbers. Records that are never delivered have no delay.";

/// A part of the delay.
pub(super) struct PartOf {
    pub(super) part: TimePart,
    /// Its mean over the replications `[s]`.
    pub(super) mean: Interval,
    /// The same of the records around the 99th percentile `[s]`.
    pub(super) p99: Interval,
}

/// The delay of a consumer's records on a system.
pub(super) struct Bar {
    pub(super) system: usize,
    pub(super) consumer: usize,
    pub(super) parts: Vec<PartOf>,
}

impl Bar {
    /// The name of its system, and of its consumer where there are several.
    pub(super) fn name(&self, report: &Report) -> String {
        let label = &report.systems[self.system].label;
        match report.consumers.len() {
            1 => label.clone(),
            _ => format!("{label}, {}", report.consumers[self.consumer]),
        }
    }

    /// Its whole mean and that around the 99th percentile `[s]`.
    pub(super) fn whole(&self) -> (f64, f64) {
        let mean = self.parts.iter().map(|part| part.mean.mean).sum();
        let p99 = self.parts.iter().map(|part| part.p99.mean).sum();
        (mean, p99)
    }

    /// The part that takes most of the mean.
    pub(super) fn largest(&self) -> Option<&PartOf> {
        let parts = self.parts.iter();
        parts.max_by(|a, b| a.mean.mean.total_cmp(&b.mean.mean))
    }
}

/// The bars of all systems and consumers that have delivered something, in the order of the file.
pub(super) fn bars(report: &Report) -> Vec<Bar> {
    let all = (0..report.systems.len())
        .flat_map(|system| (0..report.consumers.len()).map(move |consumer| (system, consumer)));
    all.filter_map(|(system, consumer)| bar(report, system, consumer))
        .collect()
}

fn bar(report: &Report, system: usize, consumer: usize) -> Option<Bar> {
    let runs = report.systems[system].runs.iter();
    let times: Vec<&ConsumerTimes> = runs
        .filter_map(|run| run.times.consumers.get(consumer))
        .filter(|times| times.followed > 0)
        .collect();
    let over = |get: &dyn Fn(&ConsumerTimes) -> f64| {
        let values: Vec<f64> = times.iter().map(|times| get(times)).collect();
        Interval::of(&values)
    };
    let part = |part: TimePart| {
        Some(PartOf {
            part,
            mean: over(&|times| times.mean[part as usize])?,
            p99: over(&|times| times.p99[part as usize])?,
        })
    };
    let parts: Vec<PartOf> = TimePart::ALL.into_iter().filter_map(part).collect();
    (!parts.is_empty()).then_some(Bar {
        system,
        consumer,
        parts,
    })
}

/// The parts that take any time anywhere.
pub(super) fn shown(bars: &[Bar]) -> Vec<TimePart> {
    let takes = |part: &TimePart| {
        let mut values = bars.iter().map(|bar| &bar.parts[*part as usize]);
        values.any(|part| part.mean.mean > 0.0 || part.p99.mean > 0.0)
    };
    TimePart::ALL.into_iter().filter(takes).collect()
}

/// The table with what it needs to be read.
#[derive(serde::Serialize)]
pub(super) struct PartsTable {
    about: &'static str,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// The table: two rows for each bar, the mean and the records around the 99th percentile.
pub(super) fn table(report: &Report) -> PartsTable {
    let bars = bars(report);
    let shown = shown(&bars);
    let mut heads = vec!["system", "consumer", "records", "whole"];
    heads.extend(shown.iter().map(|part| part.name()));
    let row = |bar: &Bar, words: &str, whole: f64, get: &dyn Fn(&PartOf) -> Interval| {
        let mut row = vec![
            report.systems[bar.system].label.clone(),
            report.consumers[bar.consumer].clone(),
            words.to_owned(),
            format::seconds(whole),
        ];
        let value = |part: &TimePart| get(&bar.parts[*part as usize]);
        let cell = |part: &TimePart| format::interval(&value(part), Unit::Seconds);
        row.extend(shown.iter().map(cell));
        row
    };
    let rows = bars.iter().flat_map(|bar| {
        let (mean, p99) = bar.whole();
        [
            row(bar, "all, mean", mean, &|part| part.mean),
            row(bar, "around p99", p99, &|part| part.p99),
        ]
    });
    PartsTable {
        about: ABOUT,
        heads,
        rows: rows.collect(),
    }
}

/// The section of `report.md`.
pub(super) fn markdown(report: &Report, text: &mut String) {
    let table = table(report);
    if table.rows.is_empty() {
        return;
    }
    let heads = table.heads.join(" | ");
    let line = "--:|".repeat(table.heads.len() - 3);
    let _ = writeln!(
        text,
        "\n## A record's time\n\n{ABOUT}\n\n| {heads} |\n|---|---|---|{line}"
    );
    for row in table.rows {
        let cells: Vec<String> = row.iter().map(|text| super::text::cell(text)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// The lines of the terminal: the mean delay of each bar and the parts that make at least a twentieth of it.
pub(super) fn terminal(report: &Report, text: &mut String) {
    let bars = bars(report);
    if bars.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nA record's time, mean; intervals are in report.md");
    for bar in &bars {
        let whole = bar.whole().0;
        let large = bar
            .parts
            .iter()
            .filter(|part| part.mean.mean >= whole / 20.0);
        let words: Vec<String> = large
            .map(|part| format!("{} {}", part.part.name(), format::seconds(part.mean.mean)))
            .collect();
        let _ = writeln!(
            text,
            "  {}: {} ({})",
            bar.name(report),
            format::seconds(whole),
            words.join(", ")
        );
    }
}
