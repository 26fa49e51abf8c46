//! Members and their sinks. A member that waits for a sink that is called does not poll, and leaves its group
//! when `max.poll.interval.ms` is over; a sink that gathers lets it poll on until its buffer is full. What is
//! committed is what the sink has, as a connector does it. A sink that takes part in a transaction has it when the
//! transaction is committed, with the offsets.

use super::super::Event as Timer;
use super::super::broker::Brokers;
use super::super::ids::{GroupId, MemberId, PartitionId};
use super::super::wire::Scope;
use super::{Event, Groups};
use crate::engine::Ticket;
use crate::platform::{BufferStep, Chunk, HandOver};
use crate::probe::Limit;

impl Groups {
    /// A member has processed what a poll gave it, or its sink has answered: what follows?
    #[inline]
    pub(super) fn hand_over(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &Brokers,
        cx: &mut Scope<'_>,
    ) -> HandOver {
        let now = cx.now();
        let group = &mut self.all[id];
        let poll_interval = group.config.poll_interval;
        let own = &mut group.members[member];
        let sink = group
            .consumer_sink
            .as_mut()
            .map(|consumer_sink| &mut consumer_sink.sink);
        let next = own
            .reader
            .hand_over(now, sink, |lane| brokers.log(PartitionId::new(lane)));
        match next {
            HandOver::Finished => {}
            HandOver::WaitUntil(at) => {
                let spot = Limit::Sink.of(id.as_index(), member.number());
                cx.probe.waits(spot, now, at);
                let over = own.reader.began() + poll_interval;
                if now <= over && over < at {
                    cx.queue
                        .at(over, Timer::Group(Event::PollOver(id, member, own.poll)));
                }
                cx.queue
                    .at(at, Timer::Group(Event::Done(id, member, own.incarnation)));
            }
            HandOver::Buffered => {
                own.reader.end();
                self.tend_sink(id, member, cx);
                let own = &mut self.all[id].members[member];
                if own.reader.is_blocked() {
                    let poll = own.poll.advance();
                    cx.queue.after(
                        poll_interval,
                        Timer::Group(Event::PollOver(id, member, poll)),
                    );
                }
            }
        }
        next
    }

    /// A member looks at its buffer.
    fn tend_sink(&mut self, id: GroupId, member: MemberId, cx: &mut Scope<'_>) {
        let group = &mut self.all[id];
        let own = &mut group.members[member];
        let sink = group
            .consumer_sink
            .as_mut()
            .map(|consumer_sink| &mut consumer_sink.sink);
        match own.reader.tend(cx.now(), sink) {
            BufferStep::Nothing => {}
            BufferStep::LookAt(at) => cx.queue.at(
                at,
                Timer::Group(Event::SinkDue(id, member, own.incarnation)),
            ),
            BufferStep::WrittenAt(at) => cx.queue.at(
                at,
                Timer::Group(Event::SinkDone(id, member, own.incarnation)),
            ),
        }
    }

    /// A member's buffer may be due.
    pub(super) fn sink_due(
        &mut self,
        id: GroupId,
        member: MemberId,
        incarnation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let own = &self.all[id].members[member];
        if own.incarnation == incarnation {
            let blocked = own.reader.is_blocked();
            self.tend_sink(id, member, cx);
            self.poll_on(id, member, blocked, brokers, cx);
        }
    }

    /// The sink has the buffer that a member was writing.
    pub(super) fn sink_done(
        &mut self,
        id: GroupId,
        member: MemberId,
        incarnation: Ticket,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let own = &self.all[id].members[member];
        if own.incarnation != incarnation || !own.reader.is_written(cx.now()) {
            return;
        }
        if own.reader.commits_places() && !self.is_heard(id, member, cx) {
            // TxnOffsetCommit finds no coordinator, and the client asks again.
            let at = cx.now() + self.all[id].config.backoff;
            let event = Event::SinkDone(id, member, incarnation);
            return cx.queue.at(at, Timer::Group(event));
        }
        let mut n = 0;
        while let Some(kept) = self.all[id].members[member].reader.writing(n) {
            n += 1;
            if kept.chunk.count > 0 {
                self.report_written(id, member, kept.chunk, brokers, cx);
            }
        }
        let reader = &mut self.all[id].members[member].reader;
        let blocked = reader.is_blocked();
        reader.written();
        self.tend_sink(id, member, cx);
        self.poll_on(id, member, blocked, brokers, cx);
    }

    /// A member that gives partitions up in an orderly way commits the transaction that it has open, as Kafka Streams does.
    pub(super) fn commit_open(
        &mut self,
        id: GroupId,
        member: MemberId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let group = &mut self.all[id];
        let sink = group
            .consumer_sink
            .as_mut()
            .map(|consumer_sink| &mut consumer_sink.sink);
        let open = group.members[member].reader.commit_now(cx.now(), sink);
        for kept in open.iter().filter(|kept| kept.chunk.count > 0) {
            self.report_written(id, member, kept.chunk, brokers, cx);
        }
    }

    /// Records of one partition are in the sink.
    fn report_written(
        &mut self,
        id: GroupId,
        member: MemberId,
        chunk: Chunk,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if cx.config.disturbed {
            self.watch_order(id, chunk, brokers, cx);
        }
        let at = PartitionId::new(chunk.lane);
        let (seen, consumer) = (brokers.seen(id, at), id.as_index());
        let reader = &mut self.all[id].members[member].reader;
        reader.report_written(cx.now(), chunk, seen, consumer, brokers.log(at), cx.probe);
        self.settle(id, chunk, brokers, cx);
    }

    /// A member whose buffer was full polls again.
    fn poll_on(
        &mut self,
        id: GroupId,
        member: MemberId,
        was_blocked: bool,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let reader = &self.all[id].members[member].reader;
        if was_blocked && !reader.is_blocked() {
            self.poll_again(id, member, brokers, cx);
        }
    }

    /// Records of one partition are done and reported; they are committed where that is due at once.
    #[inline]
    pub(super) fn settle(&self, id: GroupId, chunk: Chunk, brokers: &mut Brokers, cx: &Scope<'_>) {
        let group = &self.all[id];
        let owner = group.owner[PartitionId::new(chunk.lane)];
        let commits = group.config.auto_commit.is_none();
        let at_once = commits && owner.is_some_and(|owner| self.is_heard(id, owner, cx));
        brokers.settle(id, chunk, at_once);
    }
}
