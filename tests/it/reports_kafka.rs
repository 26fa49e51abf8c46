//! What people who run Kafka reported, as scenarios in `tests/data/kafka-reports/`. The claims of each file must
//! hold; what a claim cannot say is asked here. Each test names the source of its right value.

use crate::support::{figure, happened};
use std::collections::BTreeMap;
use std::path::Path;
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::{RunResult, gauges};
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

/// KIP-62; aiokafka #848; confluent-kafka-python #552: the member works its records to the end, its commit fails, and it
/// is given the same records again.
#[test]
fn a_member_over_its_poll_interval_works_on_and_gets_the_same_records_again() {
    let name = "f01-poll-interval-duplicates";
    let slow = &run(name)["usual"];
    let again = figure(slow, "redelivered");
    assert!(
        (4000.0..6000.0).contains(&again),
        "500 every 100 s: {again}"
    );
    let delivered = figure(slow, "delivered");
    assert!(
        (500.0..1500.0).contains(&delivered),
        "it never gets on: {delivered}"
    );
    // A static member's session must run out, too: 45 s more, and a poll of 100 s is just in time.
    let fixed = text_of(name).replace("max.poll", "group.instance.id = \"by-worker\", max.poll");
    let (without_claims, _) = fixed.split_once("[[expect]]").expect("a claim");
    let again = figure(&run_text(name, without_claims)["usual"], "redelivered");
    assert!(again < 0.5, "{again}");
}

/// KIP-186, KIP-211; `GroupMetadata.removeExpiredOffsets`; docs.nais.io "Working with Kafka Offsets".
#[test]
fn an_empty_group_loses_its_offsets_after_their_retention() {
    let name = "f03-offsets-expire";
    let runs = run(name);
    for (label, run) in &runs {
        assert_eq!(happened(run, "committed offsets expire"), 1, "{label}");
    }
    let text = text_of(name).replace(
        "NumberOfBrokerNodes",
        "offsets.retention.minutes = \"9 d\"\nNumberOfBrokerNodes",
    );
    let (kept, _) = text.split_once("[[expect]]").expect("a claim");
    let runs = run_text(name, kept);
    for (label, run) in &runs {
        let (skipped, again) = (figure(run, "skipped"), figure(run, "redelivered"));
        assert!(
            skipped + again < 0.5,
            "{label}: {skipped} skipped, {again} redelivered"
        );
    }
    run("f21-offsets-retention");
}

/// KAFKA-6607; spring-kafka #1587: a marker takes an offset, so who commits the offset of the last record plus one is one
/// behind for ever. `TransactionCoordinator.scala`: an open transaction holds readers of committed data up until
/// `transaction.timeout.ms` is over and the coordinator looks.
#[test]
fn a_marker_takes_an_offset_and_an_open_transaction_holds_readers_up() {
    let name = "f11-transactions";
    let all = run(name).remove("k").expect("a run");
    assert!(figure(&all, "delivered") > 59_000.0);
    assert!(figure(&all, "aborted") < 0.5);
    let quiet = text_of(name).replace(
        "{ constant = \"1000 records/s\" }",
        "{ start = \"1000 records/s\", stages = [ { duration = \"20 s\", target = \"1000 records/s\" }, { duration = \"1 s\", target = \"0 records/s\" } ] }",
    );
    let lag = |text: &str| {
        let run = run_text(name, text).remove("k").expect("a run");
        let last = run.points.last().expect("samples");
        let gauge = |gauge: &&streamduel::probe::Gauge| gauge.is(gauges::MAX_OFFSET_LAG);
        last.gauges.iter().find(gauge).expect("the lag").value
    };
    assert!(
        lag(&quiet) < 0.5,
        "the consumer's position lies behind the marker"
    );
    let plus_one = quiet.replace(
        "isolation.level =",
        "commit-offset = \"record\", isolation.level =",
    );
    let behind = lag(&plus_one);
    assert!((0.5..1.5).contains(&behind), "one marker: {behind}");
    let stuck = text_of(name).replace("duration = \"60 s\"", "duration = \"150 s\"")
        + "[[system.k.kafka.fault]]\nat = \"20.05 s\"\nlasts = \"120 s\"\nstuck-producer = 1\n";
    let run = run_text(name, &stuck).remove("k").expect("a run");
    assert_eq!(happened(&run, "transaction timed out"), 1);
    assert_eq!(happened(&run, "producer fenced"), 1);
    let aborted = figure(&run, "aborted");
    assert!(
        (1.0..200.0).contains(&aborted),
        "of one transaction: {aborted}"
    );
    let open = run
        .happenings
        .iter()
        .find(|event| event.what == "transaction timed out");
    let t = open.expect("it was reported").t;
    assert!((80.0..91.0).contains(&t), "60 s and at most 10 s more: {t}");
}

