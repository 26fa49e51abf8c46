//! The high watermark, and produce requests that wait for it.
//!
//! # Source
//! Apache Kafka 3.9, `DelayedProduce.scala`, `Partition.maybeIncrementLeaderHW`.

use super::super::errors::Error;
use super::super::ids::{BrokerId, PartitionId, ProducerId, RequestId};
use super::super::wire::{Scope, Storage};
use super::replica::Waiting;
use super::{Brokers, Connection};

impl Brokers {
    /// A batch waits for the high watermark, unless that is there already; whether it waits.
    #[inline]
    pub(super) fn awaits(&mut self, waiting: Waiting, cx: &Scope<'_>) -> bool {
        let partition = &mut self.partitions[cx.wire.batches[waiting.batch].partition];
        let waits = partition.high_watermark.offset < waiting.offset;
        if waits {
            partition.waiting.push(waiting);
        }
        waits
    }

    /// Advances a partition's high watermark: producers get their answers, consumers their data.
    #[inline]
    pub(super) fn advance_high_watermark(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        let partition = &mut self.partitions[at];
        let needed = self.topic.least_in_sync(partition.replicas.len());
        // Before Kafka 3.7 the high watermark advances even if fewer than `min.insync.replicas` are in sync.
        let least = if self.topic.min_isr_capped { needed } else { 0 };
        if partition.leader.is_none() {
            return;
        }
        let gained = partition.raise_high_watermark(least);
        if gained == 0 {
            return;
        }
        let reached = partition.high_watermark.offset;
        partition.log.show_before(reached, cx.now());
        while let Some(waiting) = self.partitions[at].waiting.front() {
            if waiting.offset > reached {
                break;
            }
            let partition = &mut self.partitions[at];
            partition.waiting.pop(cx.now());
            if partition.isr < needed {
                // Before 3.7 the high watermark advances below min ISR; the write has not enough copies.
                cx.wire.batches[waiting.batch].answer = Some(Error::NotEnoughReplicasAfterAppend);
            }
            self.release_waiter(waiting.request, cx);
        }
        let stable = if self.transactions.len() > 0 {
            self.settle_transactions(at, cx)
        } else {
            gained
        };
        self.becomes_visible(at, gained, stable, cx);
    }

    /// A request waits for one batch less; it is answered when it waits for none.
    fn release_waiter(&mut self, request: RequestId, cx: &mut Scope<'_>) {
        let call = &mut cx.wire.requests[request];
        let left = call.awaited.checked_sub(1);
        call.awaited = left.expect("a request that is released waited for a batch");
        if call.awaited == 0 {
            self.answer(request, cx);
        }
    }

    /// Leaders give requests up that have waited for `request.timeout.ms`: the batches stay in the log.
    pub(in super::super) fn purge_waiting(&mut self, cx: &mut Scope<'_>) {
        for at in self.partitions.ids() {
            let leader = self.partitions[at].leader;
            if !leader.is_some_and(|leader| cx.net.is_up(leader)) {
                continue;
            }
            while let Some(waiting) = self.partitions[at].waiting.front() {
                let call = &cx.wire.requests[waiting.request];
                if call.sent_at + call.timeout > cx.now() {
                    break;
                }
                self.partitions[at].waiting.pop(cx.now());
                cx.wire.batches[waiting.batch].answer = Some(Error::RequestTimedOut);
                self.release_waiter(waiting.request, cx);
            }
        }
    }

    /// The requests that waited at a leader that no longer leads are told so.
    pub(in super::super) fn fail_waiting(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        let waiting = self.partitions[at].waiting.take();
        for waiting in waiting {
            let broker = cx.wire.requests[waiting.request].broker;
            if cx.net.is_up(broker) && self.partitions[at].zombie != Some(broker) {
                cx.wire.batches[waiting.batch].answer = Some(Error::NotLeaderOrFollower);
                self.release_waiter(waiting.request, cx);
            } else {
                cx.wire.expect_timeout(waiting.request, cx.queue);
            }
        }
    }

    /// A producer has given up a request: its batches wait no longer, and its connection goes on with the next
    /// request. `waited` carries the batches if the request waited for replicas.
    pub(in super::super) fn drop_request(
        &mut self,
        request: RequestId,
        producer: ProducerId,
        broker: BrokerId,
        waited: Option<RequestId>,
        cx: &mut Scope<'_>,
    ) {
        if let Some(heir) = waited {
            self.stop_waiting(request, heir, cx);
        }
        let connection = self.connection(producer, broker);
        connection.held.retain(|other| *other != request);
        self.note_held(producer, broker, cx);
        self.dispatch_next(request, producer, broker, cx);
    }

    /// The batches that `heir` carries wait no longer for `request`.
    fn stop_waiting(&mut self, request: RequestId, heir: RequestId, cx: &Scope<'_>) {
        for batch in &cx.wire.requests[heir].batches {
            let partition = &mut self.partitions[cx.wire.batches[*batch].partition];
            partition
                .waiting
                .retain(|waiting| waiting.request != request);
        }
    }

    /// A producer is gone: nothing of it waits any more, and its connections are closed.
    pub(in super::super) fn forget_producer(&mut self, producer: ProducerId, cx: &mut Scope<'_>) {
        for (id, request) in cx.wire.requests.under_way() {
            if request.producer == producer {
                self.stop_waiting(id, id, cx);
            }
        }
        for broker in self.machines.ids() {
            *self.connection(producer, broker) = Connection::default();
            self.note_held(producer, broker, cx);
        }
    }

    /// A producer has given up a batch that is stored at `offset`.
    pub(in super::super) fn abandon(&mut self, at: PartitionId, offset: u64, records: u64) {
        self.partitions[at].abandoned.push((offset, records));
    }

    /// Takes a batch that is cut off back from the log; how many records go back to producers that still hold them.
    pub(super) fn restore_batches(&self, at: PartitionId, to: u64, cx: &mut Scope<'_>) -> u64 {
        let mut back = 0;
        for batch in cx
            .wire
            .batches
            .open_ones()
            .filter(|batch| batch.partition == at)
        {
            if matches!(batch.storage, Storage::At(offset) if offset >= to) {
                back += batch.count();
                (batch.storage, batch.restored) = (Storage::Nowhere, true);
            }
        }
        back
    }
}
