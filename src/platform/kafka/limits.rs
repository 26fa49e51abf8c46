//! What Kafka calls the limits that hold records up, and which settings decide them.

use crate::platform::LimitWords;
use crate::probe::Limit;

/// The words for a limit of MSK Serverless, whose quotas nobody sets.
pub(super) fn serverless_words(limit: Limit) -> LimitWords {
    match limit {
        Limit::Quota => LimitWords::new(
            "quota of MSK Serverless, told as throttle_time_ms",
            "told clients to keep quiet because they were above a quota of the service",
            "how evenly keys spread over partitions, and how many partitions there are; the quotas of MSK Serverless are fixed",
        ),
        other => words(other),
    }
}

/// The words for a limit.
pub(super) fn words(limit: Limit) -> LimitWords {
    let (name, says, setting) = match limit {
        Limit::Absent => (
            "cluster not there",
            "had no such cluster",
            "when the calls CreateCluster and DeleteCluster are made",
        ),
        Limit::NoLeader => (
            "partition without a leader that answers",
            "had no leader that answers",
            "replication.factor and the time until the controller elects",
        ),
        Limit::TooLarge => (
            "records larger than max.request.size or max.message.bytes",
            "had records that are larger than it, or the topic, takes",
            "max.request.size of the producer, max.message.bytes of the topic, or the size of the records",
        ),
        Limit::LogCut => (
            "log cut at a new leader's end",
            "lost what its new leader did not have",
            "acks=all with min.insync.replicas, and unclean.leader.election.enable",
        ),
        Limit::TooFewInSync => (
            "fewer in-sync replicas than min.insync.replicas",
            "had fewer in-sync replicas than min.insync.replicas",
            "min.insync.replicas and replication.factor",
        ),
        Limit::ProducerBuffer => (
            "buffer.memory full, send() waits",
            "had its buffer.memory full, so that send() waited",
            "buffer.memory, and what keeps requests from being answered",
        ),
        Limit::ProducerFull => (
            "producer full",
            "was full and refused records",
            "producer-backlog",
        ),
        Limit::Connection => (
            "one request at a time on a connection",
            "had requests that waited at a broker, which takes up the next one of a connection when it has answered the one before",
            "batch.size (a request carries one batch for each partition), and what keeps answers away",
        ),
        Limit::InFlight => (
            "max.in.flight.requests.per.connection",
            "had as many requests in flight as it may have",
            "max.in.flight.requests.per.connection, batch.size and linger.ms",
        ),
        Limit::Metadata => (
            "metadata without a leader",
            "had batches for a partition whose leader it did not know or reach",
            "what keeps the leader away; retry.backoff.ms and metadata.max.age.ms only once there is a new one",
        ),
        other => broker_words(other),
    };
    LimitWords::new(name, says, setting)
}

/// The words for a limit of a broker, and of what it lets members hold.
fn broker_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::Quota => (
            "quota, told as throttle_time_ms",
            "told clients to keep quiet because they were above their quota",
            "the quota, or a larger instance",
        ),
        Limit::Cpu => (
            "request handlers and network threads",
            "let requests wait for a request handler or network thread",
            "the instance type, num.io.threads",
        ),
        Limit::Network => (
            "network of a broker",
            "let requests wait for its network interface",
            "the instance type, or more brokers",
        ),
        Limit::Volume => (
            "volume of a broker",
            "let requests wait for its volume",
            "the throughput of the volume",
        ),
        Limit::RecordLock => (
            "record locks that ran out",
            "had records whose lock ran out before they were acknowledged",
            "group.share.record.lock.duration.ms, or max.poll.records",
        ),
        Limit::VolumeFull => (
            "full volume",
            "had stopped because its volume was full",
            "the size of the volume, or retention.ms and retention.bytes",
        ),
        Limit::Credits => (
            "burst credits used up",
            "had used up its burst credits, and requests waited",
            "an instance type whose base rate is enough",
        ),
        Limit::SlowFollowers => (
            "slow followers",
            "waited for replicas in sync that were slow or gone (requests with acks=all and readers wait with it)",
            "replica.lag.time.max.ms, and what holds the replicas up",
        ),
        other => process_words(other),
    }
}

