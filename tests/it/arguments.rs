//! What is wrong with an argument of the command line is shown in the argument.

use crate::bad_input::GOOD;
use crate::cli::{folder_with, stderr, stdout, streamduel};

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
