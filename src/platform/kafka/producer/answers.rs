//! What a producer does with answers and with none: success, another attempt, a split, the end.
//!
//! # Source
//! Apache Kafka 3.9, `Sender.completeBatch`, `Sender.canRetry`, `RecordAccumulator.reenqueue`.

use super::super::config::Acks;
use super::super::errors::Error;
use super::super::ids::{BatchId, BrokerId, ProducerId, RequestId};
use super::super::wire::{Message, Request, Scope, Stage, Storage};
use super::super::{Cause, Event as Timer};
use super::epochs::follows;
use super::{Event, Producers, tell};
use crate::engine::Ticket;
use crate::probe::Limit;
use crate::units::SimTime;

impl Producers {
    /// The answer reaches the producer, or the news that the connection broke. Without acks the broker has handled
    /// the request.
    pub(super) fn acknowledge(&mut self, request: RequestId, cx: &mut Scope<'_>) {
        let answered = &mut cx.wire.requests[request];
        if answered.void {
            return cx.wire.requests.close(request);
        }
        let mut batches = std::mem::take(&mut answered.batches);
        let (id, broker, broken) = (answered.producer, answered.broker, answered.broken);
        if !broken && cx.config.producer.acks != Acks::None {
            self.metrics
                .answered(cx.queue.now().since(answered.sent_at));
        }
        let refresh = self.settle_batches(id, &mut batches, broken, cx);
        let node = &mut self.all[id].nodes[broker];
        let left = node.in_flight.checked_sub(1);
        node.in_flight = left.expect("a request that is answered was in flight");
        if std::mem::take(&mut node.held_up) {
            let spot = Limit::InFlight.at(id.number()).part(broker.number());
            cx.probe.end_wait(spot, cx.queue.now());
        }
        if !broken {
            node.failures = 0;
        }
        cx.wire.requests[request].batches = batches;
        cx.wire.requests.close(request);
        if broken {
            let refused = !cx.net.is_silent(broker);
            self.disconnected(id, broker, refused, cx);
        } else if refresh {
            self.ask_for_leaders(id, cx);
        }
        if !self.all[id].blocked.records.is_empty() {
            self.unblock(id, cx);
        }
        if self.all[id].blocked.for_memory {
            self.drain_all(id, cx);
        } else if self.all[id].nodes[broker].queued > 0 {
            self.drain(id, broker, cx);
        }
        if !self.unmuted.is_empty() {
            self.drain_unmuted(id, cx);
        }
        self.after_answers(id, cx);
    }

    /// Ends the batches of an answered request or puts them back; whether an error asks for newer metadata.
    fn settle_batches(
        &mut self,
        id: ProducerId,
        batches: &mut Vec<BatchId>,
        broken: bool,
        cx: &mut Scope<'_>,
    ) -> bool {
        let (now, mut refresh) = (cx.now(), false);
        self.unmuted.clear();
        for batch in batches.drain(..) {
            let partition = cx.wire.batches[batch].partition;
            let left = self.all[id].queues[partition].lands();
            if left == 0 && cx.net.is_troubled() {
                self.unmuted.push(partition);
            }
            let error = if broken {
                Some(Error::NetworkException)
            } else {
                cx.wire.batches[batch].answer
            };
            match error {
                None => self.done_with(batch, now, cx),
                Some(error) => {
                    refresh |= error.refreshes_metadata();
                    self.failed(batch, error, cx);
                }
            }
        }
        refresh
    }

    /// Partitions of which nothing is in flight any more may have batches that waited for it.
    fn drain_unmuted(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let mut unmuted = std::mem::take(&mut self.unmuted);
        for partition in unmuted.drain(..) {
            let producer = &mut self.all[id];
            let leader = self.snapshots[producer.knows.snapshot].leader[partition];
            let Some(first) = producer.queues[partition].front() else {
                continue;
            };
            let due = cx.wire.batches[first].retry_at.max(cx.now());
            if let Some(leader) = leader {
                let node = &mut producer.nodes[leader];
                node.due = node.due.min(due);
                self.drain(id, leader, cx);
            }
        }
        self.unmuted = unmuted;
    }

