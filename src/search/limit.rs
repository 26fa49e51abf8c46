//! `streamduel limit`: how far a load can grow until a claim fails, and which claim fails first.
//!
//! Each replication of each system is searched by itself: the load is doubled until a claim fails (or halved until
//! all hold), and the last step is halved on a scale of equal ratios. The same seeds are used at every load, so
//! that one replication differs from another by its records alone, and the limits of the replications give an
//! interval. The search takes it that a claim which fails under a load fails under every higher one.

use super::number::{Number, numbers};
use super::point::{self, Base, Outcome};
use super::run::Stopped;
use super::store::Memo;
use crate::experiment::{self, Progress};
use crate::probe::RunResult;
use crate::scenario::{Expect, Operand, Scenario};
use crate::settings::meant;
use crate::stats::Interval;
use crate::workload::Source;
use rayon::prelude::*;

/// The word for all rates of the workload together.
pub const LOAD: &str = "load";
/// The most that a load is raised or lowered by.
const REACH: f64 = 64.0;

/// What is raised: settings by their paths, with their values in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// What the user asked for.
    pub name: String,
    /// The settings with their values.
    settings: Vec<(String, Number)>,
}

impl Quantity {
    /// What `name` stands for in the scenario: `load` for all its rates of arrivals, or the path of one number.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn of(name: &str, scenario: &Scenario) -> Result<Self, String> {
        let table: toml::Table = scenario
            .resolved
            .parse()
            .map_err(|error| format!("the resolved scenario cannot be read: {error}"))?;
        let numbers = numbers(table);
        let is_meant = |(path, number): &&(String, Number)| match name {
            LOAD => {
                path.starts_with("workload.")
                    && path.contains("arrivals.")
                    && number.unit.ends_with("/s")
            }
            _ => path == name,
        };
        let leaves: Vec<(String, Number)> = numbers.iter().filter(is_meant).cloned().collect();
        if leaves.is_empty() {
            return Err(match name {
                LOAD => {
                    "the arrivals have no rate that could be raised; name a setting by its path"
                        .to_owned()
                }
                _ => unknown(name, &numbers),
            });
        }
        Ok(Self {
            name: name.to_owned(),
            settings: leaves,
        })
    }

    /// The settings times a factor, as `path=value` pairs.
    #[must_use]
    pub fn sets(&self, factor: f64) -> Vec<String> {
        let set = |(path, number): &(String, Number)| format!("{path}={}", number.times(factor));
        self.settings.iter().map(set).collect()
    }
}

fn unknown(name: &str, numbers: &[(String, Number)]) -> String {
    let known: Vec<&str> = numbers.iter().map(|(path, _)| path.as_str()).collect();
    let hint = meant(name, &known);
    format!("no number of the scenario is called `{name}`; {hint}")
}

/// What was found for one system.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The label of the system.
    pub system: String,
    /// The highest load that holds, as a multiple of the file's, over the replications.
    pub factor: Interval,
    /// Whether a replication holds at the highest load that was tried, so that the limit is higher.
    pub is_open: bool,
    /// Whether a replication fails at the lowest load that was tried.
    pub never_holds: bool,
    /// The claim that fails first, by the number of replications in which it does.
    pub breaks: Option<String>,
    /// Why no higher load could be tried, if none could.
    pub refused: Option<String>,
    /// How many runs it took.
    pub runs: usize,
}

/// A search over the systems of a scenario.
pub struct Search<'a> {
    base: &'a Base,
    quantity: &'a Quantity,
    progress: &'a Progress,
    memo: &'a Memo,
    replications: u32,
    /// The ratio between a load that holds and one that fails at which a search ends.
    precision: f64,
}

/// One replication of one system: the highest load that holds.
struct Found {
    factor: f64,
    fails: Vec<usize>,
    is_open: bool,
    never_holds: bool,
    refused: Option<String>,
    runs: usize,
}

impl<'a> Search<'a> {
    /// A search that ends when the limit is known to `precision`, such as 0.02 for 2 %.
    #[must_use]
    pub fn new(
        base: &'a Base,
        quantity: &'a Quantity,
        replications: u32,
        precision: f64,
        progress: &'a Progress,
        memo: &'a Memo,
    ) -> Self {
        Self {
            base,
            quantity,
            progress,
            memo,
            replications,
            precision: 1.0 + precision,
        }
    }

