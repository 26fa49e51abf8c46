//! The followers' side: fetch loops between brokers, and what leaders learn from them.
//!
//! A follower's fetch tells the leader how far it has come, so the leader learns of a copy only on
//! the follower's *next* fetch. A fetch that finds nothing waits at the leader until something is
//! appended.
//!
//! # Source
//! SRC39 `ReplicaFetcherThread`, `Partition.updateFollowerFetchState`; facts/kafka-msk.md section 2.2.

use super::partition::{NOBODY, Position};
use super::{Event, Kafka};
use crate::engine::Server;
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

/// What an answer carries for one partition.
#[derive(Clone, Copy, Debug)]
struct Carried {
    lane: u32,
    slot: u32,
    epoch: u32,
    reach: Position,
}

/// The fetchers of a follower for one leader. Several share their work evenly, so they are as one that
/// works that much faster; what they carry goes in one answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    /// The broker that is fetched from.
    pub leader: u32,
    /// The broker that fetches.
    pub follower: u32,
    /// Whether its fetch waits at the leader for data.
    pub parked: bool,
    /// Whether a fetch or an answer is under way.
    pub moving: bool,
    /// Whether it has to begin anew before it goes on.
    pub broken: bool,
    /// When the leader last heard of it.
    pub heard_at: SimTime,
    /// Partitions with data that the follower has not been sent.
    dirty: Vec<u32>,
    /// What the answer or fetch under way carries.
    carried: Vec<Carried>,
    /// Bytes of the answer under way.
    bytes: u64,
    /// Partitions that the follower copies from the leader.
    pub lanes: u32,
    /// Whether the fetch that has arrived waits for a request handler.
    queued: bool,
    /// The threads that write what was fetched.
    threads: Server,
}

impl Pair {
    /// A follower whose fetch waits at its leader.
    #[must_use]
    pub(super) fn new(leader: u32, follower: u32) -> Self {
        Self {
            leader,
            follower,
            parked: true,
            ..Self::default()
        }
    }
}

impl Kafka {
    /// The fetchers that copy from `leader` to `follower`.
    #[inline]
    pub(super) fn pair_of(&self, leader: u32, follower: u32) -> usize {
        (leader * self.config.brokers_most + follower) as usize
    }

    /// Whether leader and follower are there and reach each other.
    pub(super) fn pair_works(&self, index: usize) -> bool {
        let pair = &self.pairs[index];
        let (leader, follower) = (
            &self.brokers[pair.leader as usize],
            &self.brokers[pair.follower as usize],
        );
        leader.is_up()
            && follower.is_up()
            && !follower.fetchers_hung
            && self.connected(leader.zone, follower.zone)
    }

    /// Notes for every follower of a partition that there is data.
    #[inline]
    pub(super) fn mark_dirty(&mut self, lane: u32) {
        let leader = self.partitions[lane as usize].leader;
        for slot in 0..self.partitions[lane as usize].replicas.len() {
            let replica = &self.partitions[lane as usize].replicas[slot];
            if replica.dirty || replica.broker == leader || replica.moving {
                continue;
            }
            let index = self.pair_of(leader, replica.broker);
            let pair = &mut self.pairs[index];
            pair.dirty.push(lane);
            if pair.parked {
                self.touched.push(index as u32);
            }
            // Up to now it had everything, if its fetcher is alive.
            let heard = if pair.parked {
                SimTime(u64::MAX)
            } else {
                pair.heard_at
            };
            let replica = &mut self.partitions[lane as usize].replicas[slot];
            replica.dirty = true;
            replica.caught_up_at = replica.caught_up_at.max(heard);
        }
    }

    /// Answers the fetches that waited for what was just appended.
    #[inline]
    pub(super) fn wake_followers(&mut self, cx: &mut Cx<'_, Event>) {
        let mut touched = std::mem::take(&mut self.touched);
        for index in touched.drain(..) {
            if self.pairs[index as usize].parked {
                self.answer_follower(index as usize, cx);
            }
        }
        self.touched = touched;
    }

