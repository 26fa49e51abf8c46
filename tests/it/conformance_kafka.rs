//! What the Kafka model must keep, whatever is done to it: nothing unaccounted, no acknowledged loss where
//! the settings promise it, loss, duplicates and disorder where they do not.

use crate::support::{ScenarioBuilder, figure, happened, lost};
use proptest::prelude::*;
use streamduel::probe::RunResult;

/// Runs the only system of a scenario; the ledger is checked.
pub(crate) fn simulate(scenario: &ScenarioBuilder) -> RunResult {
    scenario.run_only()
}

/// A scenario with one system `k` and one consumer `app`; `head` has keys of the top level, its duration among them.
pub(crate) fn scenario(
    head: &str,
    workload: &str,
    consumer: &str,
    kafka: &str,
    rest: &str,
) -> ScenarioBuilder {
    ScenarioBuilder::new()
        .head(head)
        .workload(workload)
        .consumer("app", consumer)
        .labelled("k", "kafka", kafka)
        .rest(rest)
}

/// Shorter timers than Kafka's own, so that much happens in a minute and a half.
pub(crate) const HASTY: &str = r#"broker.session.timeout.ms = 2000
broker.heartbeat.interval.ms = 500
replica.lag.time.max.ms = 3000
                     leader.imbalance.check.interval.seconds = 10
model.broker-start = "2 s"
model.broker-restart = "5 s""#;
pub(crate) const PRODUCERS: [&str; 7] = [
    r#"acks = "all", request.timeout.ms = 3000, delivery.timeout.ms = 20000"#,
    r#"acks = "all", request.timeout.ms = 3000, delivery.timeout.ms = 8000, enable.idempotence = false"#,
    r#"acks = "1", request.timeout.ms = 3000, delivery.timeout.ms = 8000"#,
    r#"acks = "0""#,
    r#"acks = "all", client-version = "3.2", request.timeout.ms = 2000, delivery.timeout.ms = 5000, retries = 3"#,
    r#"acks = "all", linger.ms = 100, batch.size = 65536, compression.type = "lz4", compression-ratio = 3.0, request.timeout.ms = 3000, delivery.timeout.ms = 9000"#,
    r#"acks = "1", buffer.memory = 200000, max.block.ms = 500, max.in.flight.requests.per.connection = 1, request.timeout.ms = 3000, delivery.timeout.ms = 9000"#,
];
pub(crate) const CONSUMERS: [&str; 6] = [
    "session.timeout.ms = 6000, heartbeat.interval.ms = 1000",
    r#"session.timeout.ms = 6000, heartbeat.interval.ms = 1000, partition.assignment.strategy = "cooperative-sticky""#,
    r#"session.timeout.ms = 6000, heartbeat.interval.ms = 1000, partition.assignment.strategy = "sticky", group.instance.id = "by-worker""#,
    r#"group.protocol = "consumer", heartbeat.interval.ms = 1000"#,
    r#"session.timeout.ms = 6000, heartbeat.interval.ms = 1000, max.poll.interval.ms = 7000, auto.offset.reset = "earliest", enable.auto.commit = false"#,
    r#"session.timeout.ms = 6000, heartbeat.interval.ms = 1000, partition.assignment.strategy = "roundrobin", client.rack = "by-zone", process-start = "3 s""#,
];
pub(crate) const CLUSTERS: [&str; 6] = [
    "topic = { partitions = 6, min.insync.replicas = 2 }",
    "topic = { partitions = 4, min.insync.replicas = 1 }\nunclean.leader.election.enable = true",
    r#"topic = { partitions = 5, replication.factor = 2, min.insync.replicas = 1 }
unclean.leader.election.enable = false
replica.selector.class = "RackAwareReplicaSelector""#,
    "topic = { partitions = 3, replication.factor = 1, min.insync.replicas = 1, retention.ms = 20000, segment.bytes = 100000 }\nlog.retention.check.interval.ms = 3000",
    r#"topic = { partitions = 7, min.insync.replicas = 3 }
KafkaVersion = "3.6.x"
model.election = "50 ms"
zookeeper.session.timeout.ms = 6000"#,
    r#"topic = { partitions = 6, min.insync.replicas = 2, max.message.bytes = 6000 }
num.replica.fetchers = 1
KafkaVersion = "4.1.x""#,
];
pub(crate) const CALLS: [&str; 7] = [
    "CreatePartitions.count = 9",
    "CreatePartitions.count = 2",
    "AlterPartitionReassignments = true",
    "ElectLeaders = true",
    "RebootBroker.broker = 2",
    "IncrementalAlterConfigs = { unclean.leader.election.enable = true, min.insync.replicas = 1 }",
    r#"close-consumer = { consumer = "app", worker = 2 }"#,
];
pub(crate) const FAULTS: [&str; 10] = [
    "broker-crash = 1",
    r#"broker-crash = { broker = 2, volume = "empty" }"#,
    "broker-stop = 3",
    "broker-hang = 1",
    "fetcher-hang = 2",
    r#"slow-disk = { broker = 3, rate = "200 kB/s" }"#,
    r#"network-split = "az1""#,
    "controller-down = true",
    r#"stuck-member = { consumer = "app", worker = 1 }"#,
    r#"slow-network = { zone = "az2", times = 20 }"#,
];
pub(crate) const STEPS: [&str; 5] = [
    r#"lasts = "9 s"
action.worker-crash = { consumer = "app", worker = 1 }"#,
    r#"action.worker-join = { consumer = "app", workers = 2 }"#,
    r#"lasts = "9 s"
action.az-down = "az2""#,
    r#"lasts = "10 s"
action.consumer-down = "app""#,
    "action.scale-to = 8",
];

