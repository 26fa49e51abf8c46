//! The leader's side of produce requests: arriving, appending, answering.
//!
//! # Source
//! Apache Kafka 3.9, `ReplicaManager.appendRecords`, `Partition.appendRecordsToLeader`, `SocketServer.scala`.

use super::super::config::Acks;
use super::super::errors::Error;
use super::super::ids::{BatchId, BrokerId, RequestId};
use super::super::net::Health;
use super::super::sequences::{self, Refused, Verdict};
use super::super::wire::{BatchRecord, Scope, Stage, Storage};
use super::super::{Cause, Event as Timer, producer};
use super::replica::{Roll, Waiting};
use super::{Brokers, Event};
use crate::platform::{OrderMark, Stored};
use crate::probe::{Limit, Stowed};
use crate::units::Nanos;

/// What a leader did with a batch that it does not refuse.
enum Appended {
    /// It is in the log up to this offset, and committed once the high watermark is there.
    Through(u64),
    /// It will never be committed: this broker had been replaced as leader.
    Never,
}

impl Brokers {
    /// A produce request reaches its broker, which takes it unless it still owes the connection an
    /// answer.
    ///
    /// # Source
    /// Apache Kafka 3.9, `SocketServer.scala`: a channel is muted from a request until its answer is sent.
    pub(super) fn arrive(&mut self, request: RequestId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let arrived = &mut cx.wire.requests[request];
        if arrived.void {
            return cx.wire.requests.close(request);
        }
        arrived.arrived_at.get_or_insert(now);
        let too_large = arrived.bytes > cx.config.cluster.socket_request_max;
        let (producer, broker) = (arrived.producer, arrived.broker);
        let connection = self.connection(producer, broker);
        if connection.busy_with.is_some_and(|other| other != request) {
            arrived.stage = Stage::Held;
            connection.held.push_back(request);
            return self.note_held(producer, broker, cx);
        }
        connection.busy_with = Some(request);
        if too_large {
            return self.close_connection(request, cx);
        }
        self.dispatch(request, cx);
    }

    /// A request is larger than the broker reads: the broker closes the connection, and the producer hears of it
    /// instead of an answer.
    ///
    /// # Source
    /// Apache Kafka 3.9, `NetworkReceive.java` (`InvalidReceiveException`), `Selector.java`.
    #[cold]
    fn close_connection(&mut self, request: RequestId, cx: &mut Scope<'_>) {
        cx.wire.requests[request].broken = true;
        self.answer(request, cx);
    }

    /// The broker is through with a request of a connection: it takes the next one.
    pub(super) fn dispatch_next(
        &mut self,
        request: RequestId,
        producer: super::ProducerId,
        broker: BrokerId,
        cx: &mut Scope<'_>,
    ) {
        let connection = self.connection(producer, broker);
        if connection.busy_with == Some(request) {
            let next = connection.held.pop_front();
            connection.busy_with = next;
            if let Some(next) = next {
                self.note_held(producer, broker, cx);
                self.take_up(next, cx);
            }
        }
    }

    /// Notes whether requests of a connection wait for the answer to the one before them.
    #[inline]
    pub(super) fn note_held(
        &mut self,
        producer: super::ProducerId,
        broker: BrokerId,
        cx: &mut Scope<'_>,
    ) {
        let spot = Limit::Connection
            .at(producer.number())
            .part(broker.number());
        match self.connection(producer, broker).held.len() {
            0 => cx.probe.end_wait(spot, cx.queue.now()),
            1 => cx.probe.begin_wait(spot, cx.queue.now()),
            _ => {}
        }
    }

    /// The broker takes up a request that waited on its connection.
    fn take_up(&mut self, next: RequestId, cx: &mut Scope<'_>) {
        {
            let taken_up = &mut cx.wire.requests[next];
            taken_up.stage = Stage::Moving;
            if taken_up.bytes > cx.config.cluster.socket_request_max {
                // It arrives anew, so that a row of them needs no row of calls.
                return cx
                    .queue
                    .after(Nanos::ZERO, Timer::Broker(Event::Arrive(next)));
            }
            self.dispatch(next, cx);
        }
    }

