//! A group in numbers: members and topics by their rank, so that no assignor compares names.
//!
//! # Source
//! Apache Kafka 3.9, `AbstractPartitionAssignor.assign`, `MemberInfo`.

use super::{Member, Topic, TopicPartition};

/// What the assignors work on. Members are numbered in the order of their ids, topics in the order
/// of their names; a [`TopicPartition`] in here has the rank of its topic.
pub(super) struct Problem<'a> {
    /// The members.
    pub members: Vec<&'a Member>,
    /// Partitions of each topic. None for a topic that nobody subscribes to: it is as good as absent.
    pub partitions: Vec<u32>,
    /// The topics of each member, ascending.
    pub topics: Vec<Vec<u32>>,
    /// What each member had of partitions that are still there and that somebody subscribes to.
    pub owned: Vec<Vec<TopicPartition>>,
    /// Whether all members name the same topics, those included that the cluster does not have.
    pub equal: bool,
    /// The place of each member in the list handed over.
    member_places: Vec<usize>,
    /// The place of each topic in the list handed over.
    topic_places: Vec<u32>,
}

/// The numbers 0..n in the order of what they stand for.
fn sorted<K: Ord>(n: usize, key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    places.sort_by_key(|place| key(*place));
    places
}

impl<'a> Problem<'a> {
    /// Ranks everything.
    pub(super) fn new(topics: &[Topic], members: &'a [Member]) -> Self {
        let member_places = sorted(members.len(), |place| members[place].id.as_str());
        let members: Vec<&Member> = member_places.iter().map(|place| &members[*place]).collect();
        let by_name = sorted(topics.len(), |place| topics[place].name.as_str());
        let mut ranks = vec![0; topics.len()];
        for (rank, place) in (0..).zip(&by_name) {
            ranks[*place] = rank;
        }
        let rank_of =
            |name: &str| by_name.binary_search_by_key(&name, |place| topics[*place].name.as_str());
        let mut partitions = vec![0; topics.len()];
        let mut subscribed = Vec::with_capacity(members.len());
        for member in &members {
            let mut mine: Vec<u32> = Vec::with_capacity(member.topics.len());
            for rank in member.topics.iter().filter_map(|name| rank_of(name).ok()) {
                partitions[rank] = topics[by_name[rank]].partitions;
                mine.push(rank as u32);
            }
            mine.sort_unstable();
            mine.dedup();
            subscribed.push(mine);
        }
        // Java keeps a partition beyond the topic's present end, and then loses count of what is
        // unassigned. Here it counts as gone.
        let owned = |member: &Member| {
            let ranked = |held: &TopicPartition| {
                let topic = *ranks.get(held.topic as usize)?;
                let there = held.partition < partitions[topic as usize];
                there.then_some(TopicPartition {
                    topic,
                    partition: held.partition,
                })
            };
            member.owned.iter().filter_map(ranked).collect()
        };
        let owned = members.iter().map(|member| owned(member)).collect();
        let equal = same_topics(&members);
        let topic_places = by_name.iter().map(|place| *place as u32).collect();
        Self {
            members,
            partitions,
            topics: subscribed,
            owned,
            equal,
            member_places,
            topic_places,
        }
    }

    /// The members in the order of range and round robin: static ones first, by their instance ids.
    pub(super) fn static_first(&self) -> Vec<usize> {
        sorted(self.members.len(), |rank| {
            let instance = self.members[rank].instance.as_deref();
            (instance.is_none(), instance)
        })
    }

    /// The members that subscribe to each topic, those of a topic in the order given.
    pub(super) fn takers(&self, order: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
        let mut takers = vec![Vec::new(); self.partitions.len()];
        for member in order {
            for topic in &self.topics[member] {
                takers[*topic as usize].push(member);
            }
        }
        takers
    }

    /// All partitions of one topic.
    pub(super) fn of_topic(&self, topic: u32) -> impl Iterator<Item = TopicPartition> + use<> {
        (0..self.partitions[topic as usize])
            .map(move |partition| TopicPartition { topic, partition })
    }

    /// All partitions, topic by topic.
    pub(super) fn all(&self) -> impl Iterator<Item = TopicPartition> {
        (0..self.partitions.len() as u32).flat_map(|topic| self.of_topic(topic))
    }

    /// A note on each partition, without any so far.
    pub(super) fn notes<T: Clone>(&self) -> Notes<T> {
        Notes(
            self.partitions
                .iter()
                .map(|count| vec![None; *count as usize])
                .collect(),
        )
    }

    /// Lists for each member by rank, brought into the order and the numbers of the caller.
    pub(super) fn hand_back(&self, given: Vec<Vec<TopicPartition>>) -> Vec<Vec<TopicPartition>> {
        let mut result = vec![Vec::new(); given.len()];
        for (mut list, place) in given.into_iter().zip(&self.member_places) {
            for held in &mut list {
                held.topic = self.topic_places[held.topic as usize];
            }
            result[*place] = list;
        }
        result
    }
}

/// Whether all members name the same topics.
fn same_topics(members: &[&Member]) -> bool {
    let names = |member: &Member| {
        let mut names: Vec<String> = member.topics.clone();
        names.sort_unstable();
        names.dedup();
        names
    };
    let first = members
        .first()
        .map(|member| (&member.topics, names(member)));
    first.is_none_or(|(raw, set)| {
        members
            .iter()
            .all(|member| member.topics == *raw || names(member) == set)
    })
}

/// Something known of some partitions.
#[derive(Clone)]
pub(super) struct Notes<T>(Vec<Vec<Option<T>>>);

impl<T> Notes<T> {
    /// The note on a partition.
    pub(super) fn get(&self, of: TopicPartition) -> Option<&T> {
        self.0
            .get(of.topic as usize)?
            .get(of.partition as usize)?
            .as_ref()
    }

    /// Writes the note on a partition that there is.
    pub(super) fn set(&mut self, of: TopicPartition, note: T) {
        self.0[of.topic as usize][of.partition as usize] = Some(note);
    }

    /// The notes of each topic.
    pub(super) fn by_topic(&self) -> impl Iterator<Item = impl Iterator<Item = &T>> {
        self.0.iter().map(|topic| topic.iter().flatten())
    }
}