/// Calls, faults and steps of a run, each at its second.
pub(crate) fn disturbances(
    calls: &[(usize, u32)],
    faults: &[(usize, u32, u32)],
    steps: &[(usize, u32)],
) -> String {
    let call = |(n, at): &(usize, u32)| {
        format!(
            r#"[[system.k.kafka.call]]
at = "{at} s"
{}
"#,
            CALLS[*n]
        )
    };
    let fault = |(n, at, lasts): &(usize, u32, u32)| {
        format!(
            r#"[[system.k.kafka.fault]]
at = "{at} s"
lasts = "{lasts} s"
{}
"#,
            FAULTS[*n]
        )
    };
    let step = |(n, at): &(usize, u32)| {
        format!(
            r#"[[timeline]]
at = "{at} s"
{}
"#,
            STEPS[*n]
        )
    };
    let parts = calls
        .iter()
        .map(call)
        .chain(faults.iter().map(fault))
        .chain(steps.iter().map(step));
    parts.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]
    /// Every producer against every reader and cluster while brokers, zones and members come and go: the
    /// books balance.
    #[test]
    fn whatever_happens_every_record_has_one_fate(
        seed in 0_u64..10_000,
        producer in 0..PRODUCERS.len(),
        consumer in 0..CONSUMERS.len(),
        cluster in 0..CLUSTERS.len(),
        brokers in prop::sample::select(vec![3_u32, 6]),
        rate in 20_u32..2000,
        size in prop::sample::select(vec!["100 B", "3 kB", "40 kB"]),
        keys in prop::sample::select(vec![r#"keys = "none""#, "keys.uniform.count = 300", "keys.sequential.count = 5"]),
        per_record in prop::sample::select(vec![0_u32, 100, 2500]),
        calls in prop::collection::vec((0..CALLS.len(), 1_u32..80), 0..4),
        faults in prop::collection::vec((0..FAULTS.len(), 1_u32..80, 1_u32..20), 0..5),
        steps in prop::collection::vec((0..STEPS.len(), 1_u32..80), 0..4),
    ) {
        let workload = format!(r#"arrivals.poisson = "{rate} records/s"
{keys}
sizes.constant = "{size}"
producers = 3
producer-of = "key""#);
        let members = format!(r#"workers = 3
processing.per-record = "{per_record} us""#);
        let hasty = if CLUSTERS[cluster].contains("zookeeper") {
            HASTY.lines().filter(|line| !line.starts_with("broker.")).collect::<Vec<_>>().join("\n")
        } else {
            HASTY.to_owned()
        };
        let kafka = format!(
            "NumberOfBrokerNodes = {brokers}\n{hasty}\n{}\nproducer = {{ {} }}\nconsumer.app = {{ {} }}",
            CLUSTERS[cluster], PRODUCERS[producer], CONSUMERS[consumer]
        );
        let head = format!(r#"seed = {seed}
duration = "90 s""#);
        let run = simulate(&scenario(&head, &workload, &members, &kafka, &disturbances(&calls, &faults, &steps)));
        prop_assert!(run.ledger.offered > 0);
    }
}

/// Faults of which at most one broker of three is away at a time.
fn one_at_a_time(kinds: &[(usize, u32)]) -> String {
    let mut at = 5;
    let mut text = String::new();
    for (kind, lasts) in kinds {
        let what = [
            "broker-crash = 1",
            "broker-crash = 2",
            "broker-crash = 3",
            "broker-stop = 1",
            "broker-hang = 2",
            "fetcher-hang = 3",
            "controller-down = true",
            r#"network-split = "az1""#,
            r#"network-split = "az3""#,
        ][*kind];
        text += &format!(
            r#"[[system.k.kafka.fault]]
at = "{at} s"
lasts = "{lasts} s"
{what}
"#
        );
        // Long enough for the broker to be back in sync before the next one goes.
        at += lasts + 15;
    }
    text
}

const SAFE: &str = "NumberOfBrokerNodes = 3\ntopic = { partitions = 4, replication.factor = 3, min.insync.replicas = 2 }\nunclean.leader.election.enable = false";
const ORDERED: &str = r#"keys.uniform.count = 40
sizes.constant = "300 B"
producers = 2
producer-of = "key""#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    /// acks=all, min.insync.replicas=2, clean elections, never two of three replicas gone: nothing that was
    /// acknowledged is lost, the high watermark never falls, no key is stored twice or out of order.
    #[test]
    fn safe_settings_lose_duplicate_and_reorder_nothing(
        seed in 0_u64..100_000,
        rate in 50_u32..1500,
        kinds in prop::collection::vec((0_usize..9, 1_u32..12), 1..5),
        linger in prop::sample::select(vec![0_u32, 5, 50]),
    ) {
        let kafka = format!(r#"{HASTY}
{SAFE}
producer = {{ acks = "all", linger.ms = {linger}, request.timeout.ms = 4000, delivery.timeout.ms = 60000 }}"#);
        let workload = format!(r#"arrivals.poisson = "{rate} records/s"
{ORDERED}"#);
        let head = format!(r#"seed = {seed}
duration = "140 s""#);
        let run = simulate(&scenario(&head, &workload, "workers = 2", &kafka, &one_at_a_time(&kinds)));
        prop_assert_eq!(lost(&run), 0);
        prop_assert_eq!(happened(&run, "high watermark fell"), 0);
        prop_assert_eq!(run.stored_again, 0, "an idempotent producer stores nothing twice");
        prop_assert_eq!(run.reordered, Some(0), "and keeps the order of each key");
        prop_assert_eq!(run.out_of_order, Some(vec![0]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// An idempotent producer keeps its order while leaders fail under load and zones are far from each other, whose
    /// answers then cross retries on the way.
    #[test]
    fn an_idempotent_producer_keeps_its_order_across_slow_zones(
        seed in 0_u64..100_000,
        rate in 1000_u32..4000,
        first in prop::sample::select(vec!["0.03", "1.003", "5.003"]),
        linger in prop::sample::select(vec![0_u32, 5]),
        way in prop::sample::select(vec![5_u32, 20, 60]),
    ) {
        let fault = |at: &str, lasts: u32, what: &str| {
            format!("[[system.k.kafka.fault]]\nat = \"{at} s\"\nlasts = \"{lasts} s\"\n{what}\n")
        };
        let faults = fault(first, 3, "broker-crash = 1")
            + &fault("13.003", 4, "broker-hang = 2")
            + &fault("22.003", 3, "network-split = \"az3\"");
        let kafka = format!(
            "{HASTY}\n{SAFE}\nmodel.cross-zone = \"{way} ms\"\nproducer = {{ acks = \"all\", linger.ms = {linger}, \
             batch.size = 1000, request.timeout.ms = 2000, delivery.timeout.ms = 60000 }}"
        );
        let workload = format!("arrivals.poisson = \"{rate} records/s\"\n{ORDERED}");
        let head = format!("seed = {seed}\nduration = \"30 s\"");
        let run = simulate(&scenario(&head, &workload, "workers = 2", &kafka, &faults));
        prop_assert_eq!(lost(&run), 0);
        prop_assert_eq!(run.stored_again, 0);
        prop_assert_eq!(run.reordered, Some(0));
    }
}

/// The opposite settings do lose, duplicate and reorder: within so many seeds at least once each.
#[test]
fn unsafe_settings_lose_duplicate_and_reorder() {
    let crash = |at: u32, broker: u32| {
        format!(
            r#"[[system.k.kafka.fault]]
at = "{at}.003 s"
lasts = "8 s"
broker-crash = {broker}
"#
        )
    };
    let faults = (0..8)
        .map(|n| crash(5 + 15 * n, n % 3 + 1))
        .collect::<String>();
    let workload = format!(
        r#"arrivals.poisson = "3000 records/s"
{ORDERED}"#
    );
    let worst = |producer: &str, topic: &str, most: u32, found: &dyn Fn(&RunResult) -> bool| {
        (0..most).find(|seed| {
            let kafka = format!(
                "NumberOfBrokerNodes = 3\n{HASTY}\ntopic = {{ {topic} }}\nproducer = {{ {producer} }}"
            );
            let head = format!(r#"seed = {seed}
duration = "130 s""#);
            found(&simulate(&scenario(&head, &workload, "workers = 2", &kafka, &faults)))
        })
    };
    let safe = "partitions = 4, min.insync.replicas = 2";
    let loses = worst(r#"acks = "1""#, safe, 20, &|run| lost(run) > 0);
    assert!(
        loses.is_some(),
        "acks=1 loses what the followers had not fetched"
    );
    let without = r#"acks = "all", enable.idempotence = false, linger.ms = 0, batch.size = 1000"#;
    let doubles = worst(without, safe, 20, &|run| run.stored_again > 0);
    assert!(
        doubles.is_some(),
        "without idempotence a retry may be stored again"
    );
    let busy = "partitions = 1, min.insync.replicas = 2";
    let reorders = worst(without, busy, 20, &|run| {
        run.reordered.is_some_and(|n| n > 0)
    });
    assert!(
        reorders.is_some(),
        "without idempotence batches overtake each other"
    );
}

const LIGHT: &str = r#"arrivals.poisson = "300 records/s"
keys.uniform.count = 200
sizes.constant = "500 B"
producers = 2
producer-of = "key""#;

/// A controlled shutdown moves leaderships away first: nothing waits for a session to end.
#[test]
fn a_controlled_shutdown_takes_milliseconds_and_a_crash_a_session() {
    let max = |fault: &str| {
        let kafka = format!(
            r#"NumberOfBrokerNodes = 3
topic.partitions = 6
[[system.k.kafka.fault]]
at = "20 s"
lasts = "20 s"
{fault} = 1"#
        );
        figure(
            &simulate(&scenario(r#"duration = "60 s""#, LIGHT, "", &kafka, "")),
            "append_max",
        )
    };
    let (stopped, crashed) = (max("broker-stop"), max("broker-crash"));
    assert!(stopped < 0.5, "{stopped} s");
    assert!(
        (7.0..10.5).contains(&crashed),
        "{crashed} s: 7 to 9 s of detection and a refresh"
    );
}

/// A follower that hangs leaves the in-sync set after one to one and a half of `replica.lag.time.max.ms`;
/// until then acks=all waits for it.
#[test]
fn a_hung_follower_is_waited_for() {
    let kafka = r#"NumberOfBrokerNodes = 3
topic.partitions = 6
[[system.k.kafka.fault]]
at = "20 s"
lasts = "100 s"
fetcher-hang = 2"#;
    let run = simulate(&scenario(r#"duration = "100 s""#, LIGHT, "", kafka, ""));
    let waited = figure(&run, "append_max");
    assert!((30.0..46.0).contains(&waited), "{waited} s");
}

/// min.insync.replicas = replicas: one broker that is away blocks every write, and they come through later.
#[test]
fn one_broker_blocks_writes_when_all_replicas_are_asked_for() {
    let run = |least: u32| {
        let kafka = format!(
            r#"NumberOfBrokerNodes = 3
topic = {{ partitions = 6, min.insync.replicas = {least} }}
[[system.k.kafka.fault]]
at = "20 s"
lasts = "30 s"
broker-stop = 1"#
        );
        simulate(&scenario(r#"duration = "100 s""#, LIGHT, "", &kafka, ""))
    };
    let (two, three) = (run(2), run(3));
    let waits = (figure(&three, "append_max"), figure(&two, "append_max"));
    assert!(waits.0 > 45.0 && waits.1 < 1.0, "{waits:?}");
    assert!(figure(&three, "throttled") > 10.0, "NOT_ENOUGH_REPLICAS");
    assert_eq!(three.ledger.ended(), 0);
}

/// A static member crashes between joining and its assignment, and is back before its session is over: nobody
/// else reads its partitions, so it has to.
#[test]
fn a_static_member_that_crashed_before_its_assignment_comes_back_to_it() {
    let kafka = format!(
        "NumberOfBrokerNodes = 3\n{HASTY}\n{}\nproducer = {{ {} }}\nconsumer.app = {{ {} }}",
        CLUSTERS[0], PRODUCERS[0], CONSUMERS[2]
    );
    // The group is up at 16 s and has its partitions at 19.002 s.
    let steps = disturbances(&[], &[(3, 10, 15), (2, 11, 12)], &[(2, 19), (3, 6)]);
    let workload = r#"arrivals.poisson = "20 records/s"
keys = "none"
sizes.constant = "100 B"
producers = 3"#;
    let run = simulate(&scenario(
        r#"seed = 0
duration = "170 s""#,
        workload,
        "workers = 3",
        &kafka,
        &steps,
    ));
    assert!(
        run.ledger.consumers[0].unread < 40,
        "{:?}",
        run.ledger.consumers[0]
    );
}

/// Members beyond the partitions have nothing to do.
#[test]
fn members_beyond_the_partitions_idle() {
    let kafka = "NumberOfBrokerNodes = 3\ntopic.partitions = 4";
    let run = simulate(&scenario(
        r#"duration = "30 s""#,
        LIGHT,
        "workers = 7",
        kafka,
        "",
    ));
    let last = run.points.last().expect("points");
    let idle = last
        .gauges
        .iter()
        .find(|gauge| gauge.metric == "idle members")
        .expect("a gauge");
    assert!((idle.value - 3.0).abs() < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    /// When everything that broke is whole again, everything moves again: a minute later nobody is behind.
    #[test]
    fn what_is_mended_moves_again(
        seed in 0_u64..10_000,
        producer in prop::sample::select(vec![0_usize, 1, 2, 4, 5]),
        consumer in 0..CONSUMERS.len(),
        cluster in prop::sample::select(vec![0_usize, 2, 3, 4]),
        rate in 20_u32..500,
        keys in prop::sample::select(vec![r#"keys = "none""#, "keys.uniform.count = 300"]),
        calls in prop::collection::vec((0..CALLS.len() - 2, 1_u32..40), 0..3),
        faults in prop::collection::vec((0..FAULTS.len(), 1_u32..40, 1_u32..20), 0..5),
        steps in prop::collection::vec((0..STEPS.len(), 1_u32..40), 0..4),
    ) {
        let workload = format!(r#"arrivals.poisson = "{rate} records/s"
{keys}
sizes.constant = "100 B"
producers = 3
producer-of = "key""#);
        let hasty = if CLUSTERS[cluster].contains("zookeeper") {
            HASTY.lines().filter(|line| !line.starts_with("broker.")).collect::<Vec<_>>().join("\n")
        } else {
            HASTY.to_owned()
        };
        let kafka = format!(
            "NumberOfBrokerNodes = 3\n{hasty}\n{}\nproducer = {{ {}, metadata.max.age.ms = 5000 }}\nconsumer.app = {{ {}, metadata.max.age.ms = 5000 }}",
            CLUSTERS[cluster], PRODUCERS[producer], CONSUMERS[consumer]
        );
        let head = format!(r#"seed = {seed}
duration = "170 s""#);
        let scenario = scenario(&head, &workload, "workers = 3", &kafka, &disturbances(&calls, &faults, &steps));
        let (run, text) = (simulate(&scenario), scenario.text());
        let behind = run.ledger.consumers[0].unread;
        prop_assert!(behind < u64::from(rate) * 4, "{} unread\n{}", behind, text);
        prop_assert!(run.ledger.client_held < u64::from(rate) * 4, "{} held\n{}", run.ledger.client_held, text);
    }
}

/// Three members in three zones, of which `split` is cut off for so long; when sessions were over `[s]`, whose,
/// and what is unread at the end.
fn cut_off(split: &str, lasts: &str, consumer: &str) -> (Vec<(f64, String)>, usize, f64) {
    let kafka = format!(
        r#"NumberOfBrokerNodes = 3
{HASTY}
topic = {{ partitions = 6, min.insync.replicas = 2 }}
consumer.app = {{ {consumer} }}
         [[system.k.kafka.fault]]
at = "20 s"
lasts = "{lasts}"
network-split = "{split}""#
    );
    let workload = r#"arrivals.poisson = "300 records/s"
keys.uniform.count = 50
sizes.constant = "100 B""#;
    let run = simulate(&scenario(
        r#"duration = "90 s"
sample = "1 s""#,
        workload,
        "workers = 3",
        &kafka,
        "",
    ));
    let over = run
        .happenings
        .iter()
        .filter(|happening| happening.what == "session over");
    let over = over
        .map(|happening| (happening.t, happening.detail.clone()))
        .collect();
    (over, happened(&run, "rebalanced"), figure(&run, "unread"))
}

/// A member beyond a split is not heard: when its session is over others read for it, and when it is heard
/// again it joins anew. One that comes back in time keeps its place.
#[test]
fn a_split_takes_the_members_behind_it_out_of_their_group() {
    let consumer = "session.timeout.ms = 10000, heartbeat.interval.ms = 3000";
    // Worker 2 stands in az2, the coordinator in az1.
    let (over, rebalanced, unread) = cut_off("az2", "40 s", consumer);
    assert_eq!(over.len(), 1, "{over:?}");
    assert!(
        (27.0..=30.0).contains(&over[0].0) && over[0].1.starts_with("worker 2"),
        "{over:?}"
    );
    assert_eq!(rebalanced, 2, "without it, and with it again");
    assert!(unread < 300.0, "{unread}");
    let (over, rebalanced, unread) = cut_off("az2", "6 s", consumer);
    assert_eq!((over.len(), rebalanced), (0, 0), "{over:?}");
    assert!(unread < 300.0, "{unread}");
}

/// A coordinator beyond a split is replaced as soon as its broker is fenced, before any session is over: only
/// the member beside it is lost.
#[test]
fn a_coordinator_behind_a_split_is_replaced() {
    for consumer in [
        "session.timeout.ms = 10000, heartbeat.interval.ms = 3000",
        "session.timeout.ms = 10000, heartbeat.interval.ms = 3000, enable.auto.commit = false",
        r#"group.protocol = "consumer""#,
    ] {
        let (over, _, unread) = cut_off("az1", "60 s", consumer);
        assert_eq!(over.len(), 1, "{consumer}: {over:?}");
        assert!(over[0].1.starts_with("worker 1"), "{over:?}");
        assert!(unread < 300.0, "{consumer}: {unread}");
    }
}
