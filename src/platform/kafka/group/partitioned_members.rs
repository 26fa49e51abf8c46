//! Members that are cut off from their coordinator: nobody hears their heartbeats, they can neither commit nor
//! join, and when their session is over others get what they read. They find out when they are heard again.
//!
//! # Source
//! Apache Kafka 3.9, `GroupCoordinator.completeHeartbeatExpiration`, `UNKNOWN_MEMBER_ID`.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::ids::{GroupId, MemberId};
use super::super::wire::Scope;
use super::{Event, Groups, Member};
use crate::engine::Ticket;
use crate::probe::Limit;
use crate::units::Nanos;

/// How long a member waits before it looks for its coordinator once more: the model's, see docs/FIDELITY.md.
pub(super) const AGAIN: Nanos = Nanos::from_secs(1);

impl Groups {
    /// Whether a member reaches its coordinator.
    pub(super) fn is_heard(&self, id: GroupId, member: MemberId, cx: &Scope<'_>) -> bool {
        self.all[id].coordinator.is_some() && !self.is_cut_off(id, member, cx)
    }

    /// Whether there is a coordinator, on the other side of a split.
    #[inline]
    pub(super) fn is_cut_off(&self, id: GroupId, member: MemberId, cx: &Scope<'_>) -> bool {
        let group = &self.all[id];
        let zone = group.members[member].zone;
        let reaches = |broker| cx.net.connected(zone, cx.net.zone_of(broker));
        group.coordinator.is_some_and(|broker| !reaches(broker))
    }

    /// Zones, or coordinators, are elsewhere for each other: some members fall silent, others are heard again.
    pub(in super::super) fn listen(&mut self, cx: &mut Scope<'_>) {
        for id in self.all.ids() {
            for member in self.all[id].members.ids() {
                self.listen_to(id, member, cx);
            }
        }
    }

    /// A member falls silent, or is heard again.
    fn listen_to(&mut self, id: GroupId, member: MemberId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let cut_off = self.is_cut_off(id, member, cx);
        let group = &mut self.all[id];
        let (beat, next) = (group.last_beat(member, now), group.next_beat(member, now));
        let own = &mut group.members[member];
        let silent = Timer::Group(Event::Silent(id, member, own.incarnation));
        if !own.up || !cut_off {
            if own.up && own.silent_since.is_some() {
                unread(id, own, false, cx);
            }
            own.silent_since = None;
            if own.up && !own.joined {
                cx.queue.at(next, silent);
            }
        } else if own.silent_since.is_none() {
            own.silent_since = Some(beat);
            unread(id, own, true, cx);
            cx.queue.at((beat + group.config.session).max(now), silent);
        }
    }

    /// A member that nobody has heard may have been silent for too long, or be heard again.
    pub(super) fn silent(
        &mut self,
        id: GroupId,
        member: MemberId,
        incarnation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let heard = self.is_heard(id, member, cx);
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        if own.incarnation != incarnation || !own.up || group.down > 0 {
            return;
        }
        let Some(since) = own.silent_since else {
            // It had lost its place without being told.
            if heard && !own.joined && !own.stuck && own.reader.is_idle() {
                own.joined = true;
                self.trigger(id, Some(member), brokers, cx);
            }
            return;
        };
        if !own.joined {
            return;
        }
        let due = since.max(group.sessions_from) + group.config.session;
        if due > now || group.coordinator.is_none() {
            let event = Event::Silent(id, member, incarnation);
            return cx.queue.at(due.max(now + AGAIN), Timer::Group(event));
        }
        self.expel(id, member, brokers, cx);
        let detail = format!("worker {}, cut off", member.number() + 1);
        cx.probe
            .happened(now, &self.all[id].name, "session over", detail);
        self.trigger(id, None, brokers, cx);
    }
}

/// The partitions of a member have nobody else who reads them while it is cut off from the group.
fn unread(id: GroupId, member: &Member, begins: bool, cx: &mut Scope<'_>) {
    let now = cx.queue.now();
    for at in &member.partitions {
        let spot = Limit::NoOwner.of(id.as_index(), at.number());
        if begins {
            cx.probe.begin_wait(spot, now);
        } else {
            cx.probe.end_wait(spot, now);
        }
    }
}