    /// The leader answers a follower's fetch with what it has not been sent yet.
    pub(super) fn answer_follower(&mut self, index: usize, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let Self {
            pairs,
            partitions,
            brokers,
            config,
            ..
        } = self;
        let pair = &mut pairs[index];
        (pair.parked, pair.bytes, pair.heard_at) = (false, 0, now);
        pair.carried.clear();
        let (mut kept, mut served, mut cold) = (0, 0, 0);
        for n in 0..pair.dirty.len() {
            let lane = pair.dirty[n];
            let partition = &mut partitions[lane as usize];
            let slot = if partition.leader == pair.leader {
                partition.slot_of(pair.follower)
            } else {
                None
            };
            let Some(slot) = slot.filter(|slot| !partition.replicas[*slot].moving) else {
                continue;
            };
            let sent = partition.replicas[slot].sent;
            let mut reach = sent;
            if pair.bytes < config.cluster.replica_response_max || pair.bytes == 0 {
                served = kept + 1;
                let room = config.cluster.replica_fetch_max;
                reach = partition.reach(sent, partition.end, room);
                let replica = &mut partition.replicas[slot];
                if replica.caught_up_at.0 == u64::MAX {
                    replica.caught_up_at = now;
                }
                replica.sent = reach;
                let bytes = reach.bytes.saturating_sub(sent.bytes);
                pair.bytes += bytes;
                cold += cold_bytes(&brokers[pair.leader as usize], partition, sent, bytes);
                pair.carried.push(Carried {
                    lane,
                    slot: slot as u32,
                    epoch: partition.epoch,
                    reach,
                });
            }
            if reach < partition.end {
                pair.dirty[kept] = lane;
                kept += 1;
            } else {
                partition.replicas[slot].dirty = false;
            }
        }
        // What was served and has more goes to the back, so that every partition has its turn.
        pair.dirty.truncate(kept);
        pair.dirty.rotate_left(served.min(kept));
        pair.moving = true;
        let (leader, follower, bytes) = (pair.leader, pair.follower, pair.bytes);
        let fetchers = config.cluster.fetchers;
        let broker = &mut brokers[leader as usize];
        let walk = broker.walk(pair.lanes.div_ceil(fetchers));
        let ready = broker.look(now, walk, fetchers.min(pair.lanes));
        let sent_at = broker.send(ready, bytes, cold, broker.machine.tls_brokers);
        cx.queue.at(
            sent_at + self.between(leader, follower),
            Event::FollowerReceives(index as u32),
        );
    }

    fn between(&self, a: u32, b: u32) -> Nanos {
        self.config
            .one_way(self.brokers[a as usize].zone, self.brokers[b as usize].zone)
    }

    /// The follower writes what it received and fetches again.
    pub(super) fn follower_receives(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        if self.pairs[index as usize].broken || (self.troubled && !self.pair_works(index as usize))
        {
            return self.stop_pair(index as usize, cx);
        }
        let cluster = &self.config.cluster;
        let work = cluster
            .fetcher_rate
            .time_for(self.pairs[index as usize].bytes)
            .0
            + cluster.fetcher_partition.0 * self.pairs[index as usize].carried.len() as u64;
        let pair = &mut self.pairs[index as usize];
        let fetched = pair
            .threads
            .serve(cx.queue.now(), Nanos(work / u64::from(cluster.fetchers)));
        let (leader, follower) = (pair.leader, pair.follower);
        let (bytes, count) = (pair.bytes, pair.carried.len());
        let forced = self.forced(follower, count);
        let broker = &mut self.brokers[follower as usize];
        let tls = broker.machine.tls_brokers;
        let written = broker
            .write_and_flush(cx.queue.now(), bytes, tls, forced)
            .max(fetched);
        let pair = &self.pairs[index as usize];
        for carried in &pair.carried {
            let partition = &mut self.partitions[carried.lane as usize];
            if partition.epoch == carried.epoch
                && let Some(replica) = partition.replica_at(carried.slot, follower)
            {
                replica.end = replica.end.max(carried.reach);
            }
        }
        let handling = self.fetch_time(index as usize);
        cx.queue.at(
            written + self.between(follower, leader) + handling,
            Event::FollowerFetches(index),
        );
    }

    /// Handler time of one fetcher's fetch.
    #[inline]
    fn fetch_time(&self, index: usize) -> Nanos {
        let pair = &self.pairs[index];
        self.brokers[pair.leader as usize]
            .fetch_time(pair.lanes.div_ceil(self.config.cluster.fetchers))
    }

    /// Counts what each follower copies from each leader, if that may have changed.
    fn count_followed(&mut self) {
        if !std::mem::take(&mut self.recount) {
            return;
        }
        self.pairs.iter_mut().for_each(|pair| pair.lanes = 0);
        for partition in self
            .partitions
            .iter()
            .filter(|partition| partition.leader != NOBODY)
        {
            for replica in partition
                .replicas
                .iter()
                .filter(|replica| replica.broker != partition.leader)
            {
                let index = partition.leader * self.config.brokers_most + replica.broker;
                self.pairs[index as usize].lanes += 1;
            }
        }
    }