    /// A request passes the broker's network and waits for a handler.
    fn dispatch(&mut self, request: RequestId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let call = &cx.wire.requests[request];
        let (id, zone, bytes, count) = (call.broker, call.zone, call.bytes, call.batches.len());
        if cx.net.health(id) == Health::Hung {
            return self.machines[id].stalled.push(Event::Arrive(request));
        }
        if let Some(until) = self.quotas.muted_until(call.producer, id, now) {
            return cx.queue.at(until, Timer::Broker(Event::Arrive(request)));
        }
        let forced = self.forced(id, count);
        if zone != cx.net.zone_of(id) {
            self.traffic.crossed_in += bytes;
        }
        let broker = &mut self.machines[id];
        let handled = broker.write_and_flush(now, bytes, broker.machine.wire.tls_clients, forced);
        let quiet = broker.throttle_in(now, bytes);
        self.throttle(request, quiet, forced, cx);
        cx.queue.at(handled, Timer::Broker(Event::Append(request)));
    }

    /// How long a handler spends on forced writes of so many batches.
    #[inline]
    pub(super) fn forced(&mut self, broker: BrokerId, batches: usize) -> Nanos {
        let Some(flush) = self.machines[broker].machine.flush else {
            return Nanos::ZERO;
        };
        let draws = self.flush.made..self.flush.made + batches as u64;
        self.flush.made = draws.end;
        let (stream, stalls) = (self.flush.stream, self.flush.stream.child(1));
        let time = |draw: u64| {
            let usual = stream.exponential(draw) * flush.time.0 as f64;
            let stalled = stalls.uniform(draw) < flush.share;
            let stall = stalls.child(1);
            usual
                + if stalled {
                    stall.exponential(draw) * flush.stall.0 as f64
                } else {
                    0.0
                }
        };
        Nanos(draws.map(time).sum::<f64>() as u64)
    }

    /// The leader appends the batches of a request, or refuses them.
    pub(super) fn append(&mut self, request: RequestId, cx: &mut Scope<'_>) {
        let call = &mut cx.wire.requests[request];
        if call.void {
            return cx.wire.requests.close(request);
        }
        let (broker, acks) = (call.broker, call.acks);
        if cx.net.health(broker) == Health::Hung {
            return self.machines[broker].stalled.push(Event::Append(request));
        }
        let batches = std::mem::take(&mut call.batches);
        let arrived = call.arrived_at.unwrap_or(call.sent_at);
        let (mut awaited, mut never) = (0, false);
        for batch in &batches {
            cx.wire.batches[*batch].sending.arrived = arrived;
            let outcome = self.append_batch(*batch, broker, acks, cx);
            cx.wire.batches[*batch].answer = outcome.as_ref().err().copied();
            match outcome {
                Ok(Appended::Never) if acks == Acks::All => (awaited, never) = (awaited + 1, true),
                Ok(Appended::Through(offset)) if acks == Acks::All => {
                    awaited += u32::from(self.awaits(
                        Waiting {
                            offset,
                            request,
                            batch: *batch,
                            since: cx.now(),
                        },
                        cx,
                    ));
                }
                _ => {}
            }
        }
        let call = &mut cx.wire.requests[request];
        (call.batches, call.awaited, call.stage) = (batches, awaited, Stage::Waiting);
        if awaited == 0 {
            self.answer(request, cx);
        } else if never {
            cx.wire.expect_timeout(request, cx.queue);
        }
        self.wake_followers(cx);
    }

    /// Appends one batch.
    fn append_batch(
        &mut self,
        id: BatchId,
        broker: BrokerId,
        acks: Acks,
        cx: &mut Scope<'_>,
    ) -> Result<Appended, Error> {
        let batch = &cx.wire.batches[id];
        let at = batch.partition;
        if self.partitions.get(at).is_none() {
            return Err(Error::UnknownTopicOrPartition);
        }
        let fenced = self.is_fenced_off(batch.producer, batch.producer_id);
        let partition = &mut self.partitions[at];
        if partition.leader != Some(broker) {
            return if partition.zombie == Some(broker) {
                Ok(append_on_zombie(id, acks, cx))
            } else {
                Err(Error::NotLeaderOrFollower)
            };
        }
        let least = self.topic.least_in_sync(partition.replicas.len());
        if acks == Acks::All && partition.isr < least {
            cx.probe.throttled(at.number());
            cx.probe.bound(Limit::TooFewInSync.at(at.number()), 1);
            return Err(Error::NotEnoughReplicas);
        }
        if batch.bytes > self.topic.message_max {
            return Err(Error::MessageTooLarge);
        }
        if fenced {
            return Err(Error::InvalidProducerEpoch);
        }
        if cx.config.producer.idempotent {
            let numbered = sequences::Batch {
                producer: batch.producer_id,
                epoch: batch.epoch,
                first: batch.sequence,
                records: batch.numbers(),
            };
            match partition.sequences.append(numbered, partition.end.offset) {
                Ok(Verdict::Append) => {}
                Ok(Verdict::Duplicate(base)) => return Ok(Appended::Through(base + batch.count())),
                Err(Refused::OutOfOrder) => return Err(Error::OutOfOrderSequenceNumber),
                Err(Refused::OldEpoch) => return Err(Error::InvalidProducerEpoch),
            }
        }
        let base = partition.end;
        let (producer, records) = (batch.producer, batch.count());
        self.store(id, cx);
        let partition = &mut self.partitions[at];
        partition.write_in_transaction(producer, base, records);
        let end = partition.end.offset;
        if partition.replicas.len() == 1 || partition.isr == 1 {
            self.advance_high_watermark(at, cx);
        }
        Ok(Appended::Through(end))
    }

