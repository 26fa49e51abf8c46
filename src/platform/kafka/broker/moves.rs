//! Reassignments: replicas that are to be filled copy from their leaders, one answer at a time for each fetcher.
//! An answer has at most `replica.fetch.response.max.bytes`, passes both networks and the volume, and counts when it is
//! written.
//!
//! # Source
//! Apache Kafka 3.9, `ReplicaFetcherThread.scala`, `ReplicationQuotaManager.scala`.

use super::super::Event as Timer;
use super::super::ids::{BrokerId, FetcherId, Id, PartitionId, Slots};
use super::super::wire::Scope;
use super::partition::Partition;
use super::replica::Position;
use super::replication::cold_bytes;
use super::{Brokers, Event};
use crate::units::Bytes;

/// So near to the end of the log a replica's usual fetcher takes over `[B]`.
const NEARLY: u64 = 4 << 20;

/// What an answer carries for one replica that is being filled.
#[derive(Clone, Copy, Debug)]
struct Copied {
    partition: PartitionId,
    /// The leader epoch of the answer.
    epoch: u32,
    /// How far the copy reaches when it is written.
    reach: Position,
}

/// Copies of a reassignment that are under way.
#[derive(Clone, Debug)]
pub(super) struct Moves {
    /// What each broker may still receive in this step of the throttle `[B]`.
    room: Slots<BrokerId, u64>,
    /// The answer under way for each fetcher.
    under_way: Slots<FetcherId, Vec<Copied>>,
    /// Bytes copied since the last reassignment began `[B]`.
    copied: u64,
}

impl Moves {
    pub(super) fn new(brokers: u32, threads: u32) -> Self {
        Self {
            room: Slots::build(brokers, |_| 0),
            under_way: Slots::build(brokers * brokers * threads, |_| Vec::new()),
            copied: 0,
        }
    }
}

impl Partition {
    /// Where the copy of a replica that is being filled on `broker` ends; `None` without one.
    fn filled_to(&self, broker: BrokerId) -> Option<Position> {
        let replica = &self.replicas[self.slot_of(broker)?];
        replica.moving.then(|| replica.end.max(self.start()))
    }
}

impl Brokers {
    /// A step of the throttle: each broker may receive so many bytes of replicas that are being filled. Whether there
    /// are any.
    pub(in super::super) fn fill_replicas(&mut self, budget: u64, cx: &mut Scope<'_>) -> bool {
        self.moves.room.iter_mut().for_each(|room| *room = budget);
        let mut fetchers = Vec::new();
        for (at, partition) in self.partitions.pairs() {
            let Some(to) = partition.replicas.iter().find(|replica| replica.moving) else {
                continue;
            };
            let leader = partition.leader;
            fetchers.push(leader.map(|leader| self.fetcher_of(leader, to.broker, at)));
        }
        let more = !fetchers.is_empty();
        fetchers.sort_unstable();
        fetchers.dedup();
        for fetcher in fetchers.into_iter().flatten() {
            self.copy_next(fetcher, cx);
        }
        more
    }

    /// The bytes that a reassignment has copied, which is over.
    pub(in super::super) fn take_copied(&mut self) -> Bytes {
        Bytes(std::mem::take(&mut self.moves.copied))
    }

    /// A leader answers for the replicas that a broker is to be given, unless an answer is under way.
    fn copy_next(&mut self, id: FetcherId, cx: &mut Scope<'_>) {
        let (leader, follower) = self.pair(id);
        let busy = !self.moves.under_way[id].is_empty();
        let works = cx.net.is_up(leader) && cx.net.is_up(follower);
        if busy || !works || self.moves.room[follower] == 0 {
            return;
        }
        let cluster = &cx.config.cluster;
        let most = self.moves.room[follower].min(cluster.replication.response_max);
        let (mut bytes, mut cold, mut carried) = (0, 0, Vec::new());
        let threads = self.replication.threads;
        let own = self.partitions.pairs().skip(id.index() % threads);
        for (at, partition) in own.step_by(threads) {
            let from = partition.filled_to(follower);
            let Some(from) = from.filter(|_| bytes < most && partition.leader == Some(leader))
            else {
                continue;
            };
            let room = cluster.replication.fetch_max.min(most - bytes);
            let reach = partition.reach(from, partition.end, room);
            let more = reach.bytes.saturating_sub(from.bytes);
            cold += cold_bytes(&self.machines[leader], partition, from, more);
            bytes += more;
            carried.push(Copied {
                partition: at,
                epoch: partition.epoch,
                reach,
            });
        }
        if carried.is_empty() {
            return;
        }
        let source = &mut self.machines[leader];
        let sent = source.send(cx.queue.now(), bytes, cold, source.machine.wire.tls_brokers);
        let way = cx.net.between(leader, follower);
        let target = &mut self.machines[follower];
        let written = target.write(sent + way, bytes, target.machine.wire.tls_brokers);
        self.moves.room[follower] = self.moves.room[follower].saturating_sub(bytes);
        self.moves.under_way[id] = carried;
        self.moves.copied += bytes;
        cx.queue.at(written + way, Timer::Broker(Event::Copied(id)));
    }

    /// An answer is written; the next one may follow.
    pub(super) fn copied(&mut self, id: FetcherId, cx: &mut Scope<'_>) {
        let (_, follower) = self.pair(id);
        for copied in std::mem::take(&mut self.moves.under_way[id]) {
            let partition = &mut self.partitions[copied.partition];
            let slot = partition.slot_of(follower);
            let current = partition.epoch == copied.epoch && cx.net.is_up(follower);
            let Some(slot) = slot.filter(|slot| current && partition.replicas[*slot].moving) else {
                continue;
            };
            let end = partition.end;
            let replica = &mut partition.replicas[slot];
            replica.end = replica.end.max(copied.reach);
            if end.bytes.saturating_sub(copied.reach.bytes) < NEARLY {
                replica.moving = false;
                self.introduce(copied.partition, slot);
            }
        }
        self.wake_followers(cx);
        self.copy_next(id, cx);
    }
}
