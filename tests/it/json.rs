//! Results as JSON: the forms of `docs/FORMATS.md`.

use crate::arguments::piped;
use crate::bad_input::GOOD;
use crate::cli::{folder_with, stderr, stdout, streamduel};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// The document on standard output, which has nothing else.
fn json(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|why| panic!("{why}: {output:?}"))
}

/// Every line of standard output.
fn lines(output: &Output) -> Vec<Value> {
    let read =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    stdout(output).lines().map(read).collect()
}

fn is_form(document: &Value, name: &str) {
    assert_eq!(document["format"], format!("streamduel/{name}"));
    assert_eq!(document["version"], 1);
    assert_eq!(document["program"], env!("CARGO_PKG_VERSION"));
}

fn done(folder: &Path, arguments: &[&str]) -> Output {
    let output = streamduel(folder, arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}",
        stderr(&output)
    );
    output
}

#[test]
fn a_run_is_told_with_every_figure_and_claim() {
    let folder = folder_with(GOOD);
    let run = [
        "run",
        "good.toml",
        "--no-charts",
        "--replications",
        "2",
        "--format",
    ];
    let output = done(folder.path(), &[&run[..], &["json"]].concat());
    let document = json(&output);
    is_form(&document, "run");
    let run_found = &document["runs"][0];
    assert_eq!(
        (&run_found["scenario"]["name"], &run_found["holds"]),
        (&"good".into(), &true.into())
    );
    assert_eq!(run_found["claims"][0]["that"], "kds.refused == 0");
    let figures = run_found["systems"][0]["figures"]
        .as_array()
        .expect("figures");
    let offered = figures
        .iter()
        .find(|figure| figure["figure"] == "offered")
        .expect("offered");
    assert!(offered["mean"].as_f64().is_some_and(|mean| mean > 5000.0) && offered["n"] == 2);
    assert!(
        figures
            .iter()
            .any(|figure| figure["consumer"] == "app" && figure["unit"] == "s")
    );
    assert!(
        !run_found["differences"]
            .as_array()
            .expect("differences")
            .is_empty()
    );
    // The same again as one line.
    let line = lines(&done(folder.path(), &[&run[..], &["ndjson"]].concat()));
    is_form(&line[0], "run");
    assert_eq!(
        (line.len(), &line[0]["systems"]),
        (1, &run_found["systems"])
    );
}

#[test]
fn a_failed_claim_is_data_and_still_code_99() {
    let folder = folder_with(&GOOD.replace("kds.refused == 0", "kds.refused > 5"));
    let output = streamduel(
        folder.path(),
        &["run", "good.toml", "--no-charts", "--format", "json"],
    );
    assert_eq!(output.status.code(), Some(99));
    assert_eq!(json(&output)["runs"][0]["claims"][0]["holds"], false);
    assert!(stderr(&output).contains("expectations failed in good"));
}

#[test]
fn problems_have_file_line_column_and_what_is_expected() {
    let text = GOOD
        .replace("seed = 7", "sed = 7")
        .replace(r#""20 s""#, r#""20""#);
    let folder = folder_with(&text);
    let output = streamduel(folder.path(), &["check", "good.toml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let document = json(&output);
    is_form(&document, "check");
    let file = &document["files"][0];
    assert_eq!(
        (&file["file"], &file["valid"]),
        (&"good.toml".into(), &false.into())
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&file["problems"]).expect("JSON"));
    assert!(stderr(&output).contains("problems in 1 file"), "{output:?}");
    // What is wrong with an argument has its place in the argument.
    let folder = folder_with(GOOD);
    let set = &[
        "check",
        "good.toml",
        "--format",
        "ndjson",
        "--set",
        "workload.producers=0",
    ];
    let line = lines(&streamduel(folder.path(), set)).remove(0);
    let problem = &line["problems"][0];
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&"--set".into(), &1.into())
    );
    assert_eq!(problem["column"], 20);
}

#[test]
fn valid_files_facts_and_lists_are_told() {
    let folder = folder_with(GOOD);
    let file = &json(&done(
        folder.path(),
        &["check", "good.toml", "--format", "json"],
    ))["files"][0];
    assert_eq!(
        (&file["valid"], &file["systems"][0]["platform"]),
        (&true.into(), &"kinesis".into())
    );
    assert!(file["systems"][0]["beforehand"][0]["sum"].is_string());
    let listed = done(folder.path(), &["list", ".", "--format", "ndjson"]);
    let head = r#"{"format":"streamduel/list","version":1,"program":"0.1.0","#;
    let item = r#""file":"./good.toml","name":"good","title":"Good","question":"Is it?"}"#;
    assert_eq!(stdout(&listed), format!("{head}{item}\n"));
    let on = &[
        "facts",
        "kinesis.put-records.bytes",
        "--as-of",
        "2025-06-01",
        "--format",
        "json",
    ];
    let facts = json(&done(folder.path(), on));
    is_form(&facts, "facts");
    let fact = &facts["facts"][0];
    assert_eq!(
        (&fact["value"], &fact["unit"]),
        (&"5".into(), &"MiB".into())
    );
    assert_eq!(
        (&fact["status"], &fact["others"][0]["value"]),
        (&"in force".into(), &"10".into())
    );
}

