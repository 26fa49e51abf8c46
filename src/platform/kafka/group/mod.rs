//! The consumer groups' room: members, their poll loops, commits, sinks, and which partition is whose.
//!
//! Members fetch through the brokers' room, whose methods this room calls; brokers answer with
//! [`Event::Fetched`].
//!
//! # Source
//! Apache Kafka 3.9, `GroupCoordinator.scala`, `ConsumerCoordinator.java`.

mod at_once;
mod connect;
mod leaders;
mod members;
mod offsets;
mod overdue;
mod partitioned_members;
mod poll;
mod rebalance;
mod rebalance_waits;
mod rewind;
mod share;
mod sink;
mod start;
mod target;
#[cfg(test)]
mod tests;

use super::GaugeSheet;
use super::broker::Brokers;
use super::config::ConsumerConfig;
use super::ids::{BrokerId, GroupId, MemberId, PartitionId, SessionId, Slots};
use super::wire::Scope;
use crate::engine::Ticket;
use crate::platform::{Chunk, ConsumerSink, OrderWatch, Reader};
use crate::probe::{Limit, gauges};
use crate::units::{Nanos, SimTime};
use crate::workload::SinkTally;
use connect::Withheld;

/// A timer of a consumer group. A ticket says which start of the member's process, which rebalance or which poll
/// the timer belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// The answer to a fetch reaches its member.
    Fetched(SessionId),
    /// A member is done with a slice.
    Done(GroupId, MemberId, Ticket),
    /// What a group's members know of leaders is brought up to date.
    Leaders(GroupId),
    /// A group's leader asks for the number of partitions.
    Partitions(GroupId),
    /// A member's heartbeat tells it of a rebalance.
    Heartbeat(GroupId, MemberId, Ticket),
    /// The session of a member that is gone may have run out.
    SessionOver(GroupId, MemberId, Ticket),
    /// A member that is cut off from its coordinator may have been silent for too long, or be heard again.
    Silent(GroupId, MemberId, Ticket),
    /// A rebalance has waited for `max.poll.interval.ms`.
    JoinDeadline(GroupId, Ticket),
    /// A group's members get their assignment.
    Assigned(GroupId, Ticket),
    /// A member has not polled for `max.poll.interval.ms`.
    PollOver(GroupId, MemberId, Ticket),
    /// The session of a static member that has not polled for `max.poll.interval.ms` is over.
    StaticOver(GroupId, MemberId, Ticket),
    /// The commits of a group that has been empty for long may have expired.
    OffsetsOver(GroupId),
    /// What workers of Kafka Connect left behind is given out again.
    LostTasks(GroupId),
    /// A member's poll throws: it has no offset to begin at, and `auto.offset.reset` is `none`.
    NoOffset(GroupId, MemberId, Ticket),
    /// A member's buffer for its sink may be due.
    SinkDue(GroupId, MemberId, Ticket),
    /// The sink has a member's buffer.
    SinkDone(GroupId, MemberId, Ticket),
    /// A member of a share group polls again.
    SharePoll(GroupId, MemberId, Ticket),
    /// A member's process has started.
    Started(GroupId, MemberId),
}

/// One member of a group.
#[derive(Clone, Debug)]
struct Member {
    /// What it has fetched and works on.
    reader: Reader,
    /// Its zone.
    zone: u32,
    /// Whether its process runs.
    up: bool,
    /// Whether the coordinator counts it as a member.
    joined: bool,
    /// Whether its application stands still.
    stuck: bool,
    /// Which start of its process this is.
    incarnation: Ticket,
    /// Phase offset of its heartbeat timer.
    phase: Nanos,
    /// The partitions that it owns.
    partitions: Vec<PartitionId>,
    /// What it owned before it gave everything up for a rebalance.
    previous: Vec<PartitionId>,
    /// Partitions that it lost while it worked on them: it works on, and others get them.
    lost: Vec<PartitionId>,
    /// When it commits next.
    next_commit: SimTime,
    /// Which time it works or stands still: timers of earlier polls are void.
    poll: Ticket,
    /// Whether it has joined the present rebalance.
    ready: bool,
    /// Whether it joins when its present slice is done.
    rejoins: bool,
    /// What it has processed and not acknowledged, in a share group.
    unacknowledged: Vec<Chunk>,
    /// Whether a timer makes it poll again, in a share group.
    looks_again: bool,
    /// Its last heartbeat that was heard, while it is cut off from its coordinator.
    silent_since: Option<SimTime>,
}

