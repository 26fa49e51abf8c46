//! What a limit did over a whole run.

use super::lateness::Waited;
use super::{Cause, Scene};
use crate::probe::{Amount, Bound, Limit, Point};
use crate::report::binding;
use std::collections::BTreeMap;

/// The parts of a machine.
const PARTS: [Limit; 6] = [
    Limit::Cpu,
    Limit::Pause,
    Limit::Network,
    Limit::Volume,
    Limit::SlowVolume,
    Limit::Credits,
];

/// How strongly a limit acted in an interval, from 0 to 1: the share of the interval for which the entity that it held up most
/// had to wait, or 1 for refusals.
pub(in crate::report) fn strength(bound: &Bound, point: &Point) -> f64 {
    match bound.limit.amount() {
        Amount::Seconds => (bound.largest as f64 / 1e9 / point.length.max(1e-9)).min(1.0),
        Amount::Attempts | Amount::Records => 1.0,
    }
}

/// How strongly a limit held records up in an interval, from 0 to 1: as [`strength`], but refusals count for as long as they made
/// their callers wait, where that is measured.
///
/// A wait in one piece explains a delay that is not longer, however long the interval is in which it lies. So does what a burst
/// makes one entity wait above its `usual` share of the time.
fn hold(bound: &Bound, point: &Point, delay: f64, usual: f64) -> f64 {
    let held = match bound.held {
        0 if in_one_piece(bound.limit) => bound.largest,
        held => held,
    };
    let longest = point.length.min(delay).max(1e-9);
    if held > 0 {
        return (held as f64 / 1e9 / longest).min(1.0);
    }
    let strength = strength(bound, point);
    if in_bursts(bound.limit) {
        let more = (strength - usual) * point.length;
        return strength.max(more / longest).min(1.0);
    }
    strength
}

/// Whether what waits for a limit is one entity, which waits for one thing at a time: then a burst shorter than an interval, or a row of
/// attempts that fail, shows as more waiting than usual.
fn in_bursts(limit: Limit) -> bool {
    matches!(
        limit,
        Limit::InFlight
            | Limit::Connection
            | Limit::BackOff
            | Limit::Metadata
            | Limit::ProducerBuffer
            | Limit::BusyWorker
    )
}

/// Which share of the time a limit is at work usually: the median over all intervals.
fn usual(scene: &Scene<'_>, limit: Limit, consumer: Option<usize>) -> f64 {
    let of = |point: &Point| {
        let mut bounds = point.bound.iter();
        let bound = bounds.find(|of| of.limit == limit && Scene::concerns(of, consumer));
        bound.map_or(0.0, |bound| strength(bound, point))
    };
    let mut shares: Vec<f64> = scene.run.points.iter().map(of).collect();
    shares.sort_by(f64::total_cmp);
    shares.get(shares.len() / 2).copied().unwrap_or_default()
}

/// Whether a limit makes an entity wait once and for long, not again and again for a short time.
fn in_one_piece(limit: Limit) -> bool {
    matches!(
        limit,
        Limit::NoOwner
            | Limit::ReaderDown
            | Limit::ProducerDown
            | Limit::WorkerStill
            | Limit::ParentsFirst
            | Limit::NewLane
            | Limit::ReaderMetadata
            | Limit::Moving
            | Limit::NoLeader
            | Limit::JoinDelay
            | Limit::ConsumerDown
            | Limit::Absent
            | Limit::VolumeFull
    )
}

/// The causes behind a weight that each interval has: the part of a limit is the share of all weights in whose intervals it
/// acted, as strongly as it did. `may` says which limits can be a cause.
pub(super) fn causes(
    scene: &Scene<'_>,
    consumer: Option<usize>,
    waited: &[Waited],
    may: impl Fn(Limit) -> bool,
) -> Vec<Cause> {
    let all: f64 = waited.iter().map(|waited| waited.weight).sum();
    let mut parts: BTreeMap<Limit, f64> = BTreeMap::new();
    let bursts = Limit::ALL.iter().filter(|limit| in_bursts(**limit));
    let usual: BTreeMap<Limit, f64> = bursts
        .map(|limit| (*limit, usual(scene, *limit, consumer)))
        .collect();
    for (point, waited) in scene.run.points.iter().zip(waited) {
        let acting = point.bound.iter().filter(|bound| may(bound.limit));
        for bound in acting.filter(|bound| Scene::concerns(bound, consumer)) {
            let usual = usual.get(&bound.limit).copied().unwrap_or_default();
            *parts.entry(bound.limit).or_default() +=
                waited.weight * hold(bound, point, waited.delay, usual) * of_hosts(bound, point);
        }
    }
    let share = |(limit, part): (Limit, f64)| cause(scene, limit, consumer, part / all.max(1e-12));
    let mut causes = sorted(parts.into_iter().filter_map(share).collect());
    let per_mille = |cause: &Cause| (cause.share * 1000.0).round();
    let calm = |cause: &Cause| in_calm(scene, cause.limit, consumer, waited);
    causes.sort_by(|a, b| {
        let parts = per_mille(b).total_cmp(&per_mille(a));
        parts.then_with(|| calm(a).total_cmp(&calm(b)))
    });
    causes
}

