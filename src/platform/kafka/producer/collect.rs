//! How a request is filled: with the first batch of each partition that a broker leads, in turn.
//!
//! # Source
//! Apache Kafka 3.9, `RecordAccumulator.drainBatchesForOneNode`.

use super::super::ids::{BatchId, BrokerId, ProducerId, RequestId};
use super::super::sequences::advance;
use super::super::wire::Scope;
use super::Producers;
use super::sender::is_muted;

/// What becomes of the first batch of a partition when a request is filled.
enum First {
    /// The request takes it; its size `[B]`.
    Taken(BatchId, u64),
    /// There is none that may be sent now.
    Waits,
    /// The request has no room for it.
    NoRoom,
}

impl Producers {
    /// Fills a request with the first batch of every partition that `broker` leads, in turn.
    pub(super) fn collect(
        &mut self,
        id: ProducerId,
        broker: BrokerId,
        cx: &mut Scope<'_>,
    ) -> Option<RequestId> {
        let request = cx.wire.requests.open();
        let call = &mut cx.wire.requests[request];
        call.begin(id, self.all[id].zone, broker);
        (call.acks, call.timeout) = (cx.config.producer.acks, cx.config.producer.request_timeout);
        let mut batches = std::mem::take(&mut call.batches);
        let bytes = self.take_first_batches(id, broker, &mut batches, cx);
        let node = &mut self.all[id].nodes[broker];
        node.full = false;
        if node.queued > 0 {
            self.look_again(id, broker, cx);
        }
        let empty = batches.is_empty();
        let call = &mut cx.wire.requests[request];
        (call.batches, call.bytes) = (batches, bytes);
        if empty {
            cx.wire.requests.close(request);
            return None;
        }
        Some(request)
    }

    /// Takes the first batch of every partition that `broker` leads and that has one, in turn, as far as a request
    /// has room; returns their bytes.
    fn take_first_batches(
        &mut self,
        id: ProducerId,
        broker: BrokerId,
        into: &mut Vec<BatchId>,
        cx: &mut Scope<'_>,
    ) -> u64 {
        let snapshot = self.all[id].knows.snapshot;
        let begin = self.all[id].nodes[broker].next_partition;
        let begin = match self.snapshots[snapshot].led_by[broker].len() {
            0 => return 0,
            count => begin % count,
        };
        let mut bytes = 0;
        for (mut from, to) in [(begin, usize::MAX), (0, begin)] {
            loop {
                let ready = &self.all[id].nodes[broker].ready;
                let Some(place) = ready.next(from).filter(|place| *place < to) else {
                    break;
                };
                from = place + 1;
                match self.take_first(id, broker, place, bytes, cx) {
                    First::Taken(batch, size) => {
                        bytes += size;
                        into.push(batch);
                    }
                    First::Waits => {}
                    First::NoRoom => {
                        self.all[id].nodes[broker].next_partition = place;
                        return bytes;
                    }
                }
            }
        }
        bytes
    }

    /// Takes the first batch of a partition for a request that has `bytes`, if it may be sent now. Batches that
    /// are too old end before.
    #[inline]
    fn take_first(
        &mut self,
        id: ProducerId,
        broker: BrokerId,
        place: usize,
        bytes: u64,
        cx: &mut Scope<'_>,
    ) -> First {
        let (now, config) = (cx.queue.now(), &cx.config.producer);
        let snapshot = self.all[id].knows.snapshot;
        let partition = self.snapshots[snapshot].led_by[broker][place];
        let oldest = self.all[id].queues[partition].front();
        if oldest
            .is_some_and(|batch| cx.wire.batches[batch].created + config.delivery_timeout <= now)
        {
            self.expire(id, partition, cx);
        }
        let producer = &mut self.all[id];
        let queue = &mut producer.queues[partition];
        let Some(first) = queue.front() else {
            return First::Waits;
        };
        let waits = cx.wire.batches[first].retry_at > now
            || is_muted(queue, first, cx)
            || !self.transactional.may_send(id, partition);
        if waits {
            return First::Waits;
        }
        let batch = &mut cx.wire.batches[first];
        if bytes > 0 && bytes + batch.bytes > config.request_max {
            return First::NoRoom;
        }
        queue.pop();
        queue.in_flight += 1;
        if batch.attempts == 0 {
            // The first time it is sent it gets its sequence number.
            (batch.sequence, batch.epoch) = (queue.next_sequence, queue.epoch);
            queue.next_sequence = advance(queue.next_sequence, batch.numbers());
        }
        batch.attempts += 1;
        batch.producer_id = producer.id;
        let node = &mut producer.nodes[broker];
        node.queued -= 1;
        if queue.is_empty() {
            node.ready.remove(place);
            producer.active.remove(partition.as_index());
        }
        First::Taken(first, batch.bytes)
    }
}
