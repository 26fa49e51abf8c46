//! Workers that crash, stop in order, come back or join.
//!
//! # Source
//! KCL 3.5.1, `DynamoDBLeaseRenewer` for the renewal of leases, `DynamoDBLockBasedLeaderDecider` for the leader.

use super::Io;
use super::app::App;
use super::lease::Lease;
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

impl App {
    /// The time between two renewals of a lease: a third of failoverTimeMillis less the slack.
    pub(super) fn renewal(&self) -> Nanos {
        let third = self.config.failover.0 / 3;
        Nanos(third.saturating_sub(self.config.slack.0).max(1))
    }

    /// The leases that a worker holds.
    fn held_by(&mut self, worker: WorkerId) -> impl Iterator<Item = &mut Lease> {
        let held = move |lease: &&mut Lease| lease.is_held_by(worker);
        self.leases.iter_mut().filter(held)
    }

    /// The workers that run in a zone. A Lambda mapping is the service's own, which reads on from another zone.
    pub(super) fn workers_in(&self, zone: u8) -> Vec<WorkerId> {
        if self.config.is_managed() {
            return Vec::new();
        }
        let there = self
            .workers
            .pairs()
            .filter(|(_, worker)| worker.zone == zone);
        there.map(|(worker, _)| worker).collect()
    }

    /// A worker is gone with all that it had in hand; its leases live on until they expire.
    pub(super) fn crash(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        let (now, kcl, crashes) = (io.now(), io.common.kcl, io.common.crashes);
        let phase = |child, most: u64| io.common.phases.child(child).below(crashes, most);
        // Leases were renewed up to one renewal period ago, the leader's lock up to one heartbeat.
        let since_renewal = phase(3 << 20, self.renewal().0);
        let since_heartbeat = phase(4 << 20, kcl.heartbeat.0.max(1));
        io.common.crashes += 1;
        let Some(state) = self.workers.get_mut(worker) else {
            return;
        };
        if !state.take_down() {
            return;
        }
        let renewed_at = SimTime(now.0.saturating_sub(since_renewal));
        if self.config.flink.is_some() {
            io.happened(&self.worker_name(worker), "crash", String::new());
            return self.fail_job(io);
        }
        let counted = self.table.is_some();
        for lease in self.held_by(worker) {
            lease.drop_holder();
            if !counted {
                lease.renewed_at = renewed_at;
            }
        }
        self.note_ownerless(worker, io);
        if self.leader == worker {
            let heartbeat = SimTime(now.0.saturating_sub(since_heartbeat));
            self.leader_until = heartbeat + kcl.leader_lease;
        }
        io.happened(&self.worker_name(worker), "crash", String::new());
    }

    /// Nobody reads the shards whose leases a worker held that is gone.
    fn note_ownerless(&self, worker: WorkerId, io: &mut Io<'_>) {
        let held = |lease: &Lease| lease.state.is_held() && lease.owner == Some(worker);
        for (shard, _) in self.leases.pairs().filter(|(_, lease)| held(lease)) {
            let spot = self.without_reader().of(self.consumer(), shard.0);
            io.probe.begin_wait(spot, io.queue.now());
        }
    }

    /// For what a shard waits that nobody reads: for another worker, or without leases until its own one has started again.
    pub(super) fn without_reader(&self) -> Limit {
        match self.config.has_leases() {
            true => Limit::NoOwner,
            false => Limit::ReaderDown,
        }
    }

    /// A shard is read now: it waits for no reader, and not for its parents.
    pub(super) fn note_read(&self, shard: ShardId, io: &mut Io<'_>) {
        let over = [self.without_reader(), Limit::NewLane, Limit::ParentsFirst];
        for limit in over {
            let spot = limit.of(self.consumer(), shard.0);
            io.probe.end_wait(spot, io.queue.now());
        }
    }

    /// A worker stops in order: it finishes its slice, writes its checkpoints and is gone. Nobody frees its leases; they run
    /// out like those of a worker that crashed.
    pub(super) fn stop(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        let Some(state) = self.workers.get_mut(worker).filter(|state| state.is_up()) else {
            return;
        };
        state.stops = true;
        if state.reader.is_idle() {
            self.leave(worker, io);
        }
    }

    /// A worker that stops has finished its slice.
    pub(super) fn leave(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        let now = io.now();
        let app = self.id;
        for lease in self.held_by(worker) {
            let done = lease.cursor.done.min(lease.cursor.seen);
            if lease.cursor.checkpoint < done {
                lease.cursor.set_checkpoint(done, now);
                io.stream.bill_checkpoint(app);
            }
        }
        io.happened(&self.worker_name(worker), "stop", String::new());
        self.crash(worker, io);
    }

    /// A crashed worker is back, empty, as a new one: it must wait for leases like everybody.
    pub(super) fn revive(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        let state = self.workers.get_mut(worker);
        if !state.is_some_and(|state| state.bring_up()) {
            return;
        }
        io.happened(&self.worker_name(worker), "join", String::new());
        if self.config.flink.is_some() {
            return self.restart_job(io);
        }
        if !self.config.has_leases() {
            return self.read_own_again(worker, io);
        }
        for lease in self.held_by(worker) {
            lease.owner = None;
        }
        self.begin_work(worker, io);
    }

    /// Without leases a worker that is back reads its own shards again.
    fn read_own_again(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        for shard in self.leases.ids() {
            let lease = &self.leases[shard];
            if lease.owner == Some(worker) && lease.state.is_held() {
                self.start_reading(shard, Nanos::ZERO, io);
            }
        }
    }

    /// A worker begins to renew its leases. Before KCL 3 it scans the lease table at once.
    fn begin_work(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        self.start_renewals(worker, io);
        if self.config.has_leases() && self.config.kcl < 3 {
            self.scan_after(worker, Nanos::ZERO, io);
        }
    }

    /// New workers join the application.
    pub(super) fn join(&mut self, workers: u32, io: &mut Io<'_>) {
        for _ in 0..workers {
            let worker = self.add_worker();
            io.happened(&self.worker_name(worker), "join", String::new());
            self.begin_work(worker, io);
        }
    }
}
