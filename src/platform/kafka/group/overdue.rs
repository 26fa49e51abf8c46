//! Members that do not poll in time. Whoever exceeds `max.poll.interval.ms` leaves the group and works on: what its last
//! poll gave it is processed, cannot be committed, and is given out again, to others or to itself.
//!
//! # Source
//! KIP-62; Apache Kafka 3.9, `AbstractCoordinator.maybeLeaveGroup`, `ConsumerConfig` on `max.poll.interval.ms`.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::ids::{GroupId, MemberId, PartitionId};
use super::super::wire::Scope;
use super::{Event, Groups};
use crate::engine::Ticket;
use crate::probe::Limit;

impl Groups {
    /// A member's application stands still, or goes on.
    pub(in super::super) fn set_stuck(
        &mut self,
        name: &str,
        number: u32,
        stuck: bool,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let member = MemberId::new(number);
        let exists = |id: &GroupId| self.all[*id].members.get(member).is_some();
        let Some(id) = self.named(name).filter(exists) else {
            return;
        };
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        own.stuck = stuck;
        let (spot, now) = (Limit::WorkerStill.of(id.as_index(), number), cx.queue.now());
        if stuck {
            cx.probe.begin_wait(spot, now);
        } else {
            cx.probe.end_wait(spot, now);
        }
        if stuck {
            let event = Event::PollOver(id, member, own.poll.advance());
            return cx
                .queue
                .after(group.config.poll_interval, Timer::Group(event));
        }
        if own.reader.is_idle() {
            self.poll_again(id, member, brokers, cx);
        }
    }

    /// A member has not polled for `max.poll.interval.ms`: it leaves the group by itself. One with a
    /// `group.instance.id` sends no more heartbeats instead, and its session runs out.
    pub(super) fn poll_over(
        &mut self,
        id: GroupId,
        member: MemberId,
        poll: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if !self.is_overdue(id, member, poll) {
            return;
        }
        let group = &self.all[id];
        if group.config.is_static {
            let at = group.last_beat(member, cx.now()) + group.config.session;
            let event = Event::StaticOver(id, member, poll);
            return cx.queue.at(at.max(cx.now()), Timer::Group(event));
        }
        self.lose_place(id, member, "max.poll.interval.ms is over", brokers, cx);
    }

    /// The session of a member with a `group.instance.id` that did not poll in time is over.
    pub(super) fn static_over(
        &mut self,
        id: GroupId,
        member: MemberId,
        poll: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if self.is_overdue(id, member, poll) {
            let why = "max.poll.interval.ms and then its session are over";
            self.lose_place(id, member, why, brokers, cx);
        }
    }

    /// Whether a member that is one has not polled since `poll`.
    fn is_overdue(&self, id: GroupId, member: MemberId, poll: Ticket) -> bool {
        let own = &self.all[id].members[member];
        let polls = !own.stuck && own.reader.is_idle();
        own.poll == poll
            && !self.is_shared(id)
            && own.up
            && own.joined
            && !polls
            && own.silent_since.is_none()
    }

    /// A member that did not poll in time is no longer one, and the group rebalances.
    fn lose_place(
        &mut self,
        id: GroupId,
        member: MemberId,
        why: &str,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let detail = format!("worker {}: {why}", member.number() + 1);
        let spot = Limit::Expelled.of(id.as_index(), member.number());
        cx.probe.bound(spot, 1);
        cx.probe
            .happened(cx.queue.now(), &self.all[id].name, "member leaves", detail);
        self.expel(id, member, brokers, cx);
        self.trigger(id, None, brokers, cx);
    }

    /// A member loses a partition without knowing it: it finishes the slice that it is working on.
    pub(super) fn lose(
        &mut self,
        id: GroupId,
        at: PartitionId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let Some(member) = self.all[id].owner[at] else {
            return;
        };
        let own = &mut self.all[id].members[member];
        let lane = at.number();
        let works = |part: &crate::platform::Part| part.chunk.lane == lane && part.chunk.count > 0;
        if !own.up || own.reader.gathers() || !own.reader.current().iter().any(works) {
            return self.release(id, at, false, brokers, cx);
        }
        let waiting = own.reader.chunks_of(lane);
        own.reader.forget(lane);
        own.lost.push(at);
        self.give_back(id, at, false, waiting, brokers, cx);
    }

    /// The log of a partition is cut off: nobody has records of it in hand any more that were lost with it.
    pub(super) fn void_lost(&mut self, id: GroupId, at: PartitionId) {
        for own in self.all[id].members.iter_mut() {
            if own.lost.contains(&at) {
                own.reader.void(at.number());
            }
        }
    }
}