    /// A batch is stored: its memory is free.
    fn done_with(&mut self, id: BatchId, now: SimTime, cx: &mut Scope<'_>) {
        let batch = &cx.wire.batches[id];
        let acks = cx.config.producer.acks;
        if let Some(first) = batch.records.first() {
            cx.probe.written(batch.partition.number(), first.at, now);
        }
        if acks != Acks::None {
            cx.probe
                .acknowledged_all(batch.records.iter().map(|record| record.at), now);
        }
        if batch.storage == Storage::Nowhere {
            // Nobody will ever send it again: it was never stored, or cut off while the answer was on its way.
            let (cause, met) = if acks == Acks::None {
                (Cause::NeverStored, batch.met)
            } else {
                (Cause::Lost, Some(Limit::LogCut))
            };
            let records = batch.count();
            cx.probe.ended_for(cause as usize, met, records);
        }
        self.free_batch(id, cx);
    }

    /// A batch leaves the memory of its producer.
    fn free_batch(&mut self, id: BatchId, cx: &mut Scope<'_>) {
        let batch = &cx.wire.batches[id];
        self.all[batch.producer].memory -= batch.memory;
        cx.wire.batches.close(id);
    }

    /// A batch was refused, or nobody knows what became of it.
    fn failed(&mut self, id: BatchId, error: Error, cx: &mut Scope<'_>) {
        let now = cx.now();
        let config = &cx.config.producer;
        cx.wire.batches[id].met = error.limit();
        if config.acks == Acks::None {
            return self.done_with(id, now, cx);
        }
        let batch = &cx.wire.batches[id];
        if error == Error::MessageTooLarge {
            if batch.records.len() > 1 {
                return self.split_batch(id, cx);
            }
            cx.probe
                .bound(Limit::TooLarge.at(batch.producer.number()), 1);
            return self.give_up(id, Cause::TooLargeForBroker, cx);
        }
        if matches!(
            error,
            Error::OutOfOrderSequenceNumber | Error::InvalidProducerEpoch
        ) {
            let owner = batch.producer;
            if error == Error::InvalidProducerEpoch && self.note_fenced(owner) {
                blame(id, Limit::Fenced, cx);
                return self.give_up(id, Cause::Fenced, cx);
            }
            self.mend_epoch(id, cx);
        }
        let batch = &cx.wire.batches[id];
        let expired = batch.created + config.delivery_timeout <= now;
        if expired || u64::from(batch.attempts) > config.retry.retries {
            let cause = match (expired, error) {
                (true, _) => Cause::DeliveryTimeout,
                (_, Error::NotEnoughReplicas) => Cause::NotEnoughReplicas,
                _ => Cause::Retries,
            };
            return self.give_up(id, cause, cx);
        }
        let wait = self.backoff(
            config.retry.backoff,
            config.retry.backoff_max,
            batch.attempts,
            cx,
        );
        let batch = &mut cx.wire.batches[id];
        batch.retry_at = now + wait;
        let spot = Limit::BackOff.at(batch.producer.number());
        cx.probe.waits(spot, now, now + wait);
        cx.probe.retried(batch.count());
        self.requeue(id, cx);
    }

    /// Puts a batch back: to the front, or with idempotence to where its number belongs.
    pub(super) fn requeue(&mut self, id: BatchId, cx: &mut Scope<'_>) {
        let batch = &cx.wire.batches[id];
        let (owner, partition) = (batch.producer, batch.partition);
        let producer = &mut self.all[owner];
        let queue = &mut producer.queues[partition];
        let mut place = 0;
        if cx.config.producer.idempotent {
            let before = |other: &BatchId| {
                let other = &cx.wire.batches[*other];
                other.attempts > 0 && !follows(batch.sequence, other.sequence)
            };
            place = queue.iter().take_while(before).count();
        }
        queue.put_back(place, id);
        let snapshot = &self.snapshots[producer.knows.snapshot];
        producer.note_queue(partition, snapshot);
        let Some(leader) = snapshot.leader[partition] else {
            return self.refresh_metadata(owner, cx);
        };
        let node = &mut producer.nodes[leader];
        node.queued += 1;
        node.due = node.due.min(cx.wire.batches[id].retry_at);
        self.drain(owner, leader, cx);
    }

