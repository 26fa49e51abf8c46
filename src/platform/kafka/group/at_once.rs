//! Members whose processing takes no time: what an answer brings is done in the instant at which it arrives, without
//! a poll loop between.

use super::super::broker::Brokers;
use super::super::ids::{GroupId, MemberId, PartitionId, SessionId};
use super::super::wire::Scope;
use super::Groups;
use crate::units::SimTime;

impl Groups {
    /// Whether a member is idle, and will be done with records at the instant at which they arrive.
    #[inline]
    pub(super) fn is_done_at_once(&self, id: GroupId, member: MemberId) -> bool {
        let own = &self.all[id].members[member];
        let free = own.up && own.joined && !own.stuck && !own.rejoins && own.lost.is_empty();
        free && own.reader.is_done_at_once()
    }

    /// An answer reaches a member that is done with it at once: as many polls as it takes, all at this instant.
    pub(super) fn take_at_once(
        &mut self,
        session: SessionId,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        self.commit_if_due(id, member, brokers, cx);
        let now = cx.now();
        let mut answer = brokers.take_answer(session);
        for (chunk, assignment) in answer.drain(..) {
            let at = PartitionId::new(chunk.lane);
            let group = &mut self.all[id];
            if group.owner[at] != Some(member) || !brokers.is_assigned(id, at, assignment) {
                continue;
            }
            if cx.config.disturbed {
                self.watch_order(id, chunk, brokers, cx);
            }
            let (seen, log) = (brokers.seen(id, at), brokers.log(at));
            let reader = &mut self.all[id].members[member].reader;
            let chunk = chunk.received(now);
            reader.report_at_once(now, chunk, seen, id.as_index(), log, cx.probe);
            self.settle(id, chunk, brokers, cx);
        }
        if let Some(next_commit) = self.commits_next(id, member)
            && !cx.config.disturbed
            && !cx.probe.relays(id.as_index())
        {
            let until = next_commit.min(self.next_sample(now));
            brokers.is_done_at_once(session, until);
        }
        brokers.received(session, answer, 0, cx);
    }

    /// When the next sample after `now` is taken.
    fn next_sample(&self, now: SimTime) -> SimTime {
        let every = self.sample.0.max(1);
        let next = (now.0 / every + 1).saturating_mul(every);
        SimTime(next.min(self.duration.0))
    }

    /// When a member commits next, if it does not commit after each poll.
    fn commits_next(&self, id: GroupId, member: MemberId) -> Option<SimTime> {
        let group = &self.all[id];
        group.config.auto_commit?;
        Some(group.members[member].next_commit)
    }
}
