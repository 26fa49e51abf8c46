//! `consumer.<name>`: how each application reads this stream.

use super::flink::{self, FlinkConfig};
use super::lease_table::LeaseTableConfig;
use super::mapping::MappingConfig;
use crate::facts::{self, keys};
use crate::settings::Section;
use crate::units::{Bytes, Nanos};
use crate::workload::{Consumer, SinkConfig, Workload};

/// The way in which records come to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// GetRecords, shared throughput.
    Polling,
    /// SubscribeToShard, throughput of its own.
    FanOut,
}

/// `InitialPositionInStream`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The oldest record that is retained.
    TrimHorizon,
    /// Just after the newest record.
    Latest,
    /// The first record that was stored at this instant or later, counted from the beginning of the run.
    AtTimestamp(Nanos),
}

/// What reads for an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The Kinesis Client Library with its leases.
    Kcl,
    /// A loop over GetRecords with the SDK, or a connector that has one: each worker has its shards for good.
    Sdk,
    /// Amazon Data Firehose.
    Firehose,
    /// A Flink job.
    Flink,
    /// A Lambda event source mapping.
    Mapping,
}

/// How much a reader fetches ahead, per shard.
#[derive(Clone, Copy, Debug)]
pub struct Prefetch {
    /// `maxPendingProcessRecordsInput`.
    pub batches: u64,
    /// `maxCacheByteSize`.
    pub bytes: u64,
    /// `maxRecordsCount`.
    pub records: u64,
}

/// How one consumer application reads.
#[derive(Clone, Debug)]
pub struct ConsumerConfig {
    /// The way in which records come to it.
    pub reading: Reading,
    /// What reads for it.
    pub reader: Reader,
    /// The settings of a Lambda event source mapping: no workers, no leases.
    pub mapping: Option<MappingConfig>,
    /// The settings of a Flink job.
    pub flink: Option<FlinkConfig>,
    /// The generation of the KCL: 1, 2 or 3.
    pub kcl: u64,
    /// `idleTimeBetweenReadsInMillis`.
    pub idle: Nanos,
    /// `Limit` of GetRecords.
    pub limit: u64,
    /// `InitialPositionInStream`.
    pub position: Position,
    /// `ConsumerName` of the consumer that it registers; its own name if it says none.
    pub consumer_name: String,
    /// Whether another application before it uses the same registered consumer.
    pub shares_consumer: bool,
    /// When the application is deployed.
    pub starts_at: Nanos,
    /// `failoverTimeMillis`.
    pub failover: Nanos,
    /// How long the lease of a shard that was read to its end stays in the table.
    pub clean_up: Nanos,
    /// `parentShardPollIntervalMillis`.
    pub parent_poll: Nanos,
    /// How often the application checkpoints; zero is after every processRecords.
    pub checkpoint: Nanos,
    /// How much it fetches ahead.
    pub prefetch: Prefetch,
    /// The lease table, if it has provisioned capacity.
    pub table: Option<LeaseTableConfig>,
    /// Whether children are read without waiting for their parents, which is wrong and shown for teaching.
    pub children_first: bool,
    /// The KCL's slack for its own timers.
    pub slack: Nanos,
    /// The most bytes of an answer that the reader takes `[B]`.
    pub payload: u64,
}

impl ConsumerConfig {
    /// Whether it is a Lambda event source mapping.
    #[must_use]
    pub fn is_lambda(&self) -> bool {
        self.reader == Reader::Mapping
    }

    /// Whether workers take leases and write checkpoints into a table.
    #[must_use]
    pub fn has_leases(&self) -> bool {
        self.reader == Reader::Kcl
    }

    /// Whether its library opens aggregates and drops user records whose hash lies on another shard: the KCL does so, and
    /// FlinkKinesisConsumer with the code of the KCL.
    #[must_use]
    pub fn opens_aggregates(&self) -> bool {
        self.has_leases() || (self.flink.is_some() && self.children_first)
    }

    /// Whether the service itself runs the readers, which go on when a zone is lost.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        matches!(self.reader, Reader::Firehose | Reader::Mapping)
    }
}

/// Reads the table.
pub(super) fn read(section: &Section<'_>, workload: &Workload) -> Vec<ConsumerConfig> {
    let consumers = workload.consumers.iter();
    let read = consumers.map(|consumer| read_one(&section.entry(&consumer.name), consumer));
    let mut all: Vec<ConsumerConfig> = read.collect();
    for n in 1..all.len() {
        let (before, own) = all.split_at_mut(n);
        let same = |other: &ConsumerConfig| {
            other.reading == Reading::FanOut && other.consumer_name == own[0].consumer_name
        };
        own[0].shares_consumer = own[0].reading == Reading::FanOut && before.iter().any(same);
    }
    all
}

