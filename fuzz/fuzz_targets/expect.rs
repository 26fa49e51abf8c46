//! The claims of `[[expect]]`: any text is a claim or a problem.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use streamduel::scenario::{Overrides, Scenario};

const BASE: &str = "title = \"F\"\nquestion = \"?\"\nduration = \"2 s\"\n[workload]\narrivals = { constant = \"1 records/s\" }\nkeys = \"none\"\n\
                    sizes = { constant = \"1 B\" }\n[[consumer]]\nname = \"app\"\n[system.kds.kinesis]\nShardCount = 1\n[system.msk.kafka]\n\
                    NumberOfBrokerNodes = 3\ntopic = { partitions = 3 }\n[[expect]]\nthat = ";

fuzz_target!(|claim: &str| {
    // A literal string of TOML holds everything but quotes and control characters.
    let claim: String = claim.chars().filter(|c| *c != '\'' && !c.is_control()).collect();
    let text = format!("{BASE}'{claim}'\n");
    if let Err(problems) = Scenario::parse("f.toml", "f", &text, Path::new("."), &Overrides::default()) {
        assert!(!problems.to_string().is_empty());
    }
});
