//! Auto-scaling of a provisioned stream as its users run it: something outside looks at CloudWatch
//! and calls UpdateShardCount. One policy is one file and one line here.

mod alarm;
mod application;
mod utils;

use super::cloudwatch::Minute;
use super::control::Mode;
use super::{Event, Kinesis};
use crate::platform::Cx;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

/// What a policy sees.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The finished minutes of CloudWatch.
    pub minutes: &'a [Minute],
    /// Open shards.
    pub open: u32,
    /// Now.
    pub now: SimTime,
}

impl Sight<'_> {
    /// The last `n` minutes, if there are so many.
    #[must_use]
    pub fn last(&self, n: usize) -> Option<&[Minute]> {
        self.minutes.get(self.minutes.len().checked_sub(n)?..)
    }

    /// The larger of byte and record utilisation of writing over `minutes`, 1 being all shards full.
    #[must_use]
    pub fn written(&self, minutes: &[Minute]) -> f64 {
        let seconds = 60.0 * minutes.len() as f64 * f64::from(self.open);
        let bytes: f64 = minutes.iter().map(|minute| minute.bytes).sum();
        let records: f64 = minutes.iter().map(|minute| minute.records).sum();
        (bytes / (seconds * SHARD_BYTES)).max(records / (seconds * SHARD_RECORDS))
    }

    /// The byte utilisation of reading over `minutes`.
    #[must_use]
    pub fn read(&self, minutes: &[Minute]) -> f64 {
        let seconds = 60.0 * minutes.len() as f64 * f64::from(self.open);
        minutes.iter().map(|minute| minute.read_bytes).sum::<f64>() / (seconds * 2.0 * SHARD_BYTES)
    }
}

/// What the policies take a shard's limits to be: written into their code.
const SHARD_BYTES: f64 = 1_048_576.0;
const SHARD_RECORDS: f64 = 1000.0;

/// A policy.
trait Scaler {
    /// How often it looks.
    fn every(&self) -> Nanos;
    /// The number of shards that it wants now, if another one.
    fn wants(&mut self, sight: &Sight<'_>) -> Option<u64>;
    /// What it wanted was taken.
    fn taken(&mut self, _up: bool, _now: SimTime) {}
    /// Whether it splits and merges by itself when UpdateShardCount refuses.
    fn falls_back(&self) -> bool {
        false
    }
}

macro_rules! policies {
    ($($module:ident :: $name:ident = $word:literal),* $(,)?) => {
        /// The settings of a policy.
        #[derive(Clone, Debug)]
        pub enum PolicyConfig {
            $(#[doc = concat!("`", $word, "`.")] $name($module::$name),)*
        }
        const WORDS: &[&str] = &["none", $($word),*];
        impl PolicyConfig {
            fn read_word(word: &str, section: &Section<'_>) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name($module::$name::read(section))),)*
                    _ => None,
                }
            }
            fn scaler(&mut self) -> &mut dyn Scaler {
                match self { $(Self::$name(policy) => policy,)* }
            }
        }
    };
}

policies! {
    alarm::Alarm = "alarm-double-halve",
    utils::ScalingUtils = "scaling-utils",
    application::Application = "application-auto-scaling",
}

impl PolicyConfig {
    /// Reads `autoscaling`.
    #[must_use]
    pub(super) fn read(section: &Section<'_>, mode: Mode) -> Option<Self> {
        let word = section.choice("policy", "none", WORDS);
        if word != "none" && mode == Mode::OnDemand {
            section.problem(
                "policy",
                "an on-demand stream scales itself",
                "leave `autoscaling` out",
            );
        }
        Self::read_word(&word, section)
    }
}

impl Kinesis {
    /// Sets the first look of the policy.
    pub(super) fn start_policy(&mut self, cx: &mut Cx<'_, Event>) {
        if let Some(policy) = &mut self.policy {
            // Just after the minute that it looks at has closed.
            cx.queue
                .after(policy.scaler().every() + Nanos(1), Event::Policy);
        }
    }

    /// The policy looks, and calls UpdateShardCount if it wants another number of shards.
    pub(super) fn look(&mut self, cx: &mut Cx<'_, Event>) {
        let Some(mut policy) = self.policy.take() else {
            return;
        };
        let open = u64::from(self.control.open());
        let sight = Sight {
            minutes: &self.monitor.past,
            open: self.control.open(),
            now: cx.queue.now(),
        };
        let (every, wanted) = (policy.scaler().every(), policy.scaler().wants(&sight));
        if let Some(target) = wanted {
            let answer = self.update_shard_count(target, cx);
            let (refused, now) = (answer.is_err(), cx.queue.now());
            self.note("UpdateShardCount", answer, cx);
            let changed = !refused || (policy.scaler().falls_back() && self.change_one(target, cx));
            if changed {
                policy.scaler().taken(target > open, now);
            }
        }
        self.policy = Some(policy);
        cx.queue.after(every, Event::Policy);
    }

    /// One split or merge towards `target`, as tools do it when their budget is used up.
    fn change_one(&mut self, target: u64, cx: &mut Cx<'_, Event>) -> bool {
        let open: Vec<u32> = self.control.lineage.open().collect();
        let width = |shard: &u32| self.control.lineage.get(*shard).width();
        let answer = if target > open.len() as u64 {
            let Some(widest) = open
                .iter()
                .copied()
                .max_by_key(|shard| (width(shard), u32::MAX - shard))
            else {
                return false;
            };
            self.control
                .split(widest, self.control.lineage.get(widest).middle())
        } else {
            let pairs = open.iter().zip(open.iter().skip(1));
            let narrowest = pairs.min_by_key(|(a, b)| width(a).saturating_add(width(b)));
            let Some((lower, upper)) = narrowest else {
                return false;
            };
            self.control.merge(*lower, *upper)
        };
        let name = if target > open.len() as u64 {
            "SplitShard"
        } else {
            "MergeShards"
        };
        match answer {
            Ok(change) => {
                self.start_change(change, cx);
                self.note(name, Ok(format!("on the way to {target}")), cx);
                true
            }
            Err(refusal) => {
                self.note(name, Err(refusal), cx);
                false
            }
        }
    }
}