    /// A batch goes into the log: for the first time, or as a copy.
    #[inline]
    fn store(&mut self, id: BatchId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let batch = &mut cx.wire.batches[id];
        let (at, bytes) = (batch.partition, batch.bytes);
        let partition = &mut self.partitions[at];
        let roll = Roll {
            bytes: self.topic.segment_bytes,
            age: self.topic.segment_age,
        };
        let base = partition.end.offset;
        if cx.config.marks {
            for record in &batch.records {
                partition.log.mark(OrderMark {
                    key: record.key,
                    nth: self.marks.next,
                    serial: record.serial,
                });
                self.marks.next = self.marks.next.wrapping_add(1);
            }
        }
        let stored = |record: &BatchRecord| Stored::new(record.at, now, record.bytes);
        if batch.storage == Storage::Nowhere {
            partition.append(batch.records.iter().map(stored), bytes, roll, now);
            for (offset, record) in (base..).zip(&batch.records) {
                if cx.probe.follows(record.serial) {
                    let (serial, due) = (record.serial, record.at);
                    let stowed = Stowed {
                        offset,
                        serial,
                        due,
                    };
                    let journey = cx.probe.journey(stowed, batch.sending, now);
                    partition.log.follow(journey);
                }
            }
            if !batch.restored {
                for record in &batch.records {
                    if self.marks.store(record.key, record.serial) {
                        cx.probe.reordered(at.number());
                    }
                }
            }
            cx.probe.stored_many(at.number(), batch.count(), bytes);
            batch.storage = Storage::At(base);
        } else {
            let copy = |record: &BatchRecord| stored(record).copied();
            partition.append_copies(batch.records.iter().map(copy), bytes, roll, now);
            cx.probe.stored_again(at.number(), batch.count(), bytes);
            cx.probe.unanswered(batch.met, batch.count());
        }
        if let Some(cleaner) = &mut partition.cleaner {
            cleaner.store(base, &batch.records, bytes);
        }
        self.traffic.written += bytes;
        self.mark_dirty(at);
    }

    /// Answers a produce request.
    pub(super) fn answer(&mut self, request: RequestId, cx: &mut Scope<'_>) {
        let call = &cx.wire.requests[request];
        let (producer, broker, zone) = (call.producer, call.broker, call.zone);
        let own = cx.net.zone_of(broker);
        self.dispatch_next(request, producer, broker, cx);
        if cx.net.is_troubled() && !cx.net.connected(zone, own) {
            // The answer is lost; the client will time out.
            cx.wire.requests[request].stage = Stage::Void;
            return cx.wire.expect_timeout(request, cx.queue);
        }
        cx.wire.requests[request].stage = Stage::Answered;
        let event = producer::Event::Acknowledge(request);
        cx.queue
            .after(cx.net.one_way(zone, own), Timer::Producer(event));
    }
}

/// A broker that was cut off and replaced goes on: what it acknowledges will be cut off.
fn append_on_zombie(id: BatchId, acks: Acks, cx: &mut Scope<'_>) -> Appended {
    let batch = &mut cx.wire.batches[id];
    if acks != Acks::All && batch.storage == Storage::Nowhere {
        let (cause, cut) = (Cause::LostOnZombie as usize, Some(Limit::LogCut));
        cx.probe.ended_for(cause, cut, batch.count());
        let spot = Limit::LogCut.at(batch.partition.number());
        cx.probe.bound(spot, batch.count());
        batch.storage = Storage::OnZombieLeader;
    }
    Appended::Never
}