/// KAFKA-20664; `LogCleanerManager.cleanableOffsets`: the active file is never cleaned, a file is closed at `segment.bytes`
/// or after `segment.ms`, and a log is cleaned once more than half of it was never cleaned.
#[test]
fn compaction_cleans_closed_files_of_logs_that_are_dirty_enough() {
    let name = "f13-compaction";
    let used = |run: &RunResult| {
        let last = run.points.last().expect("samples");
        let used = |gauge: &&streamduel::probe::Gauge| gauge.is(gauges::DATA_LOGS_DISK_USED);
        last.gauges.iter().find(used).expect("a volume").value
    };
    let run_with = |settings: &str| {
        let text = text_of(name).replace("partitions = 6,", &format!("partitions = 6, {settings}"));
        run_text(name, &text).remove("k").expect("a run")
    };
    let whole = used(&run_with(""));
    let deleted = text_of(name).replace("\"compact\"", "\"delete\"");
    let all = used(&run_text(name, &deleted)["k"]);
    assert!(
        (whole - all).abs() < 0.001 * all,
        "nothing is closed: {whole} of {all}"
    );
    for closes in ["segment.bytes = 1000000,", "segment.ms = 6000,"] {
        let left = used(&run_with(closes));
        assert!(left < 0.45 * all, "{closes} {left} of {all}");
    }
    let lag = used(&run_with(
        "segment.bytes = 1000000, min.compaction.lag.ms = 50000,",
    ));
    assert!(
        lag > 0.9 * all,
        "all is younger than the lag: {lag} of {all}"
    );
    let rarely = used(&run_with(
        "segment.bytes = 1000000, min.cleanable.dirty.ratio = 1.0,",
    ));
    assert!(
        (rarely - all).abs() < 0.001 * all,
        "no log is dirtier than wholly: {rarely}"
    );
    let late = text_of(name).replace(
        "partitions = 6,",
        "partitions = 6, segment.bytes = 1000000,",
    ) + "[[timeline]]\nat = \"1 s\"\nlasts = \"50 s\"\naction.consumer-down = \"app\"\n";
    let run = run_text(name, &late).remove("k").expect("a run");
    let (seen, gone) = (figure(&run, "delivered"), figure(&run, "compacted"));
    assert!(
        seen < 35_000.0 && gone > 25_000.0,
        "{seen} seen, {gone} gone"
    );
}

/// KIP-1106 (`by_duration`); `NoOffsetForPartitionException` of the consumer (`none`).
#[test]
fn a_group_without_offsets_begins_as_auto_offset_reset_says() {
    let of = |reset: &str| {
        let text = text_of("f03-offsets-expire").replace("\"earliest\"", &format!("\"{reset}\""));
        let (kept, _) = text.split_once("[[expect]]").expect("a claim");
        run_text(reset, kept).remove("earliest").expect("a run")
    };
    // 8 days of 0.02 records a second were missed; two days of them are read.
    let day = 0.02 * 86_400.0;
    let skipped = figure(&of("by_duration:P2D"), "skipped");
    assert!((5.8 * day..6.2 * day).contains(&skipped), "{skipped}");
    let long = of("by_duration:P9D");
    assert!(figure(&long, "skipped") < 0.5);
    let again = figure(&long, "redelivered");
    assert!((0.8 * day..1.2 * day).contains(&again), "{again}");
    let none = of("none");
    assert_eq!(happened(&none, "member ends"), 1);
    assert!(figure(&none, "skipped") + figure(&none, "redelivered") < 0.5);
    assert!(none.ledger.consumers[0].unread > 12_000);
}

/// MSK API reference, "Cluster Apache Kafka Version": no update beyond the limit of partitions per broker.
#[test]
fn a_version_is_not_updated_while_brokers_hold_too_many_partitions() {
    run("f05-version-update-too-many-partitions");
}

