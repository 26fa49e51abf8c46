//! What a sweep found at a point.

use super::Sweep;
use crate::probe::figures::Unit;
use crate::stats::Interval;

/// A figure at a point.
#[derive(Clone, Debug)]
pub struct FigureAt {
    /// The label of the system.
    pub system: String,
    /// Its platform.
    pub platform: &'static str,
    /// The consumer, for a figure of one.
    pub consumer: Option<String>,
    /// The figure.
    pub figure: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its mean over the replications that measured it.
    pub value: Interval,
}

/// A claim at a point.
#[derive(Clone, Debug)]
pub struct ClaimAt {
    /// The claim.
    pub that: String,
    /// In how many replications it held.
    pub held: usize,
    /// Of how many.
    pub of: usize,
    /// What its left side was.
    pub found: Option<Interval>,
}

impl Sweep {
    /// Every figure that was measured at a point.
    #[must_use]
    pub fn figures_at(&self, point: usize) -> Vec<FigureAt> {
        let shape = &self.plan.points[point].shape;
        let slots = shape.slots();
        let figure = |(place, slot): (usize, &super::Slot)| {
            let (label, platform) = &shape.systems[slot.system];
            Some(FigureAt {
                system: label.clone(),
                platform,
                consumer: slot.consumer.map(|n| shape.consumers[n].clone()),
                figure: slot.figure,
                unit: slot.unit,
                value: self.interval(point, place)?,
            })
        };
        slots.iter().enumerate().filter_map(figure).collect()
    }

    /// Every claim at a point.
    #[must_use]
    pub fn claims_at(&self, point: usize) -> Vec<ClaimAt> {
        let claims = self.plan.points[point].shape.claims.iter().enumerate();
        let outcomes = &self.outcomes[point];
        let claim = |(number, that): (usize, &String)| {
            let left = outcomes.iter().filter_map(|o| o.claims.get(number)?.0);
            ClaimAt {
                that: that.clone(),
                held: self.held(point, number),
                of: outcomes.len(),
                found: Interval::of(&left.collect::<Vec<f64>>()),
            }
        };
        claims.map(claim).collect()
    }
}
