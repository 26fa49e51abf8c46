//! Sampling tables, built once per run: the alias method for discrete laws and a quantile table for
//! continuous ones. Tested against the distributions of `rand_distr` and `statrs`.

use rand::Rng;
use rand_distr::Distribution;
use std::sync::LazyLock;

/// Walker's alias table with packed entries: one draw, one look-up, O(1).
#[derive(Clone, Debug)]
pub struct AliasTable {
    /// High half: threshold out of 2^32; low half: the alias.
    entries: Vec<u64>,
}

impl AliasTable {
    /// The probability of an index.
    #[must_use]
    pub fn share(&self, index: usize) -> f64 {
        const WHOLE: f64 = 4_294_967_296.0;
        let kept = |entry: u64| ((entry >> 32) as f64 / WHOLE).min(1.0);
        let given = |(own, entry): (usize, &u64)| {
            let alias = (*entry as u32) as usize;
            if own == index {
                // What is not kept goes to the alias, which may be the same index.
                kept(*entry)
                    + if alias == index {
                        1.0 - kept(*entry)
                    } else {
                        0.0
                    }
            } else if alias == index {
                1.0 - kept(*entry)
            } else {
                0.0
            }
        };
        let sum: f64 = self.entries.iter().enumerate().map(given).sum();
        sum / self.entries.len() as f64
    }

    /// A table in which index `i` is drawn with probability `weights[i] / sum`.
    ///
    /// # Panics
    /// If `weights` is empty, longer than 2^32, or sums to nothing.
    #[must_use]
    pub fn new(weights: &[f64]) -> Self {
        let sum: f64 = weights.iter().sum();
        assert!(
            sum > 0.0 && sum.is_finite(),
            "weights must have a positive, finite sum"
        );
        assert!(u32::try_from(weights.len()).is_ok(), "too many weights");
        let mut scaled: Vec<f64> = weights
            .iter()
            .map(|w| w * weights.len() as f64 / sum)
            .collect();
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for (index, share) in scaled.iter().enumerate().rev() {
            if *share < 1.0 {
                small.push(index)
            } else {
                large.push(index)
            }
        }
        let full = |index: usize| (u64::from(u32::MAX) << 32) | index as u64;
        let mut entries: Vec<u64> = (0..weights.len()).map(full).collect();
        while let (Some(under), Some(over)) = (small.pop(), large.pop()) {
            let threshold = (scaled[under] * 4_294_967_296.0) as u64;
            entries[under] = (threshold.min(u64::from(u32::MAX)) << 32) | over as u64;
            scaled[over] -= 1.0 - scaled[under];
            if scaled[over] < 1.0 {
                small.push(over)
            } else {
                large.push(over)
            }
        }
        Self { entries }
    }

    /// The index that 64 uniform bits select.
    #[must_use]
    #[inline]
    pub fn pick(&self, draw: u64) -> u32 {
        let wide = u128::from(draw) * self.entries.len() as u128;
        let (index, fraction) = ((wide >> 64) as usize, (wide as u64) >> 32);
        let entry = self.entries[index];
        std::hint::select_unpredictable(fraction < entry >> 32, index as u32, entry as u32)
    }
}

impl Distribution<u32> for AliasTable {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> u32 {
        self.pick(rng.next_u64())
    }
}

/// A continuous law by its quantile function at 4,096 equal steps, linear in between.
///
/// The outermost cells are left to the exact function, so that tails are never cut off.
#[derive(Clone, Debug)]
pub struct QuantileTable {
    knots: Vec<f64>,
}

const CELL_BITS: u32 = 12;
const CELLS: usize = 1 << CELL_BITS;

impl QuantileTable {
    /// Tabulates `quantile`, which is asked for probabilities strictly between 0 and 1.
    #[must_use]
    pub fn new(quantile: impl Fn(f64) -> f64) -> Self {
        let knot = |i: usize| quantile((i.clamp(1, CELLS - 1)) as f64 / CELLS as f64);
        Self {
            knots: (0..=CELLS).map(knot).collect(),
        }
    }

    /// The law of `map(z)` for a standard normal z; `map` must be monotone.
    #[must_use]
    pub fn of_normal(map: impl Fn(f64) -> f64) -> Self {
        static NORMAL: LazyLock<QuantileTable> = LazyLock::new(|| QuantileTable::new(probit));
        Self {
            knots: NORMAL.knots.iter().map(|z| map(*z)).collect(),
        }
    }

    /// The variate that 64 uniform bits select; `Err` with the probability for the outermost cells.
    ///
    /// # Errors
    /// Not a failure: the caller evaluates the exact quantile at the probability given.
    #[inline]
    pub fn pick(&self, draw: u64) -> Result<f64, f64> {
        let cell = (draw >> (64 - CELL_BITS)) as usize;
        // Signed numbers convert faster, and this one is below 2^53.
        let within = ((draw << CELL_BITS) >> 11) as i64 as f64 * (1.0 / (1_u64 << 53) as f64);
        if cell == 0 || cell == CELLS - 1 {
            let half = 0.5 / (1_u64 << 53) as f64;
            return Err(((cell as f64 + within) / CELLS as f64).clamp(half, 1.0 - half));
        }
        let low = self.knots[cell];
        Ok(low + (self.knots[cell + 1] - low) * within)
    }

