//! Replication: fetch loops between brokers, and what leaders learn from them.
//!
//! A follower's fetch tells the leader how far it has come, so the leader learns of a copy only on
//! the follower's *next* fetch. A fetch that finds nothing waits at the leader until something is
//! appended. A follower has `num.replica.fetchers` threads for each leader; each copies partitions of
//! its own and has one fetch under way.
//!
//! # Source
//! Apache Kafka 3.9, `AbstractFetcherManager.scala`, `ReplicaFetcherThread.scala`,
//! `Partition.updateFollowerFetchState`.

use super::super::Event as Timer;
use super::super::ids::{BrokerId, FetcherId, Id, PartitionId};
use super::super::net::Net;
use super::super::wire::Scope;
use super::machine::Broker;
use super::partition::Partition;
use super::replica::Position;
use super::{Brokers, Event};
use crate::units::{Nanos, SimTime};

/// What an answer carries for one partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    /// The partition.
    partition: PartitionId,
    /// The follower's place among the replicas.
    slot: usize,
    /// The leader epoch of the answer.
    epoch: u32,
    /// How far the follower's copy reaches when it has written the answer.
    reach: Position,
}

/// One of the threads with which a follower copies from a leader.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    /// The broker that is fetched from.
    pub(super) leader: BrokerId,
    /// The broker that fetches.
    pub(super) follower: BrokerId,
    /// Whether its fetch waits at the leader for data.
    pub parked: bool,
    /// Whether a fetch or an answer is under way.
    pub(super) moving: bool,
    /// Whether it has to begin anew before it goes on.
    pub(super) broken: bool,
    /// When the leader last heard of it.
    pub heard_at: SimTime,
    /// Partitions with data that the follower has not been sent.
    pub(super) dirty: Vec<PartitionId>,
    /// What the answer or fetch under way carries.
    pub(super) carried: Vec<Carried>,
    /// Bytes of the answer under way `[B]`.
    bytes: u64,
    /// How many partitions it copies.
    partitions: u32,
    /// Whether the fetch that has arrived waits for a request handler.
    pub(super) queued: bool,
}

impl Fetcher {
    /// A follower whose fetch waits at its leader.
    pub(super) fn new(leader: BrokerId, follower: BrokerId) -> Self {
        Self {
            leader,
            follower,
            parked: true,
            moving: false,
            broken: false,
            heard_at: SimTime::ZERO,
            dirty: Vec::new(),
            carried: Vec::new(),
            bytes: 0,
            partitions: 0,
            queued: false,
        }
    }
}

impl Brokers {
    /// The thread of `follower` that copies a partition from `leader`.
    #[inline]
    pub(super) fn fetcher_of(
        &self,
        leader: BrokerId,
        follower: BrokerId,
        at: PartitionId,
    ) -> FetcherId {
        let pair = leader.index() * self.machines.len() + follower.index();
        self.replication.thread_of(pair, at)
    }

    /// Leader and follower of a fetcher.
    #[inline]
    pub(super) fn pair(&self, id: FetcherId) -> (BrokerId, BrokerId) {
        let fetcher = &self.replication.fetchers[id];
        (fetcher.leader, fetcher.follower)
    }

    /// The thread of `follower` that copies a partition from `leader`, to look at.
    pub(super) fn fetcher(
        &self,
        leader: BrokerId,
        follower: BrokerId,
        at: PartitionId,
    ) -> &Fetcher {
        &self.replication.fetchers[self.fetcher_of(leader, follower, at)]
    }

    /// Whether leader and follower are there and reach each other.
    pub(super) fn fetcher_works(&self, id: FetcherId, net: &Net) -> bool {
        let fetcher = &self.replication.fetchers[id];
        let (leader, follower) = (fetcher.leader, fetcher.follower);
        net.is_up(leader)
            && net.is_up(follower)
            && !self.machines[follower].fetchers_hung
            && net.connected(net.zone_of(leader), net.zone_of(follower))
    }

    /// Notes for every follower of a partition that there is data.
    #[inline]
    pub(super) fn mark_dirty(&mut self, at: PartitionId) {
        let Some(leader) = self.partitions[at].leader else {
            return;
        };
        let brokers = self.machines.len();
        let replication = &mut self.replication;
        for replica in &mut self.partitions[at].replicas {
            if replica.dirty || replica.broker == leader || replica.moving {
                continue;
            }
            let pair = leader.index() * brokers + replica.broker.index();
            let id = replication.thread_of(pair, at);
            let fetcher = &mut replication.fetchers[id];
            fetcher.dirty.push(at);
            if fetcher.parked {
                replication.touched.push(id);
            }
            // Up to now it had everything, if its fetcher is alive.
            let heard = if fetcher.parked {
                SimTime(u64::MAX)
            } else {
                fetcher.heard_at
            };
            replica.dirty = true;
            replica.caught_up_at = replica.caught_up_at.max(heard);
        }
    }

