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
const ROOTS: [Limit; 10] = [
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

/// A record that ends may have met its limit so long before `[s]`: it waited in its client since.
const MEMORY_S: f64 = 150.0;
/// So many records of all may wait in clients at the end without being behind.
const HELD_SHARE: f64 = 0.01;

/// The findings about writing.
pub(super) fn findings(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(throttled(scene));
    let ended = |point: &Point| point.counts.ended as f64;
    findings.extend(waited(scene, Symptom::EndedEarly, ended));
    let ledger = &scene.run.ledger;
    if ledger.client_held as f64 > HELD_SHARE * ledger.offered as f64 {
        let held = |point: &Point| point.client_held as f64;
        findings.extend(waited(scene, Symptom::HeldByClients, held));
    }
    findings.extend(late(scene));
    findings
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

/// The limits behind weights: what clients do comes after the limits that make them do it, unless those explain too little.
pub(super) fn ranked(scene: &Scene<'_>, weights: &[f64]) -> Vec<Cause> {
    let roots = work::causes(scene, None, weights, |limit| ROOTS.contains(&limit));
    let enough = roots.iter().any(|cause| cause.share >= super::KNOWN_LEAST);
    let mut causes: Vec<Cause> = roots
        .into_iter()
        .map(|cause| lanes::with_remark(scene, cause))
        .collect();
    let clients = work::causes(scene, None, weights, |limit| IN_CLIENTS.contains(&limit));
    if enough {
        causes.extend(clients);
        return causes;
    }
    causes.extend(clients);
    work::sorted(causes)
}
