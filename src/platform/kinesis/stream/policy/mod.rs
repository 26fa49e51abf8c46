//! Auto-scaling of a provisioned stream as its users run it: something outside looks at CloudWatch
//! and calls UpdateShardCount. One policy is one file and one line here.

mod alarm;
mod application;
mod utils;

use super::api::Answer;
use super::cloudwatch::Minute;
use super::control::Mode;
use super::lineage::Change;
use super::operations::note;
use super::{Stream, StreamEvent};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::ShardId;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use std::cmp::Reverse;

/// What a policy sees.
#[derive(Clone, Copy, Debug)]
pub struct PolicyView<'a> {
    /// The finished minutes of CloudWatch.
    pub minutes: &'a [Minute],
    /// Open shards.
    pub open: u32,
    /// Now.
    pub now: SimTime,
}

impl PolicyView<'_> {
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
    fn wants(&mut self, view: &PolicyView<'_>) -> Option<u64>;
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
    pub(crate) fn read(section: &Section<'_>, mode: Mode) -> Option<Self> {
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

impl Stream {
    /// Sets the first look of the policy.
    pub(super) fn start_policy(&mut self, cx: &mut KinesisCx<'_>) {
        if let Some(policy) = &mut self.policy {
            // Just after the minute that it looks at has closed.
            let first = policy.scaler().every() + Nanos(1);
            cx.queue.after(first, StreamEvent::Policy.into());
        }
    }

    /// The policy looks, and calls UpdateShardCount if it wants another number of shards.
    pub(super) fn ask_policy(&mut self, cx: &mut KinesisCx<'_>) {
        let Some(mut policy) = self.policy.take() else {
            return;
        };
        let view = PolicyView {
            minutes: &self.monitor.past,
            open: self.control.open(),
            now: cx.queue.now(),
        };
        let scaler = policy.scaler();
        let (every, wanted) = (scaler.every(), scaler.wants(&view));
        if let Some(target) = wanted {
            self.scale_for(scaler, target, cx);
        }
        self.policy = Some(policy);
        cx.queue.after(every, StreamEvent::Policy.into());
    }

    /// Calls UpdateShardCount for a policy, and where that is refused splits or merges if the policy does so.
    fn scale_for(&mut self, scaler: &mut dyn Scaler, target: u64, cx: &mut KinesisCx<'_>) {
        let open = u64::from(self.control.open());
        let answer = self.update_shard_count(target, cx);
        let taken = answer.is_ok();
        note("UpdateShardCount", answer, cx);
        if taken || (scaler.falls_back() && self.change_one(target, cx)) {
            scaler.taken(target > open, cx.queue.now());
        }
    }

    /// One split or merge towards `target`, as tools do it when their budget is used up.
    fn change_one(&mut self, target: u64, cx: &mut KinesisCx<'_>) -> bool {
        let up = target > u64::from(self.control.open());
        let (name, answer) = if up {
            ("SplitShard", self.split_widest())
        } else {
            ("MergeShards", self.merge_narrowest())
        };
        match answer {
            Some(Ok(change)) => {
                self.start_change(change, cx);
                note(name, Ok(format!("on the way to {target}")), cx);
                true
            }
            Some(Err(refusal)) => {
                note(name, Err(refusal), cx);
                false
            }
            None => false,
        }
    }

    /// SplitShard of the widest open shard, the first of equals, in its middle.
    fn split_widest(&mut self) -> Option<Answer<Change>> {
        let lineage = &self.control.lineage;
        let width = |shard: &ShardId| (lineage.get(*shard).width(), Reverse(shard.0));
        let widest = lineage.open().max_by_key(width)?;
        let middle = lineage.get(widest).middle();
        Some(self.control.split(widest, middle))
    }

    /// MergeShards of the two neighbours that are narrowest together, the first of equals.
    fn merge_narrowest(&mut self) -> Option<Answer<Change>> {
        let lineage = &self.control.lineage;
        let width = |shard: ShardId| lineage.get(shard).width();
        let pairs = lineage.open().zip(lineage.open().skip(1));
        let narrowest = pairs.min_by_key(|(a, b)| width(*a).saturating_add(width(*b)));
        let (lower, upper) = narrowest?;
        Some(self.control.merge(lower, upper))
    }
}
