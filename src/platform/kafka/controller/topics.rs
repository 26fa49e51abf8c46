//! CreateTopics, CreatePartitions, DeleteTopics and the topic's configuration.

use super::validate::{self, ApiError, kind};
use super::{Changed, Controller, Members, Registration, Topic, placement};
use std::collections::BTreeMap;

/// A topic to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewTopic<'a> {
    /// Its name.
    pub name: &'a str,
    /// How many partitions; -1 for the default or if `assignment` tells it.
    pub partitions: i32,
    /// How many replicas; -1 for the default or if `assignment` tells it.
    pub replication: i32,
    /// The replicas by partition, in any order of the partitions; empty for the controller's choice.
    pub assignment: &'a [(u32, Vec<u32>)],
    /// Its own `unclean.leader.election.enable`.
    pub unclean: Option<bool>,
}

impl<'a> NewTopic<'a> {
    /// A topic with the cluster's defaults.
    #[must_use]
    pub fn of(name: &'a str) -> Self {
        Self {
            name,
            partitions: -1,
            replication: -1,
            assignment: &[],
            unclean: None,
        }
    }
}

impl Controller {
    /// CreateTopics, for one topic; its index, which no other topic ever gets.
    ///
    /// # Errors
    /// `INVALID_TOPIC_EXCEPTION` for a bad name or one that collides, `TOPIC_ALREADY_EXISTS`,
    /// `INVALID_PARTITIONS`, `INVALID_REPLICATION_FACTOR`, `INVALID_REPLICA_ASSIGNMENT`, and
    /// `INVALID_REQUEST` if replicas are assigned and counted.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.createTopics`, `createTopic`.
    pub fn create_topic(&mut self, topic: &NewTopic<'_>) -> Result<u32, ApiError> {
        validate::topic_name(topic.name)?;
        let unified = validate::unified(topic.name);
        let collides =
            |other: &&String| *other != topic.name && validate::unified(other) == unified;
        if let Some(other) = self.by_name.keys().find(collides) {
            let text = format!(
                "Topic '{}' collides with existing topic: {other}",
                topic.name
            );
            return Err(ApiError::new(kind::INVALID_TOPIC_EXCEPTION, text));
        }
        if self.by_name.contains_key(topic.name) {
            let text = format!("Topic '{}' already exists.", topic.name);
            return Err(ApiError::new(kind::TOPIC_ALREADY_EXISTS, text));
        }
        let partitions = if topic.assignment.is_empty() {
            self.chosen(topic)?
        } else {
            assigned(topic, &self.members)?
        };
        let index = self.topics.len() as u32;
        self.topics.push(Some(Topic {
            name: topic.name.to_owned(),
            unclean: topic.unclean,
            partitions,
            moving: BTreeMap::new(),
            least: self.least,
        }));
        self.by_name.insert(topic.name.to_owned(), index);
        Ok(index)
    }

    /// The partitions of a new topic where the controller chooses the brokers.
    fn chosen(&self, topic: &NewTopic<'_>) -> Result<Vec<Registration>, ApiError> {
        if topic.replication < -1 || topic.replication == 0 {
            let text = "Replication factor must be larger than 0, or -1 to use the default value.";
            return Err(ApiError::new(kind::INVALID_REPLICATION_FACTOR, text));
        }
        if topic.partitions < -1 || topic.partitions == 0 {
            let text = "Number of partitions was set to an invalid non-positive value.";
            return Err(ApiError::new(kind::INVALID_PARTITIONS, text));
        }
        let partitions = u32::try_from(topic.partitions).unwrap_or(self.defaults.partitions);
        let replication =
            u32::try_from(topic.replication).unwrap_or(self.defaults.replication_factor);
        let placed = placement::place(&self.members.candidates(), 0, partitions, replication);
        let placed = placed.map_err(|error| ApiError {
            message: format!(
                "Unable to replicate the partition {replication} time(s): {}",
                error.message
            ),
            ..error
        })?;
        Ok(placed
            .into_iter()
            .map(|replicas| fresh(replicas, &self.members))
            .collect())
    }

    /// CreatePartitions: the topic gets `count` partitions in all. The present ones stay where they
    /// are. `assignment` holds the replicas of the new ones only.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION`, `INVALID_PARTITIONS` if there are not fewer now,
    /// `INVALID_REPLICA_ASSIGNMENT`, `INVALID_REPLICATION_FACTOR` if no broker is unfenced or too few
    /// are registered.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.createPartitions`.
    pub fn create_partitions(
        &mut self,
        name: &str,
        count: i32,
        assignment: Option<&[Vec<u32>]>,
    ) -> Result<Vec<Changed>, ApiError> {
        let index = self.topic(name).ok_or_else(ApiError::unknown_partition)?;
        let present = self.partitions(index);
        let (first, replication) = (
            present.len(),
            present.first().map_or(0, |one| one.replicas.len()),
        );
        if i64::from(count) == first as i64 {
            let text = format!("Topic already has {first} partition(s).");
            return Err(ApiError::new(kind::INVALID_PARTITIONS, text));
        }
        if i64::from(count) < first as i64 {
            let text = format!(
                "The topic {name} currently has {first} partition(s); {count} would not be an increase."
            );
            return Err(ApiError::new(kind::INVALID_PARTITIONS, text));
        }
        let more = count.unsigned_abs() as usize - first;
        let added: Vec<Registration> = match assignment {
            Some(assignment) => assigned_more(first, more, replication, assignment, &self.members)?,
            None => {
                let candidates = self.members.candidates();
                let placed =
                    placement::place(&candidates, first as u32, more as u32, replication as u32)?;
                placed
                    .into_iter()
                    .map(|replicas| fresh(replicas, &self.members))
                    .collect()
            }
        };
        if let Some(Some(topic)) = self.topics.get_mut(index as usize) {
            topic.partitions.extend(added);
        }
        let changed = |partition| Changed {
            topic: index,
            partition: partition as u32,
        };
        Ok((first..first + more).map(changed).collect())
    }

