//! The pending-event queue: the events of the present tick in order, the rest in a timer wheel.
//!
//! Simulated time never runs back, so events need not be kept in order before their tick comes. Most ticks
//! have one event or a few, which are put in order when the clock reaches the tick; what is set for a time in
//! the tick joins them there, in its place. An event goes behind all those of the same time: equal times come
//! out first-in first-out. `BinaryHeap` with an explicit serial is the oracle in the tests.

use super::wheel::{Entry, Wheel};
use crate::units::{Nanos, SimTime};

/// Ticks with more events than this are sorted by the library.
const FEW: usize = 24;

/// A model's timers, in time order; equal times in the order in which they were set.
pub struct Queue<E> {
    /// The time up to which the simulation has come `[ns]`.
    now: u64,
    /// Events before `border`, in time order; those before `next` are over.
    tick: Vec<Entry<E>>,
    /// The place of the next event in `tick`.
    next: usize,
    /// Where the ticks begin whose events lie in the wheel `[ns]`.
    border: u64,
    wheel: Wheel<E>,
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
        let wheel = Wheel::new();
        Self {
            now: 0,
            tick: Vec::new(),
            next: 0,
            border: wheel.border(),
            wheel,
        }
    }

    /// The current simulated time.
    #[must_use]
    #[inline]
    pub fn now(&self) -> SimTime {
        SimTime(self.now)
    }

    /// How many events are pending. They are counted for it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tick.len() - self.next + self.wheel.len()
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
        let at = at.0;
        let now = self.now;
        assert!(at >= now, "an event was set for the past: {at} < {now}");
        let entry = Entry { at, event };
        if at >= self.border {
            return self.wheel.file(entry);
        }
        self.tick.push(entry);
        settle(&mut self.tick[self.next..]);
    }

    /// When the next event is due, if there is one.
    #[must_use]
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.is_due(SimTime(u64::MAX))
            .then(|| SimTime(self.tick[self.next].at))
    }

    /// Whether an event is due by `until`.
    #[must_use]
    #[inline]
    pub fn is_due(&mut self, until: SimTime) -> bool {
        match self.tick.get(self.next) {
            Some(entry) => entry.at <= until.0,
            None => self.open_tick(until.0),
        }
    }

    /// Takes the next event and moves the clock to it.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        self.pop_due(SimTime(u64::MAX))
    }

    /// Takes the next event and moves the clock to it, if it is due by `until`.
    #[inline]
    pub fn pop_due(&mut self, until: SimTime) -> Option<E> {
        if !self.is_due(until) {
            return None;
        }
        let entry = self.tick[self.next];
        self.next += 1;
        self.now = entry.at;
        Some(entry.event)
    }

    /// Puts the events of the next tick in order, if it begins by `until`; whether the first of them is due by
    /// then.
    fn open_tick(&mut self, until: u64) -> bool {
        self.tick.clear();
        self.next = 0;
        let found = self.wheel.turn(until, &mut self.tick);
        self.border = self.wheel.border();
        if self.tick.len() > FEW {
            self.tick.sort_by_key(|entry| entry.at);
        } else {
            (2..=self.tick.len()).for_each(|sorted| settle(&mut self.tick[..sorted]));
        }
        found && self.tick[0].at <= until
    }

    /// Moves the clock forward to an input's instant, with no event in between.
    #[inline]
    pub(super) fn advance(&mut self, to: SimTime) {
        debug_assert!(
            to.0 >= self.now && self.tick.get(self.next).is_none_or(|next| next.at >= to.0),
            "the clock skipped an event"
        );
        self.now = to.0;
    }
}

/// The last of `entries` takes its place among the others, which are in time order: behind those of its time.
#[inline]
fn settle<E: Copy>(entries: &mut [Entry<E>]) {
    let Some((last, _)) = entries.split_last() else {
        return;
    };
    let (last, mut place) = (*last, entries.len() - 1);
    while place > 0 && entries[place - 1].at > last.at {
        entries[place] = entries[place - 1];
        place -= 1;
    }
    entries[place] = last;
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
            if n % 1000 == 0 {
                assert_eq!(queue.len(), heap.len());
            }
        }
    }

    /// The run loop asks for what is due by an input's instant, which may be long before the next event.
    #[test]
    fn inputs_between_events_leave_their_order_alone() {
        let draws = Stream::new(9, 0, "inputs");
        let (mut queue, mut heap) = (Queue::new(), BinaryHeap::new());
        let mut until = 0;
        for n in 0..200_000_u64 {
            let draw = draws.draw(n);
            until += [0, draw >> 56, draw >> 50, draw >> 44][(draw & 31).min(3) as usize];
            while let Some(event) = queue.pop_due(SimTime(until)) {
                assert_eq!(heap.pop(), Some(Reverse((queue.now().0, event))));
            }
            assert!(heap.peek().is_none_or(|Reverse((at, _))| *at > until));
            queue.advance(SimTime(until));
            let at = until + [draw >> 60, draw >> 44, draw >> 30][(draw >> 8) as usize % 3];
            queue.at(SimTime(at), n);
            heap.push(Reverse((at, n)));
        }
        assert!(heap.len() > 10);
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
