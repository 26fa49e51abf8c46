//! What Kinesis calls the limits that hold records up, and which settings decide them.

use crate::platform::LimitWords;
use crate::probe::Limit;

/// The words for a limit.
pub(super) fn words(limit: Limit) -> LimitWords {
    let (name, says, setting) = match limit {
        Limit::LaneBytes => (
            "shard at its bytes per second",
            "was at its limit of written bytes per second",
            "ShardCount",
        ),
        Limit::LaneRecords => (
            "shard at its records per second",
            "was at its limit of written records per second",
            "ShardCount, or aggregation by the KPL",
        ),
        Limit::ScalingStep => (
            "on-demand capacity before the next split",
            "was at its limit before the service split it",
            "capacity at the beginning (ShardCount), or warm throughput",
        ),
        Limit::TooLarge => (
            "records larger than MaxRecordSizeInKiB",
            "had records that are larger than the stream takes",
            "the size of the records, or MaxRecordSizeInKiB (1 MiB was the limit of every stream until October 2025)",
        ),
        Limit::ProducerBuffer => (
            "producer full, its source waits",
            "had as many outstanding records as it may have",
            "producer-backlog",
        ),
        Limit::ProducerFull => (
            "producer full",
            "was full and refused records",
            "producer-backlog",
        ),
        Limit::InFlight => (
            "requests in flight",
            "had as many requests in flight as it may have",
            "producer.max-requests",
        ),
        Limit::BackOff => (
            "back-off of the producer",
            "waited before it sent again what was refused",
            "what refuses, or producer.backoff-base",
        ),
        Limit::ClientLimiter => (
            "RateLimit of the KPL",
            "was held back by the limiter of the KPL",
            "RateLimit",
        ),
        other => storing_words(other),
    };
    LimitWords::new(name, says, setting)
}

/// The words for what becomes of records on the way to a shard.
fn storing_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::Absent => (
            "stream not there",
            "had no such stream",
            "when the calls CreateStream and DeleteStream are made",
        ),
        Limit::ServiceFault => (
            "errors of the service",
            "failed calls",
            "the service alone; a client can only repeat its calls for longer than the errors last (max-attempts, backoff-base)",
        ),
        Limit::KeyDisabled => (
            "disabled KMS key",
            "refused calls because the KMS key of the stream was disabled (KMSDisabledException)",
            "the state of the KMS key, which its owner must enable",
        ),
        Limit::KeyThrottled => (
            "throttling by KMS",
            "refused calls because KMS throttled them (KMSThrottlingException)",
            "the request quota of KMS in the account, and who else uses it",
        ),
        Limit::NoAnswer => (
            "records sent again without an answer",
            "stored records once more, because their producer had had no answer",
            "consumers that recognise copies; PutRecords has no idempotence",
        ),
        Limit::Overtaken => (
            "records overtaken by later ones",
            "took records in the order in which requests arrived, and some were sent again or took longer",
            "how many requests are in flight (max-requests), and what refuses",
        ),
        other => reading_words(other),
    }
}

/// The words for a limit that consumers meet.
fn reading_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::ReadBytes => (
            "2 MiB/s of a shard, shared by all readers",
            "had given its readers 2 MiB/s",
            "enhanced fan-out for one of the readers, or ShardCount",
        ),
        Limit::ReadCalls => (
            "five GetRecords calls a second and shard",
            "had answered five GetRecords calls in the second",
            "idleTimeBetweenReadsInMillis, or enhanced fan-out for one of the readers",
        ),
        Limit::CallLimit => (
            "Limit of GetRecords",
            "gave as many records as one call may take (Limit), and more were there",
            "maxRecords",
        ),
        Limit::Subscription => (
            "2 MB/s of a subscription",
            "had given its subscriber 2 MB/s",
            "ShardCount",
        ),
        Limit::ParentsFirst => (
            "child shard waits for its parents",
            "waited until its parents were read to the end",
            "shardSyncIntervalMillis and the lag at the time of resharding",
        ),
        Limit::NoOwner => (
            "lease without a worker",
            "had a lease that no running worker held",
            "failoverTimeMillis",
        ),
        Limit::Checkpoint => (
            "records since the last checkpoint",
            "was read again from the last checkpoint on",
            "checkpoint-interval",
        ),
        Limit::ReaderDown => (
            "reader that starts again",
            "was read by nobody before its reader had started again",
            "when the machine of a lost worker is back; no other worker takes its shards over without leases",
        ),
        Limit::NewLane => (
            "shard that the reader does not know yet",
            "was new, and its reader did not know it yet",
            "how often the reader looks for new shards",
        ),
        other => processing_words(other),
    }
}

/// The words for a limit of an application that has its records.
fn processing_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::BusyWorker => (
            "busy worker",
            "was at work while other records waited for it",
            "workers, or less processing per record",
        ),
        Limit::Sink => (
            "sink",
            "waited for its sink",
            "how much the sink takes, as its own settings have it",
        ),
        Limit::Gathering => (
            "gathering for the sink",
            "gathered records for its sink",
            "the size and the interval of the sink's buffer (commit.interval.ms or linger.ms where the sink is a topic)",
        ),
        Limit::RecordAge => (
            "MaximumRecordAgeInSeconds",
            "had records that were older than the function accepts",
            "MaximumRecordAgeInSeconds, and what delays the function",
        ),
        Limit::MovedKeys => (
            "keys in several shards or batches",
            "gave records of keys whose later records were read before, from another shard or batch",
            "reading children after their parents, one batch of a key at a time",
        ),
        Limit::ConsumerDown => (
            "application not running",
            "did not run",
            "the step `consumer-down` of the timeline, or starts-at",
        ),
        Limit::StartPosition => (
            "InitialPositionInStream",
            "began to read after stored records",
            "InitialPositionInStream",
        ),
        Limit::Retention => (
            "retention period",
            "deleted records that were not read yet",
            "RetentionPeriodHours",
        ),
        Limit::ProcessingErrors => (
            "failed invocations",
            "had batches on which the function failed",
            "the function, MaximumRetryAttempts, BisectBatchOnFunctionError",
        ),
        Limit::Concurrency => (
            "reserved concurrency",
            "found no free concurrency of the function",
            "ReservedConcurrentExecutions",
        ),
        Limit::LeaseTable => (
            "capacity of the lease table",
            "had no capacity left in its lease table",
            "lease-table.WriteCapacityUnits, or BillingMode = PAY_PER_REQUEST",
        ),
        other => (other.word(), "was at a limit", "unknown"),
    }
}
