//! What went wrong between the log and a consumer: refused reads, records that were skipped, expired, given again or late.

use super::lateness::{self, Lateness};
use super::{Cause, Finding, Scene, Symptom, work, writes};
use crate::probe::{Limit, Point, RunResult};
use crate::report::serving;

/// Limits that hold up a consumer.
const READING: [Limit; 35] = [
    Limit::Absent,
    Limit::VolumeFull,
    Limit::Credits,
    Limit::SlowFollowers,
    Limit::OpenTransaction,
    Limit::TooFewInSync,
    Limit::JoinDelay,
    Limit::ServiceFault,
    Limit::KeyDisabled,
    Limit::KeyThrottled,
    Limit::Moving,
    Limit::Quota,
    Limit::Cpu,
    Limit::Pause,
    Limit::Network,
    Limit::Volume,
    Limit::SlowVolume,
    Limit::ConsumerDown,
    Limit::NewLane,
    Limit::ReaderMetadata,
    Limit::LeaseTable,
    Limit::NoOwner,
    Limit::ReaderDown,
    Limit::Rebalance,
    Limit::ParentsFirst,
    Limit::ReadBytes,
    Limit::ReadCalls,
    Limit::CallLimit,
    Limit::Subscription,
    Limit::BusyWorker,
    Limit::WorkerStill,
    Limit::Sink,
    Limit::ProcessingErrors,
    Limit::Concurrency,
    Limit::NoLeader,
];

/// The findings about one consumer.
pub(super) fn findings(scene: &Scene<'_>, consumer: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(refused(scene, consumer));
    let of_one = [
        (Symptom::Skipped, Limit::StartPosition),
        (Symptom::ExpiredUnread, Limit::Retention),
        (Symptom::OutOfOrder, Limit::MovedKeys),
    ];
    for (symptom, limit) in of_one {
        if let Some(cause) = work::cause(scene, limit, Some(consumer), 1.0) {
            findings.push(scene.finding(symptom, Some(consumer), vec![cause]));
        }
    }
    findings.extend(redelivered(scene, consumer));
    findings.extend(discarded(scene, consumer));
    findings.extend(late(scene, consumer));
    findings
}

/// Records that were given once more: read again from the last checkpoint or commit, stored twice, or in a batch that failed.
fn redelivered(scene: &Scene<'_>, consumer: usize) -> Option<Finding> {
    let all = *scene.run.redelivered.get(consumer)? as f64;
    exact(
        scene,
        Symptom::Redelivered,
        consumer,
        all,
        &[Limit::Checkpoint, Limit::RecordLock, Limit::NoAnswer],
    )
}

/// Records that were given up: too old, or tried too often.
fn discarded(scene: &Scene<'_>, consumer: usize) -> Option<Finding> {
    let all = scene.run.ledger.consumers.get(consumer)?.discarded as f64;
    exact(
        scene,
        Symptom::Discarded,
        consumer,
        all,
        &[Limit::RecordAge],
    )
}

/// Refused reading calls: the limits that refused them, with exact parts.
fn refused(scene: &Scene<'_>, consumer: usize) -> Option<Finding> {
    let limits = [Limit::ReadBytes, Limit::ReadCalls];
    let total = |limit: Limit| work::total(scene, limit, Some(consumer));
    let all: f64 = limits.iter().map(|limit| total(*limit)).sum();
    if all <= 0.0 {
        return None;
    }
    let part = |limit: &Limit| {
        let share = total(*limit) / all;
        let cause = work::cause(scene, *limit, Some(consumer), share)?;
        Some(Cause {
            remark: sharers(scene, *limit),
            ..cause
        })
    };
    let causes = work::sorted(limits.iter().filter_map(part).collect());
    Some(scene.finding(Symptom::RefusedReads, Some(consumer), causes))
}

/// The consumers that share what a lane gives, where several do.
fn sharers(scene: &Scene<'_>, limit: Limit) -> Option<String> {
    let names = &scene.report.consumers;
    let meets = |n: &usize| {
        let mut bounds = scene.run.points.iter().flat_map(|point| &point.bound);
        bounds.any(|bound| bound.limit == limit && bound.consumer.map(usize::from) == Some(*n))
    };
    let shared: Vec<String> = (0..names.len())
        .filter(meets)
        .map(|n| format!("`{}`", names[n]))
        .collect();
    (shared.len() > 1).then(|| format!("{} share it", shared.join(", ")))
}

