//! The sticky algorithm of a group with differing subscriptions: everyone keeps what it has, each
//! unassigned partition goes to the least loaded subscriber, and then partitions move one by one as
//! long as that makes the loads more even.
//!
//! # Source
//! Apache Kafka 3.9, `AbstractStickyAssignor.GeneralAssignmentBuilder`, `PartitionMovements`.

use super::TopicPartition;
use super::problem::{Notes, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// What each member gets.
pub(super) fn assign(
    problem: &Problem<'_>,
    owned: Vec<Vec<TopicPartition>>,
) -> Vec<Vec<TopicPartition>> {
    let mut work = Work::new(problem);
    work.keep(owned);
    work.balance();
    work.given
}

/// An assignment in the making.
struct Work<'a> {
    problem: &'a Problem<'a>,
    /// The subscribers of each topic.
    takers: Vec<Vec<usize>>,
    /// All partitions: those with the fewest possible takers first.
    partitions: Vec<TopicPartition>,
    /// What each member has.
    given: Vec<Vec<TopicPartition>>,
    /// Who has each partition.
    holder: Notes<usize>,
    /// Who had a partition in the latest generation before the newest, and that generation.
    previous: Notes<(i32, usize)>,
    /// Members that can gain or lose.
    free: Vec<usize>,
    /// Whether a member had to give up a topic to which it no longer subscribes.
    unsubscribed: bool,
    movements: Movements,
}

impl<'a> Work<'a> {
    fn new(problem: &'a Problem<'a>) -> Self {
        let members = problem.members.len();
        let takers = problem.takers(0..members);
        let mut topics: Vec<u32> = (0..takers.len() as u32).collect();
        topics.sort_by_key(|topic| takers[*topic as usize].len());
        let partitions = topics
            .into_iter()
            .flat_map(|topic| problem.of_topic(topic))
            .collect();
        Self {
            problem,
            takers,
            partitions,
            given: vec![Vec::new(); members],
            holder: problem.notes(),
            previous: previous(problem),
            free: Vec::new(),
            unsubscribed: false,
            movements: Movements::default(),
        }
    }

    fn load(&self, member: usize) -> usize {
        self.given[member].len()
    }

    fn takes(&self, member: usize, partition: TopicPartition) -> bool {
        self.problem.topics[member]
            .binary_search(&partition.topic)
            .is_ok()
    }

    fn takers(&self, partition: TopicPartition) -> &[usize] {
        &self.takers[partition.topic as usize]
    }

    /// The subscriber with the fewest partitions, the first by id among equals.
    fn lightest(&self, partition: TopicPartition) -> Option<usize> {
        self.takers(partition)
            .iter()
            .copied()
            .min_by_key(|member| self.load(*member))
    }

    fn give(&mut self, partition: TopicPartition, member: usize) {
        self.given[member].push(partition);
        self.holder.set(partition, member);
    }

    /// Leaves everyone what it owns and still subscribes to.
    fn keep(&mut self, owned: Vec<Vec<TopicPartition>>) {
        for (member, list) in owned.into_iter().enumerate() {
            for partition in list {
                if self.takes(member, partition) {
                    self.give(partition, member);
                } else {
                    self.unsubscribed = true;
                }
            }
        }
    }

    /// Gives the unassigned partitions away and evens out the loads.
    fn balance(&mut self) {
        let fresh = self.given.iter().all(Vec::is_empty);
        let unassigned: Vec<TopicPartition> = {
            let nobodys = |partition: &TopicPartition| self.holder.get(*partition).is_none();
            self.partitions.iter().copied().filter(nobodys).collect()
        };
        for partition in &unassigned {
            if let Some(member) = self.lightest(*partition) {
                self.give(*partition, member);
            }
        }
        self.free = (0..self.given.len())
            .filter(|member| self.is_free(*member))
            .collect();
        let before = self.given.clone();
        // Without a forced revocation, try first whether moving the new partitions alone is enough.
        if !self.unsubscribed {
            self.even_out(&unassigned);
        }
        let all = self.partitions.clone();
        let moved = self.even_out(&all);
        // Moves that gained nothing are not worth their price, unless nothing was owned before.
        if !fresh && moved && self.unevenness(&self.given) >= self.unevenness(&before) {
            self.given = before;
        }
    }

    /// Whether a member can gain a partition, or lose one to another subscriber.
    fn is_free(&self, member: usize) -> bool {
        let count = |topic: &u32| self.problem.partitions[*topic as usize] as usize;
        self.load(member) < self.problem.topics[member].iter().map(count).sum()
            || self.given[member]
                .iter()
                .any(|partition| self.takers(*partition).len() > 1)
    }

