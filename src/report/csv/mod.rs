//! The CSV files: tidy, in base units, a header always, RFC 4180.

mod binding;
mod outages;
mod parts;
mod series;

use super::format::machine;
use super::{Report, Store, costs};
use crate::probe::figures::lane_utilisation;
use std::io::{self, Write};

/// A CSV file that is being written row by row, so that a file on disk is never held in memory.
pub(super) struct CsvTable<'a> {
    writer: csv::Writer<Box<dyn Write + 'a>>,
    /// The first row that could not be written ended the writing.
    failed: Option<csv::Error>,
}

impl<'a> CsvTable<'a> {
    fn new(to: Box<dyn Write + 'a>) -> Self {
        Self {
            writer: csv::Writer::from_writer(to),
            failed: None,
        }
    }

    /// Writes the names of the columns.
    pub(super) fn header(&mut self, names: &[&str]) {
        self.push(names);
    }

    /// Writes a row. An error is kept for [`CsvTable::finish`], and later rows are not written.
    pub(super) fn push<T: AsRef<[u8]>>(&mut self, row: impl IntoIterator<Item = T>) {
        if self.failed.is_none() {
            self.failed = self.writer.write_record(row).err();
        }
    }

    fn finish(mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error.into()),
            None => self.writer.flush(),
        }
    }
}

/// What writes the rows of a file.
type Fill = fn(&Report, &mut CsvTable<'_>);

/// All files: their names and what writes their rows.
const FILES: &[(&str, Fill)] = &[
    ("summary.csv", summary),
    ("replications.csv", replications),
    ("differences.csv", differences),
    ("series.csv", series::series),
    ("lanes.csv", lanes),
    ("latency.csv", latency),
    ("ledger.csv", ledger),
    ("events.csv", events),
    ("binding.csv", binding::rows),
    ("outages.csv", outages::rows),
    ("parts.csv", parts::rows),
    ("costs.csv", costs::csv_rows),
];

/// The names of all files.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Writes every file to `store`.
pub(super) fn write_all(report: &Report, store: &mut dyn Store) -> Result<(), String> {
    for (name, fill) in FILES.iter().copied() {
        let written = store.open(name).and_then(|file| {
            let mut sheet = CsvTable::new(file);
            fill(report, &mut sheet);
            sheet.finish()
        });
        written.map_err(|error| format!("{}: {error}", store.shown(name)))?;
    }
    Ok(())
}

/// One wide row per system: every figure with half the width of its 95 % interval.
fn summary(report: &Report, rows: &mut CsvTable<'_>) {
    let mut head: Vec<String> = [
        "scenario",
        "scenario_hash",
        "version",
        "seed",
        "replications",
        "system",
        "platform",
    ]
    .map(str::to_owned)
    .to_vec();
    for row in &report.rows {
        let consumer = row
            .consumer
            .map_or(String::new(), |n| format!("{}_", report.consumers[n]));
        let name = format!("{consumer}{}{}", row.name, row.unit.suffix());
        head.push(name.clone());
        head.push(format!("{name}_ci95"));
    }
    rows.push(head);
    for (index, system) in report.systems.iter().enumerate() {
        let mut line = vec![
            report.name.clone(),
            report.hash.clone(),
            env!("CARGO_PKG_VERSION").to_owned(),
            report.seed.to_string(),
            report.replications.to_string(),
            system.label.clone(),
            system.platform.to_owned(),
        ];
        for row in &report.rows {
            let value = row.values.get(index).copied().flatten();
            line.push(value.map_or(String::new(), |value| machine(value.mean)));
            line.push(
                value
                    .and_then(|value| value.half_width)
                    .map_or(String::new(), machine),
            );
        }
        rows.push(line);
    }
}

/// Every figure of every replication, tidy: what pairs runs of the same inputs with each other.
fn replications(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "platform",
        "replication",
        "consumer",
        "figure",
        "unit",
        "value",
    ]);
    for (index, system) in report.systems.iter().enumerate() {
        for row in &report.rows {
            for (replication, value) in row.each[index].iter().enumerate() {
                // A figure that was not measured has no row.
                let Some(value) = value else { continue };
                rows.push(vec![
                    system.label.clone(),
                    system.platform.to_owned(),
                    replication.to_string(),
                    row.consumer
                        .map_or(String::new(), |n| report.consumers[n].clone()),
                    row.name.to_owned(),
                    row.unit.word().to_owned(),
                    machine(*value),
                ]);
            }
        }
    }
}

/// Every figure of every two systems, paired replication by replication.
fn differences(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "first",
        "second",
        "consumer",
        "figure",
        "unit",
        "second_minus_first",
        "ci95_bonferroni",
        "n",
        "distinguishable",
    ]);
    for row in &report.rows {
        for pair in &row.pairs {
            let difference = &pair.difference;
            rows.push(vec![
                report.systems[pair.first].label.clone(),
                report.systems[pair.second].label.clone(),
                row.consumer
                    .map_or(String::new(), |n| report.consumers[n].clone()),
                row.name.to_owned(),
                row.unit.word().to_owned(),
                machine(difference.mean),
                difference.half_width.map_or(String::new(), machine),
                difference.n.to_string(),
                match difference.half_width {
                    None => String::new(),
                    Some(_) => difference.is_significant().to_string(),
                },
            ]);
        }
    }
}