/// Records that were done much later than in calm, or not at all.
fn late(scene: &Scene<'_>, consumer: usize) -> Option<Finding> {
    let points = &scene.run.points;
    let reading = |limit: Limit| READING.contains(&limit);
    let behind = behind(scene, consumer);
    let backlog = behind.is_some();
    let (late, of_writes) = match behind {
        // What a consumer is behind is stored: writing has no part in it.
        Some(late) => (late, Vec::new()),
        None => {
            let delay = |point: &Point| lateness::delivery(point, consumer);
            let records = |point: &Point| lateness::delivered(point, consumer);
            let late = Lateness::of(scene, delay, records)?;
            let of_writes = late_writes(scene, &late, consumer);
            (late, of_writes)
        }
    };
    let weights = late.spread(points);
    let of_reading = work::causes(scene, Some(consumer), &weights, reading);
    let mut of_reading = writes::copies_last(of_reading);
    let first = |causes: &[Cause]| causes.first().map_or(0.0, |cause| cause.share);
    if first(&of_reading).max(first(&of_writes)) < super::KNOWN_LEAST {
        // A sink that gathers makes records wait by choice: it is a cause where nothing else is.
        let gathering = |limit: Limit| limit == Limit::Gathering;
        of_reading = work::causes(scene, Some(consumer), &weights, gathering);
    }
    // Limits of writing keep their order: what clients do comes after the limits that make them do it.
    let causes = if first(&of_writes) > first(&of_reading) {
        [of_writes, of_reading].concat()
    } else {
        [of_reading, of_writes].concat()
    };
    Some(Finding {
        backlog,
        ..scene.finding(Symptom::LateDelivery, Some(consumer), causes)
    })
}

/// The limits of writing behind late deliveries: they count as far as the records were late when they were stored.
fn late_writes(scene: &Scene<'_>, late: &Lateness, consumer: usize) -> Vec<Cause> {
    let points = &scene.run.points;
    let delay = |point: &Point| lateness::delivery(point, consumer);
    let calm = lateness::calm(points, lateness::append, lateness::accepted).unwrap_or_default();
    let calm_delivery = lateness::calm(points, delay, |point| lateness::delivered(point, consumer))
        .unwrap_or_default();
    let part = |n: usize| {
        // They were stored in this interval or before it, at most as long as the way to the consumer takes in calm.
        let since = points[n].t - points[n].length - calm_delivery;
        let first = lateness::first_after(points, since).min(n);
        let stored = points[first..=n].iter().filter_map(lateness::append);
        let stored = stored.fold(0.0, f64::max) - calm;
        let done = delay(&points[n]).unwrap_or_default() - calm_delivery;
        if done > 0.0 {
            (stored / done).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    let of_writing = late.weighted(part);
    let share = of_writing.weights.iter().sum::<f64>() / late.weights.iter().sum::<f64>();
    let mut causes = writes::ranked(scene, &of_writing.spread(points));
    for cause in &mut causes {
        cause.share *= share;
    }
    causes
}

/// How many records are stored per second in a run.
pub(in crate::report) fn rate(run: &RunResult) -> f64 {
    let seconds = run.points.last().map_or(0.0, |point| point.t);
    run.ledger.stored as f64 / seconds.max(1e-9)
}

/// How many records a consumer is behind at the end of an interval, if they are more than `far`; or else zero.
pub(in crate::report) fn far_behind(point: &Point, consumer: usize, far: f64) -> f64 {
    let lag = point.lag.get(consumer).map_or(0.0, |lag| *lag as f64);
    if lag > far { lag } else { 0.0 }
}

/// From how many records on a consumer of a run is far behind.
pub(in crate::report) fn far_from(run: &RunResult, consumer: usize) -> f64 {
    serving::far_s(run, consumer) * rate(run)
}

/// How many records a consumer was behind in each interval, if it was far behind at some time.
fn behind(scene: &Scene<'_>, consumer: usize) -> Option<Lateness> {
    let (rate, far) = (rate(scene.run), far_from(scene.run, consumer));
    Lateness::of_backlog(scene, rate, |point| far_behind(point, consumer, far))
}

/// A symptom whose records were counted by the limits that caused them; what is left was in batches that failed.
fn exact(
    scene: &Scene<'_>,
    symptom: Symptom,
    consumer: usize,
    all: f64,
    limits: &[Limit],
) -> Option<Finding> {
    if all <= 0.0 {
        return None;
    }
    let part = |limit: &Limit| work::own_total(scene, *limit, consumer) / all;
    let counted: f64 = limits.iter().map(part).sum();
    let known = limits
        .iter()
        .filter_map(|limit| work::cause(scene, *limit, Some(consumer), part(limit)));
    let failed = work::cause(
        scene,
        Limit::ProcessingErrors,
        Some(consumer),
        (1.0 - counted).max(0.0),
    );
    let causes = work::sorted(known.chain(failed).collect());
    Some(scene.finding(symptom, Some(consumer), causes))
}
