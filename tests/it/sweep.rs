//! Sweeps: the same bytes on any number of threads and after any interruption, and the usual messages.

use crate::bad_input::GOOD;
use crate::cli::{stderr, stdout, streamduel};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

const OVER: [&str; 4] = [
    "--over",
    "workload.arrivals.poisson=100..300 records/s in 2",
    "--over",
    "system.kds.kinesis.ShardCount=1,2",
];

/// All files below a folder with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let name = path.display().to_string();
            found.insert(
                name.rsplit("good-sweep").next().expect("a name").to_owned(),
                fs::read(&path).expect("readable"),
            );
        }
    }
    found
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("good.toml"), short()).expect("written");
    folder
}

/// The good scenario, short enough to be run many times.
fn short() -> String {
    GOOD.replace("duration = \"20 s\"", "duration = \"6 s\"")
        .replace(
            "at = \"5 s\"\nlasts = \"5 s\"",
            "at = \"3 s\"\nlasts = \"1 s\"",
        )
}

fn sweep(folder: &Path, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let mut arguments = vec!["sweep", "good.toml", "--replications", "2", "-q"];
    arguments.extend(OVER);
    arguments.extend(more);
    let output = streamduel(folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    files(&folder.join("results/good-sweep"))
}

#[test]
fn a_sweep_gives_the_same_bytes_on_one_thread_and_on_two() {
    let folder = folder();
    let one = sweep(folder.path(), &["--threads", "1"]);
    let two = sweep(folder.path(), &["--threads", "2"]);
    assert!(one == two, "other bytes");
    for name in [
        "/sweep.csv",
        "/claims.csv",
        "/points.csv",
        "/summary.md",
        "/scenario.toml",
    ] {
        assert!(one.contains_key(name), "{name}");
    }
    assert!(one.keys().any(|name| name.starts_with("/charts/")));
    let entries = fs::read_dir(folder.path().join("results")).expect("a folder");
    assert_eq!(entries.count(), 1, "nothing hidden is left");
}

/// The store of finished runs as a killed process leaves it, for each number of lines and for a broken one.
#[test]
fn a_sweep_that_was_stopped_goes_on_to_the_same_bytes() {
    let whole_folder = folder();
    let whole = sweep(whole_folder.path(), &["--no-charts"]);
    let kept = whole_store();
    let ends: Vec<usize> = kept.match_indices('\n').map(|(at, _)| at + 1).collect();
    assert_eq!(ends.len(), 8, "four points, two replications");
    for cut in [
        0,
        ends[0],
        ends[0] + 40,
        ends[3],
        ends[6],
        ends[7] - 1,
        ends[7],
    ] {
        let folder = folder();
        fs::create_dir(folder.path().join("results")).expect("made");
        let store = folder.path().join("results/.good-sweep.runs");
        fs::write(&store, &kept[..cut]).expect("written");
        assert!(
            sweep(folder.path(), &["--no-charts"]) == whole,
            "cut at {cut}"
        );
        assert!(!store.exists());
    }
}

/// What the store holds when all runs are finished: the folder cannot be written, so it stays.
fn whole_store() -> String {
    use streamduel::experiment::Progress;
    use streamduel::scenario::Overrides;
    use streamduel::search::axis::Axes;
    use streamduel::search::point::Base;
    use streamduel::search::store::Store;
    use streamduel::search::sweep::Plan;
    let folder = folder();
    let overrides = Overrides {
        replications: Some(2),
        ..Overrides::default()
    };
    let path = folder.path().join("good.toml");
    let (base, scenario) = Base::load(&path, overrides).expect("valid");
    let over = [OVER[1].to_owned(), OVER[3].to_owned()];
    let axes = Axes::parse(&over, false).expect("axes");
    let plan = Plan::new(base, &scenario, axes, Vec::new()).expect("valid points");
    let file = folder.path().join("runs");
    let mut store = Store::open(&file).expect("opened");
    assert!(plan.run(&mut store, &Progress::default()).is_ok());
    fs::read_to_string(&file).expect("kept")
}

/// A real `kill -9` after the first finished run.
#[test]
fn a_sweep_that_was_killed_goes_on_to_the_same_bytes() {
    let (whole_folder, folder) = (folder(), folder());
    let whole = sweep(whole_folder.path(), &["--no-charts"]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_streamduel"))
        .current_dir(folder.path())
        .args([
            "sweep",
            "good.toml",
            "--replications",
            "2",
            "-q",
            "--no-charts",
        ])
        .args(OVER)
        .args(["--threads", "1"])
        .spawn()
        .expect("started");
    let store = folder.path().join("results/.good-sweep.runs");
    let finished = || fs::metadata(&store).map_or(0, |file| file.len());
    for _ in 0..20_000 {
        if finished() > 0 || child.try_wait().expect("asked").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(
        sweep(folder.path(), &["--no-charts"]) == whole,
        "other bytes"
    );
}

#[test]
fn what_cannot_be_swept_is_refused_with_the_usual_messages() {
    let folder = folder();
    for (arguments, words) in [
        (&["sweep", "good.toml"][..], "has no `[sweep]`"),
        (&["sweep", "good.toml", "--over", "seed"], "path=values"),
        (
            &[
                "sweep",
                "good.toml",
                "--over",
                "workload.arrivals.poison=1..3",
            ],
            "did you mean `poisson`?",
        ),
        (
            &[
                "sweep",
                "good.toml",
                "--over",
                "system.kds.kinesis.ShardCount=1,many",
            ],
            "expected a whole number",
        ),
        (
            &[
                "sweep",
                "good.toml",
                "--over",
                "seed=1,2",
                "--figure",
                "delivery_p98",
            ],
            "did you mean `delivery_p9",
        ),
    ] {
        let output = streamduel(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = stderr(&output);
        assert!(told.contains(words), "{arguments:?}: {told}");
        assert!(stdout(&output).is_empty() && !folder.path().join("results").exists());
    }
}

/// Axes may stand in the scenario; a run does not look at them, and its results do not depend on them.
#[test]
fn a_sweep_in_the_scenario_changes_no_run() {
    let folder = folder();
    let with = format!(
        "{}\n[sweep]\nover = [\"seed=1..2\"]\nfigures = [\"stored\"]\n",
        short()
    );
    fs::write(folder.path().join("with.toml"), with).expect("written");
    let output = streamduel(folder.path(), &["sweep", "with.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("`seed`: 2 values from 1 to 2"),
        "{}",
        stdout(&output)
    );
    assert!(
        folder
            .path()
            .join("results/with-sweep/charts/lines.svg")
            .exists()
    );
    let hash = |file: &str| {
        let output = streamduel(folder.path(), &["run", file, "--no-charts"]);
        stdout(&output).lines().next().expect("a line").to_owned()
    };
    assert_eq!(hash("with.toml"), hash("good.toml"));
}
