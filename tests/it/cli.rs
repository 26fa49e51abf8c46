//! The program from outside: commands, exit codes, outputs.

use crate::bad_input::GOOD;
use assert_cmd::Command;
use std::fs;
use std::path::Path;
use std::process::Output;

pub(crate) fn streamduel(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_streamduel"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("started")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

pub(crate) fn folder_with(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("good.toml"), text).expect("written");
    folder
}

#[test]
fn run_leaves_the_whole_results_folder_and_tells_the_verdict() {
    let folder = folder_with(GOOD);
    let output = streamduel(folder.path(), &["run", "good.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(
        shown.starts_with("streamduel 0.1.0 · seed 7 · scenario "),
        "{shown}"
    );
    assert!(
        shown.contains("Verdict") && shown.contains("holds  kds.refused == 0"),
        "{shown}"
    );
    assert_eq!(
        shown.lines().last(),
        Some("reproduce: streamduel run good.toml")
    );
    let results = folder.path().join("results/good");
    for file in [
        "report.html",
        "report.md",
        "summary.csv",
        "replications.csv",
        "series.csv",
        "lanes.csv",
        "latency.csv",
        "ledger.csv",
        "scenario.toml",
        "charts/throughput.svg",
        "charts/throughput.png",
        "charts/delay.svg",
        "charts/ladder.svg",
        "charts/heat.png",
        "charts/lag.png",
        "charts/refusals.png",
    ] {
        assert!(
            fs::metadata(results.join(file)).is_ok_and(|file| file.len() > 200),
            "{file}"
        );
    }
    let entries = fs::read_dir(folder.path().join("results"))
        .expect("a folder")
        .count();
    assert_eq!(entries, 1, "nothing half-written is left");
}

/// Without charts everything else is there, and the reports say what was left out.
#[test]
fn run_draws_no_charts_when_it_is_told_so() {
    let folder = folder_with(GOOD);
    let output = streamduel(folder.path(), &["run", "-q", "--no-charts", "good.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let results = folder.path().join("results/good");
    assert!(!results.join("charts").exists() && results.join("series.csv").exists());
    for file in ["report.md", "report.html"] {
        let text = fs::read_to_string(results.join(file)).expect(file);
        assert!(
            text.contains("--no-charts") && !text.contains("charts/"),
            "{file}"
        );
    }
}

/// The resolved scenario is a scenario that gives the same figures.
#[test]
fn the_resolved_scenario_runs_and_gives_the_same_figures() {
    let folder = folder_with(GOOD);
    assert!(
        streamduel(folder.path(), &["run", "good.toml", "-q"])
            .status
            .success()
    );
    let first = folder.path().join("results/good");
    fs::copy(
        first.join("scenario.toml"),
        folder.path().join("again.toml"),
    )
    .expect("copied");
    let output = streamduel(folder.path(), &["run", "again.toml", "-q"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let read = |name: &str| {
        fs::read_to_string(folder.path().join("results").join(name).join("series.csv"))
            .expect("there")
    };
    assert_eq!(read("good"), read("again"));
}

#[test]
fn a_failed_expectation_is_code_99_and_still_leaves_the_results() {
    let folder = folder_with(&GOOD.replace("kds.refused == 0", "kds.refused > 5"));
    let output = streamduel(folder.path(), &["run", "good.toml"]);
    assert_eq!(output.status.code(), Some(99));
    assert!(
        stdout(&output).contains("FAILED kds.refused > 5 (found 0)"),
        "{}",
        stdout(&output)
    );
    assert!(stderr(&output).contains("expectations failed in good"));
    assert!(folder.path().join("results/good/report.html").exists());
}

#[test]
fn usage_errors_are_code_2() {
    let folder = folder_with(GOOD);
    for arguments in [
        &["run"][..],
        &["runn", "good.toml"],
        &["run", "good.toml", "--threads", "0"],
        &["run", "good.toml", "--set", "seed"],
        &["run", "good.toml", "--set", "sed=5"],
        &["run", "good.toml", "--replications", "0"],
        &["run", "good.toml", "good.toml"],
        &["run", "good.toml", "--as-of", "yesterday"],
        &["run", "good.toml", "--as-of", "1999-01-01"],
        &["facts", "--as-of", "2025-02-30"],
        &["facts", "--as-of", "1999-01-01"],
        &["facts", "no.such.fact"],
    ] {
        let output = streamduel(folder.path(), arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(
            !folder.path().join("results").exists(),
            "{arguments:?} left something behind"
        );
    }
}

#[test]
fn settings_can_be_changed_from_the_command_line() {
    let folder = folder_with(GOOD);
    let output = streamduel(
        folder.path(),
        &[
            "run",
            "good.toml",
            "--seed",
            "9",
            "--set",
            "system.kds.kinesis.ShardCount=5",
            "--set",
            "duration=6 s",
            "--set",
            "timeline[0].at=2 s",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let resolved =
        fs::read_to_string(folder.path().join("results/good/scenario.toml")).expect("there");
    assert!(
        resolved.contains("seed = 9")
            && resolved.contains("ShardCount = 5")
            && resolved.contains(r#"duration = "6 s""#)
    );
    let lanes = fs::read_to_string(folder.path().join("results/good/lanes.csv")).expect("there");
    assert!(lanes.contains("shardId-000000000004"));
    let shown = stdout(&output);
    let last = shown.lines().last().expect("a line");
    assert!(
        last.contains("--set 'seed=9'") && last.contains("ShardCount=5"),
        "{last}"
    );
}

#[test]
fn a_folder_that_is_no_results_folder_is_never_replaced() {
    let folder = folder_with(GOOD);
    let precious = folder.path().join("results/good");
    fs::create_dir_all(&precious).expect("made");
    fs::write(precious.join("thesis.txt"), "years of work").expect("written");
    let output = streamduel(folder.path(), &["run", "good.toml", "-q"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("no results folder"));
    assert_eq!(
        fs::read_to_string(precious.join("thesis.txt")).expect("still there"),
        "years of work"
    );
}

#[test]
fn check_list_facts_and_completions_print_to_standard_output() {
    let folder = folder_with(GOOD);
    let check = streamduel(folder.path(), &["check", "good.toml"]);
    assert_eq!(check.status.code(), Some(0));
    let shown = stdout(&check);
    assert!(
        shown.starts_with("good.toml: valid; a run takes at most ")
            && shown.contains(" MB of memory"),
        "{shown}"
    );
    assert!(!folder.path().join("results").exists());
    assert!(stdout(&streamduel(folder.path(), &["list", "."])).contains("Is it?"));
    let facts = stdout(&streamduel(folder.path(), &["facts", "kinesis.shard"]));
    assert!(
        facts.contains("kinesis.shard.write.records") && facts.contains("L (assumption)"),
        "{facts}"
    );
    assert!(stdout(&streamduel(folder.path(), &["completions", "bash"])).contains("streamduel"));
}

#[test]
fn facts_of_a_day_show_value_unit_source_and_what_came_after() {
    let folder = folder_with(GOOD);
    let at = |arguments: &[&str]| {
        let output = streamduel(folder.path(), &[&["facts"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let line = |text: &str, id: &str| {
        let line = text
            .lines()
            .find(|line| line.contains(id))
            .unwrap_or_else(|| panic!("{id}\n{text}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let exam = at(&["kinesis.", "--as-of", "2025-06-01"]);
    assert!(exam.starts_with("facts in force on 2025-06-01\n"), "{exam}");
    let bytes = line(&exam, "kinesis.put-records.bytes");
    assert!(
        bytes.contains("5 ") && bytes.contains("MiB") && bytes.contains("2025-10-28: 10 MiB"),
        "{bytes}"
    );
    assert!(
        line(&exam, "kinesis.record.max-kib.highest")
            .contains("does not exist yet exists since 2025-10-28")
    );
    assert!(
        line(&exam, "kinesis.put.latency.median").contains("L (assumption)"),
        "{exam}"
    );
    let today = at(&["kinesis.put-records"]);
    let bytes = line(&today, "kinesis.put-records.bytes");
    assert!(
        bytes.contains("10 ") && bytes.contains("as of 2022-08-31: 5 MiB"),
        "{bytes}"
    );
}
