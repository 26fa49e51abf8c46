//! Rebalances: who owns which partition, and how long nobody does.
//!
//! *Eager*: every member gives up everything when its heartbeat tells it, and the group stands still until
//! all have joined. *Cooperative*: members go on; what has to move is given up first and given out in a
//! second round. *New protocol* (KIP-848): the coordinator decides, each member follows at its own
//! heartbeats, nobody waits for all.
//!
//! # Source
//! Apache Kafka 3.9, `GroupCoordinator.scala`, `AbstractCoordinator.java`; KIP-429; KIP-848.

use super::super::Event as Timer;
use super::super::assignor::{Assignor, Member as Candidate, Topic, TopicPartition};
use super::super::broker::Brokers;
use super::super::config::Protocol;
use super::super::ids::{GroupId, Id, MemberId, PartitionId};
use super::super::wire::Scope;
use super::partitioned_members::AGAIN;
use super::{Event, Group, Groups, Member};
use crate::engine::Ticket;
use crate::probe::Limit;
use crate::units::counted;

impl Group {
    /// What each member would get now.
    pub(super) fn plan(&self) -> Vec<Vec<PartitionId>> {
        let topics = [Topic {
            name: "topic".to_owned(),
            partitions: self.known,
        }];
        let takes_part = |(_, member): &(MemberId, &Member)| member.ready && member.joined;
        let ready: Vec<(MemberId, &Member)> = self.members.pairs().filter(takes_part).collect();
        let candidates: Vec<Candidate> = ready
            .iter()
            .map(|(id, own)| self.candidate(*id, own))
            .collect();
        let assignor = match self.config.protocol {
            Protocol::Classic(assignor) => assignor,
            Protocol::Consumer | Protocol::Share(_) => Assignor::Sticky,
        };
        let mut plan = vec![Vec::new(); self.members.len()];
        for ((id, _), given) in ready.iter().zip(assignor.assign(&topics, &candidates)) {
            let own = &mut plan[id.index()];
            *own = given
                .iter()
                .map(|given| PartitionId::new(given.partition))
                .collect();
            own.sort_unstable();
        }
        self.withhold_from(&mut plan);
        plan
    }

    /// A member as an assignor sees it.
    fn candidate(&self, id: MemberId, own: &Member) -> Candidate {
        let held = if own.partitions.is_empty() {
            &own.previous
        } else {
            &own.partitions
        };
        let name = format!("member-{:05}", id.number());
        let owned = held.iter().map(|at| TopicPartition {
            topic: 0,
            partition: at.number(),
        });
        Candidate {
            instance: self.config.is_static.then(|| name.clone()),
            owned: owned.collect(),
            generation: self.rebalance.generation.number() as i32,
            ..Candidate::new(name, vec!["topic".to_owned()])
        }
    }

    /// Members that run and that the coordinator counts learn of a change with their next heartbeats; all but `by`.
    pub(super) fn tell_at_heartbeats(&self, id: GroupId, by: Option<MemberId>, cx: &mut Scope<'_>) {
        let generation = self.rebalance.generation;
        for (member, own) in self.members.pairs() {
            if own.joined && own.up && by != Some(member) {
                let at = self.next_beat(member, cx.now());
                cx.queue
                    .at(at, Timer::Group(Event::Heartbeat(id, member, generation)));
            }
        }
    }
}

