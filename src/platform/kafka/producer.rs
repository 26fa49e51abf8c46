//! The producer: an accumulator with a queue of batches per partition, and a sender.
//!
//! A batch may be sent when it is full, when it has lingered, or when memory is exhausted. Once one
//! partition of a broker is ready, the first batches of its other partitions ride along, up to
//! `max.request.size`. A full `buffer.memory` blocks `send()`: the application stands still, and
//! what it meant to send meanwhile waits behind it.
//!
//! # Source
//! SRC39 `RecordAccumulator`, `Sender`, `BuiltInPartitioner`; facts/kafka-msk.md section 1.

use super::batch::{record_bytes, size_check};
use super::config::Acks;
use super::{BACKLOG_FULL, BLOCKED, DELIVERY_TIMEOUT, Event, Kafka, TOO_LARGE_CLIENT};
use crate::platform::Cx;
use crate::units::SimTime;
use crate::workload::{NO_KEY, Record};
use std::collections::VecDeque;

/// One producer.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    /// Its zone.
    pub zone: u32,
    /// Batches per partition, oldest first; the last one may still be open.
    pub queues: Vec<VecDeque<u32>>,
    /// Used of `buffer.memory` `[B]`.
    pub memory: u64,
    /// Records behind a `send()` that is blocked, oldest first.
    pub blocked: VecDeque<Record>,
    /// Since when the first of those is blocked.
    pub blocked_since: SimTime,
    /// Whether the timer of `max.block.ms` is set.
    pub block_timer: bool,
    /// Per broker, what is queued and under way.
    pub nodes: Vec<Node>,
    /// The partition that keyless records stick to.
    pub sticky: u32,
    /// What it has had since it was chosen `[B]`.
    pub sticky_bytes: u64,
}

/// What a producer has for one broker.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    /// Requests under way.
    pub in_flight: u32,
    /// Batches queued for its partitions.
    pub queued: u32,
    /// Whether one of those is full or has another behind it.
    pub full: bool,
    /// When the oldest of those will have lingered.
    pub due: SimTime,
    /// Whether the linger timer is set.
    pub timer: bool,
    /// Where the next request begins among the broker's partitions.
    pub turn: u32,
    /// When the last request was appended: one connection is served in order.
    pub appended_at: SimTime,
}

impl Producer {
    /// An idle producer.
    #[must_use]
    pub(super) fn new(zone: u32, partitions: u32, brokers: u32, sticky: u32) -> Self {
        Self {
            zone,
            queues: vec![VecDeque::new(); partitions as usize],
            memory: 0,
            blocked: VecDeque::new(),
            blocked_since: SimTime::ZERO,
            block_timer: false,
            nodes: vec![Node::default(); brokers as usize],
            sticky,
            sticky_bytes: 0,
        }
    }
}

/// A produce request: batches for the partitions that one broker leads.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// Whose.
    pub producer: u32,
    /// The broker.
    pub broker: u32,
    /// At most one batch per partition.
    pub batches: Vec<u32>,
    /// Bytes of all batches.
    pub bytes: u64,
    /// Partitions whose high watermark it still waits for.
    pub awaited: u32,
}

impl Kafka {
    /// `send()`: the record joins its batch, waits for memory, or is refused.
    #[inline]
    pub(super) fn produce(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
        let most = self.config.producer.request_max.min(self.config.producer.buffer_memory);
        // The exact size is only worked out where it could matter: keys stay below 1,100 bytes.
        if u64::from(record.bytes) + 1200 > most
            && size_check(self.keys.length(record.key), u64::from(record.bytes)) > most
        {
            return cx.probe.ended(TOO_LARGE_CLIENT, 1);
        }
        let producer = &mut self.producers[record.producer as usize];
        if producer.blocked.is_empty() && self.try_append(&record, cx) {
            return;
        }
        let producer = &mut self.producers[record.producer as usize];
        if producer.blocked.len() as u64 >= self.backlog_max {
            return cx.probe.ended(BACKLOG_FULL, 1);
        }
        producer.blocked.push_back(record);
        if producer.blocked.len() == 1 {
            producer.blocked_since = cx.queue.now();
            self.set_block_timer(record.producer, cx);
            self.drain_all(record.producer, cx);
        }
    }

    /// The partition of a record and the length of its key.
    #[inline]
    fn partition_of(&mut self, record: &Record) -> (u32, Option<u64>) {
        match self.keys.get(record.key) {
            Some((partition, length)) => (partition, Some(length)),
            None => (self.sticky_partition(record.producer), None),
        }
    }

