//! A timer wheel: a ring of narrow slots for what is due soon, and levels of wider slots for the rest.
//!
//! An event far off lies in a wide slot and moves to a narrower one when the ring comes near its time. All events
//! of a slot are due after those of every slot before it, and a slot keeps the order in which its events were set.
//!
//! # Source
//! G. Varghese, T. Lauck, Hashed and Hierarchical Timing Wheels, SOSP 1987: <https://doi.org/10.1145/41457.37504>.

/// The width of a slot of the ring, as a power of two: 16.4 microseconds.
const TICK_BITS: u32 = 14;
/// Slots of the ring: together they span 8.4 milliseconds.
const RING: usize = 512;
/// The width of the narrowest slot of the levels, as a power of two: an eighth of the ring.
const WIDE_BITS: u32 = TICK_BITS + RING.trailing_zeros() - 3;
/// Slots of a level, as a power of two.
const SLOT_BITS: u32 = 6;
/// Levels that together span all times of 64 bits.
const LEVELS: usize = (u64::BITS - WIDE_BITS).div_ceil(SLOT_BITS) as usize;

/// The end of a list.
const END: u32 = u32::MAX;

/// An event and when it is due.
#[derive(Clone, Copy)]
pub(super) struct Entry<E> {
    /// When it is due `[ns]`.
    pub(super) at: u64,
    /// What happens then.
    pub(super) event: E,
}

/// An event in a list.
#[derive(Clone, Copy)]
struct Node<E> {
    entry: Entry<E>,
    /// The place of the next node of the list.
    next: u32,
}

/// The first and the last node of a list.
#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

const EMPTY: List = List {
    first: END,
    last: END,
};

/// All nodes; those that are free make a list of their own, so that places that were just used are used again.
struct Nodes<E> {
    all: Vec<Node<E>>,
    free: u32,
}

impl<E: Copy> Nodes<E> {
    /// Puts an event behind the others of a list.
    #[inline]
    fn push(&mut self, list: &mut List, entry: Entry<E>) {
        let node = Node { entry, next: END };
        let mut place = self.free;
        if let Some(free) = self.all.get_mut(place as usize) {
            self.free = free.next;
            *free = node;
        } else {
            place = self.all.len() as u32;
            self.all.push(node);
        }
        match self.all.get_mut(list.last as usize) {
            Some(last) => last.next = place,
            None => list.first = place,
        }
        list.last = place;
    }

    /// Takes a node whose list is taken apart; returns its event and the place of the node behind it.
    #[inline]
    fn take(&mut self, place: u32) -> Option<(Entry<E>, u32)> {
        let node = self.all.get_mut(place as usize)?;
        let taken = (node.entry, node.next);
        node.next = self.free;
        self.free = place;
        Some(taken)
    }
}

/// The slots of a wide level, and one bit for each that has events.
struct Level {
    slots: [List; 1 << SLOT_BITS],
    occupied: u64,
}

/// The events behind the tick that the hand is in.
pub(super) struct Wheel<E> {
    nodes: Nodes<E>,
    /// The number of the tick that the hand is in.
    hand: u64,
    ring: Box<[List; RING]>,
    /// One bit for each slot of the ring that has events.
    occupied: [u64; RING / 64],
    /// Where the wide slot begins that was emptied last `[ns]`.
    spread_to: u64,
    /// The last instant of that slot: up to it events lie in the ring `[ns]`.
    ring_ends: u64,
    levels: [Level; LEVELS],
}

impl<E: Copy> Wheel<E> {
    /// An empty wheel at time zero.
    pub(super) fn new() -> Self {
        let level = |_| Level {
            slots: [EMPTY; 1 << SLOT_BITS],
            occupied: 0,
        };
        Self {
            nodes: Nodes {
                all: Vec::new(),
                free: END,
            },
            hand: 0,
            ring: Box::new([EMPTY; RING]),
            occupied: [0; RING / 64],
            spread_to: 0,
            ring_ends: (1 << WIDE_BITS) - 1,
            levels: std::array::from_fn(level),
        }
    }

    /// How many events it has.
    pub(super) fn len(&self) -> usize {
        let free = |place: &u32| Some(self.nodes.all.get(*place as usize)?.next);
        let places = std::iter::successors(Some(self.nodes.free), free);
        self.nodes.all.len() + 1 - places.count()
    }

