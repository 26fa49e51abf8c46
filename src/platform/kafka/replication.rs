//! The broker side: appending, followers that fetch, the high watermark, answers to producers.
//!
//! A follower's fetch tells the leader how far it has come, so the leader learns of a copy only on
//! the follower's *next* fetch. A fetch that finds nothing waits at the leader until something is
//! appended.
//!
//! # Source
//! SRC39 `ReplicaManager`, `Partition.updateFollowerFetchState`; facts/kafka-msk.md section 2.2.

use super::config::Acks;
use super::partition::Position;
use super::{Event, Kafka, NOT_ENOUGH_REPLICAS, TOO_LARGE_BROKER};
use crate::platform::{Cx, Stored};
use crate::units::{Nanos, SimTime};

/// The fetch connection of one follower to one leader.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    /// The broker that is fetched from.
    pub leader: u32,
    /// The broker that fetches.
    pub follower: u32,
    /// Whether its fetch waits at the leader for data.
    pub parked: bool,
    /// Partitions with data that the follower has not been sent.
    dirty: Vec<u32>,
    /// What the answer or fetch under way carries: partition, follower slot, new end.
    carried: Vec<(u32, usize, Position)>,
    /// Bytes of the answer under way.
    bytes: u64,
    /// Whether the fetch that has arrived waits for a request handler.
    queued: bool,
}

impl Pair {
    /// A follower whose fetch waits at its leader.
    #[must_use]
    pub(super) fn new(leader: u32, follower: u32) -> Self {
        Self { leader, follower, parked: true, ..Self::default() }
    }
}

impl Kafka {
    pub(super) fn pair_of(&self, leader: u32, follower: u32) -> usize {
        (leader * self.config.brokers + follower) as usize
    }

    /// A produce request reaches its broker.
    pub(super) fn arrive(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let (producer, broker, bytes) = {
            let request = self.requests.get(request);
            (request.producer, request.broker, request.bytes)
        };
        if self.config.producer.acks == Acks::None {
            self.count_as_acknowledged(request, now, cx);
        }
        let handled = self.brokers[broker as usize].write(now, bytes);
        let connection = &mut self.producers[producer as usize].nodes[broker as usize].appended_at;
        *connection = handled.max(*connection);
        cx.queue.at(*connection, Event::Append(request));
    }

    /// Without acks the producer is done when the socket has taken the request.
    fn count_as_acknowledged(&mut self, request: u32, now: SimTime, cx: &mut Cx<'_, Event>) {
        for batch in &self.requests.get(request).batches {
            for record in &self.batches.view(*batch).records {
                cx.probe.acknowledged(record.at, now);
            }
        }
    }

    /// The leader appends the batches of a request, or refuses them.
    pub(super) fn append(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let batches = std::mem::take(&mut self.requests.get(request).batches);
        let acks = self.config.producer.acks;
        let mut awaited = 0;
        for index in &batches {
            if let Err(cause) = self.append_batch(*index, cx) {
                let batch = self.batches.get(*index);
                batch.refused = true;
                cx.probe.ended(cause, batch.records.len() as u64);
            } else if acks == Acks::All {
                let partition = &mut self.partitions[self.batches.view(*index).partition as usize];
                if partition.high_watermark.offset < partition.end.offset {
                    partition.waiting.push_back((partition.end.offset, request));
                    awaited += 1;
                }
            }
            self.batches.get(*index).settled = true;
        }
        let call = self.requests.get(request);
        (call.batches, call.awaited) = (batches, awaited);
        if awaited == 0 {
            self.answer(request, cx);
        }
        self.wake_followers(request, cx);
    }

    fn append_batch(&mut self, index: u32, cx: &mut Cx<'_, Event>) -> Result<(), usize> {
        let now = cx.queue.now();
        let batch = self.batches.view(index);
        let partition = &mut self.partitions[batch.partition as usize];
        if batch.bytes > self.config.topic.message_max {
            return Err(TOO_LARGE_BROKER);
        }
        if self.config.producer.acks == Acks::All && partition.in_sync() < self.config.topic.min_isr {
            return Err(NOT_ENOUGH_REPLICAS);
        }
        let stored = |record: &crate::workload::Record| Stored::new(record.at, now, record.bytes);
        partition.append(batch.records.iter().map(stored), batch.bytes);
        for record in &batch.records {
            if self.keys.store(record.key, record.serial) {
                cx.probe.reordered();
            }
        }
        cx.probe.stored_many(batch.partition, batch.records.len() as u64, batch.bytes);
        let lane = batch.partition;
        if self.partitions[lane as usize].followers.is_empty() {
            self.raise(lane, cx);
        }
        Ok(())
    }

