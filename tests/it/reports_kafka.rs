//! What people who run Kafka reported, as scenarios in `tests/data/kafka-reports/`. The claims of each file must
//! hold; what a claim cannot say is asked here. Each test names the source of its right value.

use crate::support::figure;
use std::collections::BTreeMap;
use std::path::Path;
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::RunResult;
use streamduel::scenario::{Overrides, Scenario};

fn text_of(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/kafka-reports")
        .join(format!("{name}.toml"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn read(name: &str, text: &str) -> Scenario {
    Scenario::parse(name, name, text, Path::new("."), &Overrides::default())
        .unwrap_or_else(|problems| panic!("{name}: {problems}"))
}

/// The first replication of every system of a text by label; ledgers balance and claims hold.
fn run_text(name: &str, text: &str) -> BTreeMap<String, RunResult> {
    let scenario = read(name, text);
    let mut runs = BTreeMap::new();
    for (system, described) in scenario.systems.iter().enumerate() {
        let run = run_one(&scenario, system, 0, &Progress::default());
        run.ledger
            .check()
            .unwrap_or_else(|sentence| panic!("{name}: {}: {sentence}", described.label));
        runs.insert(described.label.clone(), run);
    }
    let all: Vec<&RunResult> = scenario
        .systems
        .iter()
        .map(|system| &runs[&system.label])
        .collect();
    for claim in &scenario.expects {
        let (left, right, holds) = claim.check(&all);
        assert!(holds, "{name}: {} ({left:?} against {right:?})", claim.that);
    }
    runs
}

/// [`run_text`] of a file.
fn run(name: &str) -> BTreeMap<String, RunResult> {
    run_text(name, &text_of(name))
}

/// apache/kafka pulls 14594 (KAFKA-15583) and 23529 (KAFKA-21110); `Partition.scala` of 3.6.0 and 3.7.0.
#[test]
fn min_insync_replicas_holds_as_it_is_set_before_3_7_and_is_bounded_by_the_replicas_from_then_on() {
    run("f04-min-isr-before-3.7");
    let runs = run("f04b-min-isr-above-replicas-refused");
    for label in ["one", "asked"] {
        let delivered = figure(&runs[label], "delivered");
        assert!(delivered > 2500.0, "{label}: {delivered}");
    }
    let old = text_of("f04b-min-isr-above-replicas-refused").replace(
        "NumberOfBrokerNodes",
        "KafkaVersion = \"3.6.x\"\nNumberOfBrokerNodes",
    );
    let scenario = read("f04b", &old);
    let warned = scenario.warnings.to_string();
    assert!(warned.contains("only 1 replicas exist"), "{warned}");
    let runs = run_text("f04b", &old);
    let delivered = figure(&runs["one"], "delivered");
    assert!(
        delivered < 0.5,
        "the cluster's own default of 2 refuses acks=all: {delivered}"
    );
}

/// `DelayedFetch.tryComplete` of Apache Kafka 3.9: min(available, `max.partition.fetch.bytes`) of each partition
/// counts, and a fetch offset in an older segment completes the fetch.
#[test]
fn a_partition_counts_against_fetch_min_bytes_with_what_a_fetch_may_take_of_it() {
    let name = "f02-fetch-min-above-partition-max";
    let small = run(name);
    let delivered = figure(&small["small"], "delivered");
    assert!(delivered > 100_000.0, "1 MiB each 500 ms: {delivered}");
    let whole = text_of(name).replace(
        "max.partition.fetch.bytes = 1048576",
        "max.partition.fetch.bytes = 5242880",
    );
    let old = text_of(name).replace("partitions = 1", "partitions = 1, segment.bytes = 5000000");
    for text in [whole, old] {
        let (without_claims, _) = text.split_once("[[expect]]").expect("a claim");
        let delivered = figure(&run_text(name, without_claims)["small"], "delivered");
        assert!(delivered > 400_000.0, "nothing holds it up: {delivered}");
    }
}
