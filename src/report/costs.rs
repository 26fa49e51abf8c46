//! Bills as rows: one source for `costs.csv`, the tables in texts and page, and the charts.

use super::{Report, SystemReport, format, serving};
use crate::cost::{Basis, Bill, Line, PICO_PER_USD, usd};
use crate::probe::RunResult;

/// Hours of a day and of 30 days.
const DAY_H: u128 = 24;
const DAYS_30_H: u128 = 720;

/// The heads of the table of a bill.
pub(super) const HEADS: [&str; 9] = [
    "system",
    "item",
    "quantity",
    "price [USD / unit]",
    "run [USD]",
    "30 days [USD]",
    "source",
    "valid from",
    "confidence",
];

/// What a reader should know before the numbers.
pub(super) const ABOUT: &str = "Prices of us-east-1, first replication. The run is billed for what it used; \
    an hour, a day and 30 days are hours like this run, with logs as full as their retention lets them become. Estimates stand below the total and are no part of it. \
    `costs.csv` has every replication to the pico-dollar.";

/// The bill of a system's first replication.
pub(super) fn first(system: &SystemReport) -> Option<(&RunResult, &Bill)> {
    let run = system.runs.first()?;
    Some((run, run.bill.as_ref()?))
}

/// Whether any system has a bill.
pub(super) fn any(report: &Report) -> bool {
    report.systems.iter().any(|system| first(system).is_some())
}

/// Pico-dollars for people.
fn shown(pico: u128) -> String {
    let text = format::usd(pico as f64 / PICO_PER_USD as f64);
    text.trim_end_matches(" USD").to_owned()
}

/// How many units of its price a line has.
fn quantity(line: &Line) -> String {
    let amount = line.item.price.in_units(line.quantity);
    if amount < 10_000.0 {
        format::machine_short(amount)
    } else {
        format::count(amount)
    }
}

/// A line of a bill as a row.
fn row(label: &str, line: &Line) -> [String; 9] {
    let (price, basis) = (&line.item.price, &line.item.price.basis);
    [
        label.to_owned(),
        line.item.name.clone(),
        quantity(line),
        if price.pico == 0 {
            format!("free / {}", price.unit)
        } else {
            format!("{} / {}", price.usd(), price.unit)
        },
        shown(line.amount),
        shown(line.hourly * DAYS_30_H),
        basis.source.clone(),
        basis.valid_from.clone(),
        basis.trust(),
    ]
}

/// The rows of all bills, first replications: each line, the total, then estimates, which stand beside it.
pub(super) fn rows(report: &Report) -> Vec<[String; 9]> {
    let mut rows = Vec::new();
    for number in serving::order(report) {
        let system = &report.systems[number];
        let Some((_, bill)) = first(system) else {
            continue;
        };
        rows.extend(bill.counted().map(|line| row(&system.label, line)));
        let (run, month) = (shown(bill.total()), shown(bill.hourly() * DAYS_30_H));
        let empty = String::new;
        let item = match serving::words(report, number) {
            Some(words) => format!("total; {words}"),
            None => "total".to_owned(),
        };
        rows.push([
            system.label.clone(),
            item,
            empty(),
            empty(),
            run,
            month,
            empty(),
            empty(),
            empty(),
        ]);
        rows.extend(bill.estimates().map(|line| row(&system.label, line)));
    }
    rows
}

/// A sentence per system: what an hour, a day, 30 days and a million records cost. Those that do not serve the load
/// stand last and say so.
pub(super) fn rates(report: &Report) -> Vec<String> {
    let sentence = |number: usize| {
        let system = &report.systems[number];
        let Some((run, bill)) = first(system) else {
            return format!("{}: hardware of one's own has no price here.", system.label);
        };
        let hourly = bill.hourly();
        let million = |records: u64| bill.per_million(records).map_or("-".to_owned(), shown);
        let served = serving::words(report, number);
        let served = served.map_or(String::new(), |words| format!(" It {words}."));
        format!(
            "{}: {} USD an hour, {} a day, {} in 30 days; {} per million records stored, {} per million delivered.{served}",
            system.label,
            shown(hourly),
            shown(hourly * DAY_H),
            shown(hourly * DAYS_30_H),
            million(run.ledger.stored),
            million(run.delivered()),
        )
    };
    serving::order(report).into_iter().map(sentence).collect()
}

/// The counting rules and the notes of assumed prices that the bills rest on, each once, as sentences.
pub(super) fn rules(report: &Report) -> Vec<String> {
    let mut seen: Vec<&Basis> = Vec::new();
    for (_, bill) in report.systems.iter().filter_map(first) {
        for line in &bill.lines {
            let price = Some(&line.item.price.basis).filter(|basis| basis.is_assumption());
            for basis in line.item.rules.iter().chain(price) {
                if !seen.contains(&basis) {
                    seen.push(basis);
                }
            }
        }
    }
    let sentence = |basis: &&Basis| {
        let word = if basis.is_assumption() {
            "assumption: "
        } else {
            ""
        };
        format!(
            "{word}{} ({}, {}, {})",
            basis.note, basis.source, basis.valid_from, basis.id
        )
    };
    seen.iter().map(sentence).collect()
}

/// A line of a bill behind system and replication.
fn csv_line(run: &RunResult, bill: &Bill, line: &Line) -> Vec<String> {
    let (price, basis) = (&line.item.price, &line.item.price.basis);
    let mut row = vec![line.item.name.clone(), line.item.kind.name().to_owned()];
    row.extend([
        format::machine(price.in_units(line.quantity)),
        price.unit.clone(),
        price.usd(),
    ]);
    row.extend(amounts(run, bill, line.amount, line.hourly));
    row.extend([&basis.id, &basis.source, &basis.valid_from].map(Clone::clone));
    row.push(basis.trust());
    row
}

/// `costs.csv`: every line of every bill with what it rests on; `total` sums the lines above it, estimates follow it.
pub(super) fn csv_rows(report: &Report, rows: &mut super::csv::CsvTable<'_>) {
    rows.header(&[
        "system",
        "replication",
        "item",
        "kind",
        "quantity",
        "unit",
        "unit_price_usd",
        "run_usd",
        "per_hour_usd",
        "per_day_usd",
        "per_30_days_usd",
        "per_million_stored_usd",
        "per_million_delivered_usd",
        "fact",
        "source",
        "valid_from",
        "confidence",
    ]);
    for system in &report.systems {
        for (replication, run) in system.runs.iter().enumerate() {
            let Some(bill) = &run.bill else { continue };
            let label = || vec![system.label.clone(), replication.to_string()];
            let line = |line: &Line| [label(), csv_line(run, bill, line)].concat();
            for counted in bill.counted() {
                rows.push(line(counted));
            }
            let mut row = label();
            row.push("total".to_owned());
            row.extend([const { String::new() }; 4]);
            row.extend(amounts(run, bill, bill.total(), bill.hourly()));
            row.extend([const { String::new() }; 4]);
            rows.push(row);
            for estimate in bill.estimates() {
                rows.push(line(estimate));
            }
        }
    }
}

/// Run, hour, day, 30 days, per million stored and delivered, to the pico-dollar.
fn amounts(run: &RunResult, bill: &Bill, amount: u128, hourly: u128) -> [String; 6] {
    let million = |records: u64| {
        bill.million_of(hourly, records)
            .map_or(String::new(), |pico| usd(pico, 12))
    };
    [
        usd(amount, 12),
        usd(hourly, 12),
        usd(hourly * DAY_H, 12),
        usd(hourly * DAYS_30_H, 12),
        million(run.ledger.stored),
        million(run.delivered()),
    ]
}
