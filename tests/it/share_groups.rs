//! Share groups (KIP-932) as a user sees them: a queue with more members than partitions, records that come back, and books
//! that balance whatever is done to members and brokers.

use crate::support::{ScenarioBuilder, figure, happened};
use proptest::prelude::*;
use streamduel::probe::RunResult;

const FAULTS: [&str; 7] = [
    "stuck-member = { consumer = \"app\", worker = 1 }",
    "stuck-member = { consumer = \"app\", worker = 3 }",
    "broker-crash = 1",
    "broker-stop = 2",
    "broker-hang = 3",
    r#"network-split = "az2""#,
    "fetcher-hang = 2",
];

const STEPS: [&str; 5] = [
    "lasts = \"5 s\"\naction.worker-crash = { consumer = \"app\", worker = 2 }",
    "lasts = \"2 s\"\naction.worker-crash = { consumer = \"app\", worker = 4 }",
    "action.worker-join = { consumer = \"app\", workers = 2 }",
    "lasts = \"8 s\"\naction.consumer-down = \"app\"",
    "lasts = \"6 s\"\naction.az-down = \"az1\"",
];

const SHORT: &str = "KafkaVersion = \"4.1.x\"\nNumberOfBrokerNodes = 3\ngroup.share.record.lock.duration.ms = 3000\nconsumer.app = { group.type = \"share\" }";

/// A cluster of three brokers with a share group.
fn scenario(head: &str, workload: &str, app: &str, kafka: &str, rest: &str) -> RunResult {
    ScenarioBuilder::new()
        .head(head)
        .workload(&format!(
            "{workload}\nkeys.uniform.count = 200\nsizes.constant = \"500 B\"\nproducers = 2\nproducer-of = \"key\""
        ))
        .consumer("app", app)
        .labelled("k", "kafka", kafka)
        .rest(rest)
        .run_only()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Members crash, stand still and are cut off, brokers fail over and lose what was not copied, retention deletes: every
    /// record has one fate for the group (the run's ledger says so), and none is given up before its deliveries are used up.
    #[test]
    fn the_books_of_a_share_group_balance(
        seed in 0_u64..10_000,
        rate in 20_u32..800,
        each in prop::sample::select(vec!["0 us", "300 us", "20 ms"]),
        workers in 4_u32..9,
        acks in prop::sample::select(vec!["\"1\"", "\"all\""]),
        topic in prop::sample::select(vec![
            "topic = { partitions = 3 }",
            "topic = { partitions = 2, retention.ms = 6000, segment.ms = 2000 }\nlog.retention.check.interval.ms = 1000",
            "topic = { partitions = 4, min.insync.replicas = 1 }\nunclean.leader.election.enable = true",
        ]),
        which in prop::collection::vec((0..FAULTS.len(), 1_u32..35, 1_u32..15), 0..4),
        steps in prop::collection::vec((0..STEPS.len(), 1_u32..35), 0..3),
    ) {
        let fault = |(n, at, lasts): &(usize, u32, u32)| {
            format!("[[system.k.kafka.fault]]\nat = \"{at}.02 s\"\nlasts = \"{lasts} s\"\n{}\n", FAULTS[*n])
        };
        let step = |(n, at): &(usize, u32)| format!("[[timeline]]\nat = \"{at}.5 s\"\n{}\n", STEPS[*n]);
        let rest: String = which.iter().map(fault).chain(steps.iter().map(step)).collect();
        let run = scenario(
            &format!("seed = {seed}\nduration = \"45 s\"\nsample = \"1 s\""),
            &format!("arrivals.poisson = \"{rate} records/s\""),
            &format!("workers = {workers}\nprocessing.per-record = \"{each}\""),
            &format!("{SHORT}\n{topic}\nproducer = {{ acks = {acks} }}"),
            &rest,
        );
        let app = &run.ledger.consumers[0];
        prop_assert!(app.delivered <= run.ledger.stored + app.vanished);
        if which.is_empty() && steps.is_empty() && each != "20 ms" {
            prop_assert_eq!((app.discarded, run.redelivered[0]), (0, 0), "nothing disturbs the group");
        }
    }
}

const EACH_50_MS: &str = "workers = 20\nprocessing.per-record = \"50 ms\"";
const STEADY: &str = "arrivals.constant = \"300 records/s\"";

