//! Share groups at the brokers: fetches that acquire records, acknowledgements, and locks that run out.
//!
//! # Source
//! KIP-932; Apache Kafka 4.1, `SharePartitionManager.java`, `DelayedShareFetch.java`, `ShareFetchUtils.java`.

use super::super::Event as Timer;
use super::super::config::{Config, Protocol};
use super::super::ids::{GroupId, MemberId, PartitionId, SessionId, Slots};
use super::super::share_partition::{SharePartition, ShareRules};
use super::super::wire::Scope;
use super::fetch::Taken;
use super::partition::Partition;
use super::replication::cold_bytes;
use super::sessions::State;
use super::{Brokers, Event};
use crate::platform::Chunk;
use crate::units::SimTime;

/// An acknowledgement on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledgement {
    pub group: GroupId,
    pub member: MemberId,
    pub chunk: Chunk,
}

/// A share group as brokers see it.
#[derive(Clone, Debug)]
pub(super) struct Share {
    /// What members are allowed.
    pub rules: ShareRules,
    /// Who holds what.
    pub partitions: Slots<PartitionId, SharePartition>,
    /// Whether a timer waits for the oldest lock of each partition.
    pub timed: Slots<PartitionId, bool>,
    /// Fetches that wait for records, oldest first.
    pub waiting: Vec<SessionId>,
    /// Room for what a fetch acquires.
    given: Vec<Chunk>,
    /// Whether a record that was given up has been reported in full.
    pub gave_up: bool,
}

/// What a fetch may have of one partition.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    at: PartitionId,
    member: MemberId,
    records: u64,
    bytes: u64,
}

/// What a fetch has got of one partition.
#[derive(Clone, Copy, Debug, Default)]
struct Got {
    records: u64,
    bytes: u64,
    cold: u64,
}

/// The share groups of a cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares {
    groups: Slots<GroupId, Option<Box<Share>>>,
    /// Acknowledgements under way, and places for more.
    pub under_way: Vec<Acknowledgement>,
    /// Places in it that are free.
    pub free: Vec<u32>,
}

