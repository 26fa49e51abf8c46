//! What went wrong on the way to the log: refused attempts, records that ended early or wait in their clients, late
//! acknowledgements.

use super::lateness::{self, Lateness};
use super::{Cause, Finding, Scene, Symptom, lanes, work};
use crate::probe::{Limit, Point};

/// Limits that refuse attempts to write.
const REFUSING: [Limit; 4] = [
    Limit::LaneBytes,
    Limit::LaneRecords,
    Limit::ScalingStep,
    Limit::TooFewInSync,
];

/// Limits that slow writes down or refuse them by themselves; the others are what clients do about it.
const ROOTS: [Limit; 13] = [
    Limit::Absent,
    Limit::VolumeFull,
    Limit::Credits,
    Limit::LaneBytes,
    Limit::LaneRecords,
    Limit::ScalingStep,
    Limit::TooFewInSync,
    Limit::NoLeader,
    Limit::ServiceFault,
    Limit::Quota,
    Limit::Cpu,
    Limit::Network,
    Limit::Volume,
];

/// What a client does, or lacks, while it waits.
const IN_CLIENTS: [Limit; 6] = [
    Limit::ClientLimiter,
    Limit::InFlight,
    Limit::Metadata,
    Limit::BackOff,
    Limit::ProducerBuffer,
    Limit::ProducerFull,
];

/// A limit that slows writes down by itself must explain so many times as much as slow copies do to stand before them: it may be
/// what slows the copies down.
const BEFORE_COPIES: f64 = 0.5;

/// The part of the waiting, of the largest part, from which on it is a queue and no chance.
const QUEUE_LEAST: f64 = 0.2;

/// A record that ends may have met its limit so long before `[s]`: it waited in its client since.
const MEMORY_S: f64 = 150.0;
/// So many records of all may wait in clients at the end without being behind.
const HELD_SHARE: f64 = 0.01;

/// The findings about writing.
pub(super) fn findings(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(throttled(scene));
    findings.extend(ended(scene));
    let ledger = &scene.run.ledger;
    if ledger.client_held as f64 > HELD_SHARE * ledger.offered as f64 {
        let held = |point: &Point| point.client_held as f64;
        findings.extend(waited(scene, Symptom::HeldByClients, held));
    }
    findings.extend(late(scene));
    findings.extend(stored_again(scene));
    findings.extend(reordered(scene));
    findings
}

/// Records that ended: those that a new leader cut off or that were too large, exactly, and what the others met before.
fn ended(scene: &Scene<'_>) -> Option<Finding> {
    let of = |point: &Point| point.counts.ended as f64;
    let mut finding = waited(scene, Symptom::EndedEarly, of)?;
    let all: f64 = scene.run.points.iter().map(of).sum();
    let part = |limit: Limit| (work::total(scene, limit, None) / all.max(1.0)).min(1.0);
    let exact = [Limit::LogCut, Limit::TooLarge].map(|limit| (limit, part(limit)));
    let counted: f64 = exact.iter().map(|(_, part)| part).sum();
    if counted > 0.0 {
        for cause in &mut finding.causes {
            cause.share *= (1.0 - counted).max(0.0);
        }
        let known = exact.into_iter();
        let known = known.filter_map(|(limit, part)| work::cause(scene, limit, None, part));
        let causes = known.chain(finding.causes).collect();
        finding = scene.finding(Symptom::EndedEarly, None, work::sorted(causes));
    }
    Some(finding)
}

/// Records that were stored once more, because a producer had no answer.
fn stored_again(scene: &Scene<'_>) -> Option<Finding> {
    (scene.run.stored_again > 0).then(|| {
        let cause = work::cause(scene, Limit::NoAnswer, None, 1.0);
        scene.finding(Symptom::StoredAgain, None, cause.into_iter().collect())
    })
}

