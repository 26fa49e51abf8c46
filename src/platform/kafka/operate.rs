//! Operations while the cluster runs: topics, brokers, storage, rolling restarts, life of the cluster.
//!
//! # Source
//! facts/kafka-msk.md sections 3.3, 4 (last part), 5.3 and 5.4.

use super::config::{Machine, Operation};
use super::controller::placement::{Candidate, place};
use super::election::broker_name;
use super::partition::Partition;
use super::{Event, Kafka};
use crate::platform::Cx;
use crate::probe::Lane;
use crate::units::{Nanos, SimTime};

/// A rolling operation: one broker after the other.
#[derive(Clone, Debug)]
pub(super) struct Rolling {
    /// The broker whose turn it is.
    broker: u32,
    /// Whether it was taken down.
    down: bool,
    /// The last one.
    last: u32,
    /// The machine that brokers come back on.
    machine: Option<Box<Machine>>,
}

impl Kafka {
    /// A call of the operator: made at its time, and its answer noted.
    pub(super) fn call(&mut self, number: u32, cx: &mut Cx<'_, Event>) {
        let Some(call) = self.config.calls.get(number as usize).cloned() else {
            return;
        };
        self.settle_bill(cx.queue.now());
        let answer = if call.operation.is_update() && self.state != "ACTIVE" {
            Err(format!(
                "BadRequestException: the cluster is {}",
                self.state
            ))
        } else {
            self.operate(&call.operation, cx)
        };
        let detail = answer.unwrap_or_else(|refusal| refusal);
        cx.probe
            .happened(cx.queue.now(), "cluster", call.operation.name(), detail);
    }

    fn operate(&mut self, operation: &Operation, cx: &mut Cx<'_, Event>) -> Result<String, String> {
        match operation {
            Operation::CreatePartitions { count } => self.create_partitions(*count, cx),
            Operation::ReassignPartitions => self.reassign(cx),
            Operation::ElectLeaders => {
                let changed = self.controller.elect_all_preferred(usize::MAX);
                self.elections(&changed, cx);
                Ok(format!("{} partitions", changed.len()))
            }
            Operation::AlterConfigs {
                retention,
                message_max,
                min_isr,
                unclean,
            } => self.alter_configs((*retention, *message_max, *min_isr, *unclean), cx),
            Operation::UpdateBrokerCount { target } => self.update_broker_count(*target, cx),
            Operation::UpdateBrokerType { machine } => {
                let most = machine.partitions_most;
                let held = |broker: u32| {
                    self.partitions
                        .iter()
                        .filter(|p| p.slot_of(broker).is_some())
                        .count() as u64
                };
                if (0..self.config.brokers_most).any(|broker| held(broker) > most) {
                    return Err(format!(
                        "a broker has more than the {most} partitions of {}",
                        machine.name
                    ));
                }
                self.roll(0, self.last_broker(), Some(machine.clone()), cx)
            }
            Operation::UpdateBrokerStorage { gib } => self.update_storage(*gib, cx),
            Operation::RollingRestart => self.roll(0, self.last_broker(), None, cx),
            Operation::RebootBroker { broker } => {
                let answer = self.roll(*broker, *broker, None, cx);
                self.state = "REBOOTING_BROKER";
                answer
            }
            Operation::CreateCluster => self.create_cluster(cx),
            Operation::DeleteCluster => self.delete_cluster(cx),
            Operation::CloseConsumer { consumer, worker } => {
                self.close_member(consumer, *worker, cx)
            }
        }
    }

    fn last_broker(&self) -> u32 {
        (0..self.config.brokers_most)
            .rev()
            .find(|broker| self.brokers[*broker as usize].exists)
            .unwrap_or(0)
    }

