//! The producer's sender: a batch may be sent when it is full, when it has lingered, or when memory is
//! exhausted. Once one partition of a broker is ready, the first batches of its other partitions ride
//! along, up to `max.request.size`.
//!
//! # Source
//! SRC39 `Sender`, `RecordAccumulator.ready` and `drain`; facts/kafka-msk.md section 1.2.

use super::broker::Health;
use super::config::Acks;
use super::lane::Lane;
use super::sequences::advance;
use super::{DELIVERY_TIMEOUT, Event, Kafka};
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

/// Where a produce request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// On its way to the broker, or in the broker's queues; a timer will move it on.
    #[default]
    Moving,
    /// Arrived behind another one of its connection that is not answered; no timer moves it on.
    Held,
    /// Sent to a broker that does not answer; nothing but a time-out will come.
    Void,
    /// Appended, waiting for replicas; no timer moves it on.
    Waiting,
    /// Its answer is on its way.
    Answered,
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
    /// Where it is.
    pub stage: Stage,
    /// Which use of its slot this is.
    pub serial: u32,
    /// When it was sent.
    pub sent_at: SimTime,
    /// Whether the connection broke before an answer.
    pub broken: bool,
    /// Whether its batches have gone on without it.
    pub void: bool,
    /// Whether its slot is in use.
    pub open: bool,
}

/// Produce requests; ended ones are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    pub all: Vec<Request>,
    free: Vec<u32>,
}

impl Requests {
    pub(super) fn open(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.all.push(Request::default());
            (self.all.len() - 1) as u32
        })
    }
    #[inline]
    pub(super) fn get(&mut self, index: u32) -> &mut Request {
        &mut self.all[index as usize]
    }
    pub(super) fn close(&mut self, index: u32) {
        let request = &mut self.all[index as usize];
        request.batches.clear();
        request.open = false;
        request.serial = request.serial.wrapping_add(1);
        self.free.push(index);
    }
}

/// What takes less time to go through than this is taken to take none.
const SHORT_WALK: Nanos = Nanos(20_000);

/// How long a connection attempt to a machine that does not answer takes.
///
/// # Source
/// SRC39 `socket.connection.setup.timeout.ms`.
const SETUP: Nanos = Nanos::from_secs(10);

impl Kafka {
    /// The linger timer of a broker: send what has lingered, set the timer for what has not.
    pub(super) fn lingered(&mut self, index: u32, broker: u32, cx: &mut Cx<'_, Event>) {
        let node = &mut self.producers[index as usize].nodes[broker as usize];
        if node.timer.is_some_and(|at| at <= cx.queue.now()) {
            node.timer = None;
        }
        self.drain(index, broker, cx);
    }

    fn wake_at(&mut self, index: u32, broker: u32, at: SimTime, cx: &mut Cx<'_, Event>) {
        let node = &mut self.producers[index as usize].nodes[broker as usize];
        if at.0 < u64::MAX && node.timer.is_none_or(|set| set > at) {
            node.timer = Some(at);
            cx.queue.at(
                at,
                Event::Linger {
                    producer: index,
                    broker,
                },
            );
        }
    }

    /// The sender: as long as a request may be under way and something is ready, send; for what
    /// still lingers there is a timer.
    pub(super) fn drain(&mut self, index: u32, broker: u32, cx: &mut Cx<'_, Event>) {
        loop {
            let now = cx.queue.now();
            let producer = &mut self.producers[index as usize];
            let exhausted = !producer.blocked.is_empty();
            let node = &producer.nodes[broker as usize];
            if node.queued == 0 || node.in_flight >= self.config.producer.in_flight_max {
                return;
            }
            let at = if node.full || exhausted {
                now.min(node.due)
            } else {
                node.due
            };
            let at = producer.is_free(now, at.max(node.quiet_until));
            if at > now {
                return self.wake_at(index, broker, at, cx);
            }
            if !self.connect(index, broker, cx) {
                return;
            }
            match self.collect(index, broker, cx) {
                Some(request) => {
                    let through = self.take_turn(index, now);
                    self.send(request, through, cx);
                }
                None => {
                    // What was ready has expired, which has freed memory, or waits for something else.
                    let node = &self.producers[index as usize].nodes[broker as usize];
                    let (queued, due) = (node.queued, node.due);
                    self.unblock(index, cx);
                    let node = &self.producers[index as usize].nodes[broker as usize];
                    if node.queued == queued && node.due == due {
                        return self.wake_at(index, broker, due.max(SimTime(now.0 + 1)), cx);
                    }
                }
            }
        }
    }

