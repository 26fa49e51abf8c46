//! Thresholds with cool-offs, as AWS's scaling utility watches a stream: up if writing or reading is
//! above, down only if both are below; split and merge by itself when UpdateShardCount refuses.
//!
//! # Source
//! SCALEU (awslabs/amazon-kinesis-scaling-utils), code and sample configuration.

use super::{PolicyView, Scaler};
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, Share, SimTime};

/// Thresholds with cool-offs.
#[derive(Clone, Debug)]
pub struct ScalingUtils {
    up: f64,
    down: f64,
    up_minutes: usize,
    down_minutes: usize,
    step: u64,
    cool_up: Nanos,
    cool_down: Nanos,
    check: Nanos,
    least: u64,
    most: u64,
    scaled_up: Option<SimTime>,
    scaled_down: Option<SimTime>,
}

impl ScalingUtils {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let id = |what: &str| format!("kinesis.policy.utils.{what}");
        let share = |what: &str| {
            facts::setting_in(section, what, &id(what), Share(0)..=Share(1_000_000)).fraction()
        };
        let count = |key: &str, most: u64| facts::setting_in(section, key, &id(key), 1..=most);
        let day = Nanos::from_secs(86_400);
        let time =
            |key: &str, what: &str| facts::setting_in(section, key, &id(what), Nanos::ZERO..=day);
        Self {
            up: share("up"),
            down: share("down"),
            up_minutes: count("up-minutes", 1440) as usize,
            down_minutes: count("down-minutes", 1440) as usize,
            step: count("step", 10_000),
            cool_up: time("cool-off-up", "cool-off.up"),
            cool_down: time("cool-off-down", "cool-off.down"),
            check: facts::on(section).value(&id("check")),
            least: section.or_in("min-shards", 1, 1..=10_000),
            most: count("max-shards", 10_000),
            scaled_up: None,
            scaled_down: None,
        }
    }
}

fn cooled(last: Option<SimTime>, cool: Nanos, now: SimTime) -> bool {
    last.is_none_or(|last| last + cool <= now)
}

impl Scaler for ScalingUtils {
    fn every(&self) -> Nanos {
        self.check
    }

    fn wants(&mut self, view: &PolicyView<'_>) -> Option<u64> {
        let open = u64::from(view.open);
        let used = |n: usize| {
            view.last(n)
                .map(|minutes| (view.written(minutes), view.read(minutes)))
        };
        let above = used(self.up_minutes).is_some_and(|(put, get)| put > self.up || get > self.up);
        if above && cooled(self.scaled_up, self.cool_up, view.now) {
            let target = (open + self.step).min(self.most);
            return Some(target).filter(|target| *target > open);
        }
        let below =
            used(self.down_minutes).is_some_and(|(put, get)| put < self.down && get < self.down);
        if !above && below && cooled(self.scaled_down, self.cool_down, view.now) {
            let target = open.saturating_sub(self.step).max(self.least);
            return Some(target).filter(|target| *target < open);
        }
        None
    }

    fn taken(&mut self, up: bool, now: SimTime) {
        let last = if up {
            &mut self.scaled_up
        } else {
            &mut self.scaled_down
        };
        *last = Some(now);
    }

    fn falls_back(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::kinesis::stream::cloudwatch::Minute;

    #[test]
    fn one_step_and_then_the_cool_off() {
        let mut policy = ScalingUtils {
            up: 0.75,
            down: 0.25,
            up_minutes: 5,
            down_minutes: 15,
            step: 1,
            cool_up: Nanos::from_secs(900),
            cool_down: Nanos::from_secs(3600),
            check: Nanos::from_secs(45),
            least: 1,
            most: 16,
            scaled_up: None,
            scaled_down: None,
        };
        let minutes = vec![
            Minute {
                records: 60.0 * 1800.0,
                ..Minute::default()
            };
            20
        ];
        let at = |policy: &mut ScalingUtils, s: u64| {
            policy.wants(&PolicyView {
                minutes: &minutes,
                open: 2,
                now: SimTime(s * 1_000_000_000),
            })
        };
        assert_eq!(at(&mut policy, 1200), Some(3));
        assert_eq!(
            at(&mut policy, 1245),
            Some(3),
            "a call that was refused starts no cool-off"
        );
        policy.taken(true, SimTime(1_245_000_000_000));
        assert_eq!(
            (at(&mut policy, 2144), at(&mut policy, 2145)),
            (None, Some(3))
        );
    }
}
