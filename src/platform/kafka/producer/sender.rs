//! The sender: a batch may be sent when it is full, when it has lingered, or when memory is
//! exhausted. Once one partition of a broker is ready, the first batches of its other partitions ride
//! along, up to `max.request.size`.
//!
//! # Source
//! Apache Kafka 3.9, `Sender.java`, `RecordAccumulator.ready` and `RecordAccumulator.drain`.

use super::super::config::Acks;
use super::super::ids::{BatchId, BrokerId, PartitionId, ProducerId, RequestId};
use super::super::wire::{Scope, Stage};
use super::super::{Cause, Event as Timer, broker};
use super::batch_queue::BatchQueue;
use super::{Event, NEVER, Producers};
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

/// Sender passes shorter than this are treated as instantaneous.
const SHORT_PASS: Nanos = Nanos(20_000);

/// How long a connection attempt to a machine that does not answer takes.
///
/// # Source
/// Apache Kafka 3.9, `CommonClientConfigs.java`: `socket.connection.setup.timeout.ms`.
const SETUP: Nanos = Nanos::from_secs(10);

impl Producers {
    /// The linger timer of a broker: send what has lingered, set the timer for what has not.
    pub(super) fn lingered(&mut self, id: ProducerId, broker: BrokerId, cx: &mut Scope<'_>) {
        let node = &mut self.all[id].nodes[broker];
        if node.timer.is_some_and(|at| at <= cx.now()) {
            node.timer = None;
        }
        self.drain(id, broker, cx);
    }

    /// Sets the linger timer of a broker, unless it is set for an earlier instant.
    fn wake_at(&mut self, id: ProducerId, broker: BrokerId, at: SimTime, cx: &mut Scope<'_>) {
        let node = &mut self.all[id].nodes[broker];
        if at < NEVER && node.timer.is_none_or(|set| set > at) {
            node.timer = Some(at);
            let producer = id;
            cx.queue
                .at(at, Timer::Producer(Event::Linger { producer, broker }));
        }
    }

    /// The sender: as long as a request may be in flight and something is ready, send; for what
    /// still lingers there is a timer.
    pub(super) fn drain(&mut self, id: ProducerId, broker: BrokerId, cx: &mut Scope<'_>) {
        loop {
            let now = cx.now();
            let producer = &self.all[id];
            let node = &producer.nodes[broker];
            if node.queued == 0 {
                return;
            }
            if node.in_flight >= cx.config.producer.in_flight_max {
                return self.note_in_flight(id, broker, cx);
            }
            let at = if node.full || producer.blocked.for_memory {
                now.min(node.due)
            } else {
                node.due
            };
            let at = producer.is_free(now, at.max(node.quiet_until));
            if at > now {
                return self.wake_at(id, broker, at, cx);
            }
            if cx.net.is_troubled() && !self.connect(id, broker, cx) {
                return;
            }
            if let Some(request) = self.collect(id, broker, cx) {
                let through = self.begin_pass(id, now, cx);
                self.send(request, through, cx);
            } else if !self.try_again(id, broker, cx) {
                return;
            }
        }
    }

    /// A producer may have no more requests in flight to a broker; it waits if something else is ready.
    fn note_in_flight(&mut self, id: ProducerId, broker: BrokerId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let node = &mut self.all[id].nodes[broker];
        let ready = node.full || node.due <= now;
        if ready && !node.held_up {
            node.held_up = true;
            let spot = Limit::InFlight.at(id.number()).part(broker.number());
            cx.probe.begin_wait(spot, now);
        }
    }

    /// What was ready has expired, which has freed memory, or waits for something else; whether there is more to
    /// send now.
    fn try_again(&mut self, id: ProducerId, broker: BrokerId, cx: &mut Scope<'_>) -> bool {
        let node = &self.all[id].nodes[broker];
        let (queued, due) = (node.queued, node.due);
        self.unblock(id, cx);
        let node = &self.all[id].nodes[broker];
        let same = node.queued == queued && node.due == due;
        if same {
            self.wake_at(id, broker, due.max(cx.now() + Nanos(1)), cx);
        }
        !same
    }

    /// The sender of a producer looks after all brokers.
    pub(super) fn drain_all(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        for broker in cx.net.brokers() {
            self.drain(id, broker, cx);
        }
    }

    /// The sender goes through its partitions; returns when it is through and sends.
    fn begin_pass(&mut self, id: ProducerId, now: SimTime, cx: &Scope<'_>) -> SimTime {
        let producer = &mut self.all[id];
        if producer.sender_pass.0 < now {
            let each = cx.config.producer.per_partition.0;
            let pass = Nanos(each.saturating_mul(producer.queues.len() as u64));
            let takes = if pass >= SHORT_PASS {
                pass
            } else {
                Nanos::ZERO
            };
            producer.sender_pass = (now, now + takes);
        }
        producer.sender_pass.1
    }

    /// Whether the connection to a broker can be used. A refused one is tried again after a back-off.
    fn connect(&mut self, id: ProducerId, broker: BrokerId, cx: &mut Scope<'_>) -> bool {
        let producer = &self.all[id];
        if cx.net.answers(producer.zone, broker) {
            return true;
        }
        let refused = cx.net.refuses(broker);
        if !refused && producer.nodes[broker].failures == 0 {
            // Nobody has told the client yet: it goes on writing.
            return true;
        }
        self.disconnected(id, broker, refused, cx);
        let at = self.all[id].nodes[broker].quiet_until;
        self.wake_at(id, broker, at, cx);
        false
    }