    /// Where the ticks begin that the hand has not reached `[ns]`.
    #[inline]
    pub(super) fn border(&self) -> u64 {
        (self.hand + 1).saturating_mul(1 << TICK_BITS)
    }

    /// Takes an event that is due at [`Wheel::border`] or later.
    #[inline]
    pub(super) fn file(&mut self, entry: Entry<E>) {
        if entry.at > self.ring_ends {
            return self.file_far(entry);
        }
        let slot = (entry.at >> TICK_BITS) as usize % RING;
        self.occupied[slot / 64] |= 1 << (slot % 64);
        self.nodes.push(&mut self.ring[slot], entry);
    }

    /// Takes an event that the ring does not reach to.
    fn file_far(&mut self, entry: Entry<E>) {
        let apart = (entry.at ^ self.spread_to) >> WIDE_BITS;
        let level = (apart.ilog2() / SLOT_BITS) as usize;
        let slot = (entry.at >> shift(level)) as usize % (1 << SLOT_BITS);
        let Level { slots, occupied } = &mut self.levels[level];
        *occupied |= 1 << slot;
        self.nodes.push(&mut slots[slot], entry);
    }

    /// Moves the hand to the tick of the next event, unless that begins after `until`. Its events go into
    /// `tick`, in the order in which they were set; whether there are any.
    pub(super) fn turn(&mut self, until: u64, tick: &mut Vec<Entry<E>>) -> bool {
        let next = loop {
            if let Some(next) = self.next_in_ring() {
                break next;
            }
            if !self.spread(until) {
                return false;
            }
            self.hand = self.spread_to >> TICK_BITS;
        };
        if next << TICK_BITS > until {
            return false;
        }
        self.hand = next;
        let slot = next as usize % RING;
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        let mut place = std::mem::replace(&mut self.ring[slot], EMPTY).first;
        while let Some((entry, behind)) = self.nodes.take(place) {
            tick.push(entry);
            place = behind;
        }
        self.keep_distance();
        true
    }

    /// The number of the first tick in the ring that has events.
    #[inline]
    fn next_in_ring(&self) -> Option<u64> {
        let slot = self.hand as usize % RING;
        let (word, bit) = (slot / 64, slot % 64);
        let ahead = self.occupied[word] >> bit;
        if ahead != 0 {
            return Some(self.hand + u64::from(ahead.trailing_zeros()));
        }
        // The bits of the first word before the hand come last, as those of a turn later.
        let words = (1..=RING / 64).map(|n| (n, self.occupied[(word + n) % (RING / 64)]));
        let (n, bits) = words.into_iter().find(|(_, bits)| *bits != 0)?;
        Some(self.hand - bit as u64 + 64 * n as u64 + u64::from(bits.trailing_zeros()))
    }

    /// Wide slots are emptied as far as the ring reaches when the hand has moved on.
    #[inline]
    fn keep_distance(&mut self) {
        let wide = (self.hand + RING as u64 - 1) >> (WIDE_BITS - TICK_BITS);
        if (self.spread_to >> WIDE_BITS) + 1 < wide {
            let last = (wide - 1) << WIDE_BITS;
            while self.spread(last) {}
            self.set_spread(last);
        }
    }

    /// Empties the next wide slot that has events, unless it begins after `until`; whether there was one.
    #[cold]
    fn spread(&mut self, until: u64) -> bool {
        let mut levels = self.levels.iter_mut().enumerate();
        let Some((level, found)) = levels.find(|(_, level)| level.occupied != 0) else {
            return false;
        };
        let slot = found.occupied.trailing_zeros() as usize;
        let above = u64::MAX.checked_shl(shift(level + 1)).unwrap_or(0);
        let begins = self.spread_to & above | (slot as u64) << shift(level);
        if begins > until {
            return false;
        }
        found.occupied &= !(1 << slot);
        let mut place = std::mem::replace(&mut found.slots[slot], EMPTY).first;
        self.set_spread(begins);
        while let Some((entry, behind)) = self.nodes.take(place) {
            self.file(entry);
            place = behind;
        }
        true
    }

    /// The ring reaches to the end of the wide slot that begins at `begins`.
    fn set_spread(&mut self, begins: u64) {
        (self.spread_to, self.ring_ends) = (begins, begins | ((1 << WIDE_BITS) - 1));
    }
}

/// The bit of a time at which the slots of a level begin.
#[inline]
fn shift(level: usize) -> u32 {
    WIDE_BITS + SLOT_BITS * level as u32
}
