//! The errors of Kafka's protocol that a producer or an operator meets.
//!
//! # Source
//! Apache Kafka 3.9, `Errors`: code, whether the client may try again, whether it refreshes its metadata.

use crate::probe::Limit;

/// An error of the protocol, or of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The leader is another broker now.
    NotLeaderOrFollower,
    /// There is no such topic, or the broker does not know it yet.
    UnknownTopicOrPartition,
    /// Fewer replicas are in sync than `min.insync.replicas`: nothing was appended.
    NotEnoughReplicas,
    /// The same, but the batch is in the log.
    NotEnoughReplicasAfterAppend,
    /// The in-sync replicas did not follow in time; the batch is in the log.
    RequestTimedOut,
    /// The batch is larger than `max.message.bytes`.
    MessageTooLarge,
    /// A batch before this one is missing.
    OutOfOrderSequenceNumber,
    /// A producer with a newer epoch is there.
    InvalidProducerEpoch,
    /// The connection broke before the answer came.
    NetworkException,
}

impl Error {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NotLeaderOrFollower,
        Self::UnknownTopicOrPartition,
        Self::NotEnoughReplicas,
        Self::NotEnoughReplicasAfterAppend,
        Self::RequestTimedOut,
        Self::MessageTooLarge,
        Self::OutOfOrderSequenceNumber,
        Self::InvalidProducerEpoch,
        Self::NetworkException,
    ];

    /// Its code on the wire.
    #[must_use]
    pub fn code(self) -> i16 {
        match self {
            Self::UnknownTopicOrPartition => 3,
            Self::NotLeaderOrFollower => 6,
            Self::RequestTimedOut => 7,
            Self::MessageTooLarge => 10,
            Self::NetworkException => 13,
            Self::NotEnoughReplicas => 19,
            Self::NotEnoughReplicasAfterAppend => 20,
            Self::OutOfOrderSequenceNumber => 45,
            Self::InvalidProducerEpoch => 47,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Self::NotLeaderOrFollower => "NOT_LEADER_OR_FOLLOWER",
            Self::RequestTimedOut => "REQUEST_TIMED_OUT",
            Self::MessageTooLarge => "MESSAGE_TOO_LARGE",
            Self::NetworkException => "NETWORK_EXCEPTION",
            Self::NotEnoughReplicas => "NOT_ENOUGH_REPLICAS",
            Self::NotEnoughReplicasAfterAppend => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
            Self::OutOfOrderSequenceNumber => "OUT_OF_ORDER_SEQUENCE_NUMBER",
            Self::InvalidProducerEpoch => "INVALID_PRODUCER_EPOCH",
        }
    }

    /// The limit that a client meets which gets this error, if it is one.
    pub(super) fn limit(self) -> Option<Limit> {
        match self {
            Self::NotLeaderOrFollower | Self::UnknownTopicOrPartition | Self::NetworkException => {
                Some(Limit::NoLeader)
            }
            Self::NotEnoughReplicas | Self::NotEnoughReplicasAfterAppend => {
                Some(Limit::TooFewInSync)
            }
            Self::RequestTimedOut => Some(Limit::SlowFollowers),
            Self::MessageTooLarge => Some(Limit::TooLarge),
            Self::OutOfOrderSequenceNumber | Self::InvalidProducerEpoch => None,
        }
    }

    /// Whether the Java client tries again.
    #[must_use]
    pub fn is_retriable(self) -> bool {
        !matches!(
            self,
            Self::MessageTooLarge | Self::OutOfOrderSequenceNumber | Self::InvalidProducerEpoch
        )
    }

    /// Whether the Java client asks for new metadata.
    #[must_use]
    pub fn refreshes_metadata(self) -> bool {
        matches!(
            self,
            Self::NotLeaderOrFollower | Self::UnknownTopicOrPartition | Self::NetworkException
        )
    }
}
