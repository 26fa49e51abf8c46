//! A token bucket in exact integers, refilled lazily and continuously.
//!
//! The level is kept in token-nanoseconds: one multiplication at each use, no division and no
//! rounding drift. With debt allowed, a take is admitted whenever the level is not negative and the
//! full size is then subtracted, so that a large answer blocks what follows it.

use crate::units::{NANOS_PER_S, Nanos, SimTime};

const SCALE: i64 = NANOS_PER_S as i64;

/// A bucket of tokens with a refill rate and a capacity.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// Level at `since` `[token x ns]`; negative while in debt.
    level: i64,
    capacity: i64,
    rate: i64,
    since: u64,
}

impl TokenBucket {
    /// The largest capacity and rate `[tokens, tokens/s]` that the arithmetic holds.
    pub const LIMIT: u64 = 1 << 32;

    /// A full bucket: `rate` tokens per second, at most `capacity` tokens.
    ///
    /// # Panics
    /// If either exceeds [`TokenBucket::LIMIT`].
    #[must_use]
    pub fn new(rate: u64, capacity: u64) -> Self {
        assert!(
            rate <= Self::LIMIT && capacity <= Self::LIMIT,
            "bucket of {rate}/s, {capacity}"
        );
        let capacity = capacity as i64 * SCALE;
        Self {
            level: capacity,
            capacity,
            rate: rate as i64,
            since: 0,
        }
    }

    /// Brings the level up to `now`.
    #[inline]
    fn refill(&mut self, now: SimTime) {
        let elapsed = now.0.saturating_sub(self.since);
        self.since = self.since.max(now.0);
        let gained = self
            .rate
            .saturating_mul(elapsed.min(i64::MAX as u64) as i64);
        self.level = self.level.saturating_add(gained).min(self.capacity);
    }

    /// Whether `tokens` could be taken at `now`.
    #[inline]
    pub fn holds(&mut self, now: SimTime, tokens: u64) -> bool {
        self.refill(now);
        tokens.saturating_mul(NANOS_PER_S) <= self.level.max(0) as u64
    }

    /// Takes `tokens` if all of them are there; otherwise takes none.
    #[inline]
    pub fn take(&mut self, now: SimTime, tokens: u64) -> bool {
        let taken = self.holds(now, tokens);
        if taken {
            self.pay(tokens);
        }
        taken
    }

    /// Takes `tokens` that [`TokenBucket::holds`] has just confirmed.
    #[inline]
    pub fn pay(&mut self, tokens: u64) {
        debug_assert!(
            self.level >= tokens as i64 * SCALE,
            "tokens that are not there"
        );
        self.level -= tokens as i64 * SCALE;
    }

    /// Whether the level is not negative at `now`: the admission rule with debt.
    #[inline]
    pub fn in_credit(&mut self, now: SimTime) -> bool {
        self.refill(now);
        self.level >= 0
    }

    /// Subtracts `tokens` whatever the level, going into debt if need be.
    #[inline]
    pub fn charge(&mut self, now: SimTime, tokens: u64) {
        self.refill(now);
        self.level = self
            .level
            .saturating_sub((tokens.min(Self::LIMIT) as i64).saturating_mul(SCALE));
    }

    /// How long from `now` until the bucket is out of debt.
    #[must_use]
    pub fn debt_time(&self, now: SimTime) -> Nanos {
        let mut copy = *self;
        copy.refill(now);
        if copy.level >= 0 || copy.rate == 0 {
            return Nanos::ZERO;
        }
        Nanos(copy.level.unsigned_abs().div_ceil(copy.rate as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ten_mebibytes_read_at_two_per_second_block_for_five_seconds() {
        let mut bucket = TokenBucket::new(2 << 20, 2 << 20);
        assert!(bucket.in_credit(SimTime::ZERO));
        bucket.charge(SimTime::ZERO, 12 << 20); // the 2 MiB in the bucket and 10 MiB of debt
        assert_eq!(bucket.debt_time(SimTime::ZERO), Nanos::from_secs(5));
        assert!(!bucket.in_credit(SimTime(5 * NANOS_PER_S - 1)));
        assert!(bucket.in_credit(SimTime(5 * NANOS_PER_S)));
    }

    #[test]
    fn long_idle_times_and_large_rates_do_not_overflow() {
        let mut bucket = TokenBucket::new(TokenBucket::LIMIT, TokenBucket::LIMIT);
        assert!(bucket.take(SimTime::ZERO, TokenBucket::LIMIT));
        assert!(bucket.take(SimTime(u64::MAX), TokenBucket::LIMIT));
        bucket.charge(SimTime(u64::MAX), u64::MAX);
        assert!(!bucket.in_credit(SimTime(u64::MAX)));
    }

    proptest! {
        /// Network calculus: what passes a bucket by time t never exceeds capacity + rate x t.
        #[test]
        fn never_lets_through_more_than_burst_plus_rate(
            rate in 1_u64..2_000_000,
            capacity in 1_u64..10_000_000,
            takes in prop::collection::vec((0_u64..50_000_000, 1_u64..100_000), 1..300),
        ) {
            let mut bucket = TokenBucket::new(rate, capacity);
            let (mut now, mut passed) = (0_u64, 0_u128);
            for (gap, tokens) in takes {
                now += gap;
                if bucket.take(SimTime(now), tokens) {
                    passed += u128::from(tokens);
                }
                let ceiling = u128::from(capacity) * u128::from(NANOS_PER_S) + u128::from(rate) * u128::from(now);
                prop_assert!(passed * u128::from(NANOS_PER_S) <= ceiling);
            }
        }
    }
}