#[test]
fn two_runs_and_searches_are_told() {
    let folder = folder_with(GOOD);
    for (seed, name) in [("7", "a"), ("8", "b")] {
        done(
            folder.path(),
            &[
                "run",
                "good.toml",
                "-q",
                "--no-charts",
                "--seed",
                seed,
                "-o",
                name,
            ],
        );
    }
    let compared = done(
        folder.path(),
        &["compare", "a/good", "b/good", "--format", "json"],
    );
    let document = json(&compared);
    is_form(&document, "compare");
    assert_eq!(document["comparisons"][0]["inputs"][0]["path"], "seed");
    assert!(
        document["comparisons"][0]["outputs"]
            .as_array()
            .expect("outputs")
            .len()
            > 20
    );
    let table = json(&done(folder.path(), &["compare", "--format", "json"]));
    is_form(&table, "document");
    let over = [
        "sweep",
        "good.toml",
        "--no-charts",
        "--over",
        "seed=1..3",
        "--format",
        "ndjson",
    ];
    let points = lines(&done(folder.path(), &over));
    assert_eq!((points.len(), &points[2]["axes"]["seed"]), (3, &"3".into()));
    is_form(&points[0], "sweep");
    assert_eq!(points[0]["claims"][0]["held"], 1);
    let limit = [
        "limit",
        "good.toml",
        "--replications",
        "1",
        "--precision",
        "50 %",
        "--format",
        "json",
    ];
    let limits = json(&done(folder.path(), &limit));
    is_form(&limits, "limit");
    assert_eq!(limits["limits"][0]["system"], "kds");
}

/// Every key of a document that `docs/FORMATS.md` does not have between backticks; the paths of axes are the user's own.
fn undescribed(document: &Value, formats: &str, missing: &mut Vec<String>) {
    match document {
        Value::Object(map) => {
            for (key, value) in map {
                if !formats.contains(&format!("`{key}`")) {
                    missing.push(key.clone());
                }
                if key != "axes" {
                    undescribed(value, formats, missing);
                }
            }
        }
        Value::Array(list) => {
            for value in list {
                undescribed(value, formats, missing);
            }
        }
        _ => {}
    }
}

/// Sizes, cells of an atlas and texts, from standard input, as a document and as lines; their keys and those of all other
/// forms are described.
#[test]
fn sizes_cells_and_texts_are_told_from_standard_input() {
    let folder = folder_with(GOOD);
    let formats = include_str!("../../docs/FORMATS.md");
    let families = [
        "--family",
        "provisioned-sdk-polling",
        "--family",
        "msk-serverless",
    ];
    let size = [
        &[
            "size",
            "-",
            "-q",
            "--replications",
            "1",
            "--claim",
            "refused == 0",
        ][..],
        &families,
    ]
    .concat();
    let over = ["--over", "seed=1,2", "--over", "workload.producers=1,2"];
    let atlas = [
        &["atlas", "-", "-q", "--replications", "1"][..],
        &over,
        &families[..2],
    ]
    .concat();
    let limit = [
        "limit",
        "-",
        "-q",
        "--replications",
        "1",
        "--precision",
        "50 %",
    ];
    let sweep = ["sweep", "-", "-q", "--no-charts", "--over", "seed=1..2"];
    let run = ["run", "-", "-q", "--no-charts"];
    let commands: [(&[&str], &str, &str); 8] = [
        (&["explain", "-"], "document", "documents"),
        (&size, "size", "families"),
        (&atlas, "atlas", "cells"),
        (&limit, "limit", "limits"),
        (&sweep, "sweep", "points"),
        (&run, "run", "runs"),
        (&["check", "-"], "check", "files"),
        (&["facts", "kinesis.put-records"], "facts", "facts"),
    ];
    for (command, form, items) in commands {
        let give = |format: &str| {
            let all = [command, &["--format", format]].concat();
            let output = piped(folder.path(), &all, GOOD);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{all:?}: {}",
                stderr(&output)
            );
            output
        };
        let (document, lines) = (json(&give("json")), lines(&give("ndjson")));
        is_form(&document, form);
        let list = document[items].as_array().expect("items");
        assert!(!list.is_empty() && list.len() == lines.len(), "{document}");
        for (item, line) in list.iter().zip(&lines) {
            is_form(line, form);
            let own = item.as_object().expect("an item");
            assert!(own.iter().all(|(key, value)| line[key] == *value), "{line}");
        }
        let mut missing = Vec::new();
        undescribed(&document, formats, &mut missing);
        assert_eq!(missing, Vec::<String>::new(), "{command:?}");
    }
    let sizes = json(&piped(
        folder.path(),
        &[&size[..], &["--format", "json"]].concat(),
        GOOD,
    ));
    for family in sizes["families"].as_array().expect("families") {
        assert!(
            family["runs"].as_u64().is_some_and(|runs| runs >= 2),
            "{family}"
        );
        assert!(
            family["simulated_s"].as_f64().is_some_and(|s| s >= 40.0),
            "{family}"
        );
        let scenario = family["size"]["scenario"].as_str().expect("a scenario");
        let again = piped(folder.path(), &["check", "-"], scenario);
        assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    }
    assert!(folder.path().join("results/stdin-atlas/atlas.csv").exists());
}