/// KIP-932: members beyond the partitions work, too. 300 records/s at 50 ms each need 15 members; six partitions give a
/// consumer group six.
#[test]
fn members_beyond_the_partitions_work() {
    let kafka = "KafkaVersion = \"4.1.x\"\nNumberOfBrokerNodes = 3\ntopic.partitions = 6\n";
    let shared = "consumer.app = { group.type = \"share\", max.poll.records = 20 }";
    let grouped = "consumer.app = { max.poll.records = 20 }";
    let head = "duration = \"60 s\"\nsample = \"1 s\"";
    let share = scenario(head, STEADY, EACH_50_MS, &format!("{kafka}{shared}"), "");
    let accept = "accept = [\"idle-readers\", \"slow-consumer\"]";
    let group = scenario(
        &format!("{head}\n{accept}"),
        STEADY,
        EACH_50_MS,
        &format!("{kafka}{grouped}"),
        "",
    );
    let (shared, grouped) = (&share.ledger.consumers[0], &group.ledger.consumers[0]);
    assert!(
        shared.unread < 900,
        "less than three seconds behind: {shared:?}"
    );
    // 120 records/s for 60 s.
    assert!((6500..=7300).contains(&grouped.delivered), "{grouped:?}");
    assert_eq!(shared.discarded, 0);
    assert!(figure(&share, "out_of_order") > 0.0, "order is given up");
    assert!(figure(&group, "redelivered") < 0.5);
}

/// KAFKA-19015: a process that dies closes its connections, so that the broker gives its records to others at once. A zone
/// that is gone closes nothing: there the locks have to run out.
#[test]
fn records_of_a_crashed_member_come_back_at_once_and_those_of_a_lost_zone_after_the_lock() {
    let app = "workers = 6\nprocessing.per-record = \"5 ms\"";
    let kafka = "KafkaVersion = \"4.1.x\"\nNumberOfBrokerNodes = 3\ntopic.partitions = 2\nconsumer.app = { group.type = \"share\" }";
    let longest = |step: &str| {
        let rest = format!("[[timeline]]\nat = \"20.3 s\"\n{step}");
        let run = scenario(
            "duration = \"80 s\"",
            "arrivals.constant = \"600 records/s\"",
            app,
            kafka,
            &rest,
        );
        let app = &run.ledger.consumers[0];
        assert_eq!((app.discarded, app.expired), (0, 0), "{app:?}");
        run.delivery[0].quantile(1.0).unwrap_or_default() as f64 / 1e9
    };
    let crash = longest("action.worker-crash = { consumer = \"app\", worker = 1 }");
    assert!(crash < 6.0, "the others take over: {crash} s");
    let zone = longest("lasts = \"10 s\"\naction.az-down = \"az1\"");
    assert!((29.0..40.0).contains(&zone), "a lock lasts 30 s: {zone} s");
}

/// A member whose application stands still keeps its records until their lock ends; what it acknowledges later is refused,
/// and what it had processed is given once more.
#[test]
fn what_a_stuck_member_processed_is_given_once_more() {
    let app = "workers = 4\nprocessing.per-record = \"10 ms\"";
    let fault = "[[system.k.kafka.fault]]\nat = \"10.05 s\"\nlasts = \"20 s\"\nstuck-member = { consumer = \"app\", worker = 2 }";
    let kafka = format!("{SHORT}\ntopic.partitions = 1");
    let run = scenario(
        "duration = \"60 s\"",
        "arrivals.constant = \"200 records/s\"",
        app,
        &kafka,
        fault,
    );
    let (app, again) = (&run.ledger.consumers[0], figure(&run, "redelivered"));
    assert!(
        again > 0.0,
        "its last poll was processed and not acknowledged"
    );
    assert!(again < 1500.0, "one poll: {again}");
    assert_eq!(app.discarded, 0);
    assert!(figure(&run, "record_lock_for") > 0.0);
}

/// `max.poll.records` times the processing time is longer than a lock: each delivery runs out, and after five the record is
/// archived. It was processed all the same, which counts.
#[test]
fn a_poll_that_takes_longer_than_the_lock_gives_records_again_and_archives_them() {
    let app = "workers = 2\nprocessing.per-record = \"100 ms\"";
    let kafka = SHORT.replace("\"share\"", "\"share\", max.poll.records = 50");
    let head = "duration = \"120 s\"\naccept = [\"long-poll-loop\", \"slow-consumer\"]";
    let rate = "arrivals.constant = \"200 records/s\"";
    let run = scenario(
        head,
        rate,
        app,
        &format!("{kafka}\ntopic.partitions = 1"),
        "",
    );
    let (app, again) = (&run.ledger.consumers[0], figure(&run, "redelivered"));
    assert_eq!(app.discarded, 0, "each was processed once: {app:?}");
    assert!(
        again > 2.0 * app.delivered as f64,
        "five times each: {again}, {app:?}"
    );
    assert_eq!(
        happened(&run, "record archived"),
        1,
        "the first one is told"
    );
}

