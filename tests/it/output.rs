//! Output that is never mixed, never lost and never somebody else's.

#![allow(
    clippy::disallowed_methods,
    reason = "bounds on time are measured with the wall clock"
)]

use crate::bad_input::GOOD;
use crate::cli::{stderr, stdout, streamduel};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A scenario that runs in a moment.
const SMALL: &str = "title = \"Small\"\nquestion = \"?\"\nduration = \"4 s\"\n[workload]\narrivals = { poisson = \"50 records/s\" }\n\
                     keys = { uniform = { count = 10 } }\nsizes = { constant = \"100 B\" }\n[[consumer]]\nname = \"app\"\n\
                     [system.kds.kinesis]\nShardCount = 1\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("small.toml"), SMALL).expect("written");
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// The seed that a results folder is from, if all its files are from one run.
fn seed_of(results: &Path) -> String {
    let read = |name: &str| fs::read_to_string(results.join(name)).expect(name);
    let (summary, resolved, report, page) = (
        read("summary.csv"),
        read("scenario.toml"),
        read("report.md"),
        read("report.html"),
    );
    let seed = summary
        .lines()
        .nth(1)
        .and_then(|line| line.split(',').nth(3))
        .expect("a seed")
        .to_owned();
    for text in [resolved, report, page] {
        assert!(
            text.contains(&format!("seed {seed} ·")),
            "mixed from several runs"
        );
    }
    seed
}

/// H1. Two runs at once into one folder leave one whole result, of a run that ended with code 0.
#[test]
fn two_runs_at_once_leave_one_whole_result() {
    for _ in 0..3 {
        let folder = folder();
        let start = |seed: &str| {
            Command::new(env!("CARGO_BIN_EXE_streamduel"))
                .current_dir(folder.path())
                .args(["run", "small.toml", "-q", "--seed", seed])
                .stderr(Stdio::piped())
                .spawn()
                .expect("started")
        };
        let both = [("1", start("1")), ("7", start("7"))];
        let outputs = both.map(|(seed, child)| (seed, child.wait_with_output().expect("ended")));
        let seed = seed_of(&folder.path().join("results/small"));
        for (own, output) in &outputs {
            match output.status.code() {
                Some(0) => {}
                Some(1) => {
                    assert!(stderr(output).contains("another run is writing it") && seed != *own)
                }
                code => panic!("{code:?}"),
            }
        }
        assert!(
            outputs
                .iter()
                .any(|(own, output)| output.status.success() && seed == *own)
        );
        assert_eq!(names(&folder.path().join("results")), ["small"]);
    }
}

/// H2. Whenever a run is killed while it replaces a result, the folder holds the whole old or the whole new one, and the next run
/// tidies up.
#[test]
#[cfg(unix)]
fn a_killed_run_leaves_the_old_result_or_the_new_one() {
    let folder = folder();
    let run = |seed: &str| streamduel(folder.path(), &["run", "small.toml", "-q", "--seed", seed]);
    assert!(run("1").status.success());
    let results = folder.path().join("results");
    for step in 0..12_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_streamduel"))
            .current_dir(folder.path())
            .args(["run", "small.toml", "-q", "--seed", "7"])
            .spawn()
            .expect("started");
        std::thread::sleep(std::time::Duration::from_millis(30 * step));
        let _ = child.kill();
        let _ = child.wait();
        let seed = seed_of(&results.join("small"));
        assert!(seed == "1" || seed == "7", "{seed}");
    }
    assert!(run("9").status.success());
    assert_eq!(seed_of(&results.join("small")), "9");
    assert_eq!(
        names(&results),
        ["small"],
        "leftovers of killed runs are removed"
    );
}

