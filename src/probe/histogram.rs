//! A log-linear latency histogram: 128 steps per octave, so a value is known within 0.4 %.
//!
//! Recording is one shift and one increment. Held against `hdrhistogram` in the tests.

/// Steps per octave, as a power of two.
const STEP_BITS: u32 = 7;
const STEPS: u64 = 1 << STEP_BITS;
const BUCKETS: usize = ((64 - STEP_BITS + 1) << STEP_BITS) as usize;

/// Counts of values `[ns]` by size.
#[derive(Clone)]
pub struct Histogram {
    counts: Vec<u32>,
    count: u64,
    sum: u128,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            count: 0,
            sum: 0,
            max: 0,
        }
    }
}

#[inline]
fn bucket(value: u64) -> usize {
    let octave = (63 - (value | STEPS).leading_zeros()) - STEP_BITS;
    let step = value >> octave;
    ((u64::from(octave) << STEP_BITS) + step) as usize
}

/// The middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * STEPS {
        return bucket;
    }
    let octave = (bucket >> STEP_BITS) - 1;
    let step = bucket - (octave << STEP_BITS);
    (step << octave) + (1 << octave) / 2
}

impl Histogram {
    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.counts[bucket(value)] += 1;
        self.count += 1;
        self.sum += u128::from(value);
        self.max = self.max.max(value);
    }

    /// Counts several values.
    #[inline]
    pub fn record_all(&mut self, values: impl Iterator<Item = u64>) {
        let (mut count, mut sum, mut max) = (0, 0_u128, self.max);
        values.for_each(|value| {
            self.counts[bucket(value)] += 1;
            count += 1;
            sum += u128::from(value);
            max = max.max(value);
        });
        (self.count, self.sum, self.max) = (self.count + count, self.sum + sum, max);
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest value, exactly.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The mean, exactly.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The smallest value that a share `q` (0 to 1) of all values does not exceed.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let rank = ((q * self.count as f64).ceil() as u64).clamp(1, self.count);
        let mut below = 0;
        for (index, count) in self.counts.iter().enumerate() {
            below += u64::from(*count);
            if below >= rank {
                return Some(middle(index).min(self.max));
            }
        }
        Some(self.max)
    }

    /// The smallest value that a share `q` of all values and of `never` more does not exceed, where these are larger
    /// than any value: infinite if the share reaches them `[ns]`.
    #[must_use]
    pub fn quantile_with(&self, never: u64, q: f64) -> Option<f64> {
        let all = self.count + never;
        let rank = ((q * all as f64).ceil() as u64).clamp(1, all.max(1));
        if all > 0 && rank > self.count {
            return Some(f64::INFINITY);
        }
        // The rank among the values alone, as a share that is rounded up to it.
        let share = (rank as f64 - 0.5) / self.count as f64;
        self.quantile(share).map(|value| value as f64)
    }

    /// The values that were counted, each as the middle of its step, and how often.
    pub fn counted(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let counts = self.counts.iter().enumerate();
        let counts = counts.filter(|(_, count)| **count > 0);
        counts.map(|(index, count)| (middle(index).min(self.max), u64::from(*count)))
    }

    /// The same without the room for values that are larger than all that were counted. It takes no more values.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        self.counts.truncate(bucket(self.max) + 1);
        self.counts.shrink_to_fit();
        self
    }

    /// Adds the counts of `other` and empties it.
    pub fn absorb(&mut self, other: &mut Self) {
        if other.count == 0 {
            return;
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&mut other.counts) {
            *mine += *theirs;
            *theirs = 0;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
        (other.count, other.sum, other.max) = (0, 0, 0);
    }

    /// Empties the histogram.
    pub fn clear(&mut self) {
        if self.count > 0 {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Stream;

    #[test]
    fn agrees_with_hdrhistogram() {
        let mut ours = Histogram::default();
        let mut theirs = hdrhistogram::Histogram::<u64>::new(3).expect("precision");
        let draws = Stream::new(1, 0, "histogram");
        for n in 0..300_000 {
            let value = (draws.exponential(n) * 5e6) as u64 >> (n % 12);
            ours.record(value);
            theirs.record(value).expect("in range");
        }
        for q in [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0] {
            let (a, b) = (
                ours.quantile(q).expect("values") as f64,
                theirs.value_at_quantile(q) as f64,
            );
            assert!((a - b).abs() <= 1.0 + 0.006 * b, "q {q}: {a} against {b}");
        }
        assert_eq!(ours.max(), Some(theirs.max()).map(|m| m.min(ours.max)));
        assert!((ours.mean().expect("values") / theirs.mean() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn what_never_comes_is_larger_than_everything() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile_with(0, 0.5), None);
        assert_eq!(histogram.quantile_with(3, 0.5), Some(f64::INFINITY));
        (1..=100).for_each(|value| histogram.record(value));
        for q in [0.01, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let plain = histogram.quantile(q).map(|value| value as f64);
            assert_eq!(histogram.quantile_with(0, q), plain, "{q}");
        }
        // Of 200 the hundredth is the largest that came.
        assert_eq!(histogram.quantile_with(100, 0.5), Some(100.0));
        assert_eq!(histogram.quantile_with(101, 0.5), Some(f64::INFINITY));
        assert_eq!(histogram.quantile_with(1, 0.99), Some(100.0));
        assert_eq!(histogram.quantile_with(2, 0.99), Some(f64::INFINITY));
    }

    #[test]
    fn every_value_falls_into_a_bucket_whose_middle_is_close() {
        for shift in 0..64 {
            for value in [
                1_u64 << shift,
                (1 << shift) + (1 << shift >> 1),
                u64::MAX >> shift,
            ] {
                let back = middle(bucket(value)) as f64;
                assert!(
                    (back / value as f64 - 1.0).abs() <= 1.0 / 256.0,
                    "{value} became {back}"
                );
            }
        }
        assert_eq!(Histogram::default().quantile(0.5), None);
    }

    #[test]
    fn absorbing_moves_the_counts() {
        let (mut a, mut b) = (Histogram::default(), Histogram::default());
        a.record(10);
        b.record(1000);
        a.absorb(&mut b);
        assert_eq!(
            (a.count(), b.count(), a.max(), b.max()),
            (2, 0, Some(1000), None)
        );
    }
}
