//! The controller in time: heartbeats and sessions, elections one by one or at once, what follows from a
//! new leader.
//!
//! # Source
//! SRC39 `BrokerHeartbeatManager`, `ReplicationControlManager`, `QuorumConfig`; RAO15 for the serial
//! controller; facts/kafka-msk.md sections 2.2 and 3.

use super::answers::ON_STALE_LEADER;
use super::batch::NOWHERE;
use super::config::Metadata;
use super::controller::Changed;
use super::partition::{NOBODY, Position};
use super::{DELIVERY_TIMEOUT, Event, Kafka, LOST};
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

impl Kafka {
    /// A broker no longer sends heartbeats: the controller gives it up a session after the last one.
    pub(super) fn stop_heartbeats(&mut self, broker: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let (interval, session) = (self.config.cluster.heartbeat, self.config.cluster.session);
        let machine = &mut self.brokers[broker as usize];
        let late = (now.0 + interval.0 - machine.phase.0 % interval.0.max(1)) % interval.0.max(1);
        let up = if self.controller_up_at.0 < u64::MAX {
            self.controller_up_at
        } else {
            now
        };
        let at = (SimTime(now.0.saturating_sub(late)) + session)
            .max(up + session_if(self.controller_up_at > now, session));
        machine.fence_at = at.max(now);
        cx.queue.at(machine.fence_at, Event::Fence(broker));
    }

    /// When to try again while there is no active controller: when there is one, or a second later.
    pub(super) fn ask_again_at(&self, now: SimTime) -> SimTime {
        self.controller_up_at
            .min(now + Nanos::from_secs(1))
            .max(now)
    }

    /// Whether the controller hears a broker.
    fn heard(&self, broker: u32) -> bool {
        let machine = &self.brokers[broker as usize];
        machine.is_up() && !self.cut_off[machine.zone as usize]
    }

    /// The session of a broker may have run out.
    pub(super) fn fence(&mut self, broker: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let machine = &self.brokers[broker as usize];
        if self.heard(broker) || self.controller.is_fenced(broker) || !machine.exists {
            return;
        }
        if machine.fence_at > now || self.controller_up_at > now {
            let at = machine.fence_at.max(self.ask_again_at(now));
            if at > now {
                cx.queue.at(at, Event::Fence(broker));
            }
            return;
        }
        cx.probe.happened(
            now,
            &broker_name(broker),
            "fenced",
            "no heartbeat for a session".to_owned(),
        );
        let changed = self.controller.fence(broker);
        self.elections(&changed, cx);
        self.coordinators_lost(broker);
        self.coordinators_move(broker, cx);
    }

    /// The active controller is lost: another one takes over and knows nothing of heartbeats.
    pub(super) fn lose_controller(&mut self, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let up = now + self.config.cluster.failover;
        self.controller_up_at = self.controller_up_at.max(up);
        cx.probe
            .happened(now, "cluster", "controller lost", String::new());
        for broker in &mut self.brokers {
            if broker.fence_at.0 < u64::MAX {
                broker.fence_at = self.controller_up_at + self.config.cluster.session;
            }
        }
        cx.queue.at(self.controller_up_at, Event::ControllerUp);
    }

    /// Partitions have changed at the controller: leaders get to know, one by one where elections are serial.
    pub(super) fn elections(&mut self, changed: &[Changed], cx: &mut Cx<'_, Event>) {
        let step = self.config.cluster.election;
        if self.config.cluster.metadata == Metadata::Kraft || step == Nanos::ZERO {
            changed
                .iter()
                .for_each(|change| self.take_registration(change.partition, cx));
            return self.wake_followers(cx);
        }
        let mut done = self.serial_until.max(cx.queue.now());
        for change in changed {
            let lane = change.partition;
            let registered = self.controller.partition(self.topic_index, lane);
            let leads = registered
                .and_then(|registration| registration.leader)
                .unwrap_or(NOBODY);
            if leads == self.partitions[lane as usize].leader {
                self.take_registration(lane, cx);
            } else {
                done += step;
                cx.queue.at(done, Event::Elected(lane));
            }
        }
        self.serial_until = done;
        self.wake_followers(cx);
    }