    /// The records that the search will simulate, about, for a progress bar.
    #[must_use]
    pub fn records(&self, scenario: &Scenario) -> u64 {
        let offered = scenario
            .workload
            .sources
            .iter()
            .map(Source::expected_records);
        let steps = 3.0 + libm::log(libm::log(2.0) / libm::log(self.precision)) / libm::log(2.0);
        let runs = scenario.systems.len() as f64 * f64::from(self.replications) * steps;
        (offered.sum::<f64>() * 2.0 * runs) as u64
    }

    /// The limit of every system that the scenario claims something about alone.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn run(&self, scenario: &Scenario) -> Result<Vec<Limit>, Stopped> {
        let systems = (0..scenario.systems.len()).filter(|s| !claims(scenario, *s).is_empty());
        let systems: Vec<usize> = systems.collect();
        let jobs: Vec<(usize, u32)> = systems
            .iter()
            .flat_map(|system| (0..self.replications).map(move |n| (*system, n)))
            .collect();
        let found = jobs.par_iter().map(|(system, n)| self.one(*system, *n));
        let found: Vec<Found> = found.collect::<Result<_, _>>()?;
        let each = found.chunks(self.replications.max(1) as usize);
        let limits = systems.iter().zip(each);
        Ok(limits
            .map(|(system, found)| limit(scenario, *system, found))
            .collect())
    }

    /// Searches one replication of one system.
    fn one(&self, system: usize, replication: u32) -> Result<Found, Stopped> {
        let mut trial = Trial {
            search: self,
            system,
            replication,
            runs: 0,
        };
        let (mut holds, mut fails) = (None, None);
        let mut factor = 1.0;
        while holds.is_none() || fails.is_none() {
            if !(1.0 / REACH..=REACH).contains(&factor) {
                break;
            }
            match trial.at(factor)? {
                Ran::Holds => {
                    holds = Some(factor);
                    factor *= 2.0;
                }
                Ran::Fails(claims) => {
                    fails = Some((factor, claims));
                    factor /= 2.0;
                }
                Ran::Refused(why) => return Ok(trial.found(holds, Vec::new(), Some(why))),
            }
        }
        let (Some(mut low), Some((mut high, mut claims))) = (holds, fails.clone()) else {
            let claims = fails.map_or(Vec::new(), |(_, claims)| claims);
            return Ok(trial.found(holds, claims, None));
        };
        while high / low > self.precision {
            let middle = libm::sqrt(low * high);
            match trial.at(middle)? {
                Ran::Holds => low = middle,
                Ran::Fails(failed) => (high, claims) = (middle, failed),
                Ran::Refused(why) => return Ok(trial.found(Some(low), claims, Some(why))),
            }
        }
        Ok(Found {
            is_open: false,
            ..trial.found(Some(low), claims, None)
        })
    }
}

/// What a run at a load gave.
enum Ran {
    /// Every claim held.
    Holds,
    /// These claims failed.
    Fails(Vec<usize>),
    /// The scenario is not valid at this load.
    Refused(String),
}

/// The runs of one replication of one system.
struct Trial<'a> {
    search: &'a Search<'a>,
    system: usize,
    replication: u32,
    runs: usize,
}

