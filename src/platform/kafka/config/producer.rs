//! `producer`: every producer of the system.

use super::client::{self, Client};
use super::transactions::{self, Transactions};
use super::{ClusterConfig, INT_MAX, assumed};
use crate::facts::{self, keys};
use crate::platform::kafka::key_hash::KeyHash;
use crate::settings::Section;
use crate::units::Nanos;
use crate::workload::Workload;

/// `acks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// `0`: none.
    None,
    /// `1`: the leader's.
    Leader,
    /// `all`: of every in-sync replica.
    All,
}

/// How records without a key, or all, find their partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partitioner {
    /// Built in since 3.3: a partition keeps its turn for `batch.size` bytes (KIP-794).
    Uniform,
    /// `DefaultPartitioner` of 2.4 to 3.2: until a batch is complete (KIP-480).
    Sticky,
    /// `RoundRobinPartitioner`: record by record, keys or not.
    RoundRobin,
    /// Sarama and KafkaJS: any partition, record by record.
    Random,
}

/// How a client repeats what failed.
#[derive(Clone, Debug)]
pub struct RetryConfig {
    /// `retries`.
    pub retries: u64,
    /// `retry.backoff.ms`.
    pub backoff: Nanos,
    /// `retry.backoff.max.ms`.
    pub backoff_max: Nanos,
    /// Whether the back-off doubles and jitters (3.7 and later).
    pub backoff_grows: bool,
}

/// How records find their partitions.
#[derive(Clone, Debug)]
pub struct PartitioningConfig {
    /// The partitioner.
    pub partitioner: Partitioner,
    /// The hash of each source's keys.
    pub hashes: Vec<KeyHash>,
    /// `partitioner.adaptive.partitioning.enable`.
    pub adaptive: bool,
    /// `partitioner.ignore.keys`.
    pub ignore_keys: bool,
}

/// The producer.
#[derive(Clone, Debug)]
pub struct ProducerConfig {
    /// `acks`.
    pub acks: Acks,
    /// `enable.idempotence`.
    pub idempotent: bool,
    /// Transactions, with a `transactional.id`.
    pub transactions: Option<Transactions>,
    /// `batch.size`.
    pub batch_size: u64,
    /// `linger.ms`.
    pub linger: Nanos,
    /// `buffer.memory`.
    pub buffer_memory: u64,
    /// `max.request.size`.
    pub request_max: u64,
    /// `max.in.flight.requests.per.connection`.
    pub in_flight_max: u32,
    /// `max.block.ms`.
    pub block_max: Nanos,
    /// `delivery.timeout.ms`.
    pub delivery_timeout: Nanos,
    /// `request.timeout.ms`.
    pub request_timeout: Nanos,
    /// How a client repeats what failed.
    pub retry: RetryConfig,
    /// Whether errors carry the new leader (3.7 and later).
    pub leader_hints: bool,
    /// `metadata.max.age.ms`.
    pub metadata_age: Nanos,
    /// `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
    pub reconnect: (Nanos, Nanos),
    /// How records find their partitions.
    pub partitioning: PartitioningConfig,
    /// Bytes of records before compression for each byte after it; 1 is none.
    pub compression: f64,
    /// Client time to compress a byte `[ns]`.
    pub compress_ns: f64,
    /// Client time per partition each time that the sender goes through all of them.
    pub per_partition: Nanos,
}

pub(super) fn read(
    section: &Section<'_>,
    cluster: &ClusterConfig,
    partitions: u32,
    workload: &Workload,
) -> ProducerConfig {
    section.knows(|key| keys::refusal(keys::kafka(), "producer", "the Kafka producer", key));
    let client = client::read(section);
    let number = |key: &str, low: u64, high: u64| {
        let java = || format!("kafka.{}", key.replace(".requests.per.connection", ""));
        let id = client.fact(key).unwrap_or_else(java);
        facts::setting_in(section, client.name_of(section, key), &id, low..=high)
    };
    let version = client::read_version(section);
    let (compression, compress_ns) = read_compression(section);
    let walk = Nanos::ZERO..=Nanos::from_millis(1);
    let acks = read_acks(section, client, &version);
    let in_flight_max = number("max.in.flight.requests.per.connection", 1, 1_000_000) as u32;
    let (hash, partitioner) = client::read_partitioner(section, client, &version);
    let adaptive = section.or("partitioner.adaptive.partitioning.enable", true);
    let idempotent = read_idempotence(section, client, acks, in_flight_max, &version);
    let modern = !matches!(version.as_str(), "2.8" | "3.2" | "3.6");
    let config = ProducerConfig {
        acks,
        idempotent,
        transactions: transactions::read(section, acks, idempotent),
        batch_size: number("batch.size", 0, 1 << 30),
        linger: read_linger(section, client, &version),
        buffer_memory: number("buffer.memory", 0, 1 << 40),
        request_max: number("max.request.size", 0, INT_MAX),
        in_flight_max,
        block_max: Nanos::from_millis(number("max.block.ms", 0, INT_MAX)),
        delivery_timeout: Nanos::from_millis(number("delivery.timeout.ms", 0, INT_MAX)),
        request_timeout: Nanos::from_millis(number("request.timeout.ms", 1, INT_MAX)),
        retry: RetryConfig {
            retries: number("retries", 0, INT_MAX),
            backoff: Nanos::from_millis(number("retry.backoff.ms", 1, INT_MAX)),
            backoff_max: Nanos::from_millis(number("retry.backoff.max.ms", 1, INT_MAX)),
            backoff_grows: modern,
        },
        leader_hints: modern && cluster.hints,
        metadata_age: Nanos::from_millis(number("metadata.max.age.ms", 1, INT_MAX)),
        reconnect: (
            Nanos::from_millis(number("reconnect.backoff.ms", 1, INT_MAX)),
            Nanos::from_millis(number("reconnect.backoff.max.ms", 1, INT_MAX)),
        ),
        partitioning: PartitioningConfig {
            partitioner,
            hashes: client::read_hashes(section, workload, hash, partitions),
            adaptive: adaptive && partitioner == Partitioner::Uniform,
            ignore_keys: section.or("partitioner.ignore.keys", false),
        },
        compression,
        compress_ns,
        per_partition: assumed(section, "sender-partition", walk, partitions >= 100),
    };
    check(section, &config);
    config
}