fn read_one(section: &Section<'_>, consumer: &Consumer) -> ConsumerConfig {
    section.knows(|key| keys::refusal(keys::kinesis(), "consumer", "a Kinesis consumer", key));
    let mode = section.choice(
        "mode",
        "polling",
        &["polling", "enhanced-fan-out", "lambda", "firehose"],
    );
    let lambda = mode == "lambda";
    if lambda && !matches!(consumer.sink, SinkConfig::None) {
        let message = format!(
            "`{}` has a sink and is a Lambda mapping as well",
            consumer.name
        );
        section.problem(
            "mode",
            message,
            "the function is the sink: leave `sink` out, or read another way",
        );
    }
    let push = mode == "enhanced-fan-out" || (lambda && section.or("enhanced-fan-out", false));
    let reading = read_way(section, push);
    let base = ConsumerConfig {
        reading,
        reader: Reader::Kcl,
        mapping: None,
        flink: None,
        kcl: 3,
        idle: facts::on(section).value("kinesis.lambda.poll"),
        limit: facts::on(section).value("kinesis.get-records.records"),
        position: read_position(section),
        consumer_name: read_consumer_name(section, consumer, push),
        shares_consumer: false,
        starts_at: section.or_in(
            "starts-at",
            Nanos::ZERO,
            Nanos::ZERO..=Nanos::from_secs(366 * 86_400),
        ),
        failover: facts::on(section).value("kinesis.kcl.failover"),
        clean_up: facts::on(section).value("kinesis.kcl.clean-up"),
        parent_poll: facts::on(section).value("kinesis.kcl.parent-poll"),
        checkpoint: Nanos::ZERO,
        prefetch: Prefetch {
            batches: facts::on(section).value("kinesis.kcl.prefetch.batches"),
            bytes: facts::on(section)
                .value::<Bytes>("kinesis.kcl.prefetch.bytes")
                .0,
            records: facts::on(section).value("kinesis.kcl.prefetch.records"),
        },
        table: None,
        children_first: false,
        slack: facts::on(section).value("kinesis.kcl.slack"),
        payload: u64::MAX,
    };
    match mode.as_str() {
        "lambda" => read_lambda(section, base),
        "firehose" => firehose(section, base),
        _ => read_library(section, base),
    }
}

fn read_position(section: &Section<'_>) -> Position {
    let usual = if flink::reads(section) {
        "LATEST"
    } else {
        "TRIM_HORIZON"
    };
    let word = section.choice(
        "InitialPositionInStream",
        usual,
        &["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"],
    );
    match word.as_str() {
        "LATEST" => Position::Latest,
        "AT_TIMESTAMP" => Position::AtTimestamp(read_timestamp(section)),
        _ => Position::TrimHorizon,
    }
}

/// `Timestamp` of an iterator of the type AT_TIMESTAMP, which must not lie in the future.
fn read_timestamp(section: &Section<'_>) -> Nanos {
    let timestamp: Nanos = section.need("Timestamp");
    if timestamp > section.or("starts-at", Nanos::ZERO) {
        section.problem(
            "Timestamp",
            "the application begins before this instant",
            "name an instant of the run that is past when it begins (`starts-at`)",
        );
    }
    timestamp
}

/// A consumer on a library: the KCL, a Flink job, or a plain loop with the SDK.
fn read_library(section: &Section<'_>, base: ConsumerConfig) -> ConsumerConfig {
    let all = ["KCL", flink::CONSUMER, flink::SOURCE, "SDK"];
    let pushed = base.reading == Reading::FanOut;
    let libraries = if pushed { &all[..3] } else { &all[..] };
    match section.choice("library", "KCL", libraries).as_str() {
        "KCL" => read_kcl(section, base),
        "SDK" => read_loop(section, base),
        connector => flink::read(section, base, connector),
    }
}

/// A plain loop with the SDK.
fn read_loop(section: &Section<'_>, base: ConsumerConfig) -> ConsumerConfig {
    let idle = section.or_in("idleTimeBetweenReadsInMillis", 1000_u64, 0..=3_600_000);
    ConsumerConfig {
        reader: Reader::Sdk,
        // A loop that never sleeps still needs a moment between two calls.
        idle: Nanos::from_millis(idle.max(1)),
        limit: section.or_in("Limit", base.limit, 1..=base.limit),
        prefetch: Prefetch {
            batches: 1,
            ..base.prefetch
        },
        ..base
    }
}

