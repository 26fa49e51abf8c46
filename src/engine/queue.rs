//! The pending-event queue: the next few events in order, the rest in a monotone radix heap.
//!
//! Simulated time never runs back, so an event may be filed by the highest bit in which its time
//! differs from a base that is never later than the clock. The lowest bucket in use is sorted as soon as
//! it has few enough events; what is set for a time before its end joins it there, in its place. Most
//! timers of a model are due soon and never see a bucket. An event goes behind all those of the same time:
//! equal times come out first-in first-out without a serial number. `BinaryHeap` with an explicit serial
//! is the oracle in the tests.

use crate::units::{Nanos, SimTime};

const BUCKETS: usize = 64;

/// How many events are kept in order: more take longer to insert, fewer are refiled more often.
const NEAR_MAX: usize = 32;

/// A model's timers, in time order; equal times in the order in which they were set.
pub struct Queue<E> {
    /// The time up to which the simulation has come `[ns]`.
    now: u64,
    /// The time that buckets are relative to: never later than any event in them `[ns]`.
    base: u64,
    /// The earliest pending time, or `u64::MAX` `[ns]`.
    earliest: u64,
    /// All events before `border`, the last one is due first.
    near: Vec<(u64, E)>,
    /// Where the buckets begin `[ns]`.
    border: u64,
    buckets: [Vec<(u64, E)>; BUCKETS],
    /// Bit `i` is set while `buckets[i]` has an event.
    occupied: u64,
    /// How many events are in buckets.
    far: usize,
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
            near: Vec::with_capacity(NEAR_MAX + 1),
            border: 1,
            buckets: std::array::from_fn(|_| Vec::new()),
            occupied: 0,
            far: 0,
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
        self.near.len() + self.far
    }

    /// Whether no event is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        assert!(
            at.0 >= self.now,
            "an event was set for the past: {at:?} < {}",
            self.now
        );
        self.earliest = self.earliest.min(at.0);
        if at.0 >= self.border {
            return self.file(at.0, event);
        }
        self.insert(at.0, event);
        if self.near.len() > NEAR_MAX {
            self.spill();
        }
    }

    /// An event takes its place among those that are in order, behind those of the same time.
    #[inline]
    fn insert(&mut self, at: u64, event: E) {
        self.near.push((at, event));
        let near = self.near.as_mut_slice();
        let mut place = near.len() - 1;
        while place > 0 && near[place - 1].0 <= at {
            near[place] = near[place - 1];
            place -= 1;
        }
        near[place] = (at, event);
    }

    /// The later half of the events in order goes to the buckets; equal times stay together.
    #[cold]
    fn spill(&mut self) {
        self.border = self.near[self.near.len() / 2].0;
        let later = self.near.partition_point(|(at, _)| *at >= self.border);
        for place in (0..later).rev() {
            let (at, event) = self.near[place];
            self.file(at, event);
        }
        self.near.drain(..later);
    }

    fn file(&mut self, at: u64, event: E) {
        let bucket = 63 - ((at ^ self.base) | 1).leading_zeros() as usize;
        self.occupied |= 1 << bucket;
        self.buckets[bucket].push((at, event));
        self.far += 1;
    }

    /// When the next event is due, if there is one.
    #[must_use]
    #[inline]
    pub fn next_at(&self) -> Option<SimTime> {
        (!self.is_empty()).then_some(SimTime(self.earliest))
    }

    /// Whether an event is due by `until`.
    #[must_use]
    #[inline]
    pub fn is_due(&self, until: SimTime) -> bool {
        self.earliest <= until.0 && !self.is_empty()
    }

    /// Takes the next event and moves the clock to it.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        if self.near.is_empty() {
            self.open_next_bucket();
        }
        let (at, event) = self.near.pop()?;
        self.now = at;
        self.earliest = match self.near.last() {
            Some((next, _)) => *next,
            None => self.first_in_lowest_bucket(),
        };
        Some(event)
    }

    /// Puts the events of the lowest bucket in order. If they are too many, the base moves to the earliest of
    /// them: those of that time are next, the others are filed anew.
    fn open_next_bucket(&mut self) {
        if self.occupied == 0 {
            return;
        }
        let lowest = self.occupied.trailing_zeros();
        let mut events = std::mem::take(&mut self.buckets[lowest as usize]);
        self.occupied &= !(1 << lowest);
        self.far -= events.len();
        if events.len() <= NEAR_MAX {
            self.border = (self.base | (2_u64 << lowest).wrapping_sub(1)).saturating_add(1);
            events
                .drain(..)
                .for_each(|(at, event)| self.insert(at, event));
        } else {
            (self.base, self.border) = (self.earliest, self.earliest);
            for (at, event) in events.drain(..) {
                if at == self.base {
                    self.near.push((at, event))
                } else {
                    self.file(at, event)
                }
            }
            self.near.reverse();
        }
        if self.buckets[lowest as usize].is_empty() {
            self.buckets[lowest as usize] = events;
        }
    }

    fn first_in_lowest_bucket(&self) -> u64 {
        if self.occupied == 0 {
            return u64::MAX;
        }
        let lowest = self.occupied.trailing_zeros() as usize;
        self.buckets[lowest]
            .iter()
            .map(|(at, _)| *at)
            .min()
            .unwrap_or(u64::MAX)
    }

    /// Moves the clock forward to an input's instant, with no event in between.
    #[inline]
    pub(super) fn advance(&mut self, to: SimTime) {
        debug_assert!(
            to.0 >= self.now && to.0 <= self.earliest,
            "the clock skipped an event"
        );
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
        assert_eq!(
            (0..6).filter_map(|_| queue.pop()).collect::<Vec<_>>(),
            [0, 1, 2, 3, 4, 5]
        );
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
                let delay =
                    [0, draw >> 60, (draw >> 44) & 0xff_ffff, draw >> 20][(draw >> 8) as usize % 4];
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