/// apache/kafka pulls 19336 and 20045 (KAFKA-14915): before 4.2 a fetch reads one remote partition.
#[test]
fn a_fetch_reads_one_partition_of_the_remote_tier() {
    let tiered = &run("f06-remote-reads-one-partition")["tiered"];
    let delivered = figure(tiered, "delivered");
    // What was delivered in the first minute, and 31 MB/s in the last one.
    assert!(
        (1_200_000.0..2_600_000.0).contains(&delivered),
        "{delivered}"
    );
}

/// librdkafka, CONFIGURATION.md and test 0048; Sarama, `HashPartitioner`; kafkajs #357 and #1154. Where single keys lie is held
/// in the unit tests of `key_hash`.
#[test]
fn client_libraries_place_keys_by_their_own_hashes() {
    let name = "f10-partitioner-of-another-client";
    run(name);
    let text = text_of(name);
    let (head, rest) = text.split_once("[workload]").expect("a workload");
    let (_, rest) = rest.split_once("[[consumer]]").expect("a consumer");
    let source = |name: &str| {
        format!(
            "[[workload.source]]\nname = \"{name}\"\narrivals.constant = \"500 records/s\"\n\
             keys.uniform.count = 1000\nsizes.constant = \"1 kB\"\n"
        )
    };
    let two = format!(
        "{head}{}{}[[consumer]]{rest}",
        source("shop"),
        source("till")
    );
    let of = |producer: &str| {
        let text = two.replace("partitioner.class = \"consistent_random\"", producer);
        (read(name, &text).warnings.to_string(), text)
    };
    let (warned, text) = of("client-of.till = \"librdkafka\"");
    assert!(
        warned.contains("of 1000 keys that two sources share go to two partitions"),
        "{warned}"
    );
    run_text(name, &text);
    let sarama = of("client = \"sarama\"").0;
    assert!(!sarama.contains("two partitions"), "one hash: {sarama}");
    let own_names = "client = \"librdkafka\", message.timeout.ms = 300000, partitioner = \"consistent_random\", request.required.acks = \"1\"";
    let parsed = read(name, &of(own_names).1).resolved;
    assert!(
        parsed.contains("\"request.required.acks\" = \"1\""),
        "{parsed}"
    );
    let (_, text) = of("client = \"librdkafka\"");
    let resolved = read(name, &text).resolved;
    for line in [
        "\"delivery.timeout.ms\" = 300000",
        "\"enable.idempotence\" = false",
        "\"max.block.ms\" = 0",
    ] {
        assert!(resolved.contains(line), "{line}\n{resolved}");
    }
}

/// KIP-13, KIP-219: delay = bytes over the quota / quota, at each broker, over a window of 11 x 1 s.
#[test]
fn a_client_over_its_quota_is_slowed_down_to_it() {
    let name = "f12-client-quota";
    let stored = run(name)["k"].ledger.stored;
    assert!(
        stored < 31_000,
        "60 s of 1 MB/s, of which 300 kB/s pass: {stored}"
    );
    // Smaller requests overshoot less: three brokers take 100 kB/s each, and ten windows' worth at the beginning.
    let long = text_of(name)
        .replace("\"60 s\"", "\"5 min\"")
        .replace("quota =", "producer.max.request.size = 100000\nquota =");
    let stored = run_text(name, &long)["k"].ledger.stored;
    assert!((82_000..96_000).contains(&stored), "{stored}");
    let text = text_of(name).replace("producer_byte_rate", "consumer_byte_rate");
    let reader = &run_text(name, &text)["k"];
    let delivered = figure(reader, "delivered");
    assert!(reader.ledger.stored > 58_000);
    assert!((17_000.0..31_000.0).contains(&delivered), "{delivered}");
    let wrong = text_of(name).replace("producer_byte_rate = 100000", "request_percentage = 0");
    let refused = Scenario::parse(name, name, &wrong, Path::new("."), &Overrides::default());
    let refused = refused.err().expect("no quota").to_string();
    assert!(refused.contains("above 0"), "{refused}");
}

