//! What each fault, call and step of the timeline comes to, as the report shows it.

use super::{Report, SystemReport, format};
use crate::probe::figures::{self, Unit};
use crate::probe::{Entry, OutageFigure, RunResult, outage_figure, outage_value};
use crate::stats::Interval;
use crate::units::SimTime;
use std::fmt::Write;

/// The heads of the table.
pub(super) const HEADS: [&str; 13] = [
    "system",
    "what",
    "from",
    "writes unavailable (worst lane)",
    "reads unavailable (worst lane)",
    "refused",
    "lost (RPO)",
    "given again",
    "drained",
    "recovered (RTO)",
    "p99 before",
    "p99 during",
    "p99 after",
];

/// How the table is to be read.
pub(super) const ABOUT: &str = "Of every fault, call and step: the longest stretch without a success while a record was due, for all lanes at once and for the \
    worst lane; what happened until the next entry; the time until lags were back after its end; the time from its beginning until writes and lags \
    were back within 10 % of the level before for 30 s; the delay of delivery of the records that were due before, during and after it. `outages.csv` has \
    every consumer and replication.";

/// The table with what it needs to be read.
#[derive(serde::Serialize)]
pub(super) struct OutageTable {
    about: &'static str,
    heads: [&'static str; 13],
    rows: Vec<Vec<String>>,
}

/// The table for the page.
pub(super) fn table(report: &Report) -> OutageTable {
    OutageTable {
        about: ABOUT,
        heads: HEADS,
        rows: rows(report),
    }
}

/// One row for each entry of each system.
pub(super) fn rows(report: &Report) -> Vec<Vec<String>> {
    let systems = report.systems.iter();
    systems
        .flat_map(|system| {
            let entries = system.runs.first().map_or(0, |run| run.parts.entries.len());
            (0..entries).map(|entry| row(system, entry))
        })
        .collect()
}

fn row(system: &SystemReport, entry: usize) -> Vec<String> {
    let mark = &system.runs[0].parts.entries[entry].mark;
    let of = |name: &str| {
        let figure = outage_figure(name);
        let value = |run: &RunResult| outage_value(run, figure?, entry, None);
        mean(
            system,
            value,
            figure.map_or(Unit::Seconds, |figure| figure.unit),
        )
    };
    let both = |name: &str| format!("{} ({})", of(name), of(&format!("{name}_lane")));
    let counted = |name: &str| mean(system, |run| count(run, entry, name), Unit::Count);
    let p99 = |part: Part| mean(system, |run| delay(run, entry, part), Unit::Seconds);
    vec![
        system.label.clone(),
        format!("{}: {}", mark.name, mark.text),
        format::seconds(mark.from.as_secs_f64()),
        both("unavailable_writes"),
        both("unavailable_reads"),
        counted("refused"),
        format!("{} ({})", of("rpo_records"), of("rpo")),
        counted("redelivered"),
        of("drained"),
        of("rto"),
        p99(Part::Before),
        p99(Part::During),
        p99(Part::After),
    ]
}

/// A part of the run around an entry.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// From the end of the warm-up to its beginning.
    Before,
    /// From its beginning to its end.
    During,
    /// From its end to the next entry.
    After,
}

impl Part {
    /// From when to when, if it lasts at all.
    fn span(self, run: &RunResult, entry: &Entry) -> Option<(SimTime, SimTime)> {
        let (from, to) = match self {
            Self::Before => (
                SimTime((run.warmup_s * 1e9).round() as u64),
                entry.mark.from,
            ),
            Self::During => (entry.mark.from, entry.mark.to),
            Self::After => (entry.mark.to, entry.until),
        };
        (from < to).then_some((from, to))
    }
}

/// p99 of the delay of delivery in a part, of the worst consumer; of the acknowledgement where nobody reads.
fn delay(run: &RunResult, entry: usize, part: Part) -> Option<f64> {
    let (from, to) = part.span(run, run.parts.entries.get(entry)?)?;
    let part = run.within(from, to);
    let name = if run.delivery.is_empty() {
        "append_p99"
    } else {
        "delivery_p99"
    };
    figures::value(&part, name, None)
}

