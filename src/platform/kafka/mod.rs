//! Apache Kafka as Amazon MSK runs it: one topic on brokers over availability zones, batching
//! producers, followers that fetch, consumer groups.
//!
//! Left out so far: failures, elections, rebalances, compression (see docs/FIDELITY.md). In-sync
//! sets, leaders and replicas are state here, not constants, so that they can change.

pub mod assignor;
pub mod batch;
mod broker;
mod config;
pub mod controller;
mod group;
pub mod murmur2;
mod partition;
mod producer;
mod replication;
pub mod sequences;

pub use broker::{Broker, placement};
pub use config::{Acks, Config, ConsumerConfig, Machine, ProducerConfig, TopicConfig};
pub use group::range_assign;
pub use partition::{Partition, Position};

use crate::engine::Stream;
use crate::platform::{Cx, KeyTable, MetricNames, Platform, Reader, Sampled, Setup};
use crate::probe::{Cause, Fate, Gauge, Held, Lane};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Record, Workload};
use batch::Batches;
use group::{Group, Session};
use producer::{Producer, Request};
use replication::Pair;

const TOO_LARGE_CLIENT: usize = 0;
const TOO_LARGE_BROKER: usize = 1;
const BLOCKED: usize = 2;
const DELIVERY_TIMEOUT: usize = 3;
const NOT_ENOUGH_REPLICAS: usize = 4;
const BACKLOG_FULL: usize = 5;

/// The timers of a cluster and its clients.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A batch of a producer for a broker may have lingered long enough.
    Linger {
        /// The producer.
        producer: u32,
        /// The broker.
        broker: u32,
    },
    /// A produce request reaches its broker.
    Arrive(u32),
    /// The leader appends it.
    Append(u32),
    /// Its answer reaches the producer.
    Acknowledge(u32),
    /// A blocked `send()` may have waited for `max.block.ms`.
    Blocked(u32),
    /// The answer to a follower's fetch reaches it.
    FollowerReceives(u32),
    /// A follower's fetch reaches the leader.
    FollowerFetches(u32),
    /// A consumer's fetch reaches the leader.
    Fetch(u32),
    /// A waiting fetch may have waited for `fetch.max.wait.ms`.
    FetchWaited(u32),
    /// The answer to a consumer's fetch reaches it.
    Fetched(u32),
    /// A member is done with a slice.
    Done {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
    },
}

/// Produce requests; ended ones are used again.
#[derive(Clone, Debug, Default)]
struct Requests {
    all: Vec<Request>,
    free: Vec<u32>,
}

impl Requests {
    fn open(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.all.push(Request::default());
            (self.all.len() - 1) as u32
        })
    }
    fn get(&mut self, index: u32) -> &mut Request {
        &mut self.all[index as usize]
    }
    fn close(&mut self, index: u32) {
        self.all[index as usize].batches.clear();
        self.free.push(index);
    }
}

/// A cluster with one topic, its producers and its consumer groups.
pub struct Kafka {
    config: Config,
    backlog_max: u64,
    keys: KeyTable,
    producers: Vec<Producer>,
    batches: Batches,
    requests: Requests,
    brokers: Vec<Broker>,
    partitions: Vec<Partition>,
    /// The partitions that each broker leads.
    led_by: Vec<Vec<u32>>,
    pairs: Vec<Pair>,
    groups: Vec<Group>,
    sessions: Vec<Session>,
    sticky: Stream,
    sticky_draws: u64,
}

impl Config {
    /// One way between machines of two zones.
    #[must_use]
    #[inline]
    pub fn one_way(&self, a: u32, b: u32) -> Nanos {
        if a == b { self.same_zone } else { self.cross_zone }
    }

    /// What one partition could take if its leader did nothing else `[B/s]`: the volume, or the
    /// network that also feeds its followers and readers.
    #[must_use]
    pub fn partition_capacity(&self) -> f64 {
        let network = self.machine.network.0 as f64;
        let copies_out = f64::from(self.topic.replication - 1) + self.consumers.len() as f64;
        (self.machine.disk.0 as f64).min(network).min(network / copies_out.max(1.0))
    }
}

impl Platform for Kafka {
    type Config = Config;
    type Event = Event;

