//! The metadata of a KRaft controller as a pure state machine: who is registered and fenced, which
//! topics there are, and for each partition its replicas, in-sync set, leader and leader epoch.
//!
//! It knows no time: when a broker is found dead or comes back is the caller's business. Eligible
//! leader replicas (KIP-966) are off unless [`Controller::with_eligible`] turns them on.
//!
//! # Source
//! Apache Kafka 3.9, `ReplicationControlManager`, `PartitionChangeBuilder`, `ClusterControlManager`; held
//! against answers of those classes.

mod change;
mod elect;
mod eligible;
pub mod placement;
mod topics;
mod validate;

pub use elect::AlterPartition;
pub use topics::NewTopic;
pub use validate::ApiError;

use change::{Change, Election, Moving};
use eligible::Eligible;
use placement::Candidate;
use std::collections::BTreeMap;
use validate::kind;

/// What the cluster applies where a topic says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// `num.partitions`.
    pub partitions: u32,
    /// `default.replication.factor`.
    pub replication_factor: u32,
    /// `unclean.leader.election.enable` of the cluster.
    pub unclean: bool,
}

/// What the controller knows about a partition.
///
/// # Source
/// Apache Kafka 3.9, `PartitionRegistration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The brokers that hold it, in assignment order: the first one is the preferred leader. While a
    /// reassignment runs: the new ones, then those that will go.
    pub replicas: Vec<u32>,
    /// The in-sync replicas; empty only with eligible leader replicas.
    pub isr: Vec<u32>,
    /// The eligible leader replicas (KIP-966), by id.
    pub eligible: Vec<u32>,
    /// Who led last, while no replica is in sync.
    pub last_leader: Option<u32>,
    /// Who leads, or nobody.
    pub leader: Option<u32>,
    /// Grows with each change of the leader and when a reassignment drops a replica.
    pub leader_epoch: u32,
    /// Whether the leader was elected although it was out of sync, and has not recovered yet.
    pub recovering: bool,
}

/// A partition whose registration has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// The topic's index.
    pub topic: u32,
    /// The partition.
    pub partition: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BrokerStatus {
    /// May lead and be in sync.
    Active,
    /// In controlled shutdown: still alive, but leads nothing and joins no in-sync set.
    Leaving,
    /// Dead, or not yet caught up with the metadata.
    Fenced,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    rack: u32,
    status: BrokerStatus,
}

/// The registered brokers.
#[derive(Clone, Debug, Default)]
struct Members(BTreeMap<u32, Member>);

impl Members {
    fn is_active(&self, broker: u32) -> bool {
        self.0
            .get(&broker)
            .is_some_and(|member| member.status == BrokerStatus::Active)
    }

    /// Sets a broker's status; `false` if it is unknown or had it already.
    fn set_status(&mut self, broker: u32, status: BrokerStatus) -> bool {
        match self.0.get_mut(&broker) {
            Some(member) if member.status != status => {
                member.status = status;
                true
            }
            _ => false,
        }
    }

    /// Those that may get replicas; brokers in controlled shutdown may not.
    fn candidates(&self) -> Vec<Candidate> {
        let usable = self
            .0
            .iter()
            .filter(|(_, member)| member.status != BrokerStatus::Leaving);
        let candidate = |(broker, member): (&u32, &Member)| Candidate {
            broker: *broker,
            rack: member.rack,
            fenced: member.status == BrokerStatus::Fenced,
        };
        usable.map(candidate).collect()
    }
}

#[derive(Clone, Debug)]
struct Topic {
    name: String,
    /// Its own `unclean.leader.election.enable`.
    unclean: Option<bool>,
    partitions: Vec<Registration>,
    /// The reassignments that are under way, by partition.
    moving: BTreeMap<u32, Moving>,
    /// `min.insync.replicas`, where eligible leader replicas are on.
    least: Option<u32>,
}

impl Topic {
    /// The election that keeps a partition online.
    fn election(&self, defaults: &Defaults) -> Election {
        if self.unclean.unwrap_or(defaults.unclean) {
            Election::Unclean
        } else {
            Election::Online
        }
    }

    /// Changes a partition; whether its registration became another one.
    fn change(
        &mut self,
        partition: u32,
        members: &Members,
        change: impl FnOnce(&mut Change),
    ) -> bool {
        let Some(registration) = self.partitions.get_mut(partition as usize) else {
            return false;
        };
        let moving = self.moving.remove(&partition);
        let mut wanted = Change::of(registration, moving);
        wanted.eligible = self.least.map(|least| Eligible::of(registration, least));
        change(&mut wanted);
        let (next, moving) = wanted.build(registration, |broker| members.is_active(broker));
        if let Some(moving) = moving {
            self.moving.insert(partition, moving);
        }
        let changed = next != *registration;
        *registration = next;
        changed
    }
}

/// The controller of a cluster.
#[derive(Clone, Debug)]
pub struct Controller {
    defaults: Defaults,
    members: Members,
    /// By index; a deleted topic leaves its place empty.
    topics: Vec<Option<Topic>>,
    by_name: BTreeMap<String, u32>,
    /// `min.insync.replicas` of new topics, where eligible leader replicas are on.
    least: Option<u32>,
}

impl Controller {
    /// A cluster without brokers and topics.
    #[must_use]
    pub fn new(defaults: Defaults) -> Self {
        Self {
            defaults,
            members: Members::default(),
            topics: Vec::new(),
            by_name: BTreeMap::new(),
            least: None,
        }
    }

