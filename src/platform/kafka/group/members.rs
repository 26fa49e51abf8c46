//! Members come and go: crashes and sessions, clean closes, restarts, zones, stuck applications, and the
//! coordinator's own failures.
//!
//! # Source
//! SRC39 `GroupCoordinator`; facts/kafka-msk.md section 4 and checklist 40, 41.

use super::super::partition::NOBODY;
use super::silence::AGAIN;
use super::{Event, Kafka};
use crate::platform::Cx;
use crate::units::Nanos;

impl Kafka {
    /// A member's process is gone without a word: the coordinator will notice when its session is over.
    pub(in super::super) fn crash_member(
        &mut self,
        group: usize,
        member: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        self.vanish(group, member, "member crashed", cx);
    }

    fn vanish(&mut self, group: usize, member: u32, what: &'static str, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let own = &mut self.groups[group].members[member as usize];
        if !own.up {
            return;
        }
        if own.reader.is_idle() && own.next_commit <= now {
            // It polled and had nothing to do; what it had done was committed.
            self.commit(group, member);
        }
        let own = &mut self.groups[group].members[member as usize];
        let life = own.life;
        (own.up, own.life, own.rejoins) = (false, own.life.wrapping_add(1), false);
        own.reader.clear();
        for lane in own.lanes.clone() {
            self.drop_in_hand(group, lane, cx);
            let partition = &mut self.partitions[lane as usize];
            let at = partition.position_of(partition.cursors[group].committed);
            let cursor = &mut partition.cursors[group];
            cursor.grant = cursor.grant.wrapping_add(1);
            self.close_lane_session(group, lane);
            let cursor = &mut self.partitions[lane as usize].cursors[group];
            (cursor.fetched, cursor.outstanding) = (at, 0);
            self.groups[group].read_from[lane as usize] = NOBODY;
        }
        self.forget_sessions(group, member);
        let detail = format!("worker {}", member + 1);
        cx.probe
            .happened(now, &self.groups[group].name, what, detail);
        let own = &mut self.groups[group].members[member as usize];
        let heard = own.silent_since.take();
        if own.joined {
            let beat = heard.unwrap_or_else(|| self.last_beat(group, member, now));
            let at = beat + self.groups[group].config.session;
            cx.queue.at(
                at.max(now),
                Event::SessionOver {
                    group: group as u16,
                    member,
                    life,
                },
            );
        }
    }

    fn forget_sessions(&mut self, group: usize, member: u32) {
        for broker in 0..self.config.brokers_most {
            let index = self.session_at(group, member, broker);
            let session = &mut self.sessions[index];
            session.unread = 0;
            session.answer.clear();
            if session.state == super::State::Parked {
                session.state = super::State::Idle;
            }
        }
    }

    /// The session of a member that is gone is over.
    pub(in super::super) fn session_over(
        &mut self,
        group: usize,
        member: u32,
        life: u16,
        cx: &mut Cx<'_, Event>,
    ) {
        let now = cx.queue.now();
        let app = &mut self.groups[group];
        let counts_from = app.sessions_from + app.config.session;
        if app.coordinator == NOBODY || (counts_from > now && app.sessions_from.0 > 0) {
            let at = counts_from.max(now + AGAIN);
            return cx.queue.at(
                at,
                Event::SessionOver {
                    group: group as u16,
                    member,
                    life,
                },
            );
        }
        let own = &app.members[member as usize];
        if let Some(ghost) = app.ghosts.iter().position(|ghost| *ghost == (member, life)) {
            // A new member with a new name runs in its place.
            app.ghosts.swap_remove(ghost);
        } else if own.life == life.wrapping_add(1) && !own.up && own.joined {
            self.expel(group, member, cx);
        } else {
            return;
        }
        let detail = format!("worker {}", member + 1);
        cx.probe
            .happened(now, &self.groups[group].name, "session over", detail);
        self.trigger(group, None, cx);
    }

    /// A member's process starts again; it will be there after a while.
    pub(in super::super) fn start_member(
        &mut self,
        group: usize,
        member: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let wait = self.groups[group].config.start;
        cx.queue.after(
            wait,
            Event::Started {
                group: group as u16,
                member,
            },
        );
    }

