//! Groups at the beginning of a run: settled, as if they had been there for a while.

use super::super::broker::Brokers;
use super::super::config::{Config, ConsumerConfig};
use super::super::ids::{BrokerId, GroupId, Id, MemberId, PartitionId, Slots};
use super::super::wire::Scope;
use super::{Group, Groups, Member, Rebalance};
use crate::engine::{Stream, Ticket};
use crate::platform::{ConsumerSink, OrderWatch, Reader, Setup, Transaction};
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Consumer};

/// The members that a group may have in the run, those that join later included.
fn members_most(index: usize, consumer: &Consumer, setup: &Setup<'_>) -> u32 {
    let joins = setup
        .workload
        .timeline
        .steps
        .iter()
        .map(|(_, action)| match action {
            Action::WorkersJoin(group, more) if usize::from(*group) == index => *more,
            _ => 0,
        });
    consumer.workers + joins.sum::<u32>()
}

/// A member as it is at the beginning; those that join later are not up yet.
fn member(
    number: u32,
    consumer: &Consumer,
    settings: &ConsumerConfig,
    config: &Config,
    draws: Stream,
) -> Member {
    let phase = draws.uniform(u64::from(number)) * settings.heartbeat.0 as f64;
    Member {
        reader: Reader::new(consumer.per_record, settings.poll_records, true)
            .into_sink(&consumer.sink, Transaction::WithPlaces)
            .side_by_side(settings.partitions_at_once),
        zone: number % config.zones,
        up: number < consumer.workers,
        joined: number < consumer.workers,
        stuck: false,
        incarnation: Ticket::FIRST,
        phase: Nanos(phase as u64),
        partitions: Vec::new(),
        previous: Vec::new(),
        lost: Vec::new(),
        next_commit: SimTime(settings.auto_commit.map_or(0, |interval| interval.0)),
        poll: Ticket::FIRST,
        ready: false,
        rejoins: false,
        unacknowledged: Vec::new(),
        looks_again: false,
        silent_since: None,
    }
}

impl Groups {
    /// The groups with their members, which get sessions with all brokers; nobody owns a partition yet.
    pub(in super::super) fn new(
        config: &Config,
        setup: &Setup<'_>,
        stream: Stream,
        brokers: &mut Brokers,
    ) -> Self {
        let mut all = Slots::default();
        let settings = config.consumers.iter();
        for (index, (consumer, settings)) in
            setup.workload.consumers.iter().zip(settings).enumerate()
        {
            let draws = stream.child(index as u64);
            let most = members_most(index, consumer, setup);
            let make = |id: MemberId| member(id.number(), consumer, settings, config, draws);
            let members = Slots::build(most, make);
            brokers.add_group(
                members
                    .iter()
                    .map(|member: &Member| (member.zone, member.up)),
            );
            let keys = if config.disturbed {
                setup.workload.keys.len() as usize
            } else {
                0
            };
            let partitions = config.topic.partitions;
            let group: GroupId = all.push(Group {
                name: consumer.name.clone(),
                config: settings.clone(),
                members,
                owner: Slots::build(partitions, |_: PartitionId| None),
                target: Slots::build(partitions, |_: PartitionId| None),
                down: 0,
                empty_since: None,
                known: partitions,
                rebalance: Rebalance::default(),
                withheld: super::connect::Withheld::default(),
                ghosts: Vec::new(),
                coordinator: Some(BrokerId::at(index % config.brokers.max(1) as usize)),
                sessions_from: SimTime::ZERO,
                order: OrderWatch::new(keys),
                learning: None,
                consumer_sink: ConsumerSink::open(consumer, setup),
            });
            debug_assert_eq!(
                group.index(),
                index,
                "groups have the numbers of their consumers"
            );
        }
        Self {
            all,
            first_disorder_reported: false,
            sample: setup.workload.sample,
            duration: setup.workload.duration,
        }
    }

    /// Each partition gets its member.
    pub(in super::super) fn start(&mut self, brokers: &mut Brokers, cx: &mut Scope<'_>) {
        for id in self.all.ids() {
            if self.is_shared(id) {
                self.start_shared(id, brokers, cx);
                continue;
            }
            let group = &mut self.all[id];
            group
                .members
                .iter_mut()
                .for_each(|member| member.ready = member.up);
            let plan = group.plan();
            for (member, partitions) in plan.into_iter().enumerate() {
                for at in partitions {
                    brokers.set_known(id, at);
                    self.acquire(id, MemberId::at(member), at, brokers, cx);
                }
            }
            let group = &mut self.all[id];
            group.target = group.owner.clone();
            group
                .members
                .iter_mut()
                .for_each(|member| member.ready = false);
        }
    }

    /// A member gets a partition and goes on where the group's commits end.
    pub(super) fn acquire(
        &mut self,
        id: GroupId,
        member: MemberId,
        at: PartitionId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        if self.has_no_offset(id, at, brokers) {
            self.reserve(id, member, at, brokers);
            return self.throw_at_poll(id, member, cx);
        }
        brokers.assign(id, at, self.all[id].config.offsets.reset, cx);
        let source = self.source_of(id, member, at, brokers, cx);
        let group = &mut self.all[id];
        group.owner[at] = Some(member);
        group.members[member].partitions.push(at);
        brokers.open_reader(id, member, at, source, cx);
        for limit in [Limit::NoOwner, Limit::NewLane, Limit::Moving] {
            let spot = limit.of(id.as_index(), at.number());
            cx.probe.end_wait(spot, cx.queue.now());
        }
    }

    /// A member gives a partition up; with `commit` after committing what it has done.
    pub(super) fn release(
        &mut self,
        id: GroupId,
        at: PartitionId,
        commit: bool,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let Some(member) = self.all[id].owner[at] else {
            return;
        };
        if commit && self.is_heard(id, member, cx) {
            self.commit_open(id, member, brokers, cx);
        }
        let voided = self.all[id].members[member].reader.void(at.number());
        self.give_back(id, at, commit, voided, brokers, cx);
    }

    /// A partition has no owner any more; `dropped` chunks of it are gone from its owner's buffer.
    pub(super) fn give_back(
        &mut self,
        id: GroupId,
        at: PartitionId,
        commit: bool,
        dropped: u32,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        let Some(member) = self.all[id].owner[at] else {
            return;
        };
        let commits = commit && self.is_heard(id, member, cx);
        let group = &mut self.all[id];
        let reader = brokers.release(id, at, commits, cx);
        group.owner[at] = None;
        group.members[member].partitions.retain(|own| *own != at);
        if let Some(reader) = reader {
            brokers.take_from_buffer(reader, dropped, cx);
        }
    }
}