    /// The end of a batch without success.
    pub(super) fn give_up(&mut self, id: BatchId, cause: Cause, cx: &mut Scope<'_>) {
        let batch = &cx.wire.batches[id];
        let (owner, partition) = (batch.producer, batch.partition);
        let attempted = batch.attempts > 0;
        end_records(id, cause, cx);
        self.free_batch(id, cx);
        self.fail_transaction(owner);
        if attempted && cx.config.producer.idempotent {
            // Its sequence number will never be written, so the producer needs a new epoch.
            self.new_epoch(owner, partition, None, cx);
        }
    }

    /// A request to a broker that does not answer may have waited long enough.
    pub(super) fn client_timed_out(
        &mut self,
        request: RequestId,
        ticket: Ticket,
        cx: &mut Scope<'_>,
    ) {
        let sent = &cx.wire.requests[request];
        if !sent.open || sent.ticket != ticket || sent.void || sent.stage == Stage::Answered {
            return;
        }
        let ends = sent.stage == Stage::Void;
        let now = cx.now();
        break_off(request, now, ends, cx);
    }

    /// The requests that a broker had not answered come to nothing: their producers hear of it at once, or after
    /// `request.timeout.ms` if the broker is silent.
    pub(in super::super) fn break_requests(
        &mut self,
        broker: BrokerId,
        silent: bool,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let unanswered = |(_, request): &(RequestId, &Request)| {
            let waits = matches!(request.stage, Stage::Moving | Stage::Held | Stage::Waiting);
            request.broker == broker && waits
        };
        let all = cx.wire.requests.under_way().filter(unanswered);
        let mut broken: Vec<(SimTime, RequestId)> =
            all.map(|(id, request)| (request.sent_at, id)).collect();
        // The client hears of them in the order in which it sent them.
        broken.sort_unstable();
        for (sent_at, id) in broken {
            let zone = self.all[cx.wire.requests[id].producer].zone;
            let delay = cx.net.one_way(zone, cx.net.zone_of(broker));
            let timeout = sent_at + cx.config.producer.request_timeout;
            let at = if silent {
                timeout.max(now)
            } else {
                now + delay
            };
            break_off(id, at, false, cx);
        }
    }
}

/// The client gives a request up: its batches go on in another one, which reaches the client at `at`.
fn break_off(request: RequestId, at: SimTime, ends: bool, cx: &mut Scope<'_>) {
    let fresh = cx.wire.requests.open();
    let ticket = cx.wire.requests[fresh].ticket;
    let old = &mut cx.wire.requests[request];
    old.void = true;
    let batches = std::mem::take(&mut old.batches);
    let (producer, broker) = (old.producer, old.broker);
    let waited = old.stage == Stage::Waiting;
    let held = old.stage == Stage::Held;
    let moved = Request {
        batches,
        ticket,
        broken: true,
        stage: Stage::Answered,
        void: false,
        open: true,
        ..old.clone()
    };
    let given_up = Message::GivenUp {
        request,
        producer,
        broker,
        waited: waited.then_some(fresh),
    };
    tell(given_up, cx);
    if waited || held || ends {
        cx.wire.requests.close(request);
    }
    cx.wire.requests[fresh] = moved;
    cx.queue.at(at, Timer::Producer(Event::Acknowledge(fresh)));
}

/// A batch ends because of this limit: what is not in a log is counted for it.
pub(super) fn blame(id: BatchId, limit: Limit, cx: &mut Scope<'_>) {
    let batch = &mut cx.wire.batches[id];
    batch.met = Some(limit);
    if batch.storage == Storage::Nowhere {
        let spot = limit.at(batch.producer.number());
        cx.probe.bound(spot, batch.count());
    }
}

/// The records of a batch end for their producer: what is in a log stays there, the rest is counted.
pub(super) fn end_records(id: BatchId, cause: Cause, cx: &mut Scope<'_>) {
    let batch = &cx.wire.batches[id];
    let (partition, records) = (batch.partition, batch.count());
    match batch.storage {
        Storage::Nowhere => cx.probe.ended_for(cause as usize, batch.met, records),
        Storage::OnZombieLeader => {}
        Storage::At(offset) => tell(
            Message::Abandoned {
                partition,
                offset,
                records,
            },
            cx,
        ),
    }
}
