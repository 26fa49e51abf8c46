//! Who reads which shard: leases, their expiry, rounds of assignment, balancing.
//!
//! KCL 1 and 2: every worker looks around in rounds and steals one lease from the busiest when
//! nothing has expired. KCL 3: a leader assigns expired leases in rounds and, at every third, moves
//! load from workers above the mean; a moved lease is handed over gracefully. A dead leader is replaced
//! only when its lock has expired.
//!
//! # Source
//! KCL 3.5.1, `LeaseAssignmentManager`, `DynamoDBLockBasedLeaderDecider`, and of KCL 2 `DynamoDBLeaseTaker`.

use super::app::App;
use super::balance::{LeaseCount, LoadedLease, balance, busiest, idlest};
use super::lease::LeaseState;
use super::worker::Worker;
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::kinesis::ids::{Id, ShardId, WorkerId};
use crate::units::{Nanos, SimTime};

/// How a lease goes to another live worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandOver {
    /// At the end of the slice under way and with its checkpoint.
    Graceful,
    /// At once, so that work since the checkpoint is done again.
    Stolen,
}

impl App {
    /// The time between two rounds of assignment: twice failoverTimeMillis, with its slack before KCL 3.
    fn round(&self) -> Nanos {
        let config = &self.config;
        let extra = if config.kcl < 3 { config.slack.0 } else { 0 };
        Nanos((config.failover.0 + extra) * 2)
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

    /// Sets the rounds of assignment, at a random phase.
    pub(super) fn start_rounds(&self, io: &mut Io<'_>) {
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
        self.rounds += 1;
        if self.config.children_first {
            self.learn_open_shards(io);
        }
        let mut counts = self.lease_counts();
        let mut expired = false;
        for shard in self.leases.ids() {
            let orphaned = self.is_orphaned(shard, io.now());
            if self.leases[shard].state != LeaseState::Unassigned && !orphaned {
                continue;
            }
            expired |= orphaned;
            let Some(worker) = idlest(&counts) else {
                return;
            };
            counts[worker.index()] = counts[worker.index()].map(|count| count + 1);
            self.give(shard, worker, io);
        }
        if !expired {
            self.rebalance(io);
        }
    }

    /// Children that are read without waiting for their parents get leases as soon as they are open.
    fn learn_open_shards(&mut self, io: &Io<'_>) {
        for shard in io.stream.open_shards() {
            let lease = &mut self.leases[shard];
            if lease.state == LeaseState::Absent {
                lease.state = LeaseState::Unassigned;
            }
        }
    }

    /// Whether a lease is held by a worker that is gone, and has expired.
    fn is_orphaned(&self, shard: ShardId, now: SimTime) -> bool {
        let lease = &self.leases[shard];
        lease.state.is_held() && !self.holder_up(shard) && lease.expires <= now
    }

    /// KCL 3 needs a leader; a dead one holds its lock until the lock's lease is over.
    fn somebody_leads(&mut self, io: &mut Io<'_>) -> bool {
        let leader = self.workers.get(self.leader);
        if self.config.kcl < 3 || leader.is_some_and(Worker::is_up) {
            return self.workers.iter().any(Worker::is_up);
        }
        let heir = self.workers.iter().position(Worker::is_up);
        let Some(heir) = heir.filter(|_| io.now() >= self.leader_until) else {
            return false;
        };
        self.leader = WorkerId::from_index(heir);
        io.happened(&self.name, "new leader", self.leader.to_string());
        true
    }

    /// A worker gets a lease: it reads, or waits for the parents of the shard.
    fn give(&mut self, shard: ShardId, worker: WorkerId, io: &mut Io<'_>) {
        let ready = self.config.children_first || self.parents_read(shard, io.stream);
        let lease = &mut self.leases[shard];
        lease.drop_holder();
        lease.owner = Some(worker);
        io.happened(&self.worker_name(worker), "lease taken", shard.to_string());
        if ready {
            return self.start_reading(shard, Nanos::ZERO, io);
        }
        self.leases[shard].state = LeaseState::Waiting;
        self.look_at_parents_at(shard, io.now() + self.config.parent_poll, io);
    }

    /// The holder of a child's lease looks at the parents at `at`.
    fn look_at_parents_at(&self, shard: ShardId, at: SimTime, io: &mut Io<'_>) {
        let (app, ticket) = (self.id, self.leases[shard].ticket);
        io.at(at, AppEvent::Parents { app, shard, ticket });
    }

    /// A worker that holds a child's lease looks at the parents.
    pub(super) fn look_at_parents(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) {
        let lease = &self.leases[shard];
        if lease.ticket != ticket || lease.state != LeaseState::Waiting {
            return;
        }
        if self.config.children_first || self.parents_read(shard, io.stream) {
            return self.start_reading(shard, Nanos::ZERO, io);
        }
        self.look_at_parents_at(shard, io.now() + self.config.parent_poll, io);
    }

    fn rebalance(&mut self, io: &mut Io<'_>) {
        let counts = self.lease_counts();
        if self.config.kcl < 3 {
            return self.steal(counts, io);
        }
        let kcl = io.common.kcl;
        if !self.rounds.is_multiple_of(kcl.runs) {
            return;
        }
        for lease in self.leases.iter_mut() {
            lease.average_load();
        }
        for moved in balance(&counts, &self.loaded_leases(), kcl.threshold, kcl.dampening) {
            self.hand_over(moved.shard, moved.to, HandOver::Graceful, io);
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

    /// KCL 1 and 2: each worker with fewer leases than its share steals one from the busiest.
    fn steal(&mut self, mut counts: Vec<LeaseCount>, io: &mut Io<'_>) {
        let live = counts.iter().flatten().count() as u64;
        let target = counts.iter().flatten().sum::<u64>() / live.max(1);
        for thief in 0..counts.len() {
            let Some(own) = counts[thief].filter(|own| *own < target) else {
                continue;
            };
            let Some((victim, most)) = busiest(&counts) else {
                return;
            };
            let Some(shard) = self.pick_of(victim, io) else {
                return;
            };
            (counts[thief], counts[victim.index()]) = (Some(own + 1), Some(most - 1));
            self.hand_over(shard, WorkerId::from_index(thief), HandOver::Stolen, io);
        }
    }

    /// A random lease that a worker holds.
    fn pick_of(&self, worker: WorkerId, io: &Io<'_>) -> Option<ShardId> {
        let leases = self.leases.pairs();
        let theirs =
            leases.filter(|(_, lease)| lease.state.is_held() && lease.owner == Some(worker));
        let theirs: Vec<ShardId> = theirs.map(|(shard, _)| shard).collect();
        let picks = io.common.phases.child(2 << 20);
        let pick = picks.below(self.rounds, theirs.len().max(1) as u64);
        theirs.get(pick as usize).copied()
    }

    /// A lease goes to another live worker.
    fn hand_over(&mut self, shard: ShardId, to: WorkerId, way: HandOver, io: &mut Io<'_>) {
        let now = io.now();
        let lease = &mut self.leases[shard];
        let mut begin = now;
        if let Some(from) = lease.owner.and_then(|from| self.workers.get_mut(from)) {
            from.reader.forget(shard.0);
            let mut parts = from.reader.current().iter();
            if way == HandOver::Graceful && parts.any(|part| part.chunk.lane == shard.0) {
                begin = from.busy_until;
            }
        }
        if way == HandOver::Graceful {
            // What is under way is added when it is done.
            lease.cursor.checkpoint = lease.cursor.done;
        }
        if begin <= now {
            return self.give(shard, to, io);
        }
        lease.drop_holder();
        lease.state = LeaseState::Waiting;
        lease.owner = Some(to);
        io.happened(&self.name, "lease moved", format!("{shard} to {to}"));
        // The new holder begins when the old one is done; parents are read already.
        self.look_at_parents_at(shard, begin + Nanos(1), io);
    }

    /// A worker of the application as reports show it.
    pub(super) fn worker_name(&self, worker: WorkerId) -> String {
        format!("{worker} of {}", self.name)
    }
}
