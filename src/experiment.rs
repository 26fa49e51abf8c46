//! Every system times every replication, on threads; results by index, never by arrival.

use crate::platform::Setup;
use crate::probe::RunResult;
use crate::scenario::Scenario;
use crate::workload::Input;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far the runs of a scenario have come, for a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Simulated time over all runs `[ns]`.
    pub simulated: AtomicU64,
    /// Records offered over all runs.
    pub records: AtomicU64,
}

/// The runs of one system, in order of replication.
pub struct SystemRuns {
    /// The system's label.
    pub label: String,
    /// Its platform's word.
    pub platform: &'static str,
    /// What its monitoring calls things.
    pub names: crate::platform::MetricNames,
    /// One result per replication.
    pub runs: Vec<RunResult>,
}

/// A broken balance: a bug of the program, never of the scenario.
#[derive(Debug)]
pub struct Imbalance(pub String);

/// Runs all replications of all systems.
///
/// # Errors
/// If the ledger of a run does not balance.
pub fn run(scenario: &Scenario, progress: &Progress) -> Result<Vec<SystemRuns>, Imbalance> {
    let jobs: Vec<(usize, u32)> = (0..scenario.systems.len())
        .flat_map(|system| (0..scenario.replications).map(move |replication| (system, replication)))
        .collect();
    let results: Vec<RunResult> = jobs
        .par_iter()
        .map(|(system, replication)| run_one(scenario, *system, *replication, progress))
        .collect();
    for ((system, replication), result) in jobs.iter().zip(&results) {
        let label = &scenario.systems[*system].label;
        result.ledger.check().map_err(|sentence| {
            Imbalance(format!("system {label}, replication {replication}: {sentence}"))
        })?;
    }
    let mut results = results.into_iter();
    let collect = |system: &crate::scenario::System| SystemRuns {
        label: system.label.clone(),
        platform: system.config.word(),
        names: system.config.names(),
        runs: results.by_ref().take(scenario.replications as usize).collect(),
    };
    Ok(scenario.systems.iter().map(collect).collect())
}

/// One replication of one system.
#[must_use]
pub fn run_one(scenario: &Scenario, system: usize, replication: u32, progress: &Progress) -> RunResult {
    let setup = Setup { workload: &scenario.workload, seed: scenario.seed, replication };
    let inputs = scenario.workload.inputs(scenario.seed, replication);
    let mut inputs = Watched { inputs, progress, since: 0, at: 0 };
    let config = &scenario.systems[system].config;
    let result = config.simulate(&setup, scenario.warmup, inputs.by_ref());
    inputs.report(scenario.workload.duration.0);
    result
}

/// The inputs of a run, counted on their way; progress is reported at each sampling instant.
struct Watched<'a, I> {
    inputs: I,
    progress: &'a Progress,
    since: u64,
    at: u64,
}

impl<I: Iterator<Item = Input>> Iterator for Watched<'_, I> {
    type Item = Input;
    #[inline(always)]
    fn next(&mut self) -> Option<Input> {
        let input = self.inputs.next();
        match &input {
            Some(Input::Record(_)) => self.since += 1,
            Some(Input::Sample(at)) => self.report(at.0),
            _ => {}
        }
        input
    }
}

impl<I> Watched<'_, I> {
    #[cold]
    fn report(&mut self, at: u64) {
        self.progress.records.fetch_add(self.since, Ordering::Relaxed);
        self.progress.simulated.fetch_add(at.saturating_sub(self.at), Ordering::Relaxed);
        (self.since, self.at) = (0, at);
    }
}