    const CAUSES: &'static [Cause] = &[
        Cause { name: "RecordTooLargeException (producer)", fate: Fate::Refused },
        Cause { name: "MESSAGE_TOO_LARGE (broker)", fate: Fate::Refused },
        Cause { name: "TimeoutException (max.block.ms)", fate: Fate::Refused },
        Cause { name: "TimeoutException (delivery.timeout.ms)", fate: Fate::ExpiredInClient },
        Cause { name: "NOT_ENOUGH_REPLICAS", fate: Fate::Refused },
        Cause { name: "producer backlog full", fate: Fate::Refused },
    ];
    const NAMES: MetricNames = MetricNames {
        lane: "partition",
        bytes_in: "BytesInPerSec",
        records_in: "MessagesInPerSec",
        throttled: "refused attempts",
        read_throttled: "refused fetches",
        lag: "SumOffsetLag",
        per_second: true,
    };

    fn read(section: &Section<'_>, workload: &Workload) -> Config {
        Config::read(section, workload)
    }

    fn new(config: &Config, setup: &Setup<'_>) -> Self {
        let workload = setup.workload;
        let stream = Stream::new(setup.seed, setup.replication, "kafka/sticky-partition");
        let (partitions, brokers, zones) = (config.topic.partitions, config.brokers, config.zones);
        let keys = KeyTable::new(&workload.keys, |key| murmur2::partition(key.as_bytes(), partitions));
        let place = |partition| {
            let replicas = placement(partition, config.topic.replication, brokers);
            Partition::new(&replicas, workload.consumers.len())
        };
        let all: Vec<Partition> = (0..partitions).map(place).collect();
        let led = |broker| (0..partitions).filter(|p| all[*p as usize].leader == broker).collect();
        let producer = |index| {
            let sticky = stream.child(1).below(u64::from(index), u64::from(partitions)) as u32;
            Producer::new(index % zones, partitions, brokers, sticky)
        };
        let pair = |index: u32| Pair::new(index / brokers, index % brokers);
        let (groups, sessions) = new_groups(config, workload);
        Self {
            backlog_max: workload.producer_backlog,
            keys,
            producers: (0..workload.producers()).map(producer).collect(),
            batches: Batches::default(),
            requests: Requests::default(),
            brokers: (0..brokers).map(|index| Broker::new(&config.machine, index % zones)).collect(),
            led_by: (0..brokers).map(led).collect(),
            partitions: all,
            pairs: (0..brokers * brokers).map(pair).collect(),
            groups,
            sessions,
            sticky: stream,
            sticky_draws: 0,
            config: config.clone(),
        }
    }

    fn lanes(&self) -> Vec<Lane> {
        let bytes_per_s = self.config.partition_capacity();
        let lane = |index| Lane::new(format!("partition {index}"), bytes_per_s, f64::INFINITY);
        (0..self.config.topic.partitions).map(lane).collect()
    }

    fn start(&mut self, cx: &mut Cx<'_, Event>) {
        self.start_fetching(cx);
    }

    #[inline]
    fn offer(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
        self.produce(record, cx);
    }

    #[inline]
    fn event(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        match event {
            Event::Linger { producer, broker } => self.lingered(producer, broker, cx),
            Event::Arrive(request) => self.arrive(request, cx),
            Event::Append(request) => self.append(request, cx),
            Event::Acknowledge(request) => self.acknowledge(request, cx),
            Event::Blocked(producer) => self.block_timed_out(producer, cx),
            Event::FollowerReceives(pair) => self.follower_receives(pair, cx),
            Event::FollowerFetches(pair) => self.follower_fetches(pair, cx),
            Event::Fetch(session) => self.fetch(session, cx),
            Event::FetchWaited(session) => self.fetch_waited(session, cx),
            Event::Fetched(session) => self.fetched(session, cx),
            Event::Done { group, member } => self.finish_slice(group, member, cx),
        }
    }

    fn apply(&mut self, action: Action, cx: &mut Cx<'_, Event>) {
        match action {
            Action::ConsumerDown(group) => self.take_down(group),
            Action::ConsumerUp(group) => self.bring_up(group, cx),
            // Refused when the scenario was read.
            _ => {}
        }
    }

    fn sample(&mut self, now: SimTime) -> Sampled {
        let mut gauges = Vec::new();
        for (index, broker) in self.brokers.iter_mut().enumerate() {
            broker.gauges(now, index, &mut gauges);
        }
        let under = self.partitions.iter().filter(|p| p.in_sync() < self.config.topic.replication).count();
        gauges.push(Gauge {
            entity: "cluster".to_owned(),
            metric: "UnderReplicatedPartitions",
            unit: "partitions",
            value: under as f64,
        });
        let held = self.held(now);
        Sampled { lag: held.unread, client_held: held.client, gauges }
    }

    fn held(&self, now: SimTime) -> Held {
        let blocked: u64 = self.producers.iter().map(|producer| producer.blocked.len() as u64).sum();
        let mut held = Held { client: self.batches.held() + blocked, ..Held::default() };
        for group in 0..self.groups.len() {
            let (mut unread, mut expired) = (0, 0);
            for partition in &self.partitions {
                let cursor = &partition.cursors[group];
                let from = cursor.fetched.offset;
                let retained = match self.config.topic.retention {
                    Some(retention) => partition.log.first_retained(from, retention, now),
                    None => from,
                };
                expired += retained - from;
                unread += cursor.outstanding + (partition.log.end() - retained);
            }
            held.unread.push(unread);
            held.expired.push(expired);
        }
        held
    }
}

/// The consumer groups with their members and fetch sessions.
fn new_groups(config: &Config, workload: &Workload) -> (Vec<Group>, Vec<Session>) {
    let (mut groups, mut sessions) = (Vec::new(), Vec::new());
    for (index, (consumer, settings)) in workload.consumers.iter().zip(&config.consumers).enumerate() {
        let first_session = sessions.len() as u32;
        for member in 0..consumer.workers {
            for broker in 0..config.brokers {
                sessions.push(Session::new(index as u16, member, broker));
            }
        }
        groups.push(Group {
            members: vec![
                Reader::new(consumer.per_record, settings.poll_records, true);
                consumer.workers as usize
            ],
            member_of: range_assign(config.topic.partitions, consumer.workers),
            down: 0,
            first_session,
            config: settings.clone(),
        });
    }
    (groups, sessions)
}
