//! One suite that every platform passes. It speaks the neutral words of a scenario only, so that a new platform
//! joins with the least text that makes a system of it.

use crate::support::{ScenarioBuilder, figure, lost};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use streamduel::platform::WORDS;
use streamduel::probe::RunResult;

/// A platform's word and the least text of a system with room for 1,000 small records a second on two lanes.
const PLATFORMS: [(&str, &str); 2] = [
    ("kinesis", "ShardCount = 2"),
    ("kafka", "NumberOfBrokerNodes = 3\ntopic.partitions = 2"),
];

/// Steps of the timeline that every platform understands.
const STEPS: [&str; 6] = [
    r#"lasts = "4 s"
action.consumer-down = "app""#,
    r#"lasts = "6 s"
action.worker-crash = { consumer = "app", worker = 1 }"#,
    r#"action.worker-join = { consumer = "app", workers = 2 }"#,
    r#"lasts = "7 s"
action.az-down = "az2""#,
    "action.scale-to = 4",
    "action.scale-to = 3",
];

const SINKS: [&str; 3] = [
    "",
    r#"sink.s3 = { buffer-size = "20 kB", buffer-interval = "3 s" }"#,
    "sink.lambda = { concurrency = 1, batch-size = 20 }",
];

/// A light load of keyed records, each key from one producer, read by two workers.
fn light(platform: &str, minimal: &str, rate: u32) -> ScenarioBuilder {
    ScenarioBuilder::lasting("40 s")
        .workload(&format!(
            r#"arrivals.poisson = "{rate} records/s"
keys.uniform.count = 50
sizes.constant = "200 B"
producers = 2
producer-of = "key""#
        ))
        .consumer("app", "workers = 2")
        .system(platform, minimal)
}

/// What a run leaves, as text: two runs are the same when these are.
fn trace(run: &RunResult) -> String {
    format!(
        "{:?} {:?} {:?} {:?}",
        run.ledger, run.happenings, run.reordered, run.lane_totals
    )
}

/// Random steps, sinks and rates: the books balance, and nothing acknowledged is lost by a step of the timeline.
fn every_record_has_one_fate(platform: &str, minimal: &str) {
    let knobs = (
        0_u64..1000,
        20_u32..1500,
        prop::sample::select(&SINKS[..]),
        prop::collection::vec((0..STEPS.len(), 1_u32..35), 0..4),
    );
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(40)
    });
    let outcome = runner.run(&knobs, |(seed, rate, sink, steps)| {
        let scenario = light(platform, minimal, rate).seed(seed);
        let scenario = scenario.consumer("second", &format!("workers = 1\n{sink}"));
        let scenario = steps.iter().fold(scenario, |scenario, (step, at)| {
            scenario.step(*at, STEPS[*step])
        });
        // `run_only` checks the balance.
        prop_assert!(scenario.run_only().ledger.offered > 0);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{platform}: {failure}"));
}

/// A calm run refuses nothing, loses nothing, repeats nothing, and delivers all but the last records.
fn a_calm_run_delivers_everything_in_order(platform: &str, minimal: &str) {
    let run = light(platform, minimal, 200).run_only();
    assert_eq!((run.ledger.ended(), lost(&run)), (0, 0), "{platform}");
    assert_eq!(run.reordered, Some(0), "{platform}");
    assert!(figure(&run, "redelivered").abs() < 0.5, "{platform}");
    let unread = run.ledger.consumers[0].unread;
    assert!(unread < 600, "{platform}: {unread} unread records");
    assert!(figure(&run, "delivery_p50") > 0.0, "{platform}");
}

/// The same seed gives the same run; another seed gives another one.
fn a_run_is_a_function_of_its_seed(platform: &str, minimal: &str) {
    let of = |seed| trace(&light(platform, minimal, 300).seed(seed).run_only());
    assert_eq!(of(7), of(7), "{platform}");
    assert_ne!(of(7), of(8), "{platform}");
}

/// A second consumer leaves what is stored as it is.
fn consumers_do_not_change_what_is_stored(platform: &str, minimal: &str) {
    let one = light(platform, minimal, 300);
    let two = one.clone().consumer("second", "workers = 1");
    let stored = |scenario: &ScenarioBuilder| scenario.run_only().ledger.stored;
    assert_eq!(stored(&one), stored(&two), "{platform}");
}

/// A consumer that is away falls behind, comes back, and has caught up at the end.
fn a_consumer_that_was_away_catches_up(platform: &str, minimal: &str) {
    let away = r#"lasts = "10 s"
action.consumer-down = "app""#;
    let run = light(platform, minimal, 300).step(5, away).run_only();
    let most = figure(&run, "lag_max");
    assert!(most > 2500.0, "{platform}: {most} records behind");
    let unread = run.ledger.consumers[0].unread;
    assert!(
        unread < 900,
        "{platform}: {unread} unread records at the end"
    );
}

/// More lanes after a call, and the call is told.
fn scaling_adds_lanes(platform: &str, minimal: &str) {
    let scenario = light(platform, minimal, 100).step(2, "action.scale-to = 4");
    let run = scenario.run_only();
    assert!(run.lane_totals.len() >= 4, "{platform}");
    assert!(!run.happenings.is_empty(), "{platform}");
}

/// What one system's consumer has done is what the next system is offered.
fn systems_form_chains(platform: &str, minimal: &str) {
    let (first, second) = ("first", "second");
    let scenario = ScenarioBuilder::lasting("30 s")
        .workload(
            r#"arrivals.poisson = "100 records/s"
keys.uniform.count = 50
sizes.constant = "200 B"
producers = 2"#,
        )
        .consumer("app", &format!("workers = 2\nsystem = \"{first}\""))
        .consumer("end", &format!("workers = 2\nsystem = \"{second}\""))
        .labelled(first, platform, minimal)
        .labelled(second, platform, minimal)
        .rest(&format!("[system.{second}]\nfrom = \"{first}.app\""));
    let runs = scenario.run();
    let (upstream, downstream) = (&runs[first], &runs[second]);
    assert_eq!(
        downstream.ledger.offered, upstream.ledger.consumers[0].delivered,
        "{platform}"
    );
}

#[test]
fn every_platform_is_in_the_suite() {
    let words: Vec<&str> = PLATFORMS.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, WORDS, "a platform joins with a line in PLATFORMS");
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        $(
            mod $promise {
                /// The promise, held against every platform.
                #[test]
                fn on_every_platform() {
                    for (word, minimal) in super::PLATFORMS {
                        super::$promise(word, minimal);
                    }
                }
            }
        )*
    };
}

promises! {
    every_record_has_one_fate,
    a_calm_run_delivers_everything_in_order,
    a_run_is_a_function_of_its_seed,
    consumers_do_not_change_what_is_stored,
    a_consumer_that_was_away_catches_up,
    scaling_adds_lanes,
    systems_form_chains,
}
