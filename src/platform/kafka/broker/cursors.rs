//! Where consumer groups stand in partitions: what they have fetched, processed and committed.
//!
//! # Source
//! Apache Kafka 3.9, `GroupMetadataManager.scala` (committed offsets), consumer `SubscriptionState.java`.

use super::super::config::Reset;
use super::super::ids::{BrokerId, GroupId, MemberId, PartitionId, SessionId};
use super::super::wire::Scope;
use super::resets::begins_at;
use super::{Brokers, Cursor, Position};
use crate::platform::{Chunk, Log};
use crate::units::SimTime;

/// Records of a partition that its owner holds.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct InHand {
    /// Whether the partition has an owner.
    pub owned: bool,
    /// The offset behind the last record that the owner holds, if it holds any.
    pub end: Option<u64>,
}

/// What a member has of a partition in its buffer.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Buffered {
    /// The chunks.
    pub chunks: u32,
    /// The offset behind their last record, if there is any.
    pub end: Option<u64>,
}

impl Brokers {
    /// Where a group stands in a partition.
    #[inline]
    pub(super) fn cursor(&self, group: GroupId, at: PartitionId) -> &Cursor {
        &self.partitions[at].cursors[group.as_index()]
    }

    /// Where a group stands in a partition, for tests of other rooms.
    #[cfg(test)]
    pub(in super::super) fn cursor_of(&self, group: GroupId, at: PartitionId) -> &Cursor {
        self.cursor(group, at)
    }

    /// Where a group stands in a partition, to change.
    #[inline]
    pub(super) fn cursor_mut(&mut self, group: GroupId, at: PartitionId) -> &mut Cursor {
        &mut self.partitions[at].cursors[group.as_index()]
    }

    /// The offset before which a group has seen everything once.
    #[inline]
    pub(in super::super) fn seen(&self, group: GroupId, at: PartitionId) -> u64 {
        self.cursor(group, at).seen
    }

    /// The records of a partition that somebody still has to read.
    #[inline]
    pub(in super::super) fn log(&self, at: PartitionId) -> &Log {
        &self.partitions[at].log
    }

    /// Records of all partitions that a group has still to process.
    pub(in super::super) fn unread(&self, group: GroupId) -> u64 {
        let unread = |at: PartitionId| {
            let (cursor, partition) = (self.cursor(group, at), &self.partitions[at]);
            let from = cursor.fetched.offset.max(cursor.seen);
            cursor.outstanding + partition.readable(group.as_index(), from, partition.end.offset)
        };
        self.partitions.ids().map(unread).sum()
    }

    /// How far a group is behind at most, in records, and how old the oldest record is that it has not
    /// processed `[s]`.
    pub(in super::super) fn lag(&self, group: GroupId, now: SimTime) -> (u64, f64) {
        let (mut most, mut oldest) = (0_u64, 0.0_f64);
        for at in self.partitions.ids() {
            let (cursor, partition) = (self.cursor(group, at), &self.partitions[at]);
            let mut from = cursor.done.max(cursor.seen.min(cursor.committed));
            if cursor.commits_record_offsets {
                from = from.min(partition.offset_to_commit(group.as_index()));
            }
            most = most.max(partition.end.offset.saturating_sub(from));
            if let Some(stored) = partition.log.at(from) {
                oldest = oldest.max(now.since(stored.appended()).as_secs_f64());
            }
        }
        (most, oldest)
    }

    /// A group knows a partition: its first owner begins where the group's commits end.
    pub(in super::super) fn set_known(&mut self, group: GroupId, at: PartitionId) {
        self.cursor_mut(group, at).known = true;
    }

    /// A member gets a partition: it goes on where the group's commits end, or where `auto.offset.reset` says.
    pub(in super::super) fn assign(
        &mut self,
        group: GroupId,
        at: PartitionId,
        reset: Reset,
        cx: &mut Scope<'_>,
    ) {
        let partition = &mut self.partitions[at];
        let start = partition.start();
        let cursor = partition.cursors[group.as_index()];
        let consumer = group.as_index();
        let begins = !cursor.known || cursor.committed < start.offset;
        let mut from = cursor.committed;
        if cursor.seen < start.offset {
            // Retention deleted these while a member held them that is gone.
            let gone = partition.readable(consumer, cursor.seen, start.offset);
            cx.probe.expired(consumer, gone);
        }
        if begins {
            from = begins_at(partition, consumer, reset, cx.now());
            partition.pass_hidden(consumer, from, cx.probe);
            let unseen = cursor.seen.max(start.offset).min(from);
            let unseen = partition.readable(consumer, unseen, from);
            if cursor.seen < from {
                cx.probe.skipped(consumer, unseen);
            }
        }
        let place = partition.position_of(from);
        let cursor = self.cursor_mut(group, at);
        (cursor.known, cursor.dirty, cursor.outstanding) = (true, false, 0);
        (cursor.fetched, cursor.done, cursor.committed) = (place, from, from);
        cursor.seen = cursor.seen.max(if begins { from } else { 0 });
        cursor.assignment.advance();
    }