    /// Brings a partition in line with what the controller has registered for it.
    pub(super) fn take_registration(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        let Some(registration) = self.controller.partition(self.topic_index, lane) else {
            return;
        };
        self.recount = true;
        let leader = registration.leader.unwrap_or(NOBODY);
        let (isr, replicas, unclean) = (
            registration.isr.clone(),
            registration.replicas.clone(),
            registration.recovering,
        );
        let partition = &mut self.partitions[lane as usize];
        for broker in &replicas {
            if partition.slot_of(*broker).is_none() {
                let mut replica = super::partition::Replica::new(*broker);
                (replica.in_sync, replica.moving) = (false, true);
                partition.replicas.push(replica);
            }
        }
        let before = (partition.leader, partition.isr);
        if leader != partition.leader {
            self.change_leader(lane, leader, unclean, cx);
        }
        let partition = &mut self.partitions[lane as usize];
        partition
            .replicas
            .retain(|replica| replicas.contains(&replica.broker));
        for replica in &mut partition.replicas {
            // A follower that the leader has just counted in keeps counting until the controller says more.
            replica.in_sync = isr.contains(&replica.broker)
                || (replica.in_sync && before.0 == leader && partition.altering);
        }
        partition.isr = isr.len() as u32;
        if (leader, partition.isr) != before {
            let (now, host) = (cx.queue.now(), (leader != NOBODY).then_some(leader));
            cx.probe.tenure(now, lane, host, isr.len() as u32);
        }
        if leader != before.0 {
            self.publish_soon(cx);
        }
        if self.partitions[lane as usize]
            .replicas
            .iter()
            .any(|replica| !replica.in_sync)
        {
            self.watch_idle(lane, cx);
        }
        self.raise(lane, cx);
    }

    /// Another replica leads: the log ends where its copy ends.
    fn change_leader(&mut self, lane: u32, leader: u32, unclean: bool, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let old = self.partitions[lane as usize].leader;
        if let Some(led) = self.led_by.get_mut(old as usize) {
            led.retain(|partition| *partition != lane);
        }
        let partition = &mut self.partitions[lane as usize];
        // The old leader's own copy reaches to the end of the log.
        let end = partition.end;
        if let Some(slot) = partition.slot_of(old) {
            partition.replicas[slot].end = end;
        }
        if leader == NOBODY {
            partition.leader = NOBODY;
            self.meters.offline += 1;
            let detail = format!("partition {lane}: no replica in sync is there");
            return cx.probe.happened(now, "topic", "partition offline", detail);
        }
        let slot = partition.slot_of(leader);
        let to = slot
            .map_or(Position::default(), |slot| partition.replicas[slot].end)
            .min(end);
        let behind = to < partition.high_watermark;
        partition.stale = if old != NOBODY
            && self.brokers[old as usize].is_up()
            && self.cut_off[self.brokers[old as usize].zone as usize]
        {
            old
        } else {
            NOBODY
        };
        self.fail_waiting(lane, cx);
        self.cut(lane, to, cx);
        let partition = &mut self.partitions[lane as usize];
        partition.leader = leader;
        partition.epoch += 1;
        partition.epoch_start = to.offset;
        self.led_by[leader as usize].push(lane);
        self.meters.elections += 1;
        if behind {
            self.meters.watermark_fell += 1;
            let detail = format!("partition {lane}: the new leader lacks committed records");
            cx.probe
                .happened(now, &broker_name(leader), "high watermark fell", detail);
        }
        if unclean {
            self.meters.unclean += 1;
            let detail = format!("partition {lane} goes on with what this broker has");
            cx.probe
                .happened(now, &broker_name(leader), "unclean election", detail);
        }
        let followers: Vec<usize> = (0..self.partitions[lane as usize].replicas.len())
            .filter(|slot| self.partitions[lane as usize].replicas[*slot].broker != leader)
            .collect();
        for slot in followers {
            if !self.partitions[lane as usize].replicas[slot].moving {
                self.introduce(lane, slot);
            }
        }
    }