    /// Registers a broker, unfenced; of a known broker only the rack is set.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ClusterControlManager.registerBroker`, which leaves it fenced until it has caught up
    /// with the metadata; that time is not modelled here.
    pub fn register(&mut self, broker: u32, rack: u32) {
        let fresh = Member {
            rack,
            status: BrokerStatus::Active,
        };
        self.members
            .0
            .entry(broker)
            .and_modify(|member| member.rack = rack)
            .or_insert(fresh);
    }

    /// Takes a broker off the list.
    ///
    /// # Errors
    /// `BROKER_ID_NOT_REGISTERED`; `INVALID_REQUEST` while it holds a replica.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ClusterControlManager.unregisterBroker`; that it must be empty is MSK's rule for the
    /// removal of brokers.
    pub fn unregister(&mut self, broker: u32) -> Result<(), ApiError> {
        if !self.members.0.contains_key(&broker) {
            return Err(ApiError::new(
                kind::BROKER_ID_NOT_REGISTERED,
                format!("Broker {broker} is not there."),
            ));
        }
        let mut all = self
            .topics
            .iter()
            .flatten()
            .flat_map(|topic| &topic.partitions);
        if all.any(|partition| partition.replicas.contains(&broker)) {
            return Err(ApiError::new(
                kind::INVALID_REQUEST,
                format!("Broker {broker} still holds replicas."),
            ));
        }
        self.members.0.remove(&broker);
        Ok(())
    }

    /// Whether a broker is fenced; one that is not registered counts as fenced.
    #[must_use]
    pub fn is_fenced(&self, broker: u32) -> bool {
        self.members
            .0
            .get(&broker)
            .is_none_or(|member| member.status == BrokerStatus::Fenced)
    }

    /// The registered brokers, fenced ones too, by id.
    pub fn brokers(&self) -> impl Iterator<Item = u32> + '_ {
        self.members.0.keys().copied()
    }

    /// A broker has been found dead: it leaves all in-sync sets but those where it is alone, and
    /// what it led gets another leader or none.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.handleBrokerFenced`.
    pub fn fence(&mut self, broker: u32) -> Vec<Changed> {
        let stands = self.members.set_status(broker, BrokerStatus::Fenced);
        if stands {
            self.withdraw(broker)
        } else {
            Vec::new()
        }
    }

    /// A broker is back: partitions without leader may get one. It joins no in-sync set before the
    /// leaders ask, and there is no fail-back.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.handleBrokerUnfenced`.
    pub fn unfence(&mut self, broker: u32) -> Vec<Changed> {
        let stands = self.members.set_status(broker, BrokerStatus::Active);
        if stands {
            self.elect_leaderless()
        } else {
            Vec::new()
        }
    }

    /// A broker wants to stop: what it leads goes to other in-sync replicas, and it leaves the
    /// in-sync sets. Where it is alone in the set it stays there, and the partition has no leader.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.handleBrokerInControlledShutdown`.
    pub fn controlled_shutdown(&mut self, broker: u32) -> Vec<Changed> {
        let stands =
            !self.is_fenced(broker) && self.members.set_status(broker, BrokerStatus::Leaving);
        if stands {
            self.withdraw(broker)
        } else {
            Vec::new()
        }
    }

    /// Tries an election for each partition without leader: an unclean one where that is enabled.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.maybeElectUncleanLeaders`, run every 5 minutes.
    pub fn elect_leaderless(&mut self) -> Vec<Changed> {
        self.sweep(|partition| partition.leader.is_none(), None, None)
    }

    /// A topic's index.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// A topic's partitions; none if there is no such topic.
    #[must_use]
    pub fn partitions(&self, topic: u32) -> &[Registration] {
        let topic = self.topics.get(topic as usize).and_then(Option::as_ref);
        topic.map_or(&[], |topic| topic.partitions.as_slice())
    }

    /// What is known about a partition.
    #[must_use]
    #[inline]
    pub fn partition(&self, topic: u32, partition: u32) -> Option<&Registration> {
        self.partitions(topic).get(partition as usize)
    }

    /// Takes a broker out of leaderships and in-sync sets.
    fn withdraw(&mut self, broker: u32) -> Vec<Changed> {
        self.sweep(
            |partition| partition.isr.contains(&broker),
            Some(broker),
            None,
        )
    }

    /// New leaders and in-sync sets where it is wanted.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.generateLeaderAndIsrUpdates`.
    fn sweep(
        &mut self,
        wanted: impl Fn(&Registration) -> bool,
        without: Option<u32>,
        unclean: Option<u32>,
    ) -> Vec<Changed> {
        let mut changed = Vec::new();
        for (index, topic) in self.topics.iter_mut().enumerate() {
            let Some(topic) = topic else { continue };
            let election = topic.election(&self.defaults);
            for partition in 0..topic.partitions.len() as u32 {
                if !wanted(&topic.partitions[partition as usize]) {
                    continue;
                }
                let differs = topic.change(partition, &self.members, |change| {
                    change.election = election;
                    change.isr.retain(|member| Some(*member) != without);
                    if let Some(eligible) = &mut change.eligible {
                        eligible.unclean = unclean;
                    }
                });
                if differs {
                    changed.push(Changed {
                        topic: index as u32,
                        partition,
                    });
                }
            }
        }
        changed
    }
}
