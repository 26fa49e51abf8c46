//! `[system.<label>.kinesis]`: the settings of a stream and its clients.
//!
//! Names in `PascalCase` are those of the AWS API, names in `camelCase` those of the KCL. Names in
//! `kebab-case` are ours: they belong to the application's own code or to the model, and carry units.

use super::hash::HashKey;
use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Bytes, Nanos};
use crate::workload::Workload;

/// Settings of Kinesis and its libraries that this version does not model.
const NOT_MODELLED: [&str; 5] =
    ["EncryptionType", "KeyId", "ScalingType", "TargetShardCount", "WarmThroughputMiBps"];

/// The settings of one stream, its producers and its consumers.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ShardCount`.
    pub shard_count: u32,
    /// `MaxRecordSizeInKiB` as bytes, data and key together.
    pub record_max: u64,
    /// `RetentionPeriodHours`.
    pub retention: Nanos,
    /// The application's own put loop.
    pub producer: ProducerConfig,
    /// Per consumer application, in the order of the workload.
    pub consumers: Vec<ConsumerConfig>,
    /// What the service does per shard and call.
    pub service: ServiceConfig,
}

/// How the application batches, sends and resends.
#[derive(Clone, Debug)]
pub struct ProducerConfig {
    /// Most records of a PutRecords call.
    pub batch_records: usize,
    /// Most bytes of a PutRecords call, keys included.
    pub batch_bytes: u64,
    /// The longest that a record waits for its call to fill.
    pub flush_interval: Nanos,
    /// How often a record is sent before the application gives up.
    pub attempts: u32,
    /// Base of the back-off.
    pub backoff_base: Nanos,
    /// Ceiling of the back-off.
    pub backoff_cap: Nanos,
    /// Calls under way at once per producer.
    pub requests_max: u32,
    /// `ExplicitHashKey` of every record.
    pub explicit_hash: ExplicitHash,
    /// Length of the random partition key of a record that has none `[B]`.
    pub keyless_bytes: u64,
}

/// What the producer gives as `ExplicitHashKey`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplicitHash {
    /// Nothing: the partition key decides.
    None,
    /// A fresh random value for every record.
    Uniform,
    /// Always the same value.
    Fixed(u128),
}

/// How one consumer application reads.
#[derive(Clone, Debug)]
pub struct ConsumerConfig {
    /// `idleTimeBetweenReadsInMillis`.
    pub idle: Nanos,
    /// `Limit` of GetRecords.
    pub limit: u64,
}

/// Limits and delays of the service.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Sustained write rate of a shard.
    pub write_rate: ByteRate,
    /// Capacity of a shard's byte bucket.
    pub write_burst: Bytes,
    /// Records that a shard takes per second.
    pub write_records: u64,
    /// Capacity of a shard's record bucket.
    pub write_records_burst: u64,
    /// Read rate of a shard, shared by all polling consumers.
    pub read_rate: ByteRate,
    /// Capacity of a shard's read bucket.
    pub read_burst: Bytes,
    /// GetRecords calls that a shard takes per second.
    pub read_calls: u64,
    /// Most bytes of a GetRecords answer.
    pub read_bytes_max: u64,
    /// Median put latency.
    pub put_median: Nanos,
    /// 99th percentile of put latency.
    pub put_p99: Nanos,
    /// Service time of GetRecords without its bytes.
    pub get_latency: Nanos,
    /// Speed at which an answer reaches the reader.
    pub get_rate: ByteRate,
}

impl Config {
    /// Reads the table.
    #[must_use]
    pub fn read(section: &Section<'_>, workload: &Workload) -> Self {
        section.refuse(&NOT_MODELLED, "Kinesis");
        let mode = section.or("StreamMode", "PROVISIONED".to_owned());
        match mode.as_str() {
            "PROVISIONED" => {}
            "ON_DEMAND" => section.problem(
                "StreamMode",
                "`ON_DEMAND` is not modelled by this version",
                "use \"PROVISIONED\" with a `ShardCount`",
            ),
            other => section.problem(
                "StreamMode",
                format!("`StreamMode` cannot be `{other}`"),
                "expected \"PROVISIONED\"",
            ),
        }
        let shards_max = facts::value::<u64>("kinesis.shards.highest");
        let kib: u64 = facts::value("kinesis.record.max-kib");
        let kib_max = facts::value("kinesis.record.max-kib.highest");
        let hours: u64 = facts::value("kinesis.retention.hours");
        let hours_max = facts::value("kinesis.retention.hours.highest");
        let service = section.section("model");
        Self {
            shard_count: section.need_in("ShardCount", 1..=shards_max) as u32,
            record_max: 1024
                * facts::setting_in(section, "MaxRecordSizeInKiB", "kinesis.record.max-kib", kib..=kib_max),
            retention: Nanos::from_secs(
                3600 * facts::setting_in(
                    section,
                    "RetentionPeriodHours",
                    "kinesis.retention.hours",
                    hours..=hours_max,
                ),
            ),
            producer: read_producer(&section.section("producer"), workload),
            consumers: read_consumers(&section.section("consumer"), workload),
            service: read_service(&service),
        }
    }
}