    /// CreatePartitions: by the operator or a step of the timeline.
    pub(super) fn create_partitions(
        &mut self,
        count: i64,
        cx: &mut Cx<'_, Event>,
    ) -> Result<String, String> {
        let now = cx.queue.now();
        let before = self.partitions.len() as u32;
        let quota = &self.config.cluster.quotas;
        let wanted = u64::try_from(count).unwrap_or(0);
        if quota.partitions.is_some_and(|most| wanted > most) {
            return Err(format!(
                "INVALID_REQUEST: {count} partitions are over the quota"
            ));
        }
        let added = wanted.saturating_sub(u64::from(before));
        if quota.new_partitions.is_some_and(|most| added > most) {
            return Err(format!(
                "THROUGHPUT_QUOTA_EXCEEDED: {added} new partitions in five minutes"
            ));
        }
        let number = i32::try_from(count).unwrap_or(i32::MAX);
        let created = self
            .controller
            .create_partitions("topic", number, None)
            .map_err(|error| error.to_string())?;
        self.settle_bill(now);
        for change in &created {
            self.open_partition(change.partition, now, cx);
        }
        self.publish_soon(cx);
        self.metadata_ages(cx);
        let share = 1.0 - f64::from(before) / f64::from(lcm(before, number as u32).max(1));
        Ok(format!(
            "{before} to {count}: {:.1} % of the keys move",
            100.0 * share
        ))
    }

    fn open_partition(&mut self, lane: u32, now: SimTime, cx: &mut Cx<'_, Event>) {
        let Some(registration) = self.controller.partition(self.topic_index, lane) else {
            return;
        };
        self.recount = true;
        let mut partition = Partition::new(&registration.replicas, self.groups.len(), now);
        partition.isr = registration.isr.len() as u32;
        partition.leader = registration.leader.unwrap_or(super::partition::NOBODY);
        for replica in &mut partition.replicas {
            replica.in_sync = registration.isr.contains(&replica.broker);
        }
        cx.probe
            .tenure(now, lane, registration.leader, partition.isr);
        if let Some(led) = self.led_by.get_mut(partition.leader as usize) {
            led.push(lane);
        }
        self.partitions.push(partition);
        self.quotas.add_partition(&self.config.cluster.quotas);
        let capacity = self.config.partition_capacity();
        let lane = Lane {
            opened_s: now.as_secs_f64(),
            ..Lane::new(format!("partition {lane}"), capacity, f64::INFINITY)
        };
        cx.probe.open_lane(lane);
        self.groups.iter_mut().for_each(|group| group.add_lane());
    }

    /// Clients learn of new partitions when their metadata are old, each at its own time.
    fn metadata_ages(&mut self, cx: &mut Cx<'_, Event>) {
        let ages = self.stream("metadata age");
        let age = self.config.producer.metadata_age.0;
        for producer in 0..self.producers.len() as u32 {
            let wait = Nanos((ages.uniform(u64::from(producer)) * age as f64) as u64);
            cx.queue.after(
                wait.max(self.config.cluster.publish),
                Event::MetadataAge(producer),
            );
        }
        for group in 0..self.groups.len() as u16 {
            let age = self.groups[usize::from(group)].config.metadata_age.0;
            let draw = ages.child(1).uniform(u64::from(group));
            let wait = Nanos((draw * age as f64) as u64).max(self.config.cluster.publish);
            cx.queue.after(wait, Event::Partitions(group));
        }
    }

    fn alter_configs(
        &mut self,
        (retention, message_max, min_isr, unclean): (
            Option<i64>,
            Option<u64>,
            Option<u64>,
            Option<bool>,
        ),
        cx: &mut Cx<'_, Event>,
    ) -> Result<String, String> {
        if let (Some(most), Some(wanted)) = (self.config.cluster.quotas.message, message_max)
            && wanted > most
        {
            return Err(format!(
                "INVALID_REQUEST: max.message.bytes is at most {most}"
            ));
        }
        if let Some(ms) = retention {
            self.topic.retention = u64::try_from(ms)
                .ok()
                .map(|ms| Nanos(ms.saturating_mul(1_000_000)));
        }
        self.topic.message_max = message_max.unwrap_or(self.topic.message_max);
        self.topic.min_isr = min_isr.map_or(self.topic.min_isr, |least| least as u32);
        if let Some(unclean) = unclean {
            self.topic_unclean = unclean;
            self.controller.set_unclean(self.topic_index, unclean);
            let changed = self.controller.elect_leaderless();
            self.elections(&changed, cx);
        }
        (0..self.partitions.len() as u32).for_each(|lane| self.raise(lane, cx));
        Ok("done".to_owned())
    }