    /// Whether no member could take a partition from one that has more.
    fn is_balanced(&self) -> bool {
        let loads = || self.free.iter().map(|member| self.load(*member));
        let (Some(least), Some(most)) = (loads().min(), loads().max()) else {
            return true;
        };
        if least + 1 >= most {
            return true;
        }
        let heaviest = |holders: &mut dyn Iterator<Item = &usize>| {
            holders.map(|member| self.load(*member)).max()
        };
        let heaviest: Vec<usize> = self
            .holder
            .by_topic()
            .map(|mut holders| heaviest(&mut holders).unwrap_or(0))
            .collect();
        let gains = |member: &usize| {
            self.problem.topics[*member]
                .iter()
                .any(|topic| self.load(*member) < heaviest[*topic as usize])
        };
        !self.free.iter().any(gains)
    }

    /// Moves some of these partitions until the loads are even or no move helps. Whether any moved.
    fn even_out(&mut self, partitions: &[TopicPartition]) -> bool {
        let mut balanced = self.is_balanced();
        let mut any = false;
        // Java repeats without a limit. A move for the sake of stickiness need not lower the
        // unevenness, so here the number of repetitions is bounded, far above what occurs.
        for _ in 0..=partitions.len() {
            let mut moved = false;
            for partition in partitions {
                if balanced {
                    break;
                }
                if let Some(target) = self.target(*partition) {
                    self.reassign(*partition, target);
                    balanced = self.is_balanced();
                    moved = true;
                }
            }
            any |= moved;
            if !moved {
                break;
            }
        }
        any
    }

    /// Who should rather have a partition: who had it before, or else the least loaded subscriber,
    /// if it has at least two partitions fewer than the holder.
    fn target(&self, partition: TopicPartition) -> Option<usize> {
        if self.takers(partition).len() < 2 {
            return None;
        }
        let load = self.load(*self.holder.get(partition)?);
        let lighter = |member: &usize| load > self.load(*member) + 1;
        let previous = self.previous.get(partition).map(|(_, member)| *member);
        // Java does not ask whether the former holder still subscribes.
        let previous = previous.filter(|member| self.takes(*member, partition));
        previous
            .filter(lighter)
            .or_else(|| self.lightest(partition).filter(lighter))
    }

    /// Moves a partition, or one of its topic that came the other way and can go back instead.
    fn reassign(&mut self, partition: TopicPartition, target: usize) {
        let Some(holder) = self.holder.get(partition).copied() else {
            return;
        };
        let partition = self.movements.better(partition, holder, target);
        let Some(holder) = self.holder.get(partition).copied() else {
            return;
        };
        self.movements.note(partition, holder, target);
        self.given[holder].retain(|held| *held != partition);
        self.give(partition, target);
    }

    /// The sum over all pairs of members that can gain or lose of the difference of their loads.
    fn unevenness(&self, given: &[Vec<TopicPartition>]) -> usize {
        let mut loads: Vec<usize> = self
            .free
            .iter()
            .map(|member| given[*member].len())
            .collect();
        loads.sort_unstable();
        let (mut sum, mut below) = (0, 0);
        for (lighter, load) in loads.into_iter().enumerate() {
            sum += lighter * load - below;
            below += load;
        }
        sum
    }
}

/// Who had each partition in the latest generation before the newest one.
fn previous(problem: &Problem<'_>) -> Notes<(i32, usize)> {
    let mut previous = problem.notes::<(i32, usize)>();
    let newest = problem.members.iter().map(|member| member.generation).max();
    for (member, held) in problem.owned.iter().enumerate() {
        let generation = problem.members[member].generation;
        if Some(generation) == newest {
            continue;
        }
        for partition in held {
            if previous
                .get(*partition)
                .is_none_or(|(other, _)| *other < generation)
            {
                previous.set(*partition, (generation, member));
            }
        }
    }
    previous
}

/// From whom to whom partitions have moved in this rebalance.
#[derive(Default)]
struct Movements {
    of: BTreeMap<TopicPartition, (usize, usize)>,
    /// The same the other way round, by topic, giver and taker.
    between: BTreeMap<(u32, usize, usize), BTreeSet<TopicPartition>>,
}

impl Movements {
    /// A partition of the topic that has moved from the target to the holder, if there is one:
    /// sending it back costs no move. Java takes any such, this the lowest.
    fn better(&self, partition: TopicPartition, holder: usize, target: usize) -> TopicPartition {
        let origin = self.of.get(&partition).map_or(holder, |(from, _)| *from);
        let back = self.between.get(&(partition.topic, target, origin));
        back.and_then(BTreeSet::first).copied().unwrap_or(partition)
    }

    /// Takes down that a partition moves. Several moves of one partition count as one.
    fn note(&mut self, partition: TopicPartition, from: usize, to: usize) {
        let mut origin = from;
        if let Some((first, last)) = self.of.remove(&partition) {
            origin = first;
            let key = (partition.topic, first, last);
            if let Some(same) = self.between.get_mut(&key) {
                same.remove(&partition);
                if same.is_empty() {
                    self.between.remove(&key);
                }
            }
        }
        if origin != to {
            self.of.insert(partition, (origin, to));
            self.between
                .entry((partition.topic, origin, to))
                .or_default()
                .insert(partition);
        }
    }
}
