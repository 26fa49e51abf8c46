//! Alarms on utilisation that double or halve the stream, so as to stay within ten changes a day:
//! the pattern of AWS's sample with CloudWatch and Lambda.
//!
//! # Source
//! AUTO-L (aws-samples/kinesis-auto-scaling), template.

use super::{PolicyView, Scaler};
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, Share};

/// Minutes of a data point.
const POINT: usize = 5;

/// Doubles when 5 of 5 points of five minutes reach the upper threshold, halves when 57 of 60 stay below
/// the lower one.
#[derive(Clone, Debug)]
pub struct Alarm {
    up: f64,
    down: f64,
    /// Up: points that must reach the threshold, of how many.
    up_points: (usize, usize),
    /// Down: points that must stay below, of how many.
    down_points: (usize, usize),
    /// No scaling down while the oldest iterator is older `[ms]`; zero is no such guard.
    age_most_ms: f64,
    least: u64,
    most: u64,
}

impl Alarm {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let share = |key: &str, id: &str| {
            facts::setting_in(section, key, id, Share(0)..=Share(1_000_000)).fraction()
        };
        let guard = section.or_in(
            "iterator-age-guard",
            Nanos::ZERO,
            Nanos::ZERO..=Nanos::from_secs(86_400),
        );
        let points = |key: &str| {
            facts::setting_in(
                section,
                key,
                &format!("kinesis.policy.alarm.{key}"),
                1..=288_u64,
            ) as usize
        };
        Self {
            up: share("up", "kinesis.policy.alarm.up"),
            down: share("down", "kinesis.policy.alarm.down"),
            up_points: (points("up-points"), points("up-of")),
            down_points: (points("down-points"), points("down-of")),
            age_most_ms: guard.as_millis_f64(),
            least: section.or_in("min-shards", 1, 1..=10_000),
            most: section.or_in("max-shards", 10_000, 1..=10_000),
        }
    }

    /// How many of the last `of` points of five minutes `fits`; `None` before there are so many.
    fn points(view: &PolicyView<'_>, of: usize, fits: impl Fn(f64) -> bool) -> Option<usize> {
        let minutes = view.last(of * POINT)?;
        Some(
            minutes
                .chunks(POINT)
                .filter(|point| fits(view.written(point)))
                .count(),
        )
    }
}

impl Scaler for Alarm {
    fn every(&self) -> Nanos {
        Nanos::from_secs(60 * POINT as u64)
    }

    fn wants(&mut self, view: &PolicyView<'_>) -> Option<u64> {
        let open = u64::from(view.open);
        let (needed, of) = self.up_points;
        if Self::points(view, of, |used| used >= self.up).is_some_and(|n| n >= needed) {
            return Some((2 * open).min(self.most)).filter(|target| *target > open);
        }
        let late = view
            .minutes
            .last()
            .is_some_and(|minute| minute.iterator_age_ms > self.age_most_ms);
        if self.age_most_ms > 0.0 && late {
            return None;
        }
        let (needed, of) = self.down_points;
        let calm = Self::points(view, of, |used| used < self.down).is_some_and(|n| n >= needed);
        calm.then(|| open.div_ceil(2).max(self.least))
            .filter(|target| *target < open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::kinesis::stream::cloudwatch::Minute;
    use crate::units::SimTime;

    fn alarm() -> Alarm {
        Alarm {
            up: 0.75,
            down: 0.25,
            up_points: (5, 5),
            down_points: (57, 60),
            age_most_ms: 0.0,
            least: 1,
            most: 64,
        }
    }

    #[test]
    fn doubles_after_25_minutes_and_halves_after_five_hours() {
        let minutes = |n: usize, records: f64| {
            vec![
                Minute {
                    records: 60.0 * records,
                    ..Minute::default()
                };
                n
            ]
        };
        let wants = |minutes: &[Minute]| {
            alarm().wants(&PolicyView {
                minutes,
                open: 4,
                now: SimTime::ZERO,
            })
        };
        assert_eq!(wants(&minutes(24, 3200.0)), None);
        assert_eq!(wants(&minutes(25, 3200.0)), Some(8));
        assert_eq!(wants(&minutes(299, 500.0)), None);
        assert_eq!(wants(&minutes(300, 500.0)), Some(2));
        assert_eq!(wants(&minutes(300, 2000.0)), None);
    }
}
