//! Consumers that also produce: exactly once from topic to topic, at least once from a stream to a topic, and what
//! commits cost.

use crate::support::figure;
use crate::{conformance_kafka as kafka, conformance_kinesis as kinesis};
use proptest::prelude::*;
use streamduel::probe::RunResult;

const EXACTLY_ONCE: &str =
    r#"sink = { kafka = { processing.guarantee = "exactly_once_v2", commit.interval.ms = 2000 } }"#;
const AT_LEAST_ONCE: &str = "sink = { kafka = {} }";

/// 1,000 records a second; the second of three workers crashes at 30.7 s. A lease without its worker is found after 20 to 40 s.
fn crash(sink: &str) -> [RunResult; 2] {
    let head = r#"duration = "2 min""#;
    let workload = r#"arrivals.constant = "1000 records/s"
keys.sequential.count = 1000
sizes.constant = "1000 B"
producers = 2"#;
    let consumer = format!("workers = 3\n{sink}");
    let rest = r#"[[timeline]]
at = "30.7 s"
lasts = "10 s"
action.worker-crash = { consumer = "app", worker = 2 }
"#;
    let stream = "ShardCount = 6\nconsumer.app.idleTimeBetweenReadsInMillis = 200";
    let topic = r#"NumberOfBrokerNodes = 3
topic.partitions = 6
consumer.app.session.timeout.ms = 6000
consumer.app.heartbeat.interval.ms = 1000"#;
    [
        kinesis::simulate(&kinesis::scenario(head, workload, &consumer, stream, rest)),
        kafka::simulate(&kafka::scenario(head, workload, &consumer, topic, rest)),
    ]
}

fn aborted(run: &RunResult) -> u64 {
    run.sinks[0].expect("a sink").aborted
}

/// Offsets are part of a transaction of Kafka, and the checkpoints of the KCL are not.
#[test]
fn a_crash_repeats_what_its_transaction_does_not_cover() {
    let [stream, topic] = crash(EXACTLY_ONCE);
    assert_eq!(topic.redelivered[0], 0);
    // A third of 1,000 records a second, for up to the commit interval and a commit.
    assert!(
        (1..=700).contains(&aborted(&topic)),
        "{} records",
        aborted(&topic)
    );
    assert!(figure(&stream, "redelivered") > 100.0);
    assert!(aborted(&stream) > 0);
    for run in crash(AT_LEAST_ONCE) {
        assert!(figure(&run, "redelivered") > 100.0);
        assert_eq!(aborted(&run), 0, "there are no transactions");
    }
}

/// A cycle is the interval and the four writes of a commit, one after the other.
#[test]
fn transactions_follow_each_other_at_the_interval_and_a_commit() {
    let head = r#"duration = "60 s""#;
    let workload = r#"arrivals.constant = "1000 records/s"
keys.sequential.count = 1000
sizes.constant = "1000 B"
producers = 2"#;
    let consumer = r#"workers = 1
sink = { kafka = { processing.guarantee = "exactly_once_v2", commit.interval.ms = 1000, produce = { median = "50 ms", p99 = "50 ms" } } }"#;
    let topic = "NumberOfBrokerNodes = 3\ntopic.partitions = 4";
    let run = kafka::simulate(&kafka::scenario(head, workload, consumer, topic, ""));
    let transactions = run.sinks[0].expect("a sink").calls;
    // 60 s over 1.2 s, less the first poll; a fetch may be under way when a commit ends.
    assert!((46..=50).contains(&transactions), "{transactions}");
    let slowest = figure(&run, "delivery_max");
    assert!(
        (1.2..1.6).contains(&slowest),
        "{slowest} s: the interval, a commit, and the commit before"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Whatever happens to members, brokers and zones: nothing that a topic promises to keep is written twice.
    #[test]
    fn exactly_once_from_topic_to_topic(
        seed in 0_u64..10_000,
        consumer in 0..kafka::CONSUMERS.len(),
        cluster in prop::sample::select(vec![0_usize, 5]),
        rate in 20_u32..2000,
        interval in 50_u32..5000,
        per_record in prop::sample::select(vec![0_u32, 100, 2500]),
        calls in prop::collection::vec((prop::sample::select(vec![0_usize, 2, 3, 4, 6]), 1_u32..80), 0..4),
        faults in prop::collection::vec((0..kafka::FAULTS.len(), 1_u32..80, 1_u32..20), 0..4),
        steps in prop::collection::vec((0..kafka::STEPS.len(), 1_u32..80), 0..5),
    ) {
        let workload = format!(r#"arrivals.poisson = "{rate} records/s"
keys.uniform.count = 300
sizes.constant = "1 kB"
producers = 3
producer-of = "key""#);
        let members = format!(
            r#"workers = 3
processing.per-record = "{per_record} us"
sink = {{ kafka = {{ processing.guarantee = "exactly_once_v2", commit.interval.ms = {interval} }} }}"#
        );
        let system = format!(
            "NumberOfBrokerNodes = 3\n{}\n{}\nproducer = {{ {} }}\nconsumer.app = {{ {} }}",
            kafka::HASTY, kafka::CLUSTERS[cluster], kafka::PRODUCERS[0], kafka::CONSUMERS[consumer]
        );
        let head = format!(r#"seed = {seed}
duration = "90 s""#);
        let rest = kafka::disturbances(&calls, &faults, &steps);
        let run = kafka::simulate(&kafka::scenario(&head, &workload, &members, &system, &rest));
        prop_assert_eq!(run.redelivered[0], 0, "{:?}", run.ledger.consumers[0]);
    }
}
