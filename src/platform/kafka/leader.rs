//! The leader's side: appending, the high watermark, answers to producers, requests that wait.
//!
//! # Source
//! SRC39 `ReplicaManager`, `Partition.appendRecordsToLeader`, `DelayedProduce`; facts/kafka-msk.md
//! section 2.2.

use super::answers::ON_STALE_LEADER;
use super::batch::NOWHERE;
use super::broker::{Health, debt};
use super::config::Acks;
use super::errors::Error;
use super::partition::{NOBODY, Waiting};
use super::sender::Stage;
use super::sequences::{self, Refused, Verdict};
use super::{Event, Kafka, LOST_ON_STALE};
use crate::platform::{Cx, OrderMark, Stored};
use crate::units::{Nanos, SimTime};

impl Kafka {
    /// A produce request reaches its broker, which takes it up unless it still owes the connection an
    /// answer.
    ///
    /// # Source
    /// SRC39 `SocketServer.Processor`: a channel is muted from a request until its answer is sent.
    pub(super) fn arrive(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        if call.void {
            return self.requests.close(request);
        }
        let node = &mut self.producers[call.producer as usize].nodes[call.broker as usize];
        if node.taken.is_some_and(|taken| taken != request) {
            call.stage = Stage::Held;
            return node.held.push_back(request);
        }
        node.taken = Some(request);
        self.take_up(request, cx);
    }

    /// The broker is through with a request of a connection: it takes up the next.
    pub(super) fn take_next(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        let node = &mut self.producers[call.producer as usize].nodes[call.broker as usize];
        if node.taken != Some(request) {
            return;
        }
        node.taken = node.held.pop_front();
        if let Some(next) = node.taken {
            self.requests.get(next).stage = Stage::Moving;
            self.take_up(next, cx);
        }
    }

    /// A request passes the broker's network and waits for a handler.
    fn take_up(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let call = self.requests.get(request);
        let (producer, index, bytes) = (call.producer, call.broker, call.bytes);
        let broker = &mut self.brokers[index as usize];
        if broker.health == Health::Hung {
            return broker.stalled.push(Event::Arrive(request));
        }
        let count = self.requests.all[request as usize].batches.len();
        let forced = self.forced(index, count);
        let broker = &mut self.brokers[index as usize];
        self.billing
            .request((self.producers[producer as usize].zone, broker.zone), bytes);
        let handled = broker.write_and_flush(now, bytes, broker.machine.tls_clients, forced);
        let quiet = broker.throttle_in(now, bytes);
        self.throttle(request, quiet, cx);
        cx.queue.at(handled, Event::Append(request));
    }

    /// How long a handler spends on forced writes of so many batches.
    #[inline]
    pub(super) fn forced(&mut self, broker: u32, batches: usize) -> Nanos {
        let Some(flush) = self.brokers[broker as usize].machine.flush else {
            return Nanos::ZERO;
        };
        let draws = self.flush_draws..self.flush_draws + batches as u64;
        self.flush_draws = draws.end;
        let stalls = self.flush.child(1);
        let time = |draw: u64| {
            let usual = self.flush.exponential(draw) * flush.time.0 as f64;
            let stalled = stalls.uniform(draw) < flush.share;
            usual
                + if stalled {
                    stalls.child(1).exponential(draw) * flush.stall.0 as f64
                } else {
                    0.0
                }
        };
        Nanos(draws.map(time).sum::<f64>() as u64)
    }

    /// Quotas: a client that brought too much is told to keep quiet until its debt is paid.
    fn throttle(&mut self, request: u32, quiet: Nanos, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let call = &self.requests.all[request as usize];
        let mut longest = quiet.max(debt(&mut self.quotas.cluster_in, now, call.bytes));
        if !self.quotas.partition_in.is_empty() {
            for batch in &call.batches {
                let batch = self.batches.view(*batch);
                let mut quota = self
                    .quotas
                    .partition_in
                    .get(batch.partition as usize)
                    .copied();
                longest = longest.max(debt(&mut quota, now, batch.bytes));
                if let (Some(slot), Some(quota)) = (
                    self.quotas.partition_in.get_mut(batch.partition as usize),
                    quota,
                ) {
                    *slot = quota;
                }
            }
        }
        if longest > Nanos::ZERO {
            for batch in &call.batches {
                cx.probe.throttled(self.batches.view(*batch).partition);
            }
            let node = &mut self.producers[call.producer as usize].nodes[call.broker as usize];
            node.quiet_until = node.quiet_until.max(now + longest);
        }
    }

