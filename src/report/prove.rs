//! Counterfactual proof: the run is repeated with one cause lifted and everything else the same, records and seed
//! included, and the symptom is measured again.

use super::causes::{self, Cause, Finding, Symptom, late, lateness};
use super::{Report, format};
use crate::experiment::{Progress, run_one, threads};
use crate::probe::figures::{self, Unit};
use crate::probe::{Limit, Point, RunResult};
use crate::scenario::{Scenario, System};
use crate::stats::Interval;

/// A cause is confirmed if lifting it removes at least this part of the symptom.
const CONFIRMED: f64 = 0.5;
/// A cause is refuted if lifting it removes less than this part of the symptom.
const REFUTED: f64 = 0.1;
/// A cause may lie right behind the first if it has at least this part of the symptom.
const BEHIND_LEAST: f64 = 0.2;
/// The most causes of a system that are lifted, one at a time.
const CAUSES_MAX: usize = 8;

/// What became of a symptom when its first cause was lifted.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The symptom with its causes.
    pub finding: Finding,
    /// The limit that was lifted.
    pub limit: Limit,
    /// The limit right behind it that was lifted with it, because the first one alone changes next to nothing.
    pub behind: Option<Limit>,
    /// What was changed.
    pub lifted: String,
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

    /// Whether lifting the cause alone removed at least half of the symptom.
    #[must_use]
    pub fn confirms(&self) -> bool {
        self.behind.is_none() && self.removed() >= CONFIRMED
    }

    /// Whether lifting the cause changed next to nothing.
    #[must_use]
    pub fn refutes(&self) -> bool {
        self.removed() < REFUTED
    }

    /// The measure before and after, for people.
    #[must_use]
    pub fn measures(&self) -> [String; 2] {
        [&self.before, &self.after].map(|of| format::interval(of, self.unit))
    }

    /// What became of the symptom, as a sentence of the verdict.
    #[must_use]
    pub fn sentence(&self, report: &Report) -> String {
        let label = &report.systems[self.finding.system].label;
        let noun = causes::noun_of(report, &self.finding);
        let [before, after] = self.measures();
        let outcome = match self.removed() {
            _ if self.behind.is_some() => {
                "The first change alone changes next to nothing, because the second limit lies right behind the first: this confirms \
                 both together"
            }
            removed if removed >= CONFIRMED => "This confirms the cause",
            removed if removed >= REFUTED => "The cause explains a part",
            _ => "This refutes the cause: lifting it changes next to nothing",
        };
        let changes = self.behind.map_or("one change", |_| "two changes");
        format!(
            "{label}, proof: with {changes} ({}) and all else the same, {noun} changed from {before} to {after} ({}). {outcome}.",
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
                "99th percentile above that of calm where records were late, mean over all records"
            }
            (Symptom::LateDelivery, _) => {
                "records behind where they are far more than usual, mean over the run"
            }
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

/// What is lifted at once: a limit, and the consumer for which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct What {
    limit: Limit,
    consumer: Option<usize>,
}

impl What {
    /// What the first cause of a finding asks for. What is lifted from lanes is lifted for all consumers.
    fn of(finding: &Finding) -> Option<Self> {
        let first = finding.causes.first()?;
        let of_lanes = matches!(first.limit, Limit::ReadBytes | Limit::ReadCalls);
        Some(Self {
            limit: first.limit,
            consumer: first.consumer.filter(|_| !of_lanes),
        })
    }
}

fn of_system(scenario: &Scenario, report: &Report, system: usize) -> Vec<Proof> {
    let findings = causes::findings(report, system);
    let mut all: Vec<What> = Vec::new();
    for what in findings.iter().filter_map(What::of) {
        if !all.contains(&what) {
            all.push(what);
        }
    }
    let mut proofs = Vec::new();
    for what in all.into_iter().take(CAUSES_MAX) {
        let same = findings.iter().filter(|of| What::of(of) == Some(what));
        proofs.extend(lifted(scenario, report, &same.cloned().collect::<Vec<_>>()));
    }
    proofs
}

/// Runs a system again without the first cause that findings have in common, and measures each of them.
fn lifted(scenario: &Scenario, report: &Report, findings: &[Finding]) -> Vec<Proof> {
    let first = findings
        .first()
        .and_then(|of| Some((of.system, of.causes.first()?)));
    let Some((system, cause)) = first else {
        return Vec::new();
    };
    let mut changed = scenario.clone();
    let Some(own) = changed.systems.get_mut(system) else {
        return Vec::new();
    };
    let Some(lifted) = lift(own, cause) else {
        return Vec::new();
    };
    let runs_before = &report.systems[system].runs;
    let runs = again(&changed, system, runs_before.len());
    let proved = |finding: &Finding| {
        let first = proof(finding, &lifted, runs_before, &runs)?;
        let both = first
            .refutes()
            .then(|| with_next(&changed, &first, runs_before));
        Some(both.flatten().unwrap_or(first))
    };
    findings.iter().filter_map(proved).collect()
}

/// All replications of a system.
fn again(scenario: &Scenario, system: usize, replications: usize) -> Vec<RunResult> {
    let replications: Vec<u32> = (0..replications as u32).collect();
    threads::each(&replications, |replication| {
        run_one(scenario, system, *replication, &Progress::default())
    })
}

