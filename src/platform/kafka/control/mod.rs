//! The control room: the controller in time, what breaks and comes back, what the operator calls, and the life of
//! the cluster with its bill.
//!
//! This room stands above the others: it calls their methods, and none of them calls it. What they want of it
//! arrives as an [`Event`].
//!
//! # Source
//! Apache Kafka 3.9, `QuorumController.java`, `ReplicationControlManager.java`; the MSK developer guide.

mod billing;
mod brokers_life;
pub(super) mod calls;
mod connecting;
mod election;
mod elections;
pub(super) mod faults;
mod gauges;
mod lifecycle;
mod quorum;
mod rolling;
mod rooms;
mod scheduled;
mod storage;
#[cfg(test)]
mod tests;
mod topics;
mod zones;

use super::Event as Timer;
use super::broker::Brokers;
use super::config::{Config, Metadata, Operation};
use super::controller::{Controller, Defaults, NewTopic};
use super::ids::{BrokerId, GroupId, MemberId, PartitionId, Slots};
use super::producer;
use super::wire::Scope;
use crate::cost::Item;
use crate::engine::{Stream, Ticket};
use crate::platform::Setup;
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};
use crate::workload::Action;
use billing::Billing;
use lifecycle::ClusterState;
use quorum::Quorum;
use rolling::Rolling;
pub(super) use rooms::Rooms;

/// A timer of the controller, the operator or a fault.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A change of the in-sync set reaches the controller.
    AlterIsr(PartitionId),
    /// The session of a broker may have run out.
    Fence(BrokerId),
    /// A serial controller is through with a partition.
    Elected(PartitionId),
    /// Brokers have learnt of the newest metadata.
    Publish,
    /// A broker has started, in this start of its process.
    BrokerUp(BrokerId, Ticket),
    /// A stopping broker has given up its leaderships and ends.
    BrokerEnds(BrokerId),
    /// There is an active controller again.
    ControllerUp,
    /// Preferred leaders are checked.
    PreferredLeaders,
    /// Time-outs of requests and batches are looked at while something is wrong.
    Timeouts,
    /// Retention is checked.
    Retention,
    /// The use of volumes is looked at, where they grow by themselves.
    Autoscale,
    /// A call of the operator is made.
    Call(u32),
    /// A fault begins.
    FaultBegins(u32),
    /// A fault ends.
    FaultEnds(u32),
    /// A rolling operation goes on.
    Rolling,
    /// Replicas that are being moved get more data.
    Move,
}

/// What the controller and MSK know of a broker.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Whether it is part of the cluster at all.
    exists: bool,
    /// Whether it is to start again as soon as it is down.
    restarts: bool,
    /// Whether it stopped because its volume was full.
    full: bool,
    /// Whether it will come back without its data.
    emptied: bool,
    /// Whether it ended without having flushed its logs.
    recovers: bool,
    /// Whether it ended without a controlled shutdown and has not registered since.
    unclean: bool,
    /// Which start of its process this is.
    incarnation: Ticket,
    /// Phase offset of its heartbeat timer.
    phase: Nanos,
    /// When the controller will give it up, if it is away.
    fence_at: Option<SimTime>,
}

/// What is counted between two samples.
#[derive(Clone, Copy, Debug, Default)]
struct Meters {
    /// Replicas left in-sync sets.
    isr_shrinks: u64,
    /// Replicas came back into in-sync sets.
    isr_expands: u64,
    /// Leaders were elected.
    elections: u64,
    /// Leaders were elected that were not in sync.
    unclean: u64,
    /// High watermarks fell.
    watermark_fell: u64,
}

/// The control room's state.
pub(super) struct Control {
    controller: Controller,
    /// The number of the topic at the controller.
    topic: u32,
    quorum: Quorum,
    /// A serial controller is busy with elections until then.
    serial_until: SimTime,
    nodes: Slots<BrokerId, Node>,
    rolling: Option<Rolling>,
    /// The state that MSK shows.
    state: ClusterState,
    /// Bytes of each broker's volume, if it is limited `[B]`.
    volume: Option<u64>,
    /// When volumes were last made larger.
    grown_at: Option<SimTime>,
    /// Whether a replica out of sync may lead (`unclean.leader.election.enable`).
    unclean: bool,
    /// Whether brokers are about to learn of newer metadata.
    publishing: bool,
    meters: Meters,
    billing: Billing,
    /// Workers of each group at the beginning.
    workers: Slots<GroupId, u32>,
    /// Draws of the ages of clients' metadata.
    ages: Stream,
}

