//! Thresholds with cool-offs, as AWS's scaling utility watches a stream: up if an operation that it watches is above, down
//! only if all of them are below; split and merge by itself when UpdateShardCount refuses.
//!
//! # Source
//! `StreamMonitor` and `StreamScalingUtils` of <https://github.com/awslabs/amazon-kinesis-scaling-utils>.

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
    step: Step,
    watched: Watched,
    cool_up: Nanos,
    cool_down: Nanos,
    check: Nanos,
    least: u64,
    most: u64,
    scaled_up: Option<SimTime>,
    scaled_down: Option<SimTime>,
}

/// By how much it changes the number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// By so many shards.
    Count(u64),
    /// `scalePct`: by so many percent, or to so many percent if it is 100 or more.
    Percent(u64),
}

impl Step {
    /// The number of shards after a step up.
    fn up(self, open: u64) -> u64 {
        match self {
            Self::Count(count) => open + count,
            Self::Percent(percent) if percent < 100 => (open * (100 + percent)).div_ceil(100),
            Self::Percent(percent) => (open * percent).div_ceil(100),
        }
    }

    /// The number of shards after a step down.
    fn down(self, open: u64) -> u64 {
        match self {
            Self::Count(count) => open.saturating_sub(count),
            Self::Percent(percent) if percent > 100 => open * 100 / percent,
            Self::Percent(percent) => open - open * percent / 100,
        }
    }
}

/// `scaleOnOperation`: the operations whose use counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Watched {
    put: bool,
    get: bool,
}

impl Watched {
    fn read(section: &Section<'_>) -> Self {
        let words = section.texts("scaleOnOperation");
        if words.is_empty() {
            return Self {
                put: true,
                get: true,
            };
        }
        if words.iter().any(|word| word != "PUT" && word != "GET") {
            let help = "it is a list of \"PUT\" and \"GET\"";
            section.problem("scaleOnOperation", "no such operation", help);
        }
        let has = |operation| words.iter().any(|word| word == operation);
        Self {
            put: has("PUT"),
            get: has("GET"),
        }
    }

    /// Whether an operation that counts is above `limit`.
    fn above(self, put: f64, get: f64, limit: f64) -> bool {
        (self.put && put > limit) || (self.get && get > limit)
    }

    /// Whether all operations that count are below `limit`.
    fn below(self, put: f64, get: f64, limit: f64) -> bool {
        (!self.put || put < limit) && (!self.get || get < limit)
    }
}

/// The threshold for steps up: `scaleThresholdPct`, or a share under our own name.
fn read_up(section: &Section<'_>, share: impl Fn(&str) -> f64) -> f64 {
    let key = "scaleThresholdPct";
    if !section.has(key) {
        return share("up");
    }
    section.need_in(key, 1_u64..=100) as f64 / 100.0
}

/// The most shards: with the tool's own `scalePct` there is no bound unless one is set; without, that of its sample.
fn read_most(section: &Section<'_>, count: impl Fn(&str, u64) -> u64) -> u64 {
    if section.has("scalePct") {
        return section.or_in("max-shards", 10_000, 1..=10_000);
    }
    count("max-shards", 10_000)
}

/// The size of a step: `scalePct`, or a number of shards under our own name.
fn read_step(section: &Section<'_>, count: impl Fn(&str, u64) -> u64) -> Step {
    let key = "scalePct";
    if !section.has(key) {
        return Step::Count(count("step", 10_000));
    }
    Step::Percent(section.need_in(key, 1_u64..=1000))
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
            up: read_up(section, share),
            down: share("down"),
            up_minutes: count("up-minutes", 1440) as usize,
            down_minutes: count("down-minutes", 1440) as usize,
            step: read_step(section, count),
            watched: Watched::read(section),
            cool_up: time("cool-off-up", "cool-off.up"),
            cool_down: time("cool-off-down", "cool-off.down"),
            check: facts::on(section).value(&id("check")),
            least: section.or_in("min-shards", 1, 1..=10_000),
            most: read_most(section, count),
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
        let above =
            used(self.up_minutes).is_some_and(|(put, get)| self.watched.above(put, get, self.up));
        if above && cooled(self.scaled_up, self.cool_up, view.now) {
            let target = self.step.up(open).min(self.most);
            return Some(target).filter(|target| *target > open);
        }
        let below = used(self.down_minutes)
            .is_some_and(|(put, get)| self.watched.below(put, get, self.down));
        if !above && below && cooled(self.scaled_down, self.cool_down, view.now) {
            let target = self.step.down(open).max(self.least);
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
    fn a_percentage_below_a_hundred_is_added_and_one_above_is_a_factor() {
        assert_eq!(
            (Step::Percent(25).up(14), Step::Percent(125).up(14)),
            (18, 18)
        );
        assert_eq!(
            (Step::Percent(25).down(14), Step::Percent(200).down(7)),
            (11, 3)
        );
        assert_eq!((Step::Count(2).up(14), Step::Count(2).down(1)), (16, 0));
    }

    #[test]
    fn one_step_and_then_the_cool_off() {
        let mut policy = ScalingUtils {
            up: 0.75,
            down: 0.25,
            up_minutes: 5,
            down_minutes: 15,
            step: Step::Count(1),
            watched: Watched {
                put: true,
                get: true,
            },
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