    /// Tells the followers of a request's partitions that there is data, if their fetches wait.
    fn wake_followers(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let broker = self.requests.get(request).broker;
        let batches = std::mem::take(&mut self.requests.get(request).batches);
        for index in &batches {
            let batch = self.batches.view(*index);
            if batch.refused {
                continue;
            }
            for follower in &self.partitions[batch.partition as usize].followers {
                let pair = (broker * self.config.brokers + follower.broker) as usize;
                let dirty = &mut self.pairs[pair].dirty;
                if !dirty.contains(&batch.partition) {
                    dirty.push(batch.partition);
                }
            }
        }
        self.requests.get(request).batches = batches;
        for follower in 0..self.config.brokers {
            let pair = self.pair_of(broker, follower);
            if self.pairs[pair].parked && !self.pairs[pair].dirty.is_empty() {
                self.answer_follower(pair, cx);
            }
        }
    }

    /// The leader answers a follower's fetch with what it has not been sent yet.
    fn answer_follower(&mut self, index: usize, cx: &mut Cx<'_, Event>) {
        let pair = &mut self.pairs[index];
        pair.parked = false;
        pair.bytes = 0;
        pair.carried.clear();
        let (mut kept, mut served) = (0, 0);
        for n in 0..pair.dirty.len() {
            let lane = pair.dirty[n];
            let partition = &mut self.partitions[lane as usize];
            let slot = partition.followers.iter().position(|follower| follower.broker == pair.follower);
            let Some(slot) = slot else { continue };
            let sent = partition.followers[slot].sent;
            let mut reach = sent;
            if pair.bytes < self.config.replica_response_max {
                served = kept + 1;
                reach = partition.reach(sent, partition.end, self.config.replica_fetch_max);
                partition.followers[slot].sent = reach;
                pair.bytes += reach.bytes - sent.bytes;
                pair.carried.push((lane, slot, reach));
            }
            if reach < partition.end {
                pair.dirty[kept] = lane;
                kept += 1;
            }
        }
        // What was served and has more goes to the back, so that every partition has its turn.
        pair.dirty.truncate(kept);
        pair.dirty.rotate_left(served.min(kept));
        let (leader, follower, bytes) = (pair.leader, pair.follower, pair.bytes);
        let sent_at = self.brokers[leader as usize].send(cx.queue.now(), bytes);
        let arrival = sent_at + self.between(leader, follower);
        cx.queue.at(arrival, Event::FollowerReceives(index as u32));
    }

    fn between(&self, a: u32, b: u32) -> Nanos {
        self.config.one_way(self.brokers[a as usize].zone, self.brokers[b as usize].zone)
    }

    /// The follower writes what it received and fetches again.
    pub(super) fn follower_receives(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let pair = &self.pairs[index as usize];
        let written = self.brokers[pair.follower as usize].write(cx.queue.now(), pair.bytes);
        let handling = self.config.machine.request_time;
        let handled = written + self.between(pair.follower, pair.leader) + handling;
        cx.queue.at(handled, Event::FollowerFetches(index));
    }

    /// The follower's next fetch has reached the leader and been handled, if a handler was free: the
    /// leader learns how far the follower has come.
    pub(super) fn follower_fetches(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let pair = &mut self.pairs[index as usize];
        let handled = self.brokers[pair.leader as usize].handled_at(cx.queue.now(), &mut pair.queued);
        if handled > cx.queue.now() {
            return cx.queue.at(handled, Event::FollowerFetches(index));
        }
        let mut carried = std::mem::take(&mut self.pairs[index as usize].carried);
        for (lane, slot, reach) in carried.drain(..) {
            self.partitions[lane as usize].followers[slot].known = reach;
            self.raise(lane, cx);
        }
        let pair = &mut self.pairs[index as usize];
        pair.carried = carried;
        if pair.dirty.is_empty() {
            pair.parked = true;
        } else {
            self.answer_follower(index as usize, cx);
        }
    }

    /// Raises a partition's high watermark: producers get their answers, consumers their data.
    fn raise(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        let partition = &mut self.partitions[lane as usize];
        let gained = partition.raise_high_watermark();
        if gained == 0 {
            return;
        }
        let reached = partition.high_watermark.offset;
        while let Some((offset, request)) = self.partitions[lane as usize].waiting.front().copied() {
            if offset > reached {
                break;
            }
            self.partitions[lane as usize].waiting.pop_front();
            let call = self.requests.get(request);
            call.awaited -= 1;
            if call.awaited == 0 {
                self.answer(request, cx);
            }
        }
        self.visible(lane, gained, cx);
    }

    /// Answers a produce request.
    fn answer(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let (producer, broker) = {
            let request = self.requests.get(request);
            (request.producer, request.broker)
        };
        let zones = (self.producers[producer as usize].zone, self.brokers[broker as usize].zone);
        cx.queue.after(self.config.one_way(zones.0, zones.1), Event::Acknowledge(request));
    }
}
