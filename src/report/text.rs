//! The report as text: the table for the terminal and `report.md`.

use super::differences::{difference, differences};
use super::events_text::{happenings, story};
use super::{Claim, Report, Row, costs, format};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::fmt::Write;

/// The figures that the terminal shows; the files have them all.
const SHOWN: [&str; 23] = [
    "offered",
    "stored",
    "refused",
    "refused_of_offered",
    "expired_in_client",
    "lost",
    "throttled",
    "retried",
    "reordered",
    "accepted_rate",
    "accepted_bytes",
    "utilisation",
    "utilisation_hottest",
    "append_p50",
    "append_p99",
    "delivered",
    "delivery_p50",
    "delivery_p99",
    "survivors_p99",
    "lag_max",
    "cost_per_30_days",
    "cost_per_million",
    "cost_per_million_delivered",
];

fn shown(report: &Report) -> impl Iterator<Item = &Row> {
    let shown = report.rows.iter().filter(|row| SHOWN.contains(&row.name));
    shown.filter(|row| row.name != "survivors_p99" || differs(report, row))
}

/// Whether the percentile of what was delivered is another one than that of everything that was offered.
fn differs(report: &Report, survivors: &Row) -> bool {
    let offered = report.row("delivery_p99", survivors.consumer);
    offered.is_some_and(|offered| offered.each != survivors.each)
}

pub(super) fn row_name(report: &Report, row: &Row) -> String {
    let consumer = row
        .consumer
        .map_or(String::new(), |n| format!("{} ", report.consumers[n]));
    format!("{consumer}{}", row.name)
}

fn cells(report: &Report, row: &Row) -> Vec<String> {
    let mut cells = vec![row_name(report, row)];
    let value = |value: &Option<crate::stats::Interval>| {
        value
            .as_ref()
            .map_or("-".to_owned(), |value| format::interval(value, row.unit))
    };
    cells.extend(row.values.iter().map(value));
    if report.replications > 1 && report.systems.len() == 2 {
        cells.push(match row.pair(0, 1) {
            None => String::new(),
            pair => difference(row, pair),
        });
    }
    cells
}

fn heads(report: &Report) -> Vec<String> {
    let mut heads = vec!["figure".to_owned()];
    heads.extend(
        report
            .systems
            .iter()
            .map(|system| format!("{} ({})", system.label, system.platform)),
    );
    if report.replications > 1 && report.systems.len() == 2 {
        heads.push(format!(
            "{} - {}, paired",
            report.systems[1].label, report.systems[0].label
        ));
    }
    heads
}

/// What the terminal shows at the end of a run.
#[must_use]
pub fn terminal(report: &Report, folder: &str) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads(report));
    for row in shown(report) {
        table.add_row(cells(report, row));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = String::new();
    let bill = bill_table(report).map_or(String::new(), |bill| format!("\n\n{bill}"));
    let _ = writeln!(
        text,
        "{}\n\n{}\n{}\n\n{table}{bill}\n\nVerdict",
        report.head(),
        report.title,
        report.question
    );
    for sentence in &report.verdict {
        let _ = writeln!(text, "  - {sentence}");
    }
    let story = super::story::lines(report, STORY_SHORT);
    if !story.is_empty() {
        let _ = writeln!(text, "\nThe story, minutes and seconds");
    }
    for line in story {
        let _ = writeln!(text, "  {:>7} {}: {}", line.time(), line.system, line.text);
    }
    super::outages::terminal(report, &mut text);
    super::parts::terminal(report, &mut text);
    let _ = writeln!(text, "\nMethod");
    for sentence in &report.method {
        let _ = writeln!(text, "  - {sentence}");
    }
    if !report.warnings.is_empty() {
        let count = format::counted(report.warnings.len() as f64, "warning");
        let _ = writeln!(text, "\n{count}, told above and in report.md");
    }
    if !report.claims.is_empty() {
        let _ = writeln!(text, "\nExpectations");
        for claim in &report.claims {
            let _ = writeln!(
                text,
                "  {} {}",
                if claim.holds() { "holds " } else { "FAILED" },
                claim_line(claim)
            );
        }
    }
    let _ = writeln!(
        text,
        "\n{}; results in {folder}\nreproduce: {}",
        format::counted(report.assumptions.len() as f64, "assumption"),
        report.reproduce
    );
    text
}

