//! The causes that reports of generated scenarios name, and whether lifting one removes what it is said to explain.

use std::path::Path;
use streamduel::experiment::{self, Progress};
use streamduel::report::{self, Report};
use streamduel::scenario::{Overrides, Scenario};

/// A cause with a part above one half, and what lifting it did.
pub(crate) struct Tried {
    /// What the verdict says of the proof.
    pub(crate) sentence: String,
    /// Whether at least half of the symptom is gone.
    pub(crate) confirmed: bool,
}

/// Runs a generated scenario once and lifts every main cause that has a part above one half.
pub(crate) fn of(text: &str) -> Vec<Tried> {
    let once = Overrides {
        replications: Some(1),
        ..Overrides::default()
    };
    let scenario = Scenario::parse("causes.toml", "causes", text, Path::new("."), &once);
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}"));
    let runs = experiment::run(&scenario, &Progress::default());
    let report = Report::new(
        &scenario,
        runs.unwrap_or_else(|broken| panic!("{}", broken.0)),
    );
    let proofs = report::prove(&scenario, &report);
    let named = proofs.iter().filter(|proof| {
        let first = proof.finding.causes.first();
        first.is_some_and(|cause| cause.share > 0.5)
    });
    let tried = |proof: &report::Proof| Tried {
        sentence: proof.sentence(&report),
        confirmed: proof.confirms(),
    };
    named.map(tried).collect()
}
