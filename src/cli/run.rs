//! `streamduel run`.

use super::json::{self, Form, Format, Ran};
use super::{Failure, RunArguments, files, print, progress, warn};
use crate::experiment;
use crate::output::ForeignFiles;
use crate::report::{self, Exports, Report, ResultsPlace};
use crate::scenario::Scenario;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::PathBuf;

/// Runs the scenarios one after the other. All are checked before the first is run, and so are the places of their results.
pub(super) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let exports = exports(arguments);
    let overrides = arguments.changes.overrides();
    let mut scenarios = Vec::new();
    for file in files(&arguments.scenarios)? {
        scenarios.push(Scenario::load(&file, &overrides)?);
    }
    refuse_twins(&scenarios)?;
    let pool = pool(arguments.threads, &scenarios)?;
    for scenario in &scenarios {
        place_of(scenario, arguments)?;
    }
    let failed = run_all(&scenarios, arguments, exports, &pool)?;
    if failed.is_empty() {
        return Ok(());
    }
    if arguments.what_if {
        tell(&format!(
            "expectations do not hold in {}",
            failed.join(", ")
        ));
        return Ok(());
    }
    Err(Failure::Expectation(format!(
        "error: expectations failed in {}",
        failed.join(", ")
    )))
}

/// Runs the scenarios in turn and prints what was found; the names of those whose expectations do not hold.
fn run_all<'s>(
    scenarios: &'s [Scenario],
    arguments: &RunArguments,
    exports: Exports,
    pool: &rayon::ThreadPool,
) -> Result<Vec<&'s str>, Failure> {
    let (mut failed, mut ran) = (Vec::new(), Vec::new());
    for scenario in scenarios {
        if !arguments.quiet {
            warn(scenario);
        }
        let outcome = run_one(scenario, arguments, exports, pool)?;
        if !outcome.holds {
            failed.push(scenario.name.as_str());
        }
        match arguments.format {
            Format::Text => {}
            Format::Json => ran.push(outcome),
            Format::Ndjson => json::give(Format::Ndjson, Form::RUN, &[outcome])?,
        }
    }
    if arguments.format == Format::Json {
        json::give(Format::Json, Form::RUN, &ran)?;
    }
    Ok(failed)
}

/// Which files for other programs are asked for.
fn exports(arguments: &RunArguments) -> Exports {
    Exports {
        openmetrics: arguments.openmetrics,
        hgrm: arguments.hgrm,
        #[cfg(feature = "parquet")]
        parquet: arguments.parquet,
    }
}

/// Refuses two scenarios that would share a results folder.
fn refuse_twins(scenarios: &[Scenario]) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    match scenarios
        .iter()
        .find(|scenario| !names.insert(&scenario.name))
    {
        None => Ok(()),
        Some(twin) => Err(Failure::Invalid(format!(
            "error: two scenarios are called `{}` and would share a results folder",
            twin.name
        ))),
    }
}

/// Claims the results folder of a scenario and tells what was found there of runs that were stopped.
fn place_of(scenario: &Scenario, arguments: &RunArguments) -> Result<ResultsPlace, Failure> {
    let place = report::claim(&arguments.output.join(&scenario.name)).map_err(cannot_write)?;
    for note in &place.notes {
        tell(note);
    }
    Ok(place)
}

pub(super) fn cannot_write(message: String) -> Failure {
    Failure::Runtime(format!("error: {message}"))
}

/// Runs one scenario and writes its results.
fn run_one(
    scenario: &Scenario,
    arguments: &RunArguments,
    exports: Exports,
    pool: &rayon::ThreadPool,
) -> Result<Ran, Failure> {
    let place = place_of(scenario, arguments)?;
    let mut report = report_of(scenario, arguments.quiet, pool)?;
    report.with_charts = !arguments.no_charts;
    (report.png_width, report.exports) = (arguments.png_width, exports);
    if arguments.prove {
        let proofs = pool.install(|| report::prove(scenario, &report));
        let sentences = proofs.iter().map(|proof| proof.sentence(&report));
        let sentences: Vec<String> = sentences.collect();
        report.verdict.extend(sentences);
    }
    pool.install(|| save(&report, &place))?;
    let folder = arguments.output.join(&scenario.name);
    let folder = folder.display().to_string();
    if !arguments.quiet && arguments.format == Format::Text {
        print(&report::terminal(&report, &folder))?;
    }
    Ok(Ran::of(&report, folder))
}

/// The threads to run on: as many as asked for, or else as the machine has, but never more than the largest scenario has runs.
pub(super) fn pool(
    threads: Option<usize>,
    scenarios: &[Scenario],
) -> Result<rayon::ThreadPool, Failure> {
    let runs = scenarios.iter().map(Scenario::runs).max().unwrap_or(1);
    pool_for(threads, runs)
}

/// The threads for so many runs.
pub(super) fn pool_for(threads: Option<usize>, runs: usize) -> Result<rayon::ThreadPool, Failure> {
    if threads == Some(0) {
        return Err(Failure::Invalid(
            "error: --threads is 0; give 1 or more".to_owned(),
        ));
    }
    let wanted = threads.unwrap_or_else(machine_threads);
    rayon::ThreadPoolBuilder::new()
        .num_threads(wanted.min(runs.max(1)))
        .build()
        .map_err(|error| Failure::Runtime(format!("error: no threads: {error}")))
}

/// How many threads the machine runs at once.
pub(super) fn machine_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
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

/// Writes the results folder and names the files in it that the program did not write.
pub(super) fn save(report: &Report, place: &ResultsPlace) -> Result<(), Failure> {
    let kept = report::write_at(report, place).map_err(cannot_write)?;
    tell_kept(&kept, &place.folder().display().to_string());
    Ok(())
}

/// Names the files that stay because the program did not write them.
pub(super) fn tell_kept(kept: &ForeignFiles, folder: &str) {
    let names = |paths: &[PathBuf]| {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        names.join(", ")
    };
    if !kept.moved.is_empty() {
        tell(&format!(
            "{folder}: kept, because streamduel did not write it: {}",
            names(&kept.moved)
        ));
    }
    if !kept.left.is_empty() {
        tell(&format!(
            "{folder}: could not be moved into the new folder and lies in the old one: {}",
            names(&kept.left)
        ));
    }
}

/// Tells the user something on standard error that is no failure.
pub(super) fn tell(note: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "note: {note}");
}
