//! What counts against `fetch.min.bytes`: of each partition at most `max.partition.fetch.bytes`; a fetch that begins in
//! an older segment is answered at once.
//!
//! # Source
//! Apache Kafka 3.9, `DelayedFetch.scala`.

use super::super::config::ConsumerConfig;
use super::super::ids::{PartitionId, SessionId};
use super::Brokers;
use super::partition::Partition;

impl Brokers {
    /// Whether a fetch that has reached its broker has enough to be answered.
    pub(super) fn has_enough(&self, id: SessionId, limits: &ConsumerConfig) -> bool {
        let session = &self.sessions.all[id];
        if self.shares.has(session.group) {
            return self.finds_shared(id);
        }
        if limits.fetch_min <= limits.partition_fetch_max {
            let enough = session.available >= limits.fetch_min.max(1);
            return enough || self.reads_older_segment(id, limits);
        }
        let (group, mut counted) = (session.group.as_index(), 0);
        for at in &session.dirty {
            let partition = &self.partitions[*at];
            let from = partition.cursors[group].fetched;
            let waiting = partition
                .readable_end(group)
                .bytes
                .saturating_sub(from.bytes);
            counted += waiting.min(limits.partition_fetch_max);
            if counted >= limits.fetch_min || lies_in_older_segment(partition, from.offset) {
                return true;
            }
        }
        false
    }

    /// Whether a parked fetch has enough now that more of `at` is visible.
    #[inline]
    pub(super) fn gained_enough(
        &self,
        id: SessionId,
        at: PartitionId,
        limits: &ConsumerConfig,
    ) -> bool {
        if limits.fetch_min > limits.partition_fetch_max {
            return self.has_enough(id, limits);
        }
        let session = &self.sessions.all[id];
        if session.available >= limits.fetch_min {
            return true;
        }
        let partition = &self.partitions[at];
        let from = partition.cursors[session.group.as_index()].fetched;
        lies_in_older_segment(partition, from.offset)
    }

    /// Whether one of the partitions that a fetch asks for begins in an older segment.
    fn reads_older_segment(&self, id: SessionId, limits: &ConsumerConfig) -> bool {
        if limits.fetch_min <= 1 {
            // Whatever there is is enough.
            return false;
        }
        let session = &self.sessions.all[id];
        let group = session.group.as_index();
        session.dirty.iter().any(|at| {
            let partition = &self.partitions[*at];
            lies_in_older_segment(partition, partition.cursors[group].fetched.offset)
        })
    }
}

/// Whether `from` lies before the segment that the high watermark lies in.
fn lies_in_older_segment(partition: &Partition, from: u64) -> bool {
    let top = partition.high_watermark.offset;
    let mut segments = partition.segments.iter().rev();
    let newest = segments.find(|segment| segment.base.offset < top);
    from < top && newest.is_some_and(|segment| from < segment.base.offset)
}
