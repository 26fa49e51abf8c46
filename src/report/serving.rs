//! Which systems serve the load that they are offered: what a bill is worth.

use super::causes::lateness;
use super::{Report, format};
use crate::probe::RunResult;

/// A system serves its load if no more than this share of it is refused, lost or expired, or still far behind at the end.
pub(super) const MISSED_MOST: f64 = 0.01;
/// A consumer is far behind if it would take more than so long to offer it again what it has not read `[s]`.
pub(super) const BEHIND_S: f64 = 10.0;

/// From how many seconds of records on a consumer is far behind: ten, or twice what its path takes when it is fastest. A function
/// that gathers records for a window is not behind because of it.
pub(super) fn far_s(run: &RunResult, consumer: usize) -> f64 {
    let delays = run
        .points
        .iter()
        .filter_map(|point| lateness::delivery(point, consumer));
    let fastest = delays.fold(f64::INFINITY, f64::min);
    let usual = if fastest.is_finite() { fastest } else { 0.0 };
    BEHIND_S.max(2.0 * usual)
}

fn mean(report: &Report, name: &str, consumer: Option<usize>, system: usize) -> f64 {
    let row = report.row(name, consumer);
    let value = row.and_then(|row| row.values.get(system).copied().flatten());
    value.map_or(0.0, |value| value.mean)
}

/// The share of the offered records that a system did not serve: of its worst consumer those that are never delivered and,
/// if it is far behind, those that it has not read; and those that clients hold, if they are more than a few.
pub(super) fn missed(report: &Report, system: usize) -> f64 {
    let get = |name: &str| mean(report, name, None, system);
    let offered = get("offered").max(1.0);
    let held = Some(get("held_by_clients")).filter(|held| *held > MISSED_MOST * offered);
    let ended = get("refused") + get("expired_in_client") + get("lost");
    let of_consumer = |consumer: usize| {
        let get = |name: &str| mean(report, name, Some(consumer), system);
        let run = report.systems[system].runs.first();
        let far = run.map_or(BEHIND_S, |run| far_s(run, consumer));
        let behind = far * mean(report, "accepted_rate", None, system);
        let unread = Some(get("unread")).filter(|unread| *unread > behind);
        get("never_delivered") + unread.unwrap_or_default()
    };
    let worst = (0..report.consumers.len()).map(of_consumer);
    let worst = worst.fold(ended, f64::max);
    (worst + held.unwrap_or_default()) / offered
}

/// The words behind the bill of a system that does not serve its load.
pub(super) fn words(report: &Report, system: usize) -> Option<String> {
    let missed = missed(report, system);
    (missed > MISSED_MOST).then(|| {
        let share = format::percent(missed);
        format!("does not serve the load: {share} of it was refused, lost, expired or left behind")
    })
}

/// The numbers of all systems in the order of their bills: those that serve their load, then the others.
pub(super) fn order(report: &Report) -> Vec<usize> {
    let mut order: Vec<usize> = (0..report.systems.len()).collect();
    order.sort_by_key(|system| missed(report, *system) > MISSED_MOST);
    order
}
