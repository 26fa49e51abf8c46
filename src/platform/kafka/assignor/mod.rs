//! The assignors of a consumer group: which member reads which partition after a rebalance. Racks
//! are left out: no member names one, so that Java's rack-aware steps do nothing.
//!
//! # Source
//! Apache Kafka 3.9, `RangeAssignor`, `RoundRobinAssignor`, `StickyAssignor`, `CooperativeStickyAssignor`, held
//! against their answers in `tests/golden/kafka-assignors.json`.

mod constrained;
mod general;
mod problem;
mod range;
mod round_robin;
mod sticky;

use problem::Problem;

/// A partition of a topic. The order is that of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic: its place in the list of topics handed to the assignor.
    pub topic: u32,
    /// The partition's number in it.
    pub partition: u32,
}

/// A topic that the cluster has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name, unlike all others.
    pub name: String,
    /// How many partitions it has.
    pub partitions: u32,
}

/// A member of the group as it joins a rebalance.
///
/// # Source
/// Apache Kafka 3.9, `ConsumerPartitionAssignor.Subscription`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member id, unlike all others. Order counts by it.
    pub id: String,
    /// `group.instance.id` of a static member.
    pub instance: Option<String>,
    /// Names of the topics it subscribes to; those that the cluster does not have count for nothing.
    pub topics: Vec<String>,
    /// What it had before. Only the sticky assignors look at it.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it was given `owned`; -1 for none.
    pub generation: i32,
}

impl Member {
    /// A dynamic member that owns nothing yet.
    #[must_use]
    pub fn new(id: impl Into<String>, topics: Vec<String>) -> Self {
        Self {
            id: id.into(),
            instance: None,
            topics,
            owned: Vec::new(),
            generation: -1,
        }
    }
}

/// How partitions are given to members.
///
/// # Source
/// Apache Kafka 3.9, `ConsumerConfig`: `partition.assignment.strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// Contiguous blocks of each topic, the larger ones to the first members.
    Range,
    /// All partitions in turn.
    RoundRobin,
    /// Even loads with as few moves as possible; everything is revoked first.
    Sticky,
    /// Like `Sticky`, but a partition that moves is given up in one round and assigned in the next.
    CooperativeSticky,
}

impl Assignor {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Range,
        Self::RoundRobin,
        Self::Sticky,
        Self::CooperativeSticky,
    ];

    /// Kafka's name for it.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ConsumerPartitionAssignor.name` of each class.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// What each member gets, in the order of `members`. Lists of the sticky assignors begin with what
    /// was kept; none is sorted.
    ///
    /// With `CooperativeSticky` this is one round: a partition that a member still holds and that is
    /// to move is given to nobody. As long as some member loses a partition it had, the caller runs
    /// another round with the result as `owned`.
    ///
    /// Where Java's answer hangs on the order of a hash map (which of several overfull members keeps
    /// one partition more), the order of member ids stands for it.
    ///
    /// # Source
    /// Apache Kafka 3.9, `AbstractPartitionAssignor` and its subclasses.
    #[must_use]
    pub fn assign(self, topics: &[Topic], members: &[Member]) -> Vec<Vec<TopicPartition>> {
        if members.is_empty() {
            return Vec::new();
        }
        let problem = Problem::new(topics, members);
        let given = match self {
            Self::Range => range::assign(&problem),
            Self::RoundRobin => round_robin::assign(&problem),
            Self::Sticky => sticky::assign(&problem, false),
            Self::CooperativeSticky => sticky::assign(&problem, true),
        };
        problem.hand_back(given)
    }
}
