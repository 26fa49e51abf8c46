//! The accumulator: records join batches, one queue of batches for each partition.
//!
//! # Source
//! Apache Kafka 3.9, `RecordAccumulator.java`.

use super::super::Cause;
use super::super::batch::{BATCH_OVERHEAD, record_bytes, size_check};
use super::super::config::Partitioner;
use super::super::ids::{PartitionId, ProducerId};
use super::super::wire::{BatchRecord, Scope};
use super::Producers;
use super::partitioner::compressed;
use crate::probe::Limit;
use crate::workload::{NO_KEY, Record};

/// More than the most that a record can have besides its data, with a key of the longest kind `[B]`.
const OVERHEAD_MOST: u64 = 1200;

impl Producers {
    /// `send()`: the record joins its batch, waits for memory, or is refused.
    #[inline(always)]
    pub(in super::super) fn offer(&mut self, record: &Record, cx: &mut Scope<'_>) {
        // The exact size is only worked out where it could matter.
        if u64::from(record.bytes) + OVERHEAD_MOST > self.send_max && self.is_too_large(record) {
            cx.probe.bound(Limit::TooLarge.at(record.producer), 1);
            let (cause, met) = (Cause::TooLargeForProducer, Some(Limit::TooLarge));
            return cx.probe.ended_for(cause as usize, met, 1);
        }
        let producer = &self.all[ProducerId::new(record.producer)];
        let sends = producer.stops.none() && producer.blocked.records.is_empty();
        if sends && self.try_append(record, cx) {
            return;
        }
        self.wait_behind(record, cx);
    }

    /// Whether a producer refuses a record at once.
    #[cold]
    fn is_too_large(&self, record: &Record) -> bool {
        size_check(
            self.routing.keys.length(record.key),
            u64::from(record.bytes),
        ) > self.send_max
    }

    /// Appends to the open batch of the partition or to a new one; false if memory is exhausted.
    #[inline(always)]
    pub(super) fn try_append(&mut self, record: &Record, cx: &mut Scope<'_>) -> bool {
        let (partition, key) = self.partition_of(record, cx);
        self.try_join(record, partition, key, cx) || self.try_open(record, partition, key, cx)
    }

    /// The record joins the open batch of the partition, if there is one with room.
    #[inline(always)]
    fn try_join(
        &mut self,
        record: &Record,
        partition: PartitionId,
        key: Option<u64>,
        cx: &mut Scope<'_>,
    ) -> bool {
        let id = ProducerId::new(record.producer);
        let Some(open) = self.all[id].queues[partition].open() else {
            return false;
        };
        let now = cx.now();
        let batch = &cx.wire.batches[open];
        let delta_ms = now.since(batch.created).0 / 1_000_000;
        let raw = record_bytes(batch.count(), delta_ms, key, u64::from(record.bytes));
        let added = compressed(raw, cx);
        let size = cx.config.producer.batch_size;
        let batch = &mut cx.wire.batches[open];
        let bytes = batch.bytes + added;
        if bytes > size {
            return false;
        }
        batch.bytes = bytes;
        batch.records.push(BatchRecord::from(record));
        let producer = &mut self.all[id];
        producer.blocked.for_memory = false;
        if record.key == NO_KEY || !self.routing.keyed {
            producer.sticky_bytes += added;
        }
        if bytes >= size {
            self.filled(id, partition, cx);
        }
        true
    }

    /// Opens a batch for a record; false if memory is exhausted.
    ///
    /// KIP-480: before a new batch is opened for a record without a key, another partition is chosen, unless it has
    /// waited for memory and chose before.
    #[inline(never)]
    fn try_open(
        &mut self,
        record: &Record,
        mut partition: PartitionId,
        key: Option<u64>,
        cx: &mut Scope<'_>,
    ) -> bool {
        let id = ProducerId::new(record.producer);
        let keyless = !self.routing.keyed || key.is_none();
        let sticky = cx.config.producer.partitioning.partitioner == Partitioner::Sticky;
        if keyless && sticky && !self.all[id].blocked.for_memory {
            self.choose_partition(id, cx);
            partition = self.all[id].sticky;
            if self.try_join(record, partition, key, cx) {
                return true;
            }
        }
        let data = u64::from(record.bytes);
        let size = cx.config.producer.batch_size;
        // The exact size is only worked out where it could matter.
        let memory = match data + OVERHEAD_MOST < size {
            true => size,
            false => size.max(size_check(key, data)),
        };
        let producer = &mut self.all[id];
        producer.blocked.for_memory = producer.memory + memory > cx.config.producer.buffer_memory;
        if producer.blocked.for_memory {
            return false;
        }
        producer.memory += memory;
        let added = compressed(record_bytes(0, 0, key, data), cx);
        let now = cx.now();
        let batch = cx.wire.batches.open(id, partition, now, memory);
        let opened = &mut cx.wire.batches[batch];
        opened.bytes += added;
        opened.records.push(BatchRecord::from(record));
        let queue = &mut producer.queues[partition];
        let was_empty = queue.is_empty();
        queue.push_open(batch);
        if was_empty {
            producer.note_queue(partition, &self.snapshots[producer.knows.snapshot]);
        }
        if record.key == NO_KEY || !self.routing.keyed {
            producer.sticky_bytes += BATCH_OVERHEAD + added;
        }
        self.after_new_batch(id, partition, cx);
        true
    }

    /// A batch is full: it may be sent.
    #[inline(never)]
    fn filled(&mut self, id: ProducerId, partition: PartitionId, cx: &mut Scope<'_>) {
        let producer = &mut self.all[id];
        if let Some(leader) = self.snapshots[producer.knows.snapshot].leader[partition] {
            producer.nodes[leader].full = true;
            self.drain(id, leader, cx);
        }
    }

    /// A new batch closes the one before it, and starts to linger.
    fn after_new_batch(&mut self, id: ProducerId, partition: PartitionId, cx: &mut Scope<'_>) {
        if !self.transactional.is_empty() {
            self.join_transaction(id, partition, cx);
        }
        let producer = &mut self.all[id];
        let Some(leader) = self.snapshots[producer.knows.snapshot].leader[partition] else {
            return self.refresh_metadata(id, cx);
        };
        let queue = &producer.queues[partition];
        let size = cx.config.producer.batch_size;
        let full = queue
            .back()
            .is_some_and(|batch| cx.wire.batches[batch].bytes >= size);
        let node = &mut producer.nodes[leader];
        node.full |= full || queue.len() > 1;
        let due = cx.now() + cx.config.producer.linger;
        node.due = if node.queued == 0 {
            due
        } else {
            node.due.min(due)
        };
        node.queued += 1;
        // Nothing is ready, and the timer for what lingers longest is set.
        let set = node.timer.is_some_and(|timer| timer <= node.due);
        let waits = set && !node.full && !producer.blocked.for_memory;
        if !waits || node.due <= cx.now() {
            self.drain(id, leader, cx);
        }
    }
}
