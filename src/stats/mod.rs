//! Statistics of replications: intervals, paired differences, the end of the warm-up.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The value that a standard normal variable stays below with this probability.
#[must_use]
pub fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// A mean with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean over the replications.
    pub mean: f64,
    /// Half the width of the interval; `None` for a single replication.
    pub half_width: Option<f64>,
    /// How many replications had a value.
    pub n: usize,
}

impl Interval {
    /// The interval of independent `values` after Student; `None` without any value.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        Self::of_one_in(values, 1)
    }

    /// The same for one of so many intervals that hold together at 95 %, after Bonferroni: each has its share of the 5 %.
    #[must_use]
    pub fn of_one_in(values: &[f64], intervals: usize) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        if mean.is_infinite() {
            // Something never happened: exactly known if it never did in any replication.
            let everywhere = values.iter().all(|value| value.is_infinite());
            let half_width = (n > 1 && everywhere).then_some(0.0);
            return Some(Self {
                mean,
                half_width,
                n,
            });
        }
        let squares: f64 = values
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum();
        let half_width = (n > 1)
            .then(|| t_quantile(n - 1, intervals) * (squares / (n - 1) as f64 / n as f64).sqrt());
        Some(Self {
            mean,
            half_width,
            n,
        })
    }

    /// Whether `value` lies inside.
    #[must_use]
    pub fn covers(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width.unwrap_or_default()
    }

    /// The difference of two systems on common random numbers: replication by replication.
    #[must_use]
    pub fn of_difference(a: &[f64], b: &[f64]) -> Option<Self> {
        Self::of_difference_in(a, b, 1)
    }

    /// The same for one of so many differences that are looked at together.
    #[must_use]
    pub fn of_difference_in(a: &[f64], b: &[f64], differences: usize) -> Option<Self> {
        let pairs: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        // What never happens in both has no difference.
        let known = pairs.iter().all(|pair| !pair.is_nan());
        let pairs = Some(pairs).filter(|_| known)?;
        Self::of_one_in(&pairs, differences)
    }

    /// How many values would make the interval as narrow as half the width `wanted`, if they scatter as these do;
    /// as many as there are where the interval is narrow enough.
    #[must_use]
    pub fn values_for(&self, wanted: f64) -> usize {
        let half = self.half_width.unwrap_or_default();
        if half <= wanted {
            return self.n;
        }
        let more = self.n as f64 * (half / wanted) * (half / wanted);
        // Without a bound a wanted width of zero would ask for infinitely many.
        libm::ceil(more.min(1e9)) as usize
    }

    /// The difference `a - b` of the means of independent samples, after Welch: the samples need neither
    /// the same size nor the same variance. `None` if one is empty, no width if one has a single value.
    #[must_use]
    pub fn of_unpaired_difference(a: &[f64], b: &[f64]) -> Option<Self> {
        let (mean_a, error_a) = mean_and_error(a)?;
        let (mean_b, error_b) = mean_and_error(b)?;
        if mean_a.is_infinite() || mean_b.is_infinite() {
            let n = a.len().min(b.len());
            let all: Vec<f64> = vec![mean_a - mean_b; n];
            return Self::of_one_in(&all, 1).filter(|of| !of.mean.is_nan());
        }
        let half_width = match (error_a, error_b) {
            (Some(a_error), Some(b_error)) => {
                let error = a_error + b_error;
                let spread = a_error * a_error / (a.len() - 1) as f64
                    + b_error * b_error / (b.len() - 1) as f64;
                // Without any spread the difference is known exactly.
                Some(if spread > 0.0 {
                    t_quantile_of(error * error / spread) * error.sqrt()
                } else {
                    0.0
                })
            }
            _ => None,
        };
        Some(Self {
            mean: mean_a - mean_b,
            half_width,
            n: a.len().min(b.len()),
        })
    }

    /// Whether the interval lies wholly on one side of zero.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.half_width.is_some_and(|half| self.mean.abs() > half)
    }
}

/// Where an interval lies against the bounds of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgainstBounds {
    /// Wholly within them.
    Inside,
    /// Wholly beyond one of them.
    Outside,
    /// Across a bound: more replications may say.
    Undecided,
}

impl Interval {
    /// Where the interval lies against `low..=high`; a single replication is taken as it stands.
    #[must_use]
    pub fn against(&self, low: f64, high: f64) -> AgainstBounds {
        let half = self.half_width.unwrap_or_default();
        let (from, to) = (self.mean - half, self.mean + half);
        if low <= from && to <= high {
            AgainstBounds::Inside
        } else if to < low || high < from {
            AgainstBounds::Outside
        } else {
            AgainstBounds::Undecided
        }
    }
}

/// The mean of a sample and, from two values on, the square of its standard error.
fn mean_and_error(values: &[f64]) -> Option<(f64, Option<f64>)> {
    let n = values.len() as f64;
    let mean = (n > 0.0).then(|| values.iter().sum::<f64>() / n)?;
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    Some((mean, (n > 1.0).then(|| squares / (n - 1.0) / n)))
}

/// The quantile of Student's t for one of so many two-sided intervals; 97.5 % for one.
fn t_quantile(degrees: usize, intervals: usize) -> f64 {
    t_quantile_at(degrees as f64, 1.0 - 0.025 / intervals.max(1) as f64)
}

/// The same for degrees of freedom that need not be whole, as in Welch's formula.
fn t_quantile_of(degrees: f64) -> f64 {
    t_quantile_at(degrees, 0.975)
}

fn t_quantile_at(degrees: f64, share: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees).map_or(f64::INFINITY, |t| t.inverse_cdf(share))
}

