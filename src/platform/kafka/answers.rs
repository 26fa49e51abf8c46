//! What a producer does with answers and with none: success, another attempt, a split, the end.
//!
//! # Source
//! SRC39 `Sender.completeBatch`, `canRetry`, `RecordAccumulator.reenqueue` and `splitAndReenqueue`,
//! `TransactionManager`; facts/kafka-msk.md section 1.2.

use super::batch::{BATCH_OVERHEAD, NOWHERE, record_bytes};
use super::config::Acks;
use super::errors::Error;
use super::partition::NOBODY;
use super::sender::Stage;
use super::sequences::advance;
use super::{
    CLIENT_GONE, DELIVERY_TIMEOUT, Event, Kafka, LOST, NEVER_STORED, NOT_ENOUGH_REPLICAS, RETRIES,
    TOO_LARGE_BROKER,
};
use crate::platform::Cx;
use crate::units::SimTime;

/// Stored only on a leader that had been replaced: counted as lost when that leader acknowledged it.
pub(super) const ON_STALE_LEADER: u64 = NOWHERE - 1;

impl Kafka {
    /// The answer reaches the producer, or word that the connection is gone; without acks: the broker is
    /// through with the request.
    pub(super) fn acknowledge(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let call = self.requests.get(request);
        if call.void {
            return self.requests.close(request);
        }
        let mut batches = std::mem::take(&mut call.batches);
        let (index, broker, broken) = (call.producer, call.broker, call.broken);
        if !broken && self.config.producer.acks != Acks::None {
            self.sender_metrics.answered(now.since(call.sent_at));
        }
        let mut refresh = false;
        self.unmuted.clear();
        for batch in batches.drain(..) {
            let lane = self.batches.view(batch).partition as usize;
            let flying = &mut self.producers[index as usize].lanes[lane].flying;
            *flying = flying.saturating_sub(1);
            if *flying == 0 && self.troubled {
                self.unmuted.push(lane as u32);
            }
            let error = if broken {
                Some(Error::NetworkException)
            } else {
                self.batches.view(batch).answer
            };
            match error {
                None => self.done_with(batch, now, cx),
                Some(error) => {
                    refresh |= error.refreshes_metadata();
                    self.failed(batch, error, cx);
                }
            }
        }
        let node = &mut self.producers[index as usize].nodes[broker as usize];
        node.in_flight -= 1;
        if !broken {
            node.failures = 0;
        }
        self.requests.get(request).batches = batches;
        self.requests.close(request);
        if broken {
            self.disconnected(index, broker, !self.brokers[broker as usize].silent, cx);
        } else if refresh {
            self.ask_for_leaders(index, cx);
        }
        self.unblock(index, cx);
        self.drain(index, broker, cx);
        self.drain_unmuted(index, cx);
    }

    /// Partitions of which nothing is under way any more may have batches that waited for it.
    fn drain_unmuted(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let mut lanes = std::mem::take(&mut self.unmuted);
        for lane in lanes.drain(..) {
            let producer = &mut self.producers[index as usize];
            let leader = self.snapshots[producer.metadata as usize].leader[lane as usize];
            let Some(first) = producer.lanes[lane as usize].queue().front() else {
                continue;
            };
            let due = self.batches.view(*first).retry_at.max(cx.queue.now());
            if let Some(node) = producer.nodes.get_mut(leader as usize) {
                node.due = node.due.min(due);
                self.drain(index, leader, cx);
            }
        }
        self.unmuted = lanes;
    }

    /// An answer said that the leader is another one: since 3.7 it says which.
    fn ask_for_leaders(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        if self.config.producer.leader_hints && !self.producers[index as usize].refreshing {
            self.producers[index as usize].refreshing = true;
            return self.metadata_arrives(index, cx);
        }
        self.refresh_metadata(index, cx);
    }