/// One consumer group.
#[derive(Debug)]
struct Group {
    /// Its name.
    name: String,
    /// Its settings.
    config: ConsumerConfig,
    /// Its members, those that may join later included.
    members: Slots<MemberId, Member>,
    /// The member that owns each partition.
    owner: Slots<PartitionId, Option<MemberId>>,
    /// Whom the coordinator wants to own each partition (new protocol).
    target: Slots<PartitionId, Option<MemberId>>,
    /// How many steps of the timeline hold it down.
    down: u32,
    /// Since when it has had no members, if it has none.
    empty_since: Option<SimTime>,
    /// How many partitions it knows.
    known: u32,
    /// The present rebalance.
    rebalance: Rebalance,
    /// What workers of Kafka Connect left behind.
    withheld: Withheld,
    /// Members that the coordinator does not know to be gone: which, and which start of their process.
    ghosts: Vec<(MemberId, Ticket)>,
    /// The broker that coordinates it, if one does.
    coordinator: Option<BrokerId>,
    /// Sessions count from here where they began before: the coordinator is new.
    sessions_from: SimTime,
    /// The order of the keys that it is given, where order is watched.
    order: OrderWatch,
    /// Since when its members are about to look for leaders, if they are.
    learning: Option<SimTime>,
    /// Where its members put records.
    consumer_sink: Option<ConsumerSink>,
}

/// A rebalance of a group.
#[derive(Clone, Debug, Default)]
struct Rebalance {
    /// The generation id.
    generation: Ticket,
    /// Whether members are joining.
    joining: bool,
    /// Whether another rebalance follows.
    again: bool,
    /// Before this it does not end.
    hold_until: SimTime,
    /// What each member will get; empty until all have joined.
    plan: Vec<Vec<PartitionId>>,
}

/// All consumer groups of a system.
pub(super) struct Groups {
    all: Slots<GroupId, Group>,
    /// Whether a record that was given out of order has been reported in full.
    first_disorder_reported: bool,
    /// Samples are taken at the multiples of this, and at the end of the run `[ns]`.
    sample: Nanos,
    /// The length of the run `[ns]`.
    duration: Nanos,
}

impl Group {
    /// When a member's next heartbeat is.
    fn next_beat(&self, member: MemberId, now: SimTime) -> SimTime {
        let interval = self.config.heartbeat.0.max(1);
        let phase = self.members[member].phase.0;
        let since = now.0.saturating_sub(phase) % interval;
        SimTime(if now.0 < phase {
            phase
        } else {
            now.0 - since + interval
        })
    }

    /// When a member's last heartbeat was.
    fn last_beat(&self, member: MemberId, now: SimTime) -> SimTime {
        let next = self.next_beat(member, now).0;
        SimTime(next.saturating_sub(self.config.heartbeat.0))
    }

    /// The member that owns a partition, with its identity.
    fn owner_of(&self, at: PartitionId) -> Option<(MemberId, &Member)> {
        let owner = self.owner[at]?;
        Some((owner, &self.members[owner]))
    }
}

impl Groups {
    /// A timer of a group fires.
    #[inline]
    pub(super) fn on(&mut self, event: Event, brokers: &mut Brokers, cx: &mut Scope<'_>) {
        match event {
            Event::Fetched(session) => self.fetched(session, brokers, cx),
            Event::Done(group, member, ticket) => {
                self.finish_slice(group, member, ticket, brokers, cx)
            }
            Event::Leaders(group) => self.learn_leaders(group, brokers, cx),
            Event::Partitions(group) => self.see_partitions(group, brokers, cx),
            Event::Heartbeat(group, member, ticket) => {
                self.heartbeat(group, member, ticket, brokers, cx)
            }
            Event::SessionOver(group, member, ticket) => {
                self.session_over(group, member, ticket, brokers, cx)
            }
            Event::Silent(group, member, ticket) => self.silent(group, member, ticket, brokers, cx),
            Event::JoinDeadline(group, ticket) => self.join_deadline(group, ticket, brokers, cx),
            Event::Assigned(group, ticket) => self.assigned(group, ticket, brokers, cx),
            Event::PollOver(group, member, ticket) => {
                self.poll_over(group, member, ticket, brokers, cx)
            }
            Event::StaticOver(group, member, ticket) => {
                self.static_over(group, member, ticket, brokers, cx)
            }
            Event::OffsetsOver(group) => self.offsets_over(group, brokers, cx),
            Event::LostTasks(group) => self.give_out_lost(group, brokers, cx),
            Event::NoOffset(group, member, ticket) => {
                self.no_offset(group, member, ticket, brokers, cx)
            }
            Event::SinkDue(group, member, ticket) => {
                self.sink_due(group, member, ticket, brokers, cx)
            }
            Event::SinkDone(group, member, ticket) => {
                self.sink_done(group, member, ticket, brokers, cx)
            }
            Event::SharePoll(group, member, ticket) => {
                self.share_poll_due(group, member, ticket, brokers, cx)
            }
            Event::Started(group, member) => self.member_started(group, member, brokers, cx),
        }
    }