    /// Answers the fetches that waited for what was just appended.
    #[inline]
    pub(in super::super) fn wake_followers(&mut self, cx: &mut Scope<'_>) {
        if self.replication.touched.is_empty() {
            return;
        }
        let mut touched = std::mem::take(&mut self.replication.touched);
        for id in touched.drain(..) {
            if self.replication.fetchers[id].parked {
                self.answer_follower(id, cx);
            }
        }
        self.replication.touched = touched;
    }

    /// The leader answers a follower's fetch with what it has not been sent yet.
    fn answer_follower(&mut self, id: FetcherId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let cluster = &cx.config.cluster;
        let fetcher = &mut self.replication.fetchers[id];
        let (leader, follower) = (fetcher.leader, fetcher.follower);
        (fetcher.parked, fetcher.bytes, fetcher.heard_at) = (false, 0, now);
        fetcher.carried.clear();
        let (mut kept, mut served, mut cold) = (0, 0, 0);
        for n in 0..fetcher.dirty.len() {
            let at = fetcher.dirty[n];
            let partition = &mut self.partitions[at];
            let slot = match partition.leader == Some(leader) {
                true => partition.slot_of(follower),
                false => None,
            };
            let Some(slot) = slot.filter(|slot| !partition.replicas[*slot].moving) else {
                continue;
            };
            let sent = partition.replicas[slot].sent;
            let mut reach = sent;
            if fetcher.bytes < cluster.replication.response_max || fetcher.bytes == 0 {
                served = kept + 1;
                reach = partition.send_to(slot, cluster.replication.fetch_max, now);
                let bytes = reach.bytes.saturating_sub(sent.bytes);
                fetcher.bytes += bytes;
                cold += cold_bytes(&self.machines[leader], partition, sent, bytes);
                let epoch = partition.epoch;
                fetcher.carried.push(Carried {
                    partition: at,
                    slot,
                    epoch,
                    reach,
                });
            }
            if reach < partition.end {
                fetcher.dirty[kept] = at;
                kept += 1;
            } else {
                partition.replicas[slot].dirty = false;
            }
        }
        // What was served and has more goes to the back, so that every partition has its turn.
        fetcher.dirty.truncate(kept);
        if kept > 0 {
            fetcher.dirty.rotate_left(served.min(kept));
        }
        fetcher.moving = true;
        let (bytes, partitions) = (fetcher.bytes, fetcher.partitions);
        let broker = &mut self.machines[leader];
        let ready = broker.look(now, broker.walk(partitions));
        let sent_at = broker.send(ready, bytes, cold, broker.machine.wire.tls_brokers);
        let at = sent_at + cx.net.between(leader, follower);
        cx.queue.at(at, Timer::Broker(Event::FollowerReceives(id)));
    }

    /// The follower writes what it received and fetches again.
    pub(super) fn follower_receives(&mut self, id: FetcherId, cx: &mut Scope<'_>) {
        if self.is_interrupted(id, cx) {
            return self.stop_fetcher(id, cx);
        }
        let cluster = &cx.config.cluster;
        let fetcher = &mut self.replication.fetchers[id];
        let (leader, follower) = (fetcher.leader, fetcher.follower);
        let (bytes, count) = (fetcher.bytes, fetcher.carried.len());
        let work = cluster.replication.fetcher_rate.time_for(bytes)
            + Nanos(cluster.replication.fetcher_partition.0 * count as u64);
        let forced = self.forced(follower, count);
        let now = cx.queue.now();
        let written = self.machines[follower].write_copy(now, bytes, work, forced);
        for carried in &self.replication.fetchers[id].carried {
            let partition = &mut self.partitions[carried.partition];
            if partition.epoch == carried.epoch
                && let Some(replica) = partition.replica_at(carried.slot, follower)
            {
                replica.end = replica.end.max(carried.reach);
            }
        }
        let at = written + cx.net.between(follower, leader) + self.fetch_time(id);
        cx.queue.at(at, Timer::Broker(Event::FollowerFetches(id)));
    }

    /// Whether a fetcher has to begin anew.
    #[inline]
    fn is_interrupted(&self, id: FetcherId, cx: &Scope<'_>) -> bool {
        self.replication.fetchers[id].broken
            || (cx.net.is_troubled() && !self.fetcher_works(id, cx.net))
    }