    /// A member's process has started.
    pub(in super::super) fn member_started(
        &mut self,
        group: usize,
        member: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let cut_off = self.is_cut_off(group, member);
        let app = &mut self.groups[group];
        let own = &mut app.members[member as usize];
        if own.up || app.down > 0 {
            return;
        }
        if cut_off {
            // It looks for its coordinator until it finds it.
            return cx.queue.after(
                AGAIN,
                Event::Started {
                    group: group as u16,
                    member,
                },
            );
        }
        own.up = true;
        if let Some(interval) = app.config.auto_commit {
            own.next_commit = cx.queue.now() + interval;
        }
        if own.joined && app.config.is_static && !app.joining {
            // It takes its place again, and nobody else notices.
            for lane in std::mem::take(&mut own.lanes) {
                self.groups[group].member_of[lane as usize] = NOBODY;
                self.acquire(group, member, lane, cx);
            }
            return;
        }
        if own.joined {
            if !app.config.is_static {
                app.ghosts.push((member, own.life.wrapping_sub(1)));
            }
            for lane in own.lanes.clone() {
                self.release(group, lane, false, cx);
            }
        }
        self.groups[group].members[member as usize].joined = true;
        self.trigger(group, Some(member), cx);
    }

    /// New members join.
    pub(in super::super) fn join_members(
        &mut self,
        group: usize,
        count: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        for _ in 0..count {
            let spare = |member: &super::Member| !member.up && !member.joined && member.life == 0;
            let Some(member) = self.groups[group].members.iter().position(spare) else {
                return;
            };
            self.start_member(group, member as u32, cx);
            self.groups[group].members[member].life = 1;
        }
    }

    /// A member closes in good order: it commits and says so. With a `group.instance.id` it only commits:
    /// nobody else notices if it is back before its session is over.
    pub(in super::super) fn close_member(
        &mut self,
        name: &str,
        member: u32,
        cx: &mut Cx<'_, Event>,
    ) -> Result<String, String> {
        let found = self.groups.iter().position(|group| group.name == name);
        let Some(group) =
            found.filter(|group| (member as usize) < self.groups[*group].members.len())
        else {
            return Err(format!("there is no worker {} of {name}", member + 1));
        };
        if !self.groups[group].members[member as usize].up {
            return Err("it is not running".to_owned());
        }
        if self.groups[group].config.is_static {
            self.commit(group, member);
            self.vanish(group, member, "static member closed", cx);
        } else if self.is_cut_off(group, member) {
            self.vanish(group, member, "member closed, unheard", cx);
        } else {
            self.leave(group, member, cx);
            self.trigger(group, None, cx);
        }
        Ok(format!("worker {} of {name}", member + 1))
    }

    fn leave(&mut self, group: usize, member: u32, cx: &mut Cx<'_, Event>) {
        for lane in self.groups[group].members[member as usize].lanes.clone() {
            self.release(group, lane, true, cx);
        }
        self.forget_sessions(group, member);
        let own = &mut self.groups[group].members[member as usize];
        (own.up, own.joined, own.rejoins, own.ready) = (false, false, false, false);
        own.silent_since = None;
        own.life = own.life.wrapping_add(1);
        own.reader.clear();
        own.previous.clear();
    }

    /// A group stops: its members close in good order.
    pub(in super::super) fn take_down(&mut self, group: u16, cx: &mut Cx<'_, Event>) {
        let index = usize::from(group);
        self.groups[index].down += 1;
        for member in 0..self.groups[index].members.len() as u32 {
            let own = &self.groups[index].members[member as usize];
            if own.up {
                self.leave(index, member, cx);
            } else if own.joined {
                self.expel(index, member, cx);
            }
        }
        let app = &mut self.groups[index];
        app.ghosts.clear();
        (app.joining, app.again, app.round) = (false, false, app.round + 1);
        app.plan.clear();
    }

