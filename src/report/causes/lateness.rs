//! How late records were in each sampling interval, and in which intervals they waited.

use super::Scene;
use crate::probe::Point;

/// So many times the delay of calm is late.
const LATE_TIMES: f64 = 5.0;
/// Less than this above the delay of calm is never late `[s]`.
const LATE_LEAST: f64 = 0.05;

/// So many records show what a delay usually is.
const ENOUGH: f64 = 30.0;

/// How late records were, by the interval in which they were done.
pub(super) struct Lateness {
    /// What an interval counts: its delay above that of calm, times its records.
    pub(super) weights: Vec<f64>,
    /// How long before the end of the interval the records began to wait `[s]`.
    delays: Vec<f64>,
}

impl Lateness {
    /// By the 99th percentile of a delay `[s]`; `None` if nothing was late.
    pub(super) fn of(
        scene: &Scene<'_>,
        p99: impl Fn(&Point) -> Option<f64>,
        records: impl Fn(&Point) -> f64,
    ) -> Option<Self> {
        let points = &scene.run.points;
        let calm = calm(points, &p99, &records)?;
        let late = late_from(calm);
        let weight = |point: &Point| match p99(point) {
            Some(delay) if delay > late => (delay - calm) * records(point).max(1.0),
            _ => 0.0,
        };
        let delay = |point: &Point| p99(point).unwrap_or_default();
        Self {
            weights: points.iter().map(weight).collect(),
            delays: points.iter().map(delay).collect(),
        }
        .if_any()
    }

    /// By a backlog in each interval, whose records wait as long as it takes to offer as many.
    pub(super) fn of_backlog(
        scene: &Scene<'_>,
        per_s: f64,
        backlog: impl Fn(&Point) -> f64,
    ) -> Option<Self> {
        let weights: Vec<f64> = scene.run.points.iter().map(backlog).collect();
        let delays = weights.iter().map(|weight| weight / per_s.max(1e-9));
        Self {
            delays: delays.collect(),
            weights,
        }
        .if_any()
    }

    fn if_any(self) -> Option<Self> {
        let any = self.weights.iter().any(|weight| *weight > 0.0);
        any.then_some(self)
    }

    /// The same waits with other weights.
    pub(super) fn weighted(&self, factor: impl Fn(usize) -> f64) -> Self {
        let weights = self.weights.iter().enumerate();
        Self {
            weights: weights.map(|(n, weight)| weight * factor(n)).collect(),
            delays: self.delays.clone(),
        }
    }

    /// The weights by the intervals in which the records waited, each spread evenly over the time of its wait. Nobody knows when in
    /// their interval the late records were done: at least half of what they waited lies before it.
    pub(super) fn spread(&self, points: &[Point]) -> Vec<Waited> {
        // Where the weight of an interval begins and ceases to count: per second of the intervals before it, and in the first and the
        // last one besides; each also times its delay.
        let mut steps = vec![[0.0; 2]; points.len() + 1];
        let mut firsts = vec![[0.0; 2]; points.len()];
        for (n, (weight, delay)) in self.weights.iter().zip(&self.delays).enumerate() {
            if *weight > 0.0 {
                let since = f64::max(points[n].t - points[n].length - delay, 0.0);
                let first = first_after(points, since).min(n);
                let begin = points[n].t - points[n].length;
                let before = f64::max(begin - since, 0.0);
                let own = match first < n {
                    true => (points[n].length / (points[n].length + before)).min(0.5),
                    false => 1.0,
                };
                let each = weight * (1.0 - own) / before.max(1e-9);
                let early = since - (points[first].t - points[first].length);
                for (way, times) in [(0, 1.0), (1, *delay)] {
                    steps[first][way] += each * times;
                    steps[n][way] -= each * times;
                    firsts[first][way] -= each * early.max(0.0) * times;
                    firsts[n][way] += weight * own * times;
                }
            }
        }
        let mut sums = [0.0; 2];
        let each = steps.iter().zip(&firsts).zip(points);
        let running = each.map(|((step, first), point)| {
            sums = [sums[0] + step[0], sums[1] + step[1]];
            let [weight, delayed] = [0, 1].map(|way| sums[way] * point.length + first[way]);
            Waited {
                weight: f64::max(weight, 0.0),
                delay: delayed / f64::max(weight, f64::MIN_POSITIVE),
            }
        });
        running.collect()
    }
}

