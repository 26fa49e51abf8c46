//! `producer`: who writes, and how it batches, retries and gives up.

use crate::facts::{self, keys};
use crate::platform::kinesis::stream::api;
use crate::platform::kinesis::stream::hash::HashKey;
use crate::settings::Section;
use crate::units::{Bytes, Nanos, Share};
use crate::workload::{KeyLaw, Workload};

/// The library with which producers write.
#[derive(Clone, Debug)]
pub enum Library {
    /// The SDK, one record a call.
    PutRecord,
    /// The SDK, records collected by the application.
    PutRecords,
    /// The Kinesis Producer Library.
    Kpl(KplConfig),
}

/// botocore's retry modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMode {
    /// `legacy`.
    Legacy,
    /// `standard`.
    Standard,
}

/// How the producers write.
#[derive(Clone, Debug)]
pub struct ProducerConfig {
    /// The library with which they write.
    pub library: Library,
    /// The most records of a PutRecords call `[records]`.
    pub batch_records: usize,
    /// The most bytes of a PutRecords call, keys included `[B]`.
    pub batch_bytes: u64,
    /// The longest that a record waits for its call to fill.
    pub flush_interval: Nanos,
    /// How often the application sends a record before it gives up.
    pub attempts: u32,
    /// The longest time before the first retry of the application.
    pub backoff_base: Nanos,
    /// The longest time before any retry of the application.
    pub backoff_cap: Nanos,
    /// The most requests in flight per producer `[requests]`.
    pub requests_max: u32,
    /// `ExplicitHashKey` of every record.
    pub explicit_hash: ExplicitHash,
    /// Length of the random partition key of a record that has none `[B]`.
    pub keyless_bytes: u64,
    /// The SDK's retry mode, for calls that fail as a whole.
    pub retry_mode: RetryMode,
    /// The most attempts of the SDK, the first one included.
    pub sdk_attempts: u32,
    /// Whether the application sends a whole call again when one of its entries failed.
    pub whole_call: bool,
    /// Whether each call carries one aggregate, which goes where the key of its first record belongs.
    pub by_first_key: bool,
    /// Whether a producer that holds as many records as it may makes its source wait, instead of refusing.
    pub blocks: bool,
    /// How long a client waits for an answer.
    pub timeout: Nanos,
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

/// The settings of the KPL, under its own names.
#[derive(Clone, Debug)]
pub struct KplConfig {
    /// `RecordMaxBufferedTime`.
    pub buffered: Nanos,
    /// `RecordTtl`.
    pub ttl: Nanos,
    /// `maxUserRecordSize`.
    pub record_max: u64,
    /// `AggregationEnabled`.
    pub aggregation: bool,
    /// `AggregationMaxCount`.
    pub aggregation_count: u64,
    /// `AggregationMaxSize`.
    pub aggregation_size: u64,
    /// `CollectionMaxCount`.
    pub collection_count: usize,
    /// `CollectionMaxSize`.
    pub collection_size: u64,
    /// How long a record that is complete waits for others of its call, if its deadline does not let it wait longer.
    pub gathering: Nanos,
    /// `RateLimit`: percent of a shard's limits.
    pub rate_limit: u64,
    /// `FailIfThrottled`.
    pub fail_if_throttled: bool,
    /// The time until the shard map is known again after a record was stored by another shard than predicted.
    pub map_refresh: Nanos,
}

/// Reads the table.
pub(super) fn read(section: &Section<'_>, workload: &Workload, record_max: u64) -> ProducerConfig {
    section.knows(|key| keys::refusal(keys::kinesis(), "producer", "a Kinesis producer", key));
    let word = section.choice("library", "SDK", &["SDK", "KPL"]);
    if word == "KPL" && workload.senders.is_some() {
        let message = "the KPL behind another system is not modelled: its `RecordTtl` would count from the source";
        section.problem("library", message, "use the SDK");
    }
    let api = if word == "SDK" {
        section.choice("api", "PutRecords", &["PutRecord", "PutRecords"])
    } else {
        "PutRecords".to_owned()
    };
    let library = match (word.as_str(), api.as_str()) {
        ("KPL", _) => Library::Kpl(read_kpl(section)),
        (_, "PutRecord") => Library::PutRecord,
        _ => Library::PutRecords,
    };
    let base = ProducerConfig {
        explicit_hash: read_explicit_hash(section),
        keyless_bytes: read_keyless(section, workload),
        batch_records: 1,
        batch_bytes: facts::on(section)
            .value::<Bytes>("kinesis.put-records.bytes")
            .0,
        flush_interval: Nanos::ZERO,
        attempts: 1,
        backoff_base: Nanos::ZERO,
        backoff_cap: Nanos::ZERO,
        requests_max: 1,
        retry_mode: RetryMode::Standard,
        sdk_attempts: 1,
        whole_call: false,
        by_first_key: false,
        blocks: section.choice("when-full", "refuse", &["refuse", "block"]) == "block",
        timeout: Nanos::from_secs(60),
        library,
    };
    read_library(section, base, record_max)
}

/// Reads what the library in `base` asks for.
fn read_library(section: &Section<'_>, base: ProducerConfig, record_max: u64) -> ProducerConfig {
    match &base.library {
        Library::Kpl(kpl) if kpl.aggregation_size > record_max => {
            section.problem(
                "AggregationMaxSize",
                format!(
                    "aggregates of {} B are larger than a record of the stream",
                    kpl.aggregation_size
                ),
                format!("`MaxRecordSizeInKiB` allows {record_max} B"),
            );
            base
        }
        Library::Kpl(_) => ProducerConfig {
            requests_max: facts::setting_in(
                section,
                "MaxConnections",
                "kinesis.kpl.connections",
                1_u64..=128,
            ) as u32,
            timeout: millis(
                section,
                "RequestTimeout",
                "kinesis.kpl.timeout",
                100..=600_000,
            ),
            ..base
        },
        _ => read_aggregation(section, read_sdk(section, base), record_max),
    }
}

/// What counts as for ever: a `RecordTtl` of 200 years.
const TTL_MAX: Nanos = Nanos::from_secs(200 * 365 * 86_400);

/// `aggregation` of a producer with the SDK: none, or aggregates of any keys that go where the first key belongs.
fn read_aggregation(
    section: &Section<'_>,
    base: ProducerConfig,
    record_max: u64,
) -> ProducerConfig {
    let word = section.choice("aggregation", "none", &["none", "by-first-key"]);
    if word == "none" {
        return base;
    }
    if matches!(base.library, Library::PutRecord) {
        let message = "with `api = \"PutRecord\"` each record goes alone";
        section.problem(
            "aggregation",
            message,
            "leave `api` out: each call carries one aggregate",
        );
    }
    ProducerConfig {
        by_first_key: true,
        batch_records: usize::MAX,
        // An aggregate is one record of the stream; its frame and its own key need some room.
        batch_bytes: record_max.saturating_sub(AGGREGATE_FRAME),
        ..base
    }
}

/// Room for the frame of an aggregate and for its partition key `[B]`.
const AGGREGATE_FRAME: u64 = 20 + 256;

/// A time that its library gives as a whole number of milliseconds.
fn millis(
    section: &Section<'_>,
    key: &str,
    id: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Nanos {
    let usual: Nanos = facts::on(section).value(id);
    let milliseconds = section.or_in(key, usual.0 / 1_000_000, range);
    Nanos(milliseconds.saturating_mul(1_000_000))
}

fn read_sdk(section: &Section<'_>, base: ProducerConfig) -> ProducerConfig {
    let records: u64 = facts::on(section).value("kinesis.put-records.records");
    let bytes: Bytes = facts::on(section).value("kinesis.put-records.bytes");
    let hour = Nanos::from_secs(3600);
    let single = matches!(base.library, Library::PutRecord);
    let time = |key: &str, id: &str| facts::setting_in(section, key, id, Nanos::ZERO..=hour);
    let retries = section.section("retries");
    let mode = retries.choice("mode", "legacy", &["legacy", "standard"]);
    let (retry_mode, id) = match mode.as_str() {
        "standard" => (RetryMode::Standard, "kinesis.sdk.attempts.standard"),
        _ => (RetryMode::Legacy, "kinesis.sdk.attempts.legacy"),
    };
    let usual: u64 = facts::on(section).value(id);
    let usual_timeout: Nanos = facts::on(section).value("kinesis.sdk.timeout");
    let timeout_s = section.or_in("read_timeout", usual_timeout.0 / 1_000_000_000, 1..=3600);
    let attempts = if single {
        section.or_in("max-attempts", 1_u64, 1..=100)
    } else {
        facts::setting_in(
            section,
            "max-attempts",
            "kinesis.producer.attempts",
            1_u64..=100,
        )
    };
    ProducerConfig {
        batch_records: if single {
            1
        } else {
            section.or_in("batch-records", records, 1..=records) as usize
        },
        batch_bytes: if single {
            bytes.0
        } else {
            section.or_in("batch-bytes", bytes, Bytes(1)..=bytes).0
        },
        flush_interval: if single {
            Nanos::ZERO
        } else {
            time("flush-interval", "kinesis.producer.flush")
        },
        attempts: attempts as u32,
        backoff_base: time("backoff-base", "kinesis.producer.backoff.base"),
        backoff_cap: time("backoff-cap", "kinesis.producer.backoff.cap"),
        requests_max: facts::setting_in(
            section,
            "max-requests",
            "kinesis.producer.requests",
            1_u64..=10_000,
        ) as u32,
        retry_mode,
        sdk_attempts: retries.or_in("max_attempts", usual, 1..=100) as u32,
        whole_call: !single && section.or("retry-whole-call", false),
        timeout: Nanos::from_secs(timeout_s),
        ..base
    }
}

/// `kpl-version`: from 0.14 on a record that is complete waits a little for others, so that calls carry more.
fn read_gathering(section: &Section<'_>, aggregation: bool, buffered: Nanos) -> Nanos {
    let version = section.choice("kpl-version", "1.0", &["0.13", "0.14", "0.15", "1.0"]);
    if version == "0.13" || !aggregation {
        return Nanos::ZERO;
    }
    let share: Share = facts::on(section).value("kinesis.kpl.gathering.share");
    let most: Nanos = facts::on(section).value("kinesis.kpl.gathering.highest");
    Nanos((buffered.0 as f64 * share.fraction()) as u64).min(most)
}

fn read_kpl(section: &Section<'_>) -> KplConfig {
    let size = |key: &str, id: &str, range: std::ops::RangeInclusive<u64>| {
        section.or_in(key, facts::on(section).value::<Bytes>(id).0, range)
    };
    let key = "RecordMaxBufferedTime";
    let buffered = millis(section, key, "kinesis.kpl.buffered", 0..=3_600_000);
    let aggregation = section.or("AggregationEnabled", true);
    KplConfig {
        buffered,
        gathering: read_gathering(section, aggregation, buffered),
        ttl: millis(
            section,
            "RecordTtl",
            "kinesis.kpl.ttl",
            100..=i64::MAX as u64,
        )
        .min(TTL_MAX),
        record_max: facts::on(section)
            .value::<Bytes>("kinesis.kpl.record.max")
            .0,
        aggregation,
        aggregation_count: section.or_in(
            "AggregationMaxCount",
            facts::on(section).value("kinesis.kpl.aggregation.count"),
            1..=u64::from(u32::MAX),
        ),
        aggregation_size: size(
            "AggregationMaxSize",
            "kinesis.kpl.aggregation.size",
            64..=10_485_760,
        ),
        collection_count: section.or_in(
            "CollectionMaxCount",
            facts::on(section).value("kinesis.kpl.collection.count"),
            1..=500_u64,
        ) as usize,
        collection_size: size(
            "CollectionMaxSize",
            "kinesis.kpl.collection.size",
            52_224..=10_485_760,
        ),
        rate_limit: section.or_in(
            "RateLimit",
            facts::on(section).value("kinesis.kpl.rate-limit"),
            1..=100_000,
        ),
        fail_if_throttled: section.or("FailIfThrottled", false),
        map_refresh: facts::setting_in(
            section,
            "map-refresh",
            "kinesis.kpl.map-refresh",
            Nanos::ZERO..=Nanos::from_secs(3600),
        ),
    }
}

fn read_explicit_hash(section: &Section<'_>) -> ExplicitHash {
    let explicit: String = section.or("ExplicitHashKey", "none".to_owned());
    match explicit.as_str() {
        "none" => ExplicitHash::None,
        "uniform" => ExplicitHash::Uniform,
        number => match api::hash_key(number) {
            Ok(HashKey(key)) => ExplicitHash::Fixed(key),
            Err(refusal) => {
                let help = "\"none\", \"uniform\" or a decimal number below 2^128";
                section.problem("ExplicitHashKey", refusal.to_string(), help);
                ExplicitHash::None
            }
        },
    }
}

fn read_keyless(section: &Section<'_>, workload: &Workload) -> u64 {
    let keyless = workload
        .sources
        .iter()
        .any(|s| matches!(s.keys, KeyLaw::None | KeyLaw::Trace));
    let id = "kinesis.keyless.key-bytes";
    let bytes: Bytes = if keyless {
        facts::setting_in(section, "keyless-key-size", id, Bytes(1)..=Bytes(256))
    } else {
        facts::on(section).value(id)
    };
    bytes.0
}
