//! Members follow the leaders of the partitions that they read.
//!
//! # Source
//! Apache Kafka 3.9, consumer `Fetcher.java`, `Metadata.java`; KIP-392.

use super::super::Event as Timer;
use super::super::broker::{Brokers, Buffered};
use super::super::ids::{BrokerId, GroupId, MemberId, PartitionId, SessionId};
use super::super::wire::Scope;
use super::{Event, Groups};
use crate::probe::Limit;

impl Groups {
    /// Where a member reads a partition: at its leader, or with `client.rack` at an in-sync replica of its
    /// own zone.
    pub(super) fn source_of(
        &self,
        id: GroupId,
        member: MemberId,
        at: PartitionId,
        brokers: &Brokers,
        cx: &Scope<'_>,
    ) -> Option<BrokerId> {
        let group = &self.all[id];
        let near = group
            .config
            .fetches
            .rack
            .then_some(group.members[member].zone);
        brokers.source(at, near, cx)
    }

    /// An answer reaches its member.
    #[inline]
    pub(super) fn fetched(
        &mut self,
        session: SessionId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let (id, member) = brokers.member_of(session);
        if self.is_shared(id) {
            return self.share_fetched(session, brokers, cx);
        }
        if self.is_done_at_once(id, member) {
            return self.take_at_once(session, id, member, brokers, cx);
        }
        let mut answer = brokers.take_answer(session);
        let group = &mut self.all[id];
        let now = cx.now();
        let mut buffered = 0;
        let busy = group.members[member].reader.busy_until();
        for (chunk, assignment) in answer.drain(..) {
            let at = PartitionId::new(chunk.lane);
            if brokers.is_assigned(id, at, assignment) && group.owner[at] == Some(member) {
                group.members[member].reader.push(chunk.received(now));
                buffered += 1;
            }
        }
        if let Some(until) = busy.filter(|_| buffered > 0) {
            let spot = Limit::BusyWorker.of(id.as_index(), member.number());
            cx.probe.waits(spot, cx.queue.now(), until);
        }
        brokers.received(session, answer, buffered, cx);
        self.begin_slice(id, member, brokers, cx);
    }

    /// Leaders may have changed: consumers will know after a failed fetch and a refresh.
    pub(in super::super) fn learn_leaders_soon(&mut self, id: GroupId, cx: &mut Scope<'_>) {
        if self.all[id].learning.is_none() {
            self.all[id].learning = Some(cx.queue.now());
            // Both waits begin when the fetch fails because its connection broke.
            let settings = &self.all[id].config;
            let wait = settings.backoff.max(settings.reconnect);
            cx.queue.after(wait, Timer::Group(Event::Leaders(id)));
        }
    }

    /// Readers move to the brokers that lead now. Where the old broker went silent, they wait for
    /// `request.timeout.ms` first.
    pub(super) fn learn_leaders(&mut self, id: GroupId, brokers: &mut Brokers, cx: &mut Scope<'_>) {
        let now = cx.now();
        let since = self.all[id].learning.take();
        if self.is_shared(id) {
            return self.poll_shared(id, brokers, cx);
        }
        let mut later = None;
        for at in self.all[id].owner.ids() {
            let Some((member, own)) = self.all[id].owner_of(at) else {
                continue;
            };
            if !own.up || brokers.leader(at).is_none() {
                continue;
            }
            let wanted = self.source_of(id, member, at, brokers, cx);
            let spot = Limit::ReaderMetadata.of(id.as_index(), at.number());
            if let Some(old) = brokers.read_from(id, at).filter(|old| Some(*old) != wanted) {
                cx.probe.waits(spot, since.unwrap_or(now), now);
                let known = cx.net.away_since(old) + self.all[id].config.request_timeout;
                if !cx.net.is_up(old) && cx.net.is_silent(old) && known > now {
                    cx.probe.waits(spot, now, known);
                    later = Some(later.map_or(known, |later| known.min(later)));
                    continue;
                }
            }
            let reader = &self.all[id].members[member].reader;
            let buffered = Buffered {
                chunks: reader.chunks_of(at.number()),
                end: reader.end_of(at.number()),
            };
            brokers.move_reader(id, member, at, wanted, buffered, cx);
        }
        if let Some(later) = later {
            cx.queue.at(later, Timer::Group(Event::Leaders(id)));
        }
        self.start_idle_sessions(id, brokers, cx);
    }

    /// Sets sessions of a group going that have nothing in hand and nothing under way.
    pub(super) fn start_idle_sessions(
        &self,
        id: GroupId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        brokers.start_idle_sessions(id, self.all[id].members.count(), cx);
    }
}