fn read_acks(section: &Section<'_>, client: Client, version: &str) -> Acks {
    let first = version == "2.8" || client == Client::Sarama;
    let usual = if first { "1" } else { "all" };
    let key = client.name_of(section, "acks");
    match section.or(key, usual.to_owned()).as_str() {
        "all" | "-1" => Acks::All,
        "1" => Acks::Leader,
        "0" => Acks::None,
        other => {
            let message = format!("`acks` cannot be `{other}`");
            section.problem("acks", message, "\"all\", \"1\" or \"0\", in quotes");
            Acks::All
        }
    }
}

/// On by default since 3.0 where the other settings allow it; asked for with others that do not: an error.
fn read_idempotence(
    section: &Section<'_>,
    client: Client,
    acks: Acks,
    in_flight: u32,
    version: &str,
) -> bool {
    let transactional = section.has("transactional.id");
    if client != Client::Java && !transactional && !section.has("enable.idempotence") {
        return section.or("enable.idempotence", false);
    }
    let possible = acks == Acks::All && in_flight <= 5;
    if !section.has("enable.idempotence") {
        let falls_back = acks != Acks::All || !version.starts_with('4');
        if !possible && !falls_back {
            section.problem(
                "max.in.flight.requests.per.connection",
                "an idempotent producer has at most 5 requests in flight",
                "since 4.0 this is an error; set `enable.idempotence = false` or 5 and fewer",
            );
        }
        let idempotent = possible && (version != "2.8" || transactional);
        return section.or("enable.idempotence", idempotent);
    }
    let asked = section.or("enable.idempotence", true);
    if asked && !possible {
        section.problem(
            "enable.idempotence",
            "an idempotent producer needs acks=all and at most 5 requests in flight",
            "Kafka throws a ConfigException for it",
        );
    }
    asked
}

/// How long a batch waits for more records.
fn read_linger(section: &Section<'_>, client: Client, version: &str) -> Nanos {
    let java = if version.starts_with('4') {
        "kafka.linger.ms"
    } else {
        "kafka.linger.ms.3x"
    };
    let id = client.fact("linger.ms").unwrap_or_else(|| java.to_owned());
    let usual = facts::on(section).value(&id);
    Nanos::from_millis(section.or_in(client.name_of(section, "linger.ms"), usual, 0..=INT_MAX))
}

/// What compression does to bytes depends on the data: the ratio is the scenario's to say.
fn read_compression(section: &Section<'_>) -> (f64, f64) {
    let word = section.choice(
        "compression.type",
        "none",
        &["none", "gzip", "snappy", "lz4", "zstd"],
    );
    if word == "none" {
        if section.has("compression-ratio") {
            section.problem(
                "compression-ratio",
                "nothing is compressed",
                "set `compression.type` too",
            );
        }
        return (1.0, 0.0);
    }
    let ratio = section.need_in("compression-ratio", 1.0..=10_000.0);
    let rate: crate::units::ByteRate = facts::setting(
        section,
        "compression-rate",
        &format!("kafka.model.compression-rate.{word}"),
    );
    (ratio, 1e9 / rate.0.max(1) as f64)
}

fn check(section: &Section<'_>, config: &ProducerConfig) {
    if config.batch_size > config.buffer_memory {
        section.problem(
            "batch.size",
            "`batch.size` is larger than `buffer.memory`",
            "no batch could ever be allocated",
        );
    }
    let least = config.linger + config.request_timeout;
    if config.delivery_timeout < least {
        section.problem(
            "delivery.timeout.ms",
            format!(
                "`delivery.timeout.ms` is {}",
                config.delivery_timeout.0 / 1_000_000
            ),
            format!("Kafka wants at least `linger.ms` + `request.timeout.ms` (here {least})"),
        );
    }
}
