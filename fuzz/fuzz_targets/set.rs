//! Overrides as `--set` gives them, one in a line: any of them are applied or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use streamduel::scenario::{Overrides, Scenario};

const BASE: &str = include_str!("../../scenarios/steady.toml");

fuzz_target!(|lines: &str| {
    let set = lines.lines().take(8).map(str::to_owned).collect();
    let overrides = Overrides { set, ..Overrides::default() };
    if let Err(problems) = Scenario::parse("f.toml", "f", BASE, Path::new("/nonexistent"), &overrides) {
        assert!(!problems.to_string().is_empty());
    }
});