impl Groups {
    /// Something about the group has changed; `by` has told the coordinator and is ready at once.
    pub(super) fn trigger(
        &mut self,
        id: GroupId,
        by: Option<MemberId>,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if self.is_shared(id) {
            return;
        }
        let group = &mut self.all[id];
        if group.config.protocol == Protocol::Consumer {
            return self.retarget(id, cx);
        }
        if group.rebalance.joining {
            if group.rebalance.plan.is_empty() {
                if let Some(member) = by {
                    group.members[member].ready = true;
                    group.joins(id, member, cx);
                }
                return self.check_joined(id, cx);
            }
            group.rebalance.again = true;
            return;
        }
        group.rebalance.joining = true;
        let generation = group.rebalance.generation.advance();
        group
            .members
            .iter_mut()
            .for_each(|member| member.ready = false);
        cx.probe.happened(
            cx.queue.now(),
            &group.name,
            "rebalance begins",
            String::new(),
        );
        group.await_members(id, cx);
        group.tell_at_heartbeats(id, by, cx);
        let deadline = if !group.is_empty() && group.empty_since.take().is_some() {
            // The first rebalance of an empty group waits for more members.
            let delay = cx.config.coordinator.initial_delay;
            let now = cx.now();
            group.rebalance.hold_until = now + delay;
            let spot = Limit::JoinDelay.of(id.as_index(), 0);
            cx.probe.waits(spot, now, now + delay);
            delay
        } else {
            group.config.poll_interval
        };
        cx.queue
            .after(deadline, Timer::Group(Event::JoinDeadline(id, generation)));
        if let Some(member) = by {
            self.rejoin(id, member, brokers, cx);
        } else {
            self.check_joined(id, cx);
        }
    }

    /// A heartbeat tells a member that its group rebalances, or what it is to own.
    pub(super) fn heartbeat(
        &mut self,
        id: GroupId,
        member: MemberId,
        generation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let heard = self.is_heard(id, member, cx);
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        if group.rebalance.generation != generation || !own.up || !own.joined {
            return;
        }
        if !heard {
            return cx.queue.after(
                AGAIN,
                Timer::Group(Event::Heartbeat(id, member, generation)),
            );
        }
        let cooperative = group.config.protocol == Protocol::Classic(Assignor::CooperativeSticky);
        let busy = own.stuck || !own.reader.is_idle();
        if busy && !(cooperative && group.rebalance.joining) {
            // It finds out in its next poll.
            own.rejoins = true;
        } else {
            self.rejoin(id, member, brokers, cx);
        }
    }

    /// A member joins the rebalance, or follows the coordinator's target.
    pub(super) fn rejoin(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        match self.all[id].config.protocol {
            Protocol::Consumer => return self.follow_target(id, member, brokers, cx),
            Protocol::Share(_) => return,
            Protocol::Classic(_) if !self.all[id].rebalance.joining => return,
            Protocol::Classic(Assignor::CooperativeSticky) => self.commit(id, member, brokers, cx),
            Protocol::Classic(_) => {
                let own = &mut self.all[id].members[member];
                own.previous.clone_from(&own.partitions);
                for at in own.partitions.clone() {
                    self.release(id, at, true, brokers, cx);
                }
            }
        }
        self.all[id].members[member].ready = true;
        self.all[id].joins(id, member, cx);
        self.check_joined(id, cx);
    }

    /// When all have joined the leader assigns; members get it two round trips later.
    pub(super) fn check_joined(&mut self, id: GroupId, cx: &mut Scope<'_>) {
        let group = &mut self.all[id];
        let rebalance = &group.rebalance;
        let missing = group
            .members
            .iter()
            .any(|member| member.joined && !member.ready);
        let closed = !rebalance.joining
            || !rebalance.plan.is_empty()
            || rebalance.hold_until > cx.now()
            || group.coordinator.is_none();
        if closed || missing || !group.ghosts.is_empty() {
            return;
        }
        group.rebalance.plan = group.plan();
        let event = Event::Assigned(id, group.rebalance.generation);
        let round_trip = cx.net.round_trip();
        cx.queue.after(round_trip + round_trip, Timer::Group(event));
    }

    /// The rebalance has waited long enough: who has not joined is no member any more.
    pub(super) fn join_deadline(
        &mut self,
        id: GroupId,
        generation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let group = &mut self.all[id];
        let rebalance = &group.rebalance;
        if rebalance.generation != generation || !rebalance.joining || !rebalance.plan.is_empty() {
            return;
        }
        group.ghosts.clear();
        let late = |(_, member): &(MemberId, &Member)| member.joined && !member.ready;
        let gone: Vec<MemberId> = group
            .members
            .pairs()
            .filter(late)
            .map(|(id, _)| id)
            .collect();
        for member in gone {
            self.expel(id, member, brokers, cx);
        }
        self.check_joined(id, cx);
    }

