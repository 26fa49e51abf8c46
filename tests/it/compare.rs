//! `streamduel compare RUN_A RUN_B` from outside.

use crate::bad_input::GOOD;
use crate::cli::{stderr, stdout, streamduel};
use std::fs;
use std::path::Path;
use streamduel::compare::{Comparison, Method, Outcome, Run};

/// Runs GOOD into the folder `name`, with more arguments.
fn run(folder: &Path, name: &str, arguments: &[&str]) {
    fs::write(folder.join("good.toml"), GOOD).expect("written");
    let all = [&["run", "good.toml", "-q", "-o", name], arguments].concat();
    let output = streamduel(folder, &all);
    assert!(
        matches!(output.status.code(), Some(0 | 99)),
        "{}",
        stderr(&output)
    );
}

fn load(folder: &Path, name: &str) -> Run {
    Run::load(&folder.join(name).join("good")).unwrap_or_else(|problems| panic!("{problems}"))
}

const FOUR: [&str; 2] = ["--replications", "4"];
const ONE_SHARD: [&str; 2] = ["--set", "system.kds.kinesis.producer.flush-interval=400 ms"];

#[test]
fn a_change_of_one_platform_is_paired_and_moves_that_platform_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), "a", &FOUR);
    run(folder.path(), "b", &[FOUR, ONE_SHARD].concat());
    let output = streamduel(folder.path(), &["compare", "a/good", "b/good"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.starts_with("# Two runs: Good\n\n- A: `a/good`, streamduel "),
        "{text}"
    );
    assert!(
        text.contains("| `system.kds.kinesis.producer.flush-interval` | `50 ms` | `400 ms` |"),
        "{text}"
    );
    assert!(
        text.contains("One input differs;") && text.contains("Paired: "),
        "{text}"
    );
    let moved = text
        .split("## ")
        .find(|part| part.starts_with("Outputs that moved"))
        .expect("a part");
    assert!(
        moved.contains("| `kds.append_p50` |") && !moved.contains("`msk."),
        "{moved}"
    );
    let same = text
        .split("## ")
        .find(|part| part.starts_with("The same"))
        .expect("a part");
    assert!(
        same.contains("`msk.append_p99`") && same.contains("`kds.offered`"),
        "{same}"
    );
    // The difference is that of the pairs: the interval of the report's own values.
    let comparison = Comparison::new(load(folder.path(), "a"), load(folder.path(), "b"));
    assert_eq!(comparison.method, Method::Paired);
    let mean = comparison
        .outputs
        .iter()
        .find(|o| o.system == "kds" && o.figure == "append_mean")
        .expect("it");
    let (a, b) = (mean.a.expect("a").mean, mean.b.expect("b").mean);
    let difference = mean.difference.expect("pairs");
    assert!((difference.mean - (b - a)).abs() < 1e-9 && difference.n == 4);
    assert_eq!(mean.outcome, Outcome::Moved);
}

#[test]
fn other_seeds_and_workloads_are_not_paired_and_it_is_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), "a", &FOUR);
    run(folder.path(), "b", &["--replications", "4", "--seed", "9"]);
    run(
        folder.path(),
        "c",
        &["--replications", "3", "--set", "workload.producers=3"],
    );
    let text = stdout(&streamduel(folder.path(), &["compare", "a/good", "b/good"]));
    assert!(
        text.contains("Unpaired (Welch), because `seed` differs: "),
        "{text}"
    );
    let text = stdout(&streamduel(folder.path(), &["compare", "a/good", "c/good"]));
    let why = "because `workload.producers` differs, 4 replications against 3: ";
    assert!(text.contains(why), "{text}");
    // What is 0 in all replications of both is the same, however many there were.
    let same = text
        .split("## ")
        .find(|part| part.starts_with("The same"))
        .expect("a part");
    assert!(same.contains("`kds.refused`"), "{same}");
}

#[test]
fn with_one_replication_no_significance_is_claimed() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), "a", &[]);
    run(folder.path(), "b", &ONE_SHARD);
    let text = stdout(&streamduel(folder.path(), &["compare", "a/good", "b/good"]));
    assert!(text.contains("One replication has no interval"), "{text}");
    assert!(
        text.contains("| `kds.append_p50` |") && !text.contains("significantly"),
        "{text}"
    );
    assert!(!text.contains("## Outputs that moved"), "{text}");
}

