//! What every platform must keep, whatever the scenario: nothing unaccounted, order per key, limits.

use proptest::prelude::*;
use std::path::Path;
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::{Fate, RunResult, figures};
use streamduel::scenario::{Overrides, Scenario};

fn simulate(text: &str) -> Vec<RunResult> {
    let scenario = Scenario::parse("c.toml", "c", text, Path::new("."), &Overrides::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    (0..scenario.systems.len())
        .map(|system| {
            let run = run_one(&scenario, system, 0, &Progress::default());
            run.ledger.check().expect("the ledger balances");
            run
        })
        .collect()
}

fn figure(run: &RunResult, name: &str) -> f64 {
    figures::value(run, name, None).unwrap_or_else(|| panic!("{name} was not measured"))
}

/// A scenario with one consumer and two systems from a few knobs.
fn scenario(workload: &str, consumer: &str, kinesis: &str, kafka: &str, rest: &str) -> String {
    format!(
        "title = \"c\"\nquestion = \"?\"\nduration = \"20 s\"\n[workload]\n{workload}\n\
         [[consumer]]\nname = \"app\"\n{consumer}\n[system.a.kinesis]\n{kinesis}\n\
         [system.b.kafka]\nNumberOfBrokerNodes = 3\n{kafka}\n{rest}"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Conservation over random loads, sizes, keys, limits and outages; `simulate` checks the balance.
    #[test]
    fn every_record_has_one_fate(
        seed in 0_u64..1000,
        rate in 50_u32..6000,
        keys in prop::sample::select(vec!["keys = \"none\"", "keys.zipf = { count = 500, exponent = 1.2 }", "keys.sequential.count = 7"]),
        size in prop::sample::select(vec!["sizes.constant = \"100 B\"", "sizes.pareto = { min = \"100 B\", max = \"2 MB\", shape = 0.8 }"]),
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
            "arrivals.poisson = \"{rate} records/s\"\n{keys}\n{size}\nproducers = {producers}\nproducer-backlog = {backlog}"
        );
        let consumer = format!("workers = {workers}\nprocessing.per-record = \"{per_record} us\"");
        let kafka = format!(
            "topic.partitions = {partitions}\nproducer = {{ acks = \"{acks}\", linger.ms = {linger}, buffer.memory = {memory}, max.block.ms = 500 }}"
        );
        let kinesis = format!("ShardCount = {shards}\nproducer = {{ max-attempts = 3, max-requests = 3 }}");
        let rest = format!("[[timeline]]\nat = \"{down} s\"\nlasts = \"3 s\"\naction.consumer-down = \"app\"\n");
        let text = format!("seed = {seed}\n{}", scenario(&workload, &consumer, &kinesis, &kafka, &rest));
        let runs = simulate(&text);
        prop_assert_eq!(runs[0].ledger.offered, runs[1].ledger.offered);
        for run in &runs {
            let lost = run.ledger.cause_names.iter().zip(&run.ledger.causes).filter(|(c, _)| c.fate == Fate::Lost);
            prop_assert_eq!(lost.map(|(_, n)| n).sum::<u64>(), 0, "nothing fails, so nothing is lost");
            for point in &run.points {
                prop_assert!(point.delivery.iter().flatten().flatten().all(|ns| *ns < 60_000_000_000));
            }
        }
        // Kafka keeps the order of a key for one producer whatever the load: nothing is retried.
        prop_assert_eq!(runs[1].reordered, Some(0));
    }
}

const BUSY: &str = "arrivals.poisson = \"2000 records/s\"\nkeys.uniform.count = 1000\nsizes.constant = \"200 B\"\nproducers = 2";
const FAST: &str = "workers = 2";

/// Row 18: one shard takes 1,000 records a second or 1 MiB a second, whichever comes first.
#[test]
fn a_shard_takes_its_limits_and_no_more() {
    let by_records = &simulate(&scenario(
        BUSY,
        FAST,
        "ShardCount = 1",
        "topic.partitions = 1",
        "",
    ))[0];
    let stored = by_records.ledger.stored as f64;
    assert!(
        (stored / 21_000.0 - 1.0).abs() < 0.03,
        "20 s at 1,000/s and a bucket of 1,000, stored {stored}"
    );
    // With keys of 24 B a record has 16 KiB, and the rounding of calls to whole kilobytes adds nothing.
    let large = BUSY
        .replace("2000 records/s", "200 records/s")
        .replace("200 B", "16360 B");
    let large = large.replace("keys.uniform.count = 1000", "keys = \"none\"");
    let kinesis = "ShardCount = 1\nproducer.keyless-key-size = \"24 B\"";
    let by_bytes = &simulate(&scenario(&large, FAST, kinesis, "topic.partitions = 1", ""))[0];
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
    let hot = "arrivals.poisson = \"5000 records/s\"\nkeys.hot-set = { count = 100000, hot = 1, share = \"50 %\" }\n\
               sizes.constant = \"200 B\"\nproducers = 8\nproducer-of = \"record\"";
    let run = &simulate(&scenario(
        hot,
        FAST,
        "ShardCount = 10\nproducer.max-requests = 1000",
        "topic.partitions = 1",
        "",
    ))[0];
    let mut used = figures::lane_utilisation(run);
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
    let busy = &simulate(&scenario(
        BUSY,
        FAST,
        "ShardCount = 1",
        "topic.partitions = 1",
        "",
    ))[0];
    assert!(busy.reordered.expect("ordered") > 100);
    let calm = BUSY.replace("2000", "400");
    let one_call = "ShardCount = 1\nproducer.max-requests = 1";
    assert_eq!(
        simulate(&scenario(&calm, FAST, one_call, "topic.partitions = 1", ""))[0].reordered,
        Some(0)
    );
}

/// Polling once a second at a random phase: the added delay is uniform, half a second on average (Q11).
#[test]
fn polling_adds_half_an_idle_time() {
    let slow = BUSY.replace("2000", "200");
    let mean = |idle: u32| {
        let kinesis = format!("ShardCount = 4\nconsumer.app.idleTimeBetweenReadsInMillis = {idle}");
        let run = simulate(&scenario(&slow, FAST, &kinesis, "topic.partitions = 1", "")).remove(0);
        figure(&run, "delivery_mean")
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
    let consumers = |n: usize| {
        (1..n)
            .map(|i| format!("[[consumer]]\nname = \"app-{i}\"\n"))
            .collect::<String>()
    };
    let every_second = |n: usize| -> String {
        let idle = |i: usize| {
            if i == 0 {
                "app".to_owned()
            } else {
                format!("app-{i}")
            }
        };
        (0..n)
            .map(|i| format!("consumer.{}.idleTimeBetweenReadsInMillis = 1000\n", idle(i)))
            .collect()
    };
    let throttled = |n: usize| {
        let (load, kinesis) = (
            BUSY.replace("2000", "100"),
            format!("ShardCount = 2\n{}", every_second(n)),
        );
        let text = scenario(&load, FAST, &kinesis, "topic.partitions = 1", &consumers(n));
        figure(&simulate(&text)[0], "read_throttled")
    };
    assert!(throttled(3) < 1.0);
    let six = throttled(6);
    assert!(six > 10.0, "{six} calls refused");
}

/// Q9: Poisson 1,000/s, linger 10 ms, no size limit: batches of 11 records, 5.4545 ms of added wait.
#[test]
fn linger_makes_the_batches_of_theory() {
    let workload = "arrivals.poisson = \"1000 records/s\"\nkeys = \"none\"\nsizes.constant = \"10 B\"\nproducers = 1";
    let kafka = |linger: u32| {
        format!(
            "topic = {{ partitions = 1, replication.factor = 1, min.insync.replicas = 1 }}\n\
                 producer = {{ acks = \"1\", linger.ms = {linger}, batch.size = 1000000 }}\n\
                 model = {{ same-zone = \"0 ns\", cross-zone = \"0 ns\", request-cpu = \"1 ns\" }}"
        )
    };
    let text = scenario(workload, FAST, "ShardCount = 2", &kafka(10), "").replace("20 s", "200 s");
    let run = simulate(&text).remove(1);
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
    let workload = "arrivals.constant = \"200000 records/s\"\nkeys = \"none\"\nsizes.constant = \"1 kB\"\nproducers = 2\nproducer-backlog = 1000";
    let kafka = "InstanceType = \"kafka.m5.large\"\ntopic.partitions = 12\n\
                 producer = { acks = \"all\", linger.ms = 5, batch.size = 131072, max.block.ms = 60000 }\n";
    let run = simulate(&scenario(workload, FAST, "ShardCount = 2", kafka, "")).remove(1);
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
        let kafka =
            format!("topic.partitions = 6\nproducer = {{ acks = \"{acks}\", linger.ms = 1 }}");
        simulate(&scenario(&workload, FAST, "ShardCount = 4", &kafka, "")).remove(1)
    };
    let (one, all) = (run("1"), run("all"));
    assert!(figure(&all, "append_p50") > 1.3 * figure(&one, "append_p50"));
    let ratio = figure(&all, "delivery_p50") / figure(&one, "delivery_p50");
    assert!((0.85..=1.15).contains(&ratio), "{ratio}");
}

/// Data that a consumer lets expire is gone for it and booked so, on both platforms.
#[test]
fn what_a_consumer_misses_beyond_the_retention_is_expired() {
    let workload = "arrivals.constant = \"1 records/s\"\nkeys.uniform.count = 10\nsizes.constant = \"10 B\"\nproducers = 1";
    let rest = "[[timeline]]\nat = \"1 h\"\nlasts = \"30 h\"\naction.consumer-down = \"app\"\n";
    let kafka = "topic = { partitions = 2, retention.ms = 86400000, segment.ms = 600000 }\nconsumer.app.auto.offset.reset = \"earliest\"";
    let text =
        scenario(workload, FAST, "ShardCount = 1", kafka, rest).replace("\"20 s\"", "\"32 h\"");
    // Down from 1 h to 31 h, 24 h are kept: six hours at one record a second are gone. Kafka deletes whole
    // files of ten minutes, when it looks every five.
    for (run, least) in simulate(&text).iter().zip([21_590.0, 20_600.0]) {
        let expired = figure(run, "expired");
        assert!((least..=21_610.0).contains(&expired), "{expired}");
    }
    // With `auto.offset.reset=latest` a reader whose place is gone goes on with the newest record: it skips
    // the day that is still there.
    let latest = text.replace("\"earliest\"", "\"latest\"");
    let skipped = figure(&simulate(&latest)[1], "skipped");
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
    let workload = "arrivals.trace.file = \"t.csv\"\nkeys = \"trace\"\nsizes = \"trace\"";
    let rest = "[[timeline]]\nat = \"15 s\"\nlasts = \"5 s\"\naction.consumer-down = \"app\"\n";
    let text = scenario(
        workload,
        FAST,
        "ShardCount = 1",
        "topic.partitions = 2",
        rest,
    );
    let scenario =
        Scenario::parse("c.toml", "c", &text, folder.path(), &Overrides::default()).expect("valid");
    for system in 0..2 {
        let run = run_one(&scenario, system, 0, &Progress::default());
        assert_eq!((run.ledger.offered, run.ledger.check()), (2, Ok(())));
    }
}

/// A slow group whose records expire while it works must not lose them to another group's progress.
#[test]
fn expiry_in_one_group_does_not_disturb_another() {
    let workload = "arrivals.on-off = { rate = \"3000 records/s\", on = \"5 s\", off = \"25 s\", idle = \"5 records/s\" }\n\
                    keys.uniform.count = 100\nsizes.constant = \"100 B\"\nproducers = 2";
    let slow = "workers = 1\nprocessing.per-record = \"10 ms\"";
    let kafka = "topic = { partitions = 3, retention.ms = 3000, segment.ms = 500 }\nlog.retention.check.interval.ms = 500\n\
                 consumer.app.auto.offset.reset = \"earliest\"";
    let alone =
        simulate(&scenario(workload, slow, "ShardCount = 4", kafka, "").replace("20 s", "120 s"));
    let fast = "[[consumer]]\nname = \"fast\"\n";
    let both =
        simulate(&scenario(workload, slow, "ShardCount = 4", kafka, fast).replace("20 s", "120 s"));
    let p99 = |run: &RunResult| figures::value(run, "delivery_p99", Some(0)).expect("measured");
    assert!(figures::value(&both[1], "expired", Some(0)).expect("measured") > 1000.0);
    assert!(
        (p99(&both[1]) / p99(&alone[1]) - 1.0).abs() < 0.02,
        "{} against {}",
        p99(&both[1]),
        p99(&alone[1])
    );
}

/// Partitions take turns when a fetch cannot carry them all: none waits until the others are empty.
#[test]
fn a_backlog_is_fetched_fairly() {
    let workload = "arrivals.constant = \"4000 records/s\"\nkeys.uniform.count = 1000\nsizes.constant = \"1 kB\"\nproducers = 2";
    let rest = "[[timeline]]\nat = \"1 s\"\nlasts = \"9 s\"\naction.consumer-down = \"app\"\n";
    let p99 = |fetch_max: u32| {
        let kafka = format!("topic.partitions = 12\nconsumer.app.fetch.max.bytes = {fetch_max}");
        let consumer = "workers = 1\nprocessing.per-record = \"100 us\"";
        figure(
            &simulate(&scenario(
                workload,
                consumer,
                "ShardCount = 8",
                &kafka,
                rest,
            ))
            .remove(1),
            "delivery_p99",
        )
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
    let workload = "arrivals.constant = \"1 records/s\"\nkeys.sequential.count = 1\nsizes.constant = \"10 B\"\nproducers = 1";
    let kafka = "topic.partitions = 1\nmodel.request-cpu = \"100 ms\"";
    let run = simulate(&scenario(workload, FAST, "ShardCount = 1", kafka, "")).remove(1);
    assert!(
        figure(&run, "append_p50") > 0.3,
        "{} s",
        figure(&run, "append_p50")
    );
}

/// The slowest handler that the settings allow, under a busy load, ends in a report and not in a panic.
#[test]
fn absurdly_slow_machines_only_make_a_long_queue() {
    let load = "arrivals.constant = \"5000 records/s\"\nkeys = \"none\"\nsizes.constant = \"900 kB\"\nproducers = 10000";
    let kafka = "topic.partitions = 3\nmodel = { handler-rate = \"1 B/s\", request-cpu = \"1 s\" }";
    let run = simulate(&scenario(load, FAST, "ShardCount = 1", kafka, "")).remove(1);
    assert_eq!(run.ledger.stored, 0);
}

/// A record beyond the limits ends where the real one ends.
#[test]
fn oversize_records_are_refused_by_whom_they_would_be() {
    let workload = |bytes: u32| {
        format!(
            "arrivals.constant = \"1800 records/h\"\nkeys.sequential = {{ count = 1 }}\nsizes.constant = \"{bytes} B\"\nproducers = 1"
        )
    };
    let refused = |bytes: u32, kafka: &str| {
        let runs = simulate(&scenario(
            &workload(bytes),
            FAST,
            "ShardCount = 8",
            kafka,
            "",
        ));
        runs.into_iter()
            .map(|run| run.ledger.causes)
            .collect::<Vec<_>>()
    };
    let usual = "topic.partitions = 2";
    // The key is `key-0`, 5 bytes: 1,048,571 bytes of data fill a Kinesis record exactly.
    assert!(refused(1_048_571, usual)[0].iter().all(|count| *count == 0));
    assert_eq!(refused(1_048_572, usual)[0][1], 9);
    // Kafka's producer adds 61 + 21 + 1 + 5 + 3 + 1 = 92 bytes at this size.
    assert!(refused(1_048_484, usual)[1].iter().all(|count| *count == 0));
    assert_eq!(refused(1_048_485, usual)[1][0], 9);
    let half_done = "topic.partitions = 2\nproducer.max.request.size = 5000000";
    assert_eq!(
        refused(2_000_000, half_done)[1][1],
        9,
        "the broker's MESSAGE_TOO_LARGE"
    );
}
