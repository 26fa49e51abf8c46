//! What a worker holds for its sink.

use crate::units::SimTime;

/// Not taken by the sink yet.
const OPEN: SimTime = SimTime(u64::MAX);

/// A record as a sink sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its key, or [`NO_KEY`](crate::workload::NO_KEY).
    pub key: u32,
    /// Its size as the platform stored it `[B]`.
    pub bytes: u32,
}

/// What calls to a sink are bounded by.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallsMost {
    /// Calls that are open at once.
    pub(super) in_flight: usize,
    /// Records of a call.
    pub(super) records: usize,
}

/// The slice that a worker hands to a sink that is called.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    items: Vec<Item>,
    /// When the sink has each of them.
    done: Vec<SimTime>,
    /// Everything before is taken.
    next: usize,
    /// Ends of the calls under way.
    calls: Vec<SimTime>,
    /// When the last of what was taken is done.
    latest: SimTime,
    /// Refusals in a row.
    pub refusals: u32,
}

impl Batch {
    /// Begins anew with these records.
    pub fn fill(&mut self, items: impl Iterator<Item = Item>) {
        self.clear();
        self.items.extend(items);
        self.done.resize(self.items.len(), OPEN);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.items.clear();
        self.done.clear();
        self.calls.clear();
        (self.next, self.latest, self.refusals) = (0, SimTime::ZERO, 0);
    }

    /// Whether the sink has all of it at `now`.
    #[must_use]
    pub fn is_done(&self, now: SimTime) -> bool {
        self.next == self.items.len() && self.latest <= now
    }

    /// When the sink had, or will have, record `n`.
    #[must_use]
    pub fn done_at(&self, n: usize) -> SimTime {
        self.done
            .get(n)
            .copied()
            .filter(|at| *at != OPEN)
            .unwrap_or(self.latest)
    }

    /// How many records the sink has not answered for at `now`.
    #[must_use]
    pub fn open(&self, now: SimTime) -> u64 {
        self.done.iter().filter(|at| **at > now).count() as u64
    }

    /// Makes calls of up to `most.records` records in order, at most `most.in_flight` open at once; `call` says when one
    /// ends, or nothing if it is refused. Returns when to look again, and whether a call was refused.
    pub(super) fn issue(
        &mut self,
        now: SimTime,
        most: CallsMost,
        mut call: impl FnMut(&[Item]) -> Option<SimTime>,
    ) -> (SimTime, bool) {
        self.calls.retain(|ends| *ends > now);
        while self.calls.len() < most.in_flight && self.next < self.items.len() {
            let to = (self.next + most.records).min(self.items.len());
            let Some(ends) = call(&self.items[self.next..to]) else {
                return (now, true);
            };
            self.done[self.next..to].fill(ends);
            self.calls.push(ends);
            (self.next, self.latest) = (to, self.latest.max(ends));
        }
        let first = self.calls.iter().copied().min().unwrap_or(now);
        (
            if self.next == self.items.len() {
                self.latest
            } else {
                first
            },
            false,
        )
    }

    /// Offers up to `size` of the open records one by one: those that `take` accepts are done at `at`.
    /// Returns how many were taken and how many refused.
    pub(super) fn offer(
        &mut self,
        size: usize,
        at: SimTime,
        mut take: impl FnMut(Item) -> bool,
    ) -> (u64, u64) {
        let (mut taken, mut refused) = (0, 0);
        for n in self.next..self.items.len() {
            if taken + refused == size as u64 {
                break;
            }
            if self.done[n] != OPEN {
                continue;
            }
            if take(self.items[n]) {
                self.done[n] = at;
                taken += 1;
            } else {
                refused += 1;
            }
        }
        while self.next < self.items.len() && self.done[self.next] != OPEN {
            self.next += 1;
        }
        if taken > 0 {
            self.latest = self.latest.max(at);
        }
        (taken, refused)
    }
}

/// What a worker gathers for a sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// When its first record was put in.
    pub since: SimTime,
    /// When the buffer before was written, from and to.
    pub last_write: Option<(SimTime, SimTime)>,
    /// Its records.
    pub records: u64,
    /// Their size as the platform stored them `[B]`.
    pub bytes: u64,
}
