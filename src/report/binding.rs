//! Limits at work, as reports name them.

use super::Report;
use crate::probe::{Bound, Entity, RunResult};

/// The consumer that a limit holds up; empty for producers and the system.
pub(super) fn consumer<'a>(report: &'a Report, bound: &Bound) -> &'a str {
    let index = bound.consumer.map(usize::from);
    index
        .and_then(|index| report.consumers.get(index))
        .map_or("", String::as_str)
}

/// The entity that a limit holds up most, by name.
pub(super) fn entity(report: &Report, run: &RunResult, bound: &Bound) -> String {
    let number = bound.number as usize;
    match bound.limit.entity() {
        Entity::System => String::new(),
        Entity::Lane => {
            let lane = run.lanes.get(number);
            lane.map_or_else(|| number.to_string(), |lane| lane.name.clone())
        }
        Entity::Host => {
            let host = run.hosts.get(number);
            host.map_or_else(|| number.to_string(), |host| host.name.clone())
        }
        Entity::Producer => format!("producer {}", number + 1),
        Entity::Worker => format!("worker {} of {}", number + 1, consumer(report, bound)),
    }
}