/// The first interval that ends after an instant.
pub(super) fn first_after(points: &[Point], instant: f64) -> usize {
    points.partition_point(|point| point.t <= instant)
}

/// What records waited in one interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waited {
    /// How much of the lateness belongs to the interval.
    pub(super) weight: f64,
    /// How late the records were that waited in it, on average `[s]`.
    pub(super) delay: f64,
}

impl Waited {
    /// A weight of records whose delay is not known.
    pub(super) fn always(weight: f64) -> Self {
        let delay = f64::INFINITY;
        Self { weight, delay }
    }
}

/// A delay above this is late where `calm` is the delay of calm `[s]`.
pub(in crate::report) fn late_from(calm: f64) -> f64 {
    (LATE_TIMES * calm).max(calm + LATE_LEAST)
}

/// What a delay is in calm: the tenth percentile over the run `[s]`. Intervals with few records are taken together: the longest
/// delay of one or two records says little about what is usual.
pub(in crate::report) fn calm(
    points: &[Point],
    p99: impl Fn(&Point) -> Option<f64>,
    records: impl Fn(&Point) -> f64,
) -> Option<f64> {
    let mut known: Vec<f64> = Vec::new();
    let (mut longest, mut seen) = (0.0_f64, 0.0);
    for (delay, records) in points
        .iter()
        .filter_map(|point| Some((p99(point)?, records(point))))
    {
        longest = longest.max(delay);
        seen += records;
        if seen >= ENOUGH {
            known.push(longest);
            (longest, seen) = (0.0, 0.0);
        }
    }
    if known.is_empty() {
        known = points.iter().filter_map(p99).collect();
    }
    known.sort_by(f64::total_cmp);
    known.get(known.len() / 10).copied()
}

/// The 99th percentile of the time until a producer knows that its record is stored `[s]`.
pub(in crate::report) fn append(point: &Point) -> Option<f64> {
    point.append[1].map(|ns| ns as f64 / 1e9)
}

/// The 99th percentile of the time until a consumer is done with a record `[s]`.
pub(in crate::report) fn delivery(point: &Point, consumer: usize) -> Option<f64> {
    point.delivery.get(consumer)?[1].map(|ns| ns as f64 / 1e9)
}

/// Records that were stored in an interval.
pub(in crate::report) fn accepted(point: &Point) -> f64 {
    point.counts.accepted as f64
}

/// Records that a consumer was done with in an interval.
pub(in crate::report) fn delivered(point: &Point, consumer: usize) -> f64 {
    point.delivered.get(consumer).map_or(0.0, |n| *n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Counts;

    fn point(n: usize, records: u64, delay_ms: u64) -> Point {
        Point {
            t: (n + 1) as f64,
            length: 1.0,
            counts: Counts {
                accepted: records,
                ..Counts::default()
            },
            append: [None, Some(delay_ms * 1_000_000)],
            ..Point::default()
        }
    }

    #[test]
    fn intervals_with_few_records_are_taken_together() {
        // One record in each interval, whose delay is anything up to a second.
        let delays = [100, 300, 500, 700, 900, 200, 400, 600, 800, 1000];
        let few: Vec<Point> = (0..300).map(|n| point(n, 1, delays[n % 10])).collect();
        assert_eq!(calm(&few, append, accepted), Some(1.0));
        let many: Vec<Point> = (0..300).map(|n| point(n, 1000, delays[n % 10])).collect();
        assert_eq!(calm(&many, append, accepted), Some(0.2));
        assert_eq!(
            calm(&few[..3], append, accepted),
            Some(0.1),
            "too few for anything else"
        );
    }

    #[test]
    fn a_weight_is_spread_over_the_wait_and_keeps_its_delay() {
        let points: Vec<Point> = (0..4).map(|n| point(n, 1, 0)).collect();
        let late = Lateness {
            weights: vec![0.0, 0.0, 6.0, 1.0],
            delays: vec![0.0, 0.0, 1.5, 0.0],
        };
        let spread = late.spread(&points);
        let weights: Vec<f64> = spread.iter().map(|waited| waited.weight).collect();
        // Six for two and a half seconds, of which the first interval has one half.
        for (found, expected) in weights.iter().zip([1.2, 2.4, 2.4, 1.0]) {
            assert!((found - expected).abs() < 1e-9, "{weights:?}");
        }
        assert!((spread[1].delay - 1.5).abs() < 1e-9);
        assert!(spread[3].delay.abs() < 1e-9);
    }
}