/// Amazon Data Firehose: it calls GetRecords of each shard at a fixed pace, from LATEST on.
///
/// # Source
/// <https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html>.
fn firehose(section: &Section<'_>, base: ConsumerConfig) -> ConsumerConfig {
    ConsumerConfig {
        reader: Reader::Firehose,
        idle: facts::on(section).value("kinesis.firehose.poll"),
        position: Position::Latest,
        ..base
    }
}

/// `idleTimeBetweenReadsInMillis` of the KCL, which takes no less than 200 ms; the API has no such limit.
fn read_idle(section: &Section<'_>, usual: u64) -> Nanos {
    let key = "idleTimeBetweenReadsInMillis";
    let idle = section.or_in(key, usual, 0..=3_600_000);
    if idle < KCL_IDLE_LEAST {
        let help = "a loop with the SDK may ask again at once: `library = \"SDK\"`";
        section.problem(
            key,
            format!("the KCL takes no less than {KCL_IDLE_LEAST} ms"),
            help,
        );
    }
    Nanos::from_millis(idle)
}

/// The least idle time of the KCL `[ms]`.
const KCL_IDLE_LEAST: u64 = 200;

/// The way in which records come; pushing is refused on days before it existed.
fn read_way(section: &Section<'_>, push: bool) -> Reading {
    if !push {
        return Reading::Polling;
    }
    facts::on(section).refuse_before(section, "mode", "enhanced fan-out", "kinesis.efo.rate");
    Reading::FanOut
}

/// `ConsumerName` of a registered consumer; its own name if it says none.
fn read_consumer_name(section: &Section<'_>, consumer: &Consumer, push: bool) -> String {
    if push {
        return section.or("ConsumerName", consumer.name.clone());
    }
    consumer.name.clone()
}

fn read_prefetch(section: &Section<'_>, usual: Prefetch) -> Prefetch {
    Prefetch {
        batches: section.or_in("maxPendingProcessRecordsInput", usual.batches, 1..=1000),
        bytes: section.or_in("maxCacheByteSize", usual.bytes, 1..=1 << 40),
        records: section.or_in("maxRecordsCount", usual.records, 1..=1 << 40),
    }
}

fn read_kcl(section: &Section<'_>, base: ConsumerConfig) -> ConsumerConfig {
    let kcl = section.or_in("kcl", 3_u64, 1..=3);
    // The idle time changed with the generation: the oldest row is the first one's.
    let first = facts::history("kinesis.kcl.idle")
        .first()
        .and_then(|fact| fact.value.parse().ok());
    let in_force: Nanos = facts::on(section).value("kinesis.kcl.idle");
    let idle = match (kcl, first) {
        (1, Some(first)) => first,
        _ => in_force.0 / 1_000_000,
    };
    let polling = base.reading == Reading::Polling;
    let millis = |key: &str, usual: u64, least: u64| {
        Nanos::from_millis(section.or_in(key, usual, least..=3_600_000))
    };
    let fact_ms = |id: &str| facts::on(section).value::<Nanos>(id).0 / 1_000_000;
    let hour = Nanos::from_secs(3600);
    ConsumerConfig {
        kcl,
        idle: if polling {
            read_idle(section, idle)
        } else {
            base.idle
        },
        limit: if polling {
            section.or_in("Limit", base.limit, 1..=base.limit)
        } else {
            base.limit
        },
        failover: millis("failoverTimeMillis", fact_ms("kinesis.kcl.failover"), 100),
        parent_poll: millis(
            "parentShardPollIntervalMillis",
            fact_ms("kinesis.kcl.parent-poll"),
            1,
        ),
        checkpoint: facts::setting_in(
            section,
            "checkpoint-interval",
            "kinesis.kcl.checkpoint",
            Nanos::ZERO..=hour,
        ),
        prefetch: read_prefetch(section, base.prefetch),
        table: LeaseTableConfig::read(section, kcl),
        children_first: section.or("children-before-parents", false),
        ..base
    }
}

fn read_lambda(section: &Section<'_>, base: ConsumerConfig) -> ConsumerConfig {
    let mapping = MappingConfig::read(section);
    ConsumerConfig {
        reader: Reader::Mapping,
        payload: mapping.payload,
        mapping: Some(mapping),
        ..base
    }
}
