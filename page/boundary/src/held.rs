//! `held`: which scenarios a page can hold. A module has 32-bit addresses, so its memory ends at 4 GiB, and the answer
//! lies in it twice while it is written.

use crate::check::Request;
use crate::shelf::SCENARIOS;
use serde::Serialize;
use streamduel::scenario::{Memory, Scenario};

/// The largest run that a page holds, by the program's own bound of its memory `[B]`.
const RUN_BYTES_MAX: u64 = 2_500_000_000;

/// A shipped scenario that is too large.
#[derive(Debug, Serialize)]
pub(crate) struct TooLarge {
    /// The name of the scenario.
    name: &'static str,
    /// Why a page cannot hold it.
    why: String,
}

/// Why a page cannot hold a run, if it cannot.
pub(crate) fn refusal(scenario: &Scenario) -> Option<String> {
    let needed = Memory::of(scenario, 1).peak.0;
    (needed > RUN_BYTES_MAX).then(|| {
        format!(
            "the run may need {:.1} GB of memory, and a page has room for {:.1} GB; the native program runs it",
            needed as f64 / 1e9,
            RUN_BYTES_MAX as f64 / 1e9
        )
    })
}

/// The shipped scenarios that a page cannot hold at their full length and with all their replications.
pub(crate) fn held() -> Vec<TooLarge> {
    let one = |(name, text): &(&'static str, &'static str)| {
        let scenario = Request::of(name, text).scenario().ok()?;
        Some(TooLarge {
            name,
            why: refusal(&scenario)?,
        })
    };
    SCENARIOS.iter().filter_map(one).collect()
}
