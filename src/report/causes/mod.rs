//! Why: for each thing that went wrong, the limits that were at work while it did, the largest part first.
//!
//! Nothing is guessed: a limit is named only if its model reported it, and its part is measured. A part is the share of
//! refusals that the limit made, or, for records that were late, the share of the lateness during which it was at work.

mod lanes;
pub(super) mod late;
pub(super) mod lateness;
mod sentence;
mod work;
mod writes;

pub use sentence::noun_of;
pub(super) use sentence::{joined, of_calls, of_readers, of_writers};
pub(super) use work::strength;

use super::{Report, SystemReport};
use crate::probe::{Bound, Limit, RunResult};

/// What a user would ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// Attempts to write that were refused.
    ThrottledWrites,
    /// Records that were refused for good, expired in their client or were lost.
    EndedEarly,
    /// Records that were still with their clients at the end.
    HeldByClients,
    /// Acknowledgements that took much longer than in calm.
    LateAcknowledgement,
    /// Records that were stored once more.
    StoredAgain,
    /// Records that were stored after later ones of their key.
    Reordered,
    /// Reading calls that were refused.
    RefusedReads,
    /// Records that a consumer never sees, because it began behind them.
    Skipped,
    /// Records that were deleted before a consumer read them.
    ExpiredUnread,
    /// Records that a consumer was given once more.
    Redelivered,
    /// Records that a consumer was given after later ones of their key.
    OutOfOrder,
    /// Records that a consumer gave up.
    Discarded,
    /// Records that a consumer was done with much later than in calm.
    LateDelivery,
}

/// A limit that was at work while a symptom showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The limit.
    pub limit: Limit,
    /// The consumer that it held up, if it belongs to one.
    pub consumer: Option<usize>,
    /// Its part of the symptom, from 0 to 1.
    pub share: f64,
    /// Whether the part was counted record by record, and is no share of the time.
    pub counted: bool,
    /// The entity that it held up most, by name; empty for the whole system.
    pub place: String,
    /// When it was first at work `[s]`.
    pub from: f64,
    /// When it was last at work `[s]`.
    pub to: f64,
    /// What the use of lanes, or of a share, says about it.
    pub remark: Option<String>,
    /// The setting that decides it, where the remark changes it.
    pub setting: Option<&'static str>,
}

/// One symptom of a system, with its causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The symptom.
    pub symptom: Symptom,
    /// The number of the system.
    pub system: usize,
    /// The consumer that shows it, if it belongs to one.
    pub consumer: Option<usize>,
    /// Whether records were late because they lay in the log, not only until they were done.
    pub backlog: bool,
    /// The causes, the largest part first; none if no cause is known.
    pub causes: Vec<Cause>,
}

/// Parts below this are not named.
const SHARE_LEAST: f64 = 0.05;
/// A first cause with a smaller part than this explains too little: the cause is not known.
const KNOWN_LEAST: f64 = 0.2;

/// Everything that went wrong in a system, in the order in which a record meets it.
#[must_use]
pub fn findings(report: &Report, system: usize) -> Vec<Finding> {
    let described = &report.systems[system];
    let Some(run) = described.runs.first() else {
        return Vec::new();
    };
    let scene = Scene {
        report,
        system: described,
        number: system,
        run,
    };
    let mut findings = writes::findings(&scene);
    for consumer in 0..report.consumers.len() {
        if run.is_read_by(consumer) {
            findings.extend(late::findings(&scene, consumer));
        }
    }
    findings
}

/// The run that is looked at: the first replication.
struct Scene<'a> {
    report: &'a Report,
    system: &'a SystemReport,
    number: usize,
    run: &'a RunResult,
}

impl Scene<'_> {
    /// A finding with causes in their order, without those that explain next to nothing.
    fn finding(
        &self,
        symptom: Symptom,
        consumer: Option<usize>,
        mut causes: Vec<Cause>,
    ) -> Finding {
        causes.retain(|cause| cause.share >= SHARE_LEAST);
        if causes.first().is_none_or(|first| first.share < KNOWN_LEAST) {
            causes.clear();
        }
        Finding {
            symptom,
            system: self.number,
            consumer,
            backlog: false,
            causes,
        }
    }

    /// Whether a limit belongs to writing, or to this consumer.
    fn concerns(bound: &Bound, consumer: Option<usize>) -> bool {
        bound
            .consumer
            .is_none_or(|of| Some(usize::from(of)) == consumer)
    }
}
