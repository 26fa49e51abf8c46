//! Groups after a cut of the log, and what of an answer under way is void.

use super::super::partition::{NOBODY, Position};
use super::{Event, Kafka};
use crate::platform::Cx;

/// A group had to jump over what retention deleted while records before it were in a member's hands.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Jump {
    /// The group.
    pub group: usize,
    /// The partition.
    pub lane: u32,
    /// Where the records in hand end.
    pub ends: u64,
    /// Where the group goes on.
    pub to: u64,
}

impl Kafka {
    /// A log was cut off: groups that had come farther go back to where it ends now.
    pub(in super::super) fn rewind(&mut self, lane: u32, to: Position, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            let cursor = &mut self.partitions[lane as usize].cursors[group];
            cursor.committed = cursor.committed.min(to.offset);
            if cursor.fetched.offset <= to.offset && cursor.seen <= to.offset {
                continue;
            }
            self.drop_in_hand(group, lane, cx);
            let member = self.groups[group].member_of[lane as usize];
            let mut voided = 0;
            if member != NOBODY {
                voided = self.groups[group].members[member as usize]
                    .reader
                    .void(lane);
            }
            let partition = &mut self.partitions[lane as usize];
            let cursor = &mut partition.cursors[group];
            cursor.seen = cursor.seen.min(to.offset);
            cursor.done = cursor.done.min(to.offset);
            cursor.outstanding = 0;
            cursor.grant = cursor.grant.wrapping_add(1);
            let from = cursor.done.max(cursor.committed);
            let at = partition.position_of(from);
            partition.cursors[group].fetched = at;
            if let Some(index) = self.session_of(group, lane) {
                let session = &mut self.sessions[index];
                session.unread = session.unread.saturating_sub(voided);
                self.recount(index);
            }
        }
        (0..self.groups.len()).for_each(|group| self.start_idle_sessions(group, cx));
    }

    /// Counts anew what is visible and not fetched for a session.
    fn recount(&mut self, index: usize) {
        let session = &mut self.sessions[index];
        let group = usize::from(session.group);
        (session.available, session.dirty) = (0, Vec::new());
        let app = &self.groups[group];
        for lane in &app.members[session.member as usize].lanes {
            if app.read_from[*lane as usize] != session.broker {
                continue;
            }
            let partition = &mut self.partitions[*lane as usize];
            let cursor = &mut partition.cursors[group];
            let waiting = partition
                .high_watermark
                .bytes
                .saturating_sub(cursor.fetched.bytes);
            cursor.dirty = waiting > 0;
            session.available += waiting;
            if waiting > 0 {
                session.dirty.push(*lane);
            }
        }
    }

    /// Answers with records of a partition that are on their way to its owner are void.
    pub(super) fn void_under_way(&mut self, group: usize, lane: u32) {
        let member = self.groups[group].member_of[lane as usize];
        let Some(own) = self.groups[group].members.get(member as usize) else {
            return;
        };
        let behind = self.jumped_to(group, lane);
        let partition = &self.partitions[lane as usize];
        let cursor = partition.cursors[group];
        let from = own
            .reader
            .end_of(lane)
            .unwrap_or(cursor.done.max(cursor.seen))
            .max(behind);
        if from >= cursor.fetched.offset {
            return;
        }
        let at = partition.position_of(from);
        let unseen = partition.log.counted(
            from.max(cursor.seen),
            cursor.fetched.offset.max(cursor.seen),
        );
        let cursor = &mut self.partitions[lane as usize].cursors[group];
        cursor.fetched = at;
        cursor.outstanding = cursor.outstanding.saturating_sub(unseen);
        cursor.grant = cursor.grant.wrapping_add(1);
        self.regrant(group, member, lane);
    }

    /// Where a group goes on behind its last jump in a partition; 0 without one.
    pub(super) fn jumped_to(&self, group: usize, lane: u32) -> u64 {
        let own = self
            .jumps
            .iter()
            .filter(|jump| jump.group == group && jump.lane == lane);
        own.map(|jump| jump.to).max().unwrap_or_default()
    }

    /// A group has done more of a partition: it jumps where what it had in hand ends.
    pub(super) fn land(&mut self, group: usize, lane: u32) {
        let cursor = &mut self.partitions[lane as usize].cursors[group];
        self.jumps.retain(|jump| {
            let lands = jump.group == group && jump.lane == lane && cursor.seen >= jump.ends;
            if lands {
                cursor.seen = cursor.seen.max(jump.to);
            }
            !lands
        });
    }

    /// What a reader had in its hands is gone: of that, records that retention has deleted meanwhile can
    /// not be fetched again.
    pub(in super::super) fn drop_in_hand(
        &mut self,
        group: usize,
        lane: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let partition = &mut self.partitions[lane as usize];
        partition.cursors[group].outstanding = 0;
        self.jumps.retain(|jump| {
            if jump.group != group || jump.lane != lane {
                return true;
            }
            let seen = partition.cursors[group].seen;
            let gone = if seen < jump.ends {
                partition.log.counted(seen, jump.ends)
            } else {
                0
            };
            cx.probe.expired(group, gone);
            partition.cursors[group].seen = seen.max(jump.to);
            false
        });
    }

    /// What a member has in hand of a partition stays its own although answers under way are void.
    pub(super) fn regrant(&mut self, group: usize, member: u32, lane: u32) {
        let grant = self.partitions[lane as usize].cursors[group].grant;
        for broker in 0..self.config.brokers_most {
            let index = self.session_at(group, member, broker);
            self.sessions[index]
                .answer
                .retain(|(chunk, given)| chunk.lane != lane || *given == grant);
        }
    }
}
