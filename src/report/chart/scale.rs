//! The colours of utilisation, shared by the heat map and the lineage: pale is idle, dark is near the limit, so that
//! they can be told apart without colours, too. Where nothing is near its limit, the scale ends earlier.

use super::cluster::between;
use super::description::RGBColor;
use super::description::{Colour, Entry};
use crate::report::format;

/// Stops of the scale from its lower to its upper end.
const STOPS: [RGBColor; 5] = [
    RGBColor(250, 244, 222),
    RGBColor(253, 212, 125),
    RGBColor(246, 150, 62),
    RGBColor(212, 74, 44),
    RGBColor(140, 16, 52),
];
/// At or above the limit.
const FULL: Colour = Colour::Limit;
/// From this use on a lane is at its limit.
const AT_LIMIT: f64 = 0.995;
/// How many steps a scale has.
pub(super) const STEPS: usize = 20;
/// Where scales may end.
const ENDS: [f64; 6] = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
/// Use below this is not worth a map.
pub(super) const USE_MIN: f64 = 0.01;

/// A scale of utilisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ramp {
    /// Where it ends.
    pub end: f64,
}

impl Ramp {
    /// The scale for use up to `most`.
    pub(super) fn up_to(most: f64) -> Self {
        let end = ENDS.into_iter().find(|end| *end >= most);
        Self {
            end: end.unwrap_or(1.0),
        }
    }

    /// The number of the kind of a use.
    pub(super) fn class(self, used: f64) -> usize {
        if used >= AT_LIMIT {
            return STEPS;
        }
        let step = libm::floor(used / self.end * STEPS as f64);
        (step.max(0.0) as usize).min(STEPS - 1)
    }

    /// The kinds: words and colour.
    pub(super) fn classes(self) -> Vec<(String, Colour)> {
        let kind = |step: usize| {
            let share = |step: usize| format::tick(100.0 * self.end * step as f64 / STEPS as f64);
            let words = format!("{} to {} %", share(step), share(step + 1));
            (words, step_colour(step))
        };
        let limit = ("at the limit".to_owned(), FULL);
        (0..STEPS).map(kind).chain([limit]).collect()
    }

    /// Some kinds, for a legend.
    pub(super) fn legend(self) -> Vec<Entry> {
        let classes = self.classes();
        let mut entries: Vec<Entry> = [0, 4, 8, 12, 16, 19]
            .into_iter()
            .map(|step| Entry::area(&classes[step].0, classes[step].1))
            .collect();
        if self.end >= 1.0 {
            entries.push(Entry::area("at the limit", FULL));
        }
        entries
    }

    /// What a caption says of a scale that ends early.
    pub(super) fn words(self) -> String {
        if self.end >= 1.0 {
            return String::new();
        }
        let end = format::percent(self.end);
        format!(" The darkest colour stands for {end}, because nothing was nearer to its limit.")
    }
}

/// The colour of a step of the scale.
pub(super) fn step_colour(step: usize) -> Colour {
    let at = step as f64 / (STEPS - 1) as f64 * (STOPS.len() - 1) as f64;
    let low = (at as usize).min(STOPS.len() - 2);
    between(STOPS[low], STOPS[low + 1], at - low as f64)
}
