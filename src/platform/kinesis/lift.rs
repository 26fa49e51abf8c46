//! The same stream without one limit.

use super::{Config, ConsumerConfig, Library, Position, RetryMode};
use crate::engine::TokenBucket;
use crate::platform::lift::MUCH;
use crate::probe::Limit;
use crate::units::{ByteRate, Bytes, Nanos};

/// A thousand times as much, or as much as a bucket holds.
fn more(tokens: u64) -> u64 {
    tokens.saturating_mul(MUCH).min(TokenBucket::LIMIT)
}

/// Takes a limit away; returns what was changed, or `None` if nothing can be.
pub(super) fn lift(
    config: &mut Config,
    limit: Limit,
    consumer: Option<usize>,
) -> Option<&'static str> {
    match limit {
        Limit::Overtaken => {
            lift(config, Limit::NoAnswer, consumer);
            lift(config, Limit::LaneBytes, consumer);
            config.producer.requests_max = 1;
            Some("no attempt is refused or fails, and a producer has one request in flight")
        }
        Limit::LaneBytes | Limit::LaneRecords | Limit::ScalingStep => {
            let shard = &mut config.service.shard;
            shard.write_rate = ByteRate(more(shard.write_rate.0));
            shard.write_burst = Bytes(more(shard.write_burst.0));
            shard.write_records = more(shard.write_records);
            shard.write_records_burst = more(shard.write_records_burst);
            Some("a shard takes as much as anybody sends")
        }
        Limit::TooLarge => {
            // A shard takes a record at once or not at all: its tank must hold the largest one.
            let largest: u64 = config.facts.value("kinesis.record.max-kib.highest");
            let tank = &mut config.service.shard.write_burst;
            config.record_max = config.record_max.max(1024 * largest);
            *tank = Bytes(tank.0.max(config.record_max));
            if let Library::Kpl(kpl) = &mut config.producer.library {
                kpl.record_max = config.record_max;
            }
            Some("MaxRecordSizeInKiB is 10240, and the tank of a shard holds such a record")
        }
        Limit::Absent => {
            config.calls.retain(|call| !call.is_of_life());
            Some("the stream is there from the beginning to the end")
        }
        Limit::MovedKeys => {
            let calls = std::mem::take(&mut config.calls);
            (!calls.is_empty()).then_some("the operator calls nothing")
        }
        Limit::InFlight => {
            config.producer.requests_max = config.producer.requests_max.saturating_mul(1000);
            Some("a producer may have a thousand times as many requests in flight")
        }
        Limit::BackOff => {
            config.producer.backoff_base = Nanos(1);
            config.producer.retry_mode = RetryMode::Legacy;
            Some("the producer sends again at once")
        }
        Limit::ClientLimiter => match &mut config.producer.library {
            Library::Kpl(kpl) => {
                kpl.rate_limit = kpl.rate_limit.saturating_mul(100);
                Some("the limiter of the KPL lets a hundred times as much go")
            }
            Library::PutRecord | Library::PutRecords => None,
        },
        other => lift_fault(config, other).or_else(|| lift_reading(config, other, consumer?)),
    }
}

/// Takes away what breaks.
fn lift_fault(config: &mut Config, limit: Limit) -> Option<&'static str> {
    let words = match limit {
        Limit::ServiceFault => "the service fails no call",
        Limit::KeyDisabled | Limit::KeyThrottled => "the KMS key is never disabled or throttled",
        Limit::NoAnswer => "no answer is lost",
        _ => return None,
    };
    break_nothing(config);
    Some(words)
}

/// Takes away faults, failed calls and lost answers.
fn break_nothing(config: &mut Config) {
    config.faults.clear();
    (config.service.internal_failure, config.service.lost_answers) = (0.0, 0.0);
}

/// Takes away a limit that a consumer meets.
fn lift_reading(config: &mut Config, limit: Limit, consumer: usize) -> Option<&'static str> {
    let reader = config.consumers.get_mut(consumer)?;
    match limit {
        Limit::ReadBytes | Limit::ReadCalls => {
            let shard = &mut config.service.shard;
            shard.read_rate = ByteRate(more(shard.read_rate.0));
            shard.read_burst = Bytes(more(shard.read_burst.0));
            shard.read_calls = more(shard.read_calls);
            Some("a shard gives its readers as much as they ask for")
        }
        Limit::CallLimit => {
            reader.limit = reader.limit.saturating_mul(MUCH);
            Some("a call may take a thousand times as many records")
        }
        Limit::ParentsFirst => {
            reader.children_first = true;
            Some("child shards are read without waiting for their parents")
        }
        Limit::NoOwner => {
            reader.failover = Nanos::from_millis(100);
            Some("failoverTimeMillis is 100")
        }
        Limit::Checkpoint => {
            reader.checkpoint = Nanos::ZERO;
            Some("a checkpoint follows every batch")
        }
        Limit::StartPosition => {
            reader.position = Position::TrimHorizon;
            Some("reading begins at TRIM_HORIZON")
        }
        Limit::ConsumerDown if reader.starts_at > Nanos::ZERO => {
            reader.starts_at = Nanos::ZERO;
            Some("the application starts at once")
        }
        Limit::Retention => {
            config.retention = Nanos(config.retention.0.saturating_mul(100));
            Some("records are kept a hundred times as long")
        }
        Limit::ProcessingErrors => {
            config.faults.clear();
            Some("no invocation fails")
        }
        other => lift_job(reader, other),
    }
}

/// Takes away what a job as a whole waits for, or a function.
fn lift_job(reader: &mut ConsumerConfig, limit: Limit) -> Option<&'static str> {
    match limit {
        Limit::ReaderDown => {
            reader.flink.as_mut()?.restart = Nanos::ZERO;
            Some("the Flink job starts again without a pause")
        }
        Limit::NewLane => {
            reader.flink.as_mut()?.discovery = Nanos::from_secs(1);
            Some("the Flink job looks for new shards every second")
        }
        Limit::RecordAge => {
            reader.mapping.as_mut()?.max_age = None;
            Some("MaximumRecordAgeInSeconds is not set")
        }
        Limit::Concurrency => {
            reader.mapping.as_mut()?.concurrency = None;
            Some("the function has no reserved concurrency")
        }
        Limit::LeaseTable => {
            reader.table = None;
            Some("the lease table is paid on demand and refuses no call")
        }
        _ => None,
    }
}
