//! The producers' room: what applications hand over gathers in batches, a sender puts batches into requests, and
//! answers end them.
//!
//! The room calls no other one. It sends produce requests to brokers (`broker::Event::Arrive`) and leaves
//! [`Message`]s for what brokers have to know besides.
//!
//! # Source
//! Apache Kafka 3.9, `KafkaProducer.java`, `RecordAccumulator.java`, `Sender.java`.

mod accumulator;
mod answers;
mod batch_queue;
mod collect;
mod epochs;
mod gauges;
mod metadata;
mod metrics;
mod partitioner;
mod process;
mod send_backpressure;
mod sender;
mod split;
mod stops;
#[cfg(test)]
mod tests;
mod transactions;

pub(super) use metadata::Snapshot;

use super::Cause;
use super::bit_set::BitSet;
use super::config::{Config, Partitioner, hashes_in_order};
use super::ids::{BrokerId, Draws, Id, PartitionId, ProducerId, RequestId, Slots};
use super::wire::{Message, Scope};
use crate::engine::{Stream, Ticket};
use crate::platform::{KeyTable, Setup};
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Record, Workload};
use batch_queue::BatchQueue;
use metrics::SenderMetrics;
use std::collections::VecDeque;
use stops::{Stop, Stops};
use transactions::ClientTransactions;

/// A timer of a producer.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A batch of a producer for a broker may have lingered or backed off long enough.
    Linger {
        /// The producer.
        producer: ProducerId,
        /// The broker.
        broker: BrokerId,
    },
    /// The answer to a request, or the news that its connection broke, reaches the producer.
    Acknowledge(RequestId),
    /// A request to a silent broker may have waited for `request.timeout.ms`.
    ClientTimeout {
        /// The request.
        request: RequestId,
        /// Which use of its slot it was.
        ticket: Ticket,
    },
    /// A blocked `send()` may have waited for `max.block.ms`.
    Blocked(ProducerId),
    /// New metadata reach a producer.
    Metadata(ProducerId),
    /// A producer's metadata have reached `metadata.max.age.ms`.
    MetadataAge(ProducerId),
    /// An application ends its transaction.
    Commit(ProducerId, Ticket),
    /// The coordinator's answer reaches a producer.
    Called(ProducerId, Ticket),
}

/// Later than any instant of a run: no timer is due.
const NEVER: SimTime = SimTime(u64::MAX);

/// One producer.
#[derive(Clone, Debug)]
struct Producer {
    /// The zone that it runs in.
    zone: u32,
    /// Its batches for each partition that it knows.
    queues: Slots<PartitionId, BatchQueue>,
    /// Partitions that have batches.
    active: BitSet,
    /// What is queued and in flight for each broker.
    nodes: Slots<BrokerId, Node>,
    /// Used of `buffer.memory` `[B]`.
    memory: u64,
    /// Why its application does not send.
    stops: Stops,
    /// Its `send()` calls that wait.
    blocked: Blocked,
    /// The partition that keyless records stick to.
    sticky: PartitionId,
    /// What that partition has had since it was chosen `[B]`.
    sticky_bytes: u64,
    /// What it knows of the cluster.
    knows: Knowledge,
    /// When its sender began to go through its partitions, and when it is through.
    sender_pass: (SimTime, SimTime),
    /// When it will have compressed what it has sent.
    compressed_at: SimTime,
    /// Its producer id for idempotence; a new process has a new one.
    id: u32,
}

/// `send()` calls of a producer that wait.
#[derive(Clone, Debug, Default)]
struct Blocked {
    /// Records behind the call that waits, oldest first.
    records: VecDeque<Record>,
    /// Since when the first of those is blocked.
    since: SimTime,
    /// Whether the timer of `max.block.ms` is set.
    timer: bool,
    /// Whether the first of those waits for memory: it has chosen its partition, and all that is not empty is ready to
    /// be sent.
    for_memory: bool,
}

/// What a producer knows of the cluster.
#[derive(Clone, Copy, Debug, Default)]
struct Knowledge {
    /// Number of the newest snapshot that it has.
    snapshot: usize,
    /// Whether it waits for newer metadata.
    refreshing: bool,
    /// How often in a row newer metadata did not help.
    refreshes: u32,
    /// When it last got metadata.
    refreshed_at: SimTime,
}