/// Records that were stored behind later ones of their key, and what was at work then.
fn reordered(scene: &Scene<'_>) -> Option<Finding> {
    scene.run.reordered.filter(|records| *records > 0)?;
    let points = &scene.run.points;
    let before = std::iter::once(0).chain(points.iter().map(|point| point.reordered));
    let each = points.iter().zip(before);
    let weights: Vec<f64> = each
        .map(|(point, before)| point.reordered.saturating_sub(before) as f64)
        .collect();
    let first = work::cause(scene, Limit::Overtaken, None, 1.0);
    let causes = first.into_iter().chain(ranked(scene, &weights));
    Some(scene.finding(Symptom::Reordered, None, causes.collect()))
}

/// Refused attempts: the limits that refused them, with exact parts.
fn throttled(scene: &Scene<'_>) -> Option<Finding> {
    let all: u64 = scene.run.points.iter().map(|p| p.counts.throttled).sum();
    if all == 0 {
        return None;
    }
    let part = |limit: &Limit| {
        let part = work::total(scene, *limit, None) / all as f64;
        let cause = work::cause(scene, *limit, None, part)?;
        Some(lanes::with_remark(scene, cause))
    };
    let mut causes: Vec<Cause> = work::sorted(REFUSING.iter().filter_map(part).collect());
    if causes.is_empty() {
        // Attempts above a quota are answered late, and counted as refused.
        causes.extend(work::cause(scene, Limit::Quota, None, 1.0));
    }
    Some(scene.finding(Symptom::ThrottledWrites, None, causes))
}

/// Records that end or wait in their clients: what was at work then, or since they were offered.
fn waited(scene: &Scene<'_>, symptom: Symptom, of: impl Fn(&Point) -> f64) -> Option<Finding> {
    // The time that they take does not say more than that they were not offered before.
    let per_s = |largest: f64| largest / MEMORY_S;
    let largest = scene.run.points.iter().map(&of).fold(0.0, f64::max);
    let late = Lateness::of_backlog(scene, per_s(largest), of)?;
    let weights = late.spread(&scene.run.points);
    Some(scene.finding(symptom, None, ranked(scene, &weights)))
}

/// Acknowledgements that took much longer than in calm.
fn late(scene: &Scene<'_>) -> Option<Finding> {
    let late = Lateness::of(scene, lateness::append, |point| {
        point.counts.accepted as f64
    })?;
    let weights = late.spread(&scene.run.points);
    Some(scene.finding(Symptom::LateAcknowledgement, None, ranked(scene, &weights)))
}

/// The limits behind weights. What clients do comes after the limits that make them do it, and slow copies after what slows
/// machines down, unless those explain too little.
pub(super) fn ranked(scene: &Scene<'_>, weights: &[f64]) -> Vec<Cause> {
    let of = |may: &dyn Fn(Limit) -> bool| work::causes(scene, None, weights, may);
    let roots = of(&|limit| ROOTS.contains(&limit));
    let copies = of(&|limit| limit == Limit::SlowFollowers);
    let clients = of(&|limit| IN_CLIENTS.contains(&limit));
    let first = |causes: &[Cause]| causes.first().map_or(0.0, |cause| cause.share);
    let (root, copy) = (first(&roots), first(&copies));
    let roots: Vec<Cause> = tightest_first(roots)
        .into_iter()
        .map(|cause| lanes::with_remark(scene, cause))
        .collect();
    if root >= super::KNOWN_LEAST && root >= BEFORE_COPIES * copy {
        [roots, copies, clients].concat()
    } else if copy >= super::KNOWN_LEAST {
        [copies, roots, clients].concat()
    } else {
        work::sorted([roots, copies, clients].concat())
    }
}

/// A written byte passes the network, the threads and the volume of a broker in this order. A queue before the volume shows that the
/// volume is slower than what comes before it, however long the queues there are: it is named first.
fn tightest_first(mut roots: Vec<Cause>) -> Vec<Cause> {
    let before = |limit: Limit| matches!(limit, Limit::Network | Limit::Cpu);
    let place = roots.iter().position(|cause| cause.limit == Limit::Volume);
    if let (Some(place), Some(first)) = (place, roots.first())
        && before(first.limit)
        && roots[place].share >= QUEUE_LEAST * first.share
    {
        roots[..=place].rotate_right(1);
    }
    roots
}
