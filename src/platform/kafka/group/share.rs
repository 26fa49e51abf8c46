//! Members of share groups. Each may read every partition; brokers say who holds which record. A member asks for records
//! when it has none left, and with its next poll it acknowledges what the poll before gave it.
//!
//! # Source
//! KIP-932; Apache Kafka 4.1, `ShareConsumerImpl.java`, `ShareConsumeRequestManager.java`, `SimpleAssignor.java`.

use super::super::Event as Timer;
use super::super::broker::{Brokers, Position};
use super::super::config::Protocol;
use super::super::ids::{GroupId, MemberId, PartitionId, SessionId};
use super::super::wire::Scope;
use super::{Event, Groups};
use crate::engine::Ticket;
use crate::platform::{Chunk, Part};
use crate::probe::Limit;

impl Groups {
    /// Whether a group is a share group.
    #[inline]
    pub(super) fn is_shared(&self, id: GroupId) -> bool {
        matches!(self.all[id].config.protocol, Protocol::Share(_))
    }

    /// At the beginning the group knows all partitions, and its members poll.
    pub(super) fn start_shared(&mut self, id: GroupId, brokers: &mut Brokers, cx: &mut Scope<'_>) {
        for at in brokers.partition_ids() {
            brokers.set_known(id, at);
        }
        for member in self.all[id].members.ids() {
            self.share_poll(id, member, brokers, cx);
        }
    }

    /// A member has joined; it polls when its first heartbeat has told it the partitions.
    pub(super) fn join_shared(&mut self, id: GroupId, member: MemberId, cx: &mut Scope<'_>) {
        let own = &mut self.all[id].members[member];
        own.joined = true;
        let event = Event::SharePoll(id, member, own.incarnation);
        cx.queue.after(cx.net.round_trip(), Timer::Group(event));
    }

    /// The members of a group that works again poll when their processes have started.
    pub(super) fn bring_up_shared(&mut self, id: GroupId, cx: &mut Scope<'_>) {
        let group = &self.all[id];
        let wait = group.config.start + cx.net.round_trip();
        for (member, own) in group.members.pairs().filter(|(_, own)| own.up) {
            let event = Event::SharePoll(id, member, own.incarnation);
            cx.queue.after(wait, Timer::Group(event));
        }
    }

    /// A member polls: it acknowledges what it has done, and begins with what it has or asks for more.
    pub(super) fn share_poll(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        if !own.up || own.stuck || !own.reader.is_idle() || group.down > 0 {
            return;
        }
        for chunk in own.unacknowledged.drain(..) {
            brokers.acknowledge_shared(id, member, chunk, cx);
        }
        let Some(ends) = own.reader.begin(now) else {
            brokers.send_share_fetches(id, member, cx);
            return self.look_again(id, member, cx);
        };
        if own.reader.has_more() {
            let spot = Limit::BusyWorker.of(id.as_index(), member.number());
            cx.probe.waits(spot, now, ends);
        }
        let event = Event::Done(id, member, own.incarnation);
        cx.queue.at(ends, Timer::Group(event));
    }

    /// A member that waits for records looks again after `fetch.max.wait.ms`: fetches may have come to nothing.
    fn look_again(&mut self, id: GroupId, member: MemberId, cx: &mut Scope<'_>) {
        let group = &mut self.all[id];
        let wait = group.config.fetch_wait.max(group.config.backoff);
        let own = &mut group.members[member];
        if !std::mem::replace(&mut own.looks_again, true) {
            let event = Event::SharePoll(id, member, own.incarnation);
            cx.queue.after(wait, Timer::Group(event));
        }
    }

    /// The timer of a member that waits for records, or that has just joined.
    pub(super) fn share_poll_due(
        &mut self,
        id: GroupId,
        member: MemberId,
        incarnation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let own = &mut self.all[id].members[member];
        if own.incarnation == incarnation {
            own.looks_again = false;
            self.share_poll(id, member, brokers, cx);
        }
    }

    /// The answer to a fetch reaches its member.
    pub(super) fn share_fetched(
        &mut self,
        session: SessionId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let (id, member) = brokers.member_of(session);
        let (mut answer, now) = (brokers.take_answer(session), cx.now());
        let own = &mut self.all[id].members[member];
        for (chunk, assignment) in answer.drain(..) {
            let at = PartitionId::new(chunk.lane);
            if own.up && brokers.is_assigned(id, at, assignment) {
                own.reader.push(chunk.received(now));
            }
        }
        brokers.received_shared(session, answer);
        self.share_poll(id, member, brokers, cx);
    }

    /// A slice is done: what nobody processed before is reported as delivered, the rest as given once more.
    pub(super) fn settle_shared(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let mut before = 0;
        for n in 0..self.all[id].members[member].reader.current().len() {
            let part = self.all[id].members[member].reader.current()[n];
            if part.chunk.count > 0 {
                self.report_shared(id, member, part, before, brokers, cx);
                self.all[id].members[member].unacknowledged.push(part.chunk);
            }
            before += part.chunk.count;
        }
        self.all[id].members[member].reader.end();
    }

    /// Reports a part of a slice.
    fn report_shared(
        &mut self,
        id: GroupId,
        member: MemberId,
        part: Part,
        before: u64,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let (chunk, mut fresh) = (part.chunk, 0);
        let (at, mut from) = (PartitionId::new(chunk.lane), chunk.first);
        while let Some(run) = brokers.next_fresh(id, chunk, from) {
            self.watch_order(id, run, brokers, cx);
            let before = before + (run.first - chunk.first);
            let part = Part { chunk: run, ..part };
            let reader = &self.all[id].members[member].reader;
            reader.report(part, before, 0, id.as_index(), brokers.log(at), cx.probe);
            brokers.book_shared(id, run);
            (from, fresh) = (run.first + run.count, fresh + run.count);
        }
        if fresh < chunk.count {
            cx.probe.redelivered(id.as_index(), chunk.count - fresh);
        }
    }

    /// The connections of a member are closed, so that what it held is available again.
    pub(super) fn hang_up(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        self.all[id].members[member].unacknowledged.clear();
        if self.is_shared(id) {
            brokers.close_shared(id, member, cx);
        }
    }

    /// Members of a share group that wait for records ask again: leaders may have changed.
    pub(super) fn poll_shared(&mut self, id: GroupId, brokers: &mut Brokers, cx: &mut Scope<'_>) {
        for member in self.all[id].members.ids() {
            self.share_poll(id, member, brokers, cx);
        }
    }

    /// The group learns that there are more partitions.
    pub(super) fn open_shared(
        &mut self,
        id: GroupId,
        at: PartitionId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let reset = self.all[id].config.offsets.reset;
        brokers.open_shared(id, at, reset, cx);
        let spot = Limit::NewLane.of(id.as_index(), at.number());
        cx.probe.end_wait(spot, cx.queue.now());
    }

    /// A log was cut off at `to`: members drop what they have in hand of it, and what is left comes back to them.
    pub(super) fn rewind_shared(
        &mut self,
        id: GroupId,
        at: PartitionId,
        to: Position,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if !brokers.is_shared_ahead(id, at, to) {
            return;
        }
        for own in self.all[id].members.iter_mut() {
            own.reader.void(at.number());
            own.unacknowledged
                .retain(|chunk: &Chunk| chunk.lane != at.number());
        }
        brokers.rewind_shared(id, at, to, cx);
    }
}
