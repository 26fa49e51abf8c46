//! The requests of a partition that wait for its copies, and for how long they waited for slow ones.

use super::replica::Waiting;
use crate::units::{Nanos, SimTime};
use std::collections::VecDeque;

/// A copy that keeps a request waiting for so long is slow.
pub(super) const SLOW: Nanos = Nanos::from_millis(50);

/// Requests with acks=all that wait, the oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiters {
    queue: VecDeque<Waiting>,
    /// Up to when waits for slow copies are counted.
    counted: SimTime,
    /// How long requests waited for slow copies since the last sample.
    slow: Nanos,
}

impl Waiters {
    /// One more waits.
    #[inline]
    pub(super) fn push(&mut self, waiting: Waiting) {
        self.queue.push_back(waiting);
    }

    /// All of them, the oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Waiting> {
        self.queue.iter()
    }

    /// The oldest one.
    #[inline]
    pub(super) fn front(&self) -> Option<Waiting> {
        self.queue.front().copied()
    }

    /// The oldest one waits no longer.
    #[inline]
    pub(super) fn pop(&mut self, now: SimTime) {
        if let Some(waiting) = self.queue.pop_front() {
            self.count(waiting.since, now);
        }
    }

    /// Only those wait on that are to be kept.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Waiting) -> bool) {
        self.queue.retain(keep);
    }

    /// Nobody waits any more; those who did are returned.
    pub(super) fn take(&mut self) -> VecDeque<Waiting> {
        std::mem::take(&mut self.queue)
    }

    /// How long requests have waited for slow copies since this was asked last; overlapping waits count once.
    pub(super) fn take_slow(&mut self, now: SimTime) -> Nanos {
        if let Some(waiting) = self.front() {
            self.count(waiting.since, now);
        }
        std::mem::take(&mut self.slow)
    }

    #[inline]
    fn count(&mut self, since: SimTime, now: SimTime) {
        if now.since(since) >= SLOW {
            self.slow += now.since(since.max(self.counted));
            self.counted = now;
        }
    }
}