    /// UpdateBrokerCount: new brokers are empty; only brokers that hold nothing can go.
    fn update_broker_count(
        &mut self,
        target: u32,
        cx: &mut Cx<'_, Event>,
    ) -> Result<String, String> {
        let present = self.brokers.iter().filter(|broker| broker.exists).count() as u32;
        if !target.is_multiple_of(self.config.zones) || target == present {
            return Err(format!(
                "BadRequestException: {target} brokers over {} zones",
                self.config.zones
            ));
        }
        if target < present {
            let holds = |broker: u32| {
                self.partitions
                    .iter()
                    .any(|partition| partition.slot_of(broker).is_some())
            };
            if (target..present).any(holds) {
                return Err(
                    "BadRequestException: the brokers to remove still hold partitions".to_owned(),
                );
            }
            for broker in target..present {
                let _ = self.controller.unregister(broker);
                self.brokers[broker as usize].exists = false;
            }
            return Ok(format!("{present} to {target}"));
        }
        self.state = "UPDATING";
        for broker in present..target {
            let machine = &mut self.brokers[broker as usize];
            (machine.exists, machine.health) = (true, super::broker::Health::Down);
            self.controller.register(broker, machine.zone);
            let _ = self.controller.fence(broker);
            self.restart(broker, self.config.cluster.restart, cx);
        }
        cx.queue.after(self.config.cluster.restart, Event::Rolling);
        Ok(format!(
            "{present} to {target}; nothing moves to the new ones by itself"
        ))
    }

    /// UpdateBrokerStorage: volumes only grow, and not twice within the cool-down.
    fn update_storage(&mut self, gib: u64, cx: &mut Cx<'_, Event>) -> Result<String, String> {
        let now = cx.queue.now();
        let cool_down: Nanos = self.config.facts.value("msk.volume.cool-down");
        if gib << 30 <= self.volume {
            return Err("BadRequestException: volumes can only grow".to_owned());
        }
        if self.grown_at.is_some_and(|at| now.since(at) < cool_down) {
            return Err(format!(
                "BadRequestException: the last change was less than {cool_down} ago"
            ));
        }
        (self.volume, self.grown_at) = (gib << 30, Some(now));
        // A broker that had stopped because its volume was full starts again.
        for broker in 0..self.config.brokers_most {
            if std::mem::take(&mut self.brokers[broker as usize].full) {
                self.restart(broker, self.config.cluster.start, cx);
            }
        }
        Ok(format!("{gib} GiB"))
    }

    /// AlterPartitionReassignments: replicas evenly over all brokers, copied at a throttled rate.
    fn reassign(&mut self, cx: &mut Cx<'_, Event>) -> Result<String, String> {
        let candidate = |broker: u32| Candidate {
            broker,
            rack: self.config.zone_of(broker),
            fenced: self.controller.is_fenced(broker),
        };
        let exists = |broker: &u32| self.brokers[*broker as usize].exists;
        let candidates: Vec<Candidate> = (0..self.config.brokers_most)
            .filter(exists)
            .map(candidate)
            .collect();
        let count = self.partitions.len() as u32;
        let plan = place(&candidates, 0, count, self.config.topic.replication)
            .map_err(|error| error.to_string())?;
        let mut moved = 0;
        for (lane, wanted) in (0_u32..).zip(plan) {
            let same = self
                .controller
                .partition(self.topic_index, lane)
                .is_some_and(|r| r.replicas == wanted);
            if !same
                && self
                    .controller
                    .reassign(self.topic_index, lane, &wanted)
                    .is_ok()
            {
                moved += 1;
                self.take_registration(lane, cx);
            }
        }
        if moved > 0 {
            cx.queue.after(MOVE_STEP, Event::Move);
        }
        Ok(format!("{moved} partitions"))
    }