    /// Where a member reads a partition: at its leader, or with `client.rack` at an in-sync replica of its
    /// own zone.
    pub(in super::super) fn source(
        &self,
        at: PartitionId,
        near: Option<u32>,
        cx: &Scope<'_>,
    ) -> Option<BrokerId> {
        let partition = &self.partitions[at];
        let leader = partition.leader?;
        let Some(zone) = near.filter(|_| cx.config.cluster.rack_selector) else {
            return Some(leader);
        };
        let near = |broker: BrokerId| cx.net.zone_of(broker) == zone;
        if near(leader) {
            return Some(leader);
        }
        let in_sync = partition
            .replicas
            .iter()
            .filter(|replica| replica.in_sync && !replica.moving);
        let nearest = in_sync
            .filter(|replica| near(replica.broker))
            .max_by_key(|replica| replica.end);
        Some(nearest.map_or(leader, |replica| replica.broker))
    }

    /// A member reads a partition from `source`, if that is known.
    pub(in super::super) fn open_reader(
        &mut self,
        group: GroupId,
        member: MemberId,
        at: PartitionId,
        source: Option<BrokerId>,
        cx: &mut Scope<'_>,
    ) {
        let reader = source.map(|broker| self.session_at(group, member, broker));
        self.cursor_mut(group, at).reader = reader;
        self.join_session(group, at, cx);
    }

    /// A member that owns a partition reads it from nobody.
    pub(in super::super) fn close_reader(&mut self, group: GroupId, at: PartitionId) {
        self.cursor_mut(group, at).reader = None;
    }

    /// The owner of a partition gives it up, or has crashed; what it has done is committed if it `commits`.
    /// Returns the session that it was read by.
    pub(in super::super) fn release(
        &mut self,
        group: GroupId,
        at: PartitionId,
        commits: bool,
        cx: &mut Scope<'_>,
    ) -> Option<SessionId> {
        let reader = self.cursor(group, at).reader;
        self.leave_session(group, at);
        self.drop_in_hand(group, at, cx);
        let partition = &mut self.partitions[at];
        let cursor = &mut partition.cursors[group.as_index()];
        cursor.assignment.advance();
        if commits {
            let done = partition.offset_to_commit(group.as_index());
            let cursor = &mut partition.cursors[group.as_index()];
            cursor.committed = cursor.committed.max(done);
        }
        let committed = partition.cursors[group.as_index()].committed;
        let place = partition.position_of(committed);
        let cursor = self.cursor_mut(group, at);
        (cursor.fetched, cursor.outstanding) = (place, 0);
        cursor.reader = None;
        reader
    }

    /// The owner of a partition has crashed: what it fetched is gone.
    pub(in super::super) fn lose_owner(
        &mut self,
        group: GroupId,
        at: PartitionId,
        cx: &mut Scope<'_>,
    ) {
        self.drop_in_hand(group, at, cx);
        let partition = &mut self.partitions[at];
        let place = partition.position_of(partition.cursors[group.as_index()].committed);
        self.cursor_mut(group, at).assignment.advance();
        self.leave_session(group, at);
        let cursor = self.cursor_mut(group, at);
        (cursor.fetched, cursor.outstanding) = (place, 0);
        cursor.reader = None;
    }

    /// The owner of a partition commits what it has done of it.
    pub(in super::super) fn commit(&mut self, group: GroupId, at: PartitionId) {
        let partition = &mut self.partitions[at];
        let done = partition.offset_to_commit(group.as_index());
        let cursor = &mut partition.cursors[group.as_index()];
        cursor.committed = cursor.committed.max(done);
        partition.trim();
    }

    /// Records of one partition are done and reported; they are committed at once if the group does that.
    #[inline]
    pub(in super::super) fn settle(&mut self, group: GroupId, chunk: Chunk, at_once: bool) {
        let at = PartitionId::new(chunk.lane);
        let partition = &mut self.partitions[at];
        let cursor = &mut partition.cursors[group.as_index()];
        let end = chunk.first + chunk.count;
        cursor.settle(chunk.first, end, &partition.log);
        partition.step_over_hidden(group.as_index());
        if at_once {
            let done = partition.offset_to_commit(group.as_index());
            partition.cursors[group.as_index()].committed = done;
            partition.trim();
        }
        if !self.sessions.jumps.is_empty() {
            self.make_jumps(group, at);
        }
    }

