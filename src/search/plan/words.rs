//! A plan in words: what is hot, what each way does, and the calls.

use super::proof::{Call, Way};
use super::{Plan, Proved};
use crate::platform::kinesis::lineage::Lineage;
use crate::probe::figures::{self, Unit};
use crate::report::document::Document;
use crate::report::{format, shell};
use crate::units::{SimTime, counted};

/// The columns of the table: a figure of the runs, and its head.
pub(super) const FIGURES: [(&str, &str); 7] = [
    ("throttled", "attempts refused"),
    ("refused", "refused for good, whole run"),
    ("utilisation_hottest", "busiest lane"),
    ("delivery_p99", "p99"),
    ("lanes", "lanes"),
    ("out_of_order", "out of order"),
    ("cost_per_30_days", "30 days"),
];

/// The plan, its proof and its calls as a document.
#[must_use]
pub fn document(proved: &Proved) -> Document {
    let plan = &proved.plan;
    let mut document = Document::new(format!("Plan: {}", plan.title));
    document.text(plan.question.clone());
    document.list(found(plan));
    document.text(verdict(proved));
    document.heading("Proved by runs");
    let mut heads = vec!["way", "calls take", "runs in which all claims hold"];
    heads.extend(FIGURES.iter().map(|(_, head)| *head));
    let ways = plan.ways.iter().enumerate();
    document.table(
        &heads,
        ways.map(|(n, way)| row(proved, n, way)).collect(),
        1,
    );
    document.list(remarks(plan));
    let calls = commands(plan);
    if !calls.is_empty() {
        document.heading("The calls");
        document.text(
            "Each call waits until the stream is ACTIVE again. The numbers of the children hold for a stream that was never split or merged before.",
        );
        document.list(calls.iter().map(|line| format!("`{line}`")).collect());
    }
    document.text(format!("reproduce: `{}`", plan.reproduce()));
    document
}

/// What the load does to the shards of now.
fn found(plan: &Plan) -> Vec<String> {
    let (heat, shards) = (&plan.heat, plan.subject.shards);
    let shares = heat.shares(&Lineage::new(shards, SimTime::ZERO));
    let hot = shares.iter().filter(|share| **share > plan.aim).count();
    let hottest = shares.iter().copied().fold(0.0, f64::max);
    let mut lines = vec![
        format!(
            "`{}` has {}; the load fills {:.2} of them, and the hottest one is {} full.",
            plan.subject.label,
            counted(u64::from(shards), "shard"),
            heat.total(),
            format::percent(hottest)
        ),
        format!(
            "Above the aim of {}: {}.",
            format::percent(plan.aim),
            counted(hot as u64, "shard")
        ),
    ];
    if !plan.hottest.is_empty() {
        lines.push(format!(
            "The hottest key `{}` fills {} of a shard.",
            plan.hottest,
            format::percent(heat.hottest_key())
        ));
    }
    lines
}

/// The answer in a sentence.
fn verdict(proved: &Proved) -> String {
    let plan = &proved.plan;
    if plan.is_hopeless() {
        let needed = libm::ceil(plan.heat.hottest_key() / plan.aim);
        return format!(
            "No plan can: the key `{}` alone needs {:.1} shards, and a key goes to one. It has to become at least {needed} keys, which gives up its order.",
            plan.hottest,
            plan.heat.hottest_key()
        );
    }
    let Some(way) = plan.ways.iter().position(Way::is_plan) else {
        return format!(
            "No shard is above {}: there is nothing to cool.",
            format::percent(plan.aim)
        );
    };
    let after = plan.heat.hottest(&plan.relief.lineage);
    let (held, before) = (proved.held(way), proved.held(0));
    let runs = proved.outcomes.len();
    format!(
        "{} leave {} with the hottest {} full. All claims hold in {held} of {runs} runs with the plan, and in {before} of {runs} without it.",
        counted(plan.relief.changes.len() as u64, "call"),
        counted(plan.relief.lineage.open().len() as u64, "shard"),
        format::percent(after)
    )
}

fn row(proved: &Proved, way: usize, of: &Way) -> Vec<String> {
    let mut row = vec![
        format!("{}: {}", of.label, of.what),
        match of.calls.is_empty() {
            true => "–".to_owned(),
            false => format::seconds(of.takes.as_secs_f64()),
        },
        format!("{} of {}", proved.held(way), proved.outcomes.len()),
    ];
    row.extend(FIGURES.iter().map(|(name, _)| {
        let unit = figures::by_name(name).map_or(Unit::Count, |(unit, _)| unit);
        let of = proved.figure(way, name);
        of.map_or("–".to_owned(), |of| format::interval(&of, unit))
    }));
    row
}

/// What the table does not say.
fn remarks(plan: &Plan) -> Vec<String> {
    let has = |label: &str| plan.ways.iter().any(|way| way.label == label);
    let mut lines = vec![
        "Measured after the calls, with the same records for every way; ± is half of a 95 % interval.".to_owned(),
        "`salted` gives every record a hash key of its own: no range is hot, and no key keeps its order.".to_owned(),
    ];
    if has("updated") {
        lines.push(
            "`updated` begins with as many equal shards as UpdateShardCount leads to.".to_owned(),
        );
    } else if !plan.is_hopeless() && has("planned") {
        lines.push(format!(
            "No number of equal shards up to {} brings every shard below the aim.",
            plan.subject.most
        ));
    }
    if has("more-partitions") {
        lines.push("More partitions send keys elsewhere while their old records wait where they were; `out of order` counts what was read in the wrong order.".to_owned());
    }
    lines
}

/// The calls of the plan, as the AWS CLI takes them.
pub(super) fn commands(plan: &Plan) -> Vec<String> {
    let stream = shell::word(&plan.subject.label);
    let planned = plan.ways.iter().filter(|way| way.is_plan());
    let calls = planned.flat_map(|way| &way.calls);
    calls
        .flat_map(|call| {
            [
                command(call, &stream),
                format!("aws kinesis wait stream-exists --stream-name {stream}"),
            ]
        })
        .collect()
}

fn command(call: &Call, stream: &str) -> String {
    let mut line = format!("aws kinesis {} --stream-name {stream}", dashed(call.name));
    for (name, value) in &call.parameters {
        line += &format!(" --{} {value}", dashed(name));
    }
    line
}

/// `ShardToSplit` as `shard-to-split`.
fn dashed(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

impl Plan {
    /// The command that gives the same plan.
    #[must_use]
    pub fn reproduce(&self) -> String {
        let file = shell::word(&self.base.path.display().to_string());
        let mut line = format!(
            "streamduel plan {file} --system {} --aim {}",
            shell::word(&self.subject.label),
            shell::quoted(&format::percent(self.aim))
        );
        for claim in &self.claims {
            line += &format!(" --claim {}", shell::quoted(claim));
        }
        for pair in self.base.overrides.pairs() {
            line += &format!(" --set {}", shell::quoted(&pair));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_api_become_those_of_its_command_line() {
        assert_eq!(dashed("NewStartingHashKey"), "new-starting-hash-key");
        assert_eq!(dashed("SplitShard"), "split-shard");
    }
}
