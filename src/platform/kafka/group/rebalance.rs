//! Rebalances: who owns which partition, and how long nobody does.
//!
//! *Eager*: every member gives up everything when its heartbeat tells it, and the group stands still until
//! all have joined. *Cooperative*: members go on; what has to move is given up first and given out in a
//! second round. *New protocol* (KIP-848): the coordinator decides, each member follows at its own
//! heartbeats, nobody waits for all.
//!
//! # Source
//! SRC39 `GroupCoordinator`, `AbstractCoordinator`; KREB; facts/kafka-msk.md section 4.

use super::super::assignor::{Assignor, Member, Topic, TopicPartition};
use super::super::config::Protocol;
use super::super::partition::NOBODY;
use super::silence::AGAIN;
use super::{Event, Kafka};
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

impl Kafka {
    /// What each member would get now.
    pub(super) fn plan(&self, group: usize) -> Vec<Vec<u32>> {
        let app = &self.groups[group];
        let topics = [Topic {
            name: "topic".to_owned(),
            partitions: app.known,
        }];
        let ready: Vec<usize> = (0..app.members.len())
            .filter(|n| app.members[*n].ready && app.members[*n].joined)
            .collect();
        let member = |n: &usize| {
            let own = &app.members[*n];
            let held = if own.lanes.is_empty() {
                &own.previous
            } else {
                &own.lanes
            };
            let id = format!("member-{n:05}");
            Member {
                instance: app.config.is_static.then(|| id.clone()),
                owned: held
                    .iter()
                    .map(|lane| TopicPartition {
                        topic: 0,
                        partition: *lane,
                    })
                    .collect(),
                generation: app.round as i32,
                ..Member::new(id, vec!["topic".to_owned()])
            }
        };
        let members: Vec<Member> = ready.iter().map(member).collect();
        let assignor = match app.config.protocol {
            Protocol::Classic(assignor) => assignor,
            Protocol::Consumer => Assignor::Sticky,
        };
        let mut plan = vec![Vec::new(); app.members.len()];
        for (n, given) in ready.iter().zip(assignor.assign(&topics, &members)) {
            plan[*n] = given.iter().map(|partition| partition.partition).collect();
            plan[*n].sort_unstable();
        }
        plan
    }

    /// When a member's next heartbeat is.
    pub(super) fn next_beat(&self, group: usize, member: u32, now: SimTime) -> SimTime {
        let app = &self.groups[group];
        let (interval, phase) = (
            app.config.heartbeat.0.max(1),
            app.members[member as usize].phase.0,
        );
        let since = now.0.saturating_sub(phase) % interval;
        SimTime(if now.0 < phase {
            phase
        } else {
            now.0 - since + interval
        })
    }

    /// When a member's last heartbeat was.
    pub(super) fn last_beat(&self, group: usize, member: u32, now: SimTime) -> SimTime {
        let interval = self.groups[group].config.heartbeat.0;
        SimTime(
            self.next_beat(group, member, now)
                .0
                .saturating_sub(interval),
        )
    }

    /// Something about the group has changed; `by` has told the coordinator and is ready at once.
    pub(super) fn trigger(&mut self, group: usize, by: Option<u32>, cx: &mut Cx<'_, Event>) {
        if self.groups[group].config.protocol == Protocol::Consumer {
            return self.retarget(group, cx);
        }
        let now = cx.queue.now();
        if self.groups[group].joining {
            if self.groups[group].plan.is_empty() {
                if let Some(member) = by {
                    self.groups[group].members[member as usize].ready = true;
                }
                return self.check_joined(group, cx);
            }
            self.groups[group].again = true;
            return;
        }
        let app = &mut self.groups[group];
        (app.joining, app.round) = (true, app.round + 1);
        let (round, deadline) = (app.round, app.config.poll_interval);
        app.members
            .iter_mut()
            .for_each(|member| member.ready = false);
        cx.probe
            .happened(now, &app.name, "rebalance begins", String::new());
        for member in 0..self.groups[group].members.len() as u32 {
            let own = &self.groups[group].members[member as usize];
            if own.joined && own.up && by != Some(member) {
                let at = self.next_beat(group, member, now);
                cx.queue.at(
                    at,
                    Event::Heartbeat {
                        group: group as u16,
                        member,
                        round,
                    },
                );
            }
        }
        cx.queue.after(
            deadline,
            Event::JoinDeadline {
                group: group as u16,
                round,
            },
        );
        if let Some(member) = by {
            self.rejoin(group, member, cx);
        } else {
            self.check_joined(group, cx);
        }
    }

