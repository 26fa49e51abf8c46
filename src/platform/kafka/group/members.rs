//! Members come and go: crashes and sessions, clean closes, restarts, zones, stuck applications, and the
//! coordinator's own failures.
//!
//! # Source
//! Apache Kafka 3.9, `GroupCoordinator.scala`, `ConsumerCoordinator.onLeavePrepare`; KIP-345.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::config::Protocol;
use super::super::ids::{BrokerId, GroupId, MemberId};
use super::super::wire::Scope;
use super::partitioned_members::AGAIN;
use super::{Event, Groups, Member};
use crate::engine::Ticket;
use crate::probe::Limit;

impl Groups {
    /// A member's process is gone without a word: the coordinator will notice when its session is over.
    pub(in super::super) fn crash_member(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        self.vanish(id, member, "member crashed", brokers, cx);
        self.hang_up(id, member, brokers, cx);
    }

    /// A member's process ends and says nothing to its coordinator.
    fn vanish(
        &mut self,
        id: GroupId,
        member: MemberId,
        what: &'static str,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let own = &self.all[id].members[member];
        if !own.up {
            return;
        }
        if own.reader.is_idle() && own.next_commit <= now {
            // It polled and had nothing to do; what it had done was committed.
            self.commit(id, member, brokers, cx);
        }
        let own = &mut self.all[id].members[member];
        let incarnation = own.incarnation;
        own.incarnation.advance();
        (own.up, own.rejoins) = (false, false);
        own.reader.clear();
        own.lost.clear();
        own.looks_again = false;
        own.unacknowledged.clear();
        brokers.set_alive(id, member, false);
        for at in &own.partitions {
            brokers.lose_owner(id, *at, cx);
            let spot = Limit::NoOwner.of(id.as_index(), at.number());
            cx.probe.begin_wait(spot, now);
        }
        brokers.forget_member(id, member);
        let heard = own.silent_since.take();
        let joined = own.joined;
        let group = &self.all[id];
        let detail = format!("worker {}", member.number() + 1);
        cx.probe.happened(now, &group.name, what, detail);
        if joined {
            let beat = heard.unwrap_or_else(|| group.last_beat(member, now));
            let at = (beat + group.config.session).max(now);
            cx.queue.at(
                at,
                Timer::Group(Event::SessionOver(id, member, incarnation)),
            );
        }
    }

    /// The session of a member that is gone is over.
    pub(super) fn session_over(
        &mut self,
        id: GroupId,
        member: MemberId,
        incarnation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let group = &mut self.all[id];
        let counts_from = group.sessions_from + group.config.session;
        if group.coordinator.is_none() || (counts_from > now && group.sessions_from.0 > 0) {
            let at = counts_from.max(now + AGAIN);
            return cx.queue.at(
                at,
                Timer::Group(Event::SessionOver(id, member, incarnation)),
            );
        }
        let own = &group.members[member];
        let ghost = group
            .ghosts
            .iter()
            .position(|ghost| *ghost == (member, incarnation));
        if let Some(ghost) = ghost {
            // A new member with a new name runs in its place.
            group.ghosts.swap_remove(ghost);
        } else if own.incarnation == incarnation.next() && !own.up && own.joined {
            self.expel(id, member, brokers, cx);
        } else {
            return;
        }
        let detail = format!("worker {}", member.number() + 1);
        cx.probe
            .happened(now, &self.all[id].name, "session over", detail);
        self.trigger(id, None, brokers, cx);
    }

    /// A member's process starts again; it will be there after a while.
    pub(in super::super) fn start_member(&self, id: GroupId, member: MemberId, cx: &mut Scope<'_>) {
        let wait = self.all[id].config.start;
        cx.queue
            .after(wait, Timer::Group(Event::Started(id, member)));
    }

    /// A member's process has started.
    pub(super) fn member_started(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let cut_off = self.is_cut_off(id, member, cx);
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        if own.up || group.down > 0 {
            return;
        }
        if cut_off {
            // It looks for its coordinator until it finds it.
            return cx
                .queue
                .after(AGAIN, Timer::Group(Event::Started(id, member)));
        }
        own.up = true;
        brokers.set_alive(id, member, true);
        if let Some(interval) = group.config.auto_commit {
            own.next_commit = cx.queue.now() + interval;
        }
        if self.is_shared(id) {
            return self.join_shared(id, member, cx);
        }
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        if own.joined && group.config.is_static && !group.rebalance.joining {
            return self.take_place_again(id, member, brokers, cx);
        }
        if own.joined {
            if !group.config.is_static {
                group.ghosts.push((member, own.incarnation.previous()));
            }
            let left = own.partitions.clone();
            self.withhold(id, &left, cx);
            for at in left {
                self.release(id, at, false, brokers, cx);
            }
        }
        self.all[id].members[member].joined = true;
        self.trigger(id, Some(member), brokers, cx);
    }

    /// A member with a `group.instance.id` takes its place again, and nobody else notices.
    fn take_place_again(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        for at in std::mem::take(&mut self.all[id].members[member].partitions) {
            self.all[id].owner[at] = None;
            self.acquire(id, member, at, brokers, cx);
        }
    }

    /// New members join.
    pub(in super::super) fn join_members(&mut self, id: GroupId, count: u32, cx: &mut Scope<'_>) {
        for _ in 0..count {
            let spare = |(_, member): &(MemberId, &Member)| {
                !member.up && !member.joined && member.incarnation == Ticket::FIRST
            };
            let found = self.all[id]
                .members
                .pairs()
                .find(spare)
                .map(|(member, _)| member);
            let Some(member) = found else {
                return;
            };
            self.start_member(id, member, cx);
            self.all[id].members[member].incarnation = Ticket::FIRST.next();
        }
    }

