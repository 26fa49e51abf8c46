//! For whom a rebalance waits: every member that has to join and has not done so.

use super::super::ids::{GroupId, MemberId};
use super::super::wire::Scope;
use super::Group;
use crate::probe::Limit;

impl Group {
    /// A rebalance begins to wait for all members that are to join.
    pub(super) fn await_members(&self, id: GroupId, cx: &mut Scope<'_>) {
        for (member, own) in self.members.pairs() {
            if own.joined && !own.ready {
                let spot = Limit::Rebalance.of(id.as_index(), member.number());
                cx.probe.begin_wait(spot, cx.queue.now());
            }
        }
    }

    /// A rebalance no longer waits for this member: it has joined, or is thrown out.
    pub(super) fn joins(&self, id: GroupId, member: MemberId, cx: &mut Scope<'_>) {
        let spot = Limit::Rebalance.of(id.as_index(), member.number());
        cx.probe.end_wait(spot, cx.queue.now());
    }

    /// A rebalance waits for nobody any more.
    pub(super) fn await_nobody(&self, id: GroupId, cx: &mut Scope<'_>) {
        for member in self.members.ids() {
            self.joins(id, member, cx);
        }
    }
}
