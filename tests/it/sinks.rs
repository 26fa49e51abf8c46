//! Sinks: each one's arithmetic by closed form, how far a slow one pushes back on either platform, and that
//! the books balance whatever happens.

use crate::support::{figure, happened};
use crate::{conformance_kafka as kafka, conformance_kinesis as kinesis};
use proptest::prelude::*;
use std::path::Path;
use streamduel::experiment::{Progress, run, run_one};
use streamduel::probe::{Fate, RunResult, figures};
use streamduel::scenario::{Overrides, Scenario};
use streamduel::workload::SinkTally;

/// Sinks that are slow, or full, or stall within seconds.
const SINKS: [&str; 9] = [
    r#"s3 = { buffer-size = "20 kB", buffer-interval = "3 s" }"#,
    r#"s3 = { buffer-size = "50 kB", buffer-interval = "8 s", put = { median = "4 s", p99 = "15 s" } }"#,
    r#"emr = { trigger = "2 s", overhead = "1500 ms", per-record = "500 us", records-max = 2000 }"#,
    r#"sagemaker = { concurrency = 2, latency = { median = "5 ms", p99 = "90 ms" } }"#,
    r#"rds = { connections = 2, rows-per-second = "300 records/s", stall = { every = "10 s", lasts = "2 s" }, failover = { at = "40 s", lasts = "15 s" } }"#,
    "lambda = { concurrency = 1, batch-size = 20 }",
    "kinesis = { shards = 1 }",
    "kafka = { linger.ms = 400 }",
    r#"kafka = { processing.guarantee = "exactly_once_v2", commit.interval.ms = 3000, produce = { median = "80 ms", p99 = "700 ms" } }"#,
];

