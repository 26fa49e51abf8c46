//! Valid scenarios from the generator: simulated, without a panic and with balanced ledgers.
#![no_main]

#[path = "../../tests/generate/mod.rs"]
mod generate;

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use streamduel::experiment::{Progress, run_one};
use streamduel::scenario::{Overrides, Scenario};

fuzz_target!(|bytes: &[u8]| {
    let text = generate::scenario(&mut generate::Choices::of_bytes(bytes));
    let parsed = Scenario::parse("f.toml", "f", &text, Path::new("."), &Overrides::default());
    let scenario = parsed.unwrap_or_else(|problems| panic!("{problems}"));
    for system in 0..scenario.systems.len() {
        let run = run_one(&scenario, system, 0, &Progress::default());
        assert_eq!(run.ledger.check(), Ok(()));
    }
});
