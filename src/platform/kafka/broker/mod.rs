//! The brokers' room: machines, partitions with their copies, replication between brokers, in-sync sets, requests
//! that wait for replicas, and the fetches of consumers.
//!
//! The room calls no other one. It answers produce requests (`producer::Event::Acknowledge`) and fetches
//! (`group::Event::Fetched`), and leaves [`Message`](super::wire::Message)s for producers. What the controller decides comes in through
//! the methods of `registry.rs`.
//!
//! # Source
//! Apache Kafka 3.9, `ReplicaManager.scala`, `Partition.scala`, `KafkaApis.scala`.

mod at_once;
mod client_quotas;
mod compaction;
mod cursors;
mod fetch;
mod fetch_min;
mod fetchers;
mod gauges;
mod isolation;
mod isr;
mod leader;
mod left_out;
mod machine;
mod moves;
mod out_of_range;
mod partition;
mod past;
mod pauses;
mod purgatory;
mod quotas;
mod recovery;
mod registry;
mod replica;
mod replication;
mod resets;
mod retention;
mod sessions;
mod share;
mod share_state;
mod stable;
#[cfg(test)]
mod tests;
mod transactions;
mod waiters;

pub(super) use cursors::{Buffered, InHand};
pub(super) use replica::Position;
pub(super) use transactions::Step;

use super::config::{Config, TopicConfig};
use super::ids::{
    BrokerId, Draws, FetcherId, GroupId, Id, PartitionId, ProducerId, RequestId, SessionId, Slots,
};
use super::wire::Scope;
use crate::engine::{Stream, Ticket};
use crate::units::SimTime;
use crate::workload::KeySpace;
use machine::Broker;
use partition::Partition;
use quotas::Quotas;
use replica::{Cursor, Replica};
use replication::Fetcher;
use sessions::Sessions;
use std::collections::VecDeque;

/// A timer of a broker.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A produce request reaches its broker.
    Arrive(RequestId),
    /// The leader appends the batches of a request.
    Append(RequestId),
    /// The answer to a follower's fetch reaches it.
    FollowerReceives(FetcherId),
    /// A follower's fetch reaches the leader.
    FollowerFetches(FetcherId),
    /// A consumer's fetch reaches the broker.
    Fetch(SessionId),
    /// The timer of `fetch.max.wait.ms` of a waiting fetch; it may be out of date.
    FetchWaited(SessionId),
    /// A leader looks at followers that are not in sync and fetch without news.
    Rejoin(PartitionId),
    /// Leaders look for followers that lag.
    CheckIsr,
    /// What a reassignment copies from one broker to another is written.
    Copied(FetcherId),
    /// A step of a transaction at its coordinator or at the leaders of its partitions.
    Transaction(Step, ProducerId, Ticket),
    /// Cleaners look for logs to clean.
    Clean,
    /// An acknowledgement of a member of a share group reaches its leader; where it lies among those under way.
    ShareAcknowledged(u32),
    /// Locks of a share group on records of a partition may have run out.
    ShareLock(GroupId, PartitionId),
    /// The coordinators look for transactions that have been open for too long.
    TransactionTimeouts,
}

/// The connection of a producer to a broker.
#[derive(Clone, Debug, Default)]
struct Connection {
    /// The request that the broker works on: it takes the next one of the connection when this one is answered.
    busy_with: Option<RequestId>,
    /// Requests that have arrived behind it, oldest first.
    held: VecDeque<RequestId>,
}

/// Bytes that brokers have written and sent, for bills and monitoring.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    /// Bytes appended to logs `[B]`.
    pub written: u64,
    /// Bytes that consumers fetched `[B]`.
    pub fetched: u64,
    /// Of those, bytes from the remote tier `[B]`.
    pub remote: u64,
    /// Bytes from producers to brokers of other zones `[B]`.
    pub crossed_in: u64,
    /// Bytes from brokers to consumers of other zones `[B]`.
    pub crossed_out: u64,
}

/// The fetchers between brokers.
struct Replication {
    /// For each leader and follower so many in a row as the follower has threads for a leader.
    fetchers: Slots<FetcherId, Fetcher>,
    /// `num.replica.fetchers`.
    threads: usize,
    /// Fetchers whose leader has news for them.
    touched: Vec<FetcherId>,
    /// Whether leaders or replicas have changed: `Fetcher::partitions` is out of date and must be recounted.
    recount: bool,
}

/// What is noted of each record when it is stored.
struct Marks {
    /// For each key, one more than the number of the newest record that was stored.
    newest: Vec<u32>,
    /// The number of the next record in the order in which records are stored.
    next: u32,
}

