//! Values of a platform's own at a sampling instant, and the list of their names.
//!
//! A model puts a value under a constant of [`names`], and a chart asks for the same constant: a name that is
//! spelt differently on the two sides does not compile.

/// What is measured, and in which unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaugeName {
    /// The name: that of the platform's own metric where there is one.
    pub metric: &'static str,
    /// The unit.
    pub unit: &'static str,
}

/// A value of a platform's own at a sampling instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// What it belongs to: a broker, a consumer.
    pub entity: String,
    /// Its name, the platform's own where there is one.
    pub metric: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its value.
    pub value: f64,
}

impl Gauge {
    /// A value of this name for an entity.
    #[must_use]
    pub fn new(name: GaugeName, entity: &str, value: f64) -> Self {
        Self {
            entity: entity.to_owned(),
            metric: name.metric,
            unit: name.unit,
            value,
        }
    }

    /// Whether it is a value of this name.
    #[must_use]
    pub fn is(&self, name: GaugeName) -> bool {
        self.metric == name.metric
    }
}

macro_rules! gauges {
    ($($(#[$about:meta])* $constant:ident = $metric:literal, $unit:literal;)*) => {
        /// The names of all gauges.
        pub mod names {
            use super::GaugeName;

            $($(#[$about])* pub const $constant: GaugeName = GaugeName { metric: $metric, unit: $unit };)*

            /// All of them.
            pub const ALL: &[GaugeName] = &[$($constant),*];
        }
    };
}

gauges! {
    /// Shards that take records; zero while the stream is not there.
    OPEN_SHARDS = "open shards", "shards";
    /// Age of the newest record of the last GetRecords answer.
    ITERATOR_AGE = "GetRecords.IteratorAgeMilliseconds", "ms";
    /// How far the last event of a subscription was behind the newest record.
    MILLIS_BEHIND_LATEST = "SubscribeToShardEvent.MillisBehindLatest", "ms";
    /// Records that workers hold for their sink.
    SINK_HELD = "sink: held for it", "records";
    /// Records that a sink takes.
    SINK_TAKEN = "sink: taken", "records/s";
    /// Calls or records that a sink refuses.
    SINK_REFUSED = "sink: refused", "1/s";
    /// Partitions that a broker leads.
    LEADER_COUNT = "LeaderCount", "partitions";
    /// Replicas that a broker holds.
    PARTITION_COUNT = "PartitionCount", "partitions";
    /// Partitions with fewer in-sync replicas than replicas.
    UNDER_REPLICATED = "UnderReplicatedPartitions", "partitions";
    /// Partitions with fewer in-sync replicas than `min.insync.replicas`.
    UNDER_MIN_ISR = "UnderMinIsrPartitionCount", "partitions";
    /// Share of a broker's volume that logs fill.
    DATA_LOGS_DISK_USED = "KafkaDataLogsDiskUsed", "share";
    /// Partitions without a leader.
    OFFLINE_PARTITIONS = "OfflinePartitionsCount", "partitions";
    /// Partitions of the cluster.
    GLOBAL_PARTITION_COUNT = "GlobalPartitionCount", "partitions";
    /// Controllers that are active: one, or none.
    ACTIVE_CONTROLLERS = "ActiveControllerCount", "controllers";
    /// Replicas that left an in-sync set in the sampling interval.
    ISR_SHRINKS = "IsrShrinks", "changes";
    /// Replicas that joined an in-sync set in the sampling interval.
    ISR_EXPANDS = "IsrExpands", "changes";
    /// Elections of leaders in the sampling interval.
    LEADER_ELECTIONS = "LeaderElections", "elections";
    /// Elections of leaders that were not in sync in the sampling interval.
    UNCLEAN_LEADER_ELECTIONS = "UncleanLeaderElections", "elections";
    /// Partitions whose high watermark fell in the sampling interval.
    HIGH_WATERMARK_FELL = "high watermarks that fell", "partitions";
    /// Bytes that were read from volumes because memory no longer held them.
    COLD_BYTES_READ = "cold bytes read", "B";
    /// Use of a broker's network, inbound.
    NETWORK_IN = "network in", "share";
    /// Use of a broker's network, outbound.
    NETWORK_OUT = "network out", "share";
    /// Share of their time that network threads are idle.
    NETWORK_THREADS_IDLE = "NetworkProcessorAvgIdlePercent", "share";
    /// Share of their time that request handlers are idle.
    REQUEST_HANDLERS_IDLE = "RequestHandlerAvgIdlePercent", "share";
    /// Use of a broker's volume throughput.
    VOLUME = "volume", "share";
    /// Use of a broker's processors by threads of Kafka.
    CPU_USER = "CpuUser", "share";
    /// Bytes that a broker writes.
    BYTES_WRITTEN = "bytes written", "B/s";
    /// Bytes that a broker sends.
    BYTES_SENT = "bytes sent", "B/s";
    /// Network credits for inbound traffic that are left, of all.
    NETWORK_IN_CREDITS = "network in credits", "share";
    /// Network credits for outbound traffic that are left, of all.
    NETWORK_OUT_CREDITS = "network out credits", "share";
    /// Burst credits of the volume that are left, of all.
    EBS_CREDITS = "EBS credits", "share";
    /// Share of `buffer.memory` in use, all producers together.
    BUFFER_USED = "buffer used", "share";
    /// Bytes of `buffer.memory` that are free, all producers together.
    BUFFER_AVAILABLE = "buffer-available-bytes", "B";
    /// Producers whose `send()` waits for room.
    WAITING_THREADS = "waiting-threads", "producers";
    /// Produce requests in flight, all producers together.
    REQUESTS_IN_FLIGHT = "requests-in-flight", "requests";
    /// Produce requests a second, all producers together.
    REQUEST_RATE = "request-rate", "requests/s";
    /// Mean size of a batch.
    BATCH_SIZE_AVG = "batch-size-avg", "B";
    /// Mean number of records of a batch.
    RECORDS_PER_BATCH = "records per batch", "records";
    /// Mean number of records of a produce request.
    RECORDS_PER_REQUEST_AVG = "records-per-request-avg", "records";
    /// Mean time of a batch in the accumulator.
    RECORD_QUEUE_TIME_AVG = "record-queue-time-avg", "s";
    /// Mean time from a produce request to its answer.
    REQUEST_LATENCY_AVG = "request-latency-avg", "s";
    /// Largest distance of a group from the end of a partition.
    MAX_OFFSET_LAG = "MaxOffsetLag", "records";
    /// Age of the oldest record that a group has not processed.
    ESTIMATED_MAX_TIME_LAG = "EstimatedMaxTimeLag", "s";
    /// Members of a group.
    MEMBERS = "members", "members";
    /// Members of a group without a partition.
    IDLE_MEMBERS = "idle members", "members";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once() {
        for (n, name) in names::ALL.iter().enumerate() {
            let same = names::ALL[..n]
                .iter()
                .find(|other| other.metric == name.metric);
            assert_eq!(same, None, "{}", name.metric);
        }
    }
}
