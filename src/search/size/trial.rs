//! Runs of one size: probes that decide where to look, and the confirmation with other seeds.

use super::bounds;
use super::family::{Family, Settings};
use super::measured::{Claimed, Measured, mean, measure};
use super::text::{self, LostZone, Short, label};
use crate::experiment::{self, Progress};
use crate::scenario::{Expect, Scenario};
use crate::search::point::{self, Base, Outcome};
use crate::search::run::Stopped;
use crate::search::store::Memo;
use crate::stats::Interval;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// A family's scenarios: calm, and with each zone lost where that was asked for.
pub struct Trial<'a> {
    family: &'a Family,
    /// The scenario without a lost zone first.
    bases: Vec<Base>,
    /// The calm scenario with runs that are shorter.
    short: Option<Base>,
    claims: Vec<String>,
    replications: u32,
    progress: &'a Progress,
    memo: &'a Memo,
    /// The runs so far.
    runs: AtomicU64,
    /// What they simulated `[ns]`.
    simulated: AtomicU64,
}

/// What an answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effort {
    /// How many runs.
    pub runs: u64,
    /// How much time they simulated `[s]`.
    pub simulated: f64,
}

/// What is asked of every family.
pub struct Question<'a> {
    /// The scenario of the file.
    pub base: &'a Base,
    /// Its claims without labels.
    pub requirements: &'a super::claims::Requirements,
    /// The zones that are lost in turn.
    pub lost: &'a [LostZone],
    /// How runs are shortened that only say where a size may lie.
    pub short: Option<&'a Short>,
    /// The seed of the file.
    pub seed: u64,
    /// Runs that confirm a size.
    pub replications: u32,
    /// Where runs report to.
    pub progress: &'a Progress,
    /// Runs that are finished.
    pub memo: &'a Memo,
}

/// The outcome of runs of a size.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// Every claim held.
    Yes,
    /// This claim failed, and how.
    No(String),
    /// The scenario refuses the size, with this reason.
    Refused(String),
}

/// One run: for each claim what was found and whether it held, and the figures.
struct Ran {
    claims: Vec<(Option<f64>, bool)>,
    measured: Measured,
}

impl<'a> Trial<'a> {
    /// The scenarios of a family.
    ///
    /// # Errors
    /// If the text of the file is no TOML.
    pub fn new(question: &'a Question<'a>, family: &'a Family) -> Result<Self, String> {
        let claims = question.requirements.about(label(family));
        let zones = question.lost.iter().map(Some);
        let base = |lost: Option<&LostZone>| {
            let mut base = question.base.clone();
            let own = text::overrides(&base.text, family, &base.overrides.set);
            base.overrides.set = own;
            base.text = text::of(&base.text, family, &claims, lost)?;
            base.name.clone_from(&family.name);
            Ok(base)
        };
        let bases = std::iter::once(None).chain(zones).map(base);
        let bases: Vec<Base> = bases.collect::<Result<_, String>>()?;
        let short = question.short.map(|short| {
            let mut base = bases[0].clone();
            base.overrides.set = short.added(&base.overrides.set);
            base
        });
        Ok(Self {
            family,
            bases,
            short,
            claims,
            replications: question.replications,
            progress: question.progress,
            memo: question.memo,
            runs: AtomicU64::new(0),
            simulated: AtomicU64::new(0),
        })
    }

    /// What all runs took so far.
    #[must_use]
    pub fn effort(&self) -> Effort {
        Effort {
            runs: self.runs.load(Ordering::Relaxed),
            simulated: self.simulated.load(Ordering::Relaxed) as f64 / 1e9,
        }
    }

    /// The `path=value` pairs of a size.
    #[must_use]
    pub fn sets(&self, size: &Settings) -> Vec<String> {
        let head = format!("system.{}.{}", label(self.family), self.family.platform);
        let all = self.family.settings.iter().chain(size);
        all.map(|(name, value)| format!("{head}.{name}={value}"))
            .collect()
    }

