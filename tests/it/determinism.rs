//! Same scenario and seed, same bytes: twice, and for any number of threads.

use crate::bad_input::GOOD;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use streamduel::experiment::{self, Progress};
use streamduel::report::{self, Report};
use streamduel::scenario::{Overrides, Scenario};

fn files(folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            into.insert(name, fs::read(&path).expect("readable"));
        }
    }
}

fn results(text: &str, threads: usize) -> BTreeMap<String, Vec<u8>> {
    let overrides = Overrides {
        replications: Some(3),
        ..Overrides::default()
    };
    let scenario =
        Scenario::parse("same.toml", "same", text, Path::new("."), &overrides).expect("valid");
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads");
    let runs = pool
        .install(|| experiment::run(&scenario, &Progress::default()))
        .expect("balanced");
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("same");
    report::write(&Report::new(&scenario, runs), &target).expect("written");
    let mut all = BTreeMap::new();
    files(&target, &mut all);
    all
}

/// How many charts a scenario has.
fn charts_of(text: &str) -> usize {
    let scenario = Scenario::parse(
        "same.toml",
        "same",
        text,
        Path::new("."),
        &Overrides::default(),
    )
    .expect("valid");
    let runs = experiment::run(&scenario, &Progress::default()).expect("balanced");
    report::chart::list(&Report::new(&scenario, runs)).len()
}

#[test]
fn the_whole_results_folder_is_the_same_for_any_number_of_threads() {
    let one = results(GOOD, 1);
    assert_eq!(one.len(), 15 + 2 * charts_of(GOOD) + 1);
    for threads in [1, 2, 5] {
        let other = results(GOOD, threads);
        for (name, bytes) in &one {
            assert!(
                other.get(name) == Some(bytes),
                "{name} differs with {threads} threads"
            );
        }
    }
}

#[test]
fn another_seed_gives_other_results() {
    let other = results(&GOOD.replace("seed = 7", "seed = 8"), 2);
    assert_ne!(results(GOOD, 2)["series.csv"], other["series.csv"]);
}

/// Common random numbers: both systems are offered the very same records, whatever they do with them.
#[test]
fn every_system_is_offered_the_same_records() {
    let text = GOOD
        .replace("ShardCount = 2", "ShardCount = 1")
        .replace("300 records/s", "2500 records/s");
    let scenario = Scenario::parse(
        "same.toml",
        "same",
        &text,
        Path::new("."),
        &Overrides::default(),
    )
    .expect("valid");
    let runs = experiment::run(&scenario, &Progress::default()).expect("balanced");
    let offered = |n: usize| -> Vec<(u64, u64)> {
        runs[n].runs[0]
            .points
            .iter()
            .map(|p| (p.counts.offered, p.counts.offered_bytes))
            .collect()
    };
    assert_eq!(offered(0), offered(1));
    assert!(
        runs[0].runs[0].ledger.ended() > 0,
        "one shard cannot take 2,500 records a second"
    );
}
