//! The sticky algorithm of a group whose members all subscribe to the same topics: everyone keeps
//! what it has up to its quota, and what is left over fills the members below theirs in turn. Its
//! time is that of sorting the partitions.
//!
//! # Source
//! Apache Kafka 3.9, `AbstractStickyAssignor.ConstrainedAssignmentBuilder`.

use super::TopicPartition;
use super::problem::Problem;
use super::sticky::Claims;
use std::collections::{BTreeSet, VecDeque};

/// Members that may get more.
#[derive(Default)]
struct Hungry {
    /// Below the lower quota, in turn.
    below: VecDeque<usize>,
    /// At the lower quota: candidates for one partition more, once nobody is below.
    at: VecDeque<usize>,
}

/// What each member gets, and which of that was another's until now.
pub(super) fn assign(
    problem: &Problem<'_>,
    claims: &Claims,
) -> (Vec<Vec<TopicPartition>>, BTreeSet<TopicPartition>) {
    let members = problem.members.len();
    let total = problem
        .partitions
        .iter()
        .map(|count| *count as usize)
        .sum::<usize>();
    let quota = total / members;
    let (mut given, mut hungry, revoked) = keep(claims, quota, total % members);
    let mut kept = problem.notes();
    for partition in given.iter().flatten() {
        kept.set(*partition, ());
    }
    let mut moving = BTreeSet::new();
    for partition in problem
        .all()
        .filter(|partition| kept.get(*partition).is_none())
    {
        let below = hungry.below.pop_front();
        // The quotas add up to the number of partitions, so at least one member is below its quota.
        let Some(member) = below.or_else(|| hungry.at.pop_front()) else {
            break;
        };
        given[member].push(partition);
        if below.is_some() && given[member].len() < quota {
            hungry.below.push_back(member);
        } else if below.is_some() {
            hungry.at.push_back(member);
        }
        if revoked.contains(&partition) || claims.contested.contains(&partition) {
            moving.insert(partition);
        }
    }
    (given, moving)
}

/// Leaves each member what it owns up to the lower quota, and one more to as many as may have one
/// more; then who may get more, and what was taken away.
fn keep(
    claims: &Claims,
    quota: usize,
    mut extras: usize,
) -> (Vec<Vec<TopicPartition>>, Hungry, BTreeSet<TopicPartition>) {
    let mut hungry = Hungry::default();
    let mut revoked = BTreeSet::new();
    let mut given = Vec::with_capacity(claims.owned.len());
    for (member, owned) in claims.owned.iter().enumerate() {
        // A contested partition can be here as well, won by a member of a later generation.
        let mut kept = owned.clone();
        kept.retain(|partition| !claims.contested.contains(partition));
        // By number, then topic: of several topics the highest numbers are given up first.
        kept.sort_unstable_by_key(|held| (held.partition, held.topic));
        let mut room = quota;
        if kept.len() < quota {
            hungry.below.push_back(member);
        } else if kept.len() > quota && extras > 0 {
            room += 1;
            extras -= 1;
            if extras == 0 {
                hungry.at.clear();
            }
        } else if extras > 0 {
            hungry.at.push_back(member);
        }
        revoked.extend(kept.drain(room.min(kept.len())..));
        given.push(kept);
    }
    (given, hungry, revoked)
}