impl Trial<'_> {
    /// Runs the system under the load times `factor`.
    fn at(&mut self, factor: f64) -> Result<Ran, Stopped> {
        let Search {
            base,
            quantity,
            progress,
            memo,
            ..
        } = self.search;
        let scenario = match base.scenario(&quantity.sets(factor)) {
            Ok(scenario) => scenario,
            Err(problems) => {
                let first = problems.list.first();
                let why = first.map_or(String::new(), |problem| problem.message.clone());
                return Ok(Ran::Refused(why));
            }
        };
        self.runs += 1;
        let own = claims(&scenario, self.system);
        let key = format!("{}-{}", point::key(&scenario), self.system);
        let outcome = memo.of(&key, self.replication, || {
            let run = experiment::run_one(&scenario, self.system, self.replication, progress);
            run.ledger.check().map_err(Stopped::Imbalance)?;
            Ok(checked(&scenario, &own, &run))
        })?;
        let held = own.into_iter().zip(&outcome.claims);
        let failed = held
            .filter(|(_, (_, holds))| !holds)
            .map(|(claim, _)| claim);
        let failed: Vec<usize> = failed.collect();
        Ok(if failed.is_empty() {
            Ran::Holds
        } else {
            Ran::Fails(failed)
        })
    }

    fn found(&self, holds: Option<f64>, fails: Vec<usize>, refused: Option<String>) -> Found {
        Found {
            factor: holds.unwrap_or(0.0),
            is_open: holds.is_some(),
            never_holds: holds.is_none(),
            fails,
            refused,
            runs: self.runs,
        }
    }
}

/// The claims that are about one system alone.
fn claims(scenario: &Scenario, system: usize) -> Vec<usize> {
    let is_own = |operand: &Operand| match operand {
        Operand::Value(_) => true,
        Operand::Figure { system: of, .. } => *of == system,
    };
    let is_about = |expect: &Expect| is_own(&expect.left) && is_own(&expect.right);
    let all = scenario.expects.iter().enumerate();
    all.filter(|(_, expect)| is_about(expect))
        .map(|(n, _)| n)
        .collect()
}

/// Whether claims about a system hold in a run of it.
fn checked(scenario: &Scenario, own: &[usize], run: &RunResult) -> Outcome {
    // Claims about one system alone look at no other place.
    let row: Vec<&RunResult> = scenario.systems.iter().map(|_| run).collect();
    let claim = |claim: &usize| {
        let (left, _, holds) = scenario.expects[*claim].check(&row);
        (left, holds)
    };
    Outcome {
        figures: Vec::new(),
        claims: own.iter().map(claim).collect(),
    }
}

/// What the replications of a system say together.
fn limit(scenario: &Scenario, system: usize, found: &[Found]) -> Limit {
    let factors: Vec<f64> = found.iter().map(|one| one.factor).collect();
    let often = |claim: &usize| found.iter().filter(|one| one.fails.contains(claim)).count();
    let own = claims(scenario, system);
    // Of several that fail equally often, the first in the file.
    let breaks = own.iter().rev().max_by_key(|claim| often(claim));
    let breaks = breaks.filter(|claim| often(claim) > 0);
    Limit {
        system: scenario.systems[system].label.clone(),
        factor: Interval::of(&factors).unwrap_or(Interval {
            mean: 0.0,
            half_width: None,
            n: 0,
        }),
        is_open: found.iter().any(|one| one.is_open),
        never_holds: found.iter().any(|one| one.never_holds),
        breaks: breaks.map(|claim| scenario.expects[*claim].that.clone()),
        refused: found.iter().find_map(|one| one.refused.clone()),
        runs: found.iter().map(|one| one.runs).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Overrides;
    use std::path::Path;

    const TEXT: &str = r#"
title = "t"
question = "?"
duration = "20 s"
[workload]
arrivals.start = "100 records/s"
arrivals.stages = [{ duration = "20 s", target = "300 records/s" }]
keys = "none"
sizes = { constant = "100 B" }
[[consumer]]
name = "app"
[system.one.kinesis]
ShardCount = 1
"#;

    #[test]
    fn a_load_is_every_rate_of_arrivals_and_a_path_is_one_number() {
        let parse = Scenario::parse("t.toml", "t", TEXT, Path::new("."), &Overrides::default());
        let scenario = parse.expect("valid");
        let load = Quantity::of(LOAD, &scenario).expect("a load");
        let mut sets = load.sets(1.5);
        sets.sort();
        assert_eq!(
            sets,
            [
                "workload.arrivals.stages[0].target=450 records/s",
                "workload.arrivals.start=150 records/s"
            ]
        );
        let shards = Quantity::of("system.one.kinesis.ShardCount", &scenario).expect("a number");
        assert_eq!(shards.sets(2.6), ["system.one.kinesis.ShardCount=3"]);
        assert!(Quantity::of("workload.arrivals.poisson", &scenario).is_err());
    }
}
