//! A token bucket in exact integers, refilled lazily and continuously.
//!
//! The level is kept in token-nanoseconds: one multiplication at each use, no division and no
//! rounding drift. With debt allowed, a take is admitted whenever the level is not negative and the
//! full size is then subtracted, so that a large answer blocks what follows it.

use crate::units::{NANOS_PER_S, Nanos, SimTime};

const SCALE: i64 = NANOS_PER_S as i64;

/// Tokens with a refill rate and a capacity, as of an instant that their bucket keeps.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// How many there are `[token x ns]`; negative while in debt.
    level: i64,
    /// The most there can be `[tokens]`.
    capacity: u32,
    /// How many are added `[tokens/s]`.
    rate: u32,
}

impl Tokens {
    fn full(rate: u64, capacity: u64) -> Self {
        let (Ok(rate), Ok(capacity)) = (u32::try_from(rate), u32::try_from(capacity)) else {
            panic!("bucket of {rate}/s, {capacity}")
        };
        Self {
            level: i64::from(capacity) * SCALE,
            capacity,
            rate,
        }
    }

    /// Adds the tokens of `elapsed` `[ns]`.
    #[inline(always)]
    fn gain(&mut self, elapsed: i64) {
        let gained = i64::from(self.rate).saturating_mul(elapsed);
        let capacity = i64::from(self.capacity) * SCALE;
        self.level = self.level.saturating_add(gained).min(capacity);
    }

    /// Whether `tokens` are there.
    #[must_use]
    #[inline(always)]
    pub fn hold(&self, tokens: u64) -> bool {
        tokens.saturating_mul(NANOS_PER_S) <= self.level.max(0) as u64
    }

    /// Takes `tokens` that [`Tokens::hold`] has just confirmed.
    #[inline(always)]
    pub fn pay(&mut self, tokens: u64) {
        debug_assert!(
            self.level >= tokens as i64 * SCALE,
            "tokens that are not there"
        );
        self.level -= tokens as i64 * SCALE;
    }

    /// Whether there is no debt: the admission rule where debt is allowed.
    #[must_use]
    #[inline]
    pub fn in_credit(&self) -> bool {
        self.level >= 0
    }

    /// Subtracts `tokens` whatever the level, going into debt if need be.
    #[inline]
    pub fn charge(&mut self, tokens: u64) {
        let tokens = tokens.min(TokenBucket::LIMIT) as i64;
        self.level = self.level.saturating_sub(tokens.saturating_mul(SCALE));
    }
}

/// The time for which a bucket's level is known, lazily brought up.
#[derive(Clone, Copy, Debug, Default)]
struct Since(u64);

impl Since {
    /// Moves on to `now`; returns how long that is `[ns]`.
    #[inline(always)]
    fn advance(&mut self, now: SimTime) -> i64 {
        let elapsed = now.0.saturating_sub(self.0);
        self.0 = self.0.max(now.0);
        elapsed.min(i64::MAX as u64) as i64
    }
}

/// A bucket of tokens with a refill rate and a capacity.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    tokens: Tokens,
    since: Since,
}

impl TokenBucket {
    /// The largest capacity and rate `[tokens, tokens/s]` that the arithmetic holds.
    pub const LIMIT: u64 = u32::MAX as u64;

    /// A full bucket: `rate` tokens per second, at most `capacity` tokens.
    ///
    /// # Panics
    /// If either exceeds [`TokenBucket::LIMIT`].
    #[must_use]
    pub fn new(rate: u64, capacity: u64) -> Self {
        Self {
            tokens: Tokens::full(rate, capacity),
            since: Since::default(),
        }
    }

    /// The tokens of `now`.
    #[inline]
    fn at(&mut self, now: SimTime) -> &mut Tokens {
        self.tokens.gain(self.since.advance(now));
        &mut self.tokens
    }

    /// Whether `tokens` could be taken at `now`.
    #[inline]
    pub fn holds(&mut self, now: SimTime, tokens: u64) -> bool {
        self.at(now).hold(tokens)
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
        self.tokens.pay(tokens);
    }

    /// Whether the level is not negative at `now`: the admission rule with debt.
    #[inline]
    pub fn in_credit(&mut self, now: SimTime) -> bool {
        self.at(now).in_credit()
    }

    /// Subtracts `tokens` whatever the level, going into debt if need be.
    #[inline]
    pub fn charge(&mut self, now: SimTime, tokens: u64) {
        self.at(now).charge(tokens);
    }

    /// How long from `now` until the bucket is out of debt.
    #[must_use]
    pub fn debt_time(&self, now: SimTime) -> Nanos {
        let mut copy = *self;
        let Tokens { level, rate, .. } = *copy.at(now);
        if level >= 0 || rate == 0 {
            return Nanos::ZERO;
        }
        Nanos(level.unsigned_abs().div_ceil(u64::from(rate)))
    }
}

/// Two kinds of tokens that are asked for together, such as records and their bytes: time is kept once.
#[derive(Clone, Copy, Debug)]
pub struct TwinBucket {
    first: Tokens,
    second: Tokens,
    since: Since,
}

impl TwinBucket {
    /// Two full kinds, each by rate `[tokens/s]` and capacity `[tokens]`.
    ///
    /// # Panics
    /// If one exceeds [`TokenBucket::LIMIT`].
    #[must_use]
    pub fn new(first: [u64; 2], second: [u64; 2]) -> Self {
        Self {
            first: Tokens::full(first[0], first[1]),
            second: Tokens::full(second[0], second[1]),
            since: Since::default(),
        }
    }

    /// The tokens of `now`, of both kinds.
    #[inline(always)]
    pub fn at(&mut self, now: SimTime) -> (&mut Tokens, &mut Tokens) {
        let elapsed = self.since.advance(now);
        self.first.gain(elapsed);
        self.second.gain(elapsed);
        (&mut self.first, &mut self.second)
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

    #[test]
    fn twins_are_two_buckets() {
        let mut twins = TwinBucket::new([1000, 500], [7, 3]);
        let (mut first, mut second) = (TokenBucket::new(1000, 500), TokenBucket::new(7, 3));
        let draws = crate::engine::Stream::new(1, 0, "twins");
        let mut now = SimTime(0);
        for n in 0..10_000 {
            now.0 += draws.draw(3 * n) % 200_000_000;
            let (some, charge) = (1 + draws.draw(3 * n + 1) % 300, n % 3 == 0);
            let (a, b) = twins.at(now);
            let held = a.hold(some) && b.hold(1);
            assert_eq!(held, first.holds(now, some) && second.holds(now, 1));
            if charge {
                a.charge(some);
                first.charge(now, some);
            } else if held {
                a.pay(some);
                b.pay(1);
                first.pay(some);
                second.pay(1);
            }
            assert_eq!(a.in_credit(), first.in_credit(now));
        }
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