    /// The sender goes through its partitions; returns when it is through and sends.
    fn take_turn(&mut self, index: u32, now: SimTime) -> SimTime {
        let producer = &mut self.producers[index as usize];
        if producer.turn.0 < now {
            let walk = self
                .config
                .producer
                .per_partition
                .0
                .saturating_mul(producer.lanes.len() as u64);
            producer.turn = if walk >= SHORT_WALK.0 {
                (now, now + Nanos(walk))
            } else {
                (now, now)
            };
        }
        producer.turn.1
    }

    /// Whether the connection to a broker can be used. A refused one is tried again after a back-off.
    fn connect(&mut self, index: u32, broker: u32, cx: &mut Cx<'_, Event>) -> bool {
        let producer = &self.producers[index as usize];
        if self.answers(producer.zone, broker) {
            return true;
        }
        let node = &producer.nodes[broker as usize];
        let machine = &self.brokers[broker as usize];
        let refused = machine.health == Health::Down && !machine.silent;
        if !refused && node.failures == 0 {
            // Nobody has told the client yet: it goes on writing.
            return true;
        }
        self.disconnected(index, broker, refused, cx);
        let at = self.producers[index as usize].nodes[broker as usize].quiet_until;
        self.wake_at(index, broker, at, cx);
        false
    }

    /// A connection has failed: the client keeps quiet for a while and asks for metadata.
    pub(super) fn disconnected(
        &mut self,
        index: u32,
        broker: u32,
        refused: bool,
        cx: &mut Cx<'_, Event>,
    ) {
        let (first, most) = self.config.producer.reconnect;
        let node = &mut self.producers[index as usize].nodes[broker as usize];
        node.failures += 1;
        let failures = node.failures;
        let wait = if refused {
            self.backoff(first, most, failures)
        } else {
            SETUP
        };
        let node = &mut self.producers[index as usize].nodes[broker as usize];
        node.quiet_until = node.quiet_until.max(cx.queue.now() + wait);
        self.refresh_metadata(index, cx);
    }

    /// Whether the first batch of a lane has to wait for others under way.
    #[inline]
    fn is_muted(&self, lane: &Lane, first: u32) -> bool {
        if lane.flying == 0 {
            return false;
        }
        let config = &self.config.producer;
        if config.idempotent {
            self.batches.view(first).attempts > 0
        } else {
            config.in_flight_max == 1
        }
    }

    /// Looks through the queues for a broker that were not emptied by a request.
    fn look_again(&mut self, index: u32, broker: u32, now: SimTime) {
        let producer = &self.producers[index as usize];
        let (mut full, mut due) = (false, SimTime(u64::MAX));
        for partition in &self.snapshots[producer.metadata as usize].led_by[broker as usize] {
            let lane = &producer.lanes[*partition as usize];
            let Some(first) = lane
                .queue()
                .front()
                .filter(|first| !self.is_muted(lane, **first))
            else {
                continue;
            };
            let batch = self.batches.view(*first);
            if batch.retry_at > now {
                due = due.min(batch.retry_at);
            } else {
                full |= lane.queue().len() > 1 || batch.bytes >= self.config.producer.batch_size;
                due = due.min(batch.created + self.config.producer.linger);
            }
        }
        let node = &mut self.producers[index as usize].nodes[broker as usize];
        (node.full, node.due) = (full, due);
    }

    pub(super) fn drain_all(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        for broker in 0..self.config.brokers_most {
            self.drain(index, broker, cx);
        }
    }