/// The controller with all brokers and the topic registered.
fn registered(config: &Config) -> (Controller, u32) {
    let defaults = Defaults {
        partitions: config.topic.partitions,
        replication_factor: config.topic.replication,
        unclean: config.cluster.unclean,
    };
    let mut controller = Controller::new(defaults);
    if config.cluster.controller.eligible {
        controller = controller.with_eligible(config.topic.min_isr);
    }
    (0..config.brokers).for_each(|broker| controller.register(broker, config.zone_of(broker)));
    let topic = controller
        .create_topic(&NewTopic::of("topic"))
        .unwrap_or_default();
    (controller, topic)
}

impl Control {
    /// A controller that has registered all brokers and created the topic.
    pub(super) fn new(
        config: &Config,
        setup: &Setup<'_>,
        streams: impl Fn(&str) -> Stream,
    ) -> Self {
        let (controller, topic) = registered(config);
        let phases = streams("heartbeat");
        let node = |broker: BrokerId| {
            let phase = phases.uniform(u64::from(broker.number()))
                * config.cluster.controller.heartbeat.0 as f64;
            Node {
                exists: broker.number() < config.brokers,
                restarts: false,
                full: false,
                emptied: false,
                recovers: false,
                unclean: false,
                incarnation: Ticket::FIRST,
                phase: Nanos(phase as u64),
                fence_at: None,
            }
        };
        let consumers = setup.workload.consumers.iter();
        Self {
            controller,
            topic,
            quorum: Quorum::new(streams("quorum")),
            serial_until: SimTime::ZERO,
            nodes: Slots::build(config.brokers_most, node),
            rolling: None,
            state: ClusterState::Active,
            volume: (config.cluster.volume < u64::MAX).then_some(config.cluster.volume),
            grown_at: None,
            unclean: config.cluster.unclean,
            publishing: false,
            meters: Meters::default(),
            billing: Billing::new(config),
            workers: consumers
                .map(|consumer| consumer.workers)
                .collect::<Vec<u32>>()
                .into(),
            ages: streams("metadata age"),
        }
    }

    /// The replicas of each partition of the topic, in the order of assignment.
    pub(super) fn replicas(&self) -> Vec<Vec<BrokerId>> {
        let partitions = self.controller.partitions(self.topic).iter();
        let replicas = |replicas: &Vec<u32>| replicas.iter().copied().map(BrokerId::new).collect();
        partitions
            .map(|partition| replicas(&partition.replicas))
            .collect()
    }

    /// Sets the first timers that depend on nothing but the settings.
    pub(super) fn start(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let config = cx.config;
        rooms.brokers.set_isr_timer(cx);
        rooms.brokers.watch_transactions(cx);
        rooms.brokers.watch_dirt(cx);
        rooms.producers.begin_transactional(cx);
        Self::look_at_storage_later(cx);
        cx.queue.after(
            config.cluster.retention_check,
            Timer::Control(Event::Retention),
        );
        if let Some(interval) = config.cluster.controller.rebalance {
            cx.queue
                .after(interval, Timer::Control(Event::PreferredLeaders));
        }
        for (number, call) in (0..).zip(&config.calls) {
            cx.queue.at(call.at, Timer::Control(Event::Call(number)));
            if matches!(call.operation, Operation::CreateCluster(_)) {
                rooms.producers.wait_for_cluster(cx);
                self.state = ClusterState::Absent;
                cx.probe.begin_wait(Limit::Absent.at(0), cx.queue.now());
            }
        }
        for (number, fault) in (0..).zip(&config.faults) {
            cx.queue
                .at(fault.from, Timer::Control(Event::FaultBegins(number)));
            cx.queue
                .at(fault.to, Timer::Control(Event::FaultEnds(number)));
        }
        for at in rooms.brokers.partition_ids() {
            let leader = rooms.brokers.leader(at).map(BrokerId::number);
            cx.probe
                .tenure(SimTime::ZERO, at.number(), leader, rooms.brokers.isr(at));
        }
        if config.disturbed {
            cx.probe.watch_order();
        }
    }

