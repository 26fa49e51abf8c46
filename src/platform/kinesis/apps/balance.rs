//! How leases are spread over workers: who gets the next one, and which of them move.
//!
//! # Source
//! KCL 3.5.1, `LeaseAssignmentManager` and `VarianceBasedLeaseAssignmentDecider`.

use crate::platform::kinesis::ids::{Id, ShardId, WorkerId};
use std::cmp::Reverse;

/// Leases in use of a worker; `None` if it is down.
pub(super) type LeaseCount = Option<u64>;

/// A lease that a worker reads, with its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LoadedLease {
    /// The shard.
    pub(super) shard: ShardId,
    /// The worker that reads it.
    pub(super) owner: WorkerId,
    /// Bytes processed from one balancing to the next, as a moving average `[B]`.
    pub(super) load: u64,
}

impl LoadedLease {
    /// A lease without traffic still weighs something: idle leases are spread as well.
    fn weight(&self) -> f64 {
        self.load.max(1) as f64
    }
}

/// A lease that goes to another worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    /// The shard.
    pub(super) shard: ShardId,
    /// The worker that gets it.
    pub(super) to: WorkerId,
}

/// The live worker with the fewest leases, the first of equals.
pub(super) fn idlest(counts: &[LeaseCount]) -> Option<WorkerId> {
    let counts = counts.iter().enumerate();
    let live = counts.filter_map(|(n, count)| Some((n, (*count)?)));
    let idlest = live.min_by_key(|(n, count)| (*count, *n));
    idlest.map(|(n, _)| WorkerId::from_index(n))
}

/// The loads of all workers while leases move between them.
struct Loads {
    /// By worker; `None` if it is down.
    of: Vec<Option<f64>>,
    /// The share by which a load must differ from the mean before leases move.
    threshold: f64,
    /// The moves so far.
    moves: Vec<Move>,
}

/// Moves of load as KCL 3 makes them: from workers above the mean by more than `threshold`, or from the
/// busiest if somebody is so far below it, about `dampening` of the excess; if no lease fits into that,
/// the lightest one. To the least loaded.
pub(super) fn balance(
    workers: &[LeaseCount],
    leases: &[LoadedLease],
    threshold: f64,
    dampening: f64,
) -> Vec<Move> {
    let mut loads = Loads::new(workers, leases, threshold);
    let (mean, limit) = loads.mean_and_limit();
    for worker in 0..loads.of.len() {
        let Some(load) = loads.of[worker].filter(|load| *load > limit) else {
            continue;
        };
        let own = |lease: &&LoadedLease| lease.owner.index() == worker;
        let mut own: Vec<&LoadedLease> = leases.iter().filter(own).collect();
        own.sort_by_key(|lease| (Reverse(lease.load), lease.shard));
        let before = loads.moves.len();
        let mut budget = (load - mean) * dampening;
        for lease in &own {
            if lease.weight() <= budget && loads.shift(worker, lease) {
                budget -= lease.weight();
            }
        }
        if let Some(lightest) = own.last().filter(|_| loads.moves.len() == before) {
            loads.shift(worker, lightest);
        }
    }
    loads.moves
}

impl Loads {
    fn new(workers: &[LeaseCount], leases: &[LoadedLease], threshold: f64) -> Self {
        let live = |worker: &LeaseCount| worker.map(|_| 0.0);
        let mut of: Vec<Option<f64>> = workers.iter().map(live).collect();
        for lease in leases {
            if let Some(Some(sum)) = of.get_mut(lease.owner.index()) {
                *sum += lease.weight();
            }
        }
        Self {
            of,
            threshold,
            moves: Vec::new(),
        }
    }

    /// The mean load, and the load above which a worker gives leases away.
    fn mean_and_limit(&self) -> (f64, f64) {
        let live: Vec<f64> = self.of.iter().flatten().copied().collect();
        let mean = live.iter().sum::<f64>() / live.len().max(1) as f64;
        let least = live.iter().copied().fold(f64::INFINITY, f64::min);
        let most = live.iter().copied().fold(0.0, f64::max);
        let above = mean * (1.0 + self.threshold);
        // No worker is far above the mean and one is far below it: the worker with the most load gives a lease away.
        let limit = if most <= above && least < mean * (1.0 - self.threshold) {
            most - 0.5
        } else {
            above
        };
        (mean, limit)
    }

    /// Moves a lease to the least loaded worker, unless that all but swaps the roles.
    fn shift(&mut self, from: usize, lease: &LoadedLease) -> bool {
        let loads = self.of.iter().enumerate();
        let live = loads.filter_map(|(n, load)| Some((n, (*load)?)));
        let Some((to, least)) = live.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))) else {
            return false;
        };
        let own = self.of[from].unwrap_or(0.0);
        let weight = lease.weight();
        // A lease that would make the other one nearly as busy would only come back at the next run.
        if to == from || least + weight >= own * (1.0 - self.threshold) {
            return false;
        }
        (self.of[to], self.of[from]) = (Some(least + weight), Some(own - weight));
        self.moves.push(Move {
            shard: lease.shard,
            to: WorkerId::from_index(to),
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moves for leases given as shard, owner and load.
    fn moves(
        workers: &[LeaseCount],
        leases: &[(u32, u32, u64)],
        threshold: f64,
    ) -> Vec<(u32, u32)> {
        let lease = |(shard, owner, load): &(u32, u32, u64)| LoadedLease {
            shard: ShardId(*shard),
            owner: WorkerId(*owner),
            load: *load,
        };
        let leases: Vec<LoadedLease> = leases.iter().map(lease).collect();
        let moves = balance(workers, &leases, threshold, 0.6);
        moves.iter().map(|m| (m.shard.0, m.to.0)).collect()
    }

    #[test]
    fn load_moves_from_the_busy_to_the_idle_and_not_in_circles() {
        let leases = [(0, 0, 60), (1, 0, 30), (2, 0, 30), (3, 1, 40)];
        // 120 against 40 and nothing: the mean is 53, 60 % of the excess of 67 is 40.
        assert_eq!(moves(&[Some(3), Some(1), Some(0)], &leases, 0.1), [(1, 2)]);
        assert_eq!(
            moves(&[Some(1), Some(1)], &[(0, 0, 50), (1, 1, 50)], 0.1),
            []
        );
        assert_eq!(moves(&[Some(1), None], &[(0, 0, 50)], 0.1), []);
        // Two shards on one worker and nobody on the other: the lightest moves although it is half of all.
        assert_eq!(
            moves(&[Some(2), Some(0)], &[(0, 0, 100), (1, 0, 100)], 0.1),
            [(1, 1)]
        );
        // No worker is above the limit and one is far below it: the worker with the most load gives a lease away.
        let leases = [
            (0, 0, 10),
            (1, 0, 10),
            (2, 0, 10),
            (3, 1, 10),
            (4, 1, 10),
            (5, 1, 10),
            (6, 2, 10),
        ];
        assert_eq!(moves(&[Some(3), Some(3), Some(1)], &leases, 0.3), [(2, 2)]);
        // Three equal leases on two workers, 2:1, cannot be balanced: no lease moves.
        let leases = [(0, 0, 34), (1, 0, 35), (2, 1, 31)];
        assert_eq!(moves(&[Some(2), Some(1)], &leases, 0.1), []);
        assert_eq!(idlest(&[None, Some(2), Some(1)]), Some(WorkerId(2)));
    }
}