/// How strongly a limit acted while less was wrong than at the worst, the more so the less was wrong. Of two limits that have the same
/// part in a trouble, the one that acts in calm as well is less likely to be its cause.
fn in_calm(scene: &Scene<'_>, limit: Limit, consumer: Option<usize>, waited: &[Waited]) -> f64 {
    let worst = waited
        .iter()
        .map(|waited| waited.weight)
        .fold(0.0, f64::max);
    let (mut all, mut acted) = (0.0, 0.0);
    for (point, waited) in scene.run.points.iter().zip(waited) {
        let mut bounds = point.bound.iter();
        let bound = bounds.find(|of| of.limit == limit && Scene::concerns(of, consumer));
        let calm = worst - waited.weight;
        all += calm;
        acted += bound.map_or(0.0, |bound| strength(bound, point)) * calm;
    }
    acted / all.max(1e-12)
}

/// Requests pass the parts of a machine one after the other: of what they wait for all parts, the share that this one has; 1 for
/// limits of another kind.
fn of_hosts(bound: &Bound, point: &Point) -> f64 {
    if !PARTS.contains(&bound.limit) {
        return 1.0;
    }
    let parts = point
        .bound
        .iter()
        .filter(|other| PARTS.contains(&other.limit));
    let all: f64 = parts.map(|other| other.amount as f64).sum();
    bound.amount as f64 / all.max(1.0)
}

/// Causes in the order of their parts, the largest first.
pub(super) fn sorted(mut causes: Vec<Cause>) -> Vec<Cause> {
    causes.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.limit.cmp(&b.limit)));
    causes
}

/// A limit as a cause with this part, with its place and time; `None` if it never acted.
pub(super) fn cause(
    scene: &Scene<'_>,
    limit: Limit,
    consumer: Option<usize>,
    share: f64,
) -> Option<Cause> {
    let (mut from, mut to) = (f64::INFINITY, 0.0_f64);
    let mut places: BTreeMap<u32, (u64, Bound)> = BTreeMap::new();
    for point in &scene.run.points {
        let of_limit = point.bound.iter().filter(|bound| bound.limit == limit);
        for bound in of_limit.filter(|bound| Scene::concerns(bound, consumer)) {
            from = from.min(point.t - point.length);
            to = to.max(point.t);
            let place = places.entry(bound.number).or_insert((0, *bound));
            place.0 += bound.largest;
        }
    }
    // Of equals the first one.
    let most = places.values().rev().max_by_key(|(amount, _)| *amount)?;
    Some(Cause {
        limit,
        consumer: most.1.consumer.map(usize::from),
        share,
        counted: false,
        place: binding::entity(scene.report, scene.run, &most.1),
        from,
        to,
        remark: None,
        setting: None,
    })
}

/// How much a limit did in the whole run, to this consumer or to writers.
pub(super) fn total(scene: &Scene<'_>, limit: Limit, consumer: Option<usize>) -> f64 {
    let bounds = scene.run.points.iter().flat_map(|point| &point.bound);
    let of = bounds.filter(|bound| bound.limit == limit && Scene::concerns(bound, consumer));
    of.map(|bound| bound.amount as f64).sum()
}

/// How much a limit did in the whole run to this consumer alone.
pub(super) fn own_total(scene: &Scene<'_>, limit: Limit, consumer: usize) -> f64 {
    let bounds = scene.run.points.iter().flat_map(|point| &point.bound);
    let own = bounds
        .filter(|bound| bound.limit == limit && bound.consumer.map(usize::from) == Some(consumer));
    own.map(|bound| bound.amount as f64).sum()
}
