//! Every system times every replication, on threads; results by index, never by arrival.
//!
//! How many replications there are follows from their results alone, so it is the same on every machine.

mod alone;
pub mod precision;
pub(crate) mod threads;
mod turns;
mod warmup;

pub use alone::{run_alone, stands_alone};
pub use warmup::SAMPLES_LEAST;

use crate::platform::Setup;
use crate::probe::RunResult;
use crate::scenario::{Scenario, System, WarmupRule};
use crate::units::{Nanos, SimTime};
use crate::workload::{Input, Record, Run, Runs};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use turns::Turns;

/// How far the runs of a scenario have come, for a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Simulated time over all runs `[ns]`.
    pub simulated: AtomicU64,
    /// Records offered over all runs.
    pub records: AtomicU64,
    /// What is called at each sampling instant with the simulated time over all runs `[ns]`, where there is no other
    /// thread that could look.
    pub heard: Option<fn(u64)>,
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

/// Runs all systems as often as the scenario says, or until the headline figures are precise enough.
///
/// # Errors
/// If the ledger of a run does not balance.
pub fn run(scenario: &Scenario, progress: &Progress) -> Result<Vec<SystemRuns>, Imbalance> {
    let mut results: Vec<Vec<RunResult>> = scenario.systems.iter().map(|_| Vec::new()).collect();
    let (least, most) = (scenario.replications, scenario.replications_max);
    let mut warmup = scenario.warmup;
    run_batch(scenario, warmup, 0..least, &mut results, progress)?;
    if scenario.warmup_rule == WarmupRule::Found {
        warmup = warmup::find(&slices(&results), scenario.workload.sample);
        if warmup > Nanos::ZERO {
            // The same runs once more, with figures that leave out the beginning.
            results.iter_mut().for_each(Vec::clear);
            run_batch(scenario, warmup, 0..least, &mut results, progress)?;
        }
    }
    let mut made = least;
    while let Ok(wanted) = precision::next(&slices(&results), made, least, most) {
        run_batch(scenario, warmup, made..wanted, &mut results, progress)?;
        made = wanted;
    }
    let systems = scenario.systems.iter().zip(results);
    let runs = systems.map(|(system, runs)| SystemRuns {
        label: system.label.clone(),
        platform: system.config.word(),
        names: system.config.names(),
        runs,
    });
    Ok(runs.collect())
}

fn slices(results: &[Vec<RunResult>]) -> Vec<&[RunResult]> {
    results.iter().map(Vec::as_slice).collect()
}

/// Runs these replications of all systems and puts their results behind the earlier ones.
fn run_batch(
    scenario: &Scenario,
    warmup: Nanos,
    replications: Range<u32>,
    results: &mut [Vec<RunResult>],
    progress: &Progress,
) -> Result<(), Imbalance> {
    // A system behind another one comes after it.
    let deepest = (0..scenario.systems.len())
        .map(|system| depth(scenario, system))
        .max()
        .unwrap_or(0);
    for level in 0..=deepest {
        let systems =
            (0..scenario.systems.len()).filter(|system| depth(scenario, *system) == level);
        let turns = Turns::new(systems, replications.clone());
        for (system, replication, result) in run_level(scenario, warmup, turns, results, progress) {
            let place = Place {
                system,
                replication,
            };
            results[system].push(balanced(scenario, place, result)?);
        }
    }
    for run in results.iter_mut().flatten() {
        // What went on has arrived.
        (run.offered, run.relayed) = (Vec::new(), Vec::new());
    }
    Ok(())
}

/// Runs what `turns` asks for on all threads, each of which takes the next run when it is free; `before` has the
/// results of the systems that come first. Returns system, replication and result, in that order.
fn run_level(
    scenario: &Scenario,
    warmup: Nanos,
    turns: Turns,
    before: &[Vec<RunResult>],
    progress: &Progress,
) -> Vec<(usize, u32, RunResult)> {
    let turns = Mutex::new(turns);
    let turns = || turns.lock().unwrap_or_else(PoisonError::into_inner);
    let next = || {
        let (system, replication) = turns().take()?;
        let feed = scenario.systems[system].feed;
        let place = Place {
            system,
            replication,
        };
        let before = feed.and_then(|feed| before[feed.system].get(replication as usize));
        let mut result = simulate(scenario, warmup, place, before, progress);
        turns().ended(system, result.ledger.offered + result.timers);
        // Reports show the series of lanes in the first replication alone.
        if replication > 0 {
            result.forget_lane_series();
        }
        Some((system, replication, result))
    };
    let mut runs = threads::drain(next);
    runs.sort_by_key(|(system, replication, _)| (*system, *replication));
    runs
}

/// The result, if every record of it is accounted for.
fn balanced(scenario: &Scenario, place: Place, result: RunResult) -> Result<RunResult, Imbalance> {
    let (label, replication) = (&scenario.systems[place.system].label, place.replication);
    match check(&result) {
        Ok(()) => Ok(result),
        Err(sentence) => Err(Imbalance(format!(
            "system {label}, replication {replication}: {sentence}"
        ))),
    }
}

/// Checks that every record of a run is accounted for, and that the parts of its time add up to its delay.
fn check(result: &RunResult) -> Result<(), String> {
    result.ledger.check()?;
    match &result.times.off {
        None => Ok(()),
        Some(off) => Err(format!("the parts of a record's time do not add up: {off}")),
    }
}

/// How many systems stand before this one in its chain.
fn depth(scenario: &Scenario, system: usize) -> usize {
    scenario.systems[system]
        .feed
        .map_or(0, |feed| 1 + depth(scenario, feed.system))
}

