//! Retention: whole files are deleted, oldest first; and what volumes hold.
//!
//! # Source
//! Apache Kafka 3.9, `UnifiedLog.deleteOldSegments`.

use super::super::ids::{BrokerId, PartitionId, Slots};
use super::Brokers;
use super::partition::Partition;
use super::replica::Segment;
use crate::units::{Nanos, SimTime};

impl Brokers {
    /// Deletes the files of a partition that are older or larger than retention allows; whether any was deleted.
    pub(in super::super) fn delete_old_segments(&mut self, at: PartitionId, now: SimTime) -> bool {
        let compacts = self.topic.compaction.is_some_and(|own| !own.deletes);
        if compacts {
            return false;
        }
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
    pub(in super::super) fn volumes_used(&self, now: SimTime) -> Slots<BrokerId, u64> {
        let mut used = Slots::build(self.machines.count(), |_| 0);
        for partition in self.partitions.iter() {
            let size = partition.local_size(self.topic.local_retention, now);
            for replica in &partition.replicas {
                used[replica.broker] += size;
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

    /// The operator alters the topic: retention, `max.message.bytes`, `min.insync.replicas`, where given.
    pub(in super::super) fn alter_topic(
        &mut self,
        retention: Option<i64>,
        message_max: Option<u64>,
        min_isr: Option<u64>,
    ) {
        if let Some(ms) = retention {
            let limited = u64::try_from(ms).ok();
            self.topic.retention = limited.map(|ms| Nanos(ms.saturating_mul(1_000_000)));
        }
        self.topic.message_max = message_max.unwrap_or(self.topic.message_max);
        self.topic.min_isr = min_isr.map_or(self.topic.min_isr, |least| least as u32);
    }

    /// The topic's retention by age and by bytes of each partition, and whether old files move to a remote tier.
    pub(in super::super) fn retention(&self) -> (Option<Nanos>, Option<u64>, bool) {
        let topic = &self.topic;
        (
            topic.retention,
            topic.retention_bytes,
            topic.local_retention.is_some(),
        )
    }
}

impl Partition {
    /// Bytes that each full copy takes on its broker's volume: without the files that `local.retention.ms` has left to the
    /// remote tier alone.
    #[must_use]
    pub(super) fn local_size(&self, local: Option<Nanos>, now: SimTime) -> u64 {
        let Some(local) = local else {
            return self.size();
        };
        let active = self.segments.len().saturating_sub(1);
        // Ages fall from file to file.
        let gone = self
            .segments
            .iter()
            .take(active)
            .take_while(|file| file.age(now) > local)
            .count();
        let first = self.segments.get(gone).map_or(self.end, |file| file.base);
        self.end.bytes - first.bytes
    }

    /// Deletes files as retention asks, oldest first, wholly below the high watermark; true if any went.
    pub(super) fn delete_segments(
        &mut self,
        now: SimTime,
        age: Option<u64>,
        bytes: Option<u64>,
    ) -> bool {
        let before = self.start();
        while let Some(oldest) = self.segments.front() {
            let ends = self.segments.get(1).map_or(self.end, |next| next.base);
            let held = ends.bytes > oldest.base.bytes && ends.offset <= self.high_watermark.offset;
            let old = age.is_some_and(|age| oldest.age(now).0 > age);
            let large = bytes.is_some_and(|most| self.end.bytes - ends.bytes >= most);
            if !held || !(old || large) {
                break;
            }
            if self.segments.len() == 1 {
                // The active file is rolled, then deleted.
                self.segments.push_back(Segment::begun(self.end, now));
            }
            self.segments.pop_front();
        }
        self.start() > before
    }
}