    /// Gives replicas that are being moved their next data, at most the throttle per receiving broker.
    pub(super) fn move_on(&mut self, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let budget = (self.config.cluster.move_rate.0 as f64 * MOVE_STEP.as_secs_f64()) as u64;
        let mut left = vec![budget; self.config.brokers_most as usize];
        let mut more = false;
        for lane in 0..self.partitions.len() as u32 {
            let partition = &self.partitions[lane as usize];
            let leader = partition.leader;
            let Some(slot) = partition.replicas.iter().position(|replica| replica.moving) else {
                continue;
            };
            more = true;
            let to = partition.replicas[slot].broker;
            let from = partition.replicas[slot].end.max(partition.start());
            if leader == super::partition::NOBODY
                || !self.brokers[to as usize].is_up()
                || left[to as usize] == 0
            {
                continue;
            }
            let reach = partition.reach(from, partition.end, left[to as usize]);
            let (bytes, end) = (reach.bytes - from.bytes, partition.end);
            left[to as usize] = left[to as usize].saturating_sub(bytes);
            let cold =
                super::follower::cold_bytes(&self.brokers[leader as usize], partition, from, bytes);
            let source = &mut self.brokers[leader as usize];
            let sent = source.send(now, bytes, cold, source.machine.tls_brokers);
            let target = &mut self.brokers[to as usize];
            target.write(sent, bytes, target.machine.tls_brokers);
            let replica = &mut self.partitions[lane as usize].replicas[slot];
            replica.end = reach;
            if end.bytes - reach.bytes < NEARLY {
                // The fetcher does the rest.
                replica.moving = false;
                self.introduce(lane, slot);
            }
        }
        self.wake_followers(cx);
        if more {
            cx.queue.after(MOVE_STEP, Event::Move);
        }
    }

    fn roll(
        &mut self,
        first: u32,
        last: u32,
        machine: Option<Box<Machine>>,
        cx: &mut Cx<'_, Event>,
    ) -> Result<String, String> {
        self.state = "UPDATING";
        self.rolling = Some(Rolling {
            broker: first,
            down: false,
            last,
            machine,
        });
        cx.queue.after(Nanos::ZERO, Event::Rolling);
        Ok(format!("brokers {} to {}", first + 1, last + 1))
    }

    /// A rolling operation goes on: the next broker goes when the one before has caught up.
    pub(super) fn roll_on(&mut self, cx: &mut Cx<'_, Event>) {
        let Some(mut rolling) = self.rolling.take() else {
            self.state = "ACTIVE";
            return;
        };
        let broker = rolling.broker;
        if !rolling.down {
            cx.probe.happened(
                cx.queue.now(),
                &broker_name(broker),
                "planned restart",
                String::new(),
            );
            self.stop_broker(broker, cx);
            if let Some(machine) = &rolling.machine {
                self.settle_bill(cx.queue.now());
                self.brokers[broker as usize].change_machine(machine);
            }
            rolling.down = true;
            self.rolling = Some(rolling);
            let through = self.serial_until.max(cx.queue.now());
            return cx
                .queue
                .at(through + self.config.cluster.restart, Event::Rolling);
        }
        if !self.brokers[broker as usize].is_up() {
            self.restart(broker, Nanos::ZERO, cx);
            self.rolling = Some(rolling);
            return cx.queue.after(Nanos::from_secs(1), Event::Rolling);
        }
        let in_sync = |partition: &Partition| {
            partition
                .slot_of(broker)
                .is_none_or(|slot| partition.replicas[slot].in_sync)
        };
        if !self.partitions.iter().all(in_sync) {
            self.rolling = Some(rolling);
            return cx.queue.after(Nanos::from_secs(1), Event::Rolling);
        }
        if broker >= rolling.last {
            cx.probe.happened(
                cx.queue.now(),
                "cluster",
                "ACTIVE",
                "every broker was restarted".to_owned(),
            );
            self.state = "ACTIVE";
            return;
        }
        self.rolling = Some(Rolling {
            broker: broker + 1,
            down: false,
            ..rolling
        });
        cx.queue.after(Nanos::from_secs(1), Event::Rolling);
    }

    /// Retention: whole files are deleted, oldest first.
    pub(super) fn check_retention(&mut self, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let (age, bytes) = (
            self.topic.retention.map(|age| age.0),
            self.topic.retention_bytes,
        );
        for lane in 0..self.partitions.len() as u32 {
            if self.partitions[lane as usize].delete_segments(now, age, bytes) {
                self.skip_deleted(lane, cx);
            }
        }
        self.check_volumes(cx);
        cx.queue
            .after(self.config.cluster.retention_check, Event::Retention);
    }
}

/// How often moving replicas are given data.
const MOVE_STEP: Nanos = Nanos::from_millis(500);
/// So near to the end the fetcher takes over `[B]`.
const NEARLY: u64 = 4 << 20;

/// The least common multiple.
fn lcm(a: u32, b: u32) -> u32 {
    let (mut x, mut y) = (a.max(1), b.max(1));
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}
