//! The partitioner: which partition a record goes to.
//!
//! # Source
//! Apache Kafka 3.9, `BuiltInPartitioner.java`, `RoundRobinPartitioner.java`; KIP-480; KIP-794.

use super::super::batch::record_bytes;
use super::super::config::Partitioner;
use super::super::ids::{Id, PartitionId, ProducerId};
use super::super::wire::{BatchRecord, Scope};
use super::{Producer, Producers, Snapshot};
use crate::workload::Record;

impl Producers {
    /// The partition of a record and the length of its key `[B]`.
    #[inline(always)]
    pub(super) fn partition_of(
        &mut self,
        record: &Record,
        cx: &Scope<'_>,
    ) -> (PartitionId, Option<u64>) {
        let routing = &self.routing;
        match routing.keys.get(record.key) {
            Some((partition, length)) if routing.keyed => {
                let partition = if routing.hashes.is_empty() {
                    PartitionId::new(partition)
                } else {
                    self.partition_among(record)
                };
                (partition, Some(length))
            }
            known => {
                let key = known.map(|(_, length)| length);
                (self.keyless_partition(record, key, cx), key)
            }
        }
    }

    /// Where a key lies among the partitions that its producer knows of, where their number changes.
    #[inline(never)]
    fn partition_among(&self, record: &Record) -> PartitionId {
        let snapshot = self.all[ProducerId::new(record.producer)].knows.snapshot;
        let partitions = self.snapshots[snapshot].leader.count();
        let hash = self.routing.hashes.get(record.key as usize);
        PartitionId::new(hash.map_or(0, |hash| hash % partitions.max(1)))
    }

    /// The partition of a record without a key.
    ///
    /// KIP-794: move on once `batch.size` bytes went to a partition and its batch is complete, or
    /// after twice that. A batch that the record does not fit into is complete. KIP-480: stay until a new
    /// batch is needed.
    #[inline]
    fn keyless_partition(
        &mut self,
        record: &Record,
        key: Option<u64>,
        cx: &Scope<'_>,
    ) -> PartitionId {
        let size = cx.config.producer.batch_size.max(1);
        let id = ProducerId::new(record.producer);
        let producer = &self.all[id];
        let moves = match cx.config.producer.partitioning.partitioner {
            Partitioner::RoundRobin | Partitioner::Random => true,
            Partitioner::Sticky => false,
            Partitioner::Uniform => {
                let queue = &producer.queues[producer.sticky];
                let complete = |batch| {
                    let batch = &cx.wire.batches[batch];
                    let raw = record_bytes(batch.count(), 0, key, u64::from(record.bytes));
                    queue.open().is_none() || batch.bytes + compressed(raw, cx) > size
                };
                producer.sticky_bytes >= 2 * size
                    || (producer.sticky_bytes >= size && queue.back().is_none_or(complete))
            }
        };
        if moves || self.snapshots[producer.knows.snapshot].leader[producer.sticky].is_none() {
            self.choose_partition(id, cx);
        }
        self.all[id].sticky
    }

    /// Chooses the next partition for records without a key, among those that have a leader.
    pub(super) fn choose_partition(&mut self, id: ProducerId, cx: &Scope<'_>) {
        let producer = &self.all[id];
        let snapshot = &self.snapshots[producer.knows.snapshot];
        let chosen = match cx.config.producer.partitioning.partitioner {
            Partitioner::RoundRobin => next_led(producer.sticky, snapshot),
            Partitioner::Sticky | Partitioner::Uniform | Partitioner::Random => {
                let draw = self.routing.sticky.draw();
                let adaptive = cx.config.producer.partitioning.adaptive;
                let busy = producer.nodes.iter().map(|node| node.queued).sum::<u32>() > 1;
                if (busy && adaptive) || snapshot.leaderless > 0 {
                    weighted(producer, snapshot, adaptive, draw)
                } else {
                    PartitionId::at(share_of(draw, snapshot.leader.len() as u64) as usize)
                }
            }
        };
        let producer = &mut self.all[id];
        (producer.sticky, producer.sticky_bytes) = (chosen, 0);
    }
}

/// What bytes of records take in a batch after compression `[B]`.
#[inline(always)]
pub(super) fn compressed(bytes: u64, cx: &Scope<'_>) -> u64 {
    let ratio = cx.config.producer.compression;
    if ratio > 1.0 {
        return ((bytes as f64 / ratio) as u64).max(1);
    }
    bytes
}

/// What a record adds to a batch in which it has number `index` `[B]`.
#[inline(always)]
pub(super) fn added(record: &BatchRecord, index: u64, key: Option<u64>) -> u64 {
    record_bytes(index, 0, key, u64::from(record.bytes))
}

/// The partition after `last` that has a leader, in a circle.
fn next_led(last: PartitionId, snapshot: &Snapshot) -> PartitionId {
    let partitions = snapshot.leader.len();
    let next = |n: usize| PartitionId::at((last.index() + n) % partitions);
    let led = |partition: &PartitionId| snapshot.leader[*partition].is_some();
    (1..=partitions)
        .map(next)
        .find(led)
        .unwrap_or_else(|| next(1))
}

/// A whole number below `all`, by a draw of 64 bits.
fn share_of(draw: u64, all: u64) -> u64 {
    ((u128::from(draw) * u128::from(all)) >> 64) as u64
}

/// Draws a partition with a leader; with `adaptive` the likelier, the shorter its queue.
///
/// # Source
/// Apache Kafka 3.9, `BuiltInPartitioner.java`: the weight of a partition is longest + 1 - length.
fn weighted(producer: &Producer, snapshot: &Snapshot, adaptive: bool, draw: u64) -> PartitionId {
    if snapshot.leaderless > 0 {
        return weighted_among_led(producer, snapshot, adaptive, draw);
    }
    let partitions = snapshot.leader.len();
    let length = |index: usize| producer.queues[PartitionId::at(index)].len() as u64;
    let queued = || {
        producer
            .active
            .iter()
            .take_while(|index| *index < partitions)
    };
    let longest = queued().map(length).max().unwrap_or(0);
    let all = (longest + 1) * partitions as u64 - queued().map(length).sum::<u64>();
    let left = share_of(draw, all);
    // Between partitions with batches every partition has the weight longest + 1.
    let mut shorter = 0;
    for index in queued() {
        let before = (longest + 1) * index as u64 - shorter;
        if left < before {
            break;
        }
        let weight = longest + 1 - length(index);
        if left < before + weight {
            return PartitionId::at(index);
        }
        shorter += length(index);
    }
    PartitionId::at(((left + shorter) / (longest + 1)) as usize)
}

/// [`weighted`] where some partitions have no leader.
fn weighted_among_led(
    producer: &Producer,
    snapshot: &Snapshot,
    adaptive: bool,
    draw: u64,
) -> PartitionId {
    let length = |partition: PartitionId| match adaptive {
        true => producer.queues[partition].len() as u64,
        false => 0,
    };
    let led = || {
        snapshot
            .leader
            .ids()
            .filter(|partition| snapshot.leader[*partition].is_some())
    };
    let longest = led().map(length).max().unwrap_or(0);
    let weight = |partition: PartitionId| longest + 1 - length(partition);
    let mut left = share_of(draw, led().map(weight).sum());
    for partition in led() {
        if left < weight(partition) {
            return partition;
        }
        left -= weight(partition);
    }
    // Nobody leads anything: any will do.
    PartitionId::at(share_of(draw, snapshot.leader.len() as u64) as usize)
}