/// The bills of the first replications, if there are any.
fn bill_table(report: &Report) -> Option<Table> {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(costs::HEADS);
    for row in costs::rows(report) {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(2).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    costs::any(report).then_some(table)
}

fn claim_line(claim: &Claim) -> String {
    let times = if claim.of > 1 {
        format!(" in {} of {}", claim.held, claim.of)
    } else {
        String::new()
    };
    let why = if claim.why.is_empty() {
        String::new()
    } else {
        format!(": {}", claim.why)
    };
    format!("{} (found {}{times}){why}", claim.that, claim.found)
}

/// `report.md`.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}\n\n# {}\n\n{}\n\n## Verdict\n",
        report.head(),
        inert(&report.title),
        inert(&report.question)
    );
    for sentence in &report.verdict {
        let _ = writeln!(text, "- {sentence}");
    }
    story(report, &mut text);
    warnings(report, &mut text);
    beforehand(report, &mut text);
    expectations(report, &mut text);
    super::outages::markdown(report, &mut text);
    super::parts::markdown(report, &mut text);
    figures(report, &mut text);
    charts(report, &mut text);
    bills(report, &mut text);
    happenings(report, &mut text);
    assumptions(report, &mut text);
    let _ = writeln!(
        text,
        "\nThe resolved scenario is in `scenario.toml`.\n\nreproduce: `{}`",
        report.reproduce
    );
    text
}

/// What the scenario risks.
fn warnings(report: &Report, text: &mut String) {
    if report.warnings.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Warnings\n");
    for warning in &report.warnings {
        let _ = writeln!(text, "- {warning}");
    }
}

/// What was known before any run.
fn beforehand(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        "\n## Beforehand\n\nFrom the settings alone, on average over the run.\n\n| system | what | sum | of the limit |\n|---|---|---|--:|"
    );
    for (label, sums) in &report.beforehand {
        for sum in sums {
            let _ = writeln!(
                text,
                "| {label} | {} | {} | {} |",
                sum.what,
                sum.sum,
                sum.share()
            );
        }
    }
}

/// The claims and whether they held.
fn expectations(report: &Report, text: &mut String) {
    if !report.claims.is_empty() {
        let _ = writeln!(
            text,
            "\n## Expectations\n\n| | claim | found | why |\n|---|---|---|---|"
        );
        for claim in &report.claims {
            let mark = if claim.holds() {
                "holds".to_owned()
            } else {
                format!("**failed** ({} of {})", claim.held, claim.of)
            };
            let _ = writeln!(
                text,
                "| {mark} | `{}` | {} | {} |",
                cell(&claim.that),
                claim.found,
                cell(&inert(&claim.why))
            );
        }
    }
}

/// Every figure of every system.
fn figures(report: &Report, text: &mut String) {
    let heads = heads(report);
    let _ = writeln!(
        text,
        "\n## Figures\n\n| {} | what it is |\n|{}---|",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for row in &report.rows {
        let _ = writeln!(
            text,
            "| {} | {} |",
            cells(report, row).join(" | "),
            row.about
        );
    }
    let _ = writeln!(text);
    for sentence in &report.method {
        let _ = writeln!(text, "- {sentence}");
    }
    if report.replications > 1 {
        let _ = writeln!(text, "- {INTERVALS}");
    }
    differences(report, text);
    let _ = writeln!(text, "\n## Charts\n");
}

/// How to read the table of figures.
pub(super) const INTERVALS: &str = "± is half the width of the 95 % Student-t interval; a figure without it was exactly the \
    same in every replication. * marks a difference whose interval excludes zero.";

/// What the outcome rests on.
fn assumptions(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        "## Assumptions\n\n| setting | value | why |\n|---|---|---|"
    );
    for assumption in &report.assumptions {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            assumption.path, assumption.value, assumption.why
        );
    }
}

/// Text of the user in a cell of a table: a bar would begin the next cell, a line break the next row.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Text of the user without HTML, which some renderers of Markdown would carry out.
fn inert(text: &str) -> String {
    text.replace('<', "&lt;")
}

/// The bills with every price, its source and its date.
fn bills(report: &Report, text: &mut String) {
    if !costs::any(report) {
        return;
    }
    let _ = writeln!(text, "## Costs\n\n{}\n", costs::ABOUT);
    for sentence in costs::rates(report) {
        let _ = writeln!(text, "- {sentence}");
    }
    let _ = writeln!(
        text,
        "\n| {} |\n|{}",
        costs::HEADS.join(" | "),
        "---|".repeat(costs::HEADS.len())
    );
    for row in costs::rows(report) {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    let _ = writeln!(text, "\nWhat the bills rest on:\n");
    for rule in costs::rules(report) {
        let _ = writeln!(text, "- {rule}");
    }
    let _ = writeln!(text);
}

/// The charts that carry the answer, and the names of the others.
fn charts(report: &Report, text: &mut String) {
    if !report.with_charts {
        let _ = writeln!(text, "{}\n", super::chart::LEFT_OUT);
        return;
    }
    let main = super::chart::main(report);
    for (name, title) in &main {
        let _ = writeln!(text, "![{title}](charts/{name}.svg)\n");
    }
    let others = super::chart::list(report)
        .into_iter()
        .filter(|chart| !main.contains(chart));
    let names: Vec<String> = others.map(|(name, _)| format!("`{name}`")).collect();
    if !names.is_empty() {
        let _ = writeln!(
            text,
            "A run draws more, all of them in `report.html`: {}.\n",
            names.join(", ")
        );
    }
}

/// The most lines of the story on the terminal.
const STORY_SHORT: usize = 14;
