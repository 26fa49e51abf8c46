//! What helps to begin: `new`, `explain`, `man`.

use crate::bad_input::GOOD;
use crate::cli::{stderr, stdout, streamduel};
use std::fs;

/// The names that `new --list` prints.
fn starters() -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let list = stdout(&streamduel(folder.path(), &["new", "--list"]));
    list.lines()
        .filter(|line| !line.starts_with(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_beginning_is_a_valid_scenario_with_comments_and_the_same_settings() {
    let names = starters();
    assert!(
        names.len() >= 10 && names.contains(&"steady".to_owned()),
        "{names:?}"
    );
    for name in names {
        let folder = tempfile::tempdir().expect("a folder");
        let output = streamduel(folder.path(), &["new", "mine.toml", "--from", &name]);
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let text = fs::read_to_string(folder.path().join("mine.toml")).expect("written");
        assert!(
            text.starts_with(&format!("# Begun from `{name}`, a scenario of streamduel ")),
            "{text}"
        );
        for part in [
            "# What is offered",
            "# Who reads",
            "# The contenders",
            "# What must hold",
            "# Another seed",
        ] {
            assert_eq!(text.matches(part).count(), 1, "{name}: {part}");
        }
        let check = streamduel(folder.path(), &["check", "mine.toml"]);
        assert!(check.status.success(), "{name}: {}", stderr(&check));
        // The comments change nothing: without them it is the shipped file.
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/");
        let original = fs::read_to_string(format!("{shipped}{name}.toml")).expect("shipped");
        let plain = |text: &str| {
            let lines = text
                .lines()
                .filter(|line| !line.starts_with('#') && !line.is_empty());
            lines.map(str::to_owned).collect::<Vec<String>>()
        };
        assert_eq!(plain(&text), plain(&original), "{name}");
    }
}

#[test]
fn new_leaves_what_exists_and_knows_what_it_cannot_do() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mine.toml"), "precious").expect("written");
    for (arguments, said) in [
        (
            &["new", "mine.toml"][..],
            "mine.toml exists already and is left as it is",
        ),
        (&["new", "other.txt"], "a scenario's file ends in `.toml`"),
        (
            &["new", "other.toml", "--from", "staedy"],
            "did you mean `steady`?",
        ),
        (
            &["new", "other.toml", "--from", "cooking"],
            "known are steady, ",
        ),
        (&["new"], "required arguments were not provided"),
        (&["new", "--list", "other.toml"], "cannot be used with"),
    ] {
        let output = streamduel(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).contains(said),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("mine.toml")).expect("there"),
        "precious"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    assert_eq!(
        streamduel(folder.path(), &["new", "nowhere/mine.toml"])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn explain_tells_what_is_asked_run_and_expected() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("good.toml"), GOOD).expect("written");
    let changed = [
        "--replications",
        "3",
        "--set",
        "system.kds.kinesis.ShardCount=5",
    ];
    let explain = |more: &[&str]| {
        let all = [
            &["explain", "good.toml", "--format", "markdown"],
            &changed[..],
            more,
        ]
        .concat();
        let output = streamduel(folder.path(), &all);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let text = explain(&[]);
    assert!(text.starts_with("# Good\n\nIs it?\n"), "{text}");
    assert!(
        text.contains("2 systems, 3 runs each, over 20 s with seed 7: 2 min of simulated time")
    );
    assert!(text.contains("measured from 2 s on"), "{text}");
    assert!(
        text.contains("| `ShardCount` | 5 | the scenario |"),
        "{text}"
    );
    assert!(
        text.contains("| `topic.min.insync.replicas` | 2 | the scenario |"),
        "{text}"
    );
    assert!(text.contains("- `kds.refused == 0`: it is small"), "{text}");
    assert!(text.contains("- 5.00 s to 10.0 s: "), "{text}");
    assert!(
        !text.contains("| default |")
            && text.contains("more at their defaults; `--all` shows them.")
    );
    let all = explain(&["--all"]);
    assert!(
        all.contains("| default |") && !all.contains("more at their defaults"),
        "{all}"
    );
    assert!(
        all.contains("| `producer.max-attempts` | 5 | default |"),
        "{all}"
    );
    assert!(!folder.path().join("results").exists(), "nothing is run");
    // The records are those of the run.
    assert!(
        streamduel(folder.path(), &["run", "good.toml", "-q"])
            .status
            .success()
    );
    let ledger = fs::read_to_string(folder.path().join("results/good/ledger.csv")).expect("there");
    let produced = ledger
        .lines()
        .find_map(|line| line.strip_prefix("kds,0,app,produced,,"))
        .expect("a row");
    let shown: u32 = produced.parse().expect("a number");
    let shown = format!("{},{:03}", shown / 1000, shown % 1000);
    assert!(
        text.contains(&format!(
            "offers {shown} records with 500 B of data on average"
        )),
        "{shown}: {text}"
    );
}

#[test]
fn explain_refuses_what_is_no_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("bad.toml"),
        GOOD.replace("linger.ms", "linger.mss"),
    )
    .expect("written");
    for (file, said) in [
        ("bad.toml", "did you mean `linger.ms`?"),
        ("none.toml", "no such file"),
    ] {
        let output = streamduel(folder.path(), &["explain", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn manual_pages_name_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = stdout(&streamduel(folder.path(), &["man"]));
    assert!(page.contains(".TH streamduel 1"), "{page}");
    let output = streamduel(folder.path(), &["man", "-o", "pages"]);
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{}",
        stderr(&output)
    );
    for command in [
        "run",
        "check",
        "list",
        "new",
        "explain",
        "compare",
        "facts",
        "quiz",
        "completions",
        "man",
    ] {
        assert!(
            page.contains(&format!("streamduel\\-{command}(1)")),
            "{command}"
        );
        let file = folder.path().join(format!("pages/streamduel-{command}.1"));
        assert!(
            fs::metadata(file).is_ok_and(|file| file.len() > 200),
            "{command}"
        );
    }
    assert!(page.contains("99 an expectation failed"), "exit codes");
}