/// Lifts the next cause on the way too, where it may lie right behind the first, which is lifted in `scenario`: a limit of the reader
/// behind one of writing, or the other way round. A proof if both together are what the symptom came from.
fn with_next(scenario: &Scenario, first: &Proof, runs_before: &[RunResult]) -> Option<Proof> {
    let finding = &first.finding;
    let of_reader = |cause: &Cause| cause.consumer.is_some();
    let main = finding.causes.first().map(of_reader);
    let mut others = finding.causes.iter().skip(1);
    let next = others.find(|next| Some(of_reader(next)) != main)?;
    if next.share < BEHIND_LEAST {
        return None;
    }
    let mut changed = scenario.clone();
    let words = lift(changed.systems.get_mut(finding.system)?, next)?;
    let runs = again(&changed, finding.system, runs_before.len());
    let lifted = format!("{}; and {words}", first.lifted);
    let both = proof(finding, &lifted, runs_before, &runs)?;
    both.confirms().then_some(Proof {
        behind: Some(next.limit),
        ..both
    })
}

/// What became of a symptom.
fn proof(
    finding: &Finding,
    lifted: &str,
    runs_before: &[RunResult],
    runs: &[RunResult],
) -> Option<Proof> {
    let usual = Usual::of(runs_before.first()?, finding);
    let measured = |runs: &[RunResult]| {
        let values = runs.iter().filter_map(|run| measure(run, finding, usual));
        Interval::of(&values.collect::<Vec<f64>>())
    };
    let (before, after) = (measured(runs_before)?, measured(runs)?);
    let seconds = match finding.symptom {
        Symptom::LateAcknowledgement => true,
        Symptom::LateDelivery => !finding.backlog,
        _ => false,
    };
    Some(Proof {
        limit: finding.causes.first()?.limit,
        behind: None,
        lifted: lifted.to_owned(),
        before,
        after,
        unit: if seconds { Unit::Seconds } else { Unit::Count },
        finding: finding.clone(),
    })
}

/// Takes the limit of a cause away from the workload or else from the settings; what breaks is taken from both. Returns what was changed.
fn lift(system: &mut System, cause: &Cause) -> Option<String> {
    let number = |consumer| system.consumers.iter().position(|of| *of == consumer);
    let (limit, consumer) = (cause.limit, cause.consumer.map(number).unwrap_or_default());
    let workload = &mut system.workload;
    let of_workload = crate::platform::lift_from_workload(workload, limit, consumer);
    if of_workload.is_some() && !crate::platform::comes_from_events(limit) {
        return of_workload.map(str::to_owned);
    }
    let words = [of_workload, system.config.lift(limit, consumer)];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", and "))
}

/// What is usual in the runs of the report, above which something is a symptom.
#[derive(Clone, Copy)]
struct Usual {
    /// The delay of calm `[s]`.
    calm: f64,
    /// From how many records on a consumer is far behind.
    far: f64,
}

impl Usual {
    fn of(run: &RunResult, finding: &Finding) -> Self {
        let delays = |point: &Point| delay(point, finding);
        let calm = lateness::calm(&run.points, delays, |point| records(point, finding));
        Self {
            calm: calm.unwrap_or_default(),
            far: finding
                .consumer
                .map_or(0.0, |consumer| late::far_from(run, consumer)),
        }
    }
}

/// The 99th percentile of the delay that a finding is about, in one interval `[s]`.
fn delay(point: &Point, finding: &Finding) -> Option<f64> {
    match finding.consumer {
        Some(consumer) => lateness::delivery(point, consumer),
        None => lateness::append(point),
    }
}

/// How many records a finding is about in one interval.
fn records(point: &Point, finding: &Finding) -> f64 {
    match finding.consumer {
        Some(consumer) => lateness::delivered(point, consumer),
        None => lateness::accepted(point),
    }
}

/// How much later than in calm late records were: the mean over the records of the whole run, each counted with the 99th
/// percentile of its interval. Intervals that are not late count as calm `[s]`.
fn lateness_of(run: &RunResult, finding: &Finding, calm: f64) -> f64 {
    let records = |point: &Point| records(point, finding);
    let excess = |point: &Point| match delay(point, finding) {
        Some(delay) if delay > lateness::late_from(calm) => delay - calm,
        _ => 0.0,
    };
    let late: f64 = run.points.iter().map(|p| excess(p) * records(p)).sum();
    let all: f64 = run.points.iter().map(records).sum();
    late / all.max(1.0)
}

/// How large a symptom is in a run: only what is more than usual.
fn measure(run: &RunResult, finding: &Finding, usual: Usual) -> Option<f64> {
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
        Symptom::StoredAgain => Some(run.stored_again as f64),
        Symptom::Reordered => run.reordered.map(|records| records as f64),
        Symptom::OutOfOrder => Some(*run.out_of_order.as_ref()?.get(consumer?)? as f64),
        Symptom::Discarded => Some(run.ledger.consumers.get(consumer?)?.discarded as f64),
        Symptom::LateDelivery if finding.backlog => {
            let far = |point: &Point| Some(late::far_behind(point, consumer?, usual.far));
            let lags: f64 = run.points.iter().filter_map(far).sum();
            Some(lags / run.points.len().max(1) as f64)
        }
        Symptom::LateAcknowledgement | Symptom::LateDelivery => {
            Some(lateness_of(run, finding, usual.calm))
        }
    }
}