impl Shares {
    /// The share groups among the consumers; they know all partitions and begin where logs begin.
    pub(super) fn new(config: &Config) -> Self {
        let group = |protocol: Protocol| {
            let Protocol::Share(rules) = protocol else {
                return None;
            };
            let partitions = config.topic.partitions;
            Some(Box::new(Share {
                rules,
                partitions: Slots::build(partitions, |_| SharePartition::default()),
                timed: Slots::build(partitions, |_| false),
                waiting: Vec::new(),
                given: Vec::new(),
                gave_up: false,
            }))
        };
        let groups = config.consumers.iter();
        let groups: Vec<_> = groups.map(|consumer| group(consumer.protocol)).collect();
        Self {
            groups: groups.into(),
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn of(&self, group: GroupId) -> Option<&Share> {
        self.groups.get(group)?.as_deref()
    }

    #[inline]
    pub(super) fn of_mut(&mut self, group: GroupId) -> Option<&mut Share> {
        self.groups.get_mut(group)?.as_deref_mut()
    }

    /// Whether a group is a share group.
    #[inline]
    pub(super) fn has(&self, group: GroupId) -> bool {
        self.of(group).is_some()
    }

    /// A fetch of a share group waits for records.
    pub(super) fn wait(&mut self, group: GroupId, session: SessionId) {
        if let Some(share) = self.of_mut(group) {
            share.waiting.retain(|other| *other != session);
            share.waiting.push(session);
        }
    }

    /// Records of a cut log that had their fate for a group, from `to` on.
    pub(super) fn cut(&mut self, at: PartitionId, to: u64, mut booked: impl FnMut(usize, u64)) {
        for (group, share) in self.groups.pairs_mut() {
            if let Some(share) = share {
                share.partitions[at].truncate(to, |offset| booked(group.as_index(), offset));
            }
        }
    }

    /// A partition has another leader: it knows what was acknowledged, and not who holds what.
    pub(super) fn forget_locks(&mut self, at: PartitionId) {
        for share in self.groups.iter_mut().flatten() {
            share.partitions[at].release(None);
        }
    }

    /// What a member holds is available again: its connection is closed.
    pub(super) fn release(&mut self, group: GroupId, member: MemberId) {
        if let Some(share) = self.of_mut(group) {
            for own in share.partitions.iter_mut() {
                own.release(Some(member));
            }
        }
    }

    /// There is one partition more.
    pub(super) fn add_partition(&mut self) {
        for share in self.groups.iter_mut().flatten() {
            share.partitions.push(SharePartition::default());
            share.timed.push(false);
        }
    }
}

impl Brokers {
    /// A member of a share group asks every broker that leads partitions for records, unless it has asked already.
    pub(in super::super) fn send_share_fetches(
        &mut self,
        group: GroupId,
        member: MemberId,
        cx: &mut Scope<'_>,
    ) {
        for broker in self.machines.ids() {
            let id = self.session_at(group, member, broker);
            let session = &self.sessions.all[id];
            if session.state != State::Idle || !session.alive {
                continue;
            }
            let leads = |partition: &&Partition| partition.leader == Some(broker);
            self.sessions.all[id].partitions = self.partitions.iter().filter(leads).count() as u32;
            self.send_fetch(id, cx);
        }
    }

    /// Whether a fetch of a share group finds something at its broker.
    pub(super) fn finds_shared(&self, id: SessionId) -> bool {
        let session = &self.sessions.all[id];
        let Some(share) = self.shares.of(session.group) else {
            return false;
        };
        self.partitions.pairs().any(|(at, partition)| {
            let end = partition.high_watermark.offset;
            let known = partition.cursors[session.group.as_index()].known;
            let leads = partition.leader == Some(session.broker);
            known && leads && share.partitions[at].offers(end, &share.rules)
        })
    }

    /// Fills the answer of a share group's fetch: each partition has its turn to be first.
    pub(super) fn fill_shared(&mut self, id: SessionId, cx: &mut Scope<'_>) -> Taken {
        let session = &mut self.sessions.all[id];
        let (group, broker, member) = (session.group, session.broker, session.member);
        session.turn = session.turn.wrapping_add(1);
        let (turn, count) = (session.turn, self.partitions.count());
        let limits = &cx.config.consumers[group.as_index()];
        let (mut taken, mut records) = (Taken::default(), limits.poll_records);
        for n in 0..count {
            let at = PartitionId::new((turn.wrapping_add(n)) % count);
            if self.partitions[at].leader != Some(broker) {
                continue;
            }
            if records == 0 || taken.bytes >= limits.fetch_max {
                break;
            }
            let bytes = limits.fetch_max - taken.bytes;
            let wanted = Wanted {
                at,
                member,
                records,
                bytes,
            };
            let got = self.acquire_shared(group, wanted, cx);
            records = records.saturating_sub(got.records);
            (taken.bytes, taken.cold) = (taken.bytes + got.bytes, taken.cold + got.cold);
            self.give_shared(id, group, at, cx.now());
        }
        if let Some(share) = self.shares.of_mut(group) {
            share.waiting.retain(|other| *other != id);
        }
        taken
    }

    /// A member acquires records of a partition: first what came back, then whole batches of what nobody was given.
    fn acquire_shared(&mut self, group: GroupId, wanted: Wanted, cx: &mut Scope<'_>) -> Got {
        let (at, consumer) = (wanted.at, group.as_index());
        let Self {
            shares,
            partitions,
            machines,
            ..
        } = self;
        let (partition, mut got) = (&mut partitions[at], Got::default());
        let (Some(share), Some(leader)) = (shares.of_mut(group), partition.leader) else {
            return got;
        };
        let (rules, own) = (share.rules, &mut share.partitions[at]);
        let (broker, ends) = (&machines[leader], cx.now() + rules.lock);
        got.records = own.acquire_again(wanted.member, wanted.records, ends, &mut share.given);
        for again in &share.given {
            let from = partition.position_of(again.first);
            let stored = partition.log.range(again.first, again.count);
            let bytes: u64 = stored.map(|stored| u64::from(stored.bytes())).sum();
            got.bytes += bytes;
            got.cold += cold_bytes(broker, partition, from, bytes);
        }
        let most = own.room(&rules).min(wanted.records - got.records);
        let (from, top) = (
            partition.cursors[consumer].fetched,
            partition.high_watermark,
        );
        if most > 0 && got.bytes < wanted.bytes && from < top && partition.cursors[consumer].known {
            let reach = partition.reach(from, top, wanted.bytes - got.bytes);
            let border = partition.border_from(from.offset + most).min(reach);
            let new = own.acquire_new(wanted.member, border.offset, ends);
            let bytes = border.bytes - from.bytes;
            got.records += new.count;
            got.bytes += bytes;
            got.cold += cold_bytes(broker, partition, from, bytes);
            let fresh = partition.log.counted(new.first, border.offset);
            let cursor = &mut partition.cursors[consumer];
            cursor.fetched = border;
            cursor.outstanding += fresh;
            share.given.push(new);
        }
        if let Some(ends) = own.next_end().filter(|_| got.records > 0)
            && !std::mem::replace(&mut share.timed[at], true)
        {
            cx.queue
                .at(ends, Timer::Broker(Event::ShareLock(group, at)));
        }
        got
    }

    /// What was acquired goes into the answer.
    fn give_shared(&mut self, id: SessionId, group: GroupId, at: PartitionId, now: SimTime) {
        let assignment = self.cursor(group, at).assignment;
        let (sessions, lane) = (&mut self.sessions, at.number());
        if let Some(share) = self.shares.of_mut(group) {
            let given = share.given.drain(..);
            let taken = |chunk: Chunk| Chunk::taken(lane, chunk.first, chunk.count, now);
            let given = given.map(|chunk| (taken(chunk), assignment));
            sessions.all[id].answer.extend(given);
        }
    }
}
