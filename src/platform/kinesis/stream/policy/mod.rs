//! Auto-scaling of a provisioned stream as its users run it: something outside looks at CloudWatch
//! and calls UpdateShardCount. One policy is one file and one line here.

mod alarm;
mod application;
mod utils;

use super::cloudwatch::Minute;
use super::control::Mode;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

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
pub(super) trait Scaler {
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
            pub(super) fn scaler(&mut self) -> &mut dyn Scaler {
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
