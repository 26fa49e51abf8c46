//! The pending-event queue: a monotone radix heap.
//!
//! Simulated time never runs back, so an event may be filed by the highest bit in which its time
//! differs from the current one. Within a bucket events keep the order in which they were set, and
//! redistribution is stable: equal times therefore come out first-in first-out without a serial
//! number. `BinaryHeap` with an explicit serial is the oracle in the tests.

use crate::units::{Nanos, SimTime};

const BUCKETS: usize = 65;

/// A model's timers, in time order; equal times in the order in which they were set.
pub struct Queue<E> {
    /// The time up to which the simulation has come `[ns]`.
    now: u64,
    /// The time that buckets are relative to: never later than any pending event `[ns]`.
    base: u64,
    /// The earliest pending time, or `u64::MAX` `[ns]`.
    earliest: u64,
    /// Events at exactly `base`, from `head` on.
    ready: Vec<E>,
    head: usize,
    buckets: [Vec<(u64, E)>; BUCKETS],
    /// Bit `i` is set while `buckets[i]` has an event, for `i < 64`.
    occupied: u64,
    len: usize,
}

impl<E: Copy> Default for Queue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> Queue<E> {
    /// An empty queue at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self {
            now: 0,
            base: 0,
            earliest: u64::MAX,
            ready: Vec::new(),
            head: 0,
            buckets: std::array::from_fn(|_| Vec::new()),
            occupied: 0,
            len: 0,
        }
    }

    /// The current simulated time.
    #[must_use]
    #[inline]
    pub fn now(&self) -> SimTime {
        SimTime(self.now)
    }

    /// How many events are pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no event is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sets a timer `delay` from now.
    #[inline]
    pub fn after(&mut self, delay: Nanos, event: E) {
        self.at(SimTime(self.now.saturating_add(delay.0)), event);
    }

    /// Sets a timer for the instant `at`.
    ///
    /// # Panics
    /// If `at` lies in the past: a model that looks back is a bug.
    #[inline]
    pub fn at(&mut self, at: SimTime, event: E) {
        assert!(at.0 >= self.now, "an event was set for the past: {at:?} < {}", self.now);
        self.len += 1;
        self.earliest = self.earliest.min(at.0);
        self.file(at.0, event);
    }

    #[inline]
    fn file(&mut self, at: u64, event: E) {
        let distance = at ^ self.base;
        if distance == 0 {
            self.ready.push(event);
        } else {
            let bucket = 63 - distance.leading_zeros() as usize;
            self.occupied |= 1 << bucket;
            self.buckets[bucket].push((at, event));
        }
    }

    /// When the next event is due, if there is one.
    #[must_use]
    #[inline]
    pub fn next_at(&self) -> Option<SimTime> {
        (self.len > 0).then_some(SimTime(self.earliest))
    }

    /// Whether an event is due by `until`.
    #[must_use]
    #[inline]
    pub fn is_due(&self, until: SimTime) -> bool {
        self.earliest <= until.0 && self.len > 0
    }

    /// Takes the next event and moves the clock to it.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        if self.len == 0 {
            return None;
        }
        if self.head == self.ready.len() {
            self.open_next_bucket();
        }
        let event = self.ready[self.head];
        self.head += 1;
        self.len -= 1;
        self.now = self.base;
        if self.head == self.ready.len() {
            self.ready.clear();
            self.head = 0;
            self.earliest = self.first_in_lowest_bucket();
        }
        Some(event)
    }

    /// Moves the base to the earliest time and refiles the bucket that held it.
    fn open_next_bucket(&mut self) {
        let lowest = self.occupied.trailing_zeros() as usize;
        let mut events = std::mem::take(&mut self.buckets[lowest]);
        self.occupied &= !(1 << lowest);
        self.base = self.earliest;
        for (at, event) in events.drain(..) {
            self.file(at, event);
        }
        self.buckets[lowest] = events;
    }

    fn first_in_lowest_bucket(&self) -> u64 {
        if self.occupied == 0 {
            return u64::MAX;
        }
        let lowest = self.occupied.trailing_zeros() as usize;
        self.buckets[lowest].iter().map(|(at, _)| *at).min().unwrap_or(u64::MAX)
    }

    /// Moves the clock forward to an input's instant, with no event in between.
    #[inline]
    pub(super) fn advance(&mut self, to: SimTime) {
        debug_assert!(to.0 >= self.now && to.0 <= self.earliest, "the clock skipped an event");
        self.now = to.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Stream;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    #[test]
    fn equal_times_come_out_in_the_order_in_which_they_were_set() {
        let mut queue = Queue::new();
        for n in 0..5 {
            queue.at(SimTime(1000), n);
        }
        queue.at(SimTime(10), 99);
        assert_eq!(queue.pop(), Some(99));
        queue.at(SimTime(1000), 5);
        assert_eq!((0..6).filter_map(|_| queue.pop()).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!((queue.pop(), queue.now()), (None, SimTime(1000)));
    }

    #[test]
    fn agrees_with_a_binary_heap_over_a_million_random_steps() {
        let draws = Stream::new(7, 0, "queue oracle");
        let (mut queue, mut heap) = (Queue::new(), BinaryHeap::new());
        let mut now = 0;
        for n in 0..1_000_000_u64 {
            let draw = draws.draw(n);
            if draw.is_multiple_of(2) || heap.len() < 100 {
                // Many ties, some far timers, some for this very instant.
                let delay = [0, draw >> 60, (draw >> 44) & 0xff_ffff, draw >> 20][(draw >> 8) as usize % 4];
                heap.push(Reverse((now + delay, n)));
                queue.at(SimTime(now + delay), n);
            } else {
                let Reverse((at, serial)) = heap.pop().expect("not empty");
                assert_eq!(queue.next_at(), Some(SimTime(at)));
                assert_eq!(queue.pop(), Some(serial));
                now = at;
                assert_eq!(queue.now(), SimTime(now));
            }
            assert_eq!(queue.len(), heap.len());
        }
    }

    #[test]
    #[should_panic(expected = "past")]
    fn refuses_an_event_in_the_past() {
        let mut queue = Queue::new();
        queue.at(SimTime(10), ());
        queue.pop();
        queue.at(SimTime(9), ());
    }
}
