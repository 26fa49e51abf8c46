//! What the platforms keep beside each other: nothing unaccounted, order per key, limits.

use crate::support::{ScenarioBuilder, figure};
use proptest::prelude::*;
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::{Fate, RunResult, figures};

/// Twenty seconds of a load with one consumer.
fn load(workload: &str, consumer: &str) -> ScenarioBuilder {
    ScenarioBuilder::lasting("20 s")
        .workload(workload)
        .consumer("app", consumer)
}

/// One run of a stream under a load.
fn stream(workload: &str, consumer: &str, kinesis: &str) -> RunResult {
    load(workload, consumer)
        .system("kinesis", kinesis)
        .run_only()
}

/// One run of a cluster of three brokers under a load.
fn cluster(workload: &str, consumer: &str, kafka: &str) -> RunResult {
    load(workload, consumer)
        .system("kafka", &three_brokers(kafka))
        .run_only()
}

fn three_brokers(kafka: &str) -> String {
    format!("NumberOfBrokerNodes = 3\n{kafka}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Conservation over random loads, sizes, keys, limits and outages; `simulate` checks the balance.
    #[test]
    fn every_record_has_one_fate(
        seed in 0_u64..1000,
        rate in 50_u32..6000,
        keys in prop::sample::select(vec![r#"keys = "none""#, "keys.zipf = { count = 500, exponent = 1.2 }", "keys.sequential.count = 7"]),
        size in prop::sample::select(vec![r#"sizes.constant = "100 B""#, r#"sizes.pareto = { min = "100 B", max = "2 MB", shape = 0.8 }"#]),
        producers in 1_u32..6,
        workers in 1_u32..5,
        per_record in 0_u32..2000,
        shards in 1_u32..5,
        partitions in 1_u32..8,
        acks in prop::sample::select(vec!["0", "1", "all"]),
        linger in prop::sample::select(vec![0_u32, 5, 200]),
        memory in prop::sample::select(vec![100_000_u32, 33_554_432]),
        backlog in prop::sample::select(vec![100_u32, 1_000_000]),
        down in 1_u32..15,
    ) {
        let workload = format!(
            r#"arrivals.poisson = "{rate} records/s"
{keys}
{size}
producers = {producers}
producer-of = "key"
producer-backlog = {backlog}"#
        );
        let consumer = format!(r#"workers = {workers}
processing.per-record = "{per_record} us""#);
        let kafka = format!(
            r#"topic.partitions = {partitions}
producer = {{ acks = "{acks}", linger.ms = {linger}, buffer.memory = {memory}, max.block.ms = 500 }}"#
        );
        let kinesis = format!("ShardCount = {shards}\nproducer = {{ max-attempts = 3, max-requests = 3 }}");
        let runs = load(&workload, &consumer)
            .seed(seed)
            .system("kinesis", &kinesis)
            .system("kafka", &three_brokers(&kafka))
            .step(down, r#"lasts = "3 s"
action.consumer-down = "app""#)
            .run();
        prop_assert_eq!(runs["kinesis"].ledger.offered, runs["kafka"].ledger.offered);
        for run in runs.iter() {
            let lost = run.ledger.cause_names.iter().zip(&run.ledger.causes).filter(|(c, _)| c.fate == Fate::Lost);
            prop_assert_eq!(lost.map(|(_, n)| n).sum::<u64>(), 0, "nothing fails, so nothing is lost");
            for point in &run.points {
                prop_assert!(point.delivery.iter().flatten().flatten().all(|ns| *ns < 60_000_000_000));
            }
        }
        // Kafka keeps the order of a key for one producer whatever the load: nothing is retried.
        prop_assert_eq!(runs["kafka"].reordered, Some(0));
    }
}

const BUSY: &str = r#"arrivals.poisson = "2000 records/s"
keys.uniform.count = 1000
sizes.constant = "200 B"
producers = 2
producer-of = "key""#;
const FAST: &str = "workers = 2";

/// Row 18: one shard takes 1,000 records a second or 1 MiB a second, whichever comes first.
#[test]
fn a_shard_takes_its_limits_and_no_more() {
    let by_records = stream(BUSY, FAST, "ShardCount = 1");
    let stored = by_records.ledger.stored as f64;
    assert!(
        (stored / 21_000.0 - 1.0).abs() < 0.03,
        "20 s at 1,000/s and a bucket of 1,000, stored {stored}"
    );
    // With keys of 24 B a record has 16 KiB, and the rounding of calls to whole kilobytes adds nothing.
    let large = BUSY
        .replace("2000 records/s", "200 records/s")
        .replace("200 B", "16360 B");
    let large = large.replace("keys.uniform.count = 1000", r#"keys = "none""#);
    let kinesis = r#"ShardCount = 1
producer.keyless-key-size = "24 B""#;
    let by_bytes = stream(&large, FAST, kinesis);
    let mebibytes: f64 = by_bytes
        .points
        .iter()
        .map(|p| p.counts.accepted_bytes as f64)
        .sum::<f64>()
        / f64::from(1 << 20);
    assert!(
        (mebibytes / 30.0 - 1.0).abs() < 0.03,
        "20 s at 1 MiB/s and a tank of 10 MiB, stored {mebibytes} MiB"
    );
    assert!(by_bytes.ledger.ended() > 0);
}

/// Row 19: a hot key fills its shard; the others take what is theirs.
#[test]
fn a_hot_key_is_bound_to_one_shard_and_leaves_the_rest_untouched() {
    let hot = r#"arrivals.poisson = "5000 records/s"
keys.hot-set = { count = 100000, hot = 1, share = "50 %" }
               sizes.constant = "200 B"
producers = 8
producer-of = "record""#;
    let run = stream(hot, FAST, "ShardCount = 10\nproducer.max-requests = 1000");
    let mut used = figures::lane_utilisation(&run);
    used.sort_by(f64::total_cmp);
    assert!((0.95..=1.06).contains(&used[9]), "the hot shard: {used:?}");
    assert!(
        used[8] < 0.32,
        "the others have about 250 to 280 records a second each: {used:?}"
    );
    let hot_lane = run
        .lane_totals
        .iter()
        .map(|lane| lane.throttled)
        .max()
        .expect("lanes");
    assert_eq!(
        hot_lane,
        run.lane_totals
            .iter()
            .map(|lane| lane.throttled)
            .sum::<u64>(),
        "only the hot shard refuses"
    );
}

/// A retried record comes after its successors; without refusals and overtaking, order is kept.
#[test]
fn retries_reorder_a_key_and_a_single_calm_caller_does_not() {
    let busy = stream(BUSY, FAST, "ShardCount = 1");
    assert!(busy.reordered.expect("ordered") > 100);
    let calm = BUSY.replace("2000", "400");
    let one_call = "ShardCount = 1\nproducer.max-requests = 1";
    assert_eq!(stream(&calm, FAST, one_call).reordered, Some(0));
}

/// Polling once a second at a random phase: the added delay is uniform, half a second on average (Q11).
#[test]
fn polling_adds_half_an_idle_time() {
    let slow = BUSY.replace("2000", "200");
    let mean = |idle: u32| {
        let kinesis = format!("ShardCount = 4\nconsumer.app.idleTimeBetweenReadsInMillis = {idle}");
        figure(&stream(&slow, FAST, &kinesis), "delivery_mean")
    };
    let difference = mean(2000) - mean(1000);
    assert!(
        (difference - 0.5).abs() < 0.05,
        "one second more of idle time added {difference} s"
    );
}

/// Three applications with one call a second fit into five calls; six do not.
#[test]
fn six_applications_exceed_five_calls_a_second() {
    let throttled = |n: usize| {
        let name = |i: usize| format!("app-{i}");
        let every_second = (0..n)
            .map(|i| format!("consumer.{}.idleTimeBetweenReadsInMillis = 1000\n", name(i)))
            .collect::<String>();
        let readers = (0..n).fold(
            ScenarioBuilder::lasting("20 s").workload(&BUSY.replace("2000", "100")),
            |scenario, i| scenario.consumer(&name(i), if i == 0 { FAST } else { "" }),
        );
        let run = readers
            .system("kinesis", &format!("ShardCount = 2\n{every_second}"))
            .run_only();
        figure(&run, "read_throttled")
    };
    assert!(throttled(3) < 1.0);
    let six = throttled(6);
    assert!(six > 10.0, "{six} calls refused");
}

/// Q9: Poisson 1,000/s, linger 10 ms, no size limit: batches of 11 records, 5.4545 ms of added wait.
#[test]
fn linger_makes_the_batches_of_theory() {
    let workload = r#"arrivals.poisson = "1000 records/s"
keys = "none"
sizes.constant = "10 B"
producers = 1"#;
    let kafka = |linger: u32| {
        format!(
            r#"topic = {{ partitions = 1, replication.factor = 1, min.insync.replicas = 1 }}
                 producer = {{ acks = "1", linger.ms = {linger}, batch.size = 1000000 }}
                 model = {{ same-zone = "0 ns", cross-zone = "0 ns", request-cpu = "1 ns" }}"#
        )
    };
    let run = ScenarioBuilder::lasting("200 s")
        .workload(workload)
        .consumer("app", FAST)
        .system("kafka", &three_brokers(&kafka(10)))
        .run_only();
    let wait = figure(&run, "append_mean");
    assert!(
        (wait / 0.005_454_5 - 1.0).abs() < 0.02,
        "mean added wait {wait} s"
    );
    // 61 bytes a batch and 10 + 7 bytes a record: the bytes tell the batches.
    let bytes: u64 = run.points.iter().map(|p| p.counts.accepted_bytes).sum();
    let per_record = bytes as f64 / run.ledger.stored as f64;
    let records_per_batch = 61.0 / (per_record - 17.0);
    assert!(
        (records_per_batch / 11.0 - 1.0).abs() < 0.03,
        "{records_per_batch} records a batch"
    );
}

/// Structural check 1: a saturated producer obeys Little, append latency = buffer.memory / throughput.
#[test]
fn a_saturated_producer_waits_for_its_own_buffer() {
    let workload = r#"arrivals.constant = "200000 records/s"
keys = "none"
sizes.constant = "1 kB"
producers = 2
producer-backlog = 1000"#;
    let kafka = r#"InstanceType = "kafka.m5.large"
topic.partitions = 12
                 producer = { acks = "all", linger.ms = 5, batch.size = 131072, max.block.ms = 60000 }
"#;
    let run = cluster(workload, FAST, kafka);
    let bytes = figure(&run, "accepted_bytes");
    let expected = 2.0 * 33_554_432.0 / bytes;
    // From the instant at which send() is entered; what the stalled application holds back comes on top.
    let backlog = 2.0 * 1000.0 / figure(&run, "accepted_rate");
    let found = figure(&run, "append_mean") - backlog;
    assert!(
        (found / expected - 1.0).abs() < 0.10,
        "found {found} s, Little says {expected} s"
    );
}

/// acks=1 answers after the leader alone, acks=all after the in-sync replicas; readers see no difference.
#[test]
fn acks_change_the_append_and_not_the_delivery() {
    let workload = BUSY.replace("2000", "1000");
    let run = |acks: &str| {
        let kafka = format!(
            r#"topic.partitions = 6
producer = {{ acks = "{acks}", linger.ms = 1 }}"#
        );
        cluster(&workload, FAST, &kafka)
    };
    let (one, all) = (run("1"), run("all"));
    assert!(figure(&all, "append_p50") > 1.3 * figure(&one, "append_p50"));
    let ratio = figure(&all, "delivery_p50") / figure(&one, "delivery_p50");
    assert!((0.85..=1.15).contains(&ratio), "{ratio}");
}

/// Data that a consumer lets expire is gone for it and booked so, on both platforms.
#[test]
fn what_a_consumer_misses_beyond_the_retention_is_expired() {
    let workload = r#"arrivals.constant = "1 records/s"
keys.uniform.count = 10
sizes.constant = "10 B"
producers = 1"#;
    let rest = r#"[[timeline]]
at = "1 h"
lasts = "30 h"
action.consumer-down = "app"
"#;
    let kafka = r#"topic = { partitions = 2, retention.ms = 86400000, segment.ms = 600000 }
consumer.app.auto.offset.reset = "earliest""#;
    let both = |kafka: &str| {
        ScenarioBuilder::lasting("32 h")
            .workload(workload)
            .consumer("app", FAST)
            .system("kinesis", "ShardCount = 1")
            .system("kafka", &three_brokers(kafka))
            .rest(rest)
            .run()
    };
    // Down from 1 h to 31 h, 24 h are kept: six hours at one record a second are gone. Kafka deletes whole
    // files of ten minutes, when it looks every five.
    let runs = both(kafka);
    for (label, least) in [("kinesis", 21_590.0), ("kafka", 20_600.0)] {
        let expired = figure(&runs[label], "expired");
        assert!((least..=21_610.0).contains(&expired), "{expired}");
    }
    // With `auto.offset.reset=latest` a reader whose place is gone goes on with the newest record: it skips
    // the day that is still there.
    let latest = both(&kafka.replace(r#""earliest""#, r#""latest""#));
    let skipped = figure(&latest["kafka"], "skipped");
    assert!((86_400.0..=88_000.0).contains(&skipped), "{skipped}");
}

/// What happens at the very instant at which a run ends is part of the run: records and steps alike.
#[test]
fn the_last_instant_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("t.csv"),
        "timestamp_ms,key,size_bytes\n0,a,1\n20000,b,1\n",
    )
    .expect("written");
    let workload = r#"arrivals.trace.file = "t.csv"
keys = "trace"
sizes = "trace""#;
    let scenario = load(workload, FAST)
        .folder(folder.path())
        .system("kinesis", "ShardCount = 1")
        .system("kafka", &three_brokers("topic.partitions = 2"))
        .step(
            15,
            r#"lasts = "5 s"
action.consumer-down = "app""#,
        )
        .parse();
    for system in 0..2 {
        let run = run_one(&scenario, system, 0, &Progress::default());
        assert_eq!((run.ledger.offered, run.ledger.check()), (2, Ok(())));
    }
}

/// A slow group whose records expire while it works must not lose them to another group's progress.
#[test]
fn expiry_in_one_group_does_not_disturb_another() {
    let workload = r#"arrivals.on-off = { rate = "3000 records/s", on = "5 s", off = "25 s", idle = "5 records/s" }
                    keys.uniform.count = 100
sizes.constant = "100 B"
producers = 2
producer-of = "key""#;
    let slow = r#"workers = 1
processing.per-record = "10 ms""#;
    let kafka = r#"topic = { partitions = 3, retention.ms = 3000, segment.ms = 500 }
log.retention.check.interval.ms = 500
                 consumer.app.auto.offset.reset = "earliest""#;
    let alone = ScenarioBuilder::lasting("120 s")
        .workload(workload)
        .consumer("app", slow)
        .system("kafka", &three_brokers(kafka));
    let both = alone.clone().consumer("fast", "").run_only();
    let alone = alone.run_only();
    // Expired records are never delivered, so the percentiles of all that was offered are infinite.
    let p99 = |run: &RunResult| figures::value(run, "survivors_p99", Some(0)).expect("measured");
    assert!(figures::value(&both, "expired", Some(0)).expect("measured") > 1000.0);
    assert!(
        (p99(&both) / p99(&alone) - 1.0).abs() < 0.02,
        "{} against {}",
        p99(&both),
        p99(&alone)
    );
}

/// Partitions take turns when a fetch cannot carry them all: none waits until the others are empty.
#[test]
fn a_backlog_is_fetched_fairly() {
    let workload = r#"arrivals.constant = "4000 records/s"
keys.uniform.count = 1000
sizes.constant = "1 kB"
producers = 2
producer-of = "key""#;
    let rest = r#"[[timeline]]
at = "1 s"
lasts = "9 s"
action.consumer-down = "app"
"#;
    let p99 = |fetch_max: u32| {
        let kafka = format!("topic.partitions = 12\nconsumer.app.fetch.max.bytes = {fetch_max}");
        let consumer = r#"workers = 1
processing.per-record = "100 us""#;
        let run = load(workload, consumer)
            .system("kafka", &three_brokers(&kafka))
            .rest(rest)
            .run_only();
        figure(&run, "delivery_p99")
    };
    let (small, usual) = (p99(1 << 20), p99(50 << 20));
    assert!(
        small < 1.3 * usual,
        "{small} s with small fetches, {usual} s with the usual ones"
    );
}

/// Fetches wait for request handlers too: acks=all takes the leader's write, the follower's, its fetch.
#[test]
fn handler_time_is_waited_for_at_every_step() {
    let workload = r#"arrivals.constant = "1 records/s"
keys.sequential.count = 1
sizes.constant = "10 B"
producers = 1"#;
    let kafka = r#"topic.partitions = 1
model.request-cpu = "100 ms""#;
    let run = cluster(workload, FAST, kafka);
    assert!(
        figure(&run, "append_p50") > 0.3,
        "{} s",
        figure(&run, "append_p50")
    );
}

/// The slowest handler that the settings allow, under a busy load, ends in a report and not in a panic.
#[test]
fn absurdly_slow_machines_only_make_a_long_queue() {
    let load = r#"arrivals.constant = "5000 records/s"
keys = "none"
sizes.constant = "900 kB"
producers = 10000"#;
    let kafka = r#"topic.partitions = 3
model = { handler-rate = "1 B/s", request-cpu = "1 s" }"#;
    let run = cluster(load, FAST, kafka);
    assert_eq!(run.ledger.stored, 0);
}

/// A record beyond the limits ends where the real one ends.
#[test]
fn oversize_records_are_refused_by_whom_they_would_be() {
    let workload = |bytes: u32| {
        format!(
            r#"arrivals.constant = "1800 records/h"
keys.sequential = {{ count = 1 }}
sizes.constant = "{bytes} B"
producers = 1"#
        )
    };
    let refused_by_stream = |bytes: u32| {
        stream(&workload(bytes), FAST, "ShardCount = 8")
            .ledger
            .causes
    };
    let refused_by_cluster =
        |bytes: u32, kafka: &str| cluster(&workload(bytes), FAST, kafka).ledger.causes;
    let usual = "topic.partitions = 2";
    // The key is `key-0`, 5 bytes: 1,048,571 bytes of data fill a Kinesis record exactly.
    assert!(refused_by_stream(1_048_571).iter().all(|count| *count == 0));
    assert_eq!(refused_by_stream(1_048_572)[1], 9);
    // Kafka's producer adds 61 + 21 + 1 + 5 + 3 + 1 = 92 bytes at this size.
    let fits = refused_by_cluster(1_048_484, usual);
    assert!(fits.iter().all(|count| *count == 0));
    assert_eq!(refused_by_cluster(1_048_485, usual)[0], 9);
    let half_done = "topic.partitions = 2\nproducer.max.request.size = 5000000";
    assert_eq!(
        refused_by_cluster(2_000_000, half_done)[1],
        9,
        "the broker's MESSAGE_TOO_LARGE"
    );
}