    /// KIP-794: move on once `batch.size` bytes went to a partition and its batch is complete, or
    /// after twice that. The next one is drawn evenly; weights by queue length are not modelled.
    fn sticky_partition(&mut self, index: u32) -> u32 {
        let size = self.config.producer.batch_size.max(1);
        let producer = &mut self.producers[index as usize];
        let last = producer.queues[producer.sticky as usize].back();
        let complete = last.is_none_or(|batch| self.batches.view(*batch).bytes >= size);
        if (producer.sticky_bytes >= size && complete) || producer.sticky_bytes >= 2 * size {
            producer.sticky =
                self.sticky.below(self.sticky_draws, u64::from(self.config.topic.partitions)) as u32;
            producer.sticky_bytes = 0;
            self.sticky_draws += 1;
        }
        producer.sticky
    }

    /// Appends to the open batch of the partition or to a new one; false if memory is exhausted.
    #[inline]
    fn try_append(&mut self, record: &Record, cx: &mut Cx<'_, Event>) -> bool {
        let now = cx.queue.now();
        let (partition, key) = self.partition_of(record);
        let size = self.config.producer.batch_size;
        let producer = &mut self.producers[record.producer as usize];
        let queue = &mut producer.queues[partition as usize];
        if let Some(last) = queue.back() {
            let batch = self.batches.get(*last);
            let delta_ms = now.since(batch.created).0 / 1_000_000;
            let added = record_bytes(batch.records.len() as u64, delta_ms, key, u64::from(record.bytes));
            if batch.bytes + added <= size {
                batch.bytes += added;
                batch.records.push(*record);
                let full = batch.bytes >= size;
                if record.key == NO_KEY {
                    producer.sticky_bytes += added;
                }
                if full {
                    let leader = self.partitions[partition as usize].leader;
                    producer.nodes[leader as usize].full = true;
                    self.drain(record.producer, leader, cx);
                }
                return true;
            }
        }
        let memory = size.max(size_check(key, u64::from(record.bytes)));
        if producer.memory + memory > self.config.producer.buffer_memory {
            return false;
        }
        producer.memory += memory;
        let added = record_bytes(0, 0, key, u64::from(record.bytes));
        let index = self.batches.open(partition, now, memory);
        let batch = self.batches.get(index);
        batch.bytes += added;
        batch.records.push(*record);
        queue.push_back(index);
        if record.key == NO_KEY {
            producer.sticky_bytes += added;
        }
        self.after_new_batch(record.producer, partition, cx);
        true
    }

    /// A new batch closes the one before it, and starts to linger.
    fn after_new_batch(&mut self, index: u32, partition: u32, cx: &mut Cx<'_, Event>) {
        let leader = self.partitions[partition as usize].leader;
        let producer = &mut self.producers[index as usize];
        let queue = &producer.queues[partition as usize];
        let newest = queue.back().map(|batch| self.batches.view(*batch));
        let full = newest.is_some_and(|batch| batch.bytes >= self.config.producer.batch_size);
        let node = &mut producer.nodes[leader as usize];
        node.full |= full || queue.len() > 1;
        if node.queued == 0 {
            node.due = cx.queue.now() + self.config.producer.linger;
        }
        node.queued += 1;
        self.drain(index, leader, cx);
    }

    /// The linger timer of a broker: send what has lingered, set the timer for what has not.
    pub(super) fn lingered(&mut self, index: u32, broker: u32, cx: &mut Cx<'_, Event>) {
        self.producers[index as usize].nodes[broker as usize].timer = false;
        self.drain(index, broker, cx);
    }

    /// The sender: as long as a request may be under way and something is ready, send; for what
    /// still lingers there is a timer.
    pub(super) fn drain(&mut self, index: u32, broker: u32, cx: &mut Cx<'_, Event>) {
        loop {
            let producer = &mut self.producers[index as usize];
            let exhausted = !producer.blocked.is_empty();
            let node = &mut producer.nodes[broker as usize];
            if node.queued == 0 || node.in_flight >= self.config.producer.in_flight_max {
                return;
            }
            if !(node.full || exhausted || node.due <= cx.queue.now()) {
                if !node.timer {
                    node.timer = true;
                    cx.queue.at(node.due, Event::Linger { producer: index, broker });
                }
                return;
            }
            match self.collect(index, broker, cx) {
                Some(request) => self.send(request, cx),
                // Everything that was ready had expired, which has freed memory.
                None => self.unblock(index, cx),
            }
        }
    }

    /// Looks through the queues for a broker that were not emptied by a request.
    fn look_again(&mut self, index: u32, broker: u32) {
        let producer = &mut self.producers[index as usize];
        let (mut full, mut oldest) = (false, SimTime(u64::MAX));
        for partition in &self.led_by[broker as usize] {
            let queue = &producer.queues[*partition as usize];
            let Some(first) = queue.front() else { continue };
            let batch = self.batches.view(*first);
            full |= queue.len() > 1 || batch.bytes >= self.config.producer.batch_size;
            oldest = oldest.min(batch.created);
        }
        let node = &mut producer.nodes[broker as usize];
        (node.full, node.due) = (full, oldest + self.config.producer.linger);
    }

