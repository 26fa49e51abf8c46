//! Bad scenario files: each gives a clear message at the right place, exit code 2, and leaves nothing.

use assert_cmd::Command;
use std::fs;
use std::path::Path;
use streamduel::scenario::{Overrides, Scenario};

/// A scenario that is valid; each case spoils one thing in it.
pub(crate) const GOOD: &str = r#"title = "Good"
question = "Is it?"
seed = 7
duration = "20 s"
warmup = "2 s"
replications = 1

[workload]
arrivals = { poisson = "300 records/s" }
keys = { uniform = { count = 100 } }
sizes = { constant = "500 B" }
producers = 2

[[consumer]]
name = "app"
workers = 2
processing = { per-record = "100 us" }

[system.kds.kinesis]
ShardCount = 2
producer = { flush-interval = "50 ms" }

[system.msk.kafka]
InstanceType = "kafka.m7g.large"
NumberOfBrokerNodes = 3
topic = { partitions = 4, replication.factor = 3, min.insync.replicas = 2 }
producer = { acks = "all", linger.ms = 5 }

[[timeline]]
at = "5 s"
lasts = "5 s"
action.consumer-down = "app"

[[expect]]
that = "kds.refused == 0"
why = "it is small"
"#;

/// What is replaced, by what, a part of the message, a part of the rest of the output.
pub(crate) type Case = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    // Unknown keys, with a hint.
    ("seed = 7", "sed = 7", "unknown key `sed`", "did you mean `seed`?"),
    ("warmup", "warm-up", "unknown key `warm-up`", "did you mean `warmup`?"),
    ("linger.ms", "linger.mss", "unknown key `linger.mss`", "did you mean `linger.ms`?"),
    ("ShardCount", "Shardcount", "unknown key `Shardcount`", "did you mean `ShardCount`?"),
    ("ShardCount", "Shardcount", "lacks `ShardCount`", "add `ShardCount = …`"),
    ("min.insync.replicas", "min.in.sync.replicas", "unknown key `min.in.sync.replicas`", "did you mean `min.insync.replicas`?"),
    ("poisson =", "poison =", "no arrivals are given", "did you mean `poisson`?"),
    ("uniform =", "unifrom =", "0 laws of keys are given", "did you mean `uniform`?"),
    ("constant =", "constnat =", "0 laws of sizes are given", "did you mean `constant`?"),
    ("[system.kds.kinesis]", "[system.kds.kinesys]", "no platform is called `kinesys`", "did you mean `[system.kds.kinesis]`?"),
    ("[system.kds.kinesis]", "[system.kds.pulsar]", "no platform is called `pulsar`", "known are kinesis, kafka"),
    ("kafka.m7g.large", "kafka.m7g.larg", "`InstanceType` cannot be `kafka.m7g.larg`", "did you mean `kafka.m7g.large`?"),
    ("action.consumer-down", "action.consumr-down", "no action is called `consumr-down`", "did you mean `consumer-down`?"),
    (r#"action.consumer-down = "app""#, r#"action.az-down = "app""#, "`app` is no zone", "zones are called az1"),
    // Units.
    (r#""20 s""#, r#""20""#, "has no unit", "a length of time such as"),
    (r#""20 s""#, "20", "`20` has no unit", "a length of time such as"),
    (r#""20 s""#, r#""20 parsec""#, "unknown unit `parsec`", "ns, us, ms, s, min, h, d"),
    (r#""500 B""#, r#""500 b""#, "unknown unit `b`", "kB, MB"),
    (r#""300 records/s""#, r#""300 Hz""#, "unknown unit `Hz`", "a record rate such as"),
    // Numbers that are negative or absurd.
    (r#""20 s""#, r#""-20 s""#, "`-20 s` is negative", "a length of time"),
    (r#""20 s""#, r#""0 s""#, "`duration` is 0 ns", "must lie between"),
    (r#""20 s""#, r#""9000 d""#, "`duration` is 9000 d", "must lie between"),
    (r#""20 s""#, r#""99999999999999999999 d""#, "too large", "a length of time"),
    ("seed = 7", "seed = -7", "`-7` is negative", "a whole number"),
    ("seed = 7", "seed = 1.5", "`1.5` is not a whole number", "a whole number"),
    ("seed = 7", r#"seed = "x""#, "`x` is not a whole number", "a whole number"),
    ("replications = 1", "replications = 0", "`replications` is 0", "between 1 and 1000"),
    ("ShardCount = 2", "ShardCount = 0", "`ShardCount` is 0", "between 1 and 10000"),
    ("ShardCount = 2", "ShardCount = 2\nMaxRecordSizeInKiB = 512", "`MaxRecordSizeInKiB` is 512", "between 1024 and 10240"),
    ("ShardCount = 2", "ShardCount = 2\nRetentionPeriodHours = 12", "`RetentionPeriodHours` is 12", "between 24 and 8760"),
    ("partitions = 4", "partitions = 0", "`partitions` is 0", "between 1 and"),
    ("producers = 2", "producers = 0", "`producers` is 0", "between 1 and"),
    ("workers = 2", "workers = 0", "`workers` is 0", "between 1 and"),
    ("count = 100", "count = 0", "`count` is 0", "between 1 and"),
    ("count = 100", "count = 99999999999", "`count` is 99999999999", "between 1 and"),
    (r#""500 B""#, r#""5 GB""#, "`constant` is 5 GB", "must lie between"),
    (r#""300 records/s""#, r#""99999999 records/s""#, "makes about", "at most 1e9"),
    // Contradictions.
    ("replication.factor = 3", "replication.factor = 5", "INVALID_REPLICATION_FACTOR", "raise `NumberOfBrokerNodes`"),
    ("NumberOfBrokerNodes = 3", "NumberOfBrokerNodes = 4", "cannot be spread evenly over 3 zones", "a multiple of 3"),
    (r#"warmup = "2 s""#, r#"warmup = "20 s""#, "leaves nothing of the run", "the run lasts 20 s"),
    ("linger.ms = 5", "batch.size = 40000000", "`batch.size` is larger than `buffer.memory`", "no batch"),
    ("linger.ms = 5", r#"acks = "all""#, "duplicate key", "bad.toml:"),
    ("linger.ms = 5", r#"linger.ms = 5, "linger.ms" = 6"#, "`system.msk.kafka.producer.linger.ms` is given twice", "quoted key"),
    (r#"poisson = "300 records/s""#, r#"poisson = "300 records/s", constant = "3 records/s""#, "both `constant` and `poisson` are given", "keep one"),
    (r#"constant = "500 B""#, r#"lognormal = { median = "2 kB", p99 = "1 kB" }"#, "`p99` is smaller than `median`", "2 kB"),
    (r#"constant = "500 B""#, r#"mixture = [{ share = "50 %", constant = "1 B" }]"#, "add up to 50", "100 %"),
    (r#"action.consumer-down = "app""#, r#"action.consumer-down = "ap""#, "no consumer is called `ap`", "did you mean `app`?"),
    (r#"at = "5 s""#, r#"at = "50 s""#, "comes after the end", "the run lasts 20 s"),
    (r#"name = "app""#, r#"name = "My App""#, "`My App` is no name", "lower-case letters"),
    // What is real and not modelled yet is refused, not ignored.
    ("partitions = 4,", "partitions = 4, max.compaction.lag.ms = 5000,", "`max.compaction.lag.ms` is a setting of a Kafka topic", "it compacts a record after so long"),
    ("partitions = 4,", "partitions = 4, min.compaction.lag.ms = 5000,", "`min.compaction.lag.ms` is set and the topic is not compacted", "cleanup.policy"),
    ("NumberOfBrokerNodes = 3", "NumberOfBrokerNodes = 3\nlog.retention.hours = 5", "`log.retention.hours` is a setting of a Kafka broker", "write `topic.retention.ms` instead"),
    ("linger.ms = 5", "linger.ms = 5, retention.ms = 5", "`retention.ms` is no setting of the Kafka producer", "it belongs into `topic`"),
    ("ShardCount = 2", r#"ShardCount = 2
KeyId = "k""#, "`KeyId` is a setting of a Kinesis stream", "it names the key of KMS"),
    ("ShardCount = 2", r#"ShardCount = 2
consumer.app = { DestinationConfig = { OnFailure = { Destination = "q" } } }"#, "`DestinationConfig` of a Kinesis consumer is read only with `mode = \"lambda\"`", "sends what failed for good"),
    ("NumberOfBrokerNodes = 3", "NumberOfBrokerNodes = 3\nxyzzy = 5", "unknown key `xyzzy`", "that are known here: "),
    ("NumberOfBrokerNodes = 3", "NumberOfBrokerNodes = 3\nconsumer.app = { processing.guarantee = \"exactly_once_v2\" }", "`processing.guarantee` belongs to the sink", "exactly_once_v2"),
    (r#"name = "app""#, "name = \"app\"\nsink = { kafka = { commit.interval.ms = 100 } }", "`commit.interval.ms` is set and there are no transactions", "exactly_once_v2"),
    (r#"name = "app""#, "name = \"app\"\nsink = { kafka = { processing.guarantee = \"exactly_once_v2\", commit.interval.ms = \"20 s\" } }", "longer than a transaction may stay open", "IllegalArgumentException"),
    ("linger.ms = 5", "metric.reporters = 5", "`metric.reporters` is a setting of the Kafka producer", "does not model"),
    ("linger.ms = 5", "transaction.timeout.ms = 5000", "`transaction.timeout.ms` is set and there are no transactions", "set `transactional.id` too"),
    ("linger.ms = 5", r#"transactional.id = "t", enable.idempotence = false"#, "a producer with a `transactional.id` is idempotent", "ConfigException"),
    ("linger.ms = 5", r#"transactional.id = "t", transaction.timeout.ms = "1 h""#, "INVALID_TRANSACTION_TIMEOUT", "`transaction.max.timeout.ms`"),
    // Days of the facts.
    ("seed = 7", r#"seed = 7
as-of = "2025-13-01""#, "`2025-13-01` has no such month", r#"such as "2025-06-01""#),
    ("seed = 7", r#"seed = 7
as-of = "June 2025""#, "`June 2025` is not of the form YYYY-MM-DD", r#"such as "2025-06-01""#),
    ("seed = 7", "seed = 7\nas-of = 2025", "`2025` is no day", r#"such as "2025-06-01""#),
    ("seed = 7", r#"seed = 7
as-of = "2031-01-01""#, "nothing is known of 2031-01-01", "the tables of facts reach from"),
    ("seed = 7", r#"seed = 7
as_of = "2025-06-01""#, "unknown key `as_of`", "did you mean `as-of`?"),
    // Encryption.
    ("linger.ms = 5", r#"security.protocol = "PLAINTEXT""#, "a plaintext client finds no listener", "TLS_PLAINTEXT"),
    ("linger.ms = 5", r#"security.protocol = "TLS""#, "`security.protocol` cannot be `TLS`", "SSL"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
EncryptionInTransit.ClientBroker = "PLAINTEXT"
consumer.app.security.protocol = "SSL""#, "a client with TLS finds no listener", "TLS_PLAINTEXT"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
EncryptionType = "KMS""#, "MSK always encrypts at rest", "DataVolumeKMSKeyId"),
    (r#"flush-interval = "50 ms""#, r#"security.protocol = "PLAINTEXT""#, "Kinesis has no plaintext endpoint", "leave it out"),
    (r#"flush-interval = "50 ms""#, "use_ssl = false", "Kinesis has no plaintext endpoint", "leave it out"),
    ("ShardCount = 2", "ShardCount = 2\nconsumer.app.use_ssl = false", "Kinesis has no plaintext endpoint", "leave it out"),
    // Life.
    ("ShardCount = 2", r#"ShardCount = 2
call = [{ at = "1 s", CreateStream = false }]"#, "a call that is not made", "write `true`"),
    ("ShardCount = 2", r#"ShardCount = 2
call = [{ at = "2 s", CreateStream = true }, { at = "1 s", DeleteStream = true }]"#, "is not created again", "one life"),
    // Kafka and MSK.
    ("linger.ms = 5", r#"compression.type = "lz4""#, "lacks `compression-ratio`", "a number"),
    ("linger.ms = 5", "compression-ratio = 2.0", "nothing is compressed", "compression.type"),
    ("linger.ms = 5", r#"partitioner.class = "RoundRobin""#, "`partitioner.class` cannot be `RoundRobin`", "RoundRobinPartitioner"),
    ("linger.ms = 5", "enable.idempotence = true, max.in.flight.requests.per.connection = 6", "at most 5 requests in flight", "ConfigException"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
cluster-type = "SERVERLESS""#, "MSK Serverless has no `NumberOfBrokerNodes`", "no brokers to choose"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
KafkaVersion = "4.1.x"
metadata-mode = "ZOOKEEPER""#, "Kafka 4 has no ZooKeeper", "KRAFT"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
call = [{ at = "1 s", CreatePartition = { count = 5 } }]"#, "no call is called `CreatePartition`", "did you mean `CreatePartitions`?"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
fault = [{ at = "1 s", lasts = "1 s", broker-crash = 4 }]"#, "`broker-crash` is 4", "between 1 and 3"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
fault = [{ at = "1 s", lasts = "1 s", network-split = "az4" }]"#, "`az4` is no zone of this cluster", "az1, az2, az3"),
    ("NumberOfBrokerNodes = 3", "NumberOfBrokerNodes = 3\nconsumer.app.session.timeout.ms = 1000", "`session.timeout.ms` is 1000", "between 6000"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
consumer.app = { group.protocol = "consumer", session.timeout.ms = 9000 }"#, "is the coordinator's", "leave it out"),
    ("NumberOfBrokerNodes = 3", r#"NumberOfBrokerNodes = 3
fault = [{ at = "1 s", lasts = "1 s", stuck-member = { consumer = "ap" } }]"#, "no consumer is called `ap`", "did you mean `app`?"),
    ("ShardCount = 2", r#"StreamMode = "ON_DEMAND"
ShardCount = 2"#, "an on-demand stream has no `ShardCount`", "leave it out"),
    ("ShardCount = 2", "ShardCount = 2\nWarmThroughputMiBps = 5", "belongs to on-demand streams", "leave it out"),
    ("ShardCount = 2", r#"ShardCount = 2
autoscaling.policy = "scaling-utls""#, "`policy` cannot be `scaling-utls`", "did you mean `scaling-utils`?"),
    ("ShardCount = 2", r#"StreamMode = "ON_DEMAND"
autoscaling.policy = "scaling-utils""#, "an on-demand stream scales itself", "leave `autoscaling` out"),
    ("ShardCount = 2", r#"StreamMode = "ON_DEMAND"
WarmThroughputMiBps = 5"#, "needs On-demand Advantage", "MinimumThroughputBillingCommitment"),
    ("ShardCount = 2", r#"ShardCount = 2
call = [{ at = "1 s" }]"#, "the call has no kind", "name one of SplitShard"),
    ("ShardCount = 2", r#"ShardCount = 2
call = [{ at = "1 h", SplitShard = { ShardToSplit = "shardId-000000000001" } }]"#, "comes after the end", "the run lasts"),
    ("ShardCount = 2", r#"ShardCount = 2
call = [{ at = "1 s", SplitShard = { ShardToSplit = "3" } }]"#, "there is no shard `3`", "shardId-000000000003"),
    ("ShardCount = 2", r#"ShardCount = 2
call = [{ at = "1 s", SplitShard = { ShardToSplit = "shardId-000000000001", NewStartingHashKey = "007" } }]"#, "does not match", "a decimal number"),
    ("ShardCount = 2", r#"ShardCount = 2
fault = [{ at = "1 s", lasts = "1 s", kms = "off" }]"#, "`kms` cannot be `off`", "disabled"),
    ("ShardCount = 2", r#"ShardCount = 2
fault = [{ at = "1 s", lasts = "1 s" }]"#, "the fault has no kind", "name one of kms"),
    ("ShardCount = 2", r#"ShardCount = 2
consumer.app = { mode = "enhanced-fanout" }"#, "`mode` cannot be `enhanced-fanout`", "did you mean `enhanced-fan-out`?"),
    (r#"action.consumer-down = "app""#, r#"action.az-down = "az4""#, "loses a zone that this cluster does not have", "use az1"),
    (r#"action.consumer-down = "app""#, r#"action.worker-crash = { consumer = "app", worker = 3 }"#, "`worker` is 3", "between 1 and 2"),
    (r#"flush-interval = "50 ms""#, r#"library = "KLP""#, "`library` cannot be `KLP`", "did you mean `KPL`?"),
    (r#"flush-interval = "50 ms""#, r#"ExplicitHashKey = "007""#, "ValidationException", "below 2^128"),
    // Traces.
    (r#"poisson = "300 records/s""#, r#"trace = { file = "none.csv" }"#, "none.csv: no such file", "bad.toml:"),
    (r#"poisson = "300 records/s""#, r#"trace = { file = "broken.csv" }"#, "broken.csv: line 3: `x` is no timestamp", "two formats"),
    ("keys = { uniform = { count = 100 } }", r#"keys = "trace""#, "no keyed trace", "arrivals.trace"),
    ("linger.ms = 5", "delivery.timeout.ms = 5000", "`delivery.timeout.ms` is 5000", "request.timeout.ms"),
    (r#"duration = "20 s""#, "duration = {}", "`duration` is an empty table", "a length of time"),
    (r#"poisson = "300 records/s""#, r#"trace = { file = "longkey.csv" }"#, "longkey.csv: line 2: a key of more than 256", "two formats"),
    (r#"poisson = "300 records/s""#, r#"trace = { file = "huge.csv", rate-multiplier = 10.0 }"#, "makes about", "at most 1e9"),
    (r#"poisson = "300 records/s""#, r#"trace = { file = "short.csv", repeat = true, speed-up = 10000.0 }"#, "too many rows", "repeat = false"),
    (r#"poisson = "300 records/s""#, r#"diurnal = { mean = "3 records/s", period = "10 s" }, spacing = "odd""#, "`spacing` cannot be `odd`", "poisson, even"),
    // Expectations.
    ("kds.refused == 0", "kds.refused", "compares nothing", "system.figure < value"),
    ("kds.refused == 0", "kdz.refused == 0", "no system is called `kdz`", "did you mean `kds`?"),
    ("kds.refused == 0", "kds.refusd == 0", "no figure is called `refusd`", "did you mean `refused`?"),
    ("kds.refused == 0", "kds.append_p99 < 5", "`5` has no unit", "a length of time"),
    ("kds.refused == 0", "kds.nobody.delivery_p99 < 5 s", "no consumer is called `nobody`", "known are app"),
    // Not even TOML.
    (r#"title = "Good""#, r#"title = "Good"#, "bad.toml:1", "title"),
    (r#"title = "Good""#, "= 5", "bad.toml:1", "= 5"),
    ("[[consumer]]", "[consumer]", "no `[[consumer]]`", "unknown key"),
];

pub(crate) fn spoil(case: &Case) -> String {
    assert!(
        GOOD.contains(case.0),
        "{} is not in the good scenario",
        case.0
    );
    GOOD.replacen(case.0, case.1, 1)
}

#[test]
fn the_good_scenario_is_good() {
    Scenario::parse(
        "good.toml",
        "good",
        GOOD,
        Path::new("."),
        &Overrides::default(),
    )
    .map(|_| ())
    .expect("valid");
}

/// Every fact that a setting could ask for is there: all machines, two and three zones.
#[test]
fn every_machine_and_number_of_zones_can_be_read() {
    let mut machines = 0;
    for fact in streamduel::facts::all() {
        let Some(name) = fact
            .id
            .strip_prefix("msk.")
            .and_then(|id| id.strip_suffix(".vcpu"))
        else {
            continue;
        };
        if !name.starts_with("kafka.") {
            continue;
        }
        machines += 1;
        for (zones, brokers) in [(2, 4), (3, 6)] {
            let text = GOOD
                .replace("kafka.m7g.large", name)
                .replace(
                    "NumberOfBrokerNodes = 3",
                    &format!("NumberOfBrokerNodes = {brokers}\nzones = {zones}"),
                )
                .replace(", replication.factor = 3, min.insync.replicas = 2", "");
            let read = Scenario::parse(
                "good.toml",
                "good",
                &text,
                Path::new("."),
                &Overrides::default(),
            );
            let resolved = read
                .unwrap_or_else(|problems| panic!("{problems}"))
                .resolved;
            assert!(
                resolved.contains(&format!(r#""replication.factor" = {zones}"#)),
                "{resolved}"
            );
        }
    }
    assert_eq!(machines, 16);
}

#[test]
fn every_bad_scenario_is_refused_with_a_message_a_place_and_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("broken.csv"),
        "timestamp_ms,key,size_bytes\n0,a,1\nx,b,2\n",
    )
    .expect("written");
    let put =
        |name: &str, text: String| fs::write(folder.path().join(name), text).expect("written");
    put(
        "longkey.csv",
        format!("timestamp_ms,key,size_bytes\n0,{},1\n", "k".repeat(257)),
    );
    put(
        "huge.csv",
        "timestamp_ms,records_per_s\n0,1e308\n1,0\n".to_owned(),
    );
    put("short.csv", "timestamp_ms,records_per_s\n0,1\n".to_owned());
    assert!(CASES.len() >= 40);
    for case in CASES {
        let text = spoil(case);
        let result = Scenario::parse(
            "bad.toml",
            "bad",
            &text,
            folder.path(),
            &Overrides::default(),
        );
        let problems = result
            .err()
            .unwrap_or_else(|| panic!("{case:?} was accepted"));
        let shown = problems.to_string();
        assert!(
            shown.contains(case.2) && shown.contains(case.3),
            "{case:?} gave:\n{shown}"
        );
        assert!(
            shown.contains("bad.toml:"),
            "{case:?} gave no place:\n{shown}"
        );
    }
}

/// The line that the first problem points at is the line that was spoilt.
#[test]
fn problems_point_at_the_spoilt_line() {
    for case in CASES.iter().filter(|case| {
        !case.1.contains('\n')
            && !case.2.contains("lacks")
            && !case.2.contains("0 laws")
            && !case.2.contains("loses a zone")
    }) {
        let text = spoil(case);
        let line = text
            .lines()
            .position(|line| line.contains(case.1))
            .expect("the spoilt line")
            + 1;
        let result = Scenario::parse(
            "bad.toml",
            "bad",
            &text,
            Path::new("."),
            &Overrides::default(),
        );
        let lines = result.err().expect("refused").lines();
        // Some contradictions are told where the other side stands, a few lines away.
        assert!(
            lines.iter().any(|found| found.abs_diff(line) <= 3),
            "{case:?}: line {line}, told {lines:?}"
        );
    }
}

#[test]
fn all_problems_of_a_file_are_told_at_once_and_in_order() {
    let text = GOOD
        .replace("seed = 7", "sed = 7")
        .replace(r#""500 B""#, r#""500""#)
        .replace("acks = ", "akcs = ");
    let problems = Scenario::parse(
        "bad.toml",
        "bad",
        &text,
        Path::new("."),
        &Overrides::default(),
    )
    .err()
    .expect("refused");
    assert_eq!(problems.list.len(), 3, "{problems}");
    assert!(problems.lines().is_sorted());
    insta::assert_snapshot!(problems.to_string());
}

/// What a changed file is told: one problem, which contains `message`, on the line of `marker`.
fn one_problem(text: &str, message: &str, marker: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("over.csv");
    fs::write(path, "timestamp_ms,key,size_bytes\n0,a,4294967296\n").expect("written");
    let read = Scenario::parse(
        "bad.toml",
        "bad",
        text,
        folder.path(),
        &Overrides::default(),
    );
    let problems = read.err().expect("refused");
    assert_eq!(problems.list.len(), 1, "{problems}");
    assert!(problems.to_string().contains(message), "{problems}");
    let line = text
        .lines()
        .position(|line| line.contains(marker))
        .expect("marker")
        + 1;
    assert_eq!(problems.lines(), [line], "{problems}");
}

/// M1. A trace that cannot be read is one problem: the file does replay a trace.
#[test]
fn a_broken_trace_is_told_once() {
    let text = GOOD
        .replace(
            r#"poisson = "300 records/s""#,
            r#"trace = { file = "over.csv" }"#,
        )
        .replace("keys = { uniform = { count = 100 } }", r#"keys = "trace""#)
        .replace(r#"sizes = { constant = "500 B" }"#, r#"sizes = "trace""#);
    one_problem(
        &text,
        "line 2: `4294967296` is no size in bytes",
        "over.csv",
    );
}

/// M1. A missing number of brokers is one problem: nothing is concluded from it.
#[test]
fn missing_brokers_are_told_once() {
    let text = GOOD.replace("NumberOfBrokerNodes = 3", "");
    one_problem(&text, "lacks `NumberOfBrokerNodes`", "[system.msk.kafka]");
}

/// M2. The caret stands where the largest number of partitions is asked for.
#[test]
fn too_many_partitions_are_told_where_they_are_asked_for() {
    let step = "\n[[timeline]]\nat = \"1 s\"\naction.scale-to = 100000\n";
    one_problem(
        &format!("{GOOD}{step}"),
        "100000 partitions",
        "scale-to = 100000",
    );
    let call = "\n[[system.msk.kafka.call]]\nat = \"1 s\"\nCreatePartitions.count = 90000\n";
    one_problem(
        &format!("{GOOD}{call}"),
        "90000 partitions",
        "CreatePartitions.count",
    );
}

/// M4. A name that is like no other gets the few nearest, not all that are known.
#[test]
fn a_hint_lists_a_few_names() {
    let overrides = Overrides {
        set: vec!["=1".to_owned()],
        ..Overrides::default()
    };
    let read = Scenario::parse("bad.toml", "bad", GOOD, Path::new("."), &overrides);
    let shown = read.err().expect("refused").to_string();
    assert!(shown.len() < 500, "{} bytes:\n{shown}", shown.len());
}

/// `check` and `run` on files that are no scenarios at all.
#[test]
fn hopeless_files_end_with_code_2_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let put =
        |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).expect("written");
    put("empty.toml", b"");
    put("blank.toml", b" \n\n");
    put("binary.toml", &[0xff, 0xfe, 0x00, 0x80, 0x01]);
    put("nul.toml", &[0; 64]);
    put("large.toml", &vec![b'#'; 10 << 20]);
    put(
        "deep.toml",
        format!("a = {}{}", "[".repeat(50_000), "]".repeat(50_000)).as_bytes(),
    );
    fs::create_dir(folder.path().join("folder.toml")).expect("made");
    for (name, message) in [
        ("empty.toml", "the file is empty"),
        ("blank.toml", "the file is empty"),
        ("binary.toml", "the file is no text: byte 0 is not UTF-8"),
        ("nul.toml", "nul.toml"),
        (
            "large.toml",
            "the file has 10485760 bytes; a scenario may have 1048576",
        ),
        ("deep.toml", "deep.toml"),
        ("missing.toml", "no such file"),
        ("folder.toml", "the folder has no scenario"),
    ] {
        for command in ["check", "run"] {
            let output = Command::new(env!("CARGO_BIN_EXE_streamduel"))
                .current_dir(folder.path())
                .args([command, name])
                .output()
                .expect("started");
            let shown = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{command} {name}: {shown}");
            assert!(shown.contains(message), "{command} {name}: {shown}");
            assert!(!shown.contains("panicked"), "{shown}");
            assert!(
                !folder.path().join("results").exists(),
                "{command} {name} left something behind"
            );
        }
    }
}

mod fuzz {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        /// No text makes the reader panic: lines of the good scenario with pieces cut, doubled and mixed.
        #[test]
        fn mangled_scenarios_never_panic(
            cuts in prop::collection::vec((0_usize..GOOD.len(), 0_usize..40, "[ -~\\n]{0,12}"), 1..6)
        ) {
            let mut text = GOOD.to_owned();
            for (at, length, insert) in cuts {
                let at = at.min(text.len());
                let end = (at + length).min(text.len());
                text.replace_range(at..end, &insert);
            }
            if let Err(problems) = Scenario::parse("bad.toml", "bad", &text, Path::new("."), &Overrides::default()) {
                prop_assert!(!problems.to_string().is_empty());
            }
        }
    }
}

/// Arguments of a search of the good scenario, with `|` between them, and two parts of what is said.
#[rustfmt::skip]
const SEARCHES: &[(&str, &str, &str)] = &[
    // Names that nobody has.
    ("sweep|--over|sed=1..3", "unknown key `sed`", "did you mean `seed`?"),
    ("sweep|--over|system.kdz.kinesis.ShardCount=2..4", "--over: no system is called `kdz`", "did you mean `kds`?"),
    ("sweep|--over|system.kds.kinesis.ShardCont=2..4", "unknown key `ShardCont`", "did you mean `ShardCount`?"),
    ("sweep|--over|system.kds=1..3", "`kds` in `system` is a table, not a value", "write `kds = {"),
    ("sweep|--over|workload=1..3", "`workload` is a table, not a value", "write `workload = {"),
    ("sweep|--over|seed=1..3|--figure|throtled", "no figure is called `throtled`", "did you mean `throttled`?"),
    ("sweep|--over|seed=1..3|--figure|quetzal", "no figure is called `quetzal`", "the nearest of"),
    ("sweep|--over|seed=1..3|--figure|nobody.delivered", "no consumer is called `nobody`", "known are app"),
    ("limit|--raise|system.kds.kinesis.ShardCont", "no number of the scenario is called", "did you mean `system.kds.kinesis.ShardCount`?"),
    ("limit|--raise|quetzal", "no number of the scenario is called `quetzal`", "the nearest of"),
    ("limit|--claim|kdz.refused == 0", "--claim: no system is called `kdz`", "did you mean `kds`?"),
    ("limit|--claim|kds.refusd == 0", "--claim: no figure is called `refusd`", "did you mean `refused`?"),
    ("limit|--claim|refused == 0", "--claim: `refused` is not of the form `system.figure`", "as in `msk.lost`"),
    ("size|--family|quetzal", "--family: no family is called `quetzal`", "known are provisioned-sdk-polling"),
    ("size|--family|msk|--family|mks-express", "no family is called `mks-express`", "did you mean `msk-express`?"),
    ("size|--claim|refusd == 0", "--claim: no figure is called `refusd`", "did you mean `refused`?"),
    ("size|--claim|kds.refused == 0", "--claim: no consumer is called `kds`", "known are app"),
    ("size|--claim|nobody.delivery_p99 < 1 s", "--claim: no consumer is called `nobody`", "known are app"),
    ("size|--claim|refused", "compares nothing", "write `system.figure < value`"),
    ("size|--claim|refused == msk.refused", "`refused == msk.refused` compares two systems", "against a value"),
    ("size|--regret|--uncertain|workload.produzers=1..9", "unknown key `produzers`", "did you mean `producers`?"),
    ("size|--regret|--uncertain|system.kdz.kinesis.ShardCount=2..9", "--uncertain: no system is called `kdz`", "did you mean `kds`?"),
    ("atlas|--over|seed=1,2|--over|duration=20 s,30 s|--family|quetzal", "families: no family is called `quetzal`", "known are provisioned-sdk-polling"),
    ("atlas|--over|seed=1,2|--over|system.kdz.kinesis.ShardCount=2,3", "--over: no system is called `kdz`", "did you mean `kds`?"),
    ("atlas|--over|seed=1,2|--over|duratoin=20 s,30 s", "unknown key `duratoin`", "did you mean `duration`?"),
    ("plan|--system|kdz", "--system: no system is called `kdz`", "did you mean `kds`?"),
    ("plan|--claim|refusd == 0", "error: --claim: no figure is called `refusd`", "did you mean `refused`?"),
    ("plan|--claim|refused", "error: --claim: `kds.refused` compares nothing", "write `system.figure < value`"),
    // Numbers that are none, and what belongs to something else.
    ("sweep|--over|seed=a..b", "`a..b` is no range", "`a` does not begin with a number"),
    ("sweep|--over|seed", "`seed` is not of the form path=values", ""),
    ("limit|--precision|many", "--precision: `many` does not start with a number", ""),
    ("size|--threads|0", "--threads is 0", "give 1 or more"),
    ("sweep|--over|seed=1..3|--threads|0", "--threads is 0", "give 1 or more"),
    ("size|--regret|--uncertain|workload.arrivals.poisson=2..9 records/s|--penalty|nan", "--penalty is NaN", "0 or more"),
    ("size|--regret|--uncertain|workload.arrivals.poisson=2..9 records/s|--penalty|-5", "--penalty is -5", "0 or more"),
    ("size|--regret|--uncertain|workload.arrivals.poisson=2..9 bananas", "unknown unit `bananas`", "expected a record rate"),
    ("size|--worlds|5", "--regret", "required arguments were not provided"),
    ("plan|--aim|many", "--aim: `many` does not start with a number", ""),
];

/// A search that cannot begin says what is wrong once, ends with code 2, and leaves nothing behind.
#[test]
fn every_bad_search_is_refused_with_a_message_and_a_hint() {
    let folder = crate::cli::folder_with(GOOD);
    for (arguments, message, hint) in SEARCHES {
        let (command, rest) = arguments.split_once('|').expect("a command");
        let rest = rest.split('|');
        let all: Vec<&str> = [command, "good.toml"].into_iter().chain(rest).collect();
        let output = crate::cli::streamduel(folder.path(), &all);
        let shown = crate::cli::stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {shown}");
        for part in [message, hint] {
            assert!(
                shown.contains(part),
                "{arguments}: `{part}` is not in\n{shown}"
            );
        }
        assert_eq!(shown.matches("error: ").count(), 1, "{arguments}: {shown}");
        assert!(!folder.path().join("results").exists(), "{arguments}");
    }
}
