//! KCL 3: one worker leads. It scans the lease table in rounds, gives leases away that nobody renews, and moves load at every
//! third round. The new holder finds its lease when it looks for new ones; a dead leader is replaced only when its lock has
//! run out.
//!
//! # Source
//! `LeaseAssignmentManager`, `DynamoDBLeaseCoordinator` and `DynamoDBLockBasedLeaderDecider` of KCL 3.5.1,
//! <https://github.com/awslabs/amazon-kinesis-client>.

use super::app::App;
use super::balance::{LeaseCount, LoadedLease, balance, idlest};
use super::lease::LeaseState;
use super::worker::Worker;
use super::{AppEvent, Io};
use crate::platform::kinesis::ids::{Id, WorkerId};
use crate::units::{Nanos, SimTime};

impl App {
    /// Sets the rounds of the leader, at a random phase.
    pub(super) fn start_leader(&self, io: &mut Io<'_>) {
        let phases = io.common.phases.child(1 << 20);
        let phase = phases.below(u64::from(self.id.0), self.round().0);
        io.after(Nanos(phase), AppEvent::Assign(self.id));
    }

    /// A round of assignment.
    pub(super) fn assign(&mut self, io: &mut Io<'_>) {
        io.after(self.round(), AppEvent::Assign(self.id));
        if self.down > 0 || !self.somebody_leads(io) {
            return;
        }
        if self.wait_for_scan(self.leader, io).is_some() {
            return;
        }
        let previous = self.scanned_at.replace(io.now());
        self.rounds += 1;
        if self.config.children_first {
            self.learn_open_shards(io);
        }
        let mut counts = self.lease_counts();
        let mut expired = false;
        for shard in self.leases.ids() {
            if !self.is_available(shard, previous) {
                continue;
            }
            expired |= self.leases[shard].state != LeaseState::Unassigned;
            let Some(worker) = idlest(&counts) else {
                return;
            };
            counts[worker.index()] = counts[worker.index()].map(|count| count + 1);
            self.take_lease(shard, worker, io);
        }
        if !expired {
            self.rebalance(io);
        }
    }

    /// Leases in use per worker.
    fn lease_counts(&self) -> Vec<LeaseCount> {
        let live = |worker: &Worker| worker.is_up().then_some(0);
        let mut counts: Vec<LeaseCount> = self.workers.iter().map(live).collect();
        for lease in self.leases.iter().filter(|lease| lease.state.is_held()) {
            if let Some(Some(count)) = lease.owner.and_then(|owner| counts.get_mut(owner.index())) {
                *count += 1;
            }
        }
        counts
    }

    /// Whether a leader runs; a dead one holds its lock until the lock's lease is over. A new leader has scanned nothing yet.
    fn somebody_leads(&mut self, io: &mut Io<'_>) -> bool {
        if self.workers.get(self.leader).is_some_and(Worker::is_up) {
            return true;
        }
        let heir = self.workers.iter().position(Worker::is_up);
        let Some(heir) = heir.filter(|_| io.now() >= self.leader_until) else {
            return false;
        };
        self.leader = WorkerId::from_index(heir);
        self.scanned_at = None;
        io.happened(&self.name, "new leader", self.leader.to_string());
        true
    }

    /// Moves load between workers at every third round.
    fn rebalance(&mut self, io: &mut Io<'_>) {
        let counts = self.lease_counts();
        let kcl = io.common.kcl;
        if !self.rounds.is_multiple_of(kcl.runs) {
            return;
        }
        for lease in self.leases.iter_mut() {
            lease.average_load();
        }
        for moved in balance(&counts, &self.loaded_leases(), kcl.threshold, kcl.dampening) {
            self.move_later(moved.shard, moved.to, io);
        }
    }

    /// The leases that are read, with their loads.
    fn loaded_leases(&self) -> Vec<LoadedLease> {
        let leases = self.leases.pairs();
        let read = leases.filter(|(_, lease)| lease.state == LeaseState::Reading);
        let loaded = read.filter_map(|(shard, lease)| {
            Some(LoadedLease {
                shard,
                owner: lease.owner?,
                load: lease.average_load,
            })
        });
        loaded.collect()
    }

    /// When a worker finds a lease that is its own from `from` on: it looks for new ones at a fixed interval, half of a round
    /// less the KCL's slack.
    pub(super) fn discovered_at(&self, worker: WorkerId, from: SimTime, io: &Io<'_>) -> SimTime {
        let interval = (self.round().0 / 2).saturating_sub(self.config.slack.0);
        self.tick_of(worker, 5, interval.max(1), from, io)
    }

    /// When a worker renews its leases next, from `from` on.
    pub(super) fn renewal_of(&self, worker: WorkerId, from: SimTime, io: &Io<'_>) -> SimTime {
        self.tick_of(worker, 6, self.renewal().0, from, io)
    }

    /// The first tick from `from` on of a timer of a worker that ticks every `interval` nanoseconds.
    fn tick_of(
        &self,
        worker: WorkerId,
        timer: u64,
        interval: u64,
        from: SimTime,
        io: &Io<'_>,
    ) -> SimTime {
        let phases = io
            .common
            .phases
            .child(timer << 20)
            .child(u64::from(self.id.0));
        let phase = phases.below(u64::from(worker.0), interval);
        let ticks = from.0.saturating_sub(phase).div_ceil(interval);
        SimTime(phase + ticks * interval)
    }
}
