//! The runs of one system, where each stands for itself: whoever changes one system need not run the others anew.

use super::{Imbalance, Place, Progress, SystemRuns, balanced, simulate};
use crate::scenario::{Scenario, WarmupRule};

/// Whether each system leaves the results that it would leave without the others: no system takes its records from
/// another one, and neither the warm-up nor the number of replications follows from the results of all.
#[must_use]
pub fn stands_alone(scenario: &Scenario) -> bool {
    let fixed = scenario.replications == scenario.replications_max;
    let chained = |system: &crate::scenario::System| system.feed.is_some();
    fixed && scenario.warmup_rule != WarmupRule::Found && !scenario.systems.iter().any(chained)
}

/// All runs of one system of a scenario whose systems stand alone, one after the other.
///
/// # Errors
/// If the ledger of a run does not balance.
pub fn run_alone(
    scenario: &Scenario,
    system: usize,
    progress: &Progress,
) -> Result<SystemRuns, Imbalance> {
    let own = &scenario.systems[system];
    let one = |replication| {
        let place = Place {
            system,
            replication,
        };
        let result = simulate(scenario, scenario.warmup, place, None, progress);
        let mut result = balanced(scenario, place, result)?;
        if replication > 0 {
            result.forget_lane_series();
        }
        Ok(result)
    };
    Ok(SystemRuns {
        label: own.label.clone(),
        platform: own.config.word(),
        names: own.config.names(),
        runs: (0..scenario.replications)
            .map(one)
            .collect::<Result<_, _>>()?,
    })
}