    /// A batch is stored: its memory is free.
    fn done_with(&mut self, index: u32, now: SimTime, cx: &mut Cx<'_, Event>) {
        let batch = self.batches.view(index);
        if self.config.producer.acks != Acks::None {
            cx.probe
                .acknowledged_all(batch.records.iter().map(|record| record.at), now);
        }
        if batch.stored_at == NOWHERE {
            // Nobody will ever send it again: it was never stored, or cut off while the answer was on its way.
            let cause = if self.config.producer.acks == Acks::None {
                NEVER_STORED
            } else {
                LOST
            };
            cx.probe.ended(cause, batch.records.len() as u64);
        }
        self.free_batch(index);
    }

    fn free_batch(&mut self, index: u32) {
        let batch = self.batches.view(index);
        self.producers[batch.producer as usize].memory -= batch.memory;
        self.batches.close(index);
    }

    /// A batch was refused, or nobody knows what became of it.
    fn failed(&mut self, index: u32, error: Error, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let config = &self.config.producer;
        if config.acks == Acks::None {
            return self.done_with(index, now, cx);
        }
        let batch = self.batches.view(index);
        let (owner, partition) = (batch.producer as usize, batch.partition as usize);
        if error == Error::MessageTooLarge {
            if batch.records.len() > 1 {
                return self.split_batch(index, cx);
            }
            return self.give_up(index, TOO_LARGE_BROKER, cx);
        }
        if matches!(
            error,
            Error::OutOfOrderSequenceNumber | Error::InvalidProducerEpoch
        ) {
            let lane = &self.producers[owner].lanes[partition];
            // Only the oldest batch that is not stored says that the numbers no longer fit.
            let older = lane.queue().front().is_some_and(|front| {
                let front = self.batches.view(*front);
                front.attempts > 0 && follows(front.sequence, batch.sequence)
            });
            if lane.flying == 0 && batch.epoch < lane.epoch {
                self.join_epoch(owner, partition, index);
            } else if lane.flying == 0 && batch.epoch == lane.epoch && !older {
                self.new_epoch(owner, partition, Some(index));
            }
        }
        let batch = self.batches.view(index);
        let expired = batch.created + self.config.producer.delivery_timeout <= now;
        if expired || u64::from(batch.attempts) > self.config.producer.retries {
            let cause = match (expired, error) {
                (true, _) => DELIVERY_TIMEOUT,
                (_, Error::NotEnoughReplicas) => NOT_ENOUGH_REPLICAS,
                _ => RETRIES,
            };
            return self.give_up(index, cause, cx);
        }
        let attempts = batch.attempts;
        let wait = self.backoff(
            self.config.producer.backoff,
            self.config.producer.backoff_max,
            attempts,
        );
        let batch = self.batches.get(index);
        batch.retry_at = now + wait;
        cx.probe.retried(batch.records.len() as u64);
        self.requeue(index, cx);
    }

    /// Puts a batch back: to the front, or with idempotence to where its number belongs.
    fn requeue(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let batch = self.batches.view(index);
        let (owner, partition) = (batch.producer, batch.partition);
        let queue = self.producers[owner as usize].lanes[partition as usize].queue();
        let mut place = 0;
        if self.config.producer.idempotent {
            let before = |other: &&u32| {
                let other = self.batches.view(**other);
                other.attempts > 0 && !follows(batch.sequence, other.sequence)
            };
            place = queue.iter().take_while(before).count();
        }
        let producer = &mut self.producers[owner as usize];
        let lane = &mut producer.lanes[partition as usize];
        lane.put_back(place, index);
        let leader = self.snapshots[producer.metadata as usize].leader[partition as usize];
        if leader == NOBODY {
            return self.refresh_metadata(owner, cx);
        }
        let node = &mut producer.nodes[leader as usize];
        node.queued += 1;
        node.due = node.due.min(self.batches.view(index).retry_at);
        self.drain(owner, leader, cx);
    }

