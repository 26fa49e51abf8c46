//! What becomes of a group's commits while it has no members, and of members that find none.
//!
//! # Source
//! KIP-186; KIP-211; Apache Kafka 3.9, `GroupMetadata.removeExpiredOffsets`, `NoOffsetForPartitionException`.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::config::Reset;
use super::super::ids::{GroupId, MemberId, PartitionId};
use super::super::wire::Scope;
use super::{Event, Group, Groups};
use crate::engine::Ticket;
use crate::units::SimTime;

impl Group {
    /// Whether the coordinator counts no member of it.
    pub(super) fn is_empty(&self) -> bool {
        !self.members.iter().any(|member| member.joined)
    }
}

impl Groups {
    /// A group may have lost its last member: from now on its commits grow old.
    pub(super) fn watch_emptiness(&mut self, id: GroupId, cx: &mut Scope<'_>) {
        let (now, shared) = (cx.now(), self.is_shared(id));
        let group = &mut self.all[id];
        if shared || !group.is_empty() {
            group.empty_since = None;
            return;
        }
        group.withheld.forget();
        if group.empty_since.is_none() {
            group.empty_since = Some(now);
            let settings = &cx.config.coordinator;
            let due = now + settings.offsets_retention;
            // The coordinator looks at its own distance.
            let looks = due.0.div_ceil(settings.offsets_check.0.max(1));
            let at = SimTime(looks.saturating_mul(settings.offsets_check.0.max(1)));
            cx.queue.at(at, Timer::Group(Event::OffsetsOver(id)));
        }
    }

    /// The commits of a group that has been empty for `offsets.retention.minutes` are gone.
    pub(super) fn offsets_over(&mut self, id: GroupId, brokers: &mut Brokers, cx: &mut Scope<'_>) {
        let group = &mut self.all[id];
        let kept = cx.config.coordinator.offsets_retention;
        let due = group
            .empty_since
            .is_some_and(|since| since + kept <= cx.now());
        if !due || !group.is_empty() {
            return;
        }
        brokers.forget_commits(id);
        let detail = "offsets.retention.minutes is over".to_owned();
        cx.probe.happened(
            cx.queue.now(),
            &group.name,
            "committed offsets expire",
            detail,
        );
    }

    /// Whether a member that gets a partition cannot say where it begins: with `auto.offset.reset = "none"` poll() throws.
    pub(super) fn has_no_offset(&self, id: GroupId, at: PartitionId, brokers: &Brokers) -> bool {
        self.all[id].config.offsets.reset == Reset::Never && brokers.lacks_commit(id, at)
    }

    /// The poll of a member will throw NoOffsetForPartitionException or OffsetOutOfRangeException.
    pub(super) fn throw_at_poll(&self, id: GroupId, member: MemberId, cx: &mut Scope<'_>) {
        let incarnation = self.all[id].members[member].incarnation;
        let event = Event::NoOffset(id, member, incarnation);
        cx.queue.at(cx.now(), Timer::Group(event));
    }

    /// A member's poll has thrown, and its application ends.
    pub(super) fn no_offset(
        &mut self,
        id: GroupId,
        member: MemberId,
        incarnation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let own = &self.all[id].members[member];
        if own.incarnation != incarnation || !own.up {
            return;
        }
        let detail = format!(
            "worker {}: no valid offset, auto.offset.reset = none",
            member.number() + 1
        );
        cx.probe
            .happened(cx.queue.now(), &self.all[id].name, "member ends", detail);
        self.leave(id, member, brokers, cx);
        self.trigger(id, None, brokers, cx);
        self.watch_emptiness(id, cx);
    }
}
