//! Apache Kafka as Amazon MSK runs it: one topic on brokers over availability zones, batching
//! producers, followers that fetch, a controller that elects, consumer groups that rebalance.
//!
//! `controller`, `sequences` and `assignor` are pure; everything else is the cluster in time.

mod answers;
pub mod assignor;
pub mod batch;
mod billing;
mod blocked;
pub mod broker;
mod build;
pub mod config;
pub mod controller;
mod election;
pub mod errors;
mod event;
mod failure;
mod follower;
mod gauges;
mod group;
mod isr;
mod lane;
mod leader;
mod life;
mod metadata;
pub mod murmur2;
mod operate;
pub mod partition;
mod producer;
mod replica;
mod sender;
mod sender_metrics;
pub mod sequences;
mod size;

pub use config::{Acks, Config, ConsumerConfig, Machine, ProducerConfig, TopicConfig};
pub use event::Event;

use crate::cost::Item;
use crate::engine::{Stream, TokenBucket};
use crate::platform::{Cx, KeyTable, MetricNames, Platform, Sampled, Setup, Size};
use crate::probe::{Cause, Fate, Held, Host, Lane};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Mark, Record, Workload};
use batch::Batches;
use billing::Billing;
use broker::Broker;
use config::{Operation, Quotas};
use controller::Controller;
use follower::Pair;
use group::{Group, Jump, Session};
use metadata::Snapshot;
use operate::Rolling;
use partition::Partition;
use producer::Producer;
use sender::{Request, Requests};
use sender_metrics::SenderMetrics;

const TOO_LARGE_CLIENT: usize = 0;
const TOO_LARGE_BROKER: usize = 1;
const BLOCKED: usize = 2;
const DELIVERY_TIMEOUT: usize = 3;
const NOT_ENOUGH_REPLICAS: usize = 4;
const BACKLOG_FULL: usize = 5;
const RETRIES: usize = 6;
const CLIENT_GONE: usize = 7;
const LOST: usize = 8;
const LOST_ON_STALE: usize = 9;
const NEVER_STORED: usize = 10;

/// What is counted between two samples.
#[derive(Clone, Copy, Debug, Default)]
struct Meters {
    isr_shrinks: u64,
    isr_expands: u64,
    elections: u64,
    unclean: u64,
    offline: u64,
    watermark_fell: u64,
}

/// Quotas in force.
#[derive(Clone, Debug, Default)]
struct QuotaState {
    cluster_in: Option<TokenBucket>,
    cluster_out: Option<TokenBucket>,
    partition_in: Vec<TokenBucket>,
    partition_out: Vec<TokenBucket>,
}

impl QuotaState {
    fn new(quotas: &Quotas, partitions: u32) -> Self {
        let mut state = Self {
            cluster_in: broker::quota(quotas.cluster_in),
            cluster_out: broker::quota(quotas.cluster_out),
            ..Self::default()
        };
        (0..partitions).for_each(|_| state.add_partition(quotas));
        state
    }

    fn add_partition(&mut self, quotas: &Quotas) {
        self.partition_in.extend(broker::quota(quotas.partition_in));
        self.partition_out
            .extend(broker::quota(quotas.partition_out));
    }
}

/// A cluster with one topic, its producers and its consumer groups.
pub struct Kafka {
    config: Config,
    /// What can be altered of the topic while it runs.
    topic: TopicConfig,
    topic_unclean: bool,
    workers: Vec<u32>,
    seed: (u64, u32),
    backlog_max: u64,
    keys: KeyTable,
    /// Whether records with keys are placed by them.
    keyed: bool,
    /// The largest record that a producer takes `[B]`.
    send_max: u64,
    /// Hashes of all keys, where partitions may be added.
    hashes: Vec<u32>,
    producers: Vec<Producer>,
    next_id: u32,
    batches: Batches,
    requests: Requests,
    snapshots: Vec<Snapshot>,
    publishing: bool,
    brokers: Vec<Broker>,
    /// Brokers that will come back without their data.
    emptied: Vec<bool>,
    partitions: Vec<Partition>,
    /// The partitions that each broker leads.
    led_by: Vec<Vec<u32>>,
    pairs: Vec<Pair>,
    /// Fetchers whose leader has news for them.
    touched: Vec<u32>,
    /// Whether leaders or replicas have changed since what followers copy was counted.
    recount: bool,
    /// Partitions of a producer of which nothing is under way any more.
    unmuted: Vec<u32>,
    groups: Vec<Group>,
    /// Places that groups jump over as soon as what is in their hands is done.
    jumps: Vec<Jump>,
    sessions: Vec<Session>,
    controller: Controller,
    topic_index: u32,
    controller_up_at: SimTime,
    controller_zone: u32,
    controller_broker: u32,
    serial_until: SimTime,
    cut_off: Vec<bool>,
    lost_zones: Vec<bool>,
    /// Whether anything has gone wrong yet.
    troubled: bool,
    quotas: QuotaState,
    rolling: Option<Rolling>,
    /// The state that MSK shows.
    state: &'static str,
    takes_data: bool,
    /// Bytes of each broker's volume.
    volume: u64,
    grown_at: Option<SimTime>,
    meters: Meters,
    sender_metrics: SenderMetrics,
    cold_read: u64,
    billing: Billing,
    sticky: Stream,
    sticky_draws: u64,
    jitter: Stream,
    jitter_draws: u64,
    flush: Stream,
    flush_draws: u64,
    nth: u32,
    counterexample: bool,
}

