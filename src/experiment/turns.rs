//! Which run comes next: those of the system whose runs are longest, so that no thread is left with a long run
//! while the others have nothing to do.
//!
//! How long a run is shows in the first one of its system that ends: the records and timers that it handled.

use std::cmp::Reverse;
use std::ops::Range;

/// The runs of some systems that were not begun.
pub(super) struct Turns {
    systems: Vec<Queue>,
    /// The first replication of each system.
    begin: u32,
    /// The replication behind the last one of each system.
    end: u32,
}

/// The runs of one system that were not begun.
struct Queue {
    /// The number of the system in the scenario.
    system: usize,
    /// Its next replication.
    next: u32,
    /// The work of one of its runs, once one has ended `[records and timers]`.
    work: Option<u64>,
}

impl Turns {
    /// These replications of `systems`.
    pub(super) fn new(systems: impl Iterator<Item = usize>, replications: Range<u32>) -> Self {
        let queue = |system| Queue {
            system,
            next: replications.start,
            work: None,
        };
        Self {
            systems: systems.map(queue).collect(),
            begin: replications.start,
            end: replications.end,
        }
    }

    /// The next run, as system and replication: of a system that has not begun; else of one whose first run has
    /// not ended, because it may be the longest; else of the one with the most work.
    pub(super) fn take(&mut self) -> Option<(usize, u32)> {
        let (begin, end) = (self.begin, self.end);
        let left = self.systems.iter_mut().filter(|q| q.next < end);
        let rank = |q: &&mut Queue| {
            let work = q.work.unwrap_or(u64::MAX);
            (q.next == begin, work, Reverse(q.next), Reverse(q.system))
        };
        let queue = left.max_by_key(rank)?;
        queue.next += 1;
        Some((queue.system, queue.next - 1))
    }

    /// A run of a system has ended after so much work.
    pub(super) fn ended(&mut self, system: usize, work: u64) {
        let queue = self.systems.iter_mut().find(|q| q.system == system);
        if let Some(queue) = queue {
            queue.work = Some(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_begins_and_then_the_longest_go_first() {
        let mut turns = Turns::new(0..3, 0..3);
        let first: Vec<_> = std::iter::from_fn(|| turns.take()).take(3).collect();
        assert_eq!(first, [(0, 0), (1, 0), (2, 0)]);
        turns.ended(0, 10);
        assert_eq!(turns.take(), Some((1, 1)), "nobody knows how long it is");
        turns.ended(1, 5);
        turns.ended(2, 90);
        let rest: Vec<_> = std::iter::from_fn(|| turns.take()).collect();
        assert_eq!(rest, [(2, 1), (2, 2), (0, 1), (0, 2), (1, 2)]);
    }
}