/// H2. What a killed run renamed away is put back, even if nothing else is left.
#[test]
fn an_old_result_that_was_renamed_away_comes_back() {
    let folder = folder();
    assert!(
        streamduel(folder.path(), &["run", "small.toml", "-q", "--seed", "1"])
            .status
            .success()
    );
    let results = folder.path().join("results");
    fs::rename(results.join("small"), results.join(".small.4711-0.old")).expect("renamed");
    fs::create_dir_all(results.join(".small.4711-0.part/charts")).expect("made");
    fs::write(results.join(".small.4711-0.part/series.csv"), "half").expect("written");
    // Another scenario's run tidies up as well.
    fs::write(folder.path().join("other.toml"), SMALL).expect("written");
    let output = streamduel(folder.path(), &["run", "other.toml", "-q"]);
    assert!(
        output.status.success() && stderr(&output).contains("put back"),
        "{}",
        stderr(&output)
    );
    assert_eq!(seed_of(&results.join("small")), "1");
    assert_eq!(names(&results), ["other", "small"]);
}

/// H3. Files and folders that the program did not write stay, and are named.
#[test]
fn files_of_others_stay_and_are_named() {
    let folder = folder();
    let run = || streamduel(folder.path(), &["run", "small.toml", "-q"]);
    assert!(run().status.success());
    let results = folder.path().join("results/small");
    fs::write(results.join("notes.md"), "mine").expect("written");
    fs::write(results.join("charts/mine.svg"), "mine").expect("written");
    fs::create_dir(results.join("mydir")).expect("made");
    // A folder that is called as parts once were, and one that looks like a leftover.
    fs::create_dir(folder.path().join("results/.small.part")).expect("made");
    fs::write(folder.path().join("results/.small.part/mine"), "mine").expect("written");
    fs::create_dir(folder.path().join("results/.small.1-1.part")).expect("made");
    fs::write(
        folder.path().join("results/.small.1-1.part/mine.txt"),
        "mine",
    )
    .expect("written");
    let output = run();
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["notes.md", "mine.svg", "mydir"] {
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
    for path in [
        "small/notes.md",
        "small/charts/mine.svg",
        "small/mydir",
        ".small.part/mine",
    ] {
        assert!(folder.path().join("results").join(path).exists(), "{path}");
    }
    assert_eq!(
        fs::read_to_string(results.join("mine.txt")).expect("moved"),
        "mine"
    );
    assert!(results.join("charts/throughput.svg").exists());
}

/// M5, L6. What cannot be written is refused before the run, which would take minutes here.
#[test]
#[cfg(unix)]
fn refusals_come_before_the_run() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let long = GOOD
        .replace("\"20 s\"", "\"300 h\"")
        .replace("300 records/s", "900 records/s");
    fs::write(at("long.toml"), long).expect("written");
    fs::create_dir_all(at("foreign/long")).expect("made");
    fs::write(at("foreign/long/thesis.txt"), "years").expect("written");
    fs::create_dir_all(at("file")).expect("made");
    fs::write(at("file/long"), "").expect("written");
    fs::write(at("plain"), "").expect("written");
    fs::create_dir_all(at("dangling")).expect("made");
    std::os::unix::fs::symlink("nowhere", at("dangling/long")).expect("linked");
    fs::create_dir_all(at("blocked/long/report.md")).expect("made");
    fs::write(at("blocked/long/scenario.toml"), "# streamduel 0").expect("written");
    let begin = std::time::Instant::now();
    for (output, words) in [
        ("foreign", "no results folder"),
        ("file", "a file is in the way"),
        ("plain", "a file, not a folder"),
        ("dangling", "a link to nothing"),
        ("blocked", "a folder is in the way"),
        ("/proc/nowhere", "/proc/nowhere"),
    ] {
        let run = streamduel(folder.path(), &["run", "long.toml", "-q", "-o", output]);
        assert_eq!(run.status.code(), Some(1), "{output}");
        assert!(stderr(&run).contains(words), "{output}: {}", stderr(&run));
        assert!(!stderr(&run).contains("panicked"));
    }
    assert!(begin.elapsed().as_secs() < 20, "nothing was simulated");
    assert_eq!(names(&at("dangling")), ["long"], "nothing is left");
}

/// L6. Results land where a link points.
#[test]
#[cfg(unix)]
fn results_land_where_a_link_points() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("elsewhere")).expect("made");
    fs::create_dir_all(folder.path().join("results")).expect("made");
    std::os::unix::fs::symlink("../elsewhere", folder.path().join("results/small"))
        .expect("linked");
    for _ in 0..2 {
        let output = streamduel(folder.path(), &["run", "small.toml", "-q"]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(folder.path().join("elsewhere/report.md").exists());
        assert!(
            fs::symlink_metadata(folder.path().join("results/small"))
                .expect("there")
                .is_symlink()
        );
    }
}

