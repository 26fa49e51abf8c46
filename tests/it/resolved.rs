//! The resolved scenario runs as it is, wherever it lies, and says the same.

use crate::cli::{stderr, streamduel};
use std::fs;
use std::path::Path;
use std::process::Command;
use streamduel::report::{self, Report};
use streamduel::scenario::{Overrides, Scenario};

/// H5, L5. The resolved file of each shipped scenario is valid where it lies, trace included; it has the same fingerprint and rests on
/// the same assumptions, with "(default)" where the value is the default.
#[test]
fn every_resolved_scenario_is_valid_where_it_lies_and_says_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut seen, mut traces) = (0, 0);
    for entry in fs::read_dir(root.join("scenarios")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let scenario = Scenario::load(&path, &Overrides::default()).expect("valid");
        let folder = tempfile::tempdir().expect("a folder");
        let report = Report::new(&scenario, Vec::new());
        report::write_resolved(&report, folder.path()).expect("written");
        let again = Scenario::load(&folder.path().join("scenario.toml"), &Overrides::default())
            .unwrap_or_else(|problems| panic!("{}: {problems}", path.display()));
        assert_eq!(again.hash, scenario.hash, "{}", path.display());
        assert_eq!(
            again.assumptions,
            scenario.assumptions,
            "{}",
            path.display()
        );
        seen += 1;
        traces += report.traces.len();
    }
    assert!(
        seen >= 84 && traces >= 2,
        "{seen} scenarios with {traces} traces"
    );
}

/// H5. A trace from anywhere is copied, replaced with the results and gone when the scenario replays it no more.
#[test]
fn a_trace_from_anywhere_is_copied_beside_the_resolved_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("deep")).expect("made");
    fs::write(
        at("t.csv"),
        "timestamp_ms,key,size_bytes\n0,a,10\n1000,b,20\n",
    )
    .expect("written");
    let text = |arrivals: &str| {
        format!(
            "title = \"T\"\nquestion = \"?\"\nduration = \"4 s\"\n[workload]\n{arrivals}\n\
             [[consumer]]\nname = \"app\"\n[system.kds.kinesis]\nShardCount = 1\n"
        )
    };
    let replay = text("arrivals.trace.file = \"../t.csv\"\nkeys = \"trace\"\nsizes = \"trace\"");
    fs::write(at("deep/tr.toml"), replay).expect("written");
    assert!(
        streamduel(folder.path(), &["run", "deep/tr.toml", "-q"])
            .status
            .success()
    );
    fs::write(at("results/tr/traces/own.csv"), "mine").expect("written");
    fs::create_dir(at("moved")).expect("made");
    fs::rename(at("results"), at("moved/results")).expect("moved");
    let output = streamduel(
        folder.path(),
        &["run", "moved/results/tr/scenario.toml", "-q"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let series = |path: &str| fs::read_to_string(at(path).join("series.csv")).expect("there");
    assert_eq!(series("moved/results/tr"), series("results/scenario"));
    // The scenario replays no trace any more: its copy goes, the user's file stays.
    let plain =
        text("arrivals.constant = \"1 records/s\"\nkeys = \"none\"\nsizes.constant = \"1 B\"");
    fs::write(at("deep/tr.toml"), plain).expect("written");
    let output = streamduel(
        folder.path(),
        &["run", "deep/tr.toml", "-q", "-o", "moved/results"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        !at("moved/results/tr/traces/t.csv").exists()
            && at("moved/results/tr/traces/own.csv").exists()
    );
}

/// L2, L3. Names and texts of the user harm neither a shell nor the report nor the resolved file.
#[test]
#[cfg(unix)]
fn hostile_names_and_texts_stay_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "title = \"<script>alert(1)</script> | `x`\"\nquestion = \"<b>?\"\nduration = \"2 s\"\n[workload]\n\
                arrivals = { constant = \"5 records/s\" }\nkeys = \"none\"\nsizes = { constant = \"1 B\" }\n\
                [[consumer]]\nname = \"app\"\n[system.kds.kinesis]\nShardCount = 1\n\
                [[expect]]\nthat = \"kds.stored > 1\"\nwhy = \"a | b <script>x</script>\"\n";
    for name in [
        "a;b$(touch hit).toml",
        "two\nlines.toml",
        "it's `here`.toml",
        "-q.toml",
    ] {
        fs::write(folder.path().join(name), text).expect("written");
        let file = format!("./{name}");
        let output = streamduel(folder.path(), &["run", &file, "-q"]);
        assert!(output.status.success(), "{name:?}: {}", stderr(&output));
        let results = folder
            .path()
            .join("results")
            .join(name.trim_end_matches(".toml"));
        let resolved = results.join("scenario.toml");
        Scenario::load(&resolved, &Overrides::default())
            .unwrap_or_else(|problems| panic!("{problems}"));
        let resolved = fs::read_to_string(resolved).expect("there");
        let line = resolved.lines().last().expect("a line");
        let command = line
            .strip_prefix("# reproduce: streamduel ")
            .expect("a command");
        let script = format!("{} {command} -q", env!("CARGO_BIN_EXE_streamduel"));
        let shell = Command::new("bash")
            .current_dir(folder.path())
            .args(["-c", &script])
            .status();
        assert!(shell.expect("a shell").success(), "{script}");
        assert!(!folder.path().join("hit").exists());
        let report = fs::read_to_string(results.join("report.md")).expect("there");
        assert!(!report.contains("<script>"), "{report}");
        assert!(
            report.contains("| a \\| b &lt;script>x&lt;/script> |"),
            "{report}"
        );
    }
}
