//! What compaction must keep, whatever is done to a cluster: every record has one fate.

use crate::conformance_kafka::HASTY;
use crate::support::ScenarioBuilder;
use proptest::prelude::*;

const FAULTS: [&str; 6] = [
    "broker-crash = 1",
    r#"broker-crash = { broker = 2, volume = "empty" }"#,
    "broker-stop = 3",
    "fetcher-hang = 2",
    r#"network-split = "az1""#,
    r#"stuck-member = { consumer = "app", worker = 1 }"#,
];
const STEPS: [&str; 4] = [
    "lasts = \"9 s\"\naction.worker-crash = { consumer = \"app\", worker = 1 }",
    "lasts = \"20 s\"\naction.consumer-down = \"app\"",
    "lasts = \"9 s\"\naction.az-down = \"az2\"",
    "action.worker-join = { consumer = \"app\", workers = 2 }",
];
const PRODUCERS: [&str; 3] = [
    "linger.ms = 5",
    r#"acks = "1", request.timeout.ms = 3000, delivery.timeout.ms = 8000"#,
    r#"transactional.id = "t", commit.interval.ms = 700, abort-share = 0.3"#,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn whatever_is_removed_every_record_has_one_fate(
        seed in 0_u64..10_000,
        producer in 0..PRODUCERS.len(),
        rate in 50_u32..800,
        keys in 1_u32..400,
        segment in prop::sample::select(vec![3_000_u32, 40_000, 1_000_000]),
        policy in prop::sample::select(vec!["compact", "compact,delete"]),
        committed in prop::sample::select(vec!["read_committed", "read_uncommitted"]),
        unclean in any::<bool>(),
        per_record in prop::sample::select(vec![0_u32, 300, 6000]),
        faults in prop::collection::vec((0..FAULTS.len(), 1_u32..55, 1_u32..15), 0..4),
        steps in prop::collection::vec((0..STEPS.len(), 1_u32..50), 0..3),
    ) {
        let fault = |(n, at, lasts): &(usize, u32, u32)| {
            format!("[[system.k.kafka.fault]]\nat = \"{at} s\"\nlasts = \"{lasts} s\"\n{}\n", FAULTS[*n])
        };
        let step = |(n, at): &(usize, u32)| format!("[[timeline]]\nat = \"{at} s\"\n{}\n", STEPS[*n]);
        let rest: String = faults.iter().map(fault).chain(steps.iter().map(step)).collect();
        let kafka = format!(
            "NumberOfBrokerNodes = 3\n{HASTY}\nlog.retention.check.interval.ms = 3000\nunclean.leader.election.enable = {unclean}\n\
             topic = {{ partitions = 4, min.insync.replicas = 1, cleanup.policy = \"{policy}\", segment.bytes = {segment}, retention.ms = 30000 }}\n\
             producer = {{ {} }}\n\
             consumer.app = {{ session.timeout.ms = 6000, heartbeat.interval.ms = 1000, isolation.level = \"{committed}\" }}\n\
             consumer.slow = {{ session.timeout.ms = 6000, heartbeat.interval.ms = 1000, auto.offset.reset = \"earliest\" }}",
            PRODUCERS[producer]
        );
        let run = ScenarioBuilder::new()
            .head(&format!("seed = {seed}\nduration = \"60 s\"\nsample = \"1 s\""))
            .workload(&format!(
                "arrivals.poisson = \"{rate} records/s\"\nkeys.uniform.count = {keys}\nsizes.constant = \"300 B\"\nproducers = 2\nproducer-of = \"key\""
            ))
            .consumer("app", &format!("workers = 3\nprocessing.per-record = \"{per_record} us\""))
            .consumer("slow", "workers = 1\nprocessing.per-record = \"20 ms\"")
            .labelled("k", "kafka", &kafka)
            .rest(&rest)
            .run_only();
        prop_assert!(run.ledger.offered > 0);
    }
}
