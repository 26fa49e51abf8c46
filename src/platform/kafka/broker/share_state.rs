//! What becomes of the records that members of share groups hold: acknowledgements arrive, locks run out, logs lose their
//! beginning or their end.
//!
//! # Source
//! KIP-932; Apache Kafka 4.1, `SharePartition.java`, `SharePartitionManager.java`; KAFKA-19015 (a closed connection
//! releases what its member held).

use super::super::Event as Timer;
use super::super::config::Reset;
use super::super::ids::{GroupId, MemberId, PartitionId};
use super::super::wire::Scope;
use super::resets::begins_at;
use super::sessions::State;
use super::share::Acknowledgement;
use super::{Brokers, Event, Position};
use crate::platform::Chunk;
use crate::probe::{Limit, happenings};

impl Brokers {
    /// A member acknowledges records that it has processed; the leader of their partition hears of it soon, if it can.
    pub(in super::super) fn acknowledge_shared(
        &mut self,
        group: GroupId,
        member: MemberId,
        chunk: Chunk,
        cx: &mut Scope<'_>,
    ) {
        let Some(leader) = self.partitions[PartitionId::new(chunk.lane)].leader else {
            return;
        };
        let session = self.session_at(group, member, leader);
        let zone = self.sessions.all[session].zone;
        if !cx.net.answers(zone, leader) {
            return;
        }
        let own = Acknowledgement {
            group,
            member,
            chunk,
        };
        let shares = &mut self.shares;
        let place = if let Some(place) = shares.free.pop() {
            shares.under_way[place as usize] = own;
            place
        } else {
            shares.under_way.push(own);
            shares.under_way.len() as u32 - 1
        };
        let way = cx.net.one_way(zone, cx.net.zone_of(leader));
        cx.queue
            .after(way, Timer::Broker(Event::ShareAcknowledged(place)));
    }

    /// An acknowledgement reaches its leader. It counts if its member still holds all the records.
    pub(super) fn share_acknowledged(&mut self, place: u32, cx: &mut Scope<'_>) {
        let Acknowledgement {
            group,
            member,
            chunk,
        } = self.shares.under_way[place as usize];
        self.shares.free.push(place);
        let at = PartitionId::new(chunk.lane);
        let Some(share) = self.shares.of_mut(group) else {
            return;
        };
        if share.partitions[at].acknowledge(member, chunk) {
            self.move_share_start(group, at);
            self.wake_shared(group, at, cx);
        }
    }

    /// Locks of a partition may have run out.
    pub(super) fn share_lock(&mut self, group: GroupId, at: PartitionId, cx: &mut Scope<'_>) {
        let (now, consumer) = (cx.now(), group.as_index());
        let Self {
            shares, partitions, ..
        } = self;
        let Some(share) = shares.of_mut(group) else {
            return;
        };
        let log = &partitions[at].log;
        let (rules, mut gone) = (share.rules, 0);
        let expired = share.partitions[at].expire(now, &rules, |offset| {
            gone += log.counted(offset, offset + 1);
        });
        let next = share.partitions[at].next_end();
        share.timed[at] = next.is_some();
        if let Some(next) = next {
            cx.queue
                .at(next, Timer::Broker(Event::ShareLock(group, at)));
        }
        let spot = Limit::RecordLock.of(consumer, at.number());
        cx.probe.bound(spot, expired.released + expired.archived);
        let first = expired.archived > 0 && !std::mem::replace(&mut share.gave_up, true);
        let cursor = &mut partitions[at].cursors[consumer];
        cursor.outstanding = cursor.outstanding.saturating_sub(gone);
        cx.probe.discarded(consumer, gone);
        if first {
            let detail = format!(
                "partition {}: a record was delivered {} times and not acknowledged in time",
                at.number(),
                rules.deliveries
            );
            let group = format!("group {}", consumer + 1);
            cx.probe.happened(now, &group, happenings::ARCHIVED, detail);
        }
        self.move_share_start(group, at);
        self.wake_shared(group, at, cx);
    }

    /// The position of a share group follows its start offset, and what nobody needs is forgotten.
    fn move_share_start(&mut self, group: GroupId, at: PartitionId) {
        let Some(share) = self.shares.of(group) else {
            return;
        };
        let start = share.partitions[at].start();
        let partition = &mut self.partitions[at];
        let cursor = &mut partition.cursors[group.as_index()];
        if start > cursor.committed {
            (cursor.committed, cursor.done, cursor.seen) = (start, start, start);
            partition.trim();
        }
    }

    /// Fetches that wait for records of a partition are answered, as far as there are records.
    pub(super) fn wake_shared(&mut self, group: GroupId, at: PartitionId, cx: &mut Scope<'_>) {
        let partition = &self.partitions[at];
        let known = partition.cursors[group.as_index()].known;
        let (Some(leader), true) = (partition.leader, known) else {
            return;
        };
        let Some(share) = self
            .shares
            .of_mut(group)
            .filter(|share| !share.waiting.is_empty())
        else {
            return;
        };
        let mut waiting = std::mem::take(&mut share.waiting);
        waiting.retain(|id| {
            let session = &self.sessions.all[*id];
            let waits = session.state == State::Parked;
            let end = self.partitions[at].high_watermark.offset;
            let offers =
                |share: &super::share::Share| share.partitions[at].offers(end, &share.rules);
            let finds = session.broker == leader && self.shares.of(group).is_some_and(offers);
            if waits && finds {
                self.answer_fetch(*id, cx);
            }
            waits && !finds
        });
        if let Some(share) = self.shares.of_mut(group) {
            share.waiting.append(&mut waiting);
        }
    }

