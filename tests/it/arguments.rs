//! What is wrong with an argument of the command line is shown in the argument.

use crate::bad_input::GOOD;
use crate::cli::{folder_with, stderr, stdout, streamduel};
use assert_cmd::Command;
use std::path::Path;
use std::process::Output;

#[test]
fn a_wrong_value_is_shown_in_the_argument() {
    let folder = folder_with(GOOD);
    let check = |pair: &str| {
        let output = streamduel(folder.path(), &["check", "good.toml", "--set", pair]);
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    for (pair, at, length) in [
        ("workload.producers=four", 19, 4),
        ("workload.producers = 0", 21, 1),
        ("workload.producerss=4", 0, 19),
    ] {
        let shown = check(pair);
        assert!(shown.contains("--> --set:1:"), "{shown}");
        assert!(shown.contains(&format!("1 | {pair}")), "{shown}");
        let caret = format!("| {}{}", " ".repeat(at), "^".repeat(length));
        assert!(shown.contains(&caret), "{shown}");
        assert!(!shown.contains("good.toml:"), "{shown}");
    }
    // What the file says wrongly is still shown there.
    let folder = folder_with(&GOOD.replace("ShardCount = 2", "ShardCount = 0"));
    let output = streamduel(folder.path(), &["check", "good.toml", "--set", "seed=5"]);
    assert!(
        stderr(&output).contains("--> good.toml:"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_question_is_no_failure() {
    let folder = folder_with(&GOOD.replace("kds.refused == 0", "kds.refused > 5"));
    let output = streamduel(
        folder.path(),
        &["run", "good.toml", "--what-if", "--no-charts"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("FAILED kds.refused > 5"));
    assert!(stderr(&output).contains("note: expectations do not hold in good"));
}

/// The program with `text` on its standard input.
pub(crate) fn piped(folder: &Path, arguments: &[&str], text: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_streamduel"))
        .current_dir(folder)
        .args(arguments)
        .write_stdin(text)
        .output()
        .expect("started")
}

/// A scenario may come through a pipe: results lie below `stdin`, and the figures are those of the file.
#[test]
fn standard_input_is_a_scenario_like_any_other() {
    let folder = folder_with(GOOD);
    let run = &["run", "-q", "--no-charts"];
    let output = piped(folder.path(), &[run, &["-"][..]].concat(), GOOD);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        streamduel(folder.path(), &[run, &["good.toml"][..]].concat())
            .status
            .success()
    );
    let read = |name: &str, file: &str| {
        std::fs::read_to_string(folder.path().join("results").join(name).join(file)).expect(file)
    };
    for file in ["series.csv", "ledger.csv"] {
        assert_eq!(read("stdin", file), read("good", file), "{file}");
    }
    assert!(read("stdin", "report.md").contains("reproduce: `streamduel run -`"));
    let check = piped(folder.path(), &["check", "-"], GOOD);
    assert!(stdout(&check).starts_with("<stdin>: valid"), "{check:?}");
    let explain = piped(folder.path(), &["explain", "-"], GOOD);
    assert!(stdout(&explain).contains("Is it?"), "{explain:?}");
    let over = &["sweep", "-", "-q", "--no-charts", "--over", "seed=1..2"];
    let sweep = piped(folder.path(), over, GOOD);
    assert_eq!(sweep.status.code(), Some(0), "{}", stderr(&sweep));
    assert!(folder.path().join("results/stdin-sweep/sweep.csv").exists());
}

/// What is wrong with piped text is shown in it; standard input cannot be read twice.
#[test]
fn problems_of_standard_input_have_line_and_caret() {
    let folder = folder_with(GOOD);
    let text = GOOD.replace("seed = 7", "sed = 7");
    for command in ["run", "check", "explain", "sweep", "limit", "size"] {
        let output = piped(folder.path(), &[command, "-"], &text);
        let shown = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{command}: {shown}");
        assert!(shown.contains("--> <stdin>:3:1"), "{command}: {shown}");
        assert!(shown.contains("3 | sed = 7\n  | ^^^"), "{command}: {shown}");
    }
    let output = piped(folder.path(), &["run", "-"], "");
    assert!(stderr(&output).contains("the file is empty"), "{output:?}");
    assert!(stderr(&output).contains("in <stdin>"), "{output:?}");
    let output = piped(folder.path(), &["check", "-", "-"], GOOD);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`-` is given twice"), "{output:?}");
}
