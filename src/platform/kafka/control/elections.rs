//! The controller in time: elections one by one or at once, and what follows from a new leader.
//!
//! # Source
//! Apache Kafka 3.9, `ReplicationControlManager.java`; 2.8, `KafkaController.scala` for the serial controller;
//! Jun Rao, "Apache Kafka Supports 200K Partitions Per Cluster", for the time of one election.

use super::super::broker::Position;
use super::super::controller::AlterPartition;
use super::super::controller::Changed;
use super::super::ids::{BrokerId, PartitionId};
use super::super::wire::Scope;
use super::super::{Event as Timer, broker_name};
use super::{Control, Event, Rooms, is_zookeeper, snapshot};
use crate::units::{Nanos, counted};

impl Control {
    /// A leader's wish for another in-sync set reaches the controller.
    pub(super) fn alter_isr(&mut self, at: PartitionId, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let now = cx.now();
        if !self.quorum.is_up(now) {
            let again = self.quorum.ask_again_at(now);
            return cx.queue.at(again, Timer::Control(Event::AlterIsr(at)));
        }
        let Some(members) = rooms.brokers.wanted_isr(at, cx) else {
            return;
        };
        let (before, wanted) = (rooms.brokers.isr(at), members.len() as u32);
        if self.alter_partition(at, &members, rooms) {
            self.meters.isr_shrinks += u64::from(wanted < before);
            self.meters.isr_expands += u64::from(wanted > before);
        }
        self.take_registration(at, rooms, cx);
        rooms.brokers.wake_followers(cx);
    }

    /// AlterPartition of the broker that leads as far as it knows; whether the controller took it.
    fn alter_partition(&mut self, at: PartitionId, isr: &[u32], rooms: &Rooms<'_>) -> bool {
        let registration = self.controller.partition(self.topic, at.number());
        let (Some(leader), Some(known)) = (rooms.brokers.leader(at), registration) else {
            return false;
        };
        let asked = AlterPartition {
            broker: leader.number(),
            leader_epoch: known.leader_epoch,
            isr,
        };
        self.controller
            .alter_partition(self.topic, at.number(), asked)
            .is_ok()
    }

    /// The controller gives a broker up.
    pub(super) fn fence_now(
        &mut self,
        broker: BrokerId,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        let changed = self.controller.fence(broker.number());
        self.elections(&changed, rooms, cx);
    }

    /// Brokers learn which of them the controller has fenced.
    pub(in super::super) fn publish_fences(&self, rooms: &mut Rooms<'_>) {
        for broker in self.nodes.ids() {
            rooms
                .brokers
                .set_fenced(broker, self.controller.is_fenced(broker.number()));
        }
    }

    /// Partitions have changed at the controller: leaders get to know, one by one where elections are serial.
    pub(super) fn elections(
        &mut self,
        changed: &[Changed],
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        self.publish_fences(rooms);
        let step = cx.config.cluster.controller.election;
        if !is_zookeeper(cx.config) || step == Nanos::ZERO {
            for change in changed {
                self.take_registration(PartitionId::new(change.partition), rooms, cx);
            }
            return rooms.brokers.wake_followers(cx);
        }
        let mut done = self.serial_until.max(cx.now());
        for change in changed {
            let at = PartitionId::new(change.partition);
            let registered = self.controller.partition(self.topic, change.partition);
            let leader = registered
                .and_then(|registration| registration.leader)
                .map(BrokerId::new);
            if leader == rooms.brokers.leader(at) {
                self.take_registration(at, rooms, cx);
            } else {
                done += step;
                cx.queue.at(done, Timer::Control(Event::Elected(at)));
            }
        }
        self.serial_until = done;
        rooms.brokers.wake_followers(cx);
    }

    /// Brings a partition in line with what the controller has registered for it.
    pub(super) fn take_registration(
        &mut self,
        at: PartitionId,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        let Some(registration) = self.controller.partition(self.topic, at.number()).cloned() else {
            return;
        };
        let leader = registration.leader.map(BrokerId::new);
        rooms.brokers.add_replicas(at, &registration);
        let (old_leader, old_isr) = (rooms.brokers.leader(at), rooms.brokers.isr(at));
        if leader != old_leader {
            self.change_leader(at, leader, registration.recovering, rooms, cx);
        }
        let same = leader == old_leader;
        rooms.brokers.apply_registration(at, &registration, same);
        let isr = rooms.brokers.isr(at);
        if !same || isr != old_isr {
            cx.probe.tenure(
                cx.queue.now(),
                at.number(),
                leader.map(BrokerId::number),
                isr,
            );
        }
        if !same {
            self.publish_soon(cx);
        }
        rooms.brokers.settle_registration(at, cx);
    }