    /// The leader appends the batches of a request, or refuses them.
    pub(super) fn append(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        if call.void {
            return self.requests.close(request);
        }
        let broker = call.broker;
        if self.brokers[broker as usize].health == Health::Hung {
            return self.brokers[broker as usize]
                .stalled
                .push(Event::Append(request));
        }
        let call = self.requests.get(request);
        let batches = std::mem::take(&mut call.batches);
        let acks = self.config.producer.acks;
        let (mut awaited, mut never) = (0, false);
        for index in &batches {
            let outcome = self.append_batch(*index, broker, cx);
            self.batches.get(*index).answer = outcome.err();
            match outcome {
                Ok(offset) if acks == Acks::All => {
                    let partition =
                        &mut self.partitions[self.batches.view(*index).partition as usize];
                    if offset == NOWHERE {
                        (awaited, never) = (awaited + 1, true);
                    } else if partition.high_watermark.offset < offset {
                        partition.waiting.push_back(Waiting {
                            offset,
                            request,
                            batch: *index,
                        });
                        awaited += 1;
                    }
                }
                _ => {}
            }
        }
        let call = self.requests.get(request);
        (call.batches, call.awaited, call.stage) = (batches, awaited, Stage::Waiting);
        if awaited == 0 {
            self.answer(request, cx);
        } else if never {
            self.expect_timeout(request, cx);
        }
        self.wake_followers(cx);
    }

    /// Appends one batch; returns the offset behind it, or [`NOWHERE`] if it will never be committed.
    fn append_batch(
        &mut self,
        index: u32,
        broker: u32,
        cx: &mut Cx<'_, Event>,
    ) -> Result<u64, Error> {
        let acks = self.config.producer.acks;
        let batch = self.batches.view(index);
        let lane = batch.partition;
        let (bytes, records) = (batch.bytes, batch.records.len() as u64);
        let Some(partition) = self.partitions.get_mut(lane as usize) else {
            return Err(Error::UnknownTopicOrPartition);
        };
        if partition.leader != broker {
            return if partition.stale == broker {
                self.append_stale(index, cx)
            } else {
                Err(Error::NotLeaderOrFollower)
            };
        }
        let least = self.topic.min_isr.min(partition.replicas.len() as u32);
        if acks == Acks::All && partition.isr < least {
            cx.probe.throttled(lane);
            return Err(Error::NotEnoughReplicas);
        }
        if bytes > self.topic.message_max {
            return Err(Error::MessageTooLarge);
        }
        if self.config.producer.idempotent {
            let numbered = sequences::Batch {
                producer: self.producers[batch.producer as usize].id,
                epoch: batch.epoch,
                first: batch.sequence,
                records: records as u32,
            };
            match partition.sequences.append(numbered, partition.end.offset) {
                Ok(Verdict::Append) => {}
                Ok(Verdict::Duplicate(base)) => return Ok(base + records),
                Err(Refused::OutOfOrder) => return Err(Error::OutOfOrderSequenceNumber),
                Err(Refused::OldEpoch) => return Err(Error::InvalidProducerEpoch),
            }
        }
        self.store(index, cx);
        let partition = &self.partitions[lane as usize];
        let end = partition.end.offset;
        if partition.replicas.len() == 1 || partition.isr == 1 {
            self.raise(lane, cx);
        }
        Ok(end)
    }

    /// A batch goes into the log: for the first time, or as a copy.
    #[inline]
    fn store(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let batch = self.batches.view(index);
        let (lane, bytes, records) = (batch.partition, batch.bytes, batch.records.len() as u64);
        let partition = &mut self.partitions[lane as usize];
        let roll = (self.topic.segment_bytes, self.topic.segment_age.0);
        let base = partition.end.offset;
        if self.config.marks {
            for record in &batch.records {
                let serial = record.serial as u32;
                partition.log.mark(OrderMark {
                    key: record.key,
                    nth: self.nth,
                    serial,
                });
                self.nth = self.nth.wrapping_add(1);
            }
        }
        let stored = |record: &crate::workload::Record| Stored::new(record.at, now, record.bytes);
        if batch.stored_at == NOWHERE {
            partition.append(batch.records.iter().map(stored), bytes, roll, now);
            if !batch.restored {
                for record in &batch.records {
                    if self.keys.store(record.key, record.serial) {
                        cx.probe.reordered();
                    }
                }
            }
            cx.probe.stored_many(lane, records, bytes);
            self.batches.get(index).stored_at = base;
        } else {
            let copy = |record: &crate::workload::Record| stored(record).copied();
            partition.append_copies(batch.records.iter().map(copy), bytes, roll, now);
            cx.probe.stored_again(lane, records, bytes);
        }
        self.billing.append(bytes);
        self.mark_dirty(lane);
    }

