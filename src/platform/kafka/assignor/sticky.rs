//! What both sticky assignors share: whose claim to a partition holds, which of two algorithms
//! works, and the cooperative protocol's rule that nobody gets what another still holds.
//!
//! # Source
//! Apache Kafka 3.9, `AbstractStickyAssignor`, `CooperativeStickyAssignor`.

use super::problem::Problem;
use super::{TopicPartition, constrained, general};
use std::collections::BTreeSet;

/// What the members bring along.
pub(super) struct Claims {
    /// What each member may count as its own.
    pub owned: Vec<Vec<TopicPartition>>,
    /// Partitions that several members of one generation claim, so that they are nobody's.
    pub contested: BTreeSet<TopicPartition>,
}

/// What each member gets; of a cooperative group, in this round.
pub(super) fn assign(problem: &Problem<'_>, cooperative: bool) -> Vec<Vec<TopicPartition>> {
    let claims = claims(problem);
    let (mut given, moving) = if problem.equal {
        constrained::assign(problem, &claims)
    } else {
        let given = general::assign(problem, claims.owned);
        let moving = moving(problem, &given);
        (given, moving)
    };
    if cooperative {
        for list in &mut given {
            list.retain(|partition| !moving.contains(partition));
        }
    }
    given
}

/// Of two claims to a partition the one of the later generation holds.
fn claims(problem: &Problem<'_>) -> Claims {
    let mut claims = Claims {
        owned: vec![Vec::new(); problem.members.len()],
        contested: BTreeSet::new(),
    };
    let mut claimant = problem.notes::<usize>();
    for (member, held) in problem.owned.iter().enumerate() {
        let generation = problem.members[member].generation;
        for partition in held {
            let other = claimant.get(*partition).copied();
            let other_generation = other.map(|other| problem.members[other].generation);
            if other_generation.is_some_and(|theirs| theirs > generation) {
                continue;
            }
            if let Some(other) = other {
                claims.owned[other].retain(|owned| owned != partition);
            }
            if other_generation == Some(generation) {
                claims.contested.insert(*partition);
            } else {
                claims.owned[member].push(*partition);
            }
            claimant.set(*partition, member);
        }
    }
    claims
}

/// Partitions that one member loses and another gets.
fn moving(problem: &Problem<'_>, given: &[Vec<TopicPartition>]) -> BTreeSet<TopicPartition> {
    let (mut added, mut revoked) = (BTreeSet::new(), BTreeSet::new());
    for (before, after) in problem.owned.iter().zip(given) {
        let before: BTreeSet<TopicPartition> = before.iter().copied().collect();
        let after: BTreeSet<TopicPartition> = after.iter().copied().collect();
        added.extend(after.difference(&before));
        revoked.extend(before.difference(&after));
    }
    &added & &revoked
}
