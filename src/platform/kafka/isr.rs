//! In-sync sets: leaders watch their followers, the controller confirms.
//!
//! # Source
//! SRC39 `Partition.maybeShrinkIsr`, `maybeExpandIsr`, `prepareIsrShrink`, `AlterPartitionManager`;
//! facts/kafka-msk.md section 2.2.

use super::partition::NOBODY;
use super::{Event, Kafka};
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

/// `replica.fetch.wait.max.ms`.
///
/// # Source
/// SRC39.
const FETCH_WAIT: Nanos = Nanos::from_millis(500);

impl Kafka {
    /// Leaders look for followers that were not caught up for `replica.lag.time.max.ms`; they look twice
    /// in that time, so removal comes after one to one and a half of it.
    pub(super) fn check_isr(&mut self, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let limit = self.config.cluster.lag_max;
        for lane in 0..self.partitions.len() as u32 {
            let leader = self.partitions[lane as usize].leader;
            if leader == NOBODY || !self.brokers[leader as usize].is_up() {
                continue;
            }
            let mut shrinks = false;
            for slot in 0..self.partitions[lane as usize].replicas.len() {
                let partition = &self.partitions[lane as usize];
                let replica = &partition.replicas[slot];
                if replica.broker == leader || !replica.in_sync || replica.moving {
                    continue;
                }
                let caught_up = self.caught_up(lane, slot, now);
                if now.since(caught_up) > limit {
                    self.partitions[lane as usize].replicas[slot].leaving = true;
                    shrinks = true;
                }
            }
            if shrinks {
                self.alter_isr_soon(lane, cx);
            }
        }
        cx.queue.after(Nanos((limit.0 / 2).max(1)), Event::CheckIsr);
    }

    /// When a follower last had everything.
    fn caught_up(&self, lane: u32, slot: usize, now: SimTime) -> SimTime {
        let partition = &self.partitions[lane as usize];
        let replica = &partition.replicas[slot];
        let pair = &self.pairs[self.pair_of(partition.leader, replica.broker)];
        let alive = if pair.parked { now } else { pair.heard_at };
        if replica.known >= partition.end {
            replica.caught_up_at.max(alive)
        } else {
            replica.caught_up_at
        }
    }

    /// A follower that has reached the high watermark and the beginning of the epoch joins the in-sync
    /// set; it counts for the high watermark at once.
    pub(super) fn may_join(&mut self, lane: u32, slot: usize, cx: &mut Cx<'_, Event>) {
        let partition = &mut self.partitions[lane as usize];
        let replica = &mut partition.replicas[slot];
        let reached = replica.known >= partition.high_watermark
            && replica.known.offset >= partition.epoch_start;
        let broker = &self.brokers[replica.broker as usize];
        if reached
            && !self.controller.is_fenced(replica.broker)
            && broker.is_up()
            && !broker.stopping
        {
            (replica.in_sync, replica.leaving) = (true, false);
            self.alter_isr_soon(lane, cx);
        }
    }

    /// A follower that has everything fetches every `replica.fetch.wait.max.ms` all the same: so it comes
    /// back into the in-sync set although nothing is written.
    pub(super) fn rejoin_idle(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        self.partitions[lane as usize].rejoining = false;
        let leader = self.partitions[lane as usize].leader;
        if leader == NOBODY || !self.brokers[leader as usize].is_up() {
            return;
        }
        let mut more = false;
        for slot in 0..self.partitions[lane as usize].replicas.len() {
            let replica = self.partitions[lane as usize].replicas[slot];
            if replica.broker == leader || replica.in_sync || replica.moving {
                continue;
            }
            more |= self.brokers[replica.broker as usize].is_up();
            if self.pairs[self.pair_of(leader, replica.broker)].parked {
                self.may_join(lane, slot, cx);
            }
        }
        if more {
            self.watch_idle(lane, cx);
        }
    }

    /// Some replicas of a partition are not in sync: look at them again soon.
    pub(super) fn watch_idle(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        let partition = &mut self.partitions[lane as usize];
        if !std::mem::replace(&mut partition.rejoining, true) {
            cx.queue.after(FETCH_WAIT, Event::Rejoin(lane));
        }
    }

    pub(super) fn alter_isr_soon(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        let partition = &mut self.partitions[lane as usize];
        if !std::mem::replace(&mut partition.altering, true) {
            cx.queue
                .after(self.config.cluster.publish, Event::AlterIsr(lane));
        }
    }

    /// The leader's wish reaches the controller.
    pub(super) fn alter_isr(&mut self, lane: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        if self.controller_up_at > now {
            return cx.queue.at(self.ask_again_at(now), Event::AlterIsr(lane));
        }
        let partition = &mut self.partitions[lane as usize];
        partition.altering = false;
        let leader = partition.leader;
        if leader == NOBODY || partition.stale == leader {
            return;
        }
        let zone = self.brokers[leader as usize].zone;
        if !self.brokers[leader as usize].is_up() || self.cut_off[zone as usize] {
            return;
        }
        let partition = &mut self.partitions[lane as usize];
        let fenced = |broker: u32| self.controller.is_fenced(broker);
        for replica in partition
            .replicas
            .iter_mut()
            .filter(|replica| replica.leaving || fenced(replica.broker))
        {
            (replica.in_sync, replica.leaving) = (replica.broker == leader, false);
        }
        let members: Vec<u32> = partition
            .replicas
            .iter()
            .filter(|r| r.in_sync)
            .map(|replica| replica.broker)
            .collect();
        let before = partition.isr;
        if self
            .controller
            .alter_isr(self.topic_index, lane, &members)
            .is_ok()
        {
            self.count_isr(before, members.len() as u32);
        }
        self.take_registration(lane, cx);
        self.wake_followers(cx);
    }

    pub(super) fn count_isr(&mut self, before: u32, now: u32) {
        if now < before {
            self.meters.isr_shrinks += 1;
        } else if now > before {
            self.meters.isr_expands += 1;
        }
    }
}