    /// Cuts a partition's log off: what producers still hold goes back to them, the rest is lost.
    fn cut(&mut self, lane: u32, to: Position, cx: &mut Cx<'_, Event>) {
        let end = self.partitions[lane as usize].end;
        if to.offset >= end.offset {
            return;
        }
        let mut back = 0;
        for batch in self
            .batches
            .open_ones()
            .filter(|batch| batch.partition == lane)
        {
            if batch.stored_at >= to.offset && batch.stored_at < ON_STALE_LEADER {
                back += batch.records.len() as u64;
                (batch.stored_at, batch.restored) = (NOWHERE, true);
            }
        }
        for group in 0..self.groups.len() {
            let cursor = &self.partitions[lane as usize].cursors[group];
            if cursor.fetched.offset > to.offset || cursor.seen > to.offset {
                // Booked now, while the log still says how many they were.
                self.drop_in_hand(group, lane, cx);
            }
        }
        let partition = &mut self.partitions[lane as usize];
        let mut given_up = 0;
        partition.abandoned.retain(|(at, records)| {
            given_up += if *at >= to.offset { *records } else { 0 };
            *at < to.offset
        });
        for (group, cursor) in partition.cursors.iter_mut().enumerate() {
            let first = partition.log.first();
            let seen = cursor.seen.min(end.offset);
            let trimmed = first.min(seen).saturating_sub(to.offset);
            let kept = partition.log.counted(to.offset.max(first), seen.max(first));
            if seen > to.offset {
                cx.probe.vanished(group, trimmed + kept);
            }
        }
        let gone = partition.truncate(to);
        let lost = gone.saturating_sub(back + given_up);
        cx.probe.taken_back(gone);
        cx.probe.ended(DELIVERY_TIMEOUT, given_up);
        cx.probe.ended(LOST, lost);
        if lost > 0 {
            let detail = format!("partition {lane}: {lost} acknowledged records are gone");
            cx.probe
                .happened(cx.queue.now(), "topic", "records lost", detail);
        }
        self.rewind(lane, to, cx);
    }

    /// The periodic check that gives leaderships back to preferred replicas.
    pub(super) fn preferred_leaders(&mut self, cx: &mut Cx<'_, Event>) {
        if let Some(interval) = self.config.cluster.rebalance {
            cx.queue.after(interval, Event::PreferredLeaders);
        }
        if self.controller_up_at > cx.queue.now() {
            return;
        }
        if self.topic_unclean {
            let changed = self.controller.elect_leaderless();
            self.elections(&changed, cx);
        }
        if self.config.cluster.metadata == Metadata::ZooKeeper && !self.is_imbalanced() {
            return;
        }
        let changed = self.controller.elect_all_preferred(usize::MAX);
        if !changed.is_empty() {
            let detail = format!("{} partitions", changed.len());
            cx.probe.happened(
                cx.queue.now(),
                "cluster",
                "preferred leaders elected",
                detail,
            );
        }
        self.elections(&changed, cx);
    }

    /// ZooKeeper's controller acts only if a broker leads too few of the partitions that prefer it.
    fn is_imbalanced(&self) -> bool {
        let mut preferred = vec![(0_u32, 0_u32); self.config.brokers_most as usize];
        for registration in self.controller.partitions(self.topic_index) {
            let Some(first) = registration.replicas.first() else {
                continue;
            };
            let (all, away) = &mut preferred[*first as usize];
            *all += 1;
            *away += u32::from(registration.leader != Some(*first));
        }
        let limit = self.config.cluster.imbalance;
        preferred
            .iter()
            .any(|(all, away)| f64::from(*away) > limit * f64::from(*all))
    }
}

fn session_if(lost: bool, session: Nanos) -> Nanos {
    if lost { session } else { Nanos::ZERO }
}

/// What reports call a broker.
pub(super) fn broker_name(broker: u32) -> String {
    format!("broker {}", broker + 1)
}