/// `SharePartition.releaseAcquisitionLockOnTimeout`: a record that takes its member's zone down each time is delivered five
/// times and given up; the ledger has it as discarded.
#[test]
fn a_record_that_nobody_ever_finishes_is_given_up_after_five_deliveries() {
    let app = "workers = 1\nprocessing.per-record = \"20 s\"";
    let kafka = SHORT.replace("\"share\"", "\"share\", max.poll.records = 1");
    let gone = |at: u32| {
        format!("[[timeline]]\nat = \"{at} s\"\nlasts = \"4 s\"\naction.az-down = \"az1\"\n")
    };
    let rest: String = [8, 18, 28, 38, 48].into_iter().map(gone).collect();
    let head = "duration = \"56 s\"\naccept = [\"long-poll-loop\", \"slow-consumer\"]";
    let kafka = format!("{kafka}\ntopic.partitions = 1\nproducer = {{ linger.ms = 0 }}");
    let run = scenario(
        head,
        "arrivals.constant = \"2 records/s\"",
        app,
        &kafka,
        &rest,
    );
    let app = &run.ledger.consumers[0];
    assert_eq!((app.delivered, app.discarded), (0, 1), "{app:?}");
    assert_eq!(happened(&run, "record archived"), 1);
}

/// `group.share.partition.max.record.locks`: the window of records in flight begins at the oldest one that nobody has
/// acknowledged; a member that stands still with it stops the whole partition in Kafka 4.1.
#[test]
fn a_record_that_is_held_stops_the_partition_at_the_most_locks() {
    let app = "workers = 10\nprocessing.per-record = \"1 ms\"";
    let fault = "[[system.k.kafka.fault]]\nat = \"10.05 s\"\nlasts = \"60 s\"\nstuck-member = { consumer = \"app\", worker = 1 }";
    let kafka = "KafkaVersion = \"4.1.x\"\nNumberOfBrokerNodes = 3\ngroup.share.partition.max.record.locks = 500\ntopic.partitions = 1\nconsumer.app = { group.type = \"share\" }";
    let run = scenario(
        "duration = \"60 s\"\nsample = \"1 s\"",
        "arrivals.constant = \"400 records/s\"",
        app,
        kafka,
        fault,
    );
    let lag = figure(&run, "lag_max");
    assert!(
        (8_000.0..14_000.0).contains(&lag),
        "30 s of 400 records/s: {lag}"
    );
    assert!(
        run.ledger.consumers[0].unread < 400,
        "caught up: {:?}",
        run.ledger.consumers[0]
    );
}

#[test]
fn what_says_nothing_to_a_share_group_is_refused_by_name() {
    let problems_of = |head: &str, kafka: &str| {
        let scenario = ScenarioBuilder::lasting("10 s")
            .head(head)
            .workload("arrivals.poisson = \"1 records/s\"\nkeys.uniform.count = 10\nsizes.constant = \"500 B\"\nproducers = 1")
            .consumer("app", "workers = 1")
            .system("kafka", &format!("NumberOfBrokerNodes = 3\n{kafka}"));
        let parsed = scenario.try_parse().map(|_| ());
        parsed.expect_err("it cannot work")
    };
    let cases = [
        (
            "",
            "topic.partitions = 3\nconsumer.app = { group.type = \"share\", enable.auto.commit = true }",
            "says nothing to a share group",
        ),
        (
            "",
            "topic.partitions = 3\nconsumer.app = { group.type = \"share\", isolation.level = \"read_committed\" }",
            "says nothing to a share group",
        ),
        (
            "",
            "topic.partitions = 3\nconsumer.app = { group.type = \"share\" }\nproducer = { transactional.id = \"t\" }",
            "beside transactions is not modelled",
        ),
        (
            "",
            "consumer.app = { group.type = \"share\" }\ntopic = { partitions = 3, cleanup.policy = \"compact\" }",
            "compacted topic is not modelled",
        ),
        (
            "as-of = \"2025-01-01\"",
            "topic.partitions = 3\nconsumer.app = { group.type = \"share\" }",
            "exists since",
        ),
        (
            "",
            "topic.partitions = 3\nconsumer.app = { group.type = \"share\" }",
            "share groups need Kafka 4.1",
        ),
        (
            "",
            "topic.partitions = 3\ngroup.share.record.lock.duration.ms = 5000",
            "read only with",
        ),
        (
            "",
            "topic.partitions = 3\nconsumer.app = { group.type = \"share\" }\ngroup.share.delivery.count.limit = 40",
            "between 2 and 10",
        ),
    ];
    for (head, kafka, words) in cases {
        let problems = problems_of(head, kafka);
        assert!(problems.contains(words), "{kafka}: {problems}");
    }
}