impl Kafka {
    fn stream(&self, label: &str) -> Stream {
        Stream::new(self.seed.0, self.seed.1, &format!("kafka/{label}"))
    }

    /// The first timers that depend on nothing but the settings.
    fn set_timers(&mut self, cx: &mut Cx<'_, Event>) {
        let cluster = &self.config.cluster;
        cx.queue
            .after(Nanos((cluster.lag_max.0 / 2).max(1)), Event::CheckIsr);
        cx.queue.after(cluster.retention_check, Event::Retention);
        if let Some(interval) = cluster.rebalance {
            cx.queue.after(interval, Event::PreferredLeaders);
        }
        for (number, call) in (0..).zip(&self.config.calls) {
            cx.queue.at(call.at, Event::Call(number));
            if matches!(call.operation, Operation::CreateCluster) {
                (self.takes_data, self.state) = (false, life::ABSENT);
            }
        }
        for (number, fault) in (0..).zip(&self.config.faults) {
            cx.queue.at(fault.from, Event::FaultBegins(number));
            cx.queue.at(fault.to, Event::FaultEnds(number));
        }
        for (lane, partition) in (0..).zip(&self.partitions) {
            cx.probe
                .tenure(SimTime::ZERO, lane, Some(partition.leader), partition.isr);
        }
        if self.config.disturbed {
            cx.probe.watch_order();
        }
    }

    fn group_event(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        match event {
            Event::Leaders(group) => self.learn_leaders(usize::from(group), cx),
            Event::Partitions(group) => self.see_partitions(usize::from(group), cx),
            Event::Heartbeat {
                group,
                member,
                round,
            } => self.heartbeat(usize::from(group), member, round, cx),
            Event::SessionOver {
                group,
                member,
                life,
            } => self.session_over(usize::from(group), member, life, cx),
            Event::Silent {
                group,
                member,
                life,
            } => self.silent(usize::from(group), member, life, cx),
            Event::JoinDeadline { group, round } => {
                self.join_deadline(usize::from(group), round, cx)
            }
            Event::Assigned { group, round } => self.assigned(usize::from(group), round, cx),
            Event::PollOver {
                group,
                member,
                poll,
            } => self.poll_over(usize::from(group), member, poll, cx),
            Event::SinkDue {
                group,
                member,
                life,
            } => self.sink_due(group, member, life, cx),
            Event::SinkDone {
                group,
                member,
                life,
            } => self.sink_done(group, member, life, cx),
            Event::Started { group, member } => self.member_started(usize::from(group), member, cx),
            _ => {}
        }
    }

    fn cluster_event(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        match event {
            Event::AlterIsr(lane) => self.alter_isr(lane, cx),
            Event::Rejoin(lane) => self.rejoin_idle(lane, cx),
            Event::CheckIsr => self.check_isr(cx),
            Event::Fence(broker) => self.fence(broker, cx),
            Event::Elected(lane) => {
                self.take_registration(lane, cx);
                self.wake_followers(cx);
            }
            Event::Publish => self.publish(cx),
            Event::BrokerUp { broker, life } => self.broker_up(broker, life, cx),
            Event::BrokerEnds(broker) => self.broker_ends(broker, cx),
            Event::ControllerUp => {
                (0..self.config.brokers_most).for_each(|broker| self.fence(broker, cx));
            }
            Event::PreferredLeaders => self.preferred_leaders(cx),
            Event::Timeouts => self.timeouts(cx),
            Event::Retention => self.check_retention(cx),
            Event::Call(number) => self.call(number, cx),
            Event::FaultBegins(number) => self.fault_begins(number, cx),
            Event::FaultEnds(number) => self.fault_ends(number, cx),
            Event::Rolling if self.state == "CREATING" => self.cluster_created(cx),
            Event::Rolling => self.roll_on(cx),
            Event::Move => self.move_on(cx),
            other => self.group_event(other, cx),
        }
    }
}

impl Platform for Kafka {
    type Config = Config;
    type Event = Event;

