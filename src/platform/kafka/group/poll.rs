//! The poll loop of members: slices of `max.poll.records`, commits, and what is processed again.
//!
//! # Source
//! Apache Kafka 3.9, `ConsumerCoordinator.maybeAutoCommitOffsetsAsync`, `ConsumerImpl.poll`.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::ids::{GroupId, MemberId, PartitionId};
use super::super::wire::Scope;
use super::{Event, Groups};
use crate::engine::Ticket;
use crate::platform::{Chunk, HandOver};
use crate::probe::{Limit, happenings};

impl Groups {
    /// A member polls: it commits if that is due, and begins with what it has fetched.
    #[inline]
    pub(super) fn begin_slice(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let own = &self.all[id].members[member];
        if !own.up || own.stuck || !own.reader.is_idle() {
            return;
        }
        self.commit_if_due(id, member, brokers, cx);
        let poll_interval = self.all[id].config.poll_interval;
        let own = &mut self.all[id].members[member];
        let Some(ends) = own.reader.begin(now) else {
            return;
        };
        let poll = own.poll.advance();
        if own.reader.has_more() {
            let spot = Limit::BusyWorker.of(id.as_index(), member.number());
            cx.probe.waits(spot, now, ends);
        }
        if ends.since(now) > poll_interval {
            cx.queue.after(
                poll_interval,
                Timer::Group(Event::PollOver(id, member, poll)),
            );
        }
        cx.queue
            .at(ends, Timer::Group(Event::Done(id, member, own.incarnation)));
        for part in own.reader.current() {
            if part.last {
                brokers.chunk_begun(id, PartitionId::new(part.chunk.lane), cx);
            }
        }
        if self.all[id].config.fetches.asks_for_the_rest {
            let buffered = self.all[id].members[member].reader.waiting_lanes();
            brokers.fetch_the_rest(id, member, buffered.map(PartitionId::new), cx);
        }
    }

    /// A member that polls commits what it has done if `auto.commit.interval.ms` is over.
    #[inline]
    pub(super) fn commit_if_due(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &Scope<'_>,
    ) {
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        if let Some(interval) = group.config.auto_commit
            && cx.now() >= own.next_commit
        {
            own.next_commit = cx.now() + interval;
            self.commit(id, member, brokers, cx);
        }
    }

    /// A member commits what it has done.
    pub(super) fn commit(
        &self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &Scope<'_>,
    ) {
        if !self.is_heard(id, member, cx) {
            return;
        }
        for at in &self.all[id].members[member].partitions {
            brokers.commit(id, *at);
        }
    }

    /// A member is done with what a poll gave it.
    #[inline]
    pub(super) fn finish_slice(
        &mut self,
        id: GroupId,
        member: MemberId,
        incarnation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if self.all[id].members[member].incarnation != incarnation {
            return;
        }
        match self.hand_over(id, member, brokers, cx) {
            HandOver::WaitUntil(_) => return,
            HandOver::Buffered => {}
            HandOver::Finished => self.settle_slice(id, member, brokers, cx),
        }
        self.poll_again(id, member, brokers, cx);
    }

    /// A slice is done: its records are reported, each at its own instant.
    #[inline]
    fn settle_slice(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if self.is_shared(id) {
            return self.settle_shared(id, member, brokers, cx);
        }
        let mut before = 0;
        for n in 0..self.all[id].members[member].reader.current().len() {
            let part = self.all[id].members[member].reader.current()[n];
            if part.chunk.count > 0 {
                if cx.config.disturbed {
                    self.watch_order(id, part.chunk, brokers, cx);
                }
                let at = PartitionId::new(part.chunk.lane);
                let reader = &self.all[id].members[member].reader;
                let (seen, consumer) = (brokers.seen(id, at), id.as_index());
                let before = reader.before(n, before);
                reader.report(part, before, seen, consumer, brokers.log(at), cx.probe);
                if self.all[id].members[member].lost.contains(&at) {
                    brokers.settle_lost(id, part.chunk);
                } else {
                    self.settle(id, part.chunk, brokers, cx);
                }
            }
            before += part.chunk.count;
        }
        let own = &mut self.all[id].members[member];
        own.reader.end();
        own.lost.clear();
    }

    /// A member polls again: it joins a rebalance that waits for it, or begins with what it has fetched.
    pub(super) fn poll_again(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if self.is_shared(id) {
            return self.share_poll(id, member, brokers, cx);
        }
        let cut_off = self.is_cut_off(id, member, cx);
        let own = &mut self.all[id].members[member];
        let expelled = own.up && !own.joined && !own.stuck && !cut_off;
        if std::mem::take(&mut own.rejoins) {
            self.rejoin(id, member, brokers, cx);
        } else if expelled {
            // It was thrown out while it worked; it finds out in this poll and joins again.
            own.joined = true;
            let detail = format!(
                "worker {}: what it did meanwhile is not committed",
                member.number() + 1
            );
            cx.probe.happened(
                cx.queue.now(),
                &self.all[id].name,
                "member joins again",
                detail,
            );
            self.trigger(id, Some(member), brokers, cx);
        }
        self.begin_slice(id, member, brokers, cx);
    }

    /// Compares the records of `chunk` with the newest of their keys that the group has seen.
    pub(super) fn watch_order(
        &mut self,
        id: GroupId,
        chunk: Chunk,
        brokers: &Brokers,
        cx: &mut Scope<'_>,
    ) {
        let group = &mut self.all[id];
        let at = PartitionId::new(chunk.lane);
        let (log, seen) = (brokers.log(at), brokers.seen(id, at));
        let consumer = id.as_index();
        let disorder = group.order.watch(chunk, seen, log, consumer, cx.probe);
        let Some(disorder) = disorder else {
            return;
        };
        if std::mem::replace(&mut self.first_disorder_reported, true) {
            return;
        }
        let later = if self.is_shared(id) {
            "one of its key that was stored later"
        } else {
            "one that another partition stored later"
        };
        let group = &self.all[id];
        let detail = format!(
            "key number {}: `{}` was given the record that partition {} stored at {:.3} s after {later}",
            disorder.key,
            group.name,
            chunk.lane,
            disorder.stored_at.as_secs_f64()
        );
        let what = happenings::ORDER_VIOLATED;
        cx.probe.happened(cx.queue.now(), &group.name, what, detail);
    }
}
