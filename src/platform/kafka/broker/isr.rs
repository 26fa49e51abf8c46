//! In-sync sets: leaders watch their followers, the controller confirms.
//!
//! # Source
//! Apache Kafka 3.9, `Partition.maybeShrinkIsr`, `Partition.maybeExpandIsr`, `AlterPartitionManager.scala`.

use super::super::ids::{BrokerId, PartitionId};
use super::super::wire::Scope;
use super::super::{Event as Timer, control};
use super::{Brokers, Event};
use crate::units::{Nanos, SimTime};

/// `replica.fetch.wait.max.ms`.
///
/// # Source
/// Apache Kafka 3.9, `ReplicationConfigs.java`.
const FETCH_WAIT: Nanos = Nanos::from_millis(500);

impl Brokers {
    /// Leaders look for followers that were not caught up for `replica.lag.time.max.ms`; they look twice
    /// in that time, so removal comes after one to one and a half of it.
    pub(in super::super) fn check_isr(&mut self, cx: &mut Scope<'_>) {
        let limit = cx.config.cluster.replication.lag_max;
        for at in self.partitions.ids() {
            let leader = self.partitions[at].leader;
            let Some(leader) = leader.filter(|leader| cx.net.is_up(*leader)) else {
                continue;
            };
            let mut shrinks = false;
            for slot in 0..self.partitions[at].replicas.len() {
                let replica = &self.partitions[at].replicas[slot];
                if replica.broker == leader || !replica.in_sync || replica.moving {
                    continue;
                }
                let caught_up = self.caught_up(at, slot, leader, cx.now());
                if cx.now().since(caught_up) > limit {
                    self.partitions[at].replicas[slot].leaving = true;
                    shrinks = true;
                }
            }
            if shrinks {
                self.alter_isr_soon(at, cx);
            }
        }
        self.set_isr_timer(cx);
    }

    /// Sets the timer at which leaders look for followers that lag.
    pub(in super::super) fn set_isr_timer(&self, cx: &mut Scope<'_>) {
        let half = Nanos((cx.config.cluster.replication.lag_max.0 / 2).max(1));
        cx.queue.after(half, Timer::Broker(Event::CheckIsr));
    }

    /// When a follower last had everything.
    fn caught_up(&self, at: PartitionId, slot: usize, leader: BrokerId, now: SimTime) -> SimTime {
        let partition = &self.partitions[at];
        let replica = &partition.replicas[slot];
        let fetcher = self.fetcher(leader, replica.broker, at);
        let alive = if fetcher.parked {
            now
        } else {
            fetcher.heard_at
        };
        if replica.known >= partition.end {
            replica.caught_up_at.max(alive)
        } else {
            replica.caught_up_at
        }
    }

    /// A follower that has reached the high watermark and the beginning of the epoch joins the in-sync
    /// set; it counts for the high watermark at once.
    pub(super) fn may_join(&mut self, at: PartitionId, slot: usize, cx: &mut Scope<'_>) {
        let partition = &mut self.partitions[at];
        let replica = &mut partition.replicas[slot];
        let reached = replica.known >= partition.high_watermark
            && replica.known.offset >= partition.epoch_start;
        let broker = &self.machines[replica.broker];
        if reached && !broker.fenced && cx.net.is_up(replica.broker) && !broker.stopping {
            (replica.in_sync, replica.leaving) = (true, false);
            self.alter_isr_soon(at, cx);
        }
    }

    /// A follower that has everything fetches every `replica.fetch.wait.max.ms` all the same: so it comes
    /// back into the in-sync set although nothing is written.
    pub(super) fn rejoin_idle(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        self.partitions[at].rejoining = false;
        let leader = self.partitions[at].leader;
        let Some(leader) = leader.filter(|leader| cx.net.is_up(*leader)) else {
            return;
        };
        let mut more = false;
        for slot in 0..self.partitions[at].replicas.len() {
            let replica = self.partitions[at].replicas[slot];
            if replica.broker == leader || replica.in_sync || replica.moving {
                continue;
            }
            more |= cx.net.is_up(replica.broker);
            if self.fetcher(leader, replica.broker, at).parked {
                self.may_join(at, slot, cx);
            }
        }
        if more {
            self.watch_idle(at, cx);
        }
    }

    /// Some replicas of a partition are not in sync: look at them again soon.
    pub(super) fn watch_idle(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        if !std::mem::replace(&mut self.partitions[at].rejoining, true) {
            cx.queue.after(FETCH_WAIT, Timer::Broker(Event::Rejoin(at)));
        }
    }

    /// Replicas of all partitions that are not in sync are looked at soon.
    pub(in super::super) fn watch_all_idle(&mut self, cx: &mut Scope<'_>) {
        self.partitions.ids().for_each(|at| self.watch_idle(at, cx));
    }

    /// A leader asks the controller for another in-sync set.
    fn alter_isr_soon(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        if !std::mem::replace(&mut self.partitions[at].altering, true) {
            let event = control::Event::AlterIsr(at);
            cx.queue
                .after(cx.config.cluster.controller.publish, Timer::Control(event));
        }
    }

    /// The in-sync set that a leader asks the controller for, unless the leader does not reach it any more.
    pub(in super::super) fn wanted_isr(
        &mut self,
        at: PartitionId,
        cx: &Scope<'_>,
    ) -> Option<Vec<u32>> {
        let partition = &mut self.partitions[at];
        partition.altering = false;
        let leader = partition
            .leader
            .filter(|leader| partition.zombie != Some(*leader))?;
        if !cx.net.is_up(leader) || cx.net.is_cut_off(cx.net.zone_of(leader)) {
            return None;
        }
        for replica in &mut partition.replicas {
            if replica.leaving || self.machines[replica.broker].fenced {
                (replica.in_sync, replica.leaving) = (replica.broker == leader, false);
            }
        }
        let members = partition.replicas.iter().filter(|replica| replica.in_sync);
        Some(members.map(|replica| replica.broker.number()).collect())
    }
}
