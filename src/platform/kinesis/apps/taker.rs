//! KCL 1 and 2: every worker scans the lease table at its own pace, takes leases that nobody renews, and steals one from the
//! busiest worker when none is free.
//!
//! Nobody reads a clock from the table. A lease has run out for a worker that has found the same counter in two of its own
//! scans, which are more than failoverTimeMillis apart.
//!
//! # Source
//! `DynamoDBLeaseTaker` of KCL 3.5.1, <https://github.com/awslabs/amazon-kinesis-client>.

use super::app::App;
use super::lease::LeaseState;
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::kinesis::ids::{Id, ShardId, WorkerId};
use crate::units::{Nanos, SimTime};

/// What a worker concludes from a scan of the lease table.
struct Scan {
    /// Leases that nobody holds or renews.
    available: Vec<ShardId>,
    /// Leases that are held and renewed, by worker.
    held: Vec<u64>,
    /// Workers that hold a lease, and the one that scans.
    workers: u64,
    /// All leases in the table.
    leases: u64,
}

impl Scan {
    /// How many leases the worker wants to hold.
    fn target(&self) -> u64 {
        if self.workers >= self.leases {
            return 1;
        }
        self.leases.div_ceil(self.workers)
    }

    /// The worker from which to steal, if `own` leases are too few and somebody has enough.
    fn victim(&self, own: u64) -> Option<WorkerId> {
        let target = self.target();
        let needed = target.saturating_sub(own);
        let most = *self.held.iter().max()?;
        let over = most.checked_sub(target)?;
        let steals = needed.min(over) > 0 || needed > 1;
        let busiest = self.held.iter().position(|held| *held == most)?;
        steals.then_some(WorkerId::from_index(busiest))
    }
}

impl App {
    /// Every worker scans the table, each at a phase of its own.
    pub(super) fn start_takers(&self, io: &mut Io<'_>) {
        for worker in self.workers.ids() {
            let phases = io.common.phases.child(1 << 20).child(u64::from(self.id.0));
            let phase = phases.below(u64::from(worker.0), self.round().0);
            self.scan_after(worker, Nanos(phase), io);
        }
    }

    /// A worker scans the table after `delay`.
    pub(super) fn scan_after(&self, worker: WorkerId, delay: Nanos, io: &mut Io<'_>) {
        let (app, ticket) = (self.id, self.workers[worker].ticket);
        let scan = AppEvent::Take {
            app,
            worker,
            ticket,
        };
        io.after(delay, scan);
    }

    /// A worker scans the table and takes what it needs.
    pub(super) fn take(&mut self, worker: WorkerId, ticket: Ticket, io: &mut Io<'_>) {
        let state = &self.workers[worker];
        if state.ticket != ticket {
            return;
        }
        let previous = state.scanned_at;
        if let Some(wait) = self.wait_for_scan(worker, io) {
            return self.scan_after(worker, wait, io);
        }
        self.workers[worker].scanned_at = Some(io.now());
        self.scan_after(worker, self.round(), io);
        if self.down > 0 {
            return;
        }
        self.rounds += 1;
        if self.config.children_first {
            self.learn_open_shards(io);
        }
        let mut scan = self.scan(worker, previous, io.now());
        let own = scan.held[worker.index()];
        let needed = scan.target().saturating_sub(own);
        if needed > 0 && scan.available.is_empty() {
            return self.steal(worker, &scan, io);
        }
        for n in 0..needed.min(scan.available.len() as u64) {
            let picks = io.common.phases.child(7 << 20).child(self.rounds);
            let pick = picks.below(n, scan.available.len() as u64) as usize;
            let shard = scan.available.swap_remove(pick);
            self.take_lease(shard, worker, io);
        }
    }

    /// What a worker sees that scanned the table at `previous` before.
    fn scan(&self, worker: WorkerId, previous: Option<SimTime>, now: SimTime) -> Scan {
        let mut scan = Scan {
            available: Vec::new(),
            held: vec![0; self.workers.len()],
            workers: 0,
            leases: 0,
        };
        for (shard, lease) in self.leases.pairs() {
            scan.leases += u64::from(self.is_in_table(shard, now));
            if self.is_available(shard, previous) {
                scan.available.push(shard);
            } else if let Some(owner) = lease.owner.filter(|_| lease.state.is_held()) {
                scan.held[owner.index()] += 1;
            }
        }
        let owners = scan.held.iter().filter(|held| **held > 0).count() as u64;
        scan.workers = owners + u64::from(scan.held[worker.index()] == 0);
        scan
    }

    /// Whether there is a row for a shard: a lease that has ended keeps it until it is cleaned up.
    pub(super) fn is_in_table(&self, shard: ShardId, now: SimTime) -> bool {
        let lease = &self.leases[shard];
        match lease.state {
            LeaseState::Absent => false,
            LeaseState::Unassigned | LeaseState::Waiting | LeaseState::Reading => true,
            LeaseState::Ended => lease
                .ended_at
                .is_some_and(|at| now < at + self.config.clean_up),
        }
    }

    /// A worker takes a random lease from the busiest.
    fn steal(&mut self, thief: WorkerId, scan: &Scan, io: &mut Io<'_>) {
        let Some(victim) = scan.victim(scan.held[thief.index()]) else {
            return;
        };
        if let Some(shard) = self.pick_of(victim, io) {
            self.take_lease(shard, thief, io);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(held: &[u64], leases: u64) -> Scan {
        Scan {
            available: Vec::new(),
            held: held.to_vec(),
            workers: held.len() as u64,
            leases,
        }
    }

    #[test]
    fn a_worker_wants_its_share_rounded_up_and_steals_from_the_busiest() {
        assert_eq!(scan(&[0; 3], 8).target(), 3);
        assert_eq!(scan(&[0; 9], 8).target(), 1);
        // Two workers share eight leases, a third one comes: it needs three, and both have one to spare.
        assert_eq!(scan(&[4, 4, 0], 8).victim(0), Some(WorkerId(0)));
        assert_eq!(scan(&[3, 4, 1], 8).victim(1), Some(WorkerId(1)));
        // Nobody is above the target: one is stolen only by who lacks more than one.
        assert_eq!(scan(&[3, 3, 2], 8).victim(2), None);
        assert_eq!(scan(&[3, 3, 1], 8).victim(1), Some(WorkerId(0)));
    }
}
