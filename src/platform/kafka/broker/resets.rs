//! Groups without a valid commit: where `auto.offset.reset` lets them begin, and commits that have expired.
//!
//! # Source
//! Apache Kafka 3.9, consumer `SubscriptionState.java`, `GroupMetadata.removeExpiredOffsets`; KIP-211; KIP-1106.

use super::super::config::Reset;
use super::super::ids::{GroupId, PartitionId};
use super::Brokers;
use super::partition::Partition;
use crate::units::{Nanos, SimTime};

impl Brokers {
    /// The coordinator has forgotten a group's commits: whoever comes next begins where `auto.offset.reset` says.
    pub(in super::super) fn forget_commits(&mut self, group: GroupId) {
        for partition in self.partitions.iter_mut() {
            partition.cursors[group.as_index()].known = false;
        }
    }

    /// Whether a group has no commit of a partition that its log still holds.
    pub(in super::super) fn lacks_commit(&self, group: GroupId, at: PartitionId) -> bool {
        let cursor = self.cursor(group, at);
        !cursor.known || cursor.committed < self.partitions[at].start().offset
    }

    /// Whether retention has deleted what a group was to fetch next.
    pub(in super::super) fn is_out_of_range(&self, group: GroupId, at: PartitionId) -> bool {
        self.cursor(group, at).fetched.offset < self.partitions[at].start().offset
    }
}

/// The offset at which a group without a valid commit begins.
pub(super) fn begins_at(partition: &Partition, group: usize, reset: Reset, now: SimTime) -> u64 {
    let start = partition.start().offset;
    let top = partition.readable_end(group).offset.max(start);
    match reset {
        Reset::Latest => top,
        Reset::Earliest | Reset::Never => start,
        Reset::ByDuration(age) => stored_since(partition, age, now).clamp(start, top),
    }
}

/// The first offset that was stored within `age`: exact where somebody still reads the log, between the ends of its file
/// where all have read it.
fn stored_since(partition: &Partition, age: Nanos, now: SimTime) -> u64 {
    let horizon = SimTime(now.0.saturating_sub(age.0));
    let first = partition.log.first();
    let exact = partition
        .log
        .at(first)
        .is_some_and(|stored| stored.appended() <= horizon);
    if exact {
        return partition.log.first_since(first, horizon);
    }
    let files = &partition.segments;
    let newer = files.partition_point(|file| file.created <= horizon);
    let Some(file) = newer.checked_sub(1).and_then(|n| files.get(n)) else {
        return partition.start().offset;
    };
    let ends = files
        .get(newer)
        .map_or(partition.end.offset, |next| next.base.offset);
    let length = file.newest.since(file.created).0.max(1) as f64;
    let share = (horizon.since(file.created).0 as f64 / length).min(1.0);
    let within = (share * (ends - file.base.offset) as f64) as u64;
    (file.base.offset + within).min(first.max(file.base.offset))
}
