//! The life of fetchers between brokers: they break off, stand still and begin anew.
//!
//! # Source
//! Apache Kafka 3.9, `AbstractFetcherManager.scala`, `ReplicaFetcherThread.scala`.

use super::super::Event as Timer;
use super::super::ids::{BrokerId, FetcherId, Id, PartitionId};
use super::super::wire::Scope;
use super::partition::Partition;
use super::replica::Position;
use super::{Brokers, Event, Replication};
use crate::units::Nanos;

impl Replication {
    /// The thread of a pair of leader and follower, counted by leaders first, that copies a partition. Kafka adds the
    /// hash of the topic's name, which is the same for all partitions.
    #[inline]
    pub(super) fn thread_of(&self, pair: usize, at: PartitionId) -> FetcherId {
        FetcherId::at(pair * self.threads + at.index() % self.threads)
    }
}

impl Brokers {
    /// A fetch or answer that was under way has come to nothing; the fetcher begins anew if it can.
    pub(super) fn stop_fetcher(&mut self, id: FetcherId, cx: &mut Scope<'_>) {
        let fetcher = &mut self.replication.fetchers[id];
        (fetcher.moving, fetcher.parked) = (false, false);
        (fetcher.broken, fetcher.queued) = (false, false);
        self.begin_fetcher(id, cx.config.cluster.replication.backoff, cx);
    }

    /// Fetchers between these leaders and followers are interrupted: they begin anew when they can.
    pub(in super::super) fn break_fetchers(
        &mut self,
        concerns: impl Fn(BrokerId, BrokerId) -> bool,
    ) {
        for fetcher in self.replication.fetchers.iter_mut() {
            if concerns(fetcher.leader, fetcher.follower) {
                fetcher.broken = fetcher.moving;
                fetcher.parked = false;
            }
        }
    }

    /// The fetchers of a broker stand still, or go on.
    pub(in super::super) fn hang_fetchers(&mut self, broker: BrokerId, hung: bool) {
        self.machines[broker].fetchers_hung = hung;
    }

    /// Fetchers that stand still begin where their followers' copies end.
    pub(in super::super) fn begin_fetchers(&mut self, cx: &mut Scope<'_>) {
        for id in self.replication.fetchers.ids() {
            let fetcher = &self.replication.fetchers[id];
            if fetcher.leader != fetcher.follower && !fetcher.parked && !fetcher.moving {
                self.begin_fetcher(id, Nanos::ZERO, cx);
            }
        }
    }

    /// A fetcher begins after a while, if leader and follower reach each other.
    fn begin_fetcher(&mut self, id: FetcherId, after: Nanos, cx: &mut Scope<'_>) {
        if !self.fetcher_works(id, cx.net) {
            return;
        }
        let fetcher = &mut self.replication.fetchers[id];
        let (leader, follower) = (fetcher.leader, fetcher.follower);
        fetcher.dirty.clear();
        let threads = self.replication.threads;
        let own = self.partitions.ids().skip(id.index() % threads);
        for at in own.step_by(threads) {
            let partition = &mut self.partitions[at];
            if partition.leader == Some(leader) && partition.resend_to(follower) {
                self.replication.fetchers[id].dirty.push(at);
            }
        }
        let fetcher = &mut self.replication.fetchers[id];
        fetcher.moving = true;
        fetcher.carried.clear();
        // The connection is there; the first fetch says how far each copy has come.
        let wait = cx.net.between(leader, follower) + self.fetch_time(id);
        cx.queue
            .after(wait + after, Timer::Broker(Event::FollowerFetches(id)));
    }

    /// A follower of a new leader has to say how far it has come, data or not.
    pub(super) fn introduce(&mut self, at: PartitionId, slot: usize) {
        let partition = &mut self.partitions[at];
        let Some(leader) = partition.leader else {
            return;
        };
        let follower = partition.replicas[slot].broker;
        let start = partition.start();
        let replica = &mut partition.replicas[slot];
        replica.end = replica.end.max(start);
        (replica.sent, replica.known, replica.dirty) = (replica.end, Position::default(), true);
        let id = self.fetcher_of(leader, follower, at);
        let fetcher = &mut self.replication.fetchers[id];
        fetcher.dirty.push(at);
        if fetcher.parked {
            self.replication.touched.push(id);
        }
    }
}

impl Partition {
    /// A follower is to be sent everything behind its copy; false if it has none that is fetched for.
    fn resend_to(&mut self, follower: BrokerId) -> bool {
        let start = self.start();
        let Some(slot) = self.slot_of(follower) else {
            return false;
        };
        let replica = &mut self.replicas[slot];
        if replica.moving {
            return false;
        }
        // What retention has deleted is not copied.
        replica.end = replica.end.max(start);
        (replica.sent, replica.dirty) = (replica.end, true);
        true
    }
}