    /// DeleteTopics, for one topic.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_ID`.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.deleteTopics`, which goes by ids.
    pub fn delete_topic(&mut self, name: &str) -> Result<(), ApiError> {
        let Some(index) = self.by_name.remove(name) else {
            return Err(ApiError::new(
                kind::UNKNOWN_TOPIC_ID,
                "This server does not host this topic ID.",
            ));
        };
        if let Some(topic) = self.topics.get_mut(index as usize) {
            *topic = None;
        }
        Ok(())
    }

    /// Sets a topic's own `unclean.leader.election.enable`. It is looked at with the next election;
    /// for partitions without leader that is [`Controller::elect_leaderless`].
    ///
    /// # Source
    /// Apache Kafka 3.9, `ConfigurationControlManager.uncleanLeaderElectionEnabledForTopic`.
    pub fn set_unclean(&mut self, topic: u32, unclean: bool) {
        if let Some(Some(topic)) = self.topics.get_mut(topic as usize) {
            topic.unclean = Some(unclean);
        }
    }

    /// A topic's name.
    #[must_use]
    pub fn name(&self, topic: u32) -> Option<&str> {
        self.topics
            .get(topic as usize)
            .and_then(Option::as_ref)
            .map(|topic| topic.name.as_str())
    }
}

/// A new partition: in sync is who is active, and the first of them leads.
fn fresh(replicas: Vec<u32>, members: &Members) -> Registration {
    let isr: Vec<u32> = replicas
        .iter()
        .copied()
        .filter(|broker| members.is_active(*broker))
        .collect();
    let leader = isr.first().copied();
    Registration {
        replicas,
        isr,
        leader,
        eligible: Vec::new(),
        last_leader: None,
        leader_epoch: 0,
        recovering: false,
    }
}

/// A new partition with replicas that somebody else chose.
fn assigned_one(
    partition: usize,
    replicas: &[u32],
    replication: Option<usize>,
    members: &Members,
) -> Result<Registration, ApiError> {
    validate::assignment(replicas, replication, |broker| {
        members.0.contains_key(&broker)
    })?;
    let registration = fresh(replicas.to_vec(), members);
    if registration.isr.is_empty() {
        let text = format!(
            "All brokers specified in the manual partition assignment for partition {partition} are fenced or in \
             controlled shutdown."
        );
        return Err(ApiError::new(kind::INVALID_REPLICA_ASSIGNMENT, text));
    }
    Ok(registration)
}

/// The partitions of a new topic with an assignment.
fn assigned(topic: &NewTopic<'_>, members: &Members) -> Result<Vec<Registration>, ApiError> {
    let counted = match (topic.replication, topic.partitions) {
        (-1, -1) => None,
        (-1, _) => Some("numPartitions"),
        _ => Some("replication factor"),
    };
    if let Some(what) = counted {
        let text =
            format!("A manual partition assignment was specified, but {what} was not set to -1.");
        return Err(ApiError::new(kind::INVALID_REQUEST, text));
    }
    let refused = |text: String| Err(ApiError::new(kind::INVALID_REPLICA_ASSIGNMENT, text));
    let mut partitions = BTreeMap::new();
    let mut replication = None;
    for (partition, replicas) in topic.assignment {
        if partitions.contains_key(partition) {
            return refused(format!(
                "Found multiple manual partition assignments for partition {partition}"
            ));
        }
        let registration = assigned_one(*partition as usize, replicas, replication, members)?;
        replication = Some(replicas.len());
        partitions.insert(*partition, registration);
    }
    if partitions
        .keys()
        .zip(0..)
        .any(|(partition, wanted)| *partition != wanted)
    {
        return refused("partitions should be a consecutive 0-based integer sequence".to_owned());
    }
    Ok(partitions.into_values().collect())
}

/// The assigned partitions by which a topic grows.
fn assigned_more(
    first: usize,
    more: usize,
    replication: usize,
    assignment: &[Vec<u32>],
    members: &Members,
) -> Result<Vec<Registration>, ApiError> {
    if assignment.len() != more {
        let text = format!(
            "Attempted to add {more} additional partition(s), but only {} assignment(s) were specified.",
            assignment.len()
        );
        return Err(ApiError::new(kind::INVALID_REPLICA_ASSIGNMENT, text));
    }
    let one = |(partition, replicas): (usize, &Vec<u32>)| {
        assigned_one(partition, replicas, Some(replication), members)
    };
    (first..).zip(assignment).map(one).collect()
}
