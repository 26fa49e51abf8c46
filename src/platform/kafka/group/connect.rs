//! Groups of Kafka Connect's workers: the tasks of a worker that left stay unassigned for
//! `scheduled.rebalance.max.delay.ms`, even if the worker is back before. No task moves meanwhile.
//!
//! # Source
//! KIP-415; Apache Kafka 3.9, `IncrementalCooperativeAssignor.handleLostAssignments`.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::ids::{GroupId, Id, PartitionId};
use super::super::wire::Scope;
use super::{Event, Group, Groups};
use crate::units::{Nanos, SimTime, counted};

/// Partitions of workers that left.
#[derive(Clone, Debug, Default)]
pub(super) struct Withheld {
    /// Which.
    partitions: Vec<PartitionId>,
    /// Until when nobody gets them.
    until: SimTime,
}

impl Withheld {
    /// The group begins anew: nobody remembers who left.
    pub(super) fn forget(&mut self) {
        self.partitions.clear();
    }
}

impl Group {
    /// While partitions are withheld, members keep what they have, and get only what has no owner and is not withheld.
    pub(super) fn withhold_from(&self, plan: &mut [Vec<PartitionId>]) {
        if self.withheld.partitions.is_empty() {
            return;
        }
        for (id, own) in self.members.pairs() {
            let given = &mut plan[id.index()];
            given.retain(|at| self.owner[*at].is_none() && !self.withheld.partitions.contains(at));
            if own.joined {
                given.extend(own.partitions.iter().copied());
            }
            given.sort_unstable();
        }
    }
}

impl Groups {
    /// A worker leaves these partitions behind.
    pub(super) fn withhold(&mut self, id: GroupId, partitions: &[PartitionId], cx: &mut Scope<'_>) {
        let now = cx.now();
        let group = &mut self.all[id];
        let delay = group.config.lost_delay.unwrap_or(Nanos::ZERO);
        if delay == Nanos::ZERO || partitions.is_empty() {
            return;
        }
        if group.withheld.partitions.is_empty() {
            group.withheld.until = now + delay;
            cx.queue.after(delay, Timer::Group(Event::LostTasks(id)));
            let detail = format!(
                "with nobody for {delay}: {}",
                counted(partitions.len() as u64, "partition")
            );
            cx.probe
                .happened(now, &group.name, "delayed rebalance", detail);
        }
        group.withheld.partitions.extend(partitions);
    }

    /// What workers that left had to do is given out again.
    pub(super) fn give_out_lost(&mut self, id: GroupId, brokers: &mut Brokers, cx: &mut Scope<'_>) {
        let withheld = &mut self.all[id].withheld;
        if withheld.partitions.is_empty() || withheld.until > cx.now() {
            return;
        }
        withheld.partitions.clear();
        self.trigger(id, None, brokers, cx);
    }
}
