//! What went wrong between the log and a consumer: refused reads, records that were skipped, expired, given again or late.

use super::lateness::{self, Lateness};
use super::{Cause, Finding, Scene, Symptom, work, writes};
use crate::probe::{Limit, Point};

/// Limits that hold up a consumer.
const READING: [Limit; 22] = [
    Limit::TooFewInSync,
    Limit::JoinDelay,
    Limit::ServiceFault,
    Limit::Quota,
    Limit::Cpu,
    Limit::Network,
    Limit::Volume,
    Limit::ConsumerDown,
    Limit::NewLane,
    Limit::LeaseTable,
    Limit::NoOwner,
    Limit::Rebalance,
    Limit::ParentsFirst,
    Limit::ReadBytes,
    Limit::ReadCalls,
    Limit::CallLimit,
    Limit::Subscription,
    Limit::BusyWorker,
    Limit::Sink,
    Limit::ProcessingErrors,
    Limit::Concurrency,
    Limit::NoLeader,
];

/// A consumer lags if it is behind by more than this many seconds of what is stored.
const BEHIND_S: f64 = 10.0;

/// The findings about one consumer.
pub(super) fn findings(scene: &Scene<'_>, consumer: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(refused(scene, consumer));
    let of_one = [
        (Symptom::Skipped, Limit::StartPosition),
        (Symptom::ExpiredUnread, Limit::Retention),
        (Symptom::Redelivered, Limit::Checkpoint),
        (Symptom::Redelivered, Limit::RecordLock),
    ];
    for (symptom, limit) in of_one {
        if let Some(cause) = work::cause(scene, limit, Some(consumer), 1.0) {
            findings.push(scene.finding(symptom, Some(consumer), vec![cause]));
        }
    }
    findings.extend(late(scene, consumer));
    findings
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
            let records = |point: &Point| point.delivered.get(consumer).map_or(0.0, |n| *n as f64);
            let late = Lateness::of(scene, delay, records)?;
            let of_writes = late_writes(scene, &late, consumer);
            (late, of_writes)
        }
    };
    let weights = late.spread(points);
    let of_reading = work::causes(scene, Some(consumer), &weights, reading);
    let first = |causes: &[Cause]| causes.first().map_or(0.0, |cause| cause.share);
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
    let calm = lateness::calm(points, lateness::append).unwrap_or_default();
    let calm_delivery = lateness::calm(points, delay).unwrap_or_default();
    let part = |n: usize| {
        let stored = lateness::append(&points[n]).unwrap_or_default() - calm;
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

/// How many records a consumer was behind in each interval, if it was far behind at some time.
fn behind(scene: &Scene<'_>, consumer: usize) -> Option<Lateness> {
    let run = scene.run;
    let seconds = run.points.last()?.t.max(1e-9);
    let rate = run.ledger.stored as f64 / seconds;
    let lag = |point: &Point| point.lag.get(consumer).map_or(0.0, |lag| *lag as f64);
    let far = |point: &Point| {
        if lag(point) > BEHIND_S * rate {
            lag(point)
        } else {
            0.0
        }
    };
    Lateness::of_backlog(scene, rate, far)
}