    const CAUSES: &'static [Cause] = &[
        Cause {
            name: "RecordTooLargeException (producer)",
            fate: Fate::Refused,
        },
        Cause {
            name: "MESSAGE_TOO_LARGE (broker)",
            fate: Fate::Refused,
        },
        Cause {
            name: "TimeoutException (max.block.ms)",
            fate: Fate::Refused,
        },
        Cause {
            name: "TimeoutException (delivery.timeout.ms)",
            fate: Fate::ExpiredInClient,
        },
        Cause {
            name: "NOT_ENOUGH_REPLICAS",
            fate: Fate::Refused,
        },
        Cause {
            name: "producer backlog full",
            fate: Fate::Refused,
        },
        Cause {
            name: "retries used up",
            fate: Fate::Refused,
        },
        Cause {
            name: "lost with its client, never acknowledged",
            fate: Fate::Refused,
        },
        Cause {
            name: "acknowledged, then gone with its leader",
            fate: Fate::Lost,
        },
        Cause {
            name: "acknowledged by a leader that had been replaced",
            fate: Fate::Lost,
        },
        Cause {
            name: "acks=0 and never stored",
            fate: Fate::Lost,
        },
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

    fn size(config: &Config, _: Nanos, workload: &Workload) -> Size {
        config.size(workload)
    }

    fn marks(config: &Config) -> Vec<Mark> {
        config.marks()
    }

    fn new(config: &Config, setup: &Setup<'_>) -> Self {
        build::cluster(config, setup)
    }

    fn lanes(&self) -> Vec<Lane> {
        let bytes_per_s = self.config.partition_capacity();
        let lane = |index| Lane::new(format!("partition {index}"), bytes_per_s, f64::INFINITY);
        (0..self.config.topic.partitions).map(lane).collect()
    }

    fn start(&mut self, cx: &mut Cx<'_, Event>) {
        self.set_timers(cx);
        self.start_groups(cx);
    }

    #[inline(always)]
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
            Event::ClientTimeout { request, serial } => self.client_timed_out(request, serial, cx),
            Event::Blocked(producer) => self.block_timed_out(producer, cx),
            Event::Metadata(producer) => self.metadata_arrives(producer, cx),
            Event::MetadataAge(producer) => self.refresh_metadata(producer, cx),
            Event::FollowerReceives(pair) => self.follower_receives(pair, cx),
            Event::FollowerFetches(pair) => self.follower_fetches(pair, cx),
            Event::Fetch(session) => self.fetch(session, cx),
            Event::FetchWaited(session) => self.fetch_waited(session, cx),
            Event::Fetched(session) => self.fetched(session, cx),
            Event::Done {
                group,
                member,
                life,
            } => self.finish_slice(group, member, life, cx),
            other => self.cluster_event(other, cx),
        }
    }

    fn apply(&mut self, action: Action, cx: &mut Cx<'_, Event>) {
        match action {
            Action::ConsumerDown(group) => self.take_down(group, cx),
            Action::ConsumerUp(group) => self.bring_up(group, self.workers[usize::from(group)], cx),
            Action::WorkerDown(group, worker) => self.crash_member(usize::from(group), worker, cx),
            Action::WorkerUp(group, worker) => self.start_member(usize::from(group), worker, cx),
            Action::WorkersJoin(group, count) => self.join_members(usize::from(group), count, cx),
            Action::ZoneDown(zone) => self.lose_zone(u32::from(zone), cx),
            Action::ZoneUp(zone) => self.regain_zone(u32::from(zone), cx),
            Action::ScaleTo(lanes) => {
                let answer = self
                    .create_partitions(i64::from(lanes), cx)
                    .unwrap_or_else(|refusal| refusal);
                cx.probe
                    .happened(cx.queue.now(), "cluster", "CreatePartitions", answer);
            }
        }
    }

    fn sample(&mut self, now: SimTime) -> Sampled {
        let gauges = self.gauges(now);
        let held = self.held(now);
        Sampled {
            lag: held.unread,
            client_held: held.client,
            gauges,
        }
    }

    fn tariff(&self) -> Vec<Item> {
        billing::tariff(&self.config, &self.billing)
    }

    fn usage(&mut self, now: SimTime) -> Vec<u128> {
        self.bill_usage(now)
    }

    fn filled(&self, now: SimTime) -> Vec<(usize, u128)> {
        self.filled_log(now)
    }

    fn held(&self, _: SimTime) -> Held {
        let blocked: u64 = self
            .producers
            .iter()
            .map(|producer| producer.blocked.len() as u64)
            .sum();
        let host = |(index, broker): (u32, &Broker)| Host {
            name: election::broker_name(index),
            zone: broker.zone,
        };
        let mut held = Held {
            client: self.batches.held() + blocked,
            hosts: (0..).zip(&self.brokers).map(host).collect(),
            ..Held::default()
        };
        held.sinks = self
            .groups
            .iter()
            .map(|group| Some(group.outlet.as_ref()?.sink.tally()))
            .collect();
        for group in 0..self.groups.len() {
            let unread = |partition: &Partition| {
                let cursor = &partition.cursors[group];
                let from = cursor.fetched.offset.max(cursor.seen);
                cursor.outstanding + partition.log.counted(from, partition.end.offset)
            };
            held.unread.push(self.partitions.iter().map(unread).sum());
        }
        held
    }
}
