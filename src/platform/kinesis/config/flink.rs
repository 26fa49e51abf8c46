//! `consumer.<name>` with `library = "FlinkKinesisConsumer"` or `"KinesisStreamsSource"`: a Flink job that reads the stream, as in
//! Managed Service for Apache Flink.
//!
//! # Source
//! <https://github.com/apache/flink-connector-aws>, `ConsumerConfigConstants`, `KinesisSourceConfigOptions` and
//! `KinesisShardSplitReaderBase`; Managed Service for Apache Flink API Reference, CheckpointConfiguration.

use super::consumer::{ConsumerConfig, Prefetch, Reader, Reading};
use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;

/// The old connector, which reads children without waiting for their parents.
pub(super) const CONSUMER: &str = "FlinkKinesisConsumer";
/// The connector since 5.0, which reads parents first.
pub(super) const SOURCE: &str = "KinesisStreamsSource";

/// How a Flink job reads, beyond what all readers have.
#[derive(Clone, Copy, Debug)]
pub struct FlinkConfig {
    /// The pause after an answer without records, counted from its arrival.
    pub after_empty: Nanos,
    /// The pause after a refused call.
    pub after_refusal: Nanos,
    /// How often it looks for new shards.
    pub discovery: Nanos,
    /// The pause between the end of a failure and the restart of the job.
    pub restart: Nanos,
}

/// Whether a Flink job reads for the application.
pub(super) fn reads(section: &Section<'_>) -> bool {
    let library = section.or("library", "KCL".to_owned());
    [CONSUMER, SOURCE].contains(&library.as_str())
}

/// Reads the settings of a job with this connector.
pub(super) fn read(section: &Section<'_>, base: ConsumerConfig, connector: &str) -> ConsumerConfig {
    let (book, source) = (facts::on(section), connector == SOURCE);
    let polling = base.reading == Reading::Polling;
    let millis = |key: &str, id: &str| {
        let usual = book.value::<Nanos>(id).0 / 1_000_000;
        Nanos::from_millis(section.or_in(key, usual, 0..=300_000))
    };
    let (idle, after_empty) = match (polling, source) {
        (false, _) => (base.idle, Nanos::ZERO),
        (true, false) => {
            let key = "SHARD_GETRECORDS_INTERVAL_MILLIS";
            (millis(key, "kinesis.flink.poll"), Nanos::ZERO)
        }
        (true, true) => {
            let key = "READER_EMPTY_RECORDS_FETCH_INTERVAL";
            (Nanos::ZERO, millis(key, "kinesis.flink.empty"))
        }
    };
    let limit = if source {
        "SHARD_GET_RECORDS_MAX"
    } else {
        "SHARD_GETRECORDS_MAX"
    };
    let most = book.value("kinesis.flink.records");
    ConsumerConfig {
        reader: Reader::Flink,
        // A loop that never sleeps still needs a moment between two calls.
        idle: idle.max(Nanos::from_millis(1)),
        limit: if polling {
            section.or_in(limit, most, 1..=base.limit)
        } else {
            base.limit
        },
        checkpoint: facts::setting_in(
            section,
            "checkpoint-interval",
            "kinesis.flink.checkpoint",
            Nanos::from_millis(1)..=Nanos::from_secs(3600),
        ),
        prefetch: Prefetch {
            batches: if source {
                book.value("kinesis.flink.queue")
            } else {
                1
            },
            ..base.prefetch
        },
        children_first: !source,
        flink: Some(FlinkConfig {
            after_empty,
            after_refusal: book.value("kinesis.flink.back-off"),
            discovery: book.value("kinesis.flink.discovery"),
            restart: book.value("kinesis.flink.restart"),
        }),
        ..base
    }
}