/// What a producer has for one broker.
#[derive(Clone, Debug, Default)]
struct Node {
    /// Requests in flight.
    in_flight: u32,
    /// Batches queued for the broker's partitions.
    queued: u32,
    /// Whether a queued batch is full or has another one behind it.
    full: bool,
    /// When the oldest queued batch will have lingered.
    due: SimTime,
    /// When the linger timer is set for, if it is.
    timer: Option<SimTime>,
    /// Places, among the partitions that the broker leads, of those that have batches.
    ready: BitSet,
    /// Where the next request begins among the partitions that the broker leads.
    next_partition: usize,
    /// Before this nothing is sent: the broker asked for it, or the connection is being set up again.
    quiet_until: SimTime,
    /// How often in a row the connection failed.
    failures: u32,
    /// Whether something is ready that waits for an answer to a request in flight.
    held_up: bool,
}

impl Producer {
    /// An idle producer.
    fn new(zone: u32, partitions: u32, brokers: u32, sticky: PartitionId, id: u32) -> Self {
        Self {
            zone,
            queues: Slots::build(partitions, |_| BatchQueue::default()),
            active: BitSet::default(),
            nodes: Slots::build(brokers, |_| Node::default()),
            memory: 0,
            stops: Stops::default(),
            blocked: Blocked::default(),
            sticky,
            sticky_bytes: 0,
            knows: Knowledge::default(),
            sender_pass: (SimTime::ZERO, SimTime::ZERO),
            compressed_at: SimTime::ZERO,
            id,
        }
    }

    /// When, at `at` or later, the sender can look at its partitions: it goes through all of them for each
    /// look, and serves every broker that is ready at its beginning.
    #[inline]
    fn is_free(&self, now: SimTime, at: SimTime) -> SimTime {
        let (began, through) = self.sender_pass;
        if now > began { at.max(through) } else { at }
    }

    /// Notes whether a partition has batches, after its queue has changed.
    #[inline]
    fn note_queue(&mut self, partition: PartitionId, snapshot: &Snapshot) {
        let empty = self.queues[partition].is_empty();
        let leader = snapshot.leader[partition];
        if empty {
            self.active.remove(partition.index());
            if let Some(leader) = leader {
                self.nodes[leader].ready.remove(snapshot.place[partition]);
            }
        } else {
            self.active.insert(partition.index());
            if let Some(leader) = leader {
                self.nodes[leader].ready.insert(snapshot.place[partition]);
            }
        }
    }
}

/// All producers of a system.
pub(super) struct Producers {
    all: Slots<ProducerId, Producer>,
    /// The metadata of the cluster, the newest last.
    snapshots: Vec<Snapshot>,
    /// Where records go.
    routing: Routing,
    /// Jitter of back-offs.
    jitter: Draws,
    /// What producers measure of themselves.
    metrics: SenderMetrics,
    /// Partitions of a producer of which nothing is in flight any more.
    unmuted: Vec<PartitionId>,
    /// Their transactions.
    transactional: ClientTransactions,
    /// How many records wait behind a blocked `send()` at most.
    backlog_max: u64,
    /// The largest record that a producer takes `[B]`.
    send_max: u64,
    /// The producer id that the next new process gets.
    next_id: u32,
}

/// How records find their partition.
struct Routing {
    /// Partition and length of each key.
    keys: KeyTable,
    /// Whether records with keys are placed by them.
    keyed: bool,
    /// Hashes of all keys, where partitions may be added.
    hashes: Vec<u32>,
    /// Draws of partitions for records without a key.
    sticky: Draws,
}

impl Producers {
    /// Idle producers that know the cluster as it is at the beginning.
    pub(super) fn new(
        config: &Config,
        setup: &Setup<'_>,
        streams: impl Fn(&str) -> Stream,
        first: Snapshot,
    ) -> Self {
        let (workload, partitions) = (setup.workload, config.topic.partitions);
        let sticky = streams("sticky-partition");
        let producer = |id: ProducerId| {
            let begin = sticky
                .child(1)
                .below(u64::from(id.number()), u64::from(partitions));
            let zone = id.number() % config.zones;
            Producer::new(
                zone,
                partitions,
                config.brokers_most,
                PartitionId::new(begin as u32),
                id.number(),
            )
        };
        let producer_config = &config.producer;
        Self {
            all: Slots::build(workload.producers(), producer),
            snapshots: vec![first],
            routing: Routing {
                keys: key_table(config, workload),
                keyed: !producer_config.partitioning.ignore_keys
                    && producer_config.partitioning.partitioner != Partitioner::RoundRobin,
                hashes: hashes(config, workload),
                sticky: Draws::new(sticky),
            },
            jitter: Draws::new(streams("jitter")),
            metrics: SenderMetrics::default(),
            unmuted: Vec::new(),
            transactional: ClientTransactions::new(
                producer_config.transactions.as_ref(),
                workload.producers(),
                Draws::new(streams("abort")),
            ),
            backlog_max: workload.producer_backlog,
            send_max: producer_config
                .request_max
                .min(producer_config.buffer_memory),
            next_id: workload.producers(),
        }
    }