/// One replication of every system, in the order of the systems. It runs on the calling thread.
///
/// # Errors
/// If the ledger of a run does not balance.
pub fn run_replication(
    scenario: &Scenario,
    replication: u32,
    progress: &Progress,
) -> Result<Vec<RunResult>, Imbalance> {
    let mut order: Vec<usize> = (0..scenario.systems.len()).collect();
    order.sort_by_key(|system| depth(scenario, *system));
    let mut results: Vec<Option<RunResult>> = order.iter().map(|_| None).collect();
    for system in order {
        let feed = scenario.systems[system].feed;
        let before = feed.and_then(|feed| results[feed.system].as_ref());
        let place = Place {
            system,
            replication,
        };
        let result = simulate(scenario, scenario.warmup, place, before, progress);
        results[system] = Some(balanced(scenario, place, result)?);
    }
    Ok(results.into_iter().flatten().collect())
}

/// One replication of one system, and of those that stand before it. A warm-up that is found in the runs is not cut off.
#[must_use]
pub fn run_one(
    scenario: &Scenario,
    system: usize,
    replication: u32,
    progress: &Progress,
) -> RunResult {
    let feed = scenario.systems[system].feed;
    let before = feed.map(|feed| run_one(scenario, feed.system, replication, progress));
    let place = Place {
        system,
        replication,
    };
    simulate(scenario, scenario.warmup, place, before.as_ref(), progress)
}

/// Which run it is.
#[derive(Clone, Copy)]
struct Place {
    /// The number of the system in the scenario.
    system: usize,
    /// The number of the replication.
    replication: u32,
}

/// One replication of one system, whose figures leave out `warmup`; `before` is that of the system that it takes its
/// records from.
fn simulate(
    scenario: &Scenario,
    warmup: Nanos,
    place: Place,
    before: Option<&RunResult>,
    progress: &Progress,
) -> RunResult {
    let Place {
        system,
        replication,
    } = place;
    let own = &scenario.systems[system];
    let setup = Setup {
        workload: &own.workload,
        seed: scenario.seed,
        replication,
    };
    let until = scenario.workload.duration.0;
    let mut result = match before {
        None => {
            let inputs = own.workload.inputs(scenario.seed, replication);
            let mut inputs = Watched::new(inputs, progress);
            let result = own.config.simulate(&setup, warmup, &mut inputs);
            inputs.counted.report(until);
            result
        }
        Some(before) => {
            let inputs = own.workload.relayed(relayed(own, before));
            let mut inputs = Watched::new(inputs, progress);
            let result = own.config.simulate(&setup, warmup, &mut inputs);
            inputs.counted.report(until);
            result
        }
    };
    if own.workload.relayed_by.is_some() {
        result.offered = offered(scenario, system, replication, before);
    }
    result.spread(&own.consumers, scenario.workload.consumers.len());
    result
}

/// The records that were offered to a system, by their numbers.
fn offered(
    scenario: &Scenario,
    system: usize,
    replication: u32,
    before: Option<&RunResult>,
) -> Vec<Record> {
    let own = &scenario.systems[system];
    if let Some(before) = before {
        return relayed(own, before)
            .into_iter()
            .map(|(_, record)| record)
            .collect();
    }
    let record = |input| match input {
        Input::Record(record) => Some(record),
        _ => None,
    };
    own.workload
        .inputs(scenario.seed, replication)
        .filter_map(record)
        .collect()
}

/// What a system is offered by the one before it: each record when the consumer was done with it, sent by a
/// worker of that consumer, always the same one for what came from one producer.
fn relayed(own: &System, before: &RunResult) -> Vec<(SimTime, Record)> {
    let senders = own.workload.producers().max(1);
    let next = |(serial, (at, number)): (u32, &(SimTime, u32))| {
        let record = before.offered.get(*number as usize)?;
        Some((
            *at,
            Record {
                serial,
                producer: record.producer % senders,
                ..*record
            },
        ))
    };
    (0..).zip(&before.relayed).filter_map(next).collect()
}

/// The inputs of a run, counted on their way; progress is reported at each sampling instant.
struct Watched<'a, I> {
    inputs: I,
    counted: Counted<'a>,
}

/// What was counted since the last report.
struct Counted<'a> {
    progress: &'a Progress,
    /// Records offered since then.
    since: u64,
    /// The instant of that report `[ns]`.
    at: u64,
}

impl<'a, I> Watched<'a, I> {
    fn new(inputs: I, progress: &'a Progress) -> Self {
        let counted = Counted {
            progress,
            since: 0,
            at: 0,
        };
        Self { inputs, counted }
    }
}

impl<I: Runs> Runs for Watched<'_, I> {
    fn next_run(&mut self) -> Option<Run<'_>> {
        let Self { inputs, counted } = self;
        let run = inputs.next_run();
        match run {
            Some(Run::Records(records)) => counted.since += records.len() as u64,
            Some(Run::Input(Input::Record(_) | Input::Relayed(..))) => counted.since += 1,
            Some(Run::Input(Input::Sample(at))) => counted.report(at.0),
            Some(Run::Input(Input::Step(..) | Input::Cut(_))) | None => {}
        }
        run
    }
}

impl Counted<'_> {
    fn report(&mut self, at: u64) {
        self.progress
            .records
            .fetch_add(self.since, Ordering::Relaxed);
        let more = at.saturating_sub(self.at);
        let before = self.progress.simulated.fetch_add(more, Ordering::Relaxed);
        if let Some(heard) = self.progress.heard {
            heard(before.saturating_add(more));
        }
        (self.since, self.at) = (0, at);
    }
}
