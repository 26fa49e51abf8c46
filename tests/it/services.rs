//! The table of both services and the quiz, from outside.

use crate::cli::{stderr, stdout, streamduel};
use assert_cmd::Command;
use std::fs;
use std::process::Output;
use streamduel::report::document::Format;
use streamduel::study::figures::Figures;
use streamduel::study::{quiz, table};

const TOPICS: [&str; 11] = [
    "message size",
    "unit of scale",
    "scaling out and in",
    "encryption in flight",
    "encryption at rest",
    "capacity without servers",
    "what you manage",
    "failures",
    "retention",
    "producers",
    "consumers",
];

/// A change of a figure changes the table: look at the difference, then accept it.
#[test]
fn the_table_for_a_terminal() {
    let document = table::document(Figures::shipped()).expect("all names are known");
    insta::assert_snapshot!(document.render(Format::Text(120)).expect("text"));
}

#[test]
fn compare_without_runs_prints_the_table_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = stdout(&streamduel(folder.path(), &["compare"]));
    assert!(
        text.starts_with("Kinesis Data Streams and Amazon MSK / Kafka\n===="),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    let markdown = stdout(&streamduel(
        folder.path(),
        &["compare", "--format", "markdown"],
    ));
    let html = stdout(&streamduel(folder.path(), &["compare", "--format", "html"]));
    assert!(
        html.starts_with("<!doctype html>") && html.ends_with("</html>\n"),
        "{html}"
    );
    for topic in TOPICS {
        assert!(markdown.contains(&format!("\n| {topic} | ")), "{topic}");
        assert!(html.contains(&format!("<td>{topic}</td>")), "{topic}");
    }
    let output = streamduel(
        folder.path(),
        &["compare", "--format", "html", "-o", "table.html"],
    );
    assert!(output.status.success() && output.stdout.is_empty());
    assert_eq!(
        fs::read_to_string(folder.path().join("table.html")).expect("written"),
        html
    );
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        1,
        "nothing half-written is left"
    );
}

/// A fact of confidence L never appears without the word, in the table and in the answers.
#[test]
fn what_is_an_assumption_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let markdown = stdout(&streamduel(
        folder.path(),
        &["compare", "--format", "markdown"],
    ));
    let mut seen = 0;
    for fact in streamduel::facts::all()
        .iter()
        .filter(|fact| fact.is_assumption())
    {
        for (at, name) in markdown.match_indices(&format!("fact `{}`", fact.id)) {
            let rest = &markdown[at + name.len()..];
            let line = rest.split("<br>").next().unwrap_or_default();
            let newest = streamduel::facts::fact(&fact.id);
            if newest.is_assumption() {
                seen += 1;
                assert!(line.contains("(assumption)"), "{}: {line}", fact.id);
            }
        }
    }
    assert!(seen > 0, "the table rests on an assumption and names it");
}

fn quiz_with(arguments: &[&str], input: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_streamduel"))
        .arg("quiz")
        .args(arguments)
        .write_stdin(input)
        .output()
        .expect("started")
}

/// The letters of the keys, in the order in which a seed asks.
fn keys(topic: &str, seed: u64) -> Vec<char> {
    let selection = quiz::Selection {
        topic: Some(topic.to_owned()),
        count: None,
        seed,
    };
    let questions = quiz::select(&selection, Figures::shipped()).expect("questions");
    questions
        .iter()
        .map(|question| ['A', 'B', 'C', 'D'][question.key])
        .collect()
}

#[test]
fn answers_from_a_pipe_are_judged_and_scored_by_topic() {
    let keys = keys("failures", 11);
    let right: String = keys.iter().map(|key| format!("{key}\n")).collect();
    let output = quiz_with(&["--topic", "failures", "--seed", "11"], &right);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let all = format!("failures  {0} of {0}", keys.len());
    assert!(stdout(&output).contains(&all), "{}", stdout(&output));
    assert!(stdout(&output).contains("see it: streamduel run scenarios/"));
    // One letter further is wrong every time, and each time the reason is told.
    let wrong: String = keys
        .iter()
        .map(|key| if *key == 'D' { "a\n" } else { "d\n" })
        .collect();
    let text = stdout(&quiz_with(&["--topic", "failures", "--seed", "11"], &wrong));
    assert!(
        text.contains(&format!("failures  0 of {}", keys.len())),
        "{text}"
    );
    assert_eq!(text.matches("Wrong: it is ").count(), keys.len());
    let text = stdout(&quiz_with(&["--count", "3"], "q\n"));
    assert!(
        text.contains("3 not answered") && text.contains("1/3 · "),
        "{text}"
    );
}

#[test]
fn teachers_get_all_questions_with_keys_and_reasons() {
    let text = stdout(&quiz_with(&["--answers", "--seed", "2"], ""));
    let questions = text.matches("\n## ").count();
    assert!(questions >= 36, "{questions}");
    assert_eq!(text.matches("(**right**: ").count(), questions);
    assert_eq!(text.matches("(wrong: ").count(), 3 * questions);
    assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
    assert_eq!(text, stdout(&quiz_with(&["--answers", "--seed", "2"], "")));
    assert_ne!(text, stdout(&quiz_with(&["--answers", "--seed", "3"], "")));
    let few = stdout(&quiz_with(
        &["--answers", "--topic", "retention", "--count", "2"],
        "",
    ));
    assert_eq!(few.matches(". retention\n").count(), 2);
}

#[test]
fn topics_are_listed_and_wrong_ones_refused_with_a_hint() {
    let text = stdout(&quiz_with(&["--list-topics"], ""));
    assert!(
        text.contains("failures (") && text.lines().count() >= 10,
        "{text}"
    );
    for (arguments, said) in [
        (
            &["--topic", "failurs"][..],
            "no topic is called `failurs`; did you mean `failures`?",
        ),
        (&["--topic", "cooking"], "known are message size, "),
        (&["--count", "0"], "--count is 0; give 1 or more"),
        (&["--count", "many"], "invalid value 'many'"),
        (&["--seed", "-1"], "unexpected argument '-1'"),
        (&["--list-topics", "--answers"], "cannot be used with"),
    ] {
        let output = quiz_with(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).contains(said),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
