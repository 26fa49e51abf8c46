//! Groups after a cut of the log, and what of an answer under way is void.

use super::super::partition::{NOBODY, Position};
use super::{Event, Kafka};
use crate::platform::Cx;

impl Kafka {
    /// A log was cut off: groups that had come farther go back to where it ends now.
    pub(in super::super) fn rewind(&mut self, lane: u32, to: Position, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            let cursor = &mut self.partitions[lane as usize].cursors[group];
            cursor.committed = cursor.committed.min(to.offset);
            if cursor.fetched.offset <= to.offset && cursor.seen <= to.offset {
                continue;
            }
            let member = self.groups[group].member_of[lane as usize];
            let mut voided = 0;
            if member != NOBODY {
                voided = self.groups[group].members[member as usize].reader.void(lane);
            }
            let partition = &mut self.partitions[lane as usize];
            let cursor = &mut partition.cursors[group];
            cursor.seen = cursor.seen.min(to.offset);
            cursor.done = cursor.done.min(to.offset);
            (cursor.outstanding, cursor.jump) = (0, (0, 0));
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
            let waiting = partition.high_watermark.bytes.saturating_sub(cursor.fetched.bytes);
            cursor.dirty = waiting > 0;
            session.available += waiting;
            if waiting > 0 {
                session.dirty.push(*lane);
            }
        }
    }

    /// What a member has in hand of a partition stays its own although answers under way are void.
    pub(super) fn regrant(&mut self, group: usize, member: u32, lane: u32) {
        let grant = self.partitions[lane as usize].cursors[group].grant;
        for broker in 0..self.config.brokers_most {
            let index = self.session_at(group, member, broker);
            self.sessions[index].answer.retain(|(chunk, given)| chunk.lane != lane || *given == grant);
        }
    }
}