    /// A member that has lost a partition is done with records of it: the group has seen them, and nothing is committed.
    pub(in super::super) fn settle_lost(&mut self, group: GroupId, chunk: Chunk) {
        let at = PartitionId::new(chunk.lane);
        let partition = &mut self.partitions[at];
        let cursor = &mut partition.cursors[group.as_index()];
        let end = chunk.first + chunk.count;
        let (from, fetched) = (chunk.first.max(cursor.seen), cursor.fetched.offset.min(end));
        if from < fetched {
            // The new owner has already fetched these records: they no longer count as new.
            let known = partition
                .log
                .readable(from, fetched, cursor.reads_committed);
            cursor.outstanding = cursor.outstanding.saturating_sub(known);
        }
        cursor.seen = cursor.seen.max(end);
        if !self.sessions.jumps.is_empty() {
            self.make_jumps(group, at);
        }
    }

    /// The reader of a partition moves to another broker: what the old one has still to deliver will not be taken.
    pub(in super::super) fn move_reader(
        &mut self,
        group: GroupId,
        member: MemberId,
        at: PartitionId,
        wanted: Option<BrokerId>,
        buffered: Buffered,
        cx: &mut Scope<'_>,
    ) {
        if let Some(old) = self.cursor(group, at).reader {
            self.leave_session(group, at);
            let cursor = self.cursor(group, at);
            let from = buffered.end.unwrap_or(cursor.done.max(cursor.committed));
            self.void_from(group, at, from);
            let session = &mut self.sessions.all[old];
            session.buffered = session.buffered.saturating_sub(buffered.chunks);
        }
        let reader = wanted.map(|broker| self.session_at(group, member, broker));
        self.cursor_mut(group, at).reader = reader;
        if let Some(new) = reader {
            self.sessions.all[new].buffered += buffered.chunks;
        }
        self.join_session(group, at, cx);
    }

    /// Answers that carry records of a partition from `from` on, or from behind a jump, are void.
    pub(super) fn void_from(&mut self, group: GroupId, at: PartitionId, from: u64) {
        let from = from.max(self.jumped_to(group, at));
        let partition = &mut self.partitions[at];
        let cursor = &partition.cursors[group.as_index()];
        if from >= cursor.fetched.offset {
            return;
        }
        let place = partition.position_of(from);
        let (low, high) = (
            from.max(cursor.seen),
            cursor.fetched.offset.max(cursor.seen),
        );
        let void = partition.readable(group.as_index(), low, high);
        let cursor = self.cursor_mut(group, at);
        cursor.fetched = place;
        cursor.outstanding = cursor.outstanding.saturating_sub(void);
        cursor.assignment.advance();
        self.keep_current_answers(group, at);
    }

    /// Of answers under way, drops what belongs to an earlier assignment of a partition.
    fn keep_current_answers(&mut self, group: GroupId, at: PartitionId) {
        let assignment = self.cursor(group, at).assignment;
        for session in self
            .sessions
            .all
            .iter_mut()
            .filter(|session| session.group == group)
        {
            let current = |chunk: &Chunk, given| chunk.lane != at.number() || given == assignment;
            session
                .answer
                .retain(|(chunk, given)| current(chunk, *given));
        }
    }

    /// A log was cut off at `to`: whether a group had come farther.
    pub(in super::super) fn is_ahead(
        &mut self,
        group: GroupId,
        at: PartitionId,
        to: Position,
    ) -> bool {
        let cursor = self.cursor_mut(group, at);
        cursor.committed = cursor.committed.min(to.offset);
        cursor.fetched.offset > to.offset || cursor.seen > to.offset
    }

    /// A log was cut off at `to`: a group that had come farther goes back. `voided` chunks were in its member's
    /// buffer, which owns `partitions`.
    pub(in super::super) fn rewind(
        &mut self,
        group: GroupId,
        at: PartitionId,
        to: Position,
        voided: u32,
        partitions: &[PartitionId],
        cx: &mut Scope<'_>,
    ) {
        self.drop_in_hand(group, at, cx);
        let cursor = self.cursor_mut(group, at);
        cursor.seen = cursor.seen.min(to.offset);
        cursor.done = cursor.done.min(to.offset);
        cursor.outstanding = 0;
        cursor.assignment.advance();
        let from = cursor.done.max(cursor.committed);
        let place = self.partitions[at].position_of(from);
        let cursor = self.cursor_mut(group, at);
        cursor.fetched = place;
        if let Some(reader) = cursor.reader {
            let session = &mut self.sessions.all[reader];
            session.buffered = session.buffered.saturating_sub(voided);
            self.recount_session(reader, partitions);
        }
    }
}
