//! Counterfactual proof: the run is repeated with one cause lifted and everything else the same, records and seed
//! included, and the symptom is measured again.

use super::causes::{self, Finding, Symptom, lateness};
use super::{Report, format};
use crate::experiment::{Progress, run_one, threads};
use crate::probe::figures::{self, Unit};
use crate::probe::{Limit, Point, RunResult};
use crate::scenario::Scenario;
use crate::stats::Interval;

/// A cause is confirmed if lifting it removes at least this part of the symptom.
const CONFIRMED: f64 = 0.5;
/// A cause is refuted if lifting it removes less than this part of the symptom.
const REFUTED: f64 = 0.1;
/// The most causes of a system that are lifted, one at a time.
const CAUSES_MAX: usize = 3;

/// What became of a symptom when its first cause was lifted.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The symptom with its causes.
    pub finding: Finding,
    /// The limit that was lifted.
    pub limit: Limit,
    /// What was changed.
    pub lifted: &'static str,
    /// The measure of the symptom in the runs of the report.
    pub before: Interval,
    /// The same measure with the cause lifted.
    pub after: Interval,
    /// The unit of the measure.
    pub unit: Unit,
}

impl Proof {
    /// The part of the symptom that went away, from below zero (it grew) to 1.
    #[must_use]
    pub fn removed(&self) -> f64 {
        1.0 - self.after.mean / self.before.mean.max(f64::MIN_POSITIVE)
    }

    /// Whether lifting the cause removed at least half of the symptom.
    #[must_use]
    pub fn confirms(&self) -> bool {
        self.removed() >= CONFIRMED
    }

    /// What became of the symptom, as a sentence of the verdict.
    #[must_use]
    pub fn sentence(&self, report: &Report) -> String {
        let label = &report.systems[self.finding.system].label;
        let noun = causes::noun_of(report, &self.finding);
        let (before, after) = (
            format::interval(&self.before, self.unit),
            format::interval(&self.after, self.unit),
        );
        let outcome = match self.removed() {
            removed if removed >= CONFIRMED => "This confirms the cause",
            removed if removed >= REFUTED => "The cause explains a part",
            _ => "This refutes the cause: lifting it changes next to nothing",
        };
        format!(
            "{label}, proof: with one change ({}) and all else the same, {noun} changed from {before} to {after} ({}). {outcome}.",
            self.lifted,
            self.measure()
        )
    }

    /// What is measured.
    fn measure(&self) -> &'static str {
        match (self.finding.symptom, self.unit) {
            (Symptom::ThrottledWrites, _) => "refused attempts",
            (Symptom::RefusedReads, _) => "refused calls",
            (Symptom::LateAcknowledgement | Symptom::LateDelivery, Unit::Seconds) => {
                "99th percentile above that of calm, mean over all records"
            }
            (Symptom::LateDelivery, _) => "records behind, mean over the run",
            _ => "records",
        }
    }
}

/// Lifts the first causes of all findings, one at a time, and measures again.
#[must_use]
pub fn prove(scenario: &Scenario, report: &Report) -> Vec<Proof> {
    let systems = 0..report.systems.len();
    systems
        .flat_map(|system| of_system(scenario, report, system))
        .collect()
}

fn of_system(scenario: &Scenario, report: &Report, system: usize) -> Vec<Proof> {
    let mut tried: Vec<(Limit, Option<usize>)> = Vec::new();
    let mut proofs = Vec::new();
    for finding in causes::findings(report, system) {
        let Some(first) = finding.causes.first() else {
            continue;
        };
        // What is lifted from lanes is lifted for all consumers.
        let of_lanes = matches!(first.limit, Limit::ReadBytes | Limit::ReadCalls);
        let what = (first.limit, first.consumer.filter(|_| !of_lanes));
        if tried.contains(&what) || tried.len() >= CAUSES_MAX {
            continue;
        }
        tried.push(what);
        proofs.extend(proof(scenario, report, finding));
    }
    proofs
}

