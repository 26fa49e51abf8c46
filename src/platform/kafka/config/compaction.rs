//! `cleanup.policy`: old files are deleted, or of each key the newest record is kept, or both.
//!
//! # Source
//! Apache Kafka 3.9, `LogConfig.java`, `CleanerConfig.java`, `LogValidator.java`.

use super::{ClusterConfig, millis};
use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;
use crate::workload::Workload;

/// The words of `cleanup.policy`.
const POLICIES: [&str; 4] = ["delete", "compact", "compact,delete", "delete,compact"];
/// What is read of a compacted topic alone.
const OF_COMPACTION: [&str; 2] = ["min.cleanable.dirty.ratio", "min.compaction.lag.ms"];

/// How a topic is compacted.
#[derive(Clone, Copy, Debug)]
pub struct Compaction {
    /// `min.cleanable.dirty.ratio`: a log is cleaned once more than this share of it was never cleaned.
    pub ratio: f64,
    /// `min.compaction.lag.ms`: younger records are left alone.
    pub lag: Nanos,
    /// The distance at which cleaners look for logs.
    pub backoff: Nanos,
    /// Whether old files are deleted, too.
    pub deletes: bool,
}

/// Reads the policy; `None` if old files are deleted and nothing else.
pub(super) fn read(
    section: &Section<'_>,
    cluster: &ClusterConfig,
    workload: &Workload,
) -> Option<Compaction> {
    let compacts = section.has("cleanup.policy")
        && section.choice("cleanup.policy", POLICIES[0], &POLICIES) != POLICIES[0];
    if !compacts {
        for key in OF_COMPACTION.iter().filter(|key| section.has(key)) {
            let message = format!("`{key}` is set and the topic is not compacted");
            section.problem(
                key,
                message,
                "set `cleanup.policy = \"compact\"` too, or leave it out",
            );
            section.ignore(key);
        }
        return None;
    }
    if cluster.tiered {
        let message = "a topic with remote storage cannot be compacted";
        section.problem(
            "cleanup.policy",
            message,
            "leave out `StorageMode = \"TIERED\"`",
        );
    }
    if workload.keys.is_empty() {
        let message = "INVALID_RECORD: a compacted topic takes no record without a key";
        section.problem("cleanup.policy", message, "give the workload keys");
    }
    let policy = section.choice("cleanup.policy", POLICIES[0], &POLICIES);
    let id = "kafka.min.cleanable.dirty.ratio";
    let backoff = facts::on(section).value("kafka.log.cleaner.backoff.ms");
    Some(Compaction {
        ratio: facts::setting_in(section, OF_COMPACTION[0], id, 0.0..=1.0),
        lag: millis(section, OF_COMPACTION[1]),
        backoff: Nanos::from_millis(backoff),
        deletes: policy.contains("delete"),
    })
}
