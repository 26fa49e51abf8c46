//! Sizes in words and tables.

use super::Plan;
use super::aws::{self, Load};
use super::find::{Answer, Size};
use super::trial::Effort;
use crate::report::document::Document;
use crate::report::format;
use crate::units::counted;

/// The heads of the table.
const HEADS: [&str; 10] = [
    "family",
    "size",
    "least room",
    "fails below",
    "USD in 30 days",
    "p99",
    "lost or refused",
    "busiest lane",
    "runs",
    "simulated",
];

/// The answers as a document; `folder` is where the scenarios of the sizes lie.
#[must_use]
pub fn document(plan: &Plan, answers: &[Answer], folder: &str) -> Document {
    let mut document = Document::new(format!("Size: {}", plan.title));
    document.text(plan.question.clone());
    document.list(asked(plan));
    document.heading("What must hold");
    document.list(
        plan.requirements
            .list
            .iter()
            .map(|c| format!("`{c}`"))
            .collect(),
    );
    let left_out = &plan.requirements.left_out;
    if !left_out.is_empty() {
        let claims: Vec<String> = left_out.iter().map(|c| format!("`{c}`")).collect();
        document.text(format!(
            "Left out, because they compare systems or costs: {}",
            claims.join(", ")
        ));
    }
    document.heading("Sizes that hold it, the cheapest first");
    let found = answers
        .iter()
        .filter_map(|a| Some((a, a.size.as_ref().ok()?)));
    document.table(&HEADS, found.map(|(a, size)| row(a, size)).collect(), 4);
    let none = answers.iter().filter_map(|answer| {
        let why = answer.size.as_ref().err()?;
        Some(format!(
            "{}: {why} ({})",
            answer.family,
            effort(&answer.effort)
        ))
    });
    let none: Vec<String> = none.collect();
    if !none.is_empty() {
        document.heading("Families without a size");
        document.list(none);
    }
    document.heading("To run a size alone");
    document.list(commands(plan, answers, folder));
    document
}

fn asked(plan: &Plan) -> Vec<String> {
    let demand = &plan.demand;
    let rate = |bytes: f64| format::value(bytes, crate::probe::figures::Unit::BytesPerS);
    let mut lines = vec![
        format!(
            "{} records/s with {} on average, {} in the busiest second, {}.",
            format::prefixed(demand.records),
            rate(demand.bytes),
            rate(demand.peak),
            counted(demand.consumers as u64, "consumer")
        ),
        format!(
            "The hottest key has {} records/s with {}: {:.2} shards without aggregation.",
            format::prefixed(demand.hottest_records),
            rate(demand.hottest_bytes),
            demand.shards_of_hottest(false)
        ),
        format!(
            "Each size was confirmed by {} with other seeds; a claim must hold in each of them and with 95 % confidence.",
            counted(u64::from(plan.replications), "run")
        ),
    ];
    if let Some(lost) = plan.lost.first() {
        lines.push(format!(
            "Then each of {} zones was lost at {} for the rest of a run, and every claim had to hold.",
            plan.lost.len(),
            lost.at
        ));
    }
    lines
}

/// What an answer took, in words.
fn effort(effort: &Effort) -> String {
    match effort.runs {
        0 => "by arithmetic, without a run".to_owned(),
        runs => format!(
            "{} of {} together",
            counted(runs, "run"),
            format::seconds(effort.simulated)
        ),
    }
}

fn row(answer: &Answer, size: &Size) -> Vec<String> {
    let measured = &size.measured;
    let room = measured.headroom.as_ref();
    vec![
        answer.family.clone(),
        size.called.clone(),
        room.map_or("–".to_owned(), |(claim, share)| {
            format!("{} of `{claim}`", format::percent(*share))
        }),
        size.below.as_ref().map_or("–".to_owned(), |(called, why)| {
            format!("{why} ({called})")
        }),
        format::count(measured.cost),
        format::seconds(measured.p99),
        format::percent(measured.lost),
        format::percent(measured.hottest),
        answer.effort.runs.to_string(),
        format::seconds(answer.effort.simulated),
    ]
}

/// The command that runs each size with the seeds that confirmed it.
fn commands(plan: &Plan, answers: &[Answer], folder: &str) -> Vec<String> {
    let found = answers.iter().filter(|answer| answer.size.is_ok());
    let command = |answer: &Answer| {
        format!(
            "`streamduel run {folder}/{}.toml --seed {} --replications {}`",
            answer.family,
            plan.seed.wrapping_add(1),
            plan.replications
        )
    };
    found.map(command).collect()
}

/// The answers of AWS's sizing script as a document.
#[must_use]
pub fn of_script(load: &Load) -> Document {
    let mut document = Document::new("Size by AWS's sizing script, from averages alone");
    document.text(format!(
        "{} MiB/s written on average and {} at the peak, {} and {} read, {} partitions with their replicas, {} h of retention, {} h of it on volumes.",
        format::machine(load.written.mean),
        format::machine(load.written.peak),
        format::machine(load.read.mean),
        format::machine(load.read.peak),
        load.partitions,
        load.retention,
        load.primary
    ));
    let row = |answer: &aws::Answer| {
        let bill: Vec<String> = answer
            .bill
            .iter()
            .map(|(name, usd)| format!("{name} {usd:.2}"))
            .collect();
        let needs: Vec<String> = answer
            .constraints
            .iter()
            .map(|c| {
                format!(
                    "{} {}: {:.2} / {:.2} {}",
                    c.name, c.brokers, c.demand, c.capacity, c.unit
                )
            })
            .collect();
        vec![
            answer.instance.clone(),
            answer.binds().to_owned(),
            needs.join("\n"),
            bill.join("\n"),
            answer.brokers.to_string(),
            format!("{:.2}", answer.total()),
        ]
    };
    let heads = [
        "instance type",
        "binds",
        "brokers for",
        "bill [USD]",
        "brokers",
        "USD a month",
    ];
    document.table(&heads, aws::answers(load).iter().map(row).collect(), 4);
    document.text(DISAGREES);
    document
}

/// Where the simulation disagrees with the script, and why.
const DISAGREES: &str = "The script plans averages with reserves for late readers, moves and a lost zone, so it asks for more brokers than a \
    simulation of the same load without them needs; it knows neither delay nor skew, so it also accepts brokers whose claims on delay fail.";