/// What the platforms did, every replication.
fn events(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&["system", "replication", "t_s", "entity", "event", "detail"]);
    for system in &report.systems {
        for (replication, run) in system.runs.iter().enumerate() {
            for happening in &run.happenings {
                rows.push(vec![
                    system.label.clone(),
                    replication.to_string(),
                    machine(happening.t),
                    happening.entity.clone(),
                    happening.what.to_owned(),
                    happening.detail.clone(),
                ]);
            }
        }
    }
}

/// Totals per lane over the measured window, every replication.
fn lanes(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "replication",
        "lane",
        "records",
        "bytes",
        "refused_attempts",
        "utilisation_share",
        "limit_bytes_per_s",
        "limit_records_per_s",
        "opened_s",
        "closed_s",
        "parents",
        "range_from_share",
        "range_to_share",
    ]);
    for system in &report.systems {
        for (replication, run) in system.runs.iter().enumerate() {
            let used = lane_utilisation(run);
            for (index, (lane, totals)) in run.lanes.iter().zip(&run.lane_totals).enumerate() {
                let records_limit = if lane.records_per_s.is_finite() {
                    machine(lane.records_per_s)
                } else {
                    String::new()
                };
                let parents: Vec<&str> = lane
                    .parents
                    .iter()
                    .map(|parent| run.lanes[*parent as usize].name.as_str())
                    .collect();
                rows.push(vec![
                    system.label.clone(),
                    replication.to_string(),
                    lane.name.clone(),
                    totals.records.to_string(),
                    totals.bytes.to_string(),
                    totals.throttled.to_string(),
                    used.get(index).map_or(String::new(), |used| machine(*used)),
                    machine(lane.bytes_per_s),
                    records_limit,
                    machine(lane.opened_s),
                    lane.closed_s.map_or(String::new(), machine),
                    parents.join(" "),
                    lane.range.map_or(String::new(), |range| machine(range.0)),
                    lane.range.map_or(String::new(), |range| machine(range.1)),
                ]);
            }
        }
    }
}

/// The percentile ladder: append and delivery, mean over the replications with its interval.
fn latency(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "latency",
        "consumer",
        "statistic",
        "value_s",
        "ci95_s",
        "n",
    ]);
    let ladder = |name: &str| {
        let (kind, statistic) = name.split_once('_')?;
        ["append", "delivery", "survivors"]
            .contains(&kind)
            .then(|| (kind.to_owned(), statistic.to_owned()))
    };
    for (index, system) in report.systems.iter().enumerate() {
        for row in &report.rows {
            let Some((kind, statistic)) = ladder(row.name) else {
                continue;
            };
            let value = row.values.get(index).copied().flatten();
            rows.push(vec![
                system.label.clone(),
                kind,
                row.consumer
                    .map_or(String::new(), |n| report.consumers[n].clone()),
                statistic,
                value.map_or(String::new(), |value| machine(value.mean)),
                value
                    .and_then(|value| value.half_width)
                    .map_or(String::new(), machine),
                value.map_or(0, |value| value.n).to_string(),
            ]);
        }
    }
}

/// Where every record ended, per consumer and replication; each block adds up to what was produced.
fn ledger(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "replication",
        "consumer",
        "fate",
        "reason",
        "records",
    ]);
    for system in &report.systems {
        for (replication, run) in system.runs.iter().enumerate() {
            let accounts = report.consumers.iter().zip(&run.ledger.consumers);
            for (consumer, account) in accounts.filter(|(_, account)| !account.absent) {
                let mut push = |fate: &str, reason: &str, records: u64| {
                    rows.push(vec![
                        system.label.clone(),
                        replication.to_string(),
                        consumer.clone(),
                        fate.to_owned(),
                        reason.to_owned(),
                        records.to_string(),
                    ]);
                };
                push("produced", "", run.ledger.offered);
                let causes = run.ledger.cause_names.iter().zip(&run.ledger.causes);
                for (cause, records) in causes.filter(|(cause, n)| !cause.rare || **n > 0) {
                    push(cause.fate.name(), cause.name, *records);
                }
                push("expired unread", "retention", account.expired);
                push(
                    "skipped",
                    "stored before the consumer's starting point",
                    account.skipped,
                );
                if account.discarded > 0 {
                    push(
                        "discarded",
                        "retries or age of the mapping",
                        account.discarded,
                    );
                }
                if account.aborted > 0 {
                    push("aborted", "its transaction was aborted", account.aborted);
                }
                if account.compacted > 0 {
                    push("compacted", "removed by compaction", account.compacted);
                }
                push("delivered", "", account.delivered);
                push(
                    "in flight",
                    "in the client or on the way",
                    run.ledger.client_held,
                );
                push("in flight", "stored, not yet processed", account.unread);
            }
        }
    }
}