/// All brokers of a cluster and the partitions of its topic.
pub(super) struct Brokers {
    machines: Slots<BrokerId, Broker>,
    partitions: Slots<PartitionId, Partition>,
    /// The topic's settings, which an operator may alter.
    topic: TopicConfig,
    /// The connections of each producer, broker by broker.
    connections: Vec<Connection>,
    replication: Replication,
    /// What reassignments copy.
    moves: moves::Moves,
    sessions: Sessions,
    shares: share::Shares,
    quotas: Quotas,
    /// How long forced writes take.
    flush: Draws,
    marks: Marks,
    traffic: Traffic,
    /// The transactions of each producer, where producers have some.
    transactions: Slots<ProducerId, transactions::Transaction>,
    /// Bytes read from volumes for fetches since the last sample `[B]`.
    cold_read: u64,
}

impl Brokers {
    /// Idle brokers with the empty partitions of a topic, whose replicas are given.
    pub(super) fn new(
        config: &Config,
        replicas: Vec<Vec<BrokerId>>,
        producers: u32,
        keys: &KeySpace,
        streams: impl Fn(&str) -> Stream,
    ) -> Self {
        let (most, groups) = (config.brokers_most, config.consumers.len());
        let threads = config.cluster.replication.fetchers;
        let fetcher = |id: FetcherId| {
            let pair = id.number() / threads;
            Fetcher::new(BrokerId::new(pair / most), BrokerId::new(pair % most))
        };
        let past = past::Past::of(config);
        let count = config.topic.partitions;
        let partition = |(place, replicas): (u32, Vec<BrokerId>)| {
            let mut partition =
                Partition::new(&replicas, groups, SimTime::ZERO).with_clients(config);
            if let Some(past) = &past {
                partition.begin_after(past, f64::from(place) / f64::from(count.max(1)));
            }
            partition
        };
        Self {
            machines: Slots::build(most, |id: BrokerId| {
                let pauses = streams("pauses").child(u64::from(id.number()));
                Broker::new(&config.machine).with_pauses(pauses)
            }),
            partitions: (0..)
                .zip(replicas)
                .map(partition)
                .collect::<Vec<_>>()
                .into(),
            topic: config.topic.clone(),
            connections: vec![Connection::default(); (producers * most) as usize],
            replication: Replication {
                fetchers: Slots::build(most * most * threads, fetcher),
                threads: threads as usize,
                touched: Vec::new(),
                recount: true,
            },
            moves: moves::Moves::new(most, threads),
            sessions: Sessions::default(),
            shares: share::Shares::new(config),
            quotas: Quotas::new(config, (producers * most) as usize),
            flush: Draws::new(streams("flush")),
            marks: Marks {
                newest: vec![0; keys.len() as usize],
                next: 1,
            },
            traffic: Traffic::default(),
            transactions: transactions::all(config, producers),
            cold_read: 0,
        }
    }

    /// A timer of a broker fires.
    #[inline]
    pub(super) fn on(&mut self, event: Event, cx: &mut Scope<'_>) {
        match event {
            Event::Arrive(request) => self.arrive(request, cx),
            Event::Append(request) => self.append(request, cx),
            Event::FollowerReceives(fetcher) => self.follower_receives(fetcher, cx),
            Event::FollowerFetches(fetcher) => self.follower_fetches(fetcher, cx),
            Event::Fetch(session) => self.fetch(session, cx),
            Event::FetchWaited(session) => self.fetch_waited(session, cx),
            Event::Rejoin(partition) => self.rejoin_idle(partition, cx),
            Event::CheckIsr => self.check_isr(cx),
            Event::Copied(pair) => self.copied(pair, cx),
            Event::Transaction(step, producer, ticket) => {
                self.on_transaction(step, producer, ticket, cx);
            }
            Event::TransactionTimeouts => self.abort_timed_out(cx),
            Event::Clean => self.clean(cx),
            Event::ShareAcknowledged(place) => self.share_acknowledged(place, cx),
            Event::ShareLock(group, partition) => self.share_lock(group, partition, cx),
        }
    }

    /// The connection of a producer to a broker.
    #[inline]
    fn connection(&mut self, producer: ProducerId, broker: BrokerId) -> &mut Connection {
        let place = producer.index() * self.machines.len() + broker.index();
        &mut self.connections[place]
    }
}

impl Marks {
    /// Notes that a record of a key was stored; whether a later one of the key was stored before.
    #[inline]
    fn store(&mut self, key: u32, serial: u32) -> bool {
        let Some(newest) = self.newest.get_mut(key as usize) else {
            return false;
        };
        let late = serial < *newest;
        *newest = (*newest).max(serial + 1);
        late
    }
}
