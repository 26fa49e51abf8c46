//! What searches found: points of a sweep, sizes, limits, cells of an atlas.

use super::{Mean, Number};
use crate::search::atlas::Atlas;
use crate::search::limit::Limit;
use crate::search::size::find::{Answer, Size};
use crate::search::sweep::{ClaimAt, FigureAt, Sweep};
use serde::Serialize;
use std::collections::BTreeMap;

/// A point of a sweep.
#[derive(Serialize)]
pub(in super::super) struct Swept {
    point: usize,
    axes: BTreeMap<String, String>,
    inputs: String,
    replications: u32,
    reproduce: String,
    claims: Vec<Claim>,
    figures: Vec<Figure>,
}

/// A claim at a point.
#[derive(Serialize)]
struct Claim {
    that: String,
    held: usize,
    of: usize,
    found: Option<Mean>,
}

/// A figure at a point.
#[derive(Serialize)]
struct Figure {
    system: String,
    platform: &'static str,
    consumer: Option<String>,
    figure: &'static str,
    unit: &'static str,
    #[serde(flatten)]
    value: Mean,
}

impl Swept {
    /// All points.
    pub(in super::super) fn all(sweep: &Sweep) -> Vec<Self> {
        let points = sweep.plan.points.iter().enumerate();
        let one = |(number, point): (usize, &crate::search::point::Point)| Self {
            point: number,
            axes: axes(
                sweep.plan.axes.list.iter().map(|axis| &axis.path),
                sweep.plan.values(number),
            ),
            inputs: point.key.clone(),
            replications: point.replications,
            reproduce: sweep.plan.reproduce_point(point),
            claims: sweep.claims_at(number).into_iter().map(claim).collect(),
            figures: sweep.figures_at(number).into_iter().map(figure).collect(),
        };
        points.map(one).collect()
    }
}

fn axes<'a>(
    paths: impl Iterator<Item = &'a String>,
    values: Vec<String>,
) -> BTreeMap<String, String> {
    paths.cloned().zip(values).collect()
}

fn claim(claim: ClaimAt) -> Claim {
    Claim {
        that: claim.that,
        held: claim.held,
        of: claim.of,
        found: claim.found.map(Mean::from),
    }
}

fn figure(figure: FigureAt) -> Figure {
    Figure {
        system: figure.system,
        platform: figure.platform,
        consumer: figure.consumer,
        figure: figure.figure,
        unit: figure.unit.word(),
        value: figure.value.into(),
    }
}

/// The answer for a family.
#[derive(Serialize)]
pub(in super::super) struct FamilySize {
    family: String,
    size: Option<Found>,
    reason: Option<String>,
    runs: u64,
    simulated_s: f64,
}

/// A size that holds every claim.
#[derive(Serialize)]
struct Found {
    size: String,
    cost_per_30_days_usd: Number,
    delivery_p99_s: Number,
    lost_or_refused_share: Number,
    utilisation_hottest_share: Number,
    least_headroom_claim: Option<String>,
    least_headroom_share: Option<Number>,
    smaller_size: Option<String>,
    smaller_size_fails: Option<String>,
    scenario: String,
}

impl FamilySize {
    pub(in super::super) fn of(answer: &Answer) -> Self {
        Self {
            family: answer.family.clone(),
            size: answer.size.as_ref().ok().map(found),
            reason: answer.size.as_ref().err().cloned(),
            runs: answer.effort.runs,
            simulated_s: answer.effort.simulated,
        }
    }
}

fn found(size: &Size) -> Found {
    let (claim, share) = size.measured.headroom.clone().unzip();
    let (smaller, fails) = size.below.clone().unzip();
    Found {
        size: size.called.clone(),
        cost_per_30_days_usd: Number(size.measured.cost),
        delivery_p99_s: Number(size.measured.p99),
        lost_or_refused_share: Number(size.measured.lost),
        utilisation_hottest_share: Number(size.measured.hottest),
        least_headroom_claim: claim,
        least_headroom_share: share.map(Number),
        smaller_size: smaller,
        smaller_size_fails: fails,
        scenario: size.resolved.clone(),
    }
}

/// A cell of an atlas.
#[derive(Serialize)]
pub(in super::super) struct Cell {
    cell: usize,
    axes: BTreeMap<String, String>,
    reproduce: String,
    families: Vec<FamilySize>,
}

impl Cell {
    /// All cells.
    pub(in super::super) fn all(atlas: &Atlas, answers: &[Vec<Answer>]) -> Vec<Self> {
        let one = |(cell, answers): (usize, &Vec<Answer>)| Self {
            cell,
            axes: axes(
                atlas.axes.list.iter().map(|axis| &axis.path),
                atlas.values(cell),
            ),
            reproduce: atlas.reproduce(cell),
            families: answers.iter().map(FamilySize::of).collect(),
        };
        answers.iter().enumerate().map(one).collect()
    }
}

/// How far the load of a system can grow.
#[derive(Serialize)]
pub(in super::super) struct Limited {
    system: String,
    fails_first: Option<String>,
    times_the_load: Mean,
    is_higher: bool,
    never_holds: bool,
    refused: Option<String>,
    runs: usize,
}

impl Limited {
    pub(in super::super) fn of(limit: &Limit) -> Self {
        Self {
            system: limit.system.clone(),
            fails_first: limit.breaks.clone(),
            times_the_load: limit.factor.into(),
            is_higher: limit.is_open,
            never_holds: limit.never_holds,
            refused: limit.refused.clone(),
            runs: limit.runs,
        }
    }
}
