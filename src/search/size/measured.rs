//! What is told of a size: figures of its runs, and their means.

use crate::probe::RunResult;
use crate::probe::figures::{self, Unit};
use crate::scenario::{Expect, Operand};
use crate::stats::Interval;

/// The figures of a confirmed size: means over the calm runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The bill of 30 days `[USD]`.
    pub cost: f64,
    /// The same bill in each run that confirmed the size; runs of one number have the same records in every family `[USD]`.
    pub costs: Vec<f64>,
    /// The 99th percentile of the delay of the slowest consumer `[s]`.
    pub p99: f64,
    /// Records lost or refused, of those offered.
    pub lost: f64,
    /// What the busiest lane used of its own limit.
    pub hottest: f64,
    /// The claim with the least room, and how much it has as a share of what it allows.
    pub headroom: Option<(String, f64)>,
    /// The first claim that allows a range, and what was found of it.
    pub claimed: Option<Claimed>,
}

/// A claim that allows a range, and what was found of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// The figure, with its consumer.
    pub figure: String,
    /// Its unit.
    pub unit: Unit,
    /// The mean of what was found.
    pub found: f64,
    /// What the claim allows at most.
    pub limit: f64,
}

impl Claimed {
    pub(super) fn of(expect: &Expect, found: &[f64]) -> Option<Self> {
        expect.headroom(0.0)?;
        let (Operand::Figure { name, .. }, Operand::Value(limit)) = (&expect.left, &expect.right)
        else {
            return None;
        };
        let (unit, _) = figures::by_name(name)?;
        let (_, rest) = expect.that.split_once('.')?;
        Some(Self {
            figure: rest.split(['<', ' ']).next().unwrap_or(rest).to_owned(),
            unit,
            found: Interval::of(found)?.mean,
            limit: *limit,
        })
    }
}

/// The figures of a run that are told of a size: bill, delay, loss, busiest lane.
pub(super) fn measure(run: &RunResult) -> [Option<f64>; 4] {
    let value = |name: &str| figures::value(run, name, None);
    let ended = |name: &str| value(name).unwrap_or_default();
    let offered = ended("offered").max(1.0);
    let lost = ended("lost") + ended("refused") + ended("expired_in_client");
    [
        value("cost_per_30_days"),
        value("delivery_p99"),
        Some(lost / offered),
        value("utilisation_hottest"),
    ]
}

impl Measured {
    /// The figures in the order of [`measure`].
    pub(super) fn of(figures: &[Option<f64>]) -> Self {
        let figure = |place: usize| figures.get(place).copied().flatten().unwrap_or(f64::NAN);
        Self {
            cost: figure(0),
            costs: vec![figure(0)],
            p99: figure(1),
            lost: figure(2),
            hottest: figure(3),
            headroom: None,
            claimed: None,
        }
    }
}

/// The means of some runs.
pub(super) fn mean(runs: &[&Measured]) -> Measured {
    let of = |get: &dyn Fn(&Measured) -> f64| {
        let sum: f64 = runs.iter().map(|run| get(run)).sum();
        sum / runs.len().max(1) as f64
    };
    Measured {
        cost: of(&|m| m.cost),
        costs: runs.iter().map(|run| run.cost).collect(),
        p99: of(&|m| m.p99),
        lost: of(&|m| m.lost),
        hottest: of(&|m| m.hottest),
        headroom: None,
        claimed: None,
    }
}