    /// A group works again: the members that it began with join, and after the initial delay of an empty
    /// group they get their partitions.
    pub(in super::super) fn bring_up(&mut self, group: u16, workers: u32, cx: &mut Cx<'_, Event>) {
        let index = usize::from(group);
        let app = &mut self.groups[index];
        app.down = app.down.saturating_sub(1);
        if app.down > 0 {
            return;
        }
        let now = cx.queue.now();
        let delay: u64 = self
            .config
            .facts
            .value("kafka.group.initial.rebalance.delay.ms");
        app.known = self.partitions.len() as u32;
        app.hold_until = now + Nanos::from_millis(delay) + app.config.start;
        for member in app.members.iter_mut().take(workers as usize) {
            (member.up, member.joined, member.ready) = (true, true, true);
        }
        if app.config.protocol == super::super::config::Protocol::Consumer {
            return self.trigger(index, None, cx);
        }
        (app.joining, app.round) = (true, app.round + 1);
        let event = Event::JoinDeadline {
            group,
            round: app.round,
        };
        cx.queue.at(app.hold_until, event);
        self.listen(cx);
    }

    /// The members that ran in a zone are gone with it.
    pub(in super::super) fn lose_members(&mut self, zone: u32, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            for member in 0..self.groups[group].members.len() as u32 {
                if self.groups[group].members[member as usize].zone == zone {
                    self.crash_member(group, member, cx);
                }
            }
        }
    }

    /// A zone is back: the members that ran there start again.
    pub(in super::super) fn regain_members(&mut self, zone: u32, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            for member in 0..self.groups[group].members.len() as u32 {
                let own = &self.groups[group].members[member as usize];
                if own.zone == zone && !own.up && own.life > 0 {
                    self.start_member(group, member, cx);
                }
            }
        }
    }

    /// A member's application stands still, or goes on.
    pub(in super::super) fn stick(
        &mut self,
        name: &str,
        worker: u32,
        stuck: bool,
        cx: &mut Cx<'_, Event>,
    ) {
        let Some(group) = self.groups.iter().position(|group| group.name == name) else {
            return;
        };
        let (poll_interval, Some(own)) = (
            self.groups[group].config.poll_interval,
            self.groups[group].members.get_mut(worker as usize),
        ) else {
            return;
        };
        own.stuck = stuck;
        let member = worker;
        let cut_off = self.is_cut_off(group, member);
        let own = &mut self.groups[group].members[worker as usize];
        if stuck {
            own.polls = own.polls.wrapping_add(1);
            let poll = own.polls;
            cx.queue.after(
                poll_interval,
                Event::PollOver {
                    group: group as u16,
                    member,
                    poll,
                },
            );
        } else if !own.joined && own.up && cut_off {
            // It cannot join.
        } else if !own.joined && own.up {
            // It polls again and joins as a new member.
            own.joined = true;
            self.trigger(group, Some(member), cx);
        } else {
            if own.reader.is_idle() && std::mem::take(&mut own.rejoins) {
                self.rejoin(group, member, cx);
            }
            self.begin_slice(group as u16, member, cx);
        }
    }

    /// A member that has not polled for `max.poll.interval.ms` leaves the group by itself.
    pub(in super::super) fn poll_over(
        &mut self,
        group: usize,
        member: u32,
        poll: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let own = &self.groups[group].members[member as usize];
        let polls = !own.stuck && own.reader.is_idle();
        if own.polls != poll || !own.joined || polls || own.silent_since.is_some() {
            return;
        }
        let detail = format!("worker {}: max.poll.interval.ms is over", member + 1);
        cx.probe.happened(
            cx.queue.now(),
            &self.groups[group].name,
            "member leaves",
            detail,
        );
        self.expel(group, member, cx);
        self.trigger(group, None, cx);
    }

    /// A coordinator is gone: heartbeats, commits and rebalances of its groups wait.
    pub(in super::super) fn coordinators_lost(&mut self, broker: u32) {
        self.groups
            .iter_mut()
            .filter(|group| group.coordinator == broker)
            .for_each(|group| group.coordinator = NOBODY);
    }

    /// Groups without a coordinator get one that is there.
    pub(in super::super) fn coordinators_move(&mut self, near: u32, cx: &mut Cx<'_, Event>) {
        let brokers = self.config.brokers_most;
        let alive = |broker: &u32| {
            self.brokers[*broker as usize].is_up() && !self.controller.is_fenced(*broker)
        };
        let Some(next) = (1..=brokers).map(|n| (near + n) % brokers).find(alive) else {
            return;
        };
        for group in 0..self.groups.len() {
            if self.groups[group].coordinator == NOBODY {
                (
                    self.groups[group].coordinator,
                    self.groups[group].sessions_from,
                ) = (next, cx.queue.now());
                self.check_joined(group, cx);
            }
        }
        self.listen(cx);
    }
}