    /// The variate that 64 uniform bits select, with `quantile` for the outermost cells.
    #[inline]
    pub fn sample(&self, draw: u64, quantile: impl Fn(f64) -> f64) -> f64 {
        self.pick(draw).unwrap_or_else(quantile)
    }
}

/// The standard normal quantile of a probability strictly between 0 and 1.
///
/// Bisection on `libm`'s complementary error function: exact to the last bits, and the same on every
/// machine. Newton's method finds the place first, so that bisection asks for the function there only. Used
/// to build tables, not per record.
#[must_use]
pub fn probit(p: f64) -> f64 {
    let place = newton(p);
    // Newton's error is far below the margin; where it did not settle, nothing is taken as known.
    let known = place.map_or((f64::NEG_INFINITY, f64::INFINITY), |z| {
        (z - NEWTON_MARGIN, z + NEWTON_MARGIN)
    });
    let (mut low, mut high) = (-40.0_f64, 40.0_f64);
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        let is_below = middle < known.0 || (middle <= known.1 && below(middle) < p);
        if is_below {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// How far from Newton's answer the quantile may lie at most.
const NEWTON_MARGIN: f64 = 1e-9;

/// The probability that a standard normal variate lies below `z`.
fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The standard normal quantile up to rounding, for probabilities that are not in a far tail.
fn newton(p: f64) -> Option<f64> {
    if !(1e-5..=1.0 - 1e-5).contains(&p) {
        return None;
    }
    let mut z = 0.0_f64;
    for _ in 0..40 {
        let density = libm::exp(-0.5 * z * z) / std::f64::consts::TAU.sqrt();
        let step = (below(z) - p) / density;
        z -= step.clamp(-1.0, 1.0);
        if step.abs() < 1e-12 {
            return Some(z);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Stream;
    use statrs::distribution::{ChiSquared, ContinuousCDF, LogNormal, Normal};

    /// Pearson's test: the probability of a fit as bad as this one.
    fn chi_square_p(counts: &[u64], weights: &[f64]) -> f64 {
        let (n, sum): (u64, f64) = (counts.iter().sum(), weights.iter().sum());
        let statistic: f64 = counts
            .iter()
            .zip(weights)
            .map(|(count, weight)| {
                let expected = n as f64 * weight / sum;
                (*count as f64 - expected).powi(2) / expected
            })
            .sum();
        ChiSquared::new((counts.len() - 1) as f64)
            .expect("degrees of freedom")
            .sf(statistic)
    }

    #[test]
    fn the_alias_table_draws_in_proportion_to_the_weights() {
        for (n, skew) in [(3_usize, 2.0), (10, 1.0), (1000, 0.5)] {
            let weights: Vec<f64> = (1..=n).map(|k| libm::pow(k as f64, -skew)).collect();
            let (table, draws) = (AliasTable::new(&weights), Stream::new(5, 0, "alias"));
            let mut counts = vec![0_u64; n];
            for i in 0..2_000_000 {
                counts[table.pick(draws.draw(i)) as usize] += 1;
            }
            let p = chi_square_p(&counts, &weights);
            assert!(p > 1e-3, "n {n}, skew {skew}: p = {p}");
        }
    }

    #[test]
    fn probit_agrees_with_statrs() {
        let normal = Normal::new(0.0, 1.0).expect("standard normal");
        for p in [1e-12, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.999_999] {
            assert!((probit(p) - normal.inverse_cdf(p)).abs() < 1e-6, "p = {p}");
        }
    }

    #[test]
    fn probit_is_plain_bisection_to_the_last_bit() {
        for cell in 1..CELLS {
            let p = cell as f64 / CELLS as f64;
            let (mut low, mut high) = (-40.0_f64, 40.0_f64);
            for _ in 0..64 {
                let middle = 0.5 * (low + high);
                if below(middle) < p {
                    low = middle
                } else {
                    high = middle
                }
            }
            assert_eq!(
                probit(p).to_bits(),
                (0.5 * (low + high)).to_bits(),
                "p = {p}"
            );
        }
    }

    #[test]
    fn the_quantile_table_passes_an_anderson_darling_test() {
        let (mu, sigma) = (6.0, 1.4);
        let quantile = |p: f64| libm::exp(mu + sigma * probit(p));
        let (table, draws) = (QuantileTable::new(quantile), Stream::new(9, 0, "quantile"));
        let law = LogNormal::new(mu, sigma).expect("lognormal");
        let n = 50_000;
        let mut u: Vec<f64> = (0..n)
            .map(|i| law.cdf(table.sample(draws.draw(i), quantile)))
            .collect();
        u.sort_by(f64::total_cmp);
        let sum: f64 = (0..u.len())
            .map(|i| (2 * i + 1) as f64 * (libm::log(u[i]) + libm::log(1.0 - u[u.len() - 1 - i])))
            .sum();
        let a2 = -(n as f64) - sum / n as f64;
        assert!(a2 < 3.857, "A2 = {a2}; 3.857 is the 1 % point");
    }
}
