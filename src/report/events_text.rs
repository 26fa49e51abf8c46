//! The events of a run as Markdown: its story, and what the platforms did.

use super::Report;
use super::text::cell;
use std::fmt::Write;

/// The most lines of the story in a report.
pub(super) const STORY_MAX: usize = 40;
/// The most happenings that a report lists.
pub(super) const HAPPENINGS_MAX: usize = 40;

/// What happened when.
pub(super) fn story(report: &Report, text: &mut String) {
    let lines = super::story::lines(report, STORY_MAX);
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n## The story\n\n| t [m:s] | system | what |\n|--:|---|---|"
    );
    for line in lines {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            line.time(),
            line.system,
            cell(&line.text)
        );
    }
}

/// What the platforms did, in the first replication; `events.csv` has all of it.
pub(super) fn happenings(report: &Report, text: &mut String) {
    let all: Vec<[String; 4]> = super::happenings::happenings(report, HAPPENINGS_MAX + 1);
    if all.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "## What happened\n\n| t | system | what | particulars |\n|---|---|---|---|"
    );
    for row in all.iter().take(HAPPENINGS_MAX) {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    let rest = if all.len() > HAPPENINGS_MAX {
        "The rest is in `events.csv`.\n"
    } else {
        ""
    };
    let _ = writeln!(text, "\n{rest}");
}