/// A count from the beginning of an entry to the next one.
fn count(run: &RunResult, entry: usize, name: &str) -> Option<f64> {
    let entry = run.parts.entries.get(entry)?;
    figures::value(&run.within(entry.mark.from, entry.until), name, None)
}

/// A value over the replications, with its interval.
fn mean(system: &SystemReport, value: impl Fn(&RunResult) -> Option<f64>, unit: Unit) -> String {
    let values: Vec<f64> = system.runs.iter().filter_map(value).collect();
    let never = values.iter().filter(|value| value.is_infinite()).count();
    if never > 0 {
        return match values.len() {
            1 => "not in the run".to_owned(),
            all => format!("not in {never} of {all} runs"),
        };
    }
    Interval::of(&values).map_or("-".to_owned(), |value| format::interval(&value, unit))
}

/// What each fault, call and step comes to.
pub(super) fn markdown(report: &Report, text: &mut String) {
    let rows = rows(report);
    if rows.is_empty() {
        return;
    }
    let heads = HEADS.join(" | ");
    let line = "--:|".repeat(HEADS.len() - 2);
    let about = ABOUT;
    let _ = writeln!(
        text,
        "\n## Outages\n\n{about}\n\n| {heads} |\n|---|---|{line}"
    );
    for row in rows {
        let cells: Vec<String> = row.iter().map(|text| super::text::cell(text)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// The times of outages for the terminal.
pub(super) fn terminal(report: &Report, text: &mut String) {
    let rows = rows(report);
    if !rows.is_empty() {
        let _ = writeln!(text, "\nOutages");
    }
    for row in rows {
        let _ = writeln!(
            text,
            "  {}, {} at {}: writes unavailable for {}, reads for {}, recovered after {}",
            row[0], row[1], row[2], row[3], row[4], row[9]
        );
    }
}

/// A row of `outages.csv`: the entry, the consumer if the figure is one of a consumer, the figure and its value.
pub(super) struct Value<'a> {
    pub(super) entry: &'a Entry,
    pub(super) consumer: Option<usize>,
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) value: f64,
}

/// The counts of an entry in `outages.csv`.
const COUNTS: [&str; 5] = [
    "refused",
    "expired_in_client",
    "lost",
    "stored_again",
    "redelivered",
];

/// Every figure of every entry of a run.
pub(super) fn values(run: &RunResult) -> Vec<Value<'_>> {
    let entries = (0..).zip(&run.parts.entries);
    entries
        .flat_map(|(place, entry)| {
            let own = crate::probe::OUTAGE_FIGURES.iter();
            let own = own.flat_map(move |figure| of_figure(run, place, entry, figure));
            own.chain(delays_and_counts(run, place, entry))
        })
        .collect()
}

fn of_figure<'a>(
    run: &'a RunResult,
    place: usize,
    entry: &'a Entry,
    figure: &'static OutageFigure,
) -> Vec<Value<'a>> {
    let consumers: Vec<Option<usize>> = match figure.of_consumer {
        false => vec![None],
        true => (0..run.ledger.consumers.len()).map(Some).collect(),
    };
    let value = |consumer: Option<usize>| {
        Some(Value {
            entry,
            consumer,
            name: figure.name,
            unit: figure.unit,
            value: outage_value(run, figure, place, consumer)?,
        })
    };
    consumers.into_iter().filter_map(value).collect()
}

fn delays_and_counts<'a>(run: &'a RunResult, place: usize, entry: &'a Entry) -> Vec<Value<'a>> {
    let counts = COUNTS.map(|name| (name, Unit::Count, count(run, place, name)));
    let parts = [
        ("p99_before", Part::Before),
        ("p99_during", Part::During),
        ("p99_after", Part::After),
    ];
    let delays = parts.map(|(name, part)| (name, Unit::Seconds, delay(run, place, part)));
    let all = counts.into_iter().chain(delays);
    let value = |(name, unit, value): (&'static str, Unit, Option<f64>)| {
        Some(Value {
            entry,
            consumer: None,
            name,
            unit,
            value: value?,
        })
    };
    all.filter_map(value).collect()
}
