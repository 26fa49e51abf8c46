//! Eligible leader replicas (KIP-966) in a cluster: the last replica in sync comes back without its data.

use crate::support::{ScenarioBuilder, cause, happened, lost};
use streamduel::probe::RunResult;

/// Brokers 2 and 3 stop in good order, one after the other; then broker 1, which has all that was acknowledged, loses its
/// volume. It is back before the others are.
fn last_replica_standing(version: u32) -> RunResult {
    let kafka = format!(
        "KafkaVersion = \"4.1.x\"\nNumberOfBrokerNodes = 3\neligible.leader.replicas.version = {version}\n\
         unclean.leader.election.enable = false\ntopic = {{ partitions = 3, min.insync.replicas = 2 }}\n\
         producer = {{ delivery.timeout.ms = 20000, request.timeout.ms = 5000 }}"
    );
    let fault = |at: u32, lasts: u32, what: &str| {
        format!("[[system.k.kafka.fault]]\nat = \"{at} s\"\nlasts = \"{lasts} s\"\n{what}\n")
    };
    let faults = fault(20, 70, "broker-stop = 2")
        + &fault(40, 50, "broker-stop = 3")
        + &fault(60, 5, "broker-crash = { broker = 1, volume = \"empty\" }");
    ScenarioBuilder::lasting("4 min")
        .workload(
            "arrivals.constant = \"300 records/s\"\nkeys.uniform.count = 100\nsizes.constant = \"500 B\"\nproducers = 2",
        )
        .consumer("app", "workers = 3")
        .labelled("k", "kafka", &kafka)
        .rest(&faults)
        .run_only()
}

/// KIP-966, "last replica standing": without eligible leader replicas the empty copy leads, because it was the last one in
/// sync. With them it is not even eligible, and the copy that left before it has everything that was acknowledged.
#[test]
fn what_was_acknowledged_survives_the_last_replica_standing_only_with_eligible_replicas() {
    let (off, on) = (last_replica_standing(0), last_replica_standing(1));
    assert!(
        lost(&off) > 5000,
        "about 12,000 records were acknowledged: {}",
        lost(&off)
    );
    assert_eq!(lost(&on), 0, "{:?}", on.ledger);
    assert_eq!(happened(&off, "eligible replica leads"), 0);
    assert!(happened(&on, "eligible replica leads") > 0);
    assert_eq!(happened(&on, "unclean election"), 0);
    let ended =
        |run: &RunResult| cause(run, "NOT_ENOUGH_REPLICAS") + cause(run, "TimeoutException");
    assert!(
        ended(&on) > 0,
        "while nobody eligible is there, writes wait and end"
    );
}

/// The switch belongs to Kafka 4.
#[test]
fn the_switch_needs_kafka_4() {
    let text = "title = \"t\"\nquestion = \"?\"\n[workload]\narrivals.poisson = \"1 records/s\"\nproducers = 1\n\
        [[consumer]]\nname = \"app\"\n[system.k.kafka]\nNumberOfBrokerNodes = 3\neligible.leader.replicas.version = 1\n";
    let problems = ScenarioBuilder::from_text(text).try_parse().map(|_| ());
    let problems = problems.expect_err("3.9 has none");
    assert!(problems.contains("need Kafka 4"), "{problems}");
}
