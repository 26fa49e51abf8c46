//! Errors of the controller with Kafka's codes and names, and what it refuses by rule.
//!
//! # Source
//! Apache Kafka 3.9, `Errors`, `Topic.validate`, `ReplicationControlManager.validateManualPartitionAssignment`.
//! The texts that golden data has are Kafka's, the others are our own.

use std::fmt;

/// The length of a topic's name at the most.
const NAME_MAX: usize = 249;

/// A kind of error of the protocol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its code.
    code: i16,
    /// Its name.
    name: &'static str,
}

impl Kind {
    const fn new(code: i16, name: &'static str) -> Self {
        Self { code, name }
    }
}

/// The errors that the controller answers.
pub(super) mod kind {
    use super::Kind;

    pub(in super::super) const UNKNOWN_TOPIC_OR_PARTITION: Kind =
        Kind::new(3, "UNKNOWN_TOPIC_OR_PARTITION");
    pub(in super::super) const INVALID_TOPIC_EXCEPTION: Kind =
        Kind::new(17, "INVALID_TOPIC_EXCEPTION");
    pub(in super::super) const TOPIC_ALREADY_EXISTS: Kind = Kind::new(36, "TOPIC_ALREADY_EXISTS");
    pub(in super::super) const INVALID_PARTITIONS: Kind = Kind::new(37, "INVALID_PARTITIONS");
    pub(in super::super) const INVALID_REPLICATION_FACTOR: Kind =
        Kind::new(38, "INVALID_REPLICATION_FACTOR");
    pub(in super::super) const INVALID_REPLICA_ASSIGNMENT: Kind =
        Kind::new(39, "INVALID_REPLICA_ASSIGNMENT");
    pub(in super::super) const NOT_CONTROLLER: Kind = Kind::new(41, "NOT_CONTROLLER");
    pub(in super::super) const FENCED_LEADER_EPOCH: Kind = Kind::new(74, "FENCED_LEADER_EPOCH");
    pub(in super::super) const INVALID_REQUEST: Kind = Kind::new(42, "INVALID_REQUEST");
    pub(in super::super) const PREFERRED_LEADER_NOT_AVAILABLE: Kind =
        Kind::new(80, "PREFERRED_LEADER_NOT_AVAILABLE");
    pub(in super::super) const ELIGIBLE_LEADERS_NOT_AVAILABLE: Kind =
        Kind::new(83, "ELIGIBLE_LEADERS_NOT_AVAILABLE");
    pub(in super::super) const ELECTION_NOT_NEEDED: Kind = Kind::new(84, "ELECTION_NOT_NEEDED");
    pub(in super::super) const UNKNOWN_TOPIC_ID: Kind = Kind::new(100, "UNKNOWN_TOPIC_ID");
    pub(in super::super) const BROKER_ID_NOT_REGISTERED: Kind =
        Kind::new(102, "BROKER_ID_NOT_REGISTERED");
    pub(in super::super) const INELIGIBLE_REPLICA: Kind = Kind::new(107, "INELIGIBLE_REPLICA");
}

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The error code of the protocol.
    pub code: i16,
    /// Its name.
    pub name: &'static str,
    /// The reason for people.
    pub message: String,
}

impl ApiError {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            code: kind.code,
            name: kind.name,
            message: message.into(),
        }
    }

    pub(super) fn unknown_partition() -> Self {
        Self::new(
            kind::UNKNOWN_TOPIC_OR_PARTITION,
            "This server does not host this topic-partition.",
        )
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for ApiError {}

/// Whether a topic may have this name.
pub(super) fn topic_name(name: &str) -> Result<(), ApiError> {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let reason = match name {
        "" => "the empty string is not allowed".to_owned(),
        "." | ".." => format!("'{name}' is not allowed"),
        _ if name.encode_utf16().count() > NAME_MAX => {
            format!("the length of '{name}' is longer than the max allowed length {NAME_MAX}")
        }
        _ if !name.chars().all(legal) => format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ),
        _ => return Ok(()),
    };
    Err(ApiError::new(
        kind::INVALID_TOPIC_EXCEPTION,
        format!("Topic name is invalid: {reason}"),
    ))
}

/// Metric names do not tell '.' from '_': names that differ only there collide.
pub(super) fn unified(name: &str) -> String {
    name.replace('.', "_")
}

/// Whether a partition may get these replicas; `replication` is what the partitions before it have.
pub(super) fn assignment(
    replicas: &[u32],
    replication: Option<usize>,
    registered: impl Fn(u32) -> bool,
) -> Result<(), ApiError> {
    let refused = |reason: String| {
        let text = format!("The manual partition assignment includes {reason}");
        Err(ApiError::new(kind::INVALID_REPLICA_ASSIGNMENT, text))
    };
    if replicas.is_empty() {
        return refused("an empty replica list.".to_owned());
    }
    let mut sorted = replicas.to_vec();
    sorted.sort_unstable();
    for (at, broker) in sorted.iter().enumerate() {
        if !registered(*broker) {
            return refused(format!(
                "broker {broker}, but no such broker is registered."
            ));
        }
        if sorted[..at].last() == Some(broker) {
            return refused(format!("the broker {broker} more than once."));
        }
    }
    match replication {
        Some(before) if before != replicas.len() => refused(format!(
            "a partition with {} replica(s), but this is not consistent with previous partitions, which have \
             {before} replica(s).",
            replicas.len()
        )),
        _ => Ok(()),
    }
}
