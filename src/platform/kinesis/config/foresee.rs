//! What is known of a stream before a run: the mean load against the limits of its shards.
//!
//! # Source
//! The quotas of the developer guide <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>.

use super::{Config, ConsumerConfig, Library, Reader, Reading};
use crate::platform::foresee::{Foreseen, bytes, three};
use crate::platform::kinesis::stream::control::Mode;
use crate::units::counted;
use crate::workload::Workload;

/// The sums of a stream.
pub(in super::super) fn sums(config: &Config, workload: &Workload) -> Vec<Foreseen> {
    let shards = f64::from(config.shard_count);
    let mut sums: Vec<Foreseen> = Vec::new();
    if let Some(records) = workload.record_rate().filter(|_| !aggregates(config)) {
        sums.push(records_written(config, records, shards));
    }
    if let Some(data) = workload.data_rate() {
        sums.push(bytes_written(config, data, shards));
        sums.extend(hottest_key(config, workload));
        sums.extend(bytes_read(config, workload, data, shards));
        sums.push(stored(config, data));
    }
    sums.extend(calls(config));
    sums.extend(
        config
            .consumers
            .iter()
            .filter_map(|consumer| renewals(consumer, shards)),
    );
    sums
}

/// Whether many records of the workload become one of Kinesis.
fn aggregates(config: &Config) -> bool {
    match &config.producer.library {
        Library::Kpl(kpl) => kpl.aggregation,
        Library::PutRecord | Library::PutRecords => false,
    }
}

/// A sum about shards, of which an on-demand stream makes more by itself.
fn of_shards(sum: Foreseen, config: &Config) -> Foreseen {
    let help = "give more shards (`ShardCount`), or fewer or larger records";
    if keeps_shards(config) {
        sum.or_warn("lanes-too-small", "ShardCount", help)
    } else {
        sum
    }
}

/// Whether nobody but the owner changes the number of shards.
fn keeps_shards(config: &Config) -> bool {
    config.mode == Mode::Provisioned && config.policy.is_none()
}

/// The shards at the beginning, in words.
fn shards_in_words(config: &Config) -> String {
    counted(u64::from(config.shard_count), "shard")
}

fn records_written(config: &Config, records: f64, shards: f64) -> Foreseen {
    let limit = config.service.shard.write_records as f64;
    let sum = format!(
        "{} records/s over {} with {limit} each",
        three(records),
        shards_in_words(config)
    );
    of_shards(
        Foreseen::new("records written", records, limit * shards, sum),
        config,
    )
}

fn bytes_written(config: &Config, data: f64, shards: f64) -> Foreseen {
    let limit = config.service.shard.write_rate;
    let sum = format!(
        "{}/s over {} with {limit} each",
        bytes(data),
        shards_in_words(config)
    );
    let sum = Foreseen::new("bytes written", data, limit.0 as f64 * shards, sum);
    of_shards(sum, config)
}

/// A key is in one shard, however many there are.
fn hottest_key(config: &Config, workload: &Workload) -> Option<Foreseen> {
    let key = workload.hottest_key()?;
    let (limit, rate) = (
        config.service.shard.write_records as f64,
        config.service.shard.write_rate,
    );
    let by_records = (key.records / limit, limit);
    let by_bytes = (key.bytes / rate.0 as f64, rate.0 as f64);
    let share = three(100.0 * key.share);
    let by_count = by_records.0 > by_bytes.0 && !aggregates(config);
    let sum = if by_count {
        format!(
            "{share} % of the records are {} records/s, a shard takes {limit}",
            three(key.records)
        )
    } else {
        format!(
            "{share} % of the records are {}/s, a shard takes {rate}",
            bytes(key.bytes)
        )
    };
    let (asked, limit) = if by_count {
        (key.records, by_records.1)
    } else {
        (key.bytes, by_bytes.1)
    };
    let help = "spread the key over several, as with a random suffix; more shards do not help";
    Some(Foreseen::new("hottest key", asked, limit, sum).or_warn("hottest-key", "", help))
}

/// The applications that poll, which share the reads of each shard.
fn pollers(config: &Config) -> impl Iterator<Item = &ConsumerConfig> {
    let polls = |consumer: &&ConsumerConfig| consumer.reading != Reading::FanOut;
    config.consumers.iter().filter(polls)
}

fn bytes_read(config: &Config, workload: &Workload, data: f64, shards: f64) -> Option<Foreseen> {
    let readers = pollers(config).count().min(workload.consumers.len());
    let limit = config.service.shard.read_rate;
    let asked = data * readers as f64;
    let sum = format!(
        "{} x {}/s, {} with {limit} each",
        counted(readers as u64, "polling application"),
        bytes(data),
        shards_in_words(config)
    );
    let help = "let applications read by enhanced fan-out, or give more shards";
    let sum = Foreseen::new("bytes read by polling", asked, limit.0 as f64 * shards, sum);
    let sum = if keeps_shards(config) {
        sum.or_warn("reads-too-slow", "", help)
    } else {
        sum
    };
    (readers > 0).then_some(sum)
}

/// Each poller of a shard calls GetRecords once in its idle time at most.
fn calls(config: &Config) -> Option<Foreseen> {
    let loops = pollers(config).filter(|consumer| consumer.reader != Reader::Firehose);
    let rates = loops.map(|consumer| 1.0 / consumer.idle.as_secs_f64().max(1e-3));
    let (asked, limit) = (rates.sum::<f64>(), config.service.shard.read_calls as f64);
    let sum = format!(
        "{} GetRecords calls/s on a shard by all polling applications, {limit} are allowed",
        three(asked)
    );
    let help = "let applications read by enhanced fan-out, or poll less often (`idleTimeBetweenReadsInMillis`)";
    let sum = Foreseen::new("reading calls", asked, limit, sum);
    (asked > 0.0).then(|| sum.or_warn("too-many-pollers", "", help))
}

/// The writes to a lease table of provisioned capacity: renewals, and checkpoints at their interval.
fn renewals(consumer: &ConsumerConfig, shards: f64) -> Option<Foreseen> {
    let table = consumer.table.as_ref()?;
    let slack = consumer.slack.as_secs_f64();
    let period = (consumer.failover.as_secs_f64() / 3.0 - slack).max(1e-3);
    let writes = shards / period + shards / consumer.checkpoint.as_secs_f64().max(1.0);
    let sum = format!(
        "{} leases that are renewed every {} s and checkpointed are {} writes/s, the table has {}",
        three(shards),
        three(period),
        three(writes),
        table.write
    );
    Some(Foreseen::new(
        "lease table",
        writes,
        table.write as f64,
        sum,
    ))
}

fn stored(config: &Config, data: f64) -> Foreseen {
    let kept = data * config.retention.as_secs_f64();
    let sum = format!(
        "{}/s x {} are {}, for which a stream has no limit",
        bytes(data),
        config.retention,
        bytes(kept)
    );
    Foreseen::told("storage", sum)
}
