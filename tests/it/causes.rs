//! What held records up: the table of limits at work, and the causes that the verdict names. The files in
//! `tests/data/causes/` are what people who run the services reported; each test names its source.

use crate::support::ScenarioBuilder;
use std::path::Path;
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::{Limit, RunResult, figures};
use streamduel::scenario::{Overrides, Scenario};

fn scenario(name: &str) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/causes")
        .join(format!("{name}.toml"));
    Scenario::load(&file, &Overrides::default()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The first replication of the system called `label`.
fn run(scenario: &Scenario, label: &str) -> RunResult {
    let system = scenario.systems.iter().position(|s| s.label == label);
    run_one(scenario, system.expect("a system"), 0, &Progress::default())
}

/// Every interval in which something was refused or ended has a limit at work, in it or in the one before.
fn is_covered(name: &str, run: &RunResult) {
    let mut before = false;
    for point in &run.points {
        let counts = &point.counts;
        let at_work = !point.bound.is_empty();
        let refused = counts.throttled + counts.read_throttled;
        assert!(
            refused == 0 || at_work,
            "{name}: {refused} refused until {} s, and no limit at work",
            point.t
        );
        assert!(
            counts.ended == 0 || at_work || before,
            "{name}: {} records ended until {} s, and no limit at work",
            counts.ended,
            point.t
        );
        before = at_work;
    }
}

#[test]
fn the_table_covers_every_interval_in_which_something_was_refused_or_ended() {
    for (name, labels) in [
        ("k14-refused-reads-are-silent", vec!["kinesis", "one"]),
        ("k16-wrong-cause", vec!["big", "small"]),
        ("k26-shared-read-without-cause", vec!["four-apps"]),
    ] {
        let scenario = scenario(name);
        for label in labels {
            is_covered(name, &run(&scenario, label));
        }
    }
    for (n, platform, text) in [
        (1, "kinesis", "ShardCount = 1"),
        (2, "kinesis", "StreamMode = \"ON_DEMAND\""),
        (
            3,
            "kafka",
            "NumberOfBrokerNodes = 3\ntopic = { partitions = 3, replication.factor = 2, min.insync.replicas = 2 }\n\
             [[system.kafka.kafka.fault]]\nat = \"10 s\"\nlasts = \"20 s\"\nbroker-crash = { broker = 1 }",
        ),
    ] {
        let result = ScenarioBuilder::lasting("60 s")
            .workload(
                "arrivals = { constant = \"3000 records/s\" }\nsizes = { constant = \"1 kB\" }",
            )
            .consumer("app", "")
            .system(platform, text)
            .run_only();
        is_covered(&format!("{platform} {n}"), &result);
    }
}

/// harlow/kinesis-consumer 158: eight calls a second against five that a shard answers.
#[test]
fn a_figure_says_for_how_long_a_limit_was_at_work() {
    let scenario = scenario("k14-refused-reads-are-silent");
    let run = run(&scenario, "kinesis");
    let calls = figures::value(&run, Limit::ReadCalls.figure(), None).expect("a figure");
    assert!(calls > 590.0, "at work all the time, found {calls} s");
    let bytes = figures::value(&run, "read_bytes_for", None).expect("a figure");
    assert!(bytes.abs() < f64::EPSILON, "never at work, found {bytes} s");
}
