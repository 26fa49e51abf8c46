//! When there are enough replications: the headline figures are known within 5 %, or the work is done.

use crate::probe::RunResult;
use crate::probe::figures::{self, CONSUMER_FIGURES};
use crate::stats::Interval;

/// How narrow intervals shall be: half the width, of the mean.
pub const PRECISION: f64 = 0.05;
/// A share is also known well enough within this much of all records, however small it is.
pub const SHARE_PRECISION: f64 = 0.001;
/// Once all runs of a scenario together have done this much, no more than the least number is begun `[records and timers]`.
pub const WORK_MAX: u64 = 20_000_000;

/// The figures that decide; those of consumers count for each of them.
pub const HEADLINES: [&str; 5] = [
    "refused_of_offered",
    "accepted_rate",
    "append_p99",
    "delivery_p99",
    "cost_per_30_days",
];

/// A headline figure of a system over its replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// The number of the system.
    pub system: usize,
    /// The figure.
    pub name: &'static str,
    /// The consumer that it belongs to.
    pub consumer: Option<usize>,
    /// Mean and interval.
    pub interval: Interval,
    /// Half the width that is narrow enough.
    pub wanted: f64,
}

impl Headline {
    /// Whether its interval is narrow enough.
    #[must_use]
    pub fn is_precise(&self) -> bool {
        self.interval
            .half_width
            .is_some_and(|half| half <= self.wanted)
    }

    /// Half the width of its interval, of the mean.
    #[must_use]
    pub fn relative(&self) -> f64 {
        self.interval.half_width.unwrap_or(f64::INFINITY) / self.interval.mean.abs()
    }
}

/// Why no more replications were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The scenario gives their number.
    Said,
    /// All headline figures are precise enough.
    Precise,
    /// As many were made as there may be.
    Most,
    /// The work of all runs together reached [`WORK_MAX`].
    Work,
}

/// The headline figures of all systems; `systems` has the replications of each.
#[must_use]
pub fn headlines(systems: &[&[RunResult]]) -> Vec<Headline> {
    let of_system = |(system, runs): (usize, &&[RunResult])| {
        let consumers = runs.first().map_or(0, |run| run.ledger.consumers.len());
        let one = |(name, consumer)| headline(system, runs, name, consumer);
        let wanted = HEADLINES
            .into_iter()
            .flat_map(|name| places(name, consumers));
        wanted.filter_map(one).collect::<Vec<_>>()
    };
    systems.iter().enumerate().flat_map(of_system).collect()
}

/// A figure of the system stands there once, one of consumers for each of them.
fn places(
    name: &'static str,
    consumers: usize,
) -> impl Iterator<Item = (&'static str, Option<usize>)> {
    let is_consumers = CONSUMER_FIGURES.iter().any(|figure| figure.name == name);
    let count = if is_consumers { consumers } else { 1 };
    (0..count).map(move |n| (name, is_consumers.then_some(n)))
}

fn headline(
    system: usize,
    runs: &[RunResult],
    name: &'static str,
    consumer: Option<usize>,
) -> Option<Headline> {
    let values = runs
        .iter()
        .filter_map(|run| figures::value(run, name, consumer));
    let interval = Interval::of(&values.collect::<Vec<f64>>())?;
    // No number of replications makes an infinite figure more precise.
    let interval = Some(interval).filter(|interval| interval.mean.is_finite())?;
    let (unit, _) = figures::by_name(name)?;
    let least = match unit {
        figures::Unit::Share => SHARE_PRECISION,
        _ => 0.0,
    };
    Some(Headline {
        system,
        name,
        consumer,
        wanted: (PRECISION * interval.mean.abs()).max(least),
        interval,
    })
}

/// What all runs of all systems did together `[records and timers]`.
#[must_use]
pub fn work(systems: &[&[RunResult]]) -> u64 {
    let of = |run: &RunResult| run.ledger.offered.saturating_add(run.timers);
    let runs = systems.iter().copied().flatten();
    runs.map(of).fold(0, u64::saturating_add)
}

/// How many replications there shall be after those that were made, of which each system has `made`; or why they are enough.
///
/// # Errors
/// Why no more are made.
pub fn next(systems: &[&[RunResult]], made: u32, least: u32, most: u32) -> Result<u32, Ended> {
    if least == most {
        return Err(Ended::Said);
    }
    let headlines = headlines(systems);
    let loose = headlines.iter().filter(|headline| !headline.is_precise());
    let needed = loose.map(|headline| headline.interval.values_for(headline.wanted));
    let Some(needed) = needed.max() else {
        return Err(Ended::Precise);
    };
    if made >= most {
        return Err(Ended::Most);
    }
    let each = work(systems) / u64::from(made.max(1));
    let affordable = (WORK_MAX / each.max(1)).min(u64::from(most)) as u32;
    if affordable <= made {
        return Err(Ended::Work);
    }
    // An interval of few values says little about how many are needed: at most twice as many at once.
    let needed = u32::try_from(needed).unwrap_or(u32::MAX);
    Ok(needed.clamp(made + 1, 2 * made).min(affordable))
}