fn tally(run: &RunResult) -> SinkTally {
    run.sinks[0].expect("a sink")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    /// Every sink behind every reader of a stream while shards come and go and things break.
    #[test]
    fn streams_with_sinks_account_for_every_record(
        seed in 0_u64..10_000,
        sink in 0..SINKS.len(),
        library in 0..kinesis::LIBRARIES.len(),
        reader in 0..=kinesis::PATIENT,
        stream in 0..kinesis::STREAMS.len(),
        rate in 20_u32..2000,
        size in prop::sample::select(vec!["100 B", "3 kB", "40 kB"]),
        keys in prop::sample::select(vec![r#"keys = "none""#, "keys.uniform.count = 300"]),
        per_record in prop::sample::select(vec![0_u32, 100, 2500]),
        calls in prop::collection::vec((0..kinesis::OPERATIONS.len(), 1_u32..80), 0..4),
        faults in prop::collection::vec((0..kinesis::FAULTS.len(), 1_u32..80), 0..3),
        steps in prop::collection::vec((0..kinesis::STEPS.len(), 1_u32..80), 0..5),
    ) {
        let workload = format!(r#"arrivals.poisson = "{rate} records/s"
{keys}
sizes.constant = "{size}"
producers = 3
producer-of = "key""#);
        let consumer = format!(
            r#"workers = 3
processing.per-record = "{per_record} us"
sink = {{ {} }}"#, SINKS[sink]
        );
        let system = format!(
            r#"{}
{}
consumer.app = {{ {} }}
model.watch-order = true
model.reshard.change = "3 s""#,
            kinesis::STREAMS[stream], kinesis::LIBRARIES[library], kinesis::READERS[reader]
        );
        let head = format!(r#"seed = {seed}
duration = "90 s""#);
        let rest = kinesis::disturbances(&calls, &faults, &steps);
        let run = kinesis::simulate(&kinesis::scenario(&head, &workload, &consumer, &system, &rest));
        let tally = tally(&run);
        prop_assert!(tally.records >= run.ledger.consumers[0].delivered, "{:?}", tally);
        if !kinesis::READERS[reader].contains("children-before-parents") {
            prop_assert_eq!(run.out_of_order, Some(vec![0]), "parents were read first");
        }
    }

    /// Every sink behind every group while brokers, zones and members come and go.
    #[test]
    fn topics_with_sinks_account_for_every_record(
        seed in 0_u64..10_000,
        sink in 0..SINKS.len(),
        producer in 0..kafka::PRODUCERS.len(),
        consumer in 0..kafka::CONSUMERS.len(),
        cluster in prop::sample::select(vec![0_usize, 1, 2, 3, 5]),
        rate in 20_u32..2000,
        size in prop::sample::select(vec!["100 B", "3 kB", "40 kB"]),
        per_record in prop::sample::select(vec![0_u32, 100, 2500]),
        calls in prop::collection::vec((0..kafka::CALLS.len(), 1_u32..80), 0..4),
        faults in prop::collection::vec((0..kafka::FAULTS.len(), 1_u32..80, 1_u32..20), 0..5),
        steps in prop::collection::vec((0..kafka::STEPS.len(), 1_u32..80), 0..4),
    ) {
        let workload = format!(r#"arrivals.poisson = "{rate} records/s"
keys.uniform.count = 300
sizes.constant = "{size}"
producers = 3
producer-of = "key""#);
        let members = format!(
            r#"workers = 3
processing.per-record = "{per_record} us"
sink = {{ {} }}"#, SINKS[sink]
        );
        let system = format!(
            "NumberOfBrokerNodes = 3\n{}\n{}\nproducer = {{ {} }}\nconsumer.app = {{ {} }}",
            kafka::HASTY, kafka::CLUSTERS[cluster], kafka::PRODUCERS[producer], kafka::CONSUMERS[consumer]
        );
        let head = format!(r#"seed = {seed}
duration = "90 s""#);
        let rest = kafka::disturbances(&calls, &faults, &steps);
        let run = kafka::simulate(&kafka::scenario(&head, &workload, &members, &system, &rest));
        let consumer = run.ledger.consumers[0];
        prop_assert!(tally(&run).records + consumer.vanished >= consumer.delivered, "{:?}", tally(&run));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Days with a retention of one and a sink that holds records for hours.
    #[test]
    fn what_expires_behind_a_sink_is_booked_once(
        seed in 0_u64..1000,
        reader in 0..kinesis::PATIENT,
        sink in prop::sample::select(vec![
            r#"s3 = { buffer-size = "20 kB", buffer-interval = "20 h", put = { median = "30 min", p99 = "50 min" } }"#,
            r#"emr = { trigger = "30 min", overhead = "1 h", records-max = 500 }"#,
            r#"rds = { rows-per-second = "1 records/s", failover = { at = "20 h", lasts = "23 h" } }"#,
        ]),
        down in 1_u32..40,
        lasts in 1_u32..40,
        split in 1_u32..70,
    ) {
        let workload = r#"arrivals.poisson = "0.6 records/s"
keys.uniform.count = 50
sizes.constant = "1 kB"
producers = 1"#;
        let consumer = format!("workers = 2\nsink = {{ {sink} }}");
        let reader = kinesis::READERS[reader].replace("idleTimeBetweenReadsInMillis = 200", "idleTimeBetweenReadsInMillis = 20000");
        let system = format!("ShardCount = 2\nRetentionPeriodHours = 24\nconsumer.app = {{ {reader} }}\nmodel.watch-order = true");
        let rest = format!(
            r#"[[timeline]]
at = "{down} h"
lasts = "{lasts} h"
action.consumer-down = "app"
             [[timeline]]
at = "30 h"
lasts = "3 h"
action.worker-crash = {{ consumer = "app", worker = 1 }}
             [[system.k.kinesis.call]]
at = "{split} h"
SplitShard.ShardToSplit = "shardId-000000000001"
"#
        );
        let head = format!(r#"seed = {seed}
duration = "80 h"
sample = "30 min""#);
        let run = kinesis::simulate(&kinesis::scenario(&head, workload, &consumer, &system, &rest));
        prop_assert_eq!(run.out_of_order, Some(vec![0]));
        prop_assert!(run.ledger.cause_names.iter().all(|cause| cause.fate != Fate::Lost) || run.ledger.ended() == 0);
    }
}

/// The same consumer on a stream of four shards and on a topic of four partitions.
fn both(seconds: u32, rate: u32, consumer: &str, of_kafka: &str) -> [RunResult; 2] {
    let head = format!(r#"duration = "{seconds} s""#);
    let workload = format!(
        r#"arrivals.constant = "{rate} records/s"
keys.sequential.count = 1000
sizes.constant = "1000 B"
producers = 2"#
    );
    let stream = "ShardCount = 4\nconsumer.app.idleTimeBetweenReadsInMillis = 200";
    let topic =
        format!("NumberOfBrokerNodes = 3\ntopic.partitions = 4\nconsumer.app = {{ {of_kafka} }}");
    [
        kinesis::simulate(&kinesis::scenario(&head, &workload, consumer, stream, "")),
        kafka::simulate(&kafka::scenario(&head, &workload, consumer, &topic, "")),
    ]
}

/// Objects = bytes / buffer-size, as long as the interval is not over before.
#[test]
fn s3_objects_are_counted_by_size_or_by_time() {
    let by = |size: &str, interval: &str| {
        let consumer = format!(
            r#"workers = 1
sink = {{ s3 = {{ buffer-size = "{size}", buffer-interval = "{interval}" }} }}"#
        );
        both(100, 1000, &consumer, "")
    };
    for run in by("5 MB", "90 s") {
        // 100,000 records of about 1,000 bytes; a worker adds up to 500 records at a time.
        let tally = tally(&run);
        let bytes = figure(&run, "accepted_bytes") * 100.0;
        let (most, least) = (bytes / 5e6, bytes / 5.6e6);
        assert!(
            (least - 1.0..=most).contains(&(tally.calls as f64)),
            "{tally:?}, {least} to {most}"
        );
        assert!(
            figure(&run, "delivery_max") < 7.5,
            "five seconds of data, a PUT, a poll"
        );
    }
    for run in by("1 GB", "10 s") {
        assert_eq!(
            tally(&run).calls,
            9,
            "one every ten seconds from the first record on"
        );
        assert!(
            (10.0..13.0).contains(&figure(&run, "delivery_max")),
            "ten seconds and a PUT"
        );
    }
}

/// Little's law: calls in flight = throughput x latency.
#[test]
fn an_endpoints_throughput_is_its_concurrency_over_its_latency() {
    let consumer = r#"workers = 4
sink = { sagemaker = { instances = 2, concurrency = 3, calls-in-flight = 5, latency = { median = "20 ms", p99 = "20 ms" } } }"#;
    for run in both(60, 2000, consumer, "") {
        let rate = tally(&run).records as f64 / 59.5;
        assert!(
            (rate / 300.0 - 1.0).abs() < 0.03,
            "{rate} calls a second against 6 / 20 ms"
        );
    }
    // One call at a time and worker: four workers over 20 ms, although the endpoint could do more.
    let consumer = r#"workers = 4
sink = { sagemaker = { concurrency = 100, calls-in-flight = 1, latency = { median = "20 ms", p99 = "20 ms" } } }"#;
    for run in both(60, 2000, consumer, "") {
        let rate = tally(&run).records as f64 / 59.5;
        assert!(
            (rate / 200.0 - 1.0).abs() < 0.03,
            "{rate} calls a second against 4 / 20 ms"
        );
    }
}

/// The database's rows a second are the ceiling, less its stalls; with few connections, their round trips are.
#[test]
fn a_database_has_a_ceiling() {
    let sink = |rest: &str| format!("workers = 4\nsink = {{ rds = {{ {rest} }} }}");
    let stalls =
        sink(r#"rows-per-second = "500 records/s", stall = { every = "10 s", lasts = "2 s" }"#);
    for run in both(60, 2000, &stalls, "") {
        // Work from about 1 s on, and five stalls of two seconds by 60 s.
        let rows = tally(&run).records as f64;
        assert!((rows / (500.0 * 49.5) - 1.0).abs() < 0.03, "{rows}");
    }
    let connections = sink(
        r#"connections = 1, rows-per-statement = 10, round-trip = "90 ms", rows-per-second = "1000 records/s", stall.lasts = "0 s""#,
    );
    for run in both(60, 2000, &connections, "") {
        let rate = tally(&run).records as f64 / 59.5;
        assert!(
            (rate / 100.0 - 1.0).abs() < 0.05,
            "{rate}: ten rows in 90 ms and 10 ms"
        );
    }
}

/// A function's concurrency is the ceiling, and what comes beyond it is refused and tried again.
#[test]
fn a_function_refuses_beyond_its_concurrency() {
    let consumer = r#"workers = 4
sink = { lambda = { concurrency = 2, batch-size = 50, overhead = "50 ms", per-record = "1 ms", back-off = "1 ms" } }"#;
    for run in both(60, 3000, consumer, "") {
        let rate = figure(&run, "delivered") / 59.0;
        assert!(
            (850.0..=1000.0).contains(&rate),
            "{rate}: two of fifty records in 100 ms, less the waits"
        );
        assert!(tally(&run).refused > 10, "{:?}", tally(&run));
    }
    let enough = "workers = 4\nsink = { lambda = { concurrency = 4 } }";
    assert!(
        both(20, 1000, enough, "")
            .iter()
            .all(|run| tally(run).refused == 0)
    );
}

/// Micro-batches: one for each trigger, and with an overrun one after the other.
#[test]
fn micro_batches_wait_for_each_other() {
    let sink = |rest: &str| format!("workers = 1\nsink = {{ emr = {{ {rest} }} }}");
    for run in both(
        100,
        1000,
        &sink(r#"trigger = "10 s", overhead = "1 s", per-record = "100 us""#),
        "",
    ) {
        assert!((9..=10).contains(&tally(&run).calls), "{:?}", tally(&run));
        let most = figure(&run, "delivery_max");
        assert!(
            (11.8..14.0).contains(&most),
            "{most} s: ten of gathering, two of work, a poll"
        );
    }
    // 10 s of overhead and 1 ms a record: at 500 records/s a batch of n takes 10 s + n ms, so n = 10,000.
    for run in both(
        400,
        500,
        &sink(r#"trigger = "1 s", overhead = "10 s", per-record = "1 ms""#),
        "",
    ) {
        let batches = tally(&run);
        let mean = batches.records as f64 / batches.calls as f64;
        assert!(
            (6500.0..11_000.0).contains(&mean),
            "{mean} records a batch, growing to 10,000"
        );
    }
}

/// Another stream takes 1,000 records a second and shard.
#[test]
fn another_stream_has_limits_of_its_own() {
    let consumer = r#"workers = 4
sink = { kinesis = { shards = 1, back-off = "1 ms" } }"#;
    for run in both(60, 3000, consumer, "") {
        let rate = (figure(&run, "delivered") - 1000.0) / 59.5;
        assert!((880.0..=1010.0).contains(&rate), "{rate}");
        assert!(tally(&run).refused > 1000);
    }
    let enough = "workers = 4\nsink = { kinesis = { shards = 8 } }";
    assert!(
        both(20, 3000, enough, "")
            .iter()
            .all(|run| tally(run).refused == 0)
    );
}

/// A member that waits too long for its sink leaves its group; a worker of the KCL keeps its lease.
#[test]
fn a_sink_that_hangs_costs_a_member_its_place_and_a_worker_nothing() {
    let consumer = r#"workers = 2
sink = { rds = { stall.lasts = "0 s", failover = { at = "20 s", lasts = "30 s" } } }"#;
    let [stream, topic] = both(120, 500, consumer, "max.poll.interval.ms = 10000");
    assert!(happened(&topic, "member leaves") >= 2);
    assert!(
        tally(&topic).records > topic.ledger.consumers[0].delivered,
        "what had been sent is sent again"
    );
    assert_eq!(stream.redelivered, [0]);
    assert_eq!(
        tally(&stream).records,
        stream.ledger.consumers[0].delivered + waiting(&stream)
    );
    for run in [&stream, &topic] {
        assert!(run.ledger.consumers[0].unread < 2000, "both catch up");
        let longest = figure(run, "delivery_max");
        assert!((29.0..60.0).contains(&longest), "{longest} s");
    }
}

/// Records that a sink took and that are not delivered because their slice was still open at the end.
fn waiting(run: &RunResult) -> u64 {
    tally(run).records - run.ledger.consumers[0].delivered
}

/// A stream, a topic behind it and a sink behind that: every record is accounted for in each stage.
#[test]
fn a_chain_offers_what_was_delivered() {
    let text = r#"title = "c"
question = "?"
duration = "60 s"
[workload]
arrivals.poisson = "800 records/s"
keys.uniform.count = 100
sizes.uniform = { min = "100 B", max = "900 B" }
producers = 3
producer-of = "key"
[[consumer]]
name = "bridge"
system = "z-first"
workers = 2
[[consumer]]
name = "archive"
system = "second"
workers = 2
sink = { s3 = { buffer-interval = "5 s" } }
[[consumer]]
name = "all"
[system.z-first.kinesis]
ShardCount = 2
[system.second]
from = "z-first.bridge"
[system.second.kafka]
NumberOfBrokerNodes = 3
topic.partitions = 3
[[timeline]]
at = "20 s"
lasts = "10 s"
action.consumer-down = "archive"
"#;
    let scenario = Scenario::parse("c.toml", "c", text, Path::new("."), &Overrides::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let runs = run(&scenario, &Progress::default()).expect("balanced");
    let (first, second) = (&runs[0].runs[0], &runs[1].runs[0]);
    assert_eq!(second.ledger.offered, first.ledger.consumers[0].delivered);
    assert!(second.ledger.offered > 40_000);
    let sizes = |run: &RunResult| {
        run.points
            .iter()
            .map(|p| p.counts.offered_bytes)
            .sum::<u64>()
    };
    let mean = sizes(second) as f64 / second.ledger.offered as f64;
    assert!(
        (495.0..505.0).contains(&mean),
        "sizes cross the link: {mean}"
    );
    // Delays count from the source: those of the first stage are in those of the second.
    let of = |run: &RunResult, name: &str, consumer| figures::value(run, name, Some(consumer));
    let bridge = of(first, "delivery_p50", 0).expect("measured");
    assert!(of(second, "append_p50", 1).is_some_and(|append| append > bridge));
    assert!(
        of(second, "delivery_max", 1).is_some_and(|longest| longest > 10.0),
        "it was down"
    );
    assert!(
        of(first, "delivery_max", 2).is_some_and(|longest| longest < 10.0),
        "others were not"
    );
    assert_eq!(
        (of(first, "delivered", 1), of(second, "delivered", 0)),
        (None, None),
        "they read one system"
    );
    assert_eq!(
        second.reordered,
        Some(0),
        "one producer of the first stage has one worker"
    );
    let alone = run_one(&scenario, 1, 0, &Progress::default());
    assert_eq!(
        (alone.ledger, alone.append.max()),
        (second.ledger.clone(), second.append.max())
    );
}

/// Sources by name fill in what is not said, and say what they assume.
#[test]
fn presets_fill_in_and_are_overridden() {
    let parse = |workload: &str| {
        kinesis::scenario(r#"duration = "60 s""#, workload, "", "ShardCount = 1", "").parse()
    };
    for preset in ["iot-fleet", "change-capture", "clickstream"] {
        let scenario = parse(&format!(r#"preset = "{preset}""#));
        let of = |path: &str| {
            scenario
                .assumptions
                .iter()
                .any(|a| a.path.starts_with(path))
        };
        assert!(
            of("workload.arrivals") && of("workload.sizes") && of("workload.producers"),
            "{preset}"
        );
        let again = Scenario::parse(
            "p.toml",
            "p",
            &scenario.resolved,
            Path::new("."),
            &Overrides::default(),
        );
        let again = again.unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(
            again.resolved, scenario.resolved,
            "the resolved file gives the same run"
        );
        let records = |s: &Scenario| s.workload.inputs(1, 0).collect::<Vec<_>>().len();
        assert_eq!(records(&again), records(&scenario));
    }
    let own = parse(
        r#"preset = "iot-fleet"
arrivals.fleet.devices = 60
sizes.constant = "7 B"
producers = 2"#,
    );
    assert_eq!((own.workload.keys.len(), own.workload.producers()), (60, 2));
    assert!(
        own.resolved.contains(r#"report-every = "10 s""#) && !own.resolved.contains("lognormal")
    );
    let other = parse(
        r#"preset = "clickstream"
arrivals.constant = "10 records/s"
keys = "none""#,
    );
    assert!(!other.resolved.contains("diurnal") && !other.resolved.contains("zipf"));
}

/// Each of these is refused with a sentence that says what is wrong.
#[test]
fn bad_sinks_sources_and_chains_are_refused() {
    let good = |sink: &str, workload: &str, rest: &str| {
        let workload = if workload.is_empty() {
            r#"preset = "iot-fleet""#
        } else {
            workload
        };
        kinesis::scenario(
            r#"duration = "10 s""#,
            workload,
            sink,
            "ShardCount = 1",
            rest,
        )
        .text()
    };
    let stage = |from: &str| {
        format!(
            r#"[system.b]
from = "{from}"
[system.b.kafka]
NumberOfBrokerNodes = 3
topic.partitions = 3
"#
        )
    };
    let cases = [
        (good(r#"sink = "s3""#, "", ""), "write `sink = { s3 = {} }`"),
        (good("sink = { s4 = {} }", "", ""), "did you mean `s3`?"),
        (
            good("sink = { s3 = {}, emr = {} }", "", ""),
            "2 sinks are given",
        ),
        (good("sink = {}", "", ""), "0 sinks are given"),
        (
            good("sink = { s3 = { buffer-size = 5 } }", "", ""),
            "has no unit",
        ),
        (
            good(
                r#"sink = { s3 = { put = { median = "1 s", p99 = "10 ms" } } }"#,
                "",
                "",
            ),
            "`p99` is smaller",
        ),
        (good("sink = { kinesis = {} }", "", ""), "lacks `shards`"),
        (
            good(
                r#"sink = { rds = { stall = { every = "1 s", lasts = "2 s" } } }"#,
                "",
                "",
            ),
            "until the next one",
        ),
        (
            good("sink = { rds = { conections = 2 } }", "", ""),
            "did you mean `connections`?",
        ),
        (
            good("sink = { s3 = {} }", "", "").replace(
                "ShardCount = 1",
                r#"ShardCount = 1
consumer.app.mode = "lambda""#,
            ),
            "the function is the sink",
        ),
        (
            good("", r#"preset = "iot-flet""#, ""),
            "did you mean `iot-fleet`?",
        ),
        (
            good(
                "",
                r#"keys = "devices"
arrivals.constant = "1 records/s"
sizes.constant = "1 B""#,
                "",
            ),
            "there is no fleet",
        ),
        (good("", "", &stage("k")), "names no consumer of a system"),
        (good("", "", &stage("j.app")), "no system is called `j`"),
        (
            good("", "", &stage("k.ap")),
            "no consumer of `k` is called `ap`",
        ),
        (
            good("", "", &stage("b.app")),
            "takes its records from itself",
        ),
        (
            good(r#"system = "k""#, "", &stage("k.app")),
            "nobody reads `b`",
        ),
        (good(r#"system = "x""#, "", ""), "no system is called `x`"),
    ];
    for (text, told) in cases {
        match Scenario::parse("c.toml", "c", &text, Path::new("."), &Overrides::default()) {
            Ok(_) => panic!("this was taken:\n{text}"),
            Err(problems) => assert!(problems.to_string().contains(told), "{told}:\n{problems}"),
        }
    }
}

/// A shard that closes while the last record of it is in the sink is not read to its end yet.
#[test]
fn a_closed_shard_ends_when_its_last_record_is_written() {
    let workload = r#"arrivals.poisson = "1701 records/s"
keys = "none"
sizes.constant = "40 kB"
producers = 3
producer-of = "key""#;
    let consumer = format!(
        "workers = 3\nprocessing.per-record = \"0 us\"\nsink = {{ {} }}",
        SINKS[0]
    );
    let system = format!(
        "{}\n{}\nconsumer.app = {{ {} }}\nmodel.watch-order = true\nmodel.reshard.change = \"3 s\"",
        kinesis::STREAMS[2],
        kinesis::LIBRARIES[0],
        kinesis::READERS[6]
    );
    let rest = kinesis::disturbances(&[], &[(2, 73), (2, 4)], &[]);
    let head = "seed = 36\nduration = \"90 s\"";
    kinesis::simulate(&kinesis::scenario(
        head, workload, &consumer, &system, &rest,
    ));
}

/// A worker that loses a lease and takes it again may still wait for its sink with records of before: they finish no answer that
/// came since, so that the shard is not read to its end before all of it is processed.
#[test]
fn what_a_worker_had_before_it_took_a_lease_again_finishes_no_new_answer() {
    let workload = r#"arrivals.poisson = "636 records/s"
keys = "none"
sizes.constant = "100 B"
producers = 3
producer-of = "key""#;
    let consumer = format!(
        "workers = 3\nprocessing.per-record = \"0 us\"\nsink = {{ {} }}",
        SINKS[4]
    );
    let system = format!(
        "{}\n{}\nconsumer.app = {{ {} }}\nmodel.watch-order = true\nmodel.reshard.change = \"3 s\"",
        kinesis::STREAMS[4],
        kinesis::LIBRARIES[5],
        kinesis::READERS[3]
    );
    let rest = kinesis::disturbances(&[(0, 5)], &[], &[]);
    let head = "seed = 4423\nduration = \"90 s\"";
    let run = kinesis::simulate(&kinesis::scenario(
        head, workload, &consumer, &system, &rest,
    ));
    assert!(happened(&run, "lease lost") > 0, "the case is met");
}
