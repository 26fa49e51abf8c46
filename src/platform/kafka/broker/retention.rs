//! Retention: whole files are deleted, oldest first; and what volumes hold.
//!
//! # Source
//! Apache Kafka 3.9, `UnifiedLog.deleteOldSegments`.

use super::super::ids::{BrokerId, PartitionId, Slots};
use super::Brokers;
use crate::units::SimTime;

impl Brokers {
    /// Deletes the files of a partition that are older or larger than retention allows; whether any was deleted.
    pub(in super::super) fn delete_old_segments(&mut self, at: PartitionId, now: SimTime) -> bool {
        let (age, bytes) = (
            self.topic.retention.map(|age| age.0),
            self.topic.retention_bytes,
        );
        self.partitions[at].delete_segments(now, age, bytes)
    }

    /// Deletes everything that is committed of a partition; whether there was anything.
    pub(in super::super) fn delete_all_segments(&mut self, at: PartitionId, now: SimTime) -> bool {
        self.partitions[at].delete_segments(now, None, Some(0))
    }

    /// Forgets what everybody has fetched and processed of a partition.
    pub(in super::super) fn trim(&mut self, at: PartitionId) {
        self.partitions[at].trim();
    }

    /// Bytes on the volume of each broker `[B]`.
    pub(in super::super) fn volumes_used(&self) -> Slots<BrokerId, u64> {
        let mut used = Slots::build(self.machines.count(), |_| 0);
        for partition in self.partitions.iter() {
            for replica in &partition.replicas {
                used[replica.broker] += partition.size();
            }
        }
        used
    }

    /// Bytes of all logs, one copy `[B]`.
    pub(in super::super) fn stored_bytes(&self) -> u64 {
        self.partitions
            .iter()
            .map(|partition| partition.size())
            .sum()
    }

    /// Bytes of all files that are closed, one copy `[B]`.
    pub(in super::super) fn closed_bytes(&self) -> u64 {
        self.partitions
            .iter()
            .map(|partition| partition.closed())
            .sum()
    }
}