    /// A heartbeat tells a member that its group rebalances, or what it is to own.
    pub(in super::super) fn heartbeat(
        &mut self,
        group: usize,
        member: u32,
        round: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let app = &self.groups[group];
        let own = &app.members[member as usize];
        if app.round != round || !own.up || !own.joined {
            return;
        }
        if !self.is_heard(group, member) {
            return cx.queue.after(
                AGAIN,
                Event::Heartbeat {
                    group: group as u16,
                    member,
                    round,
                },
            );
        }
        if app.config.protocol == Protocol::Classic(Assignor::CooperativeSticky) && app.joining {
            return self.rejoin(group, member, cx);
        }
        if own.stuck || !own.reader.is_idle() {
            // It finds out in its next poll.
            self.groups[group].members[member as usize].rejoins = true;
        } else {
            self.rejoin(group, member, cx);
        }
    }

    /// A member joins the rebalance, or follows the coordinator's target.
    pub(super) fn rejoin(&mut self, group: usize, member: u32, cx: &mut Cx<'_, Event>) {
        match self.groups[group].config.protocol {
            Protocol::Consumer => return self.follow_target(group, member, cx),
            _ if !self.groups[group].joining => return,
            Protocol::Classic(Assignor::CooperativeSticky) => self.commit(group, member),
            Protocol::Classic(_) => {
                let own = &mut self.groups[group].members[member as usize];
                own.previous.clone_from(&own.lanes);
                for lane in own.lanes.clone() {
                    self.release(group, lane, true, cx);
                }
            }
        }
        self.groups[group].members[member as usize].ready = true;
        self.check_joined(group, cx);
    }

    /// When all have joined the leader assigns; members get it two round trips later.
    pub(super) fn check_joined(&mut self, group: usize, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &self.groups[group];
        let missing = app
            .members
            .iter()
            .any(|member| member.joined && !member.ready);
        let closed = !app.joining
            || !app.plan.is_empty()
            || app.hold_until > now
            || app.coordinator == NOBODY;
        if closed || missing || !app.ghosts.is_empty() {
            return;
        }
        let plan = self.plan(group);
        let app = &mut self.groups[group];
        app.plan = plan;
        let event = Event::Assigned {
            group: group as u16,
            round: app.round,
        };
        cx.queue.after(Nanos(4 * self.config.cross_zone.0), event);
    }

    /// The rebalance has waited long enough: who has not joined is no member any more.
    pub(in super::super) fn join_deadline(
        &mut self,
        group: usize,
        round: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let app = &mut self.groups[group];
        if app.round != round || !app.joining || !app.plan.is_empty() {
            return;
        }
        app.ghosts.clear();
        let late = |member: &super::Member| member.joined && !member.ready;
        let gone: Vec<u32> = (0..)
            .zip(&app.members)
            .filter(|(_, m)| late(m))
            .map(|(n, _)| n)
            .collect();
        for member in gone {
            self.expel(group, member, cx);
        }
        self.check_joined(group, cx);
    }

    /// A member is no longer one: its partitions are nobody's.
    pub(super) fn expel(&mut self, group: usize, member: u32, cx: &mut Cx<'_, Event>) {
        let own = &mut self.groups[group].members[member as usize];
        (own.joined, own.ready) = (false, false);
        for lane in self.groups[group].members[member as usize].lanes.clone() {
            self.release(group, lane, false, cx);
        }
    }