/// H3, L1. The gallery keeps results of runs and pages of others, and a kill leaves the old gallery or the new one.
#[test]
#[cfg(unix)]
fn the_gallery_is_whole_and_keeps_what_others_wrote() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("mine")).expect("made");
    for name in ["a", "b", "c"] {
        fs::write(at(&format!("mine/{name}.toml")), SMALL).expect("written");
    }
    let gallery =
        |more: &[&str]| streamduel(folder.path(), &[&["gallery", "mine", "-q"], more].concat());
    // Without the lessons' scenarios it says so before the run.
    let output = gallery(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--no-study"),
        "{}",
        stderr(&output)
    );
    assert!(!at("results").exists());
    assert!(gallery(&["--no-study"]).status.success());
    fs::write(at("results/notes.md"), "mine").expect("written");
    fs::write(at("results/a/series.csv"), "of a run").expect("written");
    let before = fs::read(at("results/README.md")).expect("there");
    fs::remove_file(at("mine/c.toml")).expect("removed");
    for step in 0..6_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_streamduel"))
            .current_dir(folder.path())
            .args(["gallery", "mine", "-q", "--no-study"])
            .stdout(Stdio::null())
            .spawn()
            .expect("started");
        std::thread::sleep(std::time::Duration::from_millis(100 * step));
        let _ = child.kill();
        let _ = child.wait();
        let old = fs::read(at("results/README.md")).expect("there") == before;
        assert_eq!(
            at("results/c").exists(),
            old,
            "README and folders belong together"
        );
    }
    assert!(gallery(&["--no-study"]).status.success());
    assert!(!at("results/c").exists());
    for path in ["results/notes.md", "results/a/series.csv"] {
        assert!(at(path).exists(), "{path}");
    }
    let hidden: Vec<String> = names(folder.path())
        .into_iter()
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(hidden.is_empty(), "{hidden:?}");
    // A README of somebody else is not overwritten.
    let other = tempfile::tempdir().expect("a folder");
    fs::create_dir(other.path().join("results")).expect("made");
    fs::write(other.path().join("results/README.md"), "mine").expect("written");
    let root = other.path().display().to_string();
    let output = gallery(&["--no-study", "--root", &root]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stderr(&output).contains("README.md"), "{}", stderr(&output));
}

/// The list of causes names what went wrong and what lifting the cause did; it is compared, and nobody else's file is overwritten.
#[test]
fn the_list_of_causes_is_written_and_compared() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("mine")).expect("made");
    let text = "title = \"T\"\nquestion = \"?\"\nduration = \"20 s\"\n[workload]\narrivals = { constant = \"3000 records/s\" }\n\
                sizes = { constant = \"100 B\" }\n[[consumer]]\nname = \"app\"\n[system.small.kinesis]\nShardCount = 1\n";
    fs::write(at("mine/small.toml"), text).expect("written");
    let causes = |more: &[&str]| {
        streamduel(
            folder.path(),
            &[&["gallery", "mine", "-q", "--causes"], more].concat(),
        )
    };
    let output = causes(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let list = fs::read_to_string(at("docs/CAUSES.md")).expect("there");
    let row = list
        .lines()
        .find(|line| line.contains("refused attempts to write"));
    let row = row.unwrap_or_else(|| panic!("{list}"));
    assert!(row.contains("shard at its records per second"), "{row}");
    assert!(row.ends_with("→ 0 | confirmed |"), "{row}");
    assert!(causes(&["--check"]).status.success());
    fs::write(at("docs/CAUSES.md"), list.replace("confirmed", "refuted")).expect("written");
    assert_eq!(causes(&["--check"]).status.code(), Some(1));
    assert!(causes(&[]).status.success());
    fs::write(at("docs/CAUSES.md"), "mine").expect("written");
    assert_eq!(causes(&[]).status.code(), Some(1));
    assert_eq!(
        fs::read_to_string(at("docs/CAUSES.md")).expect("there"),
        "mine"
    );
}
