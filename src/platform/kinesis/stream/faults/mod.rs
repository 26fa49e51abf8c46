//! `[[fault]]`: what breaks for a while. A fault is one file and one line in the list below.

mod function_errors;
mod internal_failure;
mod kms;
mod lost_answers;
mod slow_network;

use super::conditions::Conditions;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Mark, entry_instant, entry_name};

/// What a kind of fault has to say and to do.
trait Effect: Sized {
    /// Reads the value of `key`, the word of the fault.
    fn read(section: &Section<'_>, key: &str) -> Self;
    /// What charts write beside the time of the fault.
    fn label(&self) -> &'static str;
    /// The fault begins.
    fn begin(&self, conditions: &mut Conditions);
    /// The fault ends.
    fn end(&self, conditions: &mut Conditions);
}

macro_rules! faults {
    ($($module:ident :: $name:ident = $word:literal),* $(,)?) => {
        /// What breaks.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum FaultKind {
            $(#[doc = concat!("`", $word, "`.")] $name($module::$name),)*
        }
        const WORDS: &[&str] = &[$($word),*];
        impl FaultKind {
            fn read(section: &Section<'_>, word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name($module::$name::read(section, word))),)*
                    _ => None,
                }
            }
            fn label(&self) -> &'static str {
                match self { $(Self::$name(fault) => fault.label(),)* }
            }
            fn begin(&self, conditions: &mut Conditions) {
                match self { $(Self::$name(fault) => fault.begin(conditions),)* }
            }
            fn end(&self, conditions: &mut Conditions) {
                match self { $(Self::$name(fault) => fault.end(conditions),)* }
            }
        }
    };
}

faults! {
    kms::Kms = "kms",
    internal_failure::InternalFailure = "internal-failure",
    lost_answers::LostAnswers = "lost-answers",
    slow_network::SlowNetwork = "slow-network",
    function_errors::FunctionErrors = "function-errors",
}

/// Something that breaks for a while.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The instant at which it begins.
    pub from: SimTime,
    /// The instant at which it ends.
    pub to: SimTime,
    /// What breaks.
    pub kind: FaultKind,
    /// What claims call it.
    pub name: String,
}

impl Fault {
    /// What charts shade for it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            from: self.from,
            to: self.to,
            text: self.kind.label().to_owned(),
            name: self.name.clone(),
        }
    }

    /// Whether it concerns functions alone.
    pub(crate) fn concerns_functions(&self) -> bool {
        matches!(self.kind, FaultKind::FunctionErrors(_))
    }

    /// Changes the fault state of the service when the fault begins or ends.
    pub(super) fn turn(&self, now: SimTime, begins: bool, conditions: &mut Conditions) {
        if begins {
            self.kind.begin(conditions);
        } else {
            self.kind.end(conditions);
        }
        conditions.refresh(now);
    }
}

/// Reads `[[fault]]`.
pub(crate) fn read(section: &Section<'_>, duration: Nanos) -> Vec<Fault> {
    let faults = section.list("fault").into_iter();
    faults
        .filter_map(|part| read_one(&part, duration))
        .collect()
}

fn read_one(part: &Section<'_>, duration: Nanos) -> Option<Fault> {
    let from = entry_instant(part, duration);
    let word = part.one_of(WORDS, "fault")?;
    let lasts: Nanos = part.need("lasts");
    let to = (from + lasts).min(SimTime(duration.0));
    let kind = FaultKind::read(part, word)?;
    Some(Fault {
        from,
        to,
        kind,
        name: entry_name(part, word),
    })
}