    /// Another replica leads: the log ends where its copy ends.
    fn change_leader(
        &mut self,
        at: PartitionId,
        leader: Option<BrokerId>,
        unclean: bool,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        let old = rooms.brokers.leader(at);
        rooms.brokers.retire_leader(at);
        let Some(leader) = leader else {
            rooms.brokers.go_offline(at);
            let detail = format!("partition {}: no replica in sync is there", at.number());
            return cx
                .probe
                .happened(cx.queue.now(), "topic", "partition offline", detail);
        };
        let (to, behind) = rooms.brokers.copy_of(at, leader);
        let cut_off =
            |broker: &BrokerId| cx.net.is_up(*broker) && cx.net.is_cut_off(cx.net.zone_of(*broker));
        rooms.brokers.set_zombie(at, old.filter(cut_off));
        rooms.brokers.fail_waiting(at, cx);
        cut(at, to, rooms, cx);
        rooms.brokers.begin_epoch(at, leader, to);
        self.meters.elections += 1;
        if cx.config.cluster.controller.eligible
            && !unclean
            && !rooms.brokers.is_in_sync(at, leader)
        {
            let detail = format!(
                "partition {}: it has everything that was committed",
                at.number()
            );
            let (now, name) = (cx.queue.now(), broker_name(leader));
            cx.probe
                .happened(now, &name, "eligible replica leads", detail);
        }
        self.report_election(at, leader, behind, unclean, cx);
        rooms.brokers.introduce_followers(at);
    }

    /// Notes what is unusual about an election.
    fn report_election(
        &mut self,
        at: PartitionId,
        leader: BrokerId,
        behind: bool,
        unclean: bool,
        cx: &mut Scope<'_>,
    ) {
        let (now, name, at) = (cx.now(), broker_name(leader), at.number());
        if behind {
            self.meters.watermark_fell += 1;
            let detail = format!("partition {at}: the new leader lacks committed records");
            cx.probe.happened(now, &name, "high watermark fell", detail);
        }
        if unclean {
            self.meters.unclean += 1;
            let detail = format!("partition {at} goes on with what this broker has");
            cx.probe.happened(now, &name, "unclean election", detail);
        }
    }

    /// Leaders or partitions have changed: brokers will know a little later.
    pub(super) fn publish_soon(&mut self, cx: &mut Scope<'_>) {
        if !std::mem::replace(&mut self.publishing, true) {
            cx.queue.after(
                cx.config.cluster.controller.publish,
                Timer::Control(Event::Publish),
            );
        }
    }

    /// Brokers know the newest metadata; clients learn of them when they ask.
    pub(super) fn publish(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        self.publishing = false;
        rooms.producers.publish(snapshot(rooms.brokers, cx.config));
        for group in rooms.groups.ids() {
            rooms.groups.learn_leaders_soon(group, cx);
        }
    }

    /// The periodic check that gives leaderships back to preferred replicas.
    pub(super) fn preferred_leaders(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        if let Some(interval) = cx.config.cluster.controller.rebalance {
            cx.queue
                .after(interval, Timer::Control(Event::PreferredLeaders));
        }
        if !self.quorum.is_up(cx.now()) {
            return;
        }
        if self.unclean {
            let changed = self.controller.elect_leaderless();
            self.elections(&changed, rooms, cx);
        }
        if is_zookeeper(cx.config) && !self.is_imbalanced(cx) {
            return;
        }
        let changed = self.controller.elect_all_preferred(usize::MAX);
        if !changed.is_empty() {
            let detail = counted(changed.len() as u64, "partition");
            cx.probe.happened(
                cx.queue.now(),
                "cluster",
                "preferred leaders elected",
                detail,
            );
        }
        self.elections(&changed, rooms, cx);
    }

    /// ZooKeeper's controller acts only if a broker leads too few of the partitions that prefer it.
    fn is_imbalanced(&self, cx: &Scope<'_>) -> bool {
        let mut preferred = vec![(0_u32, 0_u32); self.nodes.len()];
        for registration in self.controller.partitions(self.topic) {
            let Some(first) = registration.replicas.first() else {
                continue;
            };
            let (all, away) = &mut preferred[*first as usize];
            *all += 1;
            *away += u32::from(registration.leader != Some(*first));
        }
        let limit = cx.config.cluster.controller.imbalance;
        let exceeds = |(all, away): &(u32, u32)| f64::from(*away) > limit * f64::from(*all);
        preferred.iter().any(exceeds)
    }
}

/// Cuts a partition's log off: what producers still hold goes back to them, the rest is lost.
fn cut(at: PartitionId, to: Position, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
    if to.offset >= rooms.brokers.log_end(at).offset {
        return;
    }
    rooms.deliver(cx);
    let back = rooms.brokers.give_back(at, to, cx);
    rooms.groups.drop_in_hand(at, to, rooms.brokers, cx);
    let cut = rooms.brokers.cut(at, to, back, cx);
    let lost = cut.gone.saturating_sub(cut.accounted);
    if lost > 0 {
        let detail = format!(
            "partition {}: {lost} acknowledged records are gone",
            at.number()
        );
        cx.probe
            .happened(cx.queue.now(), "topic", "records lost", detail);
    }
    rooms.groups.rewind(at, to, rooms.brokers, cx);
}