#[test]
fn the_same_run_twice_differs_in_nothing_and_other_systems_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), "a", &FOUR);
    let text = stdout(&streamduel(folder.path(), &["compare", "a/good", "a/good"]));
    assert!(
        text.contains("No input differs; of ") && text.contains(" 0 moved significantly"),
        "{text}"
    );
    let renamed = GOOD.replace("[system.msk.kafka]", "[system.other.kafka]");
    fs::write(folder.path().join("other.toml"), renamed).expect("written");
    assert!(
        streamduel(folder.path(), &["run", "other.toml", "-q"])
            .status
            .success()
    );
    let text = stdout(&streamduel(
        folder.path(),
        &["compare", "a/good", "results/other"],
    ));
    assert!(
        text.contains("Only A has msk; B has no such system."),
        "{text}"
    );
    assert!(
        text.contains("Only B has other; A has no such system."),
        "{text}"
    );
}

#[test]
fn every_format_goes_to_standard_output_or_to_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), "a", &[]);
    let compare = |arguments: &[&str]| {
        streamduel(
            folder.path(),
            &[&["compare", "a/good", "a/good"], arguments].concat(),
        )
    };
    let markdown = stdout(&compare(&[]));
    assert!(stdout(&compare(&["--format", "html"])).starts_with("<!doctype html>"));
    assert!(stdout(&compare(&["--format", "text"])).starts_with("Two runs: Good\n====="));
    let output = compare(&["-o", "c.md"]);
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("c.md")).expect("written"),
        markdown
    );
    let output = compare(&["-o", "a"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("a is a folder; give the name of a file"));
    assert_eq!(compare(&["-o", "nowhere/c.md"]).status.code(), Some(1));
    assert_eq!(compare(&["--format", "pdf"]).status.code(), Some(2));
}

#[test]
fn folders_that_are_not_results_are_refused_with_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    run(at, "a", &[]);
    fs::create_dir(at.join("empty")).expect("made");
    fs::create_dir_all(at.join("thesis")).expect("made");
    fs::write(at.join("thesis/scenario.toml"), r#"title = "mine""#).expect("written");
    let spoilt = |name: &str, csv: Option<&str>| {
        fs::create_dir_all(at.join(name)).expect("made");
        fs::copy(
            at.join("a/good/scenario.toml"),
            at.join(name).join("scenario.toml"),
        )
        .expect("copied");
        if let Some(csv) = csv {
            fs::write(at.join(name).join("replications.csv"), csv).expect("written");
        }
    };
    spoilt("old", None);
    spoilt("short", Some("system,replication,consumer,figure\n"));
    spoilt(
        "word",
        Some("system,replication,consumer,figure,value\nkds,0,,refused,many\n"),
    );
    spoilt("bare", Some("system,replication,consumer,figure,value\n"));
    for (name, message, help) in [
        (
            "a/goof",
            "there is no such folder",
            "did you mean `a/good`?",
        ),
        ("nowhere", "there is no such folder", "results/<scenario>"),
        (
            "good.toml",
            "this is a file, not a results folder",
            "give the folder",
        ),
        (
            "empty",
            "no results folder",
            "give a folder that `streamduel run` wrote",
        ),
        ("thesis", "no results folder", "give a folder"),
        (
            "a",
            "no results folder",
            "there are some in it: give one, as in a/good",
        ),
        ("old", "no replications.csv", "streamduel run good.toml"),
        ("short", "no column `value`", "run it again"),
        ("word", "line 2: `many` is not a number", "run it again"),
        ("bare", "has no rows", "run it again"),
    ] {
        let output = streamduel(at, &["compare", "a/good", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = stderr(&output);
        assert!(
            said.contains(message) && said.contains(help) && said.contains(name),
            "{said}"
        );
        assert!(output.stdout.is_empty());
    }
    let output = streamduel(at, &["compare", "a/good"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("one run has nothing to be compared with"));
    assert_eq!(
        streamduel(at, &["compare", "a/good", "a/good", "a/good"])
            .status
            .code(),
        Some(2)
    );
}
