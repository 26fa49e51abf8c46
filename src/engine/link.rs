//! A processor-sharing link: all transfers in progress share the rate equally.
//!
//! Egalitarian sharing is kept by virtual time: every transfer in progress receives the same
//! amount of service per unit of virtual time, so a transfer of size x that starts at virtual time
//! v ends at virtual time v + x, whatever comes later. Virtual time is an integer in 2^-16 bytes.

use crate::units::{NANOS_PER_S, Nanos, SimTime};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const FRACTION: u128 = 1 << 16;

/// A link of `rate` bytes per second, shared equally by the transfers in progress.
#[derive(Clone, Debug)]
pub struct SharedLink {
    rate: u64,
    now: SimTime,
    /// Service that each transfer in progress has had since the start `[2^-16 B]`.
    virtual_time: u128,
    /// Remainder of the last division, so that rounding never adds up.
    remainder: u128,
    transfers: BinaryHeap<Reverse<(u128, u64, u64)>>,
    serial: u64,
}

impl SharedLink {
    /// An idle link.
    ///
    /// # Panics
    /// If `rate` is zero.
    #[must_use]
    pub fn new(rate: u64) -> Self {
        assert!(rate > 0, "a link needs a rate");
        Self {
            rate,
            now: SimTime::ZERO,
            virtual_time: 0,
            remainder: 0,
            transfers: BinaryHeap::new(),
            serial: 0,
        }
    }

    /// Moves the link to `now`; finished transfers must have been taken out before.
    fn advance(&mut self, now: SimTime) {
        let elapsed = u128::from(now.since(self.now).0);
        self.now = now;
        let sharing = self.transfers.len() as u128;
        if sharing == 0 {
            self.remainder = 0;
            return;
        }
        let service = elapsed * u128::from(self.rate) * FRACTION + self.remainder;
        let divisor = u128::from(NANOS_PER_S) * sharing;
        self.virtual_time += service / divisor;
        self.remainder = service % divisor;
    }

    /// Starts a transfer of `bytes` with the caller's `tag` at `now`.
    pub fn start(&mut self, now: SimTime, bytes: u64, tag: u64) {
        self.advance(now);
        self.remainder = 0;
        self.serial += 1;
        let end = self.virtual_time + u128::from(bytes) * FRACTION;
        self.transfers.push(Reverse((end, self.serial, tag)));
    }

    /// When the next transfer will end if none starts before.
    #[must_use]
    pub fn next_end(&self) -> Option<SimTime> {
        let Reverse((end, ..)) = self.transfers.peek()?;
        let sharing = self.transfers.len() as u128;
        let missing = end.saturating_sub(self.virtual_time) * u128::from(NANOS_PER_S) * sharing;
        let wait = missing
            .saturating_sub(self.remainder)
            .div_ceil(u128::from(self.rate) * FRACTION);
        Some(self.now + Nanos(u64::try_from(wait).unwrap_or(u64::MAX)))
    }

    /// Takes out the transfer that ends first and returns its instant and tag.
    pub fn finish(&mut self) -> Option<(SimTime, u64)> {
        let at = self.next_end()?;
        self.advance(at);
        self.remainder = 0;
        self.transfers.pop().map(|Reverse((.., tag))| (at, tag))
    }

    /// How many transfers are in progress.
    #[must_use]
    pub fn sharing(&self) -> usize {
        self.transfers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_equal_transfers_take_twice_as_long() {
        let mut link = SharedLink::new(1000);
        link.start(SimTime::ZERO, 1000, 1);
        link.start(SimTime::ZERO, 1000, 2);
        assert_eq!(link.finish(), Some((SimTime(2 * NANOS_PER_S), 1)));
        assert_eq!(link.finish(), Some((SimTime(2 * NANOS_PER_S), 2)));
        assert_eq!(link.finish(), None);
    }

    #[test]
    fn a_late_short_transfer_overtakes_a_long_one() {
        let mut link = SharedLink::new(1000);
        link.start(SimTime::ZERO, 3000, 1);
        link.start(SimTime(NANOS_PER_S), 500, 2); // the first has 2000 B left
        assert_eq!(link.finish(), Some((SimTime(2 * NANOS_PER_S), 2)));
        assert_eq!(link.finish(), Some((SimTime(3_500_000_000), 1)));
    }
}