/// The words for processes that stand still or are gone.
fn process_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::SlowVolume => (
            "slow volume",
            "let requests wait for its volume, which was slower than it is made for",
            "how soon the volume is as fast again, or leaders on other brokers",
        ),
        Limit::Pause => (
            "pauses of the Java process",
            "stood still while it collected garbage, and requests waited",
            "the heap of brokers, or the load of each",
        ),
        Limit::ClientGone => (
            "producer that is gone",
            "was gone with the records in its memory, which no broker had acknowledged",
            "how much a producer holds (linger.ms, buffer.memory), and whether its source can give the records again",
        ),
        Limit::ProducerDown => (
            "producer that stands still or is gone",
            "stood still or was gone, and records waited until it went on",
            "how soon its application goes on, or is started again",
        ),
        other => producer_words(other),
    }
}

/// The words for what transactions, and attempts that fail, do to their producers.
fn producer_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::TransactionEnd => (
            "end of a transaction",
            "sent nothing before the coordinator had ended its transaction",
            "commit.interval.ms, and how soon brokers acknowledge and write the end",
        ),
        Limit::Aborted => (
            "transaction that its application aborts",
            "aborted its transaction before it had sent all records of it",
            "abort-share, which stands for what goes wrong in the application, and commit.interval.ms",
        ),
        Limit::Fenced => (
            "producer that is fenced off",
            "was fenced off after its transaction had been open for too long",
            "transaction.timeout.ms, and for how long the application stands still",
        ),
        Limit::BackOff => (
            "retry.backoff.ms",
            "waited before it sent batches again",
            "what refuses, or retry.backoff.ms",
        ),
        other => log_words(other),
    }
}

/// The words for what a log takes twice or out of order.
fn log_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::NoAnswer => (
            "batches sent again without an answer",
            "stored batches once more, because their producer had had no answer",
            "enable.idempotence",
        ),
        Limit::Overtaken => (
            "batches overtaken by later ones",
            "took batches in the order in which requests arrived, and some were sent again or took longer",
            "enable.idempotence, or max.in.flight.requests.per.connection",
        ),
        other => group_words(other),
    }
}

/// The words for a limit that consumer groups meet.
fn group_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::NoOwner => (
            "partition of a member that is gone",
            "belonged to a member that was gone or cut off",
            "session.timeout.ms",
        ),
        Limit::NewLane => (
            "partition that the group does not know yet",
            "was new, and the group did not know it yet",
            "metadata.max.age.ms",
        ),
        Limit::ReaderMetadata => (
            "members that do not know the new leader",
            "had another leader, and its member did not know it yet",
            "retry.backoff.ms and reconnect.backoff.ms of the consumer, and its request.timeout.ms where the old broker is silent",
        ),
        Limit::JoinDelay => (
            "delay of the first rebalance",
            "waited for more members before its first rebalance",
            "group.initial.rebalance.delay.ms",
        ),
        Limit::Rebalance => (
            "rebalance",
            "had not joined the rebalance, and the group waited for it",
            "max.poll.interval.ms, or partition.assignment.strategy",
        ),
        Limit::Moving => (
            "partition on its way to another member",
            "had been given up by its member, and the next one had not taken it yet",
            "group.consumer.heartbeat.interval.ms",
        ),
        Limit::Expelled => (
            "max.poll.interval.ms",
            "did not poll within max.poll.interval.ms and was thrown out of its group",
            "max.poll.interval.ms, or max.poll.records",
        ),
        Limit::Checkpoint => (
            "records since the last commit",
            "was read again from its last commit on",
            "auto.commit.interval.ms",
        ),
        other => processing_words(other),
    }
}

/// The words for a limit of members that have their records, or that never see them.
fn processing_words(limit: Limit) -> (&'static str, &'static str, &'static str) {
    match limit {
        Limit::BusyWorker => (
            "busy member",
            "was at work while other records waited for it",
            "workers (and partitions), or less processing per record",
        ),
        Limit::WorkerStill => (
            "member that stands still",
            "stood still while records waited for it",
            "how soon its application goes on; after max.poll.interval.ms other members take its partitions over",
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
        Limit::OpenTransaction => (
            "transaction that is open for long",
            "had a transaction open, and nothing after its beginning could be read",
            "transaction.timeout.ms, or isolation.level",
        ),
        Limit::MovedKeys => (
            "keys in several partitions",
            "gave records of keys whose later records were read from another partition before",
            "the number of partitions, which a topic with keys should keep",
        ),
        Limit::ConsumerDown => (
            "group not running",
            "did not run",
            "the step `consumer-down` of the timeline",
        ),
        Limit::StartPosition => (
            "auto.offset.reset",
            "was set to begin after stored records",
            "auto.offset.reset",
        ),
        Limit::Retention => (
            "retention",
            "deleted records that were not read yet",
            "retention.ms and retention.bytes",
        ),
        other => (other.word(), "was at a limit", "unknown"),
    }
}