/// How many observations to discard as warm-up: MSER-5 (White 1997).
///
/// Batches of five; the cut that makes the standard error of what is left smallest, not beyond half.
#[must_use]
pub fn mser5(series: &[f64]) -> usize {
    let batches: Vec<f64> = series
        .chunks_exact(5)
        .map(|chunk| chunk.iter().sum::<f64>() / 5.0)
        .collect();
    let (mut sum, mut squares, mut best) = (0.0, 0.0, (f64::INFINITY, 0));
    for cut in (0..batches.len()).rev() {
        sum += batches[cut];
        squares += batches[cut] * batches[cut];
        let left = (batches.len() - cut) as f64;
        let error = (squares - sum * sum / left).max(0.0) / (left * left);
        if cut <= batches.len() / 2 && error <= best.0 {
            best = (error, cut);
        }
    }
    best.1 * 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_across_a_bound_decides_nothing() {
        let interval = |mean: f64, half: Option<f64>| Interval {
            mean,
            half_width: half,
            n: 5,
        };
        let against = |mean, half| interval(mean, half).against(9.0, 11.0);
        assert_eq!(against(10.0, Some(0.5)), AgainstBounds::Inside);
        assert_eq!(against(10.8, Some(0.5)), AgainstBounds::Undecided);
        assert_eq!(against(11.4, Some(0.5)), AgainstBounds::Undecided);
        assert_eq!(against(10.0, Some(5.0)), AgainstBounds::Undecided);
        assert_eq!(against(12.0, Some(0.5)), AgainstBounds::Outside);
        assert_eq!(against(11.0, None), AgainstBounds::Inside);
        let below = interval(10.0, Some(1.0)).against(f64::NEG_INFINITY, 11.0);
        assert_eq!(below, AgainstBounds::Inside);
    }

    #[test]
    fn the_interval_of_a_textbook_sample() {
        let interval = Interval::of(&[1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09])
            .expect("values");
        // Law, Simulation Modeling and Analysis: 90 % gives 1.34 +- 0.24; t(9, 0.975) is 2.262157, the standard deviation 0.40929.
        assert!((interval.mean - 1.343).abs() < 1e-9);
        assert!((interval.half_width.expect("n > 1") - 0.2928).abs() < 0.0001);
        assert_eq!(Interval::of(&[]), None);
        assert_eq!(Interval::of(&[3.0]).expect("one").half_width, None);
    }

    /// t(9, 1 - 0.025/3) is 2.933324: three intervals that hold together are wider than one.
    #[test]
    fn an_interval_of_three_has_a_third_of_the_risk() {
        let values = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09];
        let half = |n| {
            let interval = Interval::of_one_in(&values, n).expect("values");
            interval.half_width.expect("n > 1")
        };
        assert!((half(3) / half(1) - 2.933_324 / 2.262_157).abs() < 1e-5);
        assert!(
            (half(1)
                - Interval::of(&values)
                    .and_then(|i| i.half_width)
                    .expect("one"))
            .abs()
                < 1e-15
        );
    }

    #[test]
    fn half_the_width_takes_four_times_the_values() {
        let interval = Interval {
            mean: 10.0,
            half_width: Some(1.0),
            n: 5,
        };
        assert_eq!(interval.values_for(0.5), 20);
        assert_eq!(interval.values_for(1.0), 5);
        assert_eq!(interval.values_for(0.0), 1_000_000_000);
    }

    #[test]
    fn pairing_removes_what_both_share() {
        let a: Vec<f64> = (0..10).map(|n| f64::from(n * n)).collect();
        let b: Vec<f64> = a
            .iter()
            .enumerate()
            .map(|(n, x)| x - 1.0 - 0.01 * (n % 2) as f64)
            .collect();
        let difference = Interval::of_difference(&a, &b).expect("pairs");
        assert!(difference.is_significant() && (difference.mean - 1.005).abs() < 1e-9);
    }

    /// By hand: standard error 0.99205, 27.88 degrees of freedom, whose t lies between 2.0484 (28) and 2.0518 (27).
    #[test]
    fn the_unpaired_interval_is_welchs() {
        let a = [
            27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7,
            21.4,
        ];
        let b = [
            27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5,
            24.0,
        ];
        let interval = Interval::of_unpaired_difference(&a, &b).expect("values");
        assert!((interval.mean + 2.806_667).abs() < 1e-6 && interval.is_significant());
        assert!(
            (interval.half_width.expect("n > 1") - 2.0488 * 0.99205).abs() < 0.001,
            "{interval:?}"
        );
        assert_eq!(Interval::of_unpaired_difference(&a, &[]), None);
        assert_eq!(
            Interval::of_unpaired_difference(&a, &[1.0])
                .expect("one")
                .half_width,
            None
        );
        let exact = Interval::of_unpaired_difference(&[2.0, 2.0], &[1.0, 1.0]).expect("values");
        assert!(exact.is_significant() && exact.half_width == Some(0.0));
    }

    #[test]
    fn mser_cuts_off_a_transient_and_leaves_a_steady_series() {
        let noise = |n: usize| ((n * 7919) % 101) as f64 / 100.0;
        let series: Vec<f64> = (0..1000)
            .map(|n| noise(n) + if n < 200 { 10.0 } else { 0.0 })
            .collect();
        assert!((200..=300).contains(&mser5(&series)), "{}", mser5(&series));
        let steady: Vec<f64> = (0..1000).map(noise).collect();
        assert!(mser5(&steady) <= 500);
    }
}