    /// A broker that was cut off and replaced goes on: what it acknowledges will be cut off.
    fn append_stale(&mut self, index: u32, cx: &mut Cx<'_, Event>) -> Result<u64, Error> {
        if self.config.producer.acks != Acks::All {
            let batch = self.batches.get(index);
            if batch.stored_at == NOWHERE {
                cx.probe.ended(LOST_ON_STALE, batch.records.len() as u64);
                batch.stored_at = ON_STALE_LEADER;
            }
        }
        Ok(NOWHERE)
    }

    /// Raises a partition's high watermark: producers get their answers, consumers their data.
    #[inline]
    pub(super) fn raise(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        let least = if self.config.cluster.advances_below_min_isr {
            0
        } else {
            self.topic.min_isr
        };
        let partition = &mut self.partitions[lane as usize];
        if partition.leader == NOBODY {
            return;
        }
        let gained = partition.raise_high_watermark(least);
        if gained == 0 {
            return;
        }
        let reached = partition.high_watermark.offset;
        while let Some(waiting) = self.partitions[lane as usize].waiting.front().copied() {
            if waiting.offset > reached {
                break;
            }
            let partition = &mut self.partitions[lane as usize];
            partition.waiting.pop_front();
            if partition.isr < self.topic.min_isr.min(partition.replicas.len() as u32) {
                // Before 3.7 the high watermark advances below min ISR; the write has not enough copies.
                self.batches.get(waiting.batch).answer = Some(Error::NotEnoughReplicasAfterAppend);
            }
            self.one_less(waiting.request, cx);
        }
        self.visible(lane, gained, cx);
    }

    /// A request waits for one partition less.
    pub(super) fn one_less(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        call.awaited -= 1;
        if call.awaited == 0 {
            self.answer(request, cx);
        }
    }

    /// Answers a produce request.
    fn answer(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        let (producer, broker) = (call.producer, call.broker);
        let zones = (
            self.producers[producer as usize].zone,
            self.brokers[broker as usize].zone,
        );
        self.take_next(request, cx);
        if self.troubled && !self.connected(zones.0, zones.1) {
            // The answer is lost; the client will time out.
            self.requests.get(request).stage = Stage::Void;
            return self.expect_timeout(request, cx);
        }
        self.requests.get(request).stage = Stage::Answered;
        cx.queue.after(
            self.config.one_way(zones.0, zones.1),
            Event::Acknowledge(request),
        );
    }

    /// Leaders give requests up that have waited for `request.timeout.ms`: the batches stay in the log.
    pub(super) fn purge_waiting(&mut self, now: SimTime, cx: &mut Cx<'_, Event>) {
        for lane in 0..self.partitions.len() {
            let leader = self.partitions[lane].leader;
            if leader == NOBODY || !self.brokers[leader as usize].is_up() {
                continue;
            }
            while let Some(waiting) = self.partitions[lane].waiting.front().copied() {
                let sent_at = self.requests.get(waiting.request).sent_at;
                if sent_at + self.config.producer.request_timeout > now {
                    break;
                }
                self.partitions[lane].waiting.pop_front();
                self.batches.get(waiting.batch).answer = Some(Error::RequestTimedOut);
                self.one_less(waiting.request, cx);
            }
        }
    }

    /// The requests that waited at a leader that no longer leads are told so.
    pub(super) fn fail_waiting(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        let waiting = std::mem::take(&mut self.partitions[lane as usize].waiting);
        for waiting in waiting {
            let broker = self.requests.get(waiting.request).broker;
            if self.brokers[broker as usize].is_up()
                && self.partitions[lane as usize].stale != broker
            {
                self.batches.get(waiting.batch).answer = Some(Error::NotLeaderOrFollower);
                self.one_less(waiting.request, cx);
            } else {
                self.expect_timeout(waiting.request, cx);
            }
        }
    }

    /// No answer will come: the client will give the request up when `request.timeout.ms` is over.
    pub(super) fn expect_timeout(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        let (serial, at) = (
            call.serial,
            call.sent_at + self.config.producer.request_timeout,
        );
        cx.queue.at(
            at.max(cx.queue.now()),
            Event::ClientTimeout { request, serial },
        );
    }
}
