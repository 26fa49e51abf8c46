//! Members that are cut off from their coordinator: nobody hears their heartbeats, they can neither commit nor
//! join, and when their session is over others get what they read. They find out when they are heard again.
//!
//! # Source
//! SRC39 `GroupCoordinator.completeHeartbeatExpiration`, `UNKNOWN_MEMBER_ID`; facts/kafka-msk.md section 4.

use super::super::partition::NOBODY;
use super::{Event, Kafka};
use crate::platform::Cx;
use crate::units::Nanos;

/// How long a member waits before it looks for its coordinator once more: the model's, see docs/FIDELITY.md.
pub(super) const AGAIN: Nanos = Nanos::from_secs(1);

impl Kafka {
    /// Whether a member reaches its coordinator.
    pub(super) fn is_heard(&self, group: usize, member: u32) -> bool {
        self.groups[group].coordinator != NOBODY && !self.is_cut_off(group, member)
    }

    /// Whether there is a coordinator, on the other side of a split.
    pub(super) fn is_cut_off(&self, group: usize, member: u32) -> bool {
        let app = &self.groups[group];
        let broker = self.brokers.get(app.coordinator as usize);
        broker.is_some_and(|broker| !self.connected(app.members[member as usize].zone, broker.zone))
    }

    /// Zones, or coordinators, are elsewhere for each other: some members fall silent, others are heard again.
    pub(in super::super) fn listen(&mut self, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            for member in 0..self.groups[group].members.len() as u32 {
                self.listen_to(group, member, cx);
            }
        }
    }

    fn listen_to(&mut self, group: usize, member: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let (cut_off, beat) = (
            self.is_cut_off(group, member),
            self.last_beat(group, member, now),
        );
        let next = self.next_beat(group, member, now);
        let app = &mut self.groups[group];
        let own = &mut app.members[member as usize];
        let life = own.life;
        let silent = Event::Silent {
            group: group as u16,
            member,
            life,
        };
        if !own.up || !cut_off {
            own.silent_since = None;
            if own.up && !own.joined {
                cx.queue.at(next, silent);
            }
        } else if own.silent_since.is_none() {
            own.silent_since = Some(beat);
            cx.queue.at((beat + app.config.session).max(now), silent);
        }
    }

    /// A member that nobody has heard may have been silent for too long, or be heard again.
    pub(in super::super) fn silent(
        &mut self,
        group: usize,
        member: u32,
        life: u16,
        cx: &mut Cx<'_, Event>,
    ) {
        let now = cx.queue.now();
        let heard = self.is_heard(group, member);
        let app = &mut self.groups[group];
        let own = &mut app.members[member as usize];
        if own.life != life || !own.up || app.down > 0 {
            return;
        }
        let Some(since) = own.silent_since else {
            // It had lost its place without being told.
            if heard && !own.joined && !own.stuck && own.reader.is_idle() {
                own.joined = true;
                self.trigger(group, Some(member), cx);
            }
            return;
        };
        if !own.joined {
            return;
        }
        let due = since.max(app.sessions_from) + app.config.session;
        if due > now || app.coordinator == NOBODY {
            let event = Event::Silent {
                group: group as u16,
                member,
                life,
            };
            return cx.queue.at(due.max(now + AGAIN), event);
        }
        self.expel(group, member, cx);
        let detail = format!("worker {}, cut off", member + 1);
        cx.probe
            .happened(now, &self.groups[group].name, "session over", detail);
        self.trigger(group, None, cx);
    }
}
