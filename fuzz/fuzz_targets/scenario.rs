//! The reader of scenario files: any text gives a scenario or problems that can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use streamduel::scenario::{Memory, Overrides, Scenario};

fuzz_target!(|text: &str| {
    // Traces are looked up in a folder that has none.
    match Scenario::parse("f.toml", "f", text, Path::new("/nonexistent"), &Overrides::default()) {
        Ok(scenario) => assert!(Memory::of(&scenario, 2).peak.0 > 0),
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
});
