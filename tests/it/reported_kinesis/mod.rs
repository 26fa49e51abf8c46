//! What users of Kinesis reported: the files in `tests/reports/kinesis`, whose heads name the report, its right value and
//! where that is from. Each test holds the right value.

mod control;
mod flink;
mod lambda;
mod leases;
mod producers;
mod readers;

use crate::support::{Runs, ScenarioBuilder, figure};
use std::path::Path;
use streamduel::probe::RunResult;

/// The runs of a reported file, one replication of each system. Each ledger balances.
fn reported(name: &str) -> Runs {
    reported_with(name, |text| text)
}

/// The runs of a reported file after a change of its text.
fn reported_with(name: &str, change: impl FnOnce(String) -> String) -> Runs {
    ScenarioBuilder::from_text(&change(text_of(name))).run()
}

fn text_of(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports/kinesis");
    let path = folder.join(format!("{name}.toml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A figure that counts, over all consumers.
fn count(run: &RunResult, name: &str) -> u64 {
    figure(run, name) as u64
}