    /// The producer begins a new epoch for a partition: waiting batches get new numbers from 0.
    fn new_epoch(&mut self, owner: usize, partition: usize, first: Option<u32>) {
        let lane = &mut self.producers[owner].lanes[partition];
        lane.epoch = lane.epoch.wrapping_add(1);
        let mut next = 0;
        let queued = lane
            .queue()
            .iter()
            .copied()
            .filter(|batch| self.batches.view(*batch).attempts > 0);
        let numbered: Vec<u32> = first.into_iter().chain(queued).collect();
        for index in numbered {
            let batch = self.batches.get(index);
            (batch.sequence, batch.epoch) = (next, lane.epoch);
            next = advance(next, batch.records.len() as u32);
        }
        lane.next_sequence = next;
    }

    /// A batch that was under way when its producer began a new epoch gets the next number of that one.
    fn join_epoch(&mut self, owner: usize, partition: usize, index: u32) {
        let lane = &mut self.producers[owner].lanes[partition];
        let batch = self.batches.get(index);
        (batch.sequence, batch.epoch) = (lane.next_sequence, lane.epoch);
        lane.next_sequence = advance(lane.next_sequence, batch.records.len() as u32);
    }

    /// The end of a batch without success.
    pub(super) fn give_up(&mut self, index: u32, cause: usize, cx: &mut Cx<'_, Event>) {
        let batch = self.batches.view(index);
        let (owner, partition) = (batch.producer as usize, batch.partition as usize);
        let (records, attempted) = (batch.records.len() as u64, batch.attempts > 0);
        match batch.stored_at {
            NOWHERE => cx.probe.ended(cause, records),
            ON_STALE_LEADER => {}
            at => self.partitions[partition].abandoned.push((at, records)),
        }
        self.free_batch(index);
        if attempted && self.config.producer.idempotent {
            // Its number is missing from now on.
            self.new_epoch(owner, partition, None);
        }
    }

