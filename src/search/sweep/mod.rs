//! `streamduel sweep`: figures and claims over axes of settings.

mod data;
mod folder;
mod headline;
mod picture;
mod tables;
mod words;

pub use data::{ClaimAt, FigureAt};
pub use folder::{SweepFolder, store_path, write};
pub use headline::Headline;
pub(super) use picture::edges;
pub use words::document;

use super::axis::Axes;
use super::point::{Base, Outcome, Point, Slot};
use super::run::{self, Stopped};
use super::store::Store;
use crate::experiment::Progress;
use crate::report::shell;
use crate::scenario::{Expect, Operand, Scenario};
use crate::settings::Problems;
use crate::stats::Interval;

/// A sweep that can be run: all its points are valid.
pub struct Plan {
    /// The scenario.
    pub base: Base,
    /// What the sweep goes over.
    pub axes: Axes,
    /// The points, in the order of the axes.
    pub points: Vec<Point>,
    /// The figures that charts show.
    pub headlines: Vec<Headline>,
    /// The claims of the scenario.
    expects: Vec<Expect>,
    title: String,
    question: String,
    seed: u64,
    resolved: String,
}

/// A sweep that was run.
pub struct Sweep {
    /// What was asked for.
    pub plan: Plan,
    /// For each point the outcomes of its replications.
    pub outcomes: Vec<Vec<Outcome>>,
}

impl Plan {
    /// Reads every point.
    ///
    /// # Errors
    /// All problems of the first point that is not valid.
    pub fn new(
        base: Base,
        scenario: &Scenario,
        axes: Axes,
        headlines: Vec<Headline>,
    ) -> Result<Self, Problems> {
        let pairs = |values: &Vec<String>| -> Vec<String> {
            let pairs = axes.list.iter().zip(values);
            pairs
                .map(|(axis, v)| format!("{}={v}", axis.path))
                .collect()
        };
        let points = axes.points();
        let points = points.iter().map(|values| Point::new(&base, pairs(values)));
        let points = points.collect::<Result<_, _>>()?;
        Ok(Self {
            base,
            axes,
            points,
            headlines,
            expects: scenario.expects.clone(),
            title: scenario.title.clone(),
            question: scenario.question.clone(),
            seed: scenario.seed,
            resolved: scenario.resolved.clone(),
        })
    }

    /// Runs the points that the store does not have.
    ///
    /// # Errors
    /// What stopped the sweep.
    pub fn run(self, store: &mut Store, progress: &Progress) -> Result<Sweep, Stopped> {
        let outcomes = run::run(&self.base, &self.points, Some(store), progress)?;
        Ok(Sweep {
            plan: self,
            outcomes,
        })
    }

    /// The runs that the sweep has, and those that the store has already.
    #[must_use]
    pub fn runs(&self, store: &Store) -> (usize, usize) {
        let (mut all, mut finished) = (0, 0);
        for point in &self.points {
            let is_there = |n: &u32| store.get(&point.key, *n).is_some();
            all += point.replications as usize;
            finished += (0..point.replications).filter(is_there).count();
        }
        (all, finished)
    }

    /// The command that gives the same results.
    #[must_use]
    pub fn reproduce(&self) -> String {
        let mut command = format!("streamduel sweep {}", self.file());
        for axis in &self.axes.list {
            let over = format!("{}={}", axis.path, axis.values.join(","));
            command += &format!(" --over {}", shell::quoted(&over));
        }
        if self.axes.zip {
            command += " --zip";
        }
        command + &self.sets(&[])
    }

    /// The command that runs a point alone.
    #[must_use]
    pub fn reproduce_point(&self, point: &Point) -> String {
        format!("streamduel run {}{}", self.file(), self.sets(&point.sets))
    }

    fn file(&self) -> String {
        shell::word(&self.base.path.display().to_string())
    }

    fn sets(&self, more: &[String]) -> String {
        let flag = |pair: &String| format!(" --set {}", shell::quoted(pair));
        let pairs = self.base.overrides.pairs();
        pairs.iter().chain(more).map(flag).collect()
    }

    /// The values of the axes at a point.
    #[must_use]
    pub fn values(&self, point: usize) -> Vec<String> {
        let sets = self.points[point].sets.iter();
        let value = |pair: &String| pair.split_once('=').map(|(_, value)| value.to_owned());
        sets.filter_map(value).collect()
    }
}

impl Sweep {
    /// A figure at a point over the replications that measured it.
    fn interval(&self, point: usize, slot: usize) -> Option<Interval> {
        let values = self.outcomes[point].iter();
        let values: Vec<f64> = values.filter_map(|o| *o.figures.get(slot)?).collect();
        Interval::of(&values)
    }

    /// A headline of a system at a point; for a figure of consumers without a name, that of the worst one.
    fn headline(&self, point: usize, system: usize, headline: &Headline) -> Option<Interval> {
        let slots = self.plan.points[point].shape.slots();
        let is_it = |slot: &Slot| {
            slot.system == system
                && slot.figure == headline.figure
                && (headline.consumer.is_none() || slot.consumer == headline.consumer)
        };
        let places: Vec<usize> = (0..slots.len()).filter(|n| is_it(&slots[*n])).collect();
        let value = |outcome: &Outcome| {
            let values = places.iter().filter_map(|n| *outcome.figures.get(*n)?);
            values.reduce(headline.worse())
        };
        let values: Vec<f64> = self.outcomes[point].iter().filter_map(value).collect();
        Interval::of(&values)
    }

    /// In how many replications of a point a claim held.
    fn held(&self, point: usize, claim: usize) -> usize {
        let outcomes = self.outcomes[point].iter();
        let held = |outcome: &&Outcome| outcome.claims.get(claim).is_some_and(|(_, held)| *held);
        outcomes.filter(held).count()
    }

    /// Whether a claim held in every replication of a point.
    fn holds(&self, point: usize, claim: usize) -> bool {
        self.held(point, claim) == self.outcomes[point].len()
    }

    /// The claims about a system.
    fn claims_of(&self, system: usize) -> Vec<usize> {
        let is_of = |expect: &Expect| matches!(&expect.left, Operand::Figure { system: of, .. } if *of == system);
        let all = self.plan.expects.iter().enumerate();
        all.filter(|(_, expect)| is_of(expect))
            .map(|(n, _)| n)
            .collect()
    }
}
