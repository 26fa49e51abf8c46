//! The producer's accumulator: a queue of batches per partition, and the partitioner.
//!
//! A full `buffer.memory` blocks `send()`: the application stands still, and what it meant to send
//! meanwhile waits behind it.
//!
//! # Source
//! SRC39 `RecordAccumulator`, `BuiltInPartitioner`; facts/kafka-msk.md section 1.

use super::batch::{BATCH_OVERHEAD, record_bytes, size_check};
use super::config::Partitioner;
use super::lane::Lane;
use super::metadata::Snapshot;
use super::partition::NOBODY;
use super::{BACKLOG_FULL, Event, Kafka, TOO_LARGE_CLIENT};
use crate::platform::Cx;
use crate::units::SimTime;
use crate::workload::{NO_KEY, Record};
use std::collections::VecDeque;

/// One producer.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    /// Its zone.
    pub zone: u32,
    /// Per partition that it knows.
    pub lanes: Vec<Lane>,
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
    /// The metadata that it knows.
    pub metadata: u32,
    /// Whether it waits for newer ones.
    pub refreshing: bool,
    /// How often in a row they did not help.
    pub refreshes: u32,
    /// When it last got some.
    pub refreshed_at: SimTime,
    /// When its sender began to go through its partitions, and when it is through.
    pub turn: (SimTime, SimTime),
    /// When it will have compressed what it has sent.
    pub compressed_at: SimTime,
    /// Its number for idempotence; a new process has a new one.
    pub id: u32,
}

/// What a producer has for one broker.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// Requests under way.
    pub in_flight: u32,
    /// Batches queued for its partitions.
    pub queued: u32,
    /// Whether one of those is full or has another behind it.
    pub full: bool,
    /// When the oldest of those will have lingered.
    pub due: SimTime,
    /// When the linger timer is set for, if it is.
    pub timer: Option<SimTime>,
    /// Where the next request begins among the broker's partitions.
    pub turn: u32,
    /// The request that the broker works on: it takes up the next one of the connection when this one is
    /// answered.
    pub taken: Option<u32>,
    /// Requests that have arrived behind it, oldest first.
    pub held: VecDeque<u32>,
    /// Before this nothing is sent: the broker asked for it, or the connection is being set up again.
    pub quiet_until: SimTime,
    /// How often in a row the connection failed.
    pub failures: u32,
}

impl Producer {
    /// An idle producer.
    #[must_use]
    pub(super) fn new(zone: u32, partitions: u32, brokers: u32, sticky: u32, id: u32) -> Self {
        Self {
            zone,
            lanes: vec![Lane::default(); partitions as usize],
            memory: 0,
            blocked: VecDeque::new(),
            blocked_since: SimTime::ZERO,
            block_timer: false,
            nodes: vec![Node::default(); brokers as usize],
            sticky,
            sticky_bytes: 0,
            metadata: 0,
            refreshing: false,
            refreshes: 0,
            refreshed_at: SimTime::ZERO,
            turn: (SimTime::ZERO, SimTime::ZERO),
            compressed_at: SimTime::ZERO,
            id,
        }
    }

    /// When, at `at` or later, the sender can look at its partitions: it goes through all of them for each
    /// look, and serves every broker that is ready at its beginning.
    #[inline]
    pub(super) fn is_free(&self, now: SimTime, at: SimTime) -> SimTime {
        let (began, through) = self.turn;
        if now > began { at.max(through) } else { at }
    }
}

impl Kafka {
    /// `send()`: the record joins its batch, waits for memory, or is refused.
    #[inline(always)]
    pub(super) fn produce(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
        // The exact size is only worked out where it could matter: keys stay below 1,100 bytes.
        if u64::from(record.bytes) + 1200 > self.send_max && self.is_too_large(&record) {
            return cx.probe.ended(TOO_LARGE_CLIENT, 1);
        }
        let producer = &self.producers[record.producer as usize];
        if self.takes_data && producer.blocked.is_empty() && self.try_append(&record, cx) {
            return;
        }
        self.wait_behind(record, cx);
    }

    /// Whether a producer refuses a record at once.
    #[cold]
    fn is_too_large(&self, record: &Record) -> bool {
        size_check(self.keys.length(record.key), u64::from(record.bytes)) > self.send_max
    }