    /// The members get their assignment.
    pub(in super::super) fn assigned(&mut self, group: usize, round: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.groups[group];
        if app.round != round || !app.joining {
            return;
        }
        let plan = std::mem::take(&mut app.plan);
        app.joining = false;
        let mut gave_up = None;
        for (member, wanted) in (0_u32..).zip(&plan) {
            let held = self.groups[group].members[member as usize].lanes.clone();
            for lane in held
                .iter()
                .filter(|lane| wanted.binary_search(lane).is_err())
            {
                self.release(group, *lane, true, cx);
                gave_up = Some(member);
            }
        }
        for (member, wanted) in (0_u32..).zip(&plan) {
            let own = &self.groups[group].members[member as usize];
            let (up, joined) = (own.up, own.joined);
            for lane in wanted.iter().filter(|_| joined) {
                if self.groups[group].member_of[*lane as usize] != NOBODY {
                    continue;
                }
                if up {
                    self.acquire(group, member, *lane, cx);
                } else {
                    self.reserve(group, member, *lane);
                }
            }
        }
        let app = &mut self.groups[group];
        let idle = app
            .members
            .iter()
            .filter(|m| m.joined && m.lanes.is_empty())
            .count();
        let detail = format!("{} partitions, {idle} members without one", app.known);
        cx.probe
            .happened(cx.queue.now(), &app.name, "rebalanced", detail);
        let again = std::mem::take(&mut app.again);
        if again || gave_up.is_some() {
            self.trigger(group, gave_up, cx);
        }
    }

    /// A partition goes to a member that has crashed since it joined: nobody reads it until the member is
    /// back, or its session is over.
    fn reserve(&mut self, group: usize, member: u32, lane: u32) {
        let app = &mut self.groups[group];
        app.member_of[lane as usize] = member;
        app.read_from[lane as usize] = NOBODY;
        app.members[member as usize].lanes.push(lane);
    }

    /// The coordinator of the new protocol decides anew; members follow at their heartbeats.
    fn retarget(&mut self, group: usize, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.groups[group];
        app.round += 1;
        app.members
            .iter_mut()
            .for_each(|member| member.ready = member.joined);
        let plan = self.plan(group);
        let app = &mut self.groups[group];
        app.target.fill(NOBODY);
        for (member, lanes) in (0_u32..).zip(&plan) {
            for lane in lanes {
                app.target[*lane as usize] = member;
            }
        }
        let round = app.round;
        cx.probe
            .happened(now, &app.name, "new target assignment", String::new());
        for member in 0..self.groups[group].members.len() as u32 {
            let own = &self.groups[group].members[member as usize];
            if own.joined && own.up {
                let at = self.next_beat(group, member, now);
                cx.queue.at(
                    at,
                    Event::Heartbeat {
                        group: group as u16,
                        member,
                        round,
                    },
                );
            }
        }
    }

    /// A member gives up what it is to lose and takes what is free; for the rest it comes again.
    fn follow_target(&mut self, group: usize, member: u32, cx: &mut Cx<'_, Event>) {
        let app = &self.groups[group];
        let loses: Vec<u32> = app.members[member as usize]
            .lanes
            .iter()
            .copied()
            .filter(|l| app.target[*l as usize] != member)
            .collect();
        for lane in loses {
            self.release(group, lane, true, cx);
        }
        let mut waits = false;
        for lane in 0..self.groups[group].known {
            let app = &self.groups[group];
            let (owner, target) = (app.member_of[lane as usize], app.target[lane as usize]);
            if target == member && owner == NOBODY {
                self.acquire(group, member, lane, cx);
            }
            waits |= target == member && owner != NOBODY && owner != member;
        }
        if waits {
            let round = self.groups[group].round;
            let at = self.next_beat(group, member, cx.queue.now());
            cx.queue.at(
                at,
                Event::Heartbeat {
                    group: group as u16,
                    member,
                    round,
                },
            );
        }
    }

    /// The group's leader has refreshed its metadata: there may be more partitions.
    pub(in super::super) fn see_partitions(&mut self, group: usize, cx: &mut Cx<'_, Event>) {
        let count = self.partitions.len() as u32;
        if self.groups[group].known < count {
            self.groups[group].known = count;
            self.trigger(group, None, cx);
        }
    }
}
