//! Application Auto Scaling with a custom resource: the sum of IncomingRecords of the whole stream
//! against constants. It does not follow the number of shards: a trap that the model keeps.
//!
//! # Source
//! AUTO-A (aws-samples/aws-application-auto-scaling-kinesis), template; demonstration values.

use super::{PolicyView, Scaler};
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

/// One shard more above a constant, one less below another.
#[derive(Clone, Debug)]
pub struct Application {
    up: u64,
    down: u64,
    cooldown: Nanos,
    least: u64,
    most: u64,
    changed: Option<SimTime>,
}

impl Application {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let id = |what: &str| format!("kinesis.policy.application.{what}");
        let day = Nanos::from_secs(86_400);
        Self {
            up: facts::setting_in(section, "up", &id("up"), 1..=1_000_000_000),
            down: facts::setting_in(section, "down", &id("down"), 0..=1_000_000_000),
            cooldown: facts::setting_in(section, "cooldown", &id("cooldown"), Nanos::ZERO..=day),
            least: section.or_in("min-shards", 1, 1..=10_000),
            most: facts::setting_in(section, "max-shards", &id("max-shards"), 1..=10_000),
            changed: None,
        }
    }
}

impl Scaler for Application {
    fn every(&self) -> Nanos {
        Nanos::from_secs(60)
    }

    fn wants(&mut self, view: &PolicyView<'_>) -> Option<u64> {
        if self
            .changed
            .is_some_and(|changed| changed + self.cooldown > view.now)
        {
            return None;
        }
        let open = u64::from(view.open);
        let above = view
            .last(1)
            .is_some_and(|minutes| minutes[0].records > self.up as f64);
        // Three periods of five minutes, each with a sum below the constant.
        let sums = |minutes: &[super::Minute]| -> bool {
            minutes
                .chunks(5)
                .all(|period| period.iter().map(|m| m.records).sum::<f64>() < self.down as f64)
        };
        let below = view.last(15).is_some_and(sums);
        let target = match (above, below) {
            (true, _) => (open + 1).min(self.most),
            (false, true) => open.saturating_sub(1).max(self.least),
            _ => open,
        };
        Some(target).filter(|target| *target != open)
    }

    fn taken(&mut self, _: bool, now: SimTime) {
        self.changed = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::kinesis::stream::cloudwatch::Minute;

    #[test]
    fn compares_the_whole_stream_with_a_constant_whatever_its_size() {
        let policy = Application {
            up: 1000,
            down: 700,
            cooldown: Nanos::from_secs(600),
            least: 1,
            most: 8,
            changed: None,
        };
        let wants = |records: f64, open: u32| {
            let minutes = vec![
                Minute {
                    records,
                    ..Minute::default()
                };
                15
            ];
            policy.clone().wants(&PolicyView {
                minutes: &minutes,
                open,
                now: SimTime(0),
            })
        };
        assert_eq!(wants(1001.0, 2), Some(3));
        assert_eq!(
            wants(1001.0, 7),
            Some(8),
            "7 shards are idle, and it adds another one"
        );
        assert_eq!(wants(100.0, 4), Some(3));
        assert_eq!(wants(800.0, 4), None);
    }
}
