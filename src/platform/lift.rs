//! Lifting a limit: the same system without the one thing that a verdict names as a cause.

use crate::probe::Limit;
use crate::units::Nanos;
use crate::workload::{Action, SinkConfig, Workload};

/// So many times as much is as good as no limit.
pub(super) const MUCH: u64 = 1000;

/// Takes a limit out of a workload where it is the workload that sets it; returns what was changed.
#[must_use]
pub fn lift_from_workload(
    workload: &mut Workload,
    limit: Limit,
    consumer: Option<usize>,
) -> Option<&'static str> {
    match limit {
        Limit::BusyWorker => {
            workload.consumers.get_mut(consumer?)?.per_record = Nanos::ZERO;
            Some("processing takes no time")
        }
        Limit::Sink => {
            workload.consumers.get_mut(consumer?)?.sink = SinkConfig::None;
            Some("there is no sink")
        }
        Limit::ProducerFull => {
            workload.producer_backlog = u64::MAX;
            Some("producers hold any number of records")
        }
        Limit::MovedKeys => without(workload, "nothing is resized", |action| {
            matches!(action, Action::ScaleTo(_))
        }),
        Limit::ConsumerDown => without(workload, "the consumer is never down", |action| {
            matches!(action, Action::ConsumerDown(_) | Action::ConsumerUp(_))
        }),
        Limit::ProcessingErrors => without(workload, "no record fails", |action| {
            matches!(action, Action::RecordsFail(..))
        }),
        Limit::NoOwner
        | Limit::ReaderDown
        | Limit::Rebalance
        | Limit::Checkpoint
        | Limit::JoinDelay => without(
            workload,
            "no worker is lost, stopped or added",
            disturbs_workers,
        ),
        Limit::Gathering => {
            workload.consumers.get_mut(consumer?)?.sink = SinkConfig::None;
            Some("there is no sink")
        }
        Limit::NoLeader
        | Limit::TooFewInSync
        | Limit::SlowFollowers
        | Limit::Metadata
        | Limit::ClientGone
        | Limit::ServiceFault => without(workload, "no zone is lost", |action| {
            matches!(action, Action::ZoneDown(_) | Action::ZoneUp(_))
        }),
        _ => None,
    }
}

/// Whether a limit comes from what happens to a system, by the timeline as well as by its own faults, calls and settings: then all of
/// them are taken away.
#[must_use]
pub fn comes_from_events(limit: Limit) -> bool {
    matches!(
        limit,
        Limit::NoLeader
            | Limit::TooFewInSync
            | Limit::NoOwner
            | Limit::ReaderDown
            | Limit::SlowFollowers
            | Limit::Metadata
            | Limit::ClientGone
            | Limit::ServiceFault
            | Limit::MovedKeys
            | Limit::BusyWorker
            | Limit::Rebalance
            | Limit::Checkpoint
    )
}

/// Whether a step takes workers away or adds some.
fn disturbs_workers(action: Action) -> bool {
    match action {
        Action::WorkerDown(..)
        | Action::WorkerStop(..)
        | Action::WorkerUp(..)
        | Action::WorkersJoin(..)
        | Action::ConsumerDown(_)
        | Action::ConsumerUp(_)
        | Action::ZoneDown(_)
        | Action::ZoneUp(_) => true,
        Action::ScaleTo(_) | Action::RecordsFail(..) => false,
    }
}

/// Takes steps out of the timeline; `None` if there are none of them.
fn without(
    workload: &mut Workload,
    words: &'static str,
    goes: impl Fn(Action) -> bool,
) -> Option<&'static str> {
    let before = workload.timeline.steps.len();
    workload.timeline.steps.retain(|(_, action)| !goes(*action));
    (workload.timeline.steps.len() < before).then_some(words)
}