fn read_producer(section: &Section<'_>, workload: &Workload) -> ProducerConfig {
    if section.or("library", "SDK".to_owned()) != "SDK" {
        section.problem(
            "library",
            "only the \"SDK\" producer is modelled by this version",
            "leave `library` out",
        );
    }
    if section.or("api", "PutRecords".to_owned()) != "PutRecords" {
        section.problem("api", "only \"PutRecords\" is modelled by this version", "leave `api` out");
    }
    let records: u64 = facts::value("kinesis.put-records.records");
    let bytes: Bytes = facts::value("kinesis.put-records.bytes");
    let hour = Nanos::from_secs(3600);
    let explicit: String = section.or("ExplicitHashKey", "none".to_owned());
    let explicit_hash = match explicit.as_str() {
        "none" => ExplicitHash::None,
        "uniform" => ExplicitHash::Uniform,
        number => match HashKey::parse(number) {
            Ok(key) => ExplicitHash::Fixed(key.0),
            Err(message) => {
                section.problem(
                    "ExplicitHashKey",
                    message,
                    "\"none\", \"uniform\" or a decimal number below 2^128",
                );
                ExplicitHash::None
            }
        },
    };
    let keyless = workload
        .sources
        .iter()
        .any(|s| matches!(s.keys, crate::workload::KeyLaw::None | crate::workload::KeyLaw::Trace));
    let keyless_bytes = if keyless {
        facts::setting_in(section, "keyless-key-size", "kinesis.keyless.key-bytes", Bytes(1)..=Bytes(256))
    } else {
        facts::value("kinesis.keyless.key-bytes")
    };
    ProducerConfig {
        batch_records: section.or_in("batch-records", records, 1..=records) as usize,
        batch_bytes: section.or_in("batch-bytes", bytes, Bytes(1)..=bytes).0,
        flush_interval: facts::setting_in(
            section,
            "flush-interval",
            "kinesis.producer.flush",
            Nanos::ZERO..=hour,
        ),
        attempts: facts::setting_in(section, "max-attempts", "kinesis.producer.attempts", 1_u64..=100) as u32,
        backoff_base: facts::setting_in(
            section,
            "backoff-base",
            "kinesis.producer.backoff.base",
            Nanos::ZERO..=hour,
        ),
        backoff_cap: facts::setting_in(
            section,
            "backoff-cap",
            "kinesis.producer.backoff.cap",
            Nanos::ZERO..=hour,
        ),
        requests_max: facts::setting_in(section, "max-requests", "kinesis.producer.requests", 1_u64..=10_000)
            as u32,
        explicit_hash,
        keyless_bytes: keyless_bytes.0,
    }
}

fn read_consumers(section: &Section<'_>, workload: &Workload) -> Vec<ConsumerConfig> {
    let limit: u64 = facts::value("kinesis.get-records.records");
    let read = |name: &String| {
        let section = section.section(name);
        if section.or("mode", "polling".to_owned()) != "polling" {
            section.problem("mode", "only \"polling\" is modelled by this version", "leave `mode` out");
        }
        let idle: Nanos = facts::value("kinesis.kcl.idle");
        let millis = section.or_in("idleTimeBetweenReadsInMillis", idle.0 / 1_000_000, 200..=3_600_000);
        ConsumerConfig { idle: Nanos::from_millis(millis), limit: section.or_in("Limit", limit, 1..=limit) }
    };
    workload.consumers.iter().map(|consumer| read(&consumer.name)).collect()
}

fn read_service(section: &Section<'_>) -> ServiceConfig {
    let minute = Nanos::from_secs(60);
    let put = section.section("put-latency");
    let shard = |what: &str| format!("kinesis.shard.{what}");
    ServiceConfig {
        write_rate: facts::value(&shard("write.bytes")),
        write_burst: facts::setting_in(
            section,
            "write-burst",
            &shard("write.burst"),
            Bytes(1 << 20)..=Bytes(10 << 20),
        ),
        write_records: facts::value(&shard("write.records")),
        write_records_burst: facts::setting_in(
            section,
            "write-records-burst",
            &shard("write.records-burst"),
            1_u64..=100_000,
        ),
        read_rate: facts::value(&shard("read.bytes")),
        read_burst: facts::value(&shard("read.burst")),
        read_calls: facts::value(&shard("read.calls")),
        read_bytes_max: facts::value::<Bytes>("kinesis.get-records.bytes").0,
        put_median: facts::setting_in(&put, "median", "kinesis.put.latency.median", Nanos(1)..=minute),
        put_p99: facts::setting_in(&put, "p99", "kinesis.put.latency.p99", Nanos(1)..=minute),
        get_latency: facts::setting_in(section, "get-latency", "kinesis.get.latency", Nanos::ZERO..=minute),
        get_rate: facts::setting_in(
            section,
            "get-rate",
            "kinesis.get.bytes",
            ByteRate(1)..=ByteRate(1 << 40),
        ),
    }
}