    /// A share group knows a partition from now on; the partitions of its beginning it reads from the start.
    pub(in super::super) fn open_shared(
        &mut self,
        group: GroupId,
        at: PartitionId,
        reset: Reset,
        cx: &mut Scope<'_>,
    ) {
        let consumer = group.as_index();
        let partition = &mut self.partitions[at];
        let from = begins_at(partition, consumer, reset, cx.now());
        if from > 0 {
            let unseen = partition.log.counted(0, from);
            cx.probe.skipped(consumer, unseen);
        }
        let place = partition.position_of(from);
        let cursor = &mut partition.cursors[consumer];
        (cursor.known, cursor.fetched) = (true, place);
        (cursor.committed, cursor.done, cursor.seen) = (from, from, from);
        if let Some(share) = self.shares.of_mut(group) {
            share.partitions[at] = super::super::share_partition::SharePartition::new(from);
        }
        self.wake_shared(group, at, cx);
    }

    /// The connections of a member of a share group are closed: what it held is available again.
    pub(in super::super) fn close_shared(
        &mut self,
        group: GroupId,
        member: MemberId,
        cx: &mut Scope<'_>,
    ) {
        self.shares.release(group, member);
        for at in self.partitions.ids() {
            self.wake_shared(group, at, cx);
        }
    }

    /// Retention has deleted records: what no member of a share group was processing of them has expired.
    pub(in super::super) fn skip_deleted_shared(
        &mut self,
        group: GroupId,
        at: PartitionId,
        cx: &mut Scope<'_>,
    ) {
        let (consumer, partition) = (group.as_index(), &mut self.partitions[at]);
        let start = partition.start();
        let Some(share) = self.shares.of_mut(group) else {
            return;
        };
        let log = &partition.log;
        let (mut gone, from) = (0, share.partitions[at].frontier());
        share.partitions[at].delete_before(start.offset, |offset| {
            gone += log.counted(offset, offset + 1);
        });
        let unread = if from < start.offset {
            log.counted(from, start.offset)
        } else {
            0
        };
        cx.probe.expired(consumer, gone + unread);
        let cursor = &mut partition.cursors[consumer];
        cursor.outstanding = cursor.outstanding.saturating_sub(gone);
        cursor.fetched = cursor.fetched.max(start);
        self.move_share_start(group, at);
    }

    /// A log was cut off at `to`: what members of a share group hold behind it is gone.
    pub(in super::super) fn rewind_shared(
        &mut self,
        group: GroupId,
        at: PartitionId,
        to: Position,
        cx: &mut Scope<'_>,
    ) {
        let partition = &mut self.partitions[at];
        let Some(share) = self.shares.of(group) else {
            return;
        };
        let own = &share.partitions[at];
        let open = own
            .open()
            .map(|offset| partition.log.counted(offset, offset + 1));
        let (open, start, frontier) = (open.sum(), own.start(), own.frontier());
        let place = partition.position_of(frontier).min(to);
        let cursor = &mut partition.cursors[group.as_index()];
        (cursor.outstanding, cursor.fetched) = (open, place);
        (cursor.committed, cursor.done, cursor.seen) = (start, start, start);
        cursor.assignment.advance();
        self.wake_shared(group, at, cx);
    }

    /// Of `chunk`, the next records from `from` on that no member of a share group has processed before.
    pub(in super::super) fn next_fresh(
        &self,
        group: GroupId,
        chunk: Chunk,
        from: u64,
    ) -> Option<Chunk> {
        let share = self.shares.of(group)?;
        share.partitions[PartitionId::new(chunk.lane)].next_fresh(chunk, from)
    }

    /// Records have been processed by a member of a share group for the first time.
    pub(in super::super) fn book_shared(&mut self, group: GroupId, chunk: Chunk) {
        let at = PartitionId::new(chunk.lane);
        if let Some(share) = self.shares.of_mut(group) {
            share.partitions[at].book(chunk);
        }
        let partition = &mut self.partitions[at];
        let fresh = partition
            .log
            .counted(chunk.first, chunk.first + chunk.count);
        let cursor = &mut partition.cursors[group.as_index()];
        cursor.outstanding = cursor.outstanding.saturating_sub(fresh);
    }
}

impl Brokers {
    /// A log was cut off at `to`: whether a share group had been given something behind it.
    pub(in super::super) fn is_shared_ahead(
        &self,
        group: GroupId,
        at: PartitionId,
        to: Position,
    ) -> bool {
        self.cursor(group, at).fetched.offset > to.offset
    }

    /// A member of a share group has received an answer; the room for it goes back.
    pub(in super::super) fn received_shared(
        &mut self,
        id: super::super::ids::SessionId,
        answer: Vec<(Chunk, crate::engine::Ticket)>,
    ) {
        let session = &mut self.sessions.all[id];
        (session.answer, session.state) = (answer, State::Idle);
        session.partitions = 0;
    }
}
