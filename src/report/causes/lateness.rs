//! How late records were in each sampling interval, and in which intervals they waited.

use super::Scene;
use crate::probe::Point;

/// So many times the delay of calm is late.
const LATE_TIMES: f64 = 5.0;
/// Less than this above the delay of calm is never late `[s]`.
const LATE_LEAST: f64 = 0.05;

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
        let calm = calm(points, &p99)?;
        let late = (LATE_TIMES * calm).max(calm + LATE_LEAST);
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

    /// The weights by the intervals in which the records waited, each spread evenly over its wait.
    pub(super) fn spread(&self, points: &[Point]) -> Vec<f64> {
        // Where the weight of an interval begins and ceases to count.
        let mut steps = vec![0.0; points.len() + 1];
        for (n, (weight, delay)) in self.weights.iter().zip(&self.delays).enumerate() {
            if *weight > 0.0 {
                let since = points[n].t - points[n].length - delay;
                let first = points.partition_point(|point| point.t <= since).min(n);
                let each = weight / (n - first + 1) as f64;
                steps[first] += each;
                steps[n + 1] -= each;
            }
        }
        let mut sum = 0.0;
        let running = steps.iter().take(points.len()).map(|step| {
            sum += step;
            f64::max(sum, 0.0)
        });
        running.collect()
    }
}

/// What a delay is in calm: the tenth percentile of the intervals `[s]`.
pub(in crate::report) fn calm(
    points: &[Point],
    p99: impl Fn(&Point) -> Option<f64>,
) -> Option<f64> {
    let mut known: Vec<f64> = points.iter().filter_map(p99).collect();
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
