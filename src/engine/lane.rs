//! First-in first-out lanes for timers of a constant delay.
//!
//! Simulated time never runs back, so timers that all wait for the same delay are due in the order in which
//! they were set. Such timers need no heap: a lane is a ring of them, and the queue compares the first event
//! of each lane with the first event of its heap. The cost of a timer in a lane does not depend on how many
//! timers wait there. A periodic timer that is set anew each time it fires is the same thing: a lane whose
//! delay is the period is a ring of timers with their phases.

use crate::units::Nanos;
use std::collections::VecDeque;

/// The most lanes of a queue: each event taken from a lane looks at the first event of every lane.
const LANES_MAX: usize = 16;

/// Timers of one constant delay, as [`Queue::lane`](super::Queue::lane) gives them out.
///
/// A lane is a number and a delay, so models keep copies of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The place among the lanes of the queue, or `LANES_MAX` where timers go to the heap.
    pub(super) index: usize,
    delay: Nanos,
}

impl Lane {
    /// No lane yet: timers of this delay go to the heap. It is what a model holds before it starts.
    #[must_use]
    pub const fn in_heap(delay: Nanos) -> Self {
        Self {
            index: LANES_MAX,
            delay,
        }
    }

    /// How long its timers wait `[ns]`.
    #[must_use]
    #[inline]
    pub const fn delay(self) -> Nanos {
        self.delay
    }
}

/// When an event is due, and which of those of that instant was set first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// The instant `[ns]`.
    pub(super) at: u64,
    /// The number of the event, in the order in which they were set, modulo 2^32.
    pub(super) serial: u32,
}

impl Due {
    /// Of a lane that is empty, or a queue without lanes.
    pub(super) const NEVER: Self = Self {
        at: u64::MAX,
        serial: 0,
    };

    /// Whether this event comes out first. Numbers may wrap: of two events that are pending at the same time
    /// the later one was set fewer than 2^31 events after the earlier one.
    #[inline]
    pub(super) fn is_before(self, other: Self) -> bool {
        self.at < other.at
            || (self.at == other.at && (self.serial.wrapping_sub(other.serial) as i32) < 0)
    }
}

/// All lanes of a queue.
pub(super) struct Lanes<E> {
    /// The first event of each lane.
    heads: Vec<Due>,
    /// The events of each lane behind its first one, and the first one, too.
    rings: Vec<VecDeque<(Due, E)>>,
    /// The delay of each lane `[ns]`.
    delays: Vec<Nanos>,
    /// The lane whose first event is the earliest.
    first: usize,
    /// The first event of that lane.
    pub(super) earliest: Due,
    /// How many events are in lanes.
    pub(super) len: usize,
}

impl<E: Copy> Lanes<E> {
    pub(super) fn new() -> Self {
        Self {
            heads: Vec::new(),
            rings: Vec::new(),
            delays: Vec::new(),
            first: 0,
            earliest: Due::NEVER,
            len: 0,
        }
    }

    /// The lane for a delay: one that is there, a new one, or the heap where there are enough of them.
    pub(super) fn of(&mut self, delay: Nanos) -> Lane {
        let known = self.delays.iter().position(|other| *other == delay);
        let index = known.unwrap_or(self.delays.len());
        if known.is_none() && index < LANES_MAX {
            self.delays.push(delay);
            self.heads.push(Due::NEVER);
            self.rings.push(VecDeque::new());
        }
        Lane { index, delay }
    }

    /// Puts an event behind the others of a lane. Returns `false` if it has no place there, because an event
    /// of the lane is due later, there is no such lane, or the event is beyond the end of time.
    #[inline]
    pub(super) fn push(&mut self, lane: Lane, due: Due, event: E) -> bool {
        let Some(ring) = self.rings.get_mut(lane.index) else {
            return false;
        };
        match ring.back() {
            _ if due.at == Due::NEVER.at => return false,
            Some((last, _)) if last.at > due.at => return false,
            Some(_) => {}
            None => {
                self.heads[lane.index] = due;
                if due.is_before(self.earliest) {
                    (self.first, self.earliest) = (lane.index, due);
                }
            }
        }
        ring.push_back((due, event));
        self.len += 1;
        true
    }

    /// Takes the earliest event.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<E> {
        let ring = self.rings.get_mut(self.first)?;
        let (_, event) = ring.pop_front()?;
        self.len -= 1;
        self.heads[self.first] = ring.front().map_or(Due::NEVER, |(due, _)| *due);
        self.find_first();
        Some(event)
    }

    #[inline]
    fn find_first(&mut self) {
        let (mut first, mut earliest) = (0, Due::NEVER);
        for (index, due) in self.heads.iter().enumerate() {
            if due.is_before(earliest) {
                (first, earliest) = (index, *due);
            }
        }
        (self.first, self.earliest) = (first, earliest);
    }
}
