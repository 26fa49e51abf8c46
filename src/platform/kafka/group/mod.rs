//! Consumer groups: members, their fetch sessions, and which partition is whose.
//!
//! # Source
//! SRC39 `GroupCoordinator`, `ConsumerCoordinator`, `Fetcher`; facts/kafka-msk.md section 4.

mod fetch;
mod members;
mod poll;
mod rebalance;
mod rewind;
mod silence;
mod sink;

pub(super) use rewind::Jump;

use super::config::{Config, ConsumerConfig};
use super::partition::NOBODY;
use super::{Event, Kafka};
use crate::engine::Stream;
use crate::platform::{Chunk, Cx, Outlet, Reader, Setup};
use crate::units::{Nanos, SimTime};
use crate::workload::Action;

/// One member of a group.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// What it has fetched and works on.
    pub reader: Reader,
    /// Its zone.
    pub zone: u32,
    /// Whether its process runs.
    pub up: bool,
    /// Whether the coordinator counts it as a member.
    pub joined: bool,
    /// Whether its application stands still.
    pub stuck: bool,
    /// How often its process was started.
    pub life: u16,
    /// Where its heartbeats lie in their interval.
    pub phase: Nanos,
    /// The partitions that it owns.
    pub lanes: Vec<u32>,
    /// What it owned before it gave everything up for a rebalance.
    pub previous: Vec<u32>,
    /// When it commits next.
    pub next_commit: SimTime,
    /// How often it has begun to work or to stand still: old timers are void.
    pub polls: u32,
    /// Whether it has joined the present rebalance.
    pub ready: bool,
    /// Whether it joins when its present slice is done.
    pub rejoins: bool,
    /// Its last heartbeat that was heard, while it is cut off from its coordinator.
    pub silent_since: Option<SimTime>,
}

/// One consumer group.
#[derive(Debug)]
pub(super) struct Group {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub config: ConsumerConfig,
    /// Its members, those that may join later included.
    pub members: Vec<Member>,
    /// The member of each partition, or [`NOBODY`].
    pub member_of: Vec<u32>,
    /// The broker that each partition is fetched from, or [`NOBODY`].
    pub read_from: Vec<u32>,
    /// Whom the coordinator wants to own each partition (new protocol).
    pub target: Vec<u32>,
    /// How many steps of the timeline hold it down.
    pub down: u32,
    /// The number of its first session: member m and broker b have number first + m x brokers + b.
    pub first_session: u32,
    /// How many partitions it knows.
    pub known: u32,
    /// Number of the present rebalance.
    pub round: u32,
    /// Whether members are joining.
    pub joining: bool,
    /// Whether another rebalance follows.
    pub again: bool,
    /// Before this the present rebalance does not end.
    pub hold_until: SimTime,
    /// Members that the coordinator does not know to be gone: which, and in which life.
    pub ghosts: Vec<(u32, u16)>,
    /// The broker that coordinates it, or [`NOBODY`].
    pub coordinator: u32,
    /// Sessions count from here where they began before: the coordinator is new.
    pub sessions_from: SimTime,
    /// What each member will get.
    pub plan: Vec<Vec<u32>>,
    /// Newest number seen of each key, where order is watched.
    pub newest: Vec<u32>,
    /// Whether it is about to learn of new leaders.
    pub learning: bool,
    /// Where its members put records.
    pub outlet: Option<Outlet>,
}

impl Group {
    /// The topic has one partition more.
    pub(super) fn add_lane(&mut self) {
        self.member_of.push(NOBODY);
        self.read_from.push(NOBODY);
        self.target.push(NOBODY);
    }
}

/// Where a session's fetch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Not sent.
    #[default]
    Idle,
    /// On its way, or its answer is.
    Busy,
    /// Waiting at the broker for data.
    Parked,
}

/// The fetches of one member from one broker.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// The group.
    pub group: u16,
    /// The member.
    pub member: u32,
    /// The broker.
    pub broker: u32,
    pub state: State,
    /// Visible and not fetched `[B]`.
    pub available: u64,
    /// Partitions with visible data that is not fetched.
    pub dirty: Vec<u32>,
    /// Partitions that it fetches.
    pub lanes: u32,
    /// What the answer under way carries, with the grant it belongs to.
    pub answer: Vec<(Chunk, u32)>,
    /// Chunks of the last answers that the member has not finished fetching from its buffer.
    pub unread: u32,
    /// When a fetch that finds nothing arrives at its broker to wait there, if nobody has looked yet.
    pub arrives_at: SimTime,
    /// When a waiting fetch is answered at the latest.
    pub deadline: SimTime,
    /// Before this it does not fetch: the broker asked for it.
    pub quiet_until: SimTime,
    pub timer: bool,
    /// Whether the fetch that has arrived waits for a request handler.
    pub queued: bool,
}