    /// Handler time of a fetcher's fetch.
    #[inline]
    pub(super) fn fetch_time(&self, id: FetcherId) -> Nanos {
        let fetcher = &self.replication.fetchers[id];
        self.machines[fetcher.leader].fetch_time(fetcher.partitions)
    }

    /// Counts what each fetcher copies, if that may have changed.
    fn count_followed(&mut self) {
        if !std::mem::take(&mut self.replication.recount) {
            return;
        }
        let brokers = self.machines.len();
        let replication = &mut self.replication;
        let fetchers = replication.fetchers.iter_mut();
        fetchers.for_each(|fetcher| fetcher.partitions = 0);
        for (at, partition) in self.partitions.pairs() {
            let Some(leader) = partition.leader else {
                continue;
            };
            for replica in partition
                .replicas
                .iter()
                .filter(|replica| replica.broker != leader)
            {
                let pair = leader.index() * brokers + replica.broker.index();
                let id = replication.thread_of(pair, at);
                replication.fetchers[id].partitions += 1;
            }
        }
    }

    /// The follower's next fetch has reached the leader and been handled, if a handler was free: the
    /// leader learns how far the follower has come.
    pub(super) fn follower_fetches(&mut self, id: FetcherId, cx: &mut Scope<'_>) {
        let now = cx.now();
        if self.is_interrupted(id, cx) {
            return self.stop_fetcher(id, cx);
        }
        self.count_followed();
        let fetch = self.fetch_time(id);
        let fetcher = &mut self.replication.fetchers[id];
        let handled = self.machines[fetcher.leader].handled_at(now, fetch, &mut fetcher.queued);
        if handled > now {
            return cx
                .queue
                .at(handled, Timer::Broker(Event::FollowerFetches(id)));
        }
        let before = std::mem::replace(&mut fetcher.heard_at, now);
        let follower = fetcher.follower;
        let mut carried = std::mem::take(&mut fetcher.carried);
        for carried in carried.drain(..) {
            self.note_progress(carried, follower, before, cx);
        }
        let fetcher = &mut self.replication.fetchers[id];
        fetcher.carried = carried;
        fetcher.moving = false;
        if fetcher.dirty.is_empty() {
            fetcher.parked = true;
        } else {
            self.answer_follower(id, cx);
        }
    }

    /// A leader learns how far a follower has come with one partition; its fetch before was heard at `before`.
    fn note_progress(
        &mut self,
        carried: Carried,
        follower: BrokerId,
        before: SimTime,
        cx: &mut Scope<'_>,
    ) {
        let Carried {
            partition: at,
            slot,
            epoch,
            reach,
        } = carried;
        let partition = &mut self.partitions[at];
        if partition.epoch != epoch {
            return;
        }
        let end = partition.end.offset;
        let Some(replica) = partition.replica_at(slot, follower) else {
            return;
        };
        replica.known = reach;
        if reach.offset >= end {
            replica.caught_up_at = cx.now();
        } else if reach.offset >= replica.end_at_fetch {
            replica.caught_up_at = before;
        }
        replica.end_at_fetch = end;
        if !replica.in_sync
            && let Some(slot) = partition.slot_of(follower)
        {
            self.may_join(at, slot, cx);
        }
        if !self.partitions[at].is_held_back() {
            self.advance_high_watermark(at, cx);
        }
    }
}

impl Partition {
    /// The replica in `slot` is sent what it lacks, at most `room` bytes; returns how far that reaches.
    #[inline]
    fn send_to(&mut self, slot: usize, room: u64, now: SimTime) -> Position {
        let reach = self.reach(self.replicas[slot].sent, self.end, room);
        let replica = &mut self.replicas[slot];
        if replica.caught_up_at == SimTime(u64::MAX) {
            replica.caught_up_at = now;
        }
        replica.sent = reach;
        reach
    }
}

/// How many of `bytes` from `from` on are no longer in the broker's page cache: what the broker has
/// written since is more than fits. Partitions have their share of the cache by their share of the writes.
#[inline]
pub(super) fn cold_bytes(
    broker: &Broker,
    partition: &Partition,
    from: Position,
    bytes: u64,
) -> u64 {
    let behind = partition.end.bytes.saturating_sub(from.bytes);
    if behind < 1 << 20 {
        return 0;
    }
    let since = u128::from(behind) * u128::from(broker.written.max(1))
        / u128::from(partition.end.bytes.max(1));
    if since > u128::from(broker.machine.cache) {
        bytes
    } else {
        0
    }
}
