//! The pending-event queue: the next few events in order, the rest in a monotone radix heap.
//!
//! Simulated time never runs back, so an event may be filed by the highest bit in which its time
//! differs from a base that is never later than the clock. The lowest bucket in use is sorted as soon as
//! it has few enough events; what is set for a time before its end joins it there, in its place. Most
//! timers of a model are due soon and never see a bucket. An event goes behind all those of the same time:
//! equal times come out first-in first-out. Timers of a constant delay may go to a [lane](Lane) instead; a
//! serial number settles the order of equal times between lanes and heap. `BinaryHeap` with an explicit
//! serial is the oracle in the tests.

use super::lane::{Due, Lane, Lanes};
use crate::units::{Nanos, SimTime};

const BUCKETS: usize = 64;

/// How many events are kept in order: more take longer to insert, fewer are refiled more often.
const NEAR_MAX: usize = 32;

/// An event outside the lanes.
#[derive(Clone, Copy)]
struct Entry<E> {
    /// When it is due `[ns]`.
    at: u64,
    /// Its number, in the order in which events were set, modulo 2^32.
    serial: u32,
    event: E,
}

/// A model's timers, in time order; equal times in the order in which they were set.
pub struct Queue<E> {
    /// The time up to which the simulation has come `[ns]`.
    now: u64,
    /// The time that buckets are relative to: never later than any event in them `[ns]`.
    base: u64,
    /// The earliest pending time outside the lanes, or `u64::MAX` `[ns]`.
    heap_earliest: u64,
    /// The number of the next event that is set, modulo 2^32.
    serial: u32,
    /// The timers of constant delays.
    lanes: Lanes<E>,
    /// All events before `border`, the last one is due first.
    near: Vec<Entry<E>>,
    /// Where the buckets begin `[ns]`.
    border: u64,
    /// Events by the highest bit in which their time differs from `base`.
    buckets: [Vec<Entry<E>>; BUCKETS],
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
            heap_earliest: u64::MAX,
            serial: 0,
            lanes: Lanes::new(),
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
        self.near.len() + self.far + self.lanes.len
    }

    /// Whether no event is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lane for timers of this delay; asked twice, it is the same lane. A queue has up to 16 lanes,
    /// timers of further delays go to the heap. Ask once, when the model starts: the search takes longer
    /// than a timer.
    pub fn lane(&mut self, delay: Nanos) -> Lane {
        self.lanes.of(delay)
    }

    /// Sets a timer that waits for the delay of `lane`. It fires as one that is set by [`Self::after`]
    /// would, in the same order, at a cost that does not grow with the number of pending timers.
    #[inline]
    pub fn after_lane(&mut self, lane: Lane, event: E) {
        self.at_lane(
            lane,
            SimTime(self.now.saturating_add(lane.delay().0)),
            event,
        );
    }

    /// Sets a timer for the instant `at`, and expects that the timers of `lane` are set in time order: the
    /// first phase of a periodic timer, or the end of what is served one after the other. Where they are
    /// not, the timer goes to the heap and fires in its place all the same.
    ///
    /// # Panics
    /// If `at` lies in the past.
    #[inline]
    pub fn at_lane(&mut self, lane: Lane, at: SimTime, event: E) {
        self.refuse_the_past(at);
        let due = Due {
            at: at.0,
            serial: self.serial,
        };
        if self.lanes.push(lane, due, event) {
            self.serial = self.serial.wrapping_add(1);
        } else {
            self.at(at, event);
        }
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
        self.refuse_the_past(at);
        self.heap_earliest = self.heap_earliest.min(at.0);
        let entry = Entry {
            at: at.0,
            serial: self.serial,
            event,
        };
        self.serial = self.serial.wrapping_add(1);
        if at.0 >= self.border {
            return self.file(entry);
        }
        self.insert(entry);
        if self.near.len() > NEAR_MAX {
            self.spill();
        }
    }

    #[inline]
    fn refuse_the_past(&self, at: SimTime) {
        assert!(
            at.0 >= self.now,
            "an event was set for the past: {at:?} < {}",
            self.now
        );
    }

    /// An event takes its place among those that are in order, behind those of the same time.
    #[inline]
    fn insert(&mut self, entry: Entry<E>) {
        self.near.push(entry);
        let near = self.near.as_mut_slice();
        let mut place = near.len() - 1;
        while place > 0 && near[place - 1].at <= entry.at {
            near[place] = near[place - 1];
            place -= 1;
        }
        near[place] = entry;
    }

    /// The later half of the events in order goes to the buckets; equal times stay together.
    #[cold]
    fn spill(&mut self) {
        self.border = self.near[self.near.len() / 2].at;
        let later = self.near.partition_point(|entry| entry.at >= self.border);
        for place in (0..later).rev() {
            let entry = self.near[place];
            self.file(entry);
        }
        self.near.drain(..later);
    }

    fn file(&mut self, entry: Entry<E>) {
        let bucket = 63 - ((entry.at ^ self.base) | 1).leading_zeros() as usize;
        self.occupied |= 1 << bucket;
        self.buckets[bucket].push(entry);
        self.far += 1;
    }

    /// The earliest pending time, or `u64::MAX` `[ns]`.
    #[inline]
    fn earliest(&self) -> u64 {
        self.heap_earliest.min(self.lanes.earliest.at)
    }

    /// When the next event is due, if there is one.
    #[must_use]
    #[inline]
    pub fn next_at(&self) -> Option<SimTime> {
        (!self.is_empty()).then_some(SimTime(self.earliest()))
    }

    /// Whether an event is due by `until`.
    #[must_use]
    #[inline]
    pub fn is_due(&self, until: SimTime) -> bool {
        let earliest = self.earliest();
        earliest <= until.0 && (earliest < u64::MAX || !self.is_empty())
    }

    /// Takes the next event and moves the clock to it.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        let lane_at = self.lanes.earliest.at;
        if lane_at < self.heap_earliest || (lane_at == self.heap_earliest && self.lane_is_first()) {
            self.now = lane_at;
            return self.lanes.pop();
        }
        if self.near.is_empty() {
            self.open_next_bucket();
        }
        let entry = self.near.pop()?;
        self.now = entry.at;
        self.heap_earliest = match self.near.last() {
            Some(next) => next.at,
            None => self.first_in_lowest_bucket(),
        };
        Some(entry.event)
    }

    /// Of the first events of lanes and heap, due at the same instant: whether that of a lane was set first.
    #[cold]
    fn lane_is_first(&mut self) -> bool {
        if self.near.is_empty() {
            self.open_next_bucket();
        }
        let Some(entry) = self.near.last() else {
            return self.lanes.len > 0;
        };
        let heap = Due {
            at: entry.at,
            serial: entry.serial,
        };
        self.lanes.len > 0 && self.lanes.earliest.is_before(heap)
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
            events.drain(..).for_each(|entry| self.insert(entry));
        } else {
            (self.base, self.border) = (self.heap_earliest, self.heap_earliest);
            for entry in events.drain(..) {
                if entry.at == self.base {
                    self.near.push(entry)
                } else {
                    self.file(entry)
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
            .map(|entry| entry.at)
            .min()
            .unwrap_or(u64::MAX)
    }

    /// Moves the clock forward to an input's instant, with no event in between.
    #[inline]
    pub(super) fn advance(&mut self, to: SimTime) {
        debug_assert!(
            to.0 >= self.now && to.0 <= self.earliest(),
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

    /// The time order of a heap and lanes together, equal times in the order in which they were set.
    #[test]
    fn lanes_and_heap_agree_with_a_binary_heap_over_a_million_random_steps() {
        let draws = Stream::new(8, 0, "lane oracle");
        let (mut queue, mut heap) = (Queue::new(), BinaryHeap::new());
        // Delays that meet each other, none, one beyond all buckets in use, and more of them than lanes.
        let delays: Vec<u64> = (0..12)
            .chain([16, 16, 1 << 40, 100, 1000, 7, 13, 14, 15, 20])
            .collect();
        let lanes: Vec<Lane> = delays
            .iter()
            .map(|delay| queue.lane(Nanos(*delay)))
            .collect();
        let mut now = 0;
        for n in 0..1_000_000_u64 {
            let draw = draws.draw(n);
            if draw.is_multiple_of(2) || heap.len() < 40 {
                let (lane, free) = ((draw >> 8) as usize % lanes.len(), (draw >> 40) & 31);
                let delay = match (draw >> 32) % 8 {
                    0 => free,
                    1 => draw >> 44,
                    2 => free * 4,
                    _ => delays[lane],
                };
                match (draw >> 32) % 8 {
                    0 | 1 => queue.after(Nanos(delay), n),
                    2 => queue.at_lane(lanes[lane], SimTime(now + delay), n),
                    _ => queue.after_lane(lanes[lane], n),
                }
                heap.push(Reverse((now + delay, n)));
            } else {
                let Reverse((at, serial)) = heap.pop().expect("not empty");
                assert_eq!(queue.next_at(), Some(SimTime(at)));
                assert_eq!((queue.pop(), queue.now()), (Some(serial), SimTime(at)));
                now = at;
            }
            assert_eq!(queue.len(), heap.len());
        }
    }

    #[test]
    fn a_delay_has_one_lane_and_a_lane_before_the_start_is_the_heap() {
        let mut queue = Queue::new();
        let lane = queue.lane(Nanos(5));
        assert_eq!(queue.lane(Nanos(5)), lane);
        queue.after_lane(Lane::in_heap(Nanos(5)), 0);
        queue.after_lane(lane, 1);
        assert_eq!(
            (queue.len(), queue.pop(), queue.pop()),
            (2, Some(0), Some(1))
        );
        assert_eq!(
            (queue.pop(), queue.now(), queue.is_empty()),
            (None, SimTime(5), true)
        );
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