/// The groups with their members and sessions: settled, each partition with its member.
pub(super) fn new_groups(
    config: &Config,
    setup: &Setup<'_>,
    stream: Stream,
) -> (Vec<Group>, Vec<Session>) {
    let (mut groups, mut sessions, workload) = (Vec::new(), Vec::new(), setup.workload);
    for (index, (consumer, settings)) in
        (0_u32..).zip(workload.consumers.iter().zip(&config.consumers))
    {
        let joins = workload
            .timeline
            .steps
            .iter()
            .filter_map(|(_, action)| match action {
                Action::WorkersJoin(app, more) if u32::from(*app) == index => Some(*more),
                _ => None,
            });
        let most = consumer.workers + joins.sum::<u32>();
        let first_session = sessions.len() as u32;
        for member in 0..most {
            for broker in 0..config.brokers_most {
                sessions.push(Session {
                    group: index as u16,
                    member,
                    broker,
                    ..Session::default()
                });
            }
        }
        let draws = stream.child(u64::from(index));
        let member = |number: u32| Member {
            reader: Reader::new(consumer.per_record, settings.poll_records, true)
                .into_sink(&consumer.sink),
            zone: number % config.zones,
            up: number < consumer.workers,
            joined: number < consumer.workers,
            stuck: false,
            life: 0,
            phase: Nanos((draws.uniform(u64::from(number)) * settings.heartbeat.0 as f64) as u64),
            lanes: Vec::new(),
            previous: Vec::new(),
            next_commit: SimTime(settings.auto_commit.map_or(0, |interval| interval.0)),
            polls: 0,
            ready: false,
            rejoins: false,
            silent_since: None,
        };
        let partitions = config.topic.partitions;
        groups.push(Group {
            name: consumer.name.clone(),
            members: (0..most).map(member).collect(),
            member_of: vec![NOBODY; partitions as usize],
            read_from: vec![NOBODY; partitions as usize],
            target: vec![NOBODY; partitions as usize],
            down: 0,
            first_session,
            known: partitions,
            round: 0,
            joining: false,
            again: false,
            hold_until: SimTime::ZERO,
            ghosts: Vec::new(),
            coordinator: index % config.brokers.max(1),
            sessions_from: SimTime::ZERO,
            plan: Vec::new(),
            newest: if config.disturbed {
                vec![0; workload.keys.len() as usize]
            } else {
                Vec::new()
            },
            learning: false,
            outlet: Outlet::open(consumer, setup),
            config: settings.clone(),
        });
    }
    (groups, sessions)
}

