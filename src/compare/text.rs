//! The comparison as a document.

use super::{Change, Comparison, Method, Outcome};
use crate::report::document::{Document, relative};
use crate::report::format;
use crate::stats::Interval;

/// The comparison in words and tables, fit for a pull request.
#[must_use]
pub fn document(comparison: &Comparison) -> Document {
    let (a, b) = (&comparison.a, &comparison.b);
    let titles = if a.title == b.title {
        a.title.clone()
    } else {
        format!("{} / {}", a.title, b.title)
    };
    let mut document = Document::new(format!("Two runs: {titles}"));
    let line = |name: &str, run: &super::Run| {
        format!(
            "{name}: `{}`, {}, {} replication(s)",
            run.folder, run.head, run.replications
        )
    };
    document.list(vec![line("A", a), line("B", b)]);
    document.text(summary(comparison));
    inputs(comparison, &mut document);
    outputs(comparison, &mut document);
    commands(comparison, &mut document);
    document
}

/// The outcome in one paragraph.
fn summary(comparison: &Comparison) -> String {
    let count = |outcome| comparison.with(outcome).count();
    let differing = match comparison.inputs.len() {
        0 => "No input differs".to_owned(),
        1 => "One input differs".to_owned(),
        n => format!("{n} inputs differ"),
    };
    let (moved, still, same) = (
        count(Outcome::Moved),
        count(Outcome::Still),
        count(Outcome::Same),
    );
    let (unjudged, total) = (count(Outcome::Unjudged), comparison.outputs.len());
    if total == 0 {
        return format!(
            "{differing}. The runs have no system in common, so no output can be compared."
        );
    }
    if unjudged == total - same && unjudged > 0 {
        return format!(
            "{differing}; of {total} outputs {unjudged} differ and {same} are the same."
        );
    }
    format!(
        "{differing}; of {total} outputs {moved} moved significantly, {still} differ within their noise, {same} are the same."
    )
}

fn inputs(comparison: &Comparison, document: &mut Document) {
    document.heading("Inputs that differ");
    if comparison.inputs.is_empty() {
        document.text("None: the resolved scenarios are the same.");
        return;
    }
    let value = |value: &Option<String>| {
        value
            .as_ref()
            .map_or("(absent)".to_owned(), |v| format!("`{v}`"))
    };
    let row = |input: &super::Input| {
        vec![
            format!("`{}`", input.path),
            value(&input.a),
            value(&input.b),
        ]
    };
    document.table(
        &["setting", "A", "B"],
        comparison.inputs.iter().map(row).collect(),
        3,
    );
}

fn outputs(comparison: &Comparison, document: &mut Document) {
    for (systems, one, other) in [
        (&comparison.unmatched.0, "A", "B"),
        (&comparison.unmatched.1, "B", "A"),
    ] {
        if !systems.is_empty() {
            document.text(format!(
                "Only {one} has {}; {other} has no such system.",
                systems.join(", ")
            ));
        }
    }
    if comparison.outputs.is_empty() {
        return;
    }
    let single = comparison.a.replications.min(comparison.b.replications) < 2;
    if comparison.with(Outcome::Unjudged).next().is_some() {
        document.heading("Outputs that differ, without a judgement");
        let few = if single {
            "One replication has no interval"
        } else {
            "Too few replications measured these"
        };
        document.text(format!(
            "{few}: whether these differences are more than chance cannot be said. Give `--replications 10` to both runs."
        ));
        changes(comparison, Outcome::Unjudged, document);
    }
    let judged = comparison
        .with(Outcome::Moved)
        .chain(comparison.with(Outcome::Still))
        .count();
    if judged > 0 {
        document.heading("Outputs that moved");
        document.text(how(comparison, judged));
        changes(comparison, Outcome::Moved, document);
        document.heading("Outputs that did not move");
        document.text("The interval of the difference covers zero.");
        changes(comparison, Outcome::Still, document);
    }
    let names: Vec<String> = comparison.with(Outcome::Same).map(name).collect();
    if !names.is_empty() {
        document.heading("The same in every replication");
        document.text(names.join(", "));
    }
    let names: Vec<String> = comparison.with(Outcome::Missing).map(name).collect();
    if !names.is_empty() {
        document.heading("Measured in one run only");
        document.text(names.join(", "));
    }
}

/// How the intervals were made, and how many would be called moved by chance.
fn how(comparison: &Comparison, judged: usize) -> String {
    let method = match &comparison.method {
        Method::Paired => "Paired: replication n of A and of B had the same records, so the interval is that of their differences.".to_owned(),
        Method::Unpaired(reasons) => format!(
            "Unpaired (Welch), because {}: the interval is that of the difference of two independent means, and wider than a paired one.",
            reasons.join(", ")
        ),
    };
    format!(
        "{method} 95 % Student-t; moved means that it excludes zero. Were nothing changed, about {} of {judged} outputs would still be called moved, by chance.",
        format::count((judged as f64 / 20.0).ceil())
    )
}

/// The table of the outputs with this outcome.
fn changes(comparison: &Comparison, outcome: Outcome, document: &mut Document) {
    let rows: Vec<Vec<String>> = comparison.with(outcome).map(row).collect();
    if rows.is_empty() {
        document.text("None.");
        return;
    }
    document.table(&["output", "A", "B", "B - A", "relative"], rows, 1);
}

fn name(change: &Change) -> String {
    let consumer = if change.consumer.is_empty() {
        String::new()
    } else {
        format!("{}.", change.consumer)
    };
    format!("`{}.{consumer}{}`", change.system, change.figure)
}

fn row(change: &Change) -> Vec<String> {
    let value = |of: &Option<Interval>| {
        of.map_or("–".to_owned(), |of| format::interval(&of, change.unit))
    };
    let share = change
        .a
        .zip(change.difference)
        .map_or(String::new(), |(a, d)| relative(a.mean, d.mean));
    vec![
        name(change),
        value(&change.a),
        value(&change.b),
        value(&change.difference),
        share,
    ]
}

fn commands(comparison: &Comparison, document: &mut Document) {
    let commands = [("A", &comparison.a), ("B", &comparison.b)];
    let known = commands.iter().filter(|(_, run)| !run.reproduce.is_empty());
    let lines: Vec<String> = known
        .map(|(name, run)| format!("reproduce {name}: `{}`", run.reproduce))
        .collect();
    document.list(lines);
}
