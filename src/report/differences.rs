//! The differences between systems, in the text of a report.

use super::rows::every_two;
use super::text::row_name;
use super::{Pair, Report, Row, format};
use crate::experiment::precision::HEADLINES;
use std::fmt::Write;

/// The most systems whose differences the report lists.
const SYSTEMS_MAX: usize = 4;

/// The headline figures of every two systems, where there are more than two.
pub(super) fn differences(report: &Report, text: &mut String) {
    let systems = &report.systems;
    if report.replications < 2 || !(3..=SYSTEMS_MAX).contains(&systems.len()) {
        return;
    }
    let pairs: Vec<(usize, usize)> = every_two(systems.len()).collect();
    let _ = write!(text, "\n### Differences\n\n| figure |");
    for (first, second) in &pairs {
        let _ = write!(
            text,
            " {} - {} |",
            systems[*second].label, systems[*first].label
        );
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(pairs.len()));
    for row in report
        .rows
        .iter()
        .filter(|row| HEADLINES.contains(&row.name))
    {
        let cells = pairs.iter().map(|(a, b)| difference(row, row.pair(*a, *b)));
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(
            text,
            "| {} | {} |",
            row_name(report, row),
            cells.join(" | ")
        );
    }
    let _ = writeln!(
        text,
        "\nAll figures of all pairs are in `differences.csv` of a run."
    );
}

/// A difference with a star, if it is more than chance.
pub(super) fn difference(row: &Row, pair: Option<&Pair>) -> String {
    pair.map_or("-".to_owned(), |pair| {
        let star = if pair.difference.is_significant() {
            " *"
        } else {
            ""
        };
        format!("{}{star}", format::interval(&pair.difference, row.unit))
    })
}