    /// The calm scenario of a size.
    ///
    /// # Errors
    /// Why the size is refused.
    pub fn scenario(&self, size: &Settings) -> Result<Scenario, String> {
        self.read(&self.bases[0], size, None)
    }

    fn read(&self, base: &Base, size: &Settings, seed: Option<u64>) -> Result<Scenario, String> {
        let mut base = base.clone();
        base.overrides.seed = seed.or(base.overrides.seed);
        base.scenario(&self.sets(size))
            .map_err(|problems| problems.line())
    }

    /// Why no run is needed to know that a claim fails, if that is so.
    #[must_use]
    pub fn hopeless(&self, size: &Settings) -> Option<String> {
        let scenario = self.scenario(size).ok()?;
        let late = bounds::late_poller(&scenario)?;
        Some(format!(
            "no size can: {} fails, because {}",
            self.plain(late.claim),
            late.why
        ))
    }

    /// Whether runs can be shortened.
    #[must_use]
    pub fn can_glance(&self) -> bool {
        self.short.is_some()
    }

    /// One short calm run with the file's seed. It says where the size may lie and decides nothing.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn glance(&self, size: &Settings) -> Result<Held, Stopped> {
        self.hold(self.short.as_ref().unwrap_or(&self.bases[0]), size)
    }

    /// One run with the file's seed: with the first zone lost, if zones are, because that is harder.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn probe(&self, size: &Settings) -> Result<Held, Stopped> {
        let hardest = self.bases.len().min(2) - 1;
        self.hold(&self.bases[hardest], size)
    }

    /// One run with the file's seed.
    fn hold(&self, base: &Base, size: &Settings) -> Result<Held, Stopped> {
        let scenario = match self.read(base, size, None) {
            Ok(scenario) => scenario,
            Err(why) => return Ok(Held::Refused(why)),
        };
        let ran = self.run(&scenario, 0)?;
        Ok(self.first_failure(&ran).map_or(Held::Yes, Held::No))
    }

    /// One calm run with another seed: whether every claim held, and the bill of 30 days `[USD]`; nothing if the size is
    /// refused.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn one(&self, size: &Settings, seed: u64) -> Result<Option<(bool, f64)>, Stopped> {
        let Ok(scenario) = self.read(&self.bases[0], size, Some(seed)) else {
            return Ok(None);
        };
        let ran = self.run(&scenario, 0)?;
        let holds = ran.claims.iter().all(|(_, holds)| *holds);
        Ok(Some((holds, ran.measured.cost)))
    }

    /// Every replication with other seeds, then each zone in turn. A size is dropped at the first claim that fails.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn confirm(&self, size: &Settings, seed: u64) -> Result<(Held, Measured), Stopped> {
        let calm = match self.read(&self.bases[0], size, Some(seed)) {
            Ok(scenario) => scenario,
            Err(why) => return Ok((Held::Refused(why), Measured::default())),
        };
        // Most sizes that are turned down fail in the first run: the others wait for it.
        let first = self.run(&calm, 0)?;
        if let Some(failed) = self.first_failure(&first) {
            return Ok((Held::No(failed), first.measured));
        }
        let others = (1..self.replications).into_par_iter();
        let others: Vec<Ran> = others
            .map(|n| self.run(&calm, n))
            .collect::<Result<_, _>>()?;
        let runs: Vec<Ran> = std::iter::once(first).chain(others).collect();
        let each: Vec<&Measured> = runs.iter().map(|ran| &ran.measured).collect();
        let mut measured = mean(&each);
        measured.headroom = self.headroom(&calm, &runs);
        measured.claimed = claimed(&calm, &runs);
        if let Some(failed) = runs.iter().find_map(|ran| self.first_failure(ran)) {
            return Ok((Held::No(failed), measured));
        }
        if let Some(unsure) = self.undecided(&calm, &runs) {
            return Ok((Held::No(unsure), measured));
        }
        let zones = (0..).zip(&self.bases[1..]);
        let zones: Vec<(u32, &Base)> = zones.collect();
        let each = zones
            .par_iter()
            .map(|(n, base)| self.lose(base, size, seed, *n));
        let each: Vec<Held> = each.collect::<Result<_, _>>()?;
        let failed = each.into_iter().find(|held| *held != Held::Yes);
        Ok((failed.unwrap_or(Held::Yes), measured))
    }

    /// One run with a zone lost.
    fn lose(&self, base: &Base, size: &Settings, seed: u64, n: u32) -> Result<Held, Stopped> {
        let scenario = match self.read(base, size, Some(seed)) {
            Ok(scenario) => scenario,
            Err(why) => return Ok(Held::Refused(why)),
        };
        let ran = self.run(&scenario, n)?;
        let failed = self.first_failure(&ran);
        Ok(failed.map_or(Held::Yes, |claim| {
            Held::No(format!("{claim} while az{} is lost", n + 1))
        }))
    }

    fn run(&self, scenario: &Scenario, replication: u32) -> Result<Ran, Stopped> {
        let length = scenario.workload.duration.0;
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.simulated.fetch_add(length, Ordering::Relaxed);
        let outcome = self.memo.of(&point::key(scenario), replication, || {
            let run = experiment::run_one(scenario, 0, replication, self.progress);
            run.ledger.check().map_err(Stopped::Imbalance)?;
            let claim = |expect: &Expect| {
                let (left, _, holds) = expect.check(&[&run]);
                (left, holds)
            };
            Ok(Outcome {
                figures: measure(&run).to_vec(),
                claims: scenario.expects.iter().map(claim).collect(),
            })
        })?;
        Ok(Ran {
            measured: Measured::of(&outcome.figures),
            claims: outcome.claims,
        })
    }

    /// The first claim that failed, without the label of the system.
    fn first_failure(&self, ran: &Ran) -> Option<String> {
        let place = ran.claims.iter().position(|(_, holds)| !holds)?;
        Some(self.plain(place))
    }

    fn plain(&self, claim: usize) -> String {
        let text = &self.claims[claim];
        let plain = text.split_once('.').map_or(text.as_str(), |(_, rest)| rest);
        plain.to_owned()
    }

    /// The claim with the least room over all runs.
    fn headroom(&self, scenario: &Scenario, runs: &[Ran]) -> Option<(String, f64)> {
        let least = |(claim, expect): (usize, &Expect)| {
            let rooms = runs
                .iter()
                .filter_map(|ran| expect.headroom(ran.claims[claim].0?));
            Some((self.plain(claim), rooms.reduce(f64::min)?))
        };
        let all = scenario.expects.iter().enumerate().filter_map(least);
        all.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// A claim that held in every run while its 95 % interval reaches beyond what it allows.
    fn undecided(&self, scenario: &Scenario, runs: &[Ran]) -> Option<String> {
        let unsure = |(claim, expect): (usize, &Expect)| {
            let values: Vec<f64> = runs.iter().filter_map(|ran| ran.claims[claim].0).collect();
            let interval = Interval::of(&values)?;
            let half = interval.half_width.unwrap_or_default();
            let sure = [interval.mean - half, interval.mean + half]
                .into_iter()
                .all(|end| expect.would_hold(end).unwrap_or(true));
            (!sure).then(|| format!("{} is not sure", self.plain(claim)))
        };
        scenario.expects.iter().enumerate().find_map(unsure)
    }
}

/// The first claim that allows a range, over all runs.
fn claimed(scenario: &Scenario, runs: &[Ran]) -> Option<Claimed> {
    let all = scenario.expects.iter().enumerate();
    let mut claimed = all.filter_map(|(claim, expect)| {
        let found: Vec<f64> = runs.iter().filter_map(|ran| ran.claims[claim].0).collect();
        Claimed::of(expect, &found)
    });
    claimed.next()
}
