//! All partitions of all topics in turn; a member that does not subscribe to a topic is passed over.
//!
//! # Source
//! Apache Kafka 3.9, `RoundRobinAssignor`.

use super::TopicPartition;
use super::problem::Problem;

/// What each member gets.
pub(super) fn assign(problem: &Problem<'_>) -> Vec<Vec<TopicPartition>> {
    let mut given = vec![Vec::new(); problem.members.len()];
    let order = problem.static_first();
    // A topic that has partitions here has a subscriber, so each search ends within one turn.
    let mut turn = order.iter().cycle();
    for partition in problem.all() {
        let takes = |member: &&usize| {
            problem.topics[**member]
                .binary_search(&partition.topic)
                .is_ok()
        };
        if let Some(member) = turn.find(takes) {
            given[*member].push(partition);
        }
    }
    given
}
