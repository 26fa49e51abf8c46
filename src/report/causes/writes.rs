//! What went wrong on the way to the log: refused attempts, records that ended early or wait in their clients, late
//! acknowledgements.

use super::lateness::{self, Lateness, Waited};
use super::{Cause, Finding, Scene, Symptom, lanes, work};
use crate::probe::{Limit, Point};
use crate::report::format;

/// Limits that refuse attempts to write.
const REFUSING: [Limit; 4] = [
    Limit::LaneBytes,
    Limit::LaneRecords,
    Limit::ScalingStep,
    Limit::TooFewInSync,
];

/// Limits that slow writes down or refuse them by themselves; the others are what clients do about it.
const ROOTS: [Limit; 18] = [
    Limit::Absent,
    Limit::ProducerDown,
    Limit::VolumeFull,
    Limit::Credits,
    Limit::LaneBytes,
    Limit::LaneRecords,
    Limit::ScalingStep,
    Limit::TooFewInSync,
    Limit::NoLeader,
    Limit::ServiceFault,
    Limit::KeyDisabled,
    Limit::KeyThrottled,
    Limit::Quota,
    Limit::Cpu,
    Limit::Pause,
    Limit::Network,
    Limit::Volume,
    Limit::SlowVolume,
];

/// What a client does, or lacks, while it waits.
const IN_CLIENTS: [Limit; 8] = [
    Limit::Connection,
    Limit::TransactionEnd,
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

/// Records that ended: by the limits that their clients met in the last attempt, counted in records; the others by what was at work
/// while they waited.
fn ended(scene: &Scene<'_>) -> Option<Finding> {
    let of = |point: &Point| point.counts.ended as f64;
    let waited = waited(scene, Symptom::EndedEarly, of)?;
    let ledger = &scene.run.ledger;
    let all = (ledger.ended() as f64).max(1.0);
    let part = |limit: Limit| (ledger.ended_for(limit) as f64 / all).min(1.0);
    let known = Limit::ALL.iter().filter(|limit| part(**limit) > 0.0);
    let mut causes: Vec<Cause> = known
        .filter_map(|limit| work::cause(scene, *limit, None, part(*limit)))
        .map(|cause| lanes::with_remark(scene, cause))
        .map(|cause| Cause {
            counted: true,
            ..cause
        })
        .collect();
    let counted: f64 = causes.iter().map(|cause| cause.share).sum();
    let ends = |cause: &Cause| {
        !matches!(
            cause.limit,
            Limit::BackOff | Limit::InFlight | Limit::Metadata
        )
    };
    for of_rest in waited.causes.into_iter().filter(ends) {
        let share = of_rest.share * (1.0 - counted).max(0.0);
        match causes.iter_mut().find(|cause| cause.limit == of_rest.limit) {
            Some(cause) if share > 0.0 => {
                cause.share += share;
                cause.counted = false;
            }
            Some(_) => {}
            None => causes.push(Cause { share, ..of_rest }),
        }
    }
    Some(scene.finding(Symptom::EndedEarly, None, work::sorted(causes)))
}

/// Why answers were missing.
fn missing(scene: &Scene<'_>, cause: &Cause) -> String {
    let words = (scene.system.names.limit)(cause.limit);
    let share = format::percent(cause.share.min(1.0));
    format!(
        "The answers to {share} of them were missing because of: {}",
        words.name
    )
}

/// Records that were stored once more, because a producer had no answer.
fn stored_again(scene: &Scene<'_>) -> Option<Finding> {
    let all = scene.run.stored_again as f64;
    (all > 0.0).then(|| {
        let kept = &scene.run.ledger.unanswered;
        let behind = |limit: &Limit| {
            let share = kept[*limit as usize] as f64 / all;
            (share > 0.0).then(|| work::cause(scene, *limit, None, share))?
        };
        let behind = work::sorted(Limit::ALL.iter().filter_map(behind).collect());
        let first = work::cause(scene, Limit::NoAnswer, None, 1.0).map(|cause| Cause {
            remark: behind.first().map(|cause| missing(scene, cause)),
            ..cause
        });
        let causes = first.into_iter().chain(behind).collect();
        scene.finding(Symptom::StoredAgain, None, causes)
    })
}

/// Records that were stored after later ones of their key, and what was at work then.
fn reordered(scene: &Scene<'_>) -> Option<Finding> {
    scene.run.reordered.filter(|records| *records > 0)?;
    let points = &scene.run.points;
    let before = std::iter::once(0).chain(points.iter().map(|point| point.reordered));
    let each = points.iter().zip(before);
    let weights: Vec<Waited> = each
        .map(|(point, before)| Waited::always(point.reordered.saturating_sub(before) as f64))
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
    let late = Lateness::of(scene, lateness::append, lateness::accepted)?;
    let weights = late.spread(&scene.run.points);
    Some(scene.finding(Symptom::LateAcknowledgement, None, ranked(scene, &weights)))
}

/// The limits behind weights. What clients do comes after the limits that make them do it, and slow copies after what slows
/// machines down, unless those explain too little.
pub(super) fn ranked(scene: &Scene<'_>, weights: &[Waited]) -> Vec<Cause> {
    let of = |may: &dyn Fn(Limit) -> bool| work::causes(scene, None, weights, may);
    let roots = of(&|limit| ROOTS.contains(&limit));
    let copies = of(&|limit| limit == Limit::SlowFollowers);
    let clients = of(&|limit| IN_CLIENTS.contains(&limit));
    let first = |causes: &[Cause]| causes.first().map_or(0.0, |cause| cause.share);
    // Parts of machines share what requests wait for them.
    let root: f64 = roots.iter().map(|cause| cause.share).sum();
    let copy = first(&copies);
    let roots: Vec<Cause> = tightest_first(roots)
        .into_iter()
        .map(|cause| lanes::with_remark(scene, cause))
        .collect();
    if first(&roots) >= super::KNOWN_LEAST && root >= BEFORE_COPIES * copy {
        [roots, copies, clients].concat()
    } else if copy >= super::KNOWN_LEAST {
        [copies, roots, clients].concat()
    } else {
        connection_first(work::sorted([roots, copies, clients].concat()))
    }
}

/// What waits on a connection fills what may be in flight: a connection that explains enough is named before that.
fn connection_first(mut causes: Vec<Cause>) -> Vec<Cause> {
    let place = |limit: Limit| causes.iter().position(|cause| cause.limit == limit);
    if let (Some(full), Some(held)) = (place(Limit::InFlight), place(Limit::Connection))
        && full < held
        && causes[held].share >= super::KNOWN_LEAST
    {
        causes[full..=held].rotate_right(1);
    }
    causes
}

/// The causes of a late consumer with slow copies behind the limits that may be what slows them down, if those explain enough.
pub(super) fn copies_last(causes: Vec<Cause>) -> Vec<Cause> {
    let is_copy = |cause: &Cause| cause.limit == Limit::SlowFollowers;
    let Some(copy) = causes.iter().find(|cause| is_copy(cause)) else {
        return causes;
    };
    let copy = copy.share;
    let is_root = |cause: &Cause| ROOTS.contains(&cause.limit) && cause.share <= copy;
    let roots: f64 = causes.iter().filter(|c| is_root(c)).map(|c| c.share).sum();
    let first = causes.iter().find(|cause| is_root(cause));
    if first.is_none_or(|root| root.share < super::KNOWN_LEAST) || roots < BEFORE_COPIES * copy {
        return causes;
    }
    let (copies, mut others): (Vec<Cause>, Vec<Cause>) = causes.into_iter().partition(is_copy);
    let place = others
        .iter()
        .rposition(|cause| ROOTS.contains(&cause.limit));
    let place = place.map_or(others.len(), |place| place + 1);
    others.splice(place..place, copies);
    others
}

/// Why a volume stands before what explains more.
const TIGHTEST: &str = "Requests pass the network and the threads before it: that they queue here too shows that it is slower";

/// A written byte passes the network, the threads and the volume of a broker in this order. A queue before the volume shows that the
/// volume is slower than what comes before it, however long the queues there are: it is named first.
fn tightest_first(mut roots: Vec<Cause>) -> Vec<Cause> {
    let before = |limit: Limit| matches!(limit, Limit::Network | Limit::Cpu | Limit::Pause);
    let place = roots.iter().position(|cause| cause.limit == Limit::Volume);
    if let (Some(place), Some(first)) = (place, roots.first())
        && before(first.limit)
        && roots[place].share >= QUEUE_LEAST * first.share
    {
        roots[..=place].rotate_right(1);
        roots[0].remark = Some(TIGHTEST.to_owned());
    }
    roots
}
