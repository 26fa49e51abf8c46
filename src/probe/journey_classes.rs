//! The time of the records of one consumer, in classes by the whole of it.

use super::journey::{ConsumerTimes, TIME_PARTS};

/// Steps of an octave, as a power of two: a class is at most 6 % wide.
const STEP_BITS: u32 = 4;
const STEPS: u64 = 1 << STEP_BITS;
const CLASSES: usize = ((64 - STEP_BITS + 1) << STEP_BITS) as usize;
/// The records around the 99th percentile are those from here …
const AROUND_FROM: f64 = 0.985;
/// … to here, in whole classes.
const AROUND_TO: f64 = 0.995;

/// Records of about the same delay.
#[derive(Clone, Copy, Debug, Default)]
struct Class {
    records: u64,
    /// The sum of each part `[ns]`.
    sums: [u64; TIME_PARTS],
}

/// All records of a consumer.
#[derive(Clone)]
pub(super) struct Classes {
    classes: Vec<Class>,
}

impl Default for Classes {
    fn default() -> Self {
        Self {
            classes: vec![Class::default(); CLASSES],
        }
    }
}

fn class_of(delay: u64) -> usize {
    let octave = (63 - (delay | STEPS).leading_zeros()) - STEP_BITS;
    let step = delay >> octave;
    ((u64::from(octave) << STEP_BITS) + step) as usize
}

impl Classes {
    /// Adds a record with its delay and the parts of it `[ns]`.
    pub(super) fn add(&mut self, delay: u64, parts: &[u64; TIME_PARTS]) {
        let class = &mut self.classes[class_of(delay)];
        class.records += 1;
        for (sum, part) in class.sums.iter_mut().zip(parts) {
            *sum = sum.saturating_add(*part);
        }
    }

    /// The means over all records, and over those around the 99th percentile.
    pub(super) fn finish(&self) -> ConsumerTimes {
        let all = self.classes.iter().map(|class| class.records).sum::<u64>();
        let rank = |share: f64| (share * all as f64).ceil().max(1.0) as u64;
        let (from, to) = (rank(AROUND_FROM), rank(AROUND_TO));
        let mut below = 0;
        let around = self.classes.iter().filter(|class| {
            let first = below + 1;
            below += class.records;
            class.records > 0 && first <= to && below >= from
        });
        ConsumerTimes {
            followed: all,
            mean: means(self.classes.iter()),
            p99: means(around),
        }
    }
}

/// The mean of each part over some classes `[s]`.
fn means<'a>(classes: impl Iterator<Item = &'a Class>) -> [f64; TIME_PARTS] {
    let (mut records, mut sums) = (0, [0_u128; TIME_PARTS]);
    for class in classes {
        records += class.records;
        for (sum, part) in sums.iter_mut().zip(class.sums) {
            *sum += u128::from(part);
        }
    }
    sums.map(|sum| sum as f64 / 1e9 / records.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_exact_and_the_slow_ones_are_told_apart() {
        let mut classes = Classes::default();
        for n in 0..1000_u64 {
            // The slowest two of a hundred wait in their client, the others for a poll.
            let mut parts = [0; TIME_PARTS];
            parts[if n % 50 == 0 { 1 } else { 6 }] =
                if n % 50 == 0 { 9_000_000 } else { 1_000_000 };
            classes.add(parts.iter().sum(), &parts);
        }
        let times = classes.finish();
        assert_eq!(times.followed, 1000);
        assert!((times.mean[1] - 0.02 * 0.009).abs() < 1e-12, "{times:?}");
        assert!((times.mean[6] - 0.98 * 0.001).abs() < 1e-12, "{times:?}");
        assert!((times.p99[1] - 0.009).abs() < 1e-12 && times.p99[6] < 1e-12);
        assert_eq!(Classes::default().finish(), ConsumerTimes::default());
    }

    #[test]
    fn a_class_is_narrow() {
        for delay in [1_u64, 15, 16, 17, 1000, 123_456_789, u64::MAX / 2] {
            let near = delay + delay / 33;
            assert!(class_of(near) - class_of(delay) <= 1, "{delay}");
        }
        assert!(class_of(u64::MAX) < CLASSES);
    }
}
