//! The new protocol (KIP-848): the coordinator decides on a target assignment, and each member follows it.
//!
//! # Source
//! Apache Kafka 3.9, `GroupMetadataManager.java`; KIP-848.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::ids::{GroupId, Id, MemberId, PartitionId};
use super::super::wire::Scope;
use super::{Event, Groups};
use crate::probe::Limit;

impl Groups {
    /// The coordinator of the new protocol decides anew; members follow at their heartbeats.
    pub(super) fn retarget(&mut self, id: GroupId, cx: &mut Scope<'_>) {
        let group = &mut self.all[id];
        group.rebalance.generation.advance();
        group
            .members
            .iter_mut()
            .for_each(|member| member.ready = member.joined);
        let plan = group.plan();
        group.target.iter_mut().for_each(|target| *target = None);
        for (member, partitions) in plan.iter().enumerate() {
            for at in partitions {
                group.target[*at] = Some(MemberId::at(member));
            }
        }
        cx.probe.happened(
            cx.queue.now(),
            &group.name,
            "new target assignment",
            String::new(),
        );
        group.tell_at_heartbeats(id, None, cx);
        self.watch_emptiness(id, cx);
    }

    /// A member gives up what it is to lose and takes what is free; for the rest it comes again.
    pub(super) fn follow_target(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let group = &self.all[id];
        let held = group.members[member].partitions.iter().copied();
        let loses: Vec<PartitionId> = held
            .filter(|at| group.target[*at] != Some(member))
            .collect();
        for at in loses {
            self.release(id, at, true, brokers, cx);
            let spot = Limit::Moving.of(id.as_index(), at.number());
            cx.probe.begin_wait(spot, cx.queue.now());
        }
        let mut waits = false;
        for at in (0..self.all[id].known).map(PartitionId::new) {
            let group = &self.all[id];
            if group.target[at] != Some(member) {
                continue;
            }
            match group.owner[at] {
                None => self.acquire(id, member, at, brokers, cx),
                Some(owner) => waits |= owner != member,
            }
        }
        if waits {
            let group = &self.all[id];
            let at = group.next_beat(member, cx.now());
            let event = Event::Heartbeat(id, member, group.rebalance.generation);
            cx.queue.at(at, Timer::Group(event));
        }
    }
}
