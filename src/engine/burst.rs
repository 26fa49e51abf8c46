//! A first-come first-served server whose speed is higher while credits last.
//!
//! Credits are units of work: they come back at the base rate, at most up to a limit, and each unit
//! served costs one. While there are any, work is done at the burst rate; without, at the base rate.

use crate::units::{NANOS_PER_S, Nanos, SimTime};

/// A server with a base rate, a burst rate and credits.
#[derive(Clone, Copy, Debug)]
pub struct BurstServer {
    base: u64,
    burst: u64,
    factors: [f64; 4],
    most: f64,
    credits: f64,
    refilled_at: SimTime,
    free_at: SimTime,
    busy: u64,
    served: u64,
}

impl BurstServer {
    /// An idle server of `base` and `burst` units per second, with `start` of `most` credits; a rate of
    /// zero is without limit.
    #[must_use]
    pub fn new(base: u64, burst: u64, most: u64, start: u64) -> Self {
        Self {
            base,
            burst: burst.max(base),
            factors: Self::factors(base, burst.max(base)),
            most: most as f64,
            credits: start.min(most) as f64,
            refilled_at: SimTime::ZERO,
            free_at: SimTime::ZERO,
            busy: 0,
            served: 0,
        }
    }

    /// Serves `units` that arrive at `at`; returns when the last of them leaves.
    #[inline]
    pub fn serve(&mut self, at: SimTime, units: u64) -> SimTime {
        let start = self.free_at.max(at);
        let service = if self.burst == self.base {
            self.plain(units)
        } else {
            self.with_credits(start, units)
        };
        self.served = self.served.saturating_add(units);
        self.busy = self.busy.saturating_add(service.0);
        self.free_at = start + service;
        self.free_at
    }

    #[inline]
    fn plain(&self, units: u64) -> Nanos {
        if self.base == 0 {
            return Nanos::ZERO;
        }
        match units.checked_mul(NANOS_PER_S) {
            Some(product) => Nanos(product.div_ceil(self.base)),
            None => {
                Nanos((u128::from(units) * u128::from(NANOS_PER_S) / u128::from(self.base)) as u64)
            }
        }
    }

    #[inline]
    fn with_credits(&mut self, start: SimTime, units: u64) -> Nanos {
        let [per_ns, slow, quick, carry] = self.factors;
        let units = units as f64;
        let idle = start.since(self.refilled_at).0 as f64;
        self.credits = (self.credits + per_ns * idle).min(self.most);
        // At the burst rate credits shrink by (burst - base) a second, so they carry a little farther.
        let fast = units.min(self.credits * carry);
        let ns = fast * quick + (units - fast) * slow;
        self.credits = (self.credits - units + per_ns * ns).max(0.0).min(self.most);
        let service = Nanos(ns as u64);
        self.refilled_at = start + service;
        service
    }

    /// Units that come back in a nanosecond; nanoseconds for a unit at the base and at the burst rate; how
    /// many units a credit carries in a burst.
    fn factors(base: u64, burst: u64) -> [f64; 4] {
        let (base, burst) = (base.max(1) as f64, burst.max(1) as f64);
        [
            base / 1e9,
            1e9 / base,
            1e9 / burst,
            burst / (burst - base).max(1.0),
        ]
    }

    /// Changes the rates; what is under way keeps its end.
    pub fn set_rates(&mut self, base: u64, burst: u64) {
        (self.base, self.burst) = (base, burst.max(base));
        self.factors = Self::factors(self.base, self.burst);
    }

    /// The base rate.
    #[must_use]
    pub fn base(&self) -> u64 {
        self.base
    }

    /// When it will have finished all that it was given.
    #[must_use]
    pub fn free_at(&self) -> SimTime {
        self.free_at
    }

    /// Service given up to `now`: divided by the time it is the utilisation.
    #[must_use]
    pub fn busy_until(&self, now: SimTime) -> Nanos {
        Nanos(self.busy.saturating_sub(self.free_at.since(now).0))
    }

    /// Units that it was given to serve.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.served
    }

    /// Credits at `now` as a share of the most; `None` where there are none to have.
    #[must_use]
    pub fn credit_share(&self, now: SimTime) -> Option<f64> {
        if self.burst == self.base || self.most <= 0.0 {
            return None;
        }
        let idle = now.since(self.refilled_at).as_secs_f64();
        Some((self.credits + self.base as f64 * idle).min(self.most) / self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_burst_it_is_a_plain_server() {
        let mut server = BurstServer::new(1000, 1000, 0, 0);
        assert_eq!(server.serve(SimTime(0), 500), SimTime(NANOS_PER_S / 2));
        assert_eq!(server.serve(SimTime(0), 500), SimTime(NANOS_PER_S));
        assert_eq!(server.credit_share(SimTime(0)), None);
        assert_eq!(
            BurstServer::new(0, 0, 0, 0).serve(SimTime(7), u64::MAX),
            SimTime(7)
        );
    }

    #[test]
    fn credits_carry_a_burst_and_come_back_at_the_base_rate() {
        // 1,000/s, bursts of 3,000/s, 2,000 credits: one second of burst.
        let mut server = BurstServer::new(1000, 3000, 2000, 2000);
        assert_eq!(server.serve(SimTime(0), 3000), SimTime(NANOS_PER_S));
        assert_eq!(server.credit_share(SimTime(NANOS_PER_S)), Some(0.0));
        assert_eq!(
            server.serve(SimTime(NANOS_PER_S), 1000),
            SimTime(2 * NANOS_PER_S)
        );
        // Two idle seconds fill it again.
        assert_eq!(server.credit_share(SimTime(4 * NANOS_PER_S)), Some(1.0));
        assert_eq!(
            server.serve(SimTime(4 * NANOS_PER_S), 3000),
            SimTime(5 * NANOS_PER_S)
        );
    }
}