impl Kafka {
    /// The groups begin settled: as if they had been there for a while.
    pub(super) fn start_groups(&mut self, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            self.groups[group]
                .members
                .iter_mut()
                .for_each(|member| member.ready = member.up);
            let plan = self.plan(group);
            for (member, lanes) in (0_u32..).zip(plan) {
                for lane in lanes {
                    self.partitions[lane as usize].cursors[group].known = true;
                    self.acquire(group, member, lane, cx);
                }
            }
            self.groups[group].target = self.groups[group].member_of.clone();
            self.groups[group]
                .members
                .iter_mut()
                .for_each(|member| member.ready = false);
        }
    }

    #[inline]
    pub(super) fn session_at(&self, group: usize, member: u32, broker: u32) -> usize {
        (self.groups[group].first_session + member * self.config.brokers_most + broker) as usize
    }

    /// The session that fetches a partition for its group, if anybody does.
    #[inline]
    pub(super) fn session_of(&self, group: usize, lane: u32) -> Option<usize> {
        let app = &self.groups[group];
        let (member, broker) = (app.member_of[lane as usize], app.read_from[lane as usize]);
        (member != NOBODY && broker != NOBODY).then(|| self.session_at(group, member, broker))
    }

    /// Where a member reads a partition: at its leader, or with `client.rack` at an in-sync replica of its
    /// own zone.
    pub(super) fn source_of(&self, group: usize, member: u32, lane: u32) -> u32 {
        let partition = &self.partitions[lane as usize];
        let app = &self.groups[group];
        if !(self.config.cluster.rack_selector && app.config.rack) || partition.leader == NOBODY {
            return partition.leader;
        }
        let zone = app.members[member as usize].zone;
        let near = |broker: u32| self.brokers[broker as usize].zone == zone;
        if near(partition.leader) {
            return partition.leader;
        }
        let nearest = partition
            .replicas
            .iter()
            .filter(|r| r.in_sync && !r.moving && near(r.broker));
        nearest
            .max_by_key(|replica| replica.end)
            .map_or(partition.leader, |replica| replica.broker)
    }

    /// A member gets a partition and goes on where the group's commits end.
    pub(super) fn acquire(&mut self, group: usize, member: u32, lane: u32, cx: &mut Cx<'_, Event>) {
        let reset = self.groups[group].config.reset;
        let partition = &mut self.partitions[lane as usize];
        let (start, top) = (partition.start(), partition.high_watermark);
        let cursor = partition.cursors[group];
        let first_time = !cursor.known;
        let out_of_range = cursor.committed < start.offset;
        let mut from = cursor.committed;
        if cursor.seen < start.offset {
            // Retention deleted these while they were in the hands of a member that is gone.
            cx.probe
                .expired(group, partition.log.counted(cursor.seen, start.offset));
        }
        if first_time || out_of_range {
            from = if reset == super::config::Reset::Latest {
                top.offset.max(start.offset)
            } else {
                start.offset
            };
            let unseen = partition
                .log
                .counted(cursor.seen.max(start.offset).min(from), from);
            if cursor.seen < from {
                cx.probe.skipped(group, unseen);
            }
        }
        let at = partition.position_of(from);
        let cursor = &mut partition.cursors[group];
        (cursor.known, cursor.dirty, cursor.outstanding) = (true, false, 0);
        (cursor.fetched, cursor.done, cursor.committed) = (at, from, from);
        cursor.seen = cursor
            .seen
            .max(if first_time || out_of_range { from } else { 0 });
        cursor.grant = cursor.grant.wrapping_add(1);
        let source = self.source_of(group, member, lane);
        let app = &mut self.groups[group];
        app.member_of[lane as usize] = member;
        app.members[member as usize].lanes.push(lane);
        app.read_from[lane as usize] = source;
        self.open_lane_session(group, lane, cx);
    }

    /// A partition joins the session of its member and broker.
    pub(super) fn open_lane_session(&mut self, group: usize, lane: u32, cx: &mut Cx<'_, Event>) {
        let Some(index) = self.session_of(group, lane) else {
            return;
        };
        let partition = &mut self.partitions[lane as usize];
        let waiting = partition
            .high_watermark
            .bytes
            .saturating_sub(partition.cursors[group].fetched.bytes);
        let session = &mut self.sessions[index];
        session.lanes += 1;
        session.available += waiting;
        if waiting > 0 && !std::mem::replace(&mut partition.cursors[group].dirty, true) {
            session.dirty.push(lane);
        }
        match session.state {
            State::Idle if session.unread == 0 => self.send_fetch(index as u32, cx),
            State::Parked
                if session.available >= self.groups[group].config.fetch_min && waiting > 0 =>
            {
                self.wake_fetch(index as u32, cx);
            }
            _ => {}
        }
    }

    /// A partition leaves its session.
    pub(super) fn close_lane_session(&mut self, group: usize, lane: u32) {
        let Some(index) = self.session_of(group, lane) else {
            return;
        };
        let partition = &mut self.partitions[lane as usize];
        let cursor = &mut partition.cursors[group];
        let waiting = partition
            .high_watermark
            .bytes
            .saturating_sub(cursor.fetched.bytes);
        let session = &mut self.sessions[index];
        if std::mem::take(&mut cursor.dirty) {
            session.dirty.retain(|dirty| *dirty != lane);
        }
        session.lanes -= 1;
        session.available = if session.dirty.is_empty() {
            0
        } else {
            session.available.saturating_sub(waiting)
        };
        if session.lanes == 0 && session.state == State::Parked {
            session.state = State::Idle;
        }
    }

    /// A member gives a partition up; with `commit` after committing what it has done.
    pub(super) fn release(
        &mut self,
        group: usize,
        lane: u32,
        commit: bool,
        cx: &mut Cx<'_, Event>,
    ) {
        let member = self.groups[group].member_of[lane as usize];
        if member == NOBODY {
            return;
        }
        let commits = commit && self.is_heard(group, member);
        let voided = self.groups[group].members[member as usize]
            .reader
            .void(lane);
        let index = self.session_of(group, lane);
        self.close_lane_session(group, lane);
        self.drop_in_hand(group, lane, cx);
        let partition = &mut self.partitions[lane as usize];
        let cursor = &mut partition.cursors[group];
        cursor.grant = cursor.grant.wrapping_add(1);
        if commits {
            cursor.committed = cursor.committed.max(cursor.done);
        }
        let committed = cursor.committed;
        let at = partition.position_of(committed);
        let cursor = &mut partition.cursors[group];
        (cursor.fetched, cursor.outstanding) = (at, 0);
        let app = &mut self.groups[group];
        app.member_of[lane as usize] = NOBODY;
        app.members[member as usize]
            .lanes
            .retain(|own| *own != lane);
        if let Some(index) = index {
            self.chunks_gone(index, voided, cx);
        }
    }

    /// Chunks of a session's answers are gone: the next fetch may be due.
    pub(super) fn chunks_gone(&mut self, index: usize, chunks: u32, cx: &mut Cx<'_, Event>) {
        let session = &mut self.sessions[index];
        if chunks == 0 {
            return;
        }
        session.unread = session.unread.saturating_sub(chunks);
        if session.unread == 0 && session.state == State::Idle && session.lanes > 0 {
            self.send_fetch(index as u32, cx);
        }
    }
}
