//! Where the warm-up ends: MSER-5 over what every system shows at its sampling instants, each value the mean over
//! the replications. The largest cut holds for all systems, so that their windows are the same.

use crate::probe::{Point, RunResult};
use crate::stats::mser5;
use crate::units::Nanos;

/// With fewer sampling intervals nothing is cut off: too few batches of five to tell a beginning from chance.
pub const SAMPLES_LEAST: usize = 50;

/// The value of a sampling interval, where there was any.
type Value = Box<dyn Fn(&Point) -> Option<f64>>;

/// What to cut off of the runs of all systems, which begin at zero; `sample` is the distance of sampling instants.
pub(super) fn find(systems: &[&[RunResult]], sample: Nanos) -> Nanos {
    let cuts = systems.iter().filter_map(|runs| cut(runs));
    Nanos(sample.0 * cuts.max().unwrap_or(0) as u64)
}

/// How many sampling intervals of a system belong to its beginning.
fn cut(runs: &[RunResult]) -> Option<usize> {
    let consumers = runs.first()?.ledger.consumers.len();
    let points: Vec<&[Point]> = runs.iter().map(|run| run.points.as_slice()).collect();
    let all = values(consumers);
    let cuts = all.iter().filter_map(|value| {
        let series = mean_series(&points, value)?;
        // A cut at the half means that no steady state was reached: there is no beginning to speak of.
        let cut = (series.len() >= SAMPLES_LEAST).then(|| mser5(&series))?;
        (cut + 5 <= series.len() / 2).then_some(cut)
    });
    cuts.max()
}

/// What is looked at: the median delay of writing, and of each consumer, and what waits.
fn values(consumers: usize) -> Vec<Value> {
    let mut values: Vec<Value> = vec![
        Box::new(|point| point.append[0].map(|ns| ns as f64)),
        Box::new(|point| Some(point.client_held as f64)),
    ];
    for n in 0..consumers {
        values.push(Box::new(move |point| {
            point.delivery.get(n)?[0].map(|ns| ns as f64)
        }));
        values.push(Box::new(move |point| {
            point.lag.get(n).map(|lag| *lag as f64)
        }));
    }
    values
}

/// The mean of a value over the replications, instant by instant. An interval without a value repeats the one before it.
fn mean_series(runs: &[&[Point]], value: &Value) -> Option<Vec<f64>> {
    let of_run = |points: &&[Point]| {
        let mut last = points.iter().find_map(value)?;
        let kept = points.iter().map(|point| {
            last = value(point).unwrap_or(last);
            last
        });
        Some(kept.collect::<Vec<f64>>())
    };
    let all: Vec<Vec<f64>> = runs.iter().filter_map(of_run).collect();
    let length = all.iter().map(Vec::len).min()?;
    let mean = |at: usize| all.iter().map(|series| series[at]).sum::<f64>() / all.len() as f64;
    Some((0..length).map(mean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_without_records_repeats_the_one_before() {
        let points = [None, Some(4), None, Some(8)].map(|value| Point {
            append: [value, None],
            ..Point::default()
        });
        let value: Value = Box::new(|point| point.append[0].map(|ns| ns as f64));
        assert_eq!(
            mean_series(&[&points], &value),
            Some(vec![4.0, 4.0, 4.0, 8.0])
        );
    }
}