    /// A timer of a producer fires.
    #[inline]
    pub(super) fn on(&mut self, event: Event, cx: &mut Scope<'_>) {
        match event {
            Event::Linger { producer, broker } => self.lingered(producer, broker, cx),
            Event::Acknowledge(request) => self.acknowledge(request, cx),
            Event::ClientTimeout { request, ticket } => self.client_timed_out(request, ticket, cx),
            Event::Blocked(producer) => self.block_timed_out(producer, cx),
            Event::Metadata(producer) => self.metadata_arrives(producer, cx),
            Event::MetadataAge(producer) => self.refresh_metadata(producer, cx),
            Event::Commit(producer, ticket) => self.commit(producer, ticket, cx),
            Event::Called(producer, ticket) => self.called(producer, ticket, cx),
        }
    }

    /// A broker asks a producer to send nothing for a while.
    pub(super) fn keep_quiet(&mut self, producer: ProducerId, broker: BrokerId, until: SimTime) {
        let node = &mut self.all[producer].nodes[broker];
        node.quiet_until = node.quiet_until.max(until);
    }

    /// There is no cluster yet.
    pub(super) fn wait_for_cluster(&mut self, cx: &mut Scope<'_>) {
        for id in self.all.ids() {
            self.stop(id, Stop::NoCluster, cx);
        }
    }

    /// There is a cluster to write to: calls of `send()` that waited for it go on.
    pub(super) fn cluster_created(&mut self, cx: &mut Scope<'_>) {
        for producer in self.all.ids() {
            self.go_on(producer, Stop::NoCluster, cx);
        }
    }

    /// All producers.
    pub(super) fn ids(&self) -> impl Iterator<Item = ProducerId> + use<> {
        self.all.ids()
    }

    /// The zone that a producer runs in.
    pub(super) fn zone_of(&self, producer: ProducerId) -> u32 {
        self.all[producer].zone
    }

    /// Records behind calls of `send()` that wait.
    pub(super) fn blocked(&self) -> u64 {
        self.all
            .iter()
            .map(|producer| producer.blocked.records.len() as u64)
            .sum()
    }

    /// Clients learn of new partitions when their metadata are old, each at its own time.
    pub(super) fn metadata_ages(&self, ages: Stream, cx: &mut Scope<'_>) {
        let age = cx.config.producer.metadata_age.0 as f64;
        for producer in self.all.ids() {
            let wait = Nanos((ages.uniform(u64::from(producer.number())) * age) as u64);
            let event = super::Event::Producer(Event::MetadataAge(producer));
            cx.queue
                .after(wait.max(cx.config.cluster.controller.publish), event);
        }
    }
}

/// Partition and length of each key.
fn key_table(config: &Config, workload: &Workload) -> KeyTable {
    let mut hash = hashes_in_order(&config.producer.partitioning.hashes, workload);
    let partitions = config.topic.partitions;
    KeyTable::new(&workload.keys, |key| hash().partition(key, partitions))
}

/// The hashes of all keys, if partitions may be added.
fn hashes(config: &Config, workload: &Workload) -> Vec<u32> {
    let steps = &workload.timeline.steps;
    let grows = config.adds_partitions()
        || steps
            .iter()
            .any(|(_, action)| matches!(action, Action::ScaleTo(_)));
    let mut hashes = Vec::new();
    if grows {
        let mut hash = hashes_in_order(&config.producer.partitioning.hashes, workload);
        let place = |key: &str| hashes.push(hash().of(key.as_bytes()));
        workload.keys.for_each(place);
    }
    hashes
}

/// Leaves a message for another room.
#[inline]
fn tell(message: Message, cx: &mut Scope<'_>) {
    cx.wire.outbox.push(message);
}

/// Records of a producer end early.
fn ended(cause: Cause, records: u64, cx: &mut Scope<'_>) {
    cx.probe.ended(cause as usize, records);
}
