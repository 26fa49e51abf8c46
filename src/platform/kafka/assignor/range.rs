//! Contiguous blocks, topic by topic: with several topics the first members get more of each.
//!
//! # Source
//! Apache Kafka 3.9, `RangeAssignor`.

use super::TopicPartition;
use super::problem::Problem;

/// What each member gets.
pub(super) fn assign(problem: &Problem<'_>) -> Vec<Vec<TopicPartition>> {
    let mut given = vec![Vec::new(); problem.members.len()];
    let takers = problem.takers(problem.static_first().into_iter());
    for (topic, takers) in (0..).zip(takers) {
        let mut partitions = problem.of_topic(topic);
        let count = partitions.size_hint().0;
        for (turn, member) in takers.iter().enumerate() {
            let block = count / takers.len() + usize::from(turn < count % takers.len());
            given[*member].extend(partitions.by_ref().take(block));
        }
    }
    given
}
