//! The texts of a report, held still by snapshots, and the tables against each other.

use crate::bad_input::GOOD;
use std::path::Path;
use streamduel::experiment::{self, Progress};
use streamduel::report::{self, Report};
use streamduel::scenario::{Overrides, Scenario};

fn report_of(text: &str, replications: u32) -> Report {
    let overrides = Overrides {
        replications: Some(replications),
        ..Overrides::default()
    };
    // Records of a key come from one producer, so that they have an order.
    let text = text.replace("producers = 2", "producers = 2\nproducer-of = \"key\"");
    let scenario = Scenario::parse(
        "snapshot.toml",
        "snapshot",
        &text,
        Path::new("."),
        &overrides,
    )
    .expect("valid");
    let runs = experiment::run(&scenario, &Progress::default()).expect("balanced");
    Report::new(&scenario, runs)
}

#[test]
fn the_terminal_table_of_a_small_run() {
    insta::assert_snapshot!(report::terminal(&report_of(GOOD, 3), "results/snapshot"));
}

#[test]
fn the_verdict_names_the_hot_shard() {
    let text = GOOD
        .replace("ShardCount = 2", "ShardCount = 8")
        .replace("300 records/s", "3000 records/s")
        .replace(
            "uniform = { count = 100 }",
            r#"hot-set = { count = 1000, hot = 1, share = "60 %" }"#,
        );
    insta::assert_snapshot!(report_of(&text, 1).verdict.join("\n"));
}

/// Means are not exact figures, and causes are looked for in the first run: the verdict says so.
#[test]
fn the_verdict_says_what_its_figures_are() {
    let text = GOOD.replace("300 records/s", "4000 records/s");
    let several = report_of(&text, 2).verdict.join("\n");
    assert!(
        several.contains("are means over 2 replications"),
        "{several}"
    );
    assert!(
        several.contains("attempts to write") && several.contains("main cause"),
        "{several}"
    );
    let one = report_of(&text, 1).verdict.join("\n");
    assert!(!one.contains("are means"), "{one}");
}

#[test]
fn the_markdown_has_every_figure_assumption_and_chart() {
    let report = report_of(GOOD, 2);
    let text = report::markdown(&report);
    for row in &report.rows {
        assert!(
            text.contains(row.name) && text.contains(row.about),
            "{}",
            row.name
        );
    }
    assert!(!report.assumptions.is_empty());
    for assumption in &report.assumptions {
        assert!(
            text.contains(&assumption.path) && assumption.why.starts_with("assumption"),
            "{assumption:?}"
        );
    }
    assert!(
        text.contains("± ") && text.contains("](charts/throughput.svg)"),
        "the claim is about refusals, and there were none"
    );
    for (name, _) in report::chart::list(&report) {
        let shown = text.contains(&format!("](charts/{name}.svg)"));
        assert!(
            shown != text.contains(&format!("`{name}`")),
            "{name}: shown or named"
        );
    }
    assert!(
        text.trim_end()
            .ends_with("`streamduel run snapshot.toml --set 'replications=2'`"),
        "{text}"
    );
}

/// The columns of the ledger add up to what was produced, in every block.
#[test]
fn the_ledger_file_adds_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = report_of(&GOOD.replace("300 records/s", "4000 records/s"), 2);
    report::write(&report, &folder.path().join("snapshot")).expect("written");
    let mut reader =
        csv::Reader::from_path(folder.path().join("snapshot/ledger.csv")).expect("there");
    let (mut produced, mut sum, mut blocks) = (0_i64, 0_i64, 0);
    for row in reader.records() {
        let row = row.expect("a row");
        let records: i64 = row[5].parse().expect("a number");
        if &row[3] == "produced" {
            assert_eq!(produced, sum);
            (produced, sum, blocks) = (records, 0, blocks + 1);
        } else {
            sum += records;
        }
    }
    assert_eq!((produced, blocks), (sum, 4));
}

/// The caption of a chart of a report.
fn caption(report: &Report, chart: &str) -> String {
    let charts = report::chart::describe_all(report);
    let chart = charts.into_iter().find(|one| one.name == chart);
    chart.expect("the chart is there").caption
}

#[test]
fn the_chart_of_refusals_is_an_answer_only_where_something_was_refused() {
    let chosen = |report: &Report| {
        report::chart::main(report)
            .iter()
            .any(|(name, _)| *name == "refusals")
    };
    let calm = report_of(GOOD, 1);
    assert_eq!(
        caption(&calm, "refusals"),
        "No attempt was refused because of a limit."
    );
    assert!(!chosen(&calm), "an empty chart carries no answer");
    let large = GOOD.replace(r#"constant = "500 B""#, r#"constant = "1200 kB""#);
    let large = report_of(&large.replace("300 records/s", "3 records/s"), 1);
    let text = caption(&large, "refusals");
    assert!(
        text.starts_with(
            "No attempt was refused because of a limit. Most records that were given up or lost were on "
        ),
        "clients end records that are too large: {text}"
    );
    assert!(chosen(&large), "the claim on refused records needs it");
    let verdict = report::terminal(&large, "results/snapshot");
    for (says, setting) in [
        ("larger than the stream takes", "MaxRecordSizeInKiB"),
        ("larger than it, or the topic, takes", "max.request.size"),
    ] {
        let words: String = verdict.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains(says) && words.contains(setting),
            "{says}: {verdict}"
        );
    }
}