/// KIP-124: a percentage of the time of a thread at each broker. A request takes 1 ms of a handler and carries one record of each of
/// its partitions, so 1 % are 10 requests a second. Kafka's window of 11 samples lets 10 to 11 seconds' worth pass in 11 s; what
/// comes at once in the first sample counts until it is dropped, and 60 s have room for six such bursts.
#[test]
fn a_client_over_its_share_of_the_threads_is_slowed_down_to_it() {
    let name = "f12-client-quota";
    let text = |quota: &str, acks: &str| {
        let clients = format!(
            "producer = {{ batch.size = 1, acks = \"{acks}\", enable.idempotence = false }}\n\
             consumer.app = {{ max.partition.fetch.bytes = 1 }}\nmodel = {{ request-cpu = \"1 ms\" }}\n{quota}"
        );
        text_of(name)
            .replace("1000 records/s", "600 records/s")
            .replace("quota = { producer_byte_rate = 100000 }", &clients)
    };
    let run = |quota, acks| {
        run_text(name, &text(quota, acks))
            .remove("k")
            .expect("a run")
    };
    let share = "quota = { request_percentage = 1 }";
    // Requests of three brokers in six bursts.
    let (least, most) = (3.0 * 6.0 * 100.0, 3.0 * 6.0 * 110.0);
    // A producer's request has two partitions of a broker.
    let written = run(share, "1").ledger.stored as f64 / 2.0;
    assert!((least..most).contains(&written), "{written}");
    // Without acknowledgements no producer is throttled; the group is, and a member's fetch has one partition. Two members send a
    // request a second at least, because nobody is throttled for longer than a window.
    let open = run(share, "0");
    assert!(open.ledger.stored > 35_000, "{}", open.ledger.stored);
    let read = figure(&open, "delivered");
    assert!((0.9 * least..1.1 * most).contains(&read), "{read}");
    let free = run("", "1");
    assert!(free.ledger.stored > 35_000 && figure(&free, "delivered") > 30_000.0);
}

/// AutoMQ pull 596: 800 MiB in 19 s, about 42 MB/s for each recovery thread.
#[test]
fn a_killed_broker_recovers_its_logs_by_bytes_and_threads() {
    let name = "f17-log-recovery";
    run(name);
    let crash = "[[system.k.kafka.fault]]\nat = \"50 s\"\nlasts = \"10 s\"\nbroker-crash = { broker = 1 }\n";
    let text = text_of(name)
        .replace("duration = \"60 s\"", "duration = \"5 min\"")
        .replace("1000 records/s", "200 records/s")
        .replace("\"1 kB\"", "\"100 kB\"")
        .replace("partitions = 600", "partitions = 60");
    let started = |threads: &str| {
        let text = text.replace("per.data.dir = 1", &format!("per.data.dir = {threads}"));
        let run = run_text(name, &format!("{text}{crash}"))
            .remove("k")
            .expect("a run");
        let again = run
            .happenings
            .iter()
            .find(|happening| happening.what == "started");
        again.map(|happening| happening.t).expect("it starts")
    };
    // 50 s of 20 MB/s lie in files that are still written.
    let (one, eight) = (started("1"), started("8"));
    assert!((100.0..108.0).contains(&one), "60 s + 20 s + 24 s: {one}");
    assert!((82.0..85.0).contains(&eight), "60 s + 20 s + 3 s: {eight}");
}

/// KIP-415: tasks of a lost worker stay unassigned for 300,000 ms, also when the worker is back before.
#[test]
fn what_a_connect_worker_had_to_do_stays_with_nobody_for_the_delay() {
    let name = "f14-connect-rebalance-delay";
    run(name);
    let crash = "[[timeline]]\nat = \"60 s\"\nlasts = \"5 s\"\naction.worker-crash = { consumer = \"app\", worker = 1 }\n";
    let text = text_of(name)
        .replace("\"60 s\"", "\"10 min\"")
        .replace("1000 records/s", "100 records/s")
        .replace(
            "consumer.app = {",
            "consumer.app = { session.timeout.ms = 10000,",
        );
    let age = |delay: &str| {
        let text = text.replace("300000", delay);
        let run = run_text(name, &format!("{text}{crash}"))
            .remove("k")
            .expect("a run");
        assert!(
            run.ledger.consumers[0].unread < 200,
            "all is read in the end"
        );
        figure(&run, "delivery_max")
    };
    let (usual, none) = (age("300000"), age("0"));
    assert!((295.0..320.0).contains(&usual), "{usual}");
    assert!(none < 20.0, "{none}");
}