    /// All groups.
    pub(super) fn ids(&self) -> impl Iterator<Item = GroupId> + use<> {
        self.all.ids()
    }

    /// The group of this name.
    pub(super) fn named(&self, name: &str) -> Option<GroupId> {
        let found = self.all.pairs().find(|(_, group)| group.name == name);
        found.map(|(id, _)| id)
    }

    /// The topic has one partition more.
    pub(super) fn add_partition(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        for (id, group) in self.all.pairs_mut() {
            let spot = Limit::NewLane.of(id.as_index(), at.number());
            cx.probe.begin_wait(spot, cx.queue.now());
            group.owner.push(None);
            group.target.push(None);
        }
    }

    /// What the sinks of all groups have, and hold.
    pub(super) fn sinks(&self) -> Vec<Option<SinkTally>> {
        let tally = |group: &Group| {
            let aborted = group.members.iter().map(|member| member.reader.aborted());
            Some(group.consumer_sink.as_ref()?.tally(aborted.sum()))
        };
        self.all.iter().map(tally).collect()
    }

    /// Puts what monitoring shows of the groups on the sheet.
    pub(super) fn gauges(&self, now: SimTime, brokers: &Brokers, sheet: &mut GaugeSheet) {
        for (id, group) in self.all.pairs() {
            let (most, oldest) = brokers.lag(id, now);
            let joined = || group.members.iter().filter(|member| member.joined);
            let idle = joined()
                .filter(|member| member.partitions.is_empty() && !self.is_shared(id))
                .count();
            sheet.put(&group.name, gauges::MAX_OFFSET_LAG, most as f64);
            sheet.put(&group.name, gauges::ESTIMATED_MAX_TIME_LAG, oldest);
            sheet.put(&group.name, gauges::MEMBERS, joined().count() as f64);
            sheet.put(&group.name, gauges::IDLE_MEMBERS, idle as f64);
        }
    }

    /// Puts what monitoring shows of the sinks on the sheet.
    pub(super) fn sink_gauges(&mut self, now: SimTime, sheet: &mut GaugeSheet) {
        for (id, group) in self.all.pairs_mut() {
            let sampled = group.consumer_sink.as_ref().map(ConsumerSink::sampled_at);
            for (member, own) in group.members.pairs() {
                if let Some((limit, held)) = own.reader.held_up(sampled.unwrap_or_default(), now) {
                    sheet.bind(limit.of(id.as_index(), member.number()), held.0);
                }
            }
            let held = group
                .members
                .iter()
                .map(|member| member.reader.holds(now))
                .sum();
            let consumer_sink = group.consumer_sink.iter_mut();
            sheet.extend(
                consumer_sink
                    .flat_map(|consumer_sink| consumer_sink.gauges(now, &group.name, held)),
            );
        }
    }

    /// Checks what must always hold in this room.
    ///
    /// # Panics
    /// If owners and members disagree about who owns a partition.
    pub(super) fn check(&self) {
        for group in self.all.iter() {
            for (at, owner) in group.owner.pairs() {
                if let Some(owner) = owner {
                    let owned = group.members[*owner].partitions.contains(&at);
                    assert!(owned, "the owner of {at:?} has it among its partitions");
                }
            }
            let owned = group.owner.iter().filter(|owner| owner.is_some()).count();
            let listed: usize = group
                .members
                .iter()
                .map(|member| member.partitions.len())
                .sum();
            assert_eq!(owned, listed, "a partition has one owner in a group");
            for own in group.members.iter() {
                let works = !own.reader.current().is_empty();
                assert!(
                    own.lost.is_empty() || works,
                    "who lost a partition at work is at work"
                );
                let mut both = own.lost.iter().filter(|at| own.partitions.contains(at));
                assert!(
                    both.next().is_none(),
                    "a lost partition comes back only with a poll"
                );
            }
        }
    }
}