    pub(super) fn drain_all(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        for broker in 0..self.config.brokers {
            self.drain(index, broker, cx);
        }
    }

    /// Fills a request with the first batch of every partition that `broker` leads, in turn.
    fn collect(&mut self, index: u32, broker: u32, cx: &mut Cx<'_, Event>) -> Option<u32> {
        let now = cx.queue.now();
        let request = self.requests.open();
        let limit = self.config.producer.request_max;
        let led = &self.led_by[broker as usize];
        let producer = &mut self.producers[index as usize];
        let (begin, mut batches, mut bytes) = (producer.nodes[broker as usize].turn as usize, Vec::new(), 0);
        std::mem::swap(&mut batches, &mut self.requests.get(request).batches);
        for step in 0..led.len() {
            let turn = (begin + step) % led.len();
            let queue = &mut producer.queues[led[turn] as usize];
            while let Some(first) = queue.front() {
                let batch = self.batches.view(*first);
                if batch.created + self.config.producer.delivery_timeout > now {
                    break;
                }
                cx.probe.ended(DELIVERY_TIMEOUT, batch.records.len() as u64);
                producer.memory -= batch.memory;
                self.batches.close(*first);
                queue.pop_front();
                producer.nodes[broker as usize].queued -= 1;
            }
            let Some(first) = queue.front() else { continue };
            let size = self.batches.view(*first).bytes;
            if bytes + size > limit && !batches.is_empty() {
                producer.nodes[broker as usize].turn = turn as u32;
                break;
            }
            bytes += size;
            batches.push(*first);
            queue.pop_front();
            producer.nodes[broker as usize].queued -= 1;
        }
        let node = &mut producer.nodes[broker as usize];
        node.full = false;
        if node.queued > 0 {
            self.look_again(index, broker);
        }
        let empty = batches.is_empty();
        *self.requests.get(request) = Request { producer: index, broker, batches, bytes, awaited: 0 };
        if empty {
            self.requests.close(request);
            return None;
        }
        Some(request)
    }

    /// Puts a request on its way; without acks its records count as acknowledged now.
    fn send(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let (index, broker) = {
            let request = self.requests.get(request);
            (request.producer, request.broker)
        };
        let producer = &mut self.producers[index as usize];
        producer.nodes[broker as usize].in_flight += 1;
        let delay = self.config.one_way(producer.zone, self.brokers[broker as usize].zone);
        cx.queue.after(delay, Event::Arrive(request));
    }

    /// The answer (or, without acks, the end of the transfer) reaches the producer.
    pub(super) fn acknowledge(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let mut batches = std::mem::take(&mut self.requests.get(request).batches);
        let (index, broker) = {
            let request = self.requests.get(request);
            (request.producer, request.broker)
        };
        let producer = &mut self.producers[index as usize];
        for batch in batches.drain(..) {
            let stored = self.batches.view(batch);
            if !stored.refused && self.config.producer.acks != Acks::None {
                for record in &stored.records {
                    cx.probe.acknowledged(record.at, now);
                }
            }
            producer.memory -= stored.memory;
            self.batches.close(batch);
        }
        producer.nodes[broker as usize].in_flight -= 1;
        self.requests.get(request).batches = batches;
        self.requests.close(request);
        self.unblock(index, cx);
        self.drain(index, broker, cx);
    }

    /// Lets blocked `send()` calls go on as far as there is memory.
    fn unblock(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        while let Some(record) = self.producers[index as usize].blocked.front().copied() {
            if !self.try_append(&record, cx) {
                break;
            }
            let producer = &mut self.producers[index as usize];
            producer.blocked.pop_front();
            producer.blocked_since = cx.queue.now();
        }
    }

    fn set_block_timer(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        if !producer.block_timer && !producer.blocked.is_empty() {
            producer.block_timer = true;
            cx.queue.at(producer.blocked_since + self.config.producer.block_max, Event::Blocked(index));
        }
    }

    /// The timer of `max.block.ms`: a `send()` that waited so long throws, the next one begins.
    pub(super) fn block_timed_out(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let limit = self.config.producer.block_max;
        let producer = &mut self.producers[index as usize];
        producer.block_timer = false;
        if !producer.blocked.is_empty() && producer.blocked_since + limit <= now {
            producer.blocked.pop_front();
            producer.blocked_since = now;
            cx.probe.ended(BLOCKED, 1);
            self.unblock(index, cx);
        }
        self.set_block_timer(index, cx);
    }
}