    /// A timer of this room fires.
    pub(super) fn on(&mut self, event: Event, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        match event {
            Event::AlterIsr(at) => self.alter_isr(at, rooms, cx),
            Event::Fence(broker) => self.fence(broker, rooms, cx),
            Event::Elected(at) => {
                self.take_registration(at, rooms, cx);
                rooms.brokers.wake_followers(cx);
            }
            Event::Publish => self.publish(rooms, cx),
            Event::BrokerUp(broker, incarnation) => self.broker_up(broker, incarnation, rooms, cx),
            Event::BrokerEnds(broker) => self.broker_ends(broker, rooms, cx),
            Event::ControllerUp => {
                for broker in self.nodes.ids() {
                    self.fence(broker, rooms, cx);
                }
            }
            Event::PreferredLeaders => self.preferred_leaders(rooms, cx),
            Event::Timeouts => self.timeouts(rooms, cx),
            Event::Autoscale => self.autoscale(rooms, cx),
            Event::Retention => self.check_retention(rooms, cx),
            Event::Call(number) => self.call(number, rooms, cx),
            Event::FaultBegins(number) => self.fault_begins(number, rooms, cx),
            Event::FaultEnds(number) => self.fault_ends(number, rooms, cx),
            Event::Rolling => self.roll_on(rooms, cx),
            Event::Move => self.move_on(rooms, cx),
        }
    }

    /// A step of the timeline is taken.
    pub(super) fn apply(&mut self, action: Action, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let group = |number: u16| GroupId::new(number.into());
        let Rooms {
            brokers, groups, ..
        } = rooms;
        match action {
            Action::ConsumerDown(number) => groups.take_down(group(number), brokers, cx),
            Action::ConsumerUp(number) => {
                let workers = self.workers[group(number)];
                groups.bring_up(group(number), workers, brokers, cx);
            }
            Action::WorkerDown(number, worker) => {
                groups.crash_member(group(number), MemberId::new(worker), brokers, cx);
            }
            Action::WorkerUp(number, worker) => {
                groups.start_member(group(number), MemberId::new(worker), cx)
            }
            Action::WorkersJoin(number, count) => groups.join_members(group(number), count, cx),
            Action::ZoneDown(zone) => self.lose_zone(zone.into(), rooms, cx),
            Action::ZoneUp(zone) => self.regain_zone(zone.into(), rooms, cx),
            Action::ScaleTo(partitions) => {
                let answer = self.create_partitions(i64::from(partitions), rooms, cx);
                let answer = answer.unwrap_or_else(|refusal| refusal);
                cx.probe
                    .happened(cx.queue.now(), "cluster", "CreatePartitions", answer);
            }
            // Scenarios with these steps are refused for a cluster.
            Action::RecordsFail(..) | Action::WorkerStop(..) => {}
        }
    }

    /// From now on the time-outs of requests and batches are looked at every second.
    fn enable_timeouts(&self, cx: &mut Scope<'_>) {
        if !cx.net.set_troubled() {
            cx.queue
                .after(Nanos::from_secs(1), Timer::Control(Event::Timeouts));
        }
    }

    /// Time-outs of requests that wait for replicas and of batches that wait for a leader.
    fn timeouts(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.brokers.purge_waiting(cx);
        rooms.deliver(cx);
        rooms.producers.check_timeouts(cx);
        rooms.deliver(cx);
        self.check_volumes(rooms, cx);
        cx.queue
            .after(Nanos::from_secs(1), Timer::Control(Event::Timeouts));
    }

    /// What the cluster is billed for.
    pub(super) fn tariff(&self, config: &Config) -> Vec<Item> {
        billing::tariff(config, &self.billing)
    }

    /// Checks what must always hold in this room.
    ///
    /// # Panics
    /// If an in-sync set has a broker that is no replica.
    pub(super) fn check(&self) {
        for registration in self.controller.partitions(self.topic) {
            let known = |broker: &u32| registration.replicas.contains(broker);
            assert!(
                registration.isr.iter().all(known),
                "the in-sync set is a part of the replicas"
            );
        }
        let serial = self.rolling.is_some();
        assert!(
            !serial || self.state != ClusterState::Absent,
            "only a cluster that exists is restarted"
        );
    }
}

/// Which kind of controller a cluster has.
fn is_zookeeper(config: &Config) -> bool {
    config.cluster.metadata == Metadata::ZooKeeper
}

/// The metadata as brokers know them now.
pub(super) fn snapshot(brokers: &Brokers, config: &Config) -> producer::Snapshot {
    producer::Snapshot::of(brokers.leaders(), config.brokers_most)
}