fn proof(scenario: &Scenario, report: &Report, finding: Finding) -> Option<Proof> {
    let first = finding.causes.first()?;
    let (limit, system) = (first.limit, finding.system);
    let mut changed = scenario.clone();
    let own = changed.systems.get_mut(system)?;
    let number = |consumer| own.consumers.iter().position(|of| *of == consumer);
    let consumer = first.consumer.map(number).unwrap_or_default();
    let of_config = own.config.lift(limit, consumer);
    let of_workload = crate::platform::lift_from_workload(&mut own.workload, limit, consumer);
    let lifted = of_workload.or(of_config)?;
    let runs_before = &report.systems[system].runs;
    let replications: Vec<u32> = (0..runs_before.len() as u32).collect();
    let runs = threads::each(&replications, |replication| {
        run_one(&changed, system, *replication, &Progress::default())
    });
    let before = runs_before.first()?;
    let calm = calm(before, &finding);
    let measured = |runs: &[RunResult]| {
        let values = runs.iter().filter_map(|run| measure(run, &finding, calm));
        Interval::of(&values.collect::<Vec<f64>>())
    };
    let (before, after) = (measured(runs_before)?, measured(&runs)?);
    let seconds = match finding.symptom {
        Symptom::LateAcknowledgement => true,
        Symptom::LateDelivery => !finding.backlog,
        _ => false,
    };
    Some(Proof {
        limit,
        lifted,
        before,
        after,
        unit: if seconds { Unit::Seconds } else { Unit::Count },
        finding,
    })
}

/// The delay of calm in a run `[s]`, for symptoms of lateness.
fn calm(run: &RunResult, finding: &Finding) -> f64 {
    lateness::calm(&run.points, |point| delay(point, finding)).unwrap_or_default()
}

/// The 99th percentile of the delay that a finding is about, in one interval `[s]`.
fn delay(point: &Point, finding: &Finding) -> Option<f64> {
    match finding.consumer {
        Some(consumer) => lateness::delivery(point, consumer),
        None => lateness::append(point),
    }
}

/// How much later than in calm records were: the mean over the records of the whole run, each counted with the 99th
/// percentile of its interval `[s]`.
fn lateness_of(run: &RunResult, finding: &Finding, calm: f64) -> f64 {
    let records = |point: &Point| match finding.consumer {
        Some(consumer) => point.delivered.get(consumer).copied().unwrap_or_default() as f64,
        None => point.counts.accepted as f64,
    };
    let excess = |point: &Point| (delay(point, finding).unwrap_or(calm) - calm).max(0.0);
    let late: f64 = run.points.iter().map(|p| excess(p) * records(p)).sum();
    let all: f64 = run.points.iter().map(records).sum();
    late / all.max(1.0)
}

/// How large a symptom is in a run; late is what is above `calm`.
fn measure(run: &RunResult, finding: &Finding, calm: f64) -> Option<f64> {
    let consumer = finding.consumer;
    let of_consumer = |name: &str| figures::value(run, name, consumer);
    let sum = |of: fn(&Point) -> u64| run.points.iter().map(|point| of(point) as f64).sum();
    match finding.symptom {
        Symptom::ThrottledWrites => Some(sum(|point| point.counts.throttled)),
        Symptom::EndedEarly => Some(run.ledger.ended() as f64),
        Symptom::HeldByClients => Some(run.ledger.client_held as f64),
        Symptom::RefusedReads => Some(sum(|point| point.counts.read_throttled)),
        Symptom::Skipped => of_consumer("skipped"),
        Symptom::ExpiredUnread => of_consumer("expired"),
        Symptom::Redelivered => of_consumer("redelivered"),
        Symptom::LateDelivery if finding.backlog => {
            let lags = run
                .points
                .iter()
                .filter_map(|point| point.lag.get(consumer?));
            let lags: f64 = lags.map(|lag| *lag as f64).sum();
            Some(lags / run.points.len().max(1) as f64)
        }
        Symptom::LateAcknowledgement | Symptom::LateDelivery => {
            Some(lateness_of(run, finding, calm))
        }
    }
}
