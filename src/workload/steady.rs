//! Whether a workload stays as it is from the beginning of a run to its end.

use super::{Arrivals, Fleet, RateProfile, Workload};
use crate::settings::Section;

/// What logs hold when a run begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// Nothing: streams and topics are new.
    #[default]
    Empty,
    /// As much older data as retention keeps at the run's mean write rate. Every consumer has read it before the run.
    Steady,
}

impl Begin {
    /// Reads `begin`.
    pub(super) fn read(root: &Section<'_>) -> Self {
        if !root.has("begin") {
            root.announce(&["begin"]);
            return Self::Empty;
        }
        match root.choice("begin", "empty", &["empty", "steady"]).as_str() {
            "steady" => Self::Steady,
            _ => Self::Empty,
        }
    }
}

impl Workload {
    /// The bytes that were written in each second before the run `[B/s]`; `None` if logs begin empty. A system that takes its
    /// records from another one begins empty.
    #[must_use]
    pub fn rate_before(&self) -> Option<f64> {
        let rate = self.data_rate().filter(|rate| *rate > 0.0);
        rate.filter(|_| self.begin == Begin::Steady)
    }

    /// Refuses `begin = "steady"` where nobody knows how much was written before the run.
    pub(super) fn check_beginning(&self, root: &Section<'_>) {
        if self.begin == Begin::Steady && self.rate_before().is_none() {
            root.problem(
                "begin",
                "the sizes of the records are not known before the run, so nobody can say how full logs are",
                "give `sizes`, or leave `begin` out",
            );
        }
    }

    /// Why the workload does not stay as it is; `None` if its rate is constant and nothing is done to the systems.
    #[must_use]
    pub fn unsteady(&self) -> Option<&'static str> {
        if !self.timeline.steps.is_empty() || !self.timeline.marks.is_empty() {
            return Some("the timeline changes something in the run");
        }
        let changes = |source: &super::Source| !source.arrivals.is_steady();
        self.sources
            .iter()
            .any(changes)
            .then_some("the rate of arrivals changes in the run")
    }
}

impl Arrivals {
    /// Whether the rate is the same at all times.
    fn is_steady(&self) -> bool {
        match self {
            Self::Rate(profile) => profile.is_flat(),
            Self::Trace => false,
            Self::Fleet(fleet) => fleet.is_whole(),
            Self::Transactions(_) => true,
        }
    }
}

impl RateProfile {
    /// Whether all its stretches have one rate.
    fn is_flat(&self) -> bool {
        let mut rates = self
            .segments
            .iter()
            .flat_map(|piece| [piece.from, piece.to]);
        let first = rates.next();
        rates.all(|rate| Some(rate.to_bits()) == first.map(f64::to_bits))
    }
}

impl Fleet {
    /// Whether no device is ever cut off.
    fn is_whole(&self) -> bool {
        self.cut_off.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rate_is_flat_and_two_are_not() {
        let mut profile = RateProfile::constant(5.0, 10.0, false);
        assert!(profile.is_flat());
        profile.push(5.0, 5.0, 6.0);
        assert!(!profile.is_flat() && !Arrivals::Rate(profile).is_steady());
    }
}
