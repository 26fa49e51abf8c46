//! Calls that concern the topic: more partitions, altered configurations, replicas moved over all brokers.
//!
//! # Source
//! Apache Kafka 3.9, `ReplicationControlManager.createPartitions`, `alterPartitionReassignments`; KIP-455.

use super::super::Event as Timer;
use super::super::controller::placement::{Candidate, place};
use super::super::ids::{BrokerId, PartitionId};
use super::super::wire::Scope;
use super::calls::AlterConfigs;
use super::{Control, Event, Rooms};
use crate::platform::kafka::group;
use crate::probe::Lane;
use crate::units::{Nanos, counted};

/// How often moving replicas are given data.
const MOVE_STEP: Nanos = Nanos::from_millis(500);

/// The least common multiple.
fn lcm(a: u32, b: u32) -> u32 {
    let (mut x, mut y) = (a.max(1), b.max(1));
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}

impl Control {
    /// CreatePartitions: by the operator or a step of the timeline.
    pub(super) fn create_partitions(
        &mut self,
        count: i64,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let before = rooms.brokers.partition_count();
        self.check_quotas(count, before, cx)?;
        let number = i32::try_from(count).unwrap_or(i32::MAX);
        let created = self.controller.create_partitions("topic", number, None);
        let created = created.map_err(|error| error.to_string())?;
        self.settle_bill(cx.now(), rooms.brokers, cx.config);
        for change in &created {
            self.open_partition(PartitionId::new(change.partition), rooms, cx);
        }
        self.publish_soon(cx);
        self.metadata_ages(rooms, cx);
        let share = 1.0 - f64::from(before) / f64::from(lcm(before, number as u32).max(1));
        Ok(format!(
            "{before} to {count}: {:.1} % of the keys move",
            100.0 * share
        ))
    }

    /// Whether quotas of the cluster allow so many partitions.
    fn check_quotas(&self, count: i64, before: u32, cx: &Scope<'_>) -> Result<(), String> {
        let quota = &cx.config.cluster.quotas;
        let wanted = u64::try_from(count).unwrap_or(0);
        if quota.partitions.is_some_and(|most| wanted > most) {
            return Err(format!(
                "INVALID_REQUEST: {count} partitions are over the quota"
            ));
        }
        let added = wanted.saturating_sub(u64::from(before));
        if quota.new_partitions.is_some_and(|most| added > most) {
            let answer =
                format!("THROUGHPUT_QUOTA_EXCEEDED: {added} new partitions in five minutes");
            return Err(answer);
        }
        Ok(())
    }

    /// A partition is there from now on.
    fn open_partition(&self, at: PartitionId, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let now = cx.now();
        let Some(registration) = self.controller.partition(self.topic, at.number()) else {
            return;
        };
        let isr = registration.isr.len() as u32;
        cx.probe.tenure(now, at.number(), registration.leader, isr);
        rooms.brokers.add_partition(registration, now, cx.config);
        let capacity = cx.config.partition_capacity();
        cx.probe.open_lane(Lane {
            opened_s: now.as_secs_f64(),
            ..Lane::new(
                format!("partition {}", at.number()),
                capacity,
                f64::INFINITY,
            )
        });
        rooms.groups.add_partition(at, cx);
    }

    /// Clients learn of new partitions when their metadata are old, each at its own time.
    fn metadata_ages(&self, rooms: &Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.producers.metadata_ages(self.ages, cx);
        for id in rooms.groups.ids() {
            let age = cx.config.consumers[id.as_index()].metadata_age.0;
            let draw = self.ages.child(1).uniform(u64::from(id.number()));
            let wait = Nanos((draw * age as f64) as u64).max(cx.config.cluster.controller.publish);
            cx.queue
                .after(wait, Timer::Group(group::Event::Partitions(id)));
        }
    }

    /// IncrementalAlterConfigs of the topic.
    pub(super) fn alter_configs(
        &mut self,
        asked: &AlterConfigs,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        if let (Some(most), Some(wanted)) = (cx.config.cluster.quotas.message, asked.message_max)
            && wanted > most
        {
            return Err(format!(
                "INVALID_REQUEST: max.message.bytes is at most {most}"
            ));
        }
        let (retention, message_max) = (asked.retention, asked.message_max);
        rooms
            .brokers
            .alter_topic(retention, message_max, asked.min_isr);
        if let Some(least) = asked.min_isr {
            self.controller.set_least(self.topic, least as u32);
        }
        if let Some(unclean) = asked.unclean {
            self.unclean = unclean;
            self.controller.set_unclean(self.topic, unclean);
            let changed = self.controller.elect_leaderless();
            self.elections(&changed, rooms, cx);
        }
        rooms.brokers.advance_all(cx);
        Ok("done".to_owned())
    }

    /// AlterPartitionReassignments: replicas evenly over all brokers, copied at a throttled rate.
    pub(super) fn reassign(
        &mut self,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let candidate = |broker: BrokerId| Candidate {
            broker: broker.number(),
            rack: cx.net.zone_of(broker),
            fenced: self.controller.is_fenced(broker.number()),
        };
        let exists = |broker: &BrokerId| self.nodes[*broker].exists;
        let candidates: Vec<Candidate> = self.nodes.ids().filter(exists).map(candidate).collect();
        let count = rooms.brokers.partition_count();
        let plan = place(&candidates, 0, count, cx.config.topic.replication);
        let plan = plan.map_err(|error| error.to_string())?;
        let mut moved = 0;
        for (number, wanted) in (0..).zip(plan) {
            let registered = self.controller.partition(self.topic, number);
            let same = registered.is_some_and(|registration| registration.replicas == wanted);
            if !same
                && self
                    .controller
                    .reassign(self.topic, number, &wanted)
                    .is_ok()
            {
                moved += 1;
                self.take_registration(PartitionId::new(number), rooms, cx);
            }
        }
        if moved > 0 {
            cx.queue.after(MOVE_STEP, Timer::Control(Event::Move));
        }
        Ok(counted(moved as u64, "partition"))
    }

    /// Gives replicas that are being moved their next data, at most the throttle per receiving broker.
    pub(super) fn move_on(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let budget =
            (cx.config.cluster.operation.move_rate.0 as f64 * MOVE_STEP.as_secs_f64()) as u64;
        let more = rooms.brokers.fill_replicas(budget, cx);
        rooms.brokers.wake_followers(cx);
        if more {
            cx.queue.after(MOVE_STEP, Timer::Control(Event::Move));
        } else {
            let (now, what) = (cx.queue.now(), "reassignment ends");
            let copied = format!("{} copied", rooms.brokers.take_copied());
            cx.probe.happened(now, "cluster", what, copied);
        }
    }
}