    /// `send()` stands still, or the application's backlog is full.
    #[cold]
    fn wait_behind(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
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
    #[inline(always)]
    fn partition_of(&mut self, record: &Record) -> (u32, Option<u64>) {
        match self.keys.get(record.key) {
            Some((lane, length)) if self.keyed => {
                let lane = if self.hashes.is_empty() {
                    lane
                } else {
                    self.lane_among(record)
                };
                (lane, Some(length))
            }
            known => {
                let key = known.map(|(_, length)| length);
                (self.keyless_partition(record, key), key)
            }
        }
    }

    /// Where a key lies among the partitions that its producer knows of, where their number changes.
    #[inline(never)]
    fn lane_among(&self, record: &Record) -> u32 {
        let snapshot = self.producers[record.producer as usize].metadata;
        let partitions = self.snapshots[snapshot as usize].partitions;
        self.hashes
            .get(record.key as usize)
            .map_or(0, |hash| hash % partitions.max(1))
    }

    /// The partition of a record without a key.
    ///
    /// KIP-794: move on once `batch.size` bytes went to a partition and its batch is complete, or
    /// after twice that. A batch that the record does not fit into is complete. KIP-480: stay until a new
    /// batch is needed.
    #[inline]
    fn keyless_partition(&mut self, record: &Record, key: Option<u64>) -> u32 {
        let size = self.config.producer.batch_size.max(1);
        let index = record.producer;
        let producer = &self.producers[index as usize];
        let moves = match self.config.producer.partitioner {
            Partitioner::RoundRobin => true,
            Partitioner::Sticky => false,
            Partitioner::Uniform => {
                let lane = &producer.lanes[producer.sticky as usize];
                let complete = |batch: &u32| {
                    let batch = self.batches.view(*batch);
                    let (count, data) = (batch.records.len() as u64, u64::from(record.bytes));
                    lane.open().is_none()
                        || batch.bytes + self.compressed(record_bytes(count, 0, key, data)) > size
                };
                producer.sticky_bytes >= 2 * size
                    || (producer.sticky_bytes >= size && lane.queue().back().is_none_or(complete))
            }
        };
        if moves
            || self.snapshots[producer.metadata as usize].leader[producer.sticky as usize] == NOBODY
        {
            self.choose_partition(index);
        }
        self.producers[index as usize].sticky
    }

    /// Chooses the next partition for records without a key, among those that have a leader.
    fn choose_partition(&mut self, index: u32) {
        let producer = &self.producers[index as usize];
        let snapshot = &self.snapshots[producer.metadata as usize];
        let partitions = snapshot.partitions;
        let chosen = match self.config.producer.partitioner {
            Partitioner::RoundRobin => {
                let next = |n: &u32| (producer.sticky + n) % partitions;
                let led = |p: &u32| snapshot.leader[*p as usize] != NOBODY;
                (1..=partitions)
                    .map(|n| next(&n))
                    .find(led)
                    .unwrap_or_else(|| next(&1))
            }
            _ => {
                let draw = self.sticky.draw(self.sticky_draws);
                self.sticky_draws += 1;
                let busy = producer.nodes.iter().map(|node| node.queued).sum::<u32>() > 1;
                if (busy && self.config.producer.adaptive) || snapshot.leaderless > 0 {
                    weighted(producer, snapshot, self.config.producer.adaptive, draw)
                } else {
                    ((u128::from(draw) * u128::from(partitions)) >> 64) as u32
                }
            }
        };
        let producer = &mut self.producers[index as usize];
        (producer.sticky, producer.sticky_bytes) = (chosen, 0);
    }

    /// What a record adds to a batch after compression `[B]`.
    #[inline(always)]
    fn compressed(&self, bytes: u64) -> u64 {
        if self.config.producer.compression > 1.0 {
            return ((bytes as f64 / self.config.producer.compression) as u64).max(1);
        }
        bytes
    }

    /// The record joins the open batch of the partition, if there is one with room.
    #[inline(always)]
    fn try_join(
        &mut self,
        record: &Record,
        partition: u32,
        key: Option<u64>,
        cx: &mut Cx<'_, Event>,
    ) -> bool {
        let lane = &self.producers[record.producer as usize].lanes[partition as usize];
        let Some(open) = lane.open() else {
            return false;
        };
        let batch = self.batches.view(open);
        let delta_ms = cx.queue.now().since(batch.created).0 / 1_000_000;
        let raw = record_bytes(
            batch.records.len() as u64,
            delta_ms,
            key,
            u64::from(record.bytes),
        );
        let added = self.compressed(raw);
        let size = self.config.producer.batch_size;
        let batch = self.batches.get(open);
        let bytes = batch.bytes + added;
        if bytes > size {
            return false;
        }
        batch.bytes = bytes;
        batch.records.push(*record);
        if record.key == NO_KEY || !self.keyed {
            self.producers[record.producer as usize].sticky_bytes += added;
        }
        if bytes >= size {
            self.filled(record.producer, partition, cx);
        }
        true
    }

    /// Appends to the open batch of the partition or to a new one; false if memory is exhausted.
    #[inline(always)]
    pub(super) fn try_append(&mut self, record: &Record, cx: &mut Cx<'_, Event>) -> bool {
        let (partition, key) = self.partition_of(record);
        self.try_join(record, partition, key, cx) || self.try_open(record, partition, key, cx)
    }

    /// Opens a batch for a record; false if memory is exhausted.
    ///
    /// KIP-480: before a new batch is opened for a record without a key, another partition is chosen.
    #[inline(never)]
    fn try_open(
        &mut self,
        record: &Record,
        mut partition: u32,
        key: Option<u64>,
        cx: &mut Cx<'_, Event>,
    ) -> bool {
        let keyless = !self.keyed || key.is_none();
        if keyless && self.config.producer.partitioner == Partitioner::Sticky {
            self.choose_partition(record.producer);
            partition = self.producers[record.producer as usize].sticky;
            if self.try_join(record, partition, key, cx) {
                return true;
            }
        }
        let data = u64::from(record.bytes);
        let memory = self.config.producer.batch_size.max(size_check(key, data));
        let producer = &mut self.producers[record.producer as usize];
        if producer.memory + memory > self.config.producer.buffer_memory {
            return false;
        }
        producer.memory += memory;
        let added = self.compressed(record_bytes(0, 0, key, data));
        let index = self
            .batches
            .open(record.producer, partition, cx.queue.now(), memory);
        let batch = self.batches.get(index);
        batch.bytes += added;
        batch.records.push(*record);
        let producer = &mut self.producers[record.producer as usize];
        let lane = &mut producer.lanes[partition as usize];
        lane.push_open(index);
        if record.key == NO_KEY || !self.keyed {
            producer.sticky_bytes += BATCH_OVERHEAD + added;
        }
        self.after_new_batch(record.producer, partition, cx);
        true
    }

    /// A batch is full: it may be sent.
    #[inline(never)]
    fn filled(&mut self, index: u32, partition: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        let leader = self.snapshots[producer.metadata as usize].leader[partition as usize];
        if leader != NOBODY {
            producer.nodes[leader as usize].full = true;
            self.drain(index, leader, cx);
        }
    }

    /// A new batch closes the one before it, and starts to linger.
    fn after_new_batch(&mut self, index: u32, partition: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        let leader = self.snapshots[producer.metadata as usize].leader[partition as usize];
        if leader == NOBODY {
            return self.refresh_metadata(index, cx);
        }
        let queue = producer.lanes[partition as usize].queue();
        let newest = queue.back().map(|batch| self.batches.view(*batch));
        let full = newest.is_some_and(|batch| batch.bytes >= self.config.producer.batch_size);
        let node = &mut producer.nodes[leader as usize];
        node.full |= full || queue.len() > 1;
        let due = cx.queue.now() + self.config.producer.linger;
        node.due = if node.queued == 0 {
            due
        } else {
            node.due.min(due)
        };
        node.queued += 1;
        self.drain(index, leader, cx);
    }
}

/// Draws a partition with a leader; with `adaptive` the likelier, the shorter its queue.
///
/// # Source
/// SRC39 `BuiltInPartitioner`: weight (longest + 1 - length).
fn weighted(producer: &Producer, snapshot: &Snapshot, adaptive: bool, draw: u64) -> u32 {
    let length = |p: u32| {
        if adaptive {
            producer.lanes[p as usize].queue().len() as u64
        } else {
            0
        }
    };
    let led = || (0..snapshot.partitions).filter(|p| snapshot.leader[*p as usize] != NOBODY);
    let longest = led().map(length).max().unwrap_or(0);
    let weight = |p: u32| longest + 1 - length(p);
    let all: u64 = led().map(weight).sum();
    let mut left = ((u128::from(draw) * u128::from(all)) >> 64) as u64;
    for partition in led() {
        if left < weight(partition) {
            return partition;
        }
        left -= weight(partition);
    }
    // Nobody leads anything: any will do.
    ((u128::from(draw) * u128::from(snapshot.partitions)) >> 64) as u32
}