    /// A connection has failed: the client keeps quiet for a while and asks for metadata.
    pub(super) fn disconnected(
        &mut self,
        id: ProducerId,
        broker: BrokerId,
        refused: bool,
        cx: &mut Scope<'_>,
    ) {
        let (first, most) = cx.config.producer.reconnect;
        let node = &mut self.all[id].nodes[broker];
        node.failures += 1;
        let failures = node.failures;
        let wait = if refused {
            self.backoff(first, most, failures, cx)
        } else {
            SETUP
        };
        let node = &mut self.all[id].nodes[broker];
        node.quiet_until = node.quiet_until.max(cx.now() + wait);
        self.refresh_metadata(id, cx);
    }

    /// Looks through the queues for a broker that were not emptied by a request.
    pub(super) fn look_again(&mut self, id: ProducerId, broker: BrokerId, cx: &Scope<'_>) {
        let producer = &self.all[id];
        let led = &self.snapshots[producer.knows.snapshot].led_by[broker];
        let (mut full, mut due) = (false, NEVER);
        for place in producer.nodes[broker].ready.iter() {
            let queue = &producer.queues[led[place]];
            let Some(first) = queue.front().filter(|first| !is_muted(queue, *first, cx)) else {
                continue;
            };
            if !self.transactional.may_send(id, led[place]) {
                continue;
            }
            let batch = &cx.wire.batches[first];
            if batch.retry_at > cx.now() {
                due = due.min(batch.retry_at);
            } else {
                full |= queue.len() > 1 || batch.bytes >= cx.config.producer.batch_size;
                due = due.min(batch.created + cx.config.producer.linger);
            }
        }
        let flushes = due < NEVER && self.transactional.is_flushing(id);
        let node = &mut self.all[id].nodes[broker];
        (node.full, node.due) = (full || flushes, due);
    }

    /// Gives up the oldest batches of a partition that are older than `delivery.timeout.ms`.
    pub(super) fn expire(&mut self, id: ProducerId, partition: PartitionId, cx: &mut Scope<'_>) {
        let now = cx.now();
        while let Some(first) = self.all[id].queues[partition].front() {
            if cx.wire.batches[first].created + cx.config.producer.delivery_timeout > now {
                return;
            }
            self.leave_queue(id, partition);
            if cx.wire.batches[first].met.is_none() && self.is_out_of_reach(id, partition, cx) {
                cx.wire.batches[first].met = Some(Limit::NoLeader);
            }
            self.give_up(first, Cause::DeliveryTimeout, cx);
        }
    }

    /// Gives up batches that are too old, of all producers, and sends what may be sent.
    pub(in super::super) fn check_timeouts(&mut self, cx: &mut Scope<'_>) {
        for id in self.all.ids() {
            if self.all[id].memory == 0 {
                continue;
            }
            for partition in self.all[id].queues.ids() {
                self.expire(id, partition, cx);
            }
            self.unblock(id, cx);
            self.drain_all(id, cx);
            self.end_if_flushed(id, cx);
        }
    }

    /// Puts a request on its way; without acks its records count as acknowledged now.
    fn send(&mut self, request: RequestId, now: SimTime, cx: &mut Scope<'_>) {
        let sent = &mut cx.wire.requests[request];
        sent.sent_at = now;
        let (id, broker, ticket) = (sent.producer, sent.broker, sent.ticket);
        let bytes = sent.bytes;
        let producer = &mut self.all[id];
        producer.nodes[broker].in_flight += 1;
        let zone = producer.zone;
        self.metrics.request();
        for batch in &cx.wire.requests[request].batches {
            let batch = &cx.wire.batches[*batch];
            self.metrics
                .batch(batch.records.len(), batch.bytes, now.since(batch.created));
        }
        let leaves = self.compress(id, bytes, now, cx);
        for batch in &cx.wire.requests[request].batches {
            cx.wire.batches[*batch].sent(leaves);
        }
        if cx.config.producer.acks == Acks::None {
            for batch in &cx.wire.requests[request].batches {
                let records = cx.wire.batches[*batch].records.iter();
                cx.probe
                    .acknowledged_all(records.map(|record| record.at), leaves);
            }
        }
        if cx.net.is_troubled() && !cx.net.answers(zone, broker) {
            let at = (now + cx.config.producer.request_timeout).max(leaves);
            let timeout = Timer::Producer(Event::ClientTimeout { request, ticket });
            cx.queue.at(at, timeout);
            if !cx.net.hangs(zone, broker) {
                cx.wire.requests[request].stage = Stage::Void;
                return;
            }
            // It lies in the socket of a process that hangs, and is served when the process goes on.
        }
        let encryption = &cx.config.cluster.encryption;
        let delay = cx.net.one_way(zone, cx.net.zone_of(broker))
            + encryption.delay_of(encryption.producers);
        cx.queue.at(
            leaves + delay,
            Timer::Broker(broker::Event::Arrive(request)),
        );
    }

    /// A producer compresses `bytes` of a request; returns when it is through and the request leaves.
    fn compress(&mut self, id: ProducerId, bytes: u64, now: SimTime, cx: &Scope<'_>) -> SimTime {
        let config = &cx.config.producer;
        if config.compress_ns <= 0.0 {
            return now;
        }
        let producer = &mut self.all[id];
        let raw = bytes as f64 * config.compression;
        let leaves = producer.compressed_at.max(now) + Nanos((raw * config.compress_ns) as u64);
        producer.compressed_at = leaves;
        leaves
    }
}

/// Whether the first batch of a queue has to wait for others in flight.
#[inline]
pub(super) fn is_muted(queue: &BatchQueue, first: BatchId, cx: &Scope<'_>) -> bool {
    if queue.in_flight == 0 {
        return false;
    }
    let config = &cx.config.producer;
    if config.idempotent {
        cx.wire.batches[first].attempts > 0
    } else {
        config.in_flight_max == 1
    }
}