/// MSK quotas (20 connections a second with IAM, 4 on t3.small); aws-msk-iam-auth #70.
#[test]
fn clients_connect_again_no_faster_than_a_broker_accepts_connections() {
    let name = "f15-connection-limit";
    run(name);
    let stop = "[[system.k.kafka.fault]]\nat = \"20 s\"\nlasts = \"5 s\"\nbroker-stop = 1\n\
                [[system.k.kafka.call]]\nat = \"50 s\"\nElectLeaders = true\n";
    let text = text_of(name)
        .replace("\"60 s\"", "\"2 min\"")
        .replace("[[consumer]]", "producers = 1000\n[[consumer]]");
    let connect = |rate: &str| {
        let text = text.replace("rate = 20", &format!("rate = {rate}"));
        let run = run_text(name, &format!("{text}{stop}"))
            .remove("k")
            .expect("a run");
        assert_eq!(happened(&run, "clients connect"), 1);
        figure(&run, "append_max")
    };
    let (slow, fast) = (connect("20"), connect("10000"));
    // 1,002 clients at 20 a second: the last is connected 50 s after the broker was back.
    assert!((25.0..60.0).contains(&slow), "{slow}");
    assert!(fast < 10.0, "{fast}");
}

/// MSK guide, msk-autoexpand-details and msk-update-storage: growth by the larger of 10 GiB and 10 %, once in 6 h.
#[test]
fn volumes_grow_by_themselves_once_in_six_hours() {
    let name = "f16-storage-auto-scaling";
    run(name);
    let text = text_of(name)
        .replace("\"60 s\"", "\"16 min\"")
        .replace("1000 records/s", "200 records/s")
        .replace("\"1 kB\"", "\"100 kB\"")
        .replace(
            "VolumeSize = 100",
            "VolumeSize = 5\nlog.retention.check.interval.ms = 10000",
        );
    let full = run_text(name, &text).remove("k").expect("a run");
    assert_eq!(happened(&full, "storage scaled"), 1);
    assert!(
        happened(&full, "volume full") > 0,
        "15 GiB are full before the cool-down is over"
    );
    let small = run_text(name, &text.replace("max = 1000", "max = 5"))
        .remove("k")
        .expect("a run");
    assert_eq!(happened(&small, "storage scaled"), 0);
}

/// kafkajs documentation, `partitionsConsumedConcurrently`.
#[test]
fn a_member_works_on_several_partitions_at_once() {
    let name = "f18-partitions-in-parallel";
    let slow = text_of(name).replace(
        "workers = 2",
        "workers = 2\nprocessing.per-record = \"5 ms\"",
    );
    let delivered = |text: &str| figure(&run_text(name, text)["k"], "delivered");
    let five = delivered(&slow);
    let one = delivered(&slow.replace("Concurrently = 5", "Concurrently = 1"));
    assert!(
        (22_000.0..25_000.0).contains(&one),
        "2 x 200 records/s: {one}"
    );
    assert!(five > 55_000.0, "2 x 5 x 200 records/s are enough: {five}");
    let few = delivered(&slow.replace("partitions = 100", "partitions = 2"));
    assert!(
        (22_000.0..25_000.0).contains(&few),
        "a partition has one slice at a time: {few}"
    );
}

/// `NetworkReceive.java` and `Selector.java` of Apache Kafka 3.9: a broker closes the connection of a request that is
/// larger than `socket.request.max.bytes`, so its producer tries again until `delivery.timeout.ms` is over.
#[test]
fn a_request_that_is_too_large_for_the_socket_is_never_stored() {
    let text = |broker: &str| {
        format!(
            r#"title = "Large requests"
question = "What does a broker do with a request that is too large?"
duration = "60 s"
seed = 3
[workload]
arrivals = {{ poisson = "20 records/s" }}
keys = {{ uniform = {{ count = 10 }} }}
sizes = {{ constant = "200 KB" }}
[[consumer]]
name = "app"
[system.msk.kafka]
NumberOfBrokerNodes = 3
{broker}
topic = {{ partitions = 3 }}
producer = {{ "delivery.timeout.ms" = 20000, "request.timeout.ms" = 5000 }}
"#
        )
    };
    let narrow = &run_text("narrow", &text(r#""socket.request.max.bytes" = 100000"#))["msk"];
    assert!(figure(narrow, "delivered") < 0.5, "nothing is stored");
    assert!(figure(narrow, "expired_in_client") > 0.5);
    let wide = &run_text("wide", &text(r#""socket.request.max.bytes" = 104857600"#))["msk"];
    assert!(figure(wide, "delivered") > 1000.0);
}
