//! How often the systems of a scenario run, and what is cut off at the beginning of their runs.

use super::{REPLICATIONS_MAX, System, memory};
use crate::settings::{OrAuto, Section};
use crate::units::Nanos;
use crate::workload::Workload;

/// The least number of replications where the scenario does not say how many.
const REPLICATIONS_LEAST: u32 = 5;
/// The most replications where the scenario says neither how many nor how many at most.
const REPLICATIONS_USUAL_MAX: u64 = 20;

/// How many replications each system gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replications {
    /// So many first.
    pub least: u32,
    /// So many at most, until the headline figures are precise enough; the same where the scenario gives the number.
    pub most: u32,
}

impl Replications {
    /// Whether the number is that of the scenario, and not found in the runs.
    #[must_use]
    pub fn is_fixed(self) -> bool {
        self.least == self.most
    }
}

/// What is cut off at the beginning of every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmupRule {
    /// What the scenario says.
    Said,
    /// What MSER-5 finds in the runs.
    Found,
    /// Nothing, for this reason: what looks like a beginning may be what the scenario is about.
    Whole(&'static str),
}

/// Reads `replications` and `replications-max`.
pub(super) fn read_replications(root: &Section<'_>) -> Replications {
    let limits = 1..=REPLICATIONS_MAX;
    match root.auto_or("replications", &limits) {
        OrAuto::Said(number) => {
            if !limits.contains(&number) {
                let message = format!("`replications` is {number}");
                let help =
                    format!("it must lie between 1 and {REPLICATIONS_MAX}, or be `\"auto\"`");
                root.problem("replications", message, help);
            }
            root.ignore("replications-max");
            let number = number.clamp(1, REPLICATIONS_MAX) as u32;
            Replications {
                least: number,
                most: number,
            }
        }
        OrAuto::Auto => {
            let most = root.or_in("replications-max", REPLICATIONS_USUAL_MAX, limits) as u32;
            Replications {
                least: REPLICATIONS_LEAST.min(most),
                most,
            }
        }
    }
}

impl Replications {
    /// Where the scenario does not give the number, memory may allow fewer replications.
    pub(super) fn fitted(self, workload: &Workload, systems: &[System]) -> Self {
        if self.is_fixed() {
            return self;
        }
        let most = memory::replications_that_fit(workload, systems, self.most);
        Self {
            least: self.least.min(most),
            most,
        }
    }
}

/// Reads `warmup`; `None` where the scenario does not say it.
pub(super) fn read_warmup(root: &Section<'_>, duration: Nanos) -> Option<Nanos> {
    let OrAuto::Said(warmup) = root.or("warmup", OrAuto::Auto) else {
        return None;
    };
    if warmup >= duration && duration > Nanos::ZERO {
        let message = format!("the warm-up of {warmup} leaves nothing of the run");
        let help = format!("the run lasts {duration}");
        root.problem("warmup", message, help);
    }
    Some(warmup)
}

/// Who decides what is cut off where `said` is what the scenario says: it is found where nothing changes in the runs.
pub(super) fn warmup_rule(
    said: Option<Nanos>,
    workload: &Workload,
    systems: &[System],
) -> WarmupRule {
    if said.is_some() {
        return WarmupRule::Said;
    }
    let mut systems = systems.iter();
    let reason = workload
        .unsteady()
        .or_else(|| systems.find_map(|system| system.config.unsteady()));
    reason.map_or(WarmupRule::Found, WarmupRule::Whole)
}
