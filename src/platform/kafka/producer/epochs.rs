//! Sequence numbers of an idempotent producer: when they no longer fit, it begins a new epoch.
//!
//! # Source
//! Apache Kafka 3.9, `TransactionManager.java`.

use super::super::ids::{BatchId, PartitionId, ProducerId};
use super::super::sequences::advance;
use super::super::wire::Scope;
use super::Producers;

impl Producers {
    /// The leader refused the number or the epoch of a batch. Only the oldest batch that is not stored says that
    /// the numbers no longer fit.
    pub(super) fn mend_epoch(&mut self, id: BatchId, cx: &mut Scope<'_>) {
        let batch = &cx.wire.batches[id];
        let (owner, partition) = (batch.producer, batch.partition);
        let queue = &self.all[owner].queues[partition];
        let older = queue.front().is_some_and(|front| {
            let front = &cx.wire.batches[front];
            front.attempts > 0 && follows(front.sequence, batch.sequence)
        });
        if queue.in_flight == 0 && batch.epoch < queue.epoch {
            self.join_epoch(owner, partition, id, cx);
        } else if queue.in_flight == 0 && batch.epoch == queue.epoch && !older {
            self.new_epoch(owner, partition, Some(id), cx);
        }
    }

    /// The producer begins a new epoch for a partition: waiting batches get new numbers from 0.
    pub(super) fn new_epoch(
        &mut self,
        owner: ProducerId,
        partition: PartitionId,
        first: Option<BatchId>,
        cx: &mut Scope<'_>,
    ) {
        let queue = &mut self.all[owner].queues[partition];
        queue.epoch = queue.epoch.wrapping_add(1);
        let mut next = 0;
        let queued = queue
            .iter()
            .filter(|batch| cx.wire.batches[*batch].attempts > 0);
        let numbered: Vec<BatchId> = first.into_iter().chain(queued).collect();
        for id in numbered {
            let batch = &mut cx.wire.batches[id];
            (batch.sequence, batch.epoch) = (next, queue.epoch);
            next = advance(next, batch.numbers());
        }
        queue.next_sequence = next;
    }

    /// A batch that was in flight when its producer began a new epoch gets the next number of that one.
    fn join_epoch(
        &mut self,
        owner: ProducerId,
        partition: PartitionId,
        id: BatchId,
        cx: &mut Scope<'_>,
    ) {
        let queue = &mut self.all[owner].queues[partition];
        let batch = &mut cx.wire.batches[id];
        (batch.sequence, batch.epoch) = (queue.next_sequence, queue.epoch);
        queue.next_sequence = advance(queue.next_sequence, batch.numbers());
    }
}

/// Whether sequence number `b` comes after `a`, in a circle of 2^31.
pub(super) fn follows(a: u32, b: u32) -> bool {
    (b.wrapping_sub(a) % (1 << 31)) < (1 << 30) && a != b
}