    /// Fills a request with the first batch of every partition that `broker` leads, in turn.
    fn collect(&mut self, index: u32, broker: u32, cx: &mut Cx<'_, Event>) -> Option<u32> {
        let now = cx.queue.now();
        let request = self.requests.open();
        let mut batches = std::mem::take(&mut self.requests.get(request).batches);
        let snapshot = self.producers[index as usize].metadata as usize;
        let count = self.snapshots[snapshot].led_by[broker as usize].len();
        let begin = self.producers[index as usize].nodes[broker as usize].turn as usize;
        let mut bytes = 0;
        for step in 0..count {
            let turn = (begin + step) % count;
            let partition = self.snapshots[snapshot].led_by[broker as usize][turn];
            self.expire(index, partition, cx);
            let lane = &self.producers[index as usize].lanes[partition as usize];
            let Some(first) = lane.queue().front().copied() else {
                continue;
            };
            let batch = self.batches.view(first);
            if batch.retry_at > now || self.is_muted(lane, first) {
                continue;
            }
            if bytes + batch.bytes > self.config.producer.request_max && !batches.is_empty() {
                self.producers[index as usize].nodes[broker as usize].turn = turn as u32;
                break;
            }
            bytes += batch.bytes;
            batches.push(first);
            self.take_off(index, broker, partition, first);
        }
        self.producers[index as usize].nodes[broker as usize].full = false;
        if self.producers[index as usize].nodes[broker as usize].queued > 0 {
            self.look_again(index, broker, now);
        }
        let empty = batches.is_empty();
        let serial = self.requests.get(request).serial;
        *self.requests.get(request) = Request {
            producer: index,
            broker,
            batches,
            bytes,
            serial,
            open: true,
            ..Default::default()
        };
        if empty {
            self.requests.close(request);
            return None;
        }
        Some(request)
    }

    /// A batch leaves its queue for a request; the first time it gets its number.
    fn take_off(&mut self, index: u32, broker: u32, partition: u32, batch: u32) {
        let producer = &mut self.producers[index as usize];
        producer.nodes[broker as usize].queued -= 1;
        let lane = &mut producer.lanes[partition as usize];
        lane.pop();
        lane.flying += 1;
        let batch = self.batches.get(batch);
        if batch.attempts == 0 {
            (batch.sequence, batch.epoch) = (lane.next_sequence, lane.epoch);
            lane.next_sequence = advance(lane.next_sequence, batch.records.len() as u32);
        }
        batch.attempts += 1;
    }

    /// Gives up the oldest batches of a lane that are older than `delivery.timeout.ms`.
    pub(super) fn expire(&mut self, index: u32, partition: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        while let Some(first) = self.producers[index as usize].lanes[partition as usize]
            .queue()
            .front()
            .copied()
        {
            if self.batches.view(first).created + self.config.producer.delivery_timeout > now {
                return;
            }
            let producer = &mut self.producers[index as usize];
            producer.lanes[partition as usize].pop();
            let leader = self.snapshots[producer.metadata as usize].leader[partition as usize];
            if let Some(node) = producer.nodes.get_mut(leader as usize) {
                node.queued -= 1;
            }
            self.give_up(first, DELIVERY_TIMEOUT, cx);
        }
    }

    /// Puts a request on its way; without acks its records count as acknowledged now.
    fn send(&mut self, request: u32, now: SimTime, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        call.sent_at = now;
        let (index, broker, bytes, serial) = (call.producer, call.broker, call.bytes, call.serial);
        let producer = &mut self.producers[index as usize];
        producer.nodes[broker as usize].in_flight += 1;
        let zone = producer.zone;
        self.sender_metrics.request();
        for batch in &self.requests.all[request as usize].batches {
            let batch = self.batches.view(*batch);
            self.sender_metrics
                .batch(batch.records.len(), batch.bytes, now.since(batch.created));
        }
        let producer = &mut self.producers[index as usize];
        let mut leaves = now;
        if self.config.producer.compress_ns > 0.0 {
            let raw = bytes as f64 * self.config.producer.compression;
            leaves = producer.compressed_at.max(now)
                + Nanos((raw * self.config.producer.compress_ns) as u64);
            producer.compressed_at = leaves;
        }
        if self.config.producer.acks == Acks::None {
            for batch in &self.requests.all[request as usize].batches {
                let records = self.batches.view(*batch).records.iter();
                cx.probe
                    .acknowledged_all(records.map(|record| record.at), leaves);
            }
        }
        if self.troubled && !self.answers(zone, broker) {
            let at = (now + self.config.producer.request_timeout).max(leaves);
            self.requests.get(request).stage = Stage::Void;
            return cx.queue.at(at, Event::ClientTimeout { request, serial });
        }
        let encryption = &self.config.cluster.encryption;
        let delay = self
            .config
            .one_way(zone, self.brokers[broker as usize].zone)
            + encryption.delay_of(encryption.producers);
        cx.queue.at(leaves + delay, Event::Arrive(request));
    }
}