    /// A batch that is too large for the broker becomes several.
    fn split_batch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let old = self.batches.get(index);
        let records = std::mem::take(&mut old.records);
        let target = if old.split {
            old.bytes / 2
        } else {
            self.config.producer.batch_size.min(old.bytes - 1)
        };
        let (owner, partition, created, memory) =
            (old.producer, old.partition, old.created, old.memory);
        let (mut sequence, epoch, attempts) = (old.sequence, old.epoch, old.attempts);
        let mut stored_at = old.stored_at;
        self.batches.close(index);
        let mut parts: Vec<u32> = Vec::new();
        for record in records {
            let key = self.keys.length(record.key);
            let room = parts
                .last()
                .map(|part| self.batches.view(*part))
                .map(|batch| {
                    let count = batch.records.len() as u64;
                    (
                        batch.bytes + record_bytes(count, 0, key, u64::from(record.bytes)),
                        count,
                    )
                });
            if room.is_none_or(|(bytes, count)| bytes > target && count > 0) {
                let memory = if parts.is_empty() { memory } else { 0 };
                parts.push(self.batches.open(owner, partition, created, memory));
            }
            let Some(part) = parts.last() else { continue };
            let batch = self.batches.get(*part);
            batch.bytes +=
                record_bytes(batch.records.len() as u64, 0, key, u64::from(record.bytes));
            batch.records.push(record);
        }
        for part in &parts {
            let batch = self.batches.get(*part);
            (batch.sequence, batch.epoch, batch.attempts, batch.split) =
                (sequence, epoch, attempts, true);
            batch.stored_at = stored_at;
            if stored_at < ON_STALE_LEADER {
                stored_at += batch.records.len() as u64;
            }
            if self.config.producer.compression > 1.0 {
                let raw = (batch.bytes - BATCH_OVERHEAD) as f64;
                batch.bytes = BATCH_OVERHEAD + (raw / self.config.producer.compression) as u64;
            }
            sequence = advance(sequence, batch.records.len() as u32);
        }
        for part in parts.into_iter().rev() {
            self.requeue(part, cx);
        }
    }

    /// A request to a broker that does not answer may have waited long enough.
    pub(super) fn client_timed_out(&mut self, request: u32, serial: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        if !call.open || call.serial != serial || call.void || call.stage == Stage::Answered {
            return;
        }
        let ends = call.stage == Stage::Void;
        self.break_off(request, cx.queue.now(), ends, cx);
    }

    /// The client gives a request up: its batches go on in another one, which reaches the client at `at`.
    pub(super) fn break_off(
        &mut self,
        request: u32,
        at: SimTime,
        ends: bool,
        cx: &mut Cx<'_, Event>,
    ) {
        let fresh = self.requests.open();
        let serial = self.requests.get(fresh).serial;
        let old = self.requests.get(request);
        old.void = true;
        let batches = std::mem::take(&mut old.batches);
        let moved = super::Request {
            batches,
            serial,
            broken: true,
            stage: Stage::Answered,
            ..old.clone()
        };
        let waiting = old.stage == Stage::Waiting;
        let held = old.stage == Stage::Held;
        let (owner, broker) = (old.producer as usize, old.broker as usize);
        let copy = super::Request {
            void: false,
            open: true,
            ..moved
        };
        if waiting {
            for batch in &copy.batches {
                let lane = self.batches.view(*batch).partition as usize;
                self.partitions[lane]
                    .waiting
                    .retain(|waiting| waiting.request != request);
            }
        }
        self.producers[owner].nodes[broker]
            .held
            .retain(|other| *other != request);
        self.take_next(request, cx);
        if waiting || held || ends {
            self.requests.close(request);
        }
        *self.requests.get(fresh) = copy;
        cx.queue.at(at, Event::Acknowledge(fresh));
    }

    /// A producer's process is gone with what it held; another one takes over in another zone.
    pub(super) fn lose_producer(&mut self, index: u32, zone: u32, cx: &mut Cx<'_, Event>) {
        for request in 0..self.requests.all.len() as u32 {
            let call = self.requests.get(request);
            if call.open && call.producer == index && !call.void {
                call.void = true;
                let ends = matches!(call.stage, Stage::Held | Stage::Waiting | Stage::Void);
                let batches = std::mem::take(&mut call.batches);
                for batch in &batches {
                    let lane = self.batches.view(*batch).partition as usize;
                    self.partitions[lane]
                        .waiting
                        .retain(|waiting| waiting.request != request);
                    self.forget_batch(*batch, cx);
                }
                if ends {
                    self.requests.close(request);
                }
            }
        }
        let lanes = std::mem::take(&mut self.producers[index as usize].lanes);
        for batch in lanes.iter().flat_map(|lane| lane.queue().iter().copied()) {
            self.forget_batch(batch, cx);
        }
        let old = &self.producers[index as usize];
        cx.probe.ended(CLIENT_GONE, old.blocked.len() as u64);
        let (partitions, brokers, sticky) =
            (lanes.len() as u32, self.config.brokers_most, old.sticky);
        let (timer, refreshing) = (old.block_timer, old.refreshing);
        let metadata = old.metadata;
        let id = self.next_id;
        self.next_id += 1;
        let fresh = super::producer::Producer::new(zone, partitions, brokers, sticky, id);
        self.producers[index as usize] = super::producer::Producer {
            block_timer: timer,
            refreshing,
            metadata,
            ..fresh
        };
        self.refresh_metadata(index, cx);
    }

    fn forget_batch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let batch = self.batches.view(index);
        let (lane, records) = (batch.partition as usize, batch.records.len() as u64);
        match batch.stored_at {
            NOWHERE => cx.probe.ended(CLIENT_GONE, records),
            ON_STALE_LEADER => {}
            at => self.partitions[lane].abandoned.push((at, records)),
        }
        self.batches.close(index);
    }
}

/// Whether sequence number `b` comes after `a`, in a circle of 2^31.
fn follows(a: u32, b: u32) -> bool {
    (b.wrapping_sub(a) % (1 << 31)) < (1 << 30) && a != b
}