    /// A member closes in good order: it commits and says so. With a `group.instance.id` it only commits:
    /// nobody else notices if it is back before its session is over.
    pub(in super::super) fn close_member(
        &mut self,
        name: &str,
        number: u32,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let member = MemberId::new(number);
        let exists = |id: &GroupId| self.all[*id].members.get(member).is_some();
        let Some(id) = self.named(name).filter(exists) else {
            return Err(format!("there is no worker {} of {name}", number + 1));
        };
        if !self.all[id].members[member].up {
            return Err("it is not running".to_owned());
        }
        if self.all[id].config.is_static {
            self.commit(id, member, brokers, cx);
            self.vanish(id, member, "static member closed", brokers, cx);
        } else if self.is_cut_off(id, member, cx) {
            self.vanish(id, member, "member closed, unheard", brokers, cx);
        } else {
            self.leave(id, member, brokers, cx);
            self.trigger(id, None, brokers, cx);
        }
        Ok(format!("worker {} of {name}", number + 1))
    }

    /// A member commits, gives up what it owns and is no longer one.
    pub(super) fn leave(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let left = self.all[id].members[member].partitions.clone();
        self.withhold(id, &left, cx);
        for at in left {
            self.release(id, at, true, brokers, cx);
        }
        brokers.forget_member(id, member);
        brokers.set_alive(id, member, false);
        let own = &mut self.all[id].members[member];
        (own.up, own.joined, own.rejoins, own.ready) = (false, false, false, false);
        own.silent_since = None;
        own.incarnation.advance();
        own.reader.clear();
        own.lost.clear();
        own.previous.clear();
        own.looks_again = false;
        self.hang_up(id, member, brokers, cx);
        self.all[id].joins(id, member, cx);
    }

    /// A group stops: its members close in good order.
    pub(in super::super) fn take_down(
        &mut self,
        id: GroupId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        self.all[id].down += 1;
        for member in self.all[id].members.ids() {
            let own = &self.all[id].members[member];
            if own.up {
                self.leave(id, member, brokers, cx);
            } else if own.joined {
                self.expel(id, member, brokers, cx);
            }
        }
        let group = &mut self.all[id];
        group.ghosts.clear();
        (group.rebalance.joining, group.rebalance.again) = (false, false);
        group.rebalance.generation.advance();
        group.rebalance.plan.clear();
        group.await_nobody(id, cx);
        self.watch_emptiness(id, cx);
    }

    /// A group works again: the members that it began with join, and after the initial delay of an empty
    /// group they get their partitions.
    pub(in super::super) fn bring_up(
        &mut self,
        id: GroupId,
        workers: u32,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let group = &mut self.all[id];
        group.down = group.down.saturating_sub(1);
        if group.down > 0 {
            return;
        }
        group.known = brokers.partition_count();
        group.rebalance.hold_until =
            cx.now() + cx.config.coordinator.initial_delay + group.config.start;
        group.empty_since = None;
        let (now, until) = (cx.queue.now(), group.rebalance.hold_until);
        cx.probe
            .waits(Limit::JoinDelay.of(id.as_index(), 0), now, until);
        for (member, own) in group.members.pairs_mut().take(workers as usize) {
            (own.up, own.joined, own.ready) = (true, true, true);
            brokers.set_alive(id, member, true);
        }
        if self.is_shared(id) {
            return self.bring_up_shared(id, cx);
        }
        let group = &mut self.all[id];
        if group.config.protocol == Protocol::Consumer {
            return self.trigger(id, None, brokers, cx);
        }
        group.rebalance.joining = true;
        let event = Event::JoinDeadline(id, group.rebalance.generation.advance());
        cx.queue.at(group.rebalance.hold_until, Timer::Group(event));
        self.listen(cx);
    }

    /// The members that ran in a zone are gone with it.
    pub(in super::super) fn lose_zone(
        &mut self,
        zone: u32,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        for id in self.all.ids() {
            for member in self.all[id].members.ids() {
                if self.all[id].members[member].zone == zone {
                    // Nobody closes its connections.
                    self.vanish(id, member, "member crashed", brokers, cx);
                }
            }
        }
    }

    /// A zone is back: the members that ran there start again.
    pub(in super::super) fn regain_zone(&self, zone: u32, cx: &mut Scope<'_>) {
        for (id, group) in self.all.pairs() {
            for (member, own) in group.members.pairs() {
                if own.zone == zone && !own.up && own.incarnation != Ticket::FIRST {
                    self.start_member(id, member, cx);
                }
            }
        }
    }

    /// A coordinator is gone: heartbeats, commits and rebalances of its groups wait.
    pub(in super::super) fn lose_coordinator(&mut self, broker: BrokerId) {
        for group in self.all.iter_mut() {
            if group.coordinator == Some(broker) {
                group.coordinator = None;
            }
        }
    }

    /// Groups without a coordinator get `next`.
    pub(in super::super) fn move_coordinators(&mut self, next: BrokerId, cx: &mut Scope<'_>) {
        for id in self.all.ids() {
            let group = &mut self.all[id];
            if group.coordinator.is_none() {
                (group.coordinator, group.sessions_from) = (Some(next), cx.now());
                self.check_joined(id, cx);
            }
        }
        self.listen(cx);
    }
}