    /// A member leaves the group: its partitions have no owner.
    pub(super) fn expel(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let own = &mut self.all[id].members[member];
        (own.joined, own.ready, own.rejoins) = (false, false, false);
        let left = own.partitions.clone();
        self.all[id].joins(id, member, cx);
        self.withhold(id, &left, cx);
        for at in left {
            self.lose(id, at, brokers, cx);
        }
    }

    /// The members get their assignment.
    pub(super) fn assigned(
        &mut self,
        id: GroupId,
        generation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let rebalance = &mut self.all[id].rebalance;
        if rebalance.generation != generation || !rebalance.joining {
            return;
        }
        let plan = std::mem::take(&mut rebalance.plan);
        rebalance.joining = false;
        let gave_up = self.give_up_unplanned(id, &plan, brokers, cx);
        self.take_planned(id, &plan, brokers, cx);
        let group = &mut self.all[id];
        let idle = group
            .members
            .iter()
            .filter(|member| member.joined && member.partitions.is_empty())
            .count();
        let detail = format!(
            "{}, {} without one",
            counted(u64::from(group.known), "partition"),
            counted(idle as u64, "member")
        );
        cx.probe
            .happened(cx.queue.now(), &group.name, "rebalanced", detail);
        self.watch_emptiness(id, cx);
        let group = &mut self.all[id];
        let again = std::mem::take(&mut group.rebalance.again);
        if again || gave_up.is_some() {
            self.trigger(id, gave_up, brokers, cx);
        }
    }

    /// Members give up what is not planned for them; returns the last one that did.
    fn give_up_unplanned(
        &mut self,
        id: GroupId,
        plan: &[Vec<PartitionId>],
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) -> Option<MemberId> {
        let mut gave_up = None;
        for (member, wanted) in plan.iter().enumerate() {
            let member = MemberId::at(member);
            let held = self.all[id].members[member].partitions.clone();
            for at in held.iter().filter(|at| wanted.binary_search(at).is_err()) {
                self.release(id, *at, true, brokers, cx);
                gave_up = Some(member);
            }
        }
        gave_up
    }

    /// Members take what is planned for them and free.
    fn take_planned(
        &mut self,
        id: GroupId,
        plan: &[Vec<PartitionId>],
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        for (member, wanted) in plan.iter().enumerate() {
            let member = MemberId::at(member);
            let own = &self.all[id].members[member];
            let (up, joined) = (own.up, own.joined);
            for at in wanted.iter().filter(|_| joined) {
                if self.all[id].owner[*at].is_some() {
                    continue;
                }
                if up {
                    self.acquire(id, member, *at, brokers, cx);
                } else {
                    self.reserve(id, member, *at, brokers);
                }
            }
        }
    }

    /// A partition goes to a member that has crashed since it joined: nobody reads it until the member is
    /// back, or its session is over.
    pub(super) fn reserve(
        &mut self,
        id: GroupId,
        member: MemberId,
        at: PartitionId,
        brokers: &mut Brokers,
    ) {
        let group = &mut self.all[id];
        group.owner[at] = Some(member);
        group.members[member].partitions.push(at);
        brokers.close_reader(id, at);
    }

    /// The group's leader has refreshed its metadata: there may be more partitions.
    pub(super) fn see_partitions(
        &mut self,
        id: GroupId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let count = brokers.partition_count();
        if self.all[id].known < count {
            let known = std::mem::replace(&mut self.all[id].known, count);
            if self.is_shared(id) {
                for at in (known..count).map(PartitionId::new) {
                    self.open_shared(id, at, brokers, cx);
                }
            }
            self.trigger(id, None, brokers, cx);
        }
    }
}