    /// The follower's next fetch has reached the leader and been handled, if a handler was free: the
    /// leader learns how far the follower has come.
    pub(super) fn follower_fetches(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        if self.pairs[index as usize].broken || (self.troubled && !self.pair_works(index as usize))
        {
            return self.stop_pair(index as usize, cx);
        }
        self.count_followed();
        let fetch = self.fetch_time(index as usize);
        let pair = &mut self.pairs[index as usize];
        let handled = self.brokers[pair.leader as usize].handled_at(now, fetch, &mut pair.queued);
        if handled > now {
            return cx.queue.at(handled, Event::FollowerFetches(index));
        }
        let before = std::mem::replace(&mut pair.heard_at, now);
        let follower = pair.follower;
        let mut carried = std::mem::take(&mut pair.carried);
        for Carried {
            lane,
            slot,
            epoch,
            reach,
        } in carried.drain(..)
        {
            let partition = &mut self.partitions[lane as usize];
            if partition.epoch != epoch {
                continue;
            }
            let end = partition.end.offset;
            let Some(replica) = partition.replica_at(slot, follower) else {
                continue;
            };
            replica.known = reach;
            if reach.offset >= end {
                replica.caught_up_at = now;
            } else if reach.offset >= replica.end_at_fetch {
                replica.caught_up_at = before;
            }
            replica.end_at_fetch = end;
            if !replica.in_sync
                && let Some(slot) = partition.slot_of(follower)
            {
                self.may_join(lane, slot, cx);
            }
            self.raise(lane, cx);
        }
        let pair = &mut self.pairs[index as usize];
        pair.carried = carried;
        pair.moving = false;
        if pair.dirty.is_empty() {
            pair.parked = true;
        } else {
            self.answer_follower(index as usize, cx);
        }
    }

    /// A fetch or answer that was under way has come to nothing; the fetcher begins anew if it can.
    fn stop_pair(&mut self, index: usize, cx: &mut Cx<'_, Event>) {
        let pair = &mut self.pairs[index];
        (pair.moving, pair.parked, pair.broken, pair.queued) = (false, false, false, false);
        self.begin_pair(index, self.config.cluster.replica_backoff, cx);
    }

    /// A fetcher is interrupted: it will begin anew when it can.
    pub(super) fn break_pairs(&mut self, concerns: impl Fn(&Pair) -> bool) {
        for pair in self.pairs.iter_mut().filter(|pair| concerns(pair)) {
            pair.broken = pair.moving;
            pair.parked = false;
        }
    }

    /// Fetchers that stand still begin where their followers' copies end.
    pub(super) fn begin_pairs(&mut self, cx: &mut Cx<'_, Event>) {
        for index in 0..self.pairs.len() {
            let pair = &self.pairs[index];
            if pair.leader != pair.follower && !pair.parked && !pair.moving {
                self.begin_pair(index, Nanos::ZERO, cx);
            }
        }
    }

    fn begin_pair(&mut self, index: usize, after: Nanos, cx: &mut Cx<'_, Event>) {
        if !self.pair_works(index) {
            return;
        }
        let (leader, follower) = (self.pairs[index].leader, self.pairs[index].follower);
        let mut dirty = std::mem::take(&mut self.pairs[index].dirty);
        dirty.clear();
        for (lane, partition) in (0_u32..).zip(&mut self.partitions) {
            if partition.leader != leader {
                continue;
            }
            let Some(slot) = partition.slot_of(follower) else {
                continue;
            };
            let start = partition.start();
            let replica = &mut partition.replicas[slot];
            if replica.moving {
                continue;
            }
            // What retention has deleted is not copied.
            replica.end = replica.end.max(start);
            (replica.sent, replica.dirty) = (replica.end, true);
            dirty.push(lane);
        }
        let pair = &mut self.pairs[index];
        (pair.dirty, pair.moving) = (dirty, true);
        pair.carried.clear();
        // The connection is there; the first fetch says how far each copy has come.
        let wait = self.between(leader, follower) + self.fetch_time(index);
        cx.queue
            .after(wait + after, Event::FollowerFetches(index as u32));
    }

    /// A follower of a new leader has to say how far it has come, data or not.
    pub(super) fn introduce(&mut self, lane: u32, slot: usize) {
        let partition = &mut self.partitions[lane as usize];
        let (leader, follower) = (partition.leader, partition.replicas[slot].broker);
        let start = partition.start();
        let replica = &mut partition.replicas[slot];
        replica.end = replica.end.max(start);
        (replica.sent, replica.known, replica.dirty) = (replica.end, Position::default(), true);
        let index = self.pair_of(leader, follower);
        let pair = &mut self.pairs[index];
        pair.dirty.push(lane);
        if pair.parked {
            self.touched.push(index as u32);
        }
    }
}

/// How many of `bytes` from `from` on are no longer in the broker's page cache: what the broker has
/// written since is more than fits. Partitions have their share of the cache by their share of the writes.
#[must_use]
pub(super) fn cold_bytes(
    broker: &super::broker::Broker,
    partition: &super::partition::Partition,
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
