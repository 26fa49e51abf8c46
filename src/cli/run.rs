//! `streamduel run`.

use super::{Failure, RunArguments, files, print, progress};
use crate::experiment;
use crate::report::{self, Report};
use crate::scenario::Scenario;
use std::path::Path;

/// Runs the scenarios one after the other; all are checked before the first is run.
pub(super) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let overrides = arguments.changes.overrides();
    let mut scenarios = Vec::new();
    for file in files(&arguments.scenarios)? {
        scenarios.push(Scenario::load(&file, &overrides)?);
    }
    for scenario in &scenarios {
        let twins = scenarios
            .iter()
            .filter(|other| other.name == scenario.name)
            .count();
        if twins > 1 {
            let message = format!(
                "error: two scenarios are called `{}` and would share a results folder",
                scenario.name
            );
            return Err(Failure::Invalid(message));
        }
    }
    let pool = pool(arguments.threads)?;
    let mut failed = Vec::new();
    for scenario in &scenarios {
        if !run_one(scenario, arguments, &pool)? {
            failed.push(scenario.name.as_str());
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::Expectation(format!(
        "error: expectations failed in {}",
        failed.join(", ")
    )))
}

/// Runs one scenario and writes its results; whether its expectations held.
fn run_one(
    scenario: &Scenario,
    arguments: &RunArguments,
    pool: &rayon::ThreadPool,
) -> Result<bool, Failure> {
    let mut report = report_of(scenario, arguments.quiet, pool)?;
    report.with_charts = !arguments.no_charts;
    let folder = arguments.output.join(&scenario.name);
    pool.install(|| save(&report, &folder, &arguments.output))?;
    if !arguments.quiet {
        print(&report::terminal(&report, &folder.display().to_string()))?;
    }
    Ok(report.holds())
}

/// The threads to run on.
pub(super) fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, Failure> {
    if threads == Some(0) {
        return Err(Failure::Invalid(
            "error: --threads is 0; give 1 or more".to_owned(),
        ));
    }
    let mut pool = rayon::ThreadPoolBuilder::new();
    if let Some(threads) = threads {
        pool = pool.num_threads(threads);
    }
    pool.build()
        .map_err(|error| Failure::Runtime(format!("error: no threads: {error}")))
}

/// Runs one scenario.
pub(super) fn report_of(
    scenario: &Scenario,
    quiet: bool,
    pool: &rayon::ThreadPool,
) -> Result<Report, Failure> {
    let watched = progress::Bar::start(scenario, quiet);
    let runs = pool.install(|| experiment::run(scenario, &watched.progress));
    watched.stop();
    let runs = runs.map_err(|broken| {
        Failure::Invariant(format!(
            "error: {} (this is a bug of streamduel): {}",
            scenario.name, broken.0
        ))
    })?;
    Ok(Report::new(scenario, runs))
}

/// Writes the results folder.
pub(super) fn save(report: &Report, folder: &Path, parent: &Path) -> Result<(), Failure> {
    let fail = |message: String| Failure::Runtime(format!("error: {message}"));
    std::fs::create_dir_all(parent)
        .map_err(|error| fail(format!("{}: {error}", parent.display())))?;
    report::write(report, folder).map_err(fail)
}
