//! What leaders and operators ask for a partition: another in-sync set, an election, other replicas.

use super::change::{Election, Moving};
use super::validate::{self, ApiError, kind};
use super::{Changed, Controller, Registration, Topic};

/// What a broker asks for with AlterPartition.
#[derive(Clone, Copy, Debug)]
pub struct AlterPartition<'a> {
    /// The broker that asks.
    pub broker: u32,
    /// The epoch in which it believes that it leads.
    pub leader_epoch: u32,
    /// The in-sync set that it wants.
    pub isr: &'a [u32],
}

impl Controller {
    /// AlterPartition: the leader asks for another in-sync set. A leader that does so has recovered
    /// from an unclean election. The last new replica of a reassignment ends it, which may change
    /// the leader.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION`; `NOT_CONTROLLER` for a leader epoch that this controller does not know
    /// yet, `FENCED_LEADER_EPOCH` for one that is over; `INVALID_REQUEST` from a broker that is not the leader,
    /// for a set without the leader, with a broker twice or with one that holds no replica; `INELIGIBLE_REPLICA`
    /// for one that is fenced or in controlled shutdown.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.alterPartition`, `validateAlterPartitionData`. Epochs of
    /// partitions and brokers are the caller's business.
    pub fn alter_partition(
        &mut self,
        topic: u32,
        partition: u32,
        asked: AlterPartition<'_>,
    ) -> Result<(), ApiError> {
        let registration = self
            .partition(topic, partition)
            .ok_or_else(ApiError::unknown_partition)?;
        asked.check_asker(registration)?;
        let isr = asked.isr;
        let invalid = |text: &str| Err(ApiError::new(kind::INVALID_REQUEST, text));
        let unfit = |broker: &u32| !registration.replicas.contains(broker);
        let twice = isr
            .iter()
            .enumerate()
            .any(|(at, broker)| isr[..at].contains(broker));
        if twice || isr.iter().any(unfit) {
            return invalid("The in-sync set has a broker twice or one without replica.");
        }
        if registration
            .leader
            .is_none_or(|leader| !isr.contains(&leader))
        {
            return invalid("The in-sync set does not have the leader.");
        }
        if let Some(broker) = isr.iter().find(|broker| !self.members.is_active(**broker)) {
            let text = format!("Broker {broker} is fenced or in controlled shutdown.");
            return Err(ApiError::new(kind::INELIGIBLE_REPLICA, text));
        }
        let (topic, members, defaults) = (
            topic_at(&mut self.topics, topic)?,
            &self.members,
            &self.defaults,
        );
        let election = topic.election(defaults);
        topic.change(partition, members, |change| {
            change.isr = isr.to_vec();
            change.election = election;
            change.recovered = true;
        });
        Ok(())
    }

    /// ElectLeaders, preferred: leadership goes to the first replica if it is alive and in sync.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION`, `ELECTION_NOT_NEEDED` if it leads already,
    /// `PREFERRED_LEADER_NOT_AVAILABLE`.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.electLeader`.
    pub fn elect_preferred(&mut self, topic: u32, partition: u32) -> Result<(), ApiError> {
        self.elect(
            topic,
            partition,
            Election::Preferred,
            kind::PREFERRED_LEADER_NOT_AVAILABLE,
            "The preferred leader was not available.",
        )
    }

    /// ElectLeaders, unclean: a partition without leader gets the first live replica, in sync or
    /// not, whatever the configuration says.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION`, `ELECTION_NOT_NEEDED` if there is a leader,
    /// `ELIGIBLE_LEADERS_NOT_AVAILABLE` if no replica is alive.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.electLeader`.
    pub fn elect_unclean(&mut self, topic: u32, partition: u32) -> Result<(), ApiError> {
        let text = "Eligible topic partition leaders are not available.";
        self.elect(
            topic,
            partition,
            Election::Unclean,
            kind::ELIGIBLE_LEADERS_NOT_AVAILABLE,
            text,
        )
    }

    fn elect(
        &mut self,
        topic: u32,
        partition: u32,
        election: Election,
        unavailable: validate::Kind,
        reason: &str,
    ) -> Result<(), ApiError> {
        let registration = self
            .partition(topic, partition)
            .ok_or_else(ApiError::unknown_partition)?;
        let needless = match election {
            Election::Preferred => leads_as_preferred(registration),
            _ => registration.leader.is_some(),
        };
        if needless {
            let text = "Leader election not needed for topic partition.";
            return Err(ApiError::new(kind::ELECTION_NOT_NEEDED, text));
        }
        let members = &self.members;
        let topic = topic_at(&mut self.topics, topic)?;
        let changed = topic.change(partition, members, |change| change.election = election);
        if changed {
            Ok(())
        } else {
            Err(ApiError::new(unavailable, reason))
        }
    }

    /// Moves leaderships back to preferred replicas that are alive and in sync, `most` at the most.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.maybeBalancePartitionLeaders`: every 300 s, 1000 per round
    /// and at once again while there is more.
    pub fn elect_all_preferred(&mut self, most: usize) -> Vec<Changed> {
        let mut changed = Vec::new();
        for (index, topic) in self.topics.iter_mut().enumerate() {
            let Some(topic) = topic else { continue };
            for partition in 0..topic.partitions.len() as u32 {
                if changed.len() == most {
                    return changed;
                }
                let away = !leads_as_preferred(&topic.partitions[partition as usize]);
                let elect = |change: &mut super::Change| change.election = Election::Preferred;
                if away && topic.change(partition, &self.members, elect) {
                    changed.push(Changed {
                        topic: index as u32,
                        partition,
                    });
                }
            }
        }
        changed
    }

    /// AlterPartitionReassignments: a partition gets other replicas. The old ones stay until all new
    /// ones are in sync ([`Controller::alter_partition`]); then the old ones go, the leader epoch grows,
    /// and if the leader is among them another one is elected. A new request replaces one that is
    /// under way.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION`; `INVALID_REPLICA_ASSIGNMENT` for no replicas, a broker twice or
    /// one that is not registered.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ReplicationControlManager.changePartitionReassignment`, `PartitionReassignmentReplicas`.
    pub fn reassign(
        &mut self,
        topic: u32,
        partition: u32,
        replicas: &[u32],
    ) -> Result<(), ApiError> {
        let current = &self
            .partition(topic, partition)
            .ok_or_else(ApiError::unknown_partition)?
            .replicas;
        validate::assignment(replicas, None, |broker| {
            self.members.0.contains_key(&broker)
        })?;
        let moving = Moving {
            adding: without(replicas, current),
            removing: without(current, replicas),
        };
        let target = [replicas, &moving.removing].concat();
        let (members, defaults) = (&self.members, &self.defaults);
        let topic = topic_at(&mut self.topics, topic)?;
        let election = topic.election(defaults);
        topic.change(partition, members, |change| {
            change.replicas = target;
            change.moving = (moving != Moving::default()).then_some(moving);
            change.election = election;
        });
        Ok(())
    }

    /// Whether a reassignment of this partition is under way.
    #[must_use]
    pub fn is_reassigning(&self, topic: u32, partition: u32) -> bool {
        let topic = self.topics.get(topic as usize).and_then(Option::as_ref);
        topic.is_some_and(|topic| topic.moving.contains_key(&partition))
    }
}

/// A topic by its index, which the caller has seen to be there.
fn topic_at(topics: &mut [Option<Topic>], topic: u32) -> Result<&mut Topic, ApiError> {
    topics
        .get_mut(topic as usize)
        .and_then(Option::as_mut)
        .ok_or_else(ApiError::unknown_partition)
}

fn leads_as_preferred(registration: &Registration) -> bool {
    registration.leader.is_some() && registration.leader == registration.replicas.first().copied()
}

/// Those of `all` that are not among `others`, by id.
fn without(all: &[u32], others: &[u32]) -> Vec<u32> {
    let mut rest: Vec<u32> = all
        .iter()
        .copied()
        .filter(|broker| !others.contains(broker))
        .collect();
    rest.sort_unstable();
    rest
}

impl AlterPartition<'_> {
    /// Only the leader may ask, in the epoch in which it leads.
    fn check_asker(&self, registration: &Registration) -> Result<(), ApiError> {
        let current = registration.leader_epoch;
        let text = format!("The leader epoch is {current}, not {}.", self.leader_epoch);
        if self.leader_epoch > current {
            return Err(ApiError::new(kind::NOT_CONTROLLER, text));
        }
        if self.leader_epoch < current {
            return Err(ApiError::new(kind::FENCED_LEADER_EPOCH, text));
        }
        if registration.leader != Some(self.broker) {
            let text = format!("Broker {} does not lead the partition.", self.broker);
            return Err(ApiError::new(kind::INVALID_REQUEST, text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Defaults, NewTopic};
    use super::*;

    /// One topic of one partition on brokers 0, 1 and 2 of four.
    fn cluster(unclean: bool) -> Controller {
        let defaults = Defaults {
            partitions: 1,
            replication_factor: 3,
            unclean,
        };
        let mut controller = Controller::new(defaults);
        (0..4).for_each(|broker| controller.register(broker, broker % 3));
        let assignment = [(0, vec![0, 1, 2])];
        let topic = NewTopic {
            assignment: &assignment,
            ..NewTopic::of("t")
        };
        assert_eq!(controller.create_topic(&topic), Ok(0));
        controller
    }

    fn seen(controller: &Controller) -> (Vec<u32>, Vec<u32>, Option<u32>, u32) {
        let partition = controller.partition(0, 0).expect("there").clone();
        (
            partition.replicas,
            partition.isr,
            partition.leader,
            partition.leader_epoch,
        )
    }

    /// The leader asks for another in-sync set.
    fn alter_isr(controller: &mut Controller, isr: &[u32]) -> Result<(), ApiError> {
        let registration = controller.partition(0, 0).expect("there");
        let asked = AlterPartition {
            broker: registration.leader.expect("a leader"),
            leader_epoch: registration.leader_epoch,
            isr,
        };
        controller.alter_partition(0, 0, asked)
    }

    #[test]
    fn only_the_leader_of_the_current_epoch_may_change_the_in_sync_set() {
        let mut controller = cluster(false);
        assert_eq!(controller.controlled_shutdown(0).len(), 1);
        let mut ask = |broker: u32, leader_epoch: u32| {
            let asked = AlterPartition {
                broker,
                leader_epoch,
                isr: &[1],
            };
            let answer = controller.alter_partition(0, 0, asked);
            answer.map_err(|error| error.name)
        };
        assert_eq!(ask(1, 0), Err("FENCED_LEADER_EPOCH"));
        assert_eq!(ask(1, 2), Err("NOT_CONTROLLER"));
        assert_eq!(ask(2, 1), Err("INVALID_REQUEST"));
        assert_eq!(ask(1, 1), Ok(()));
    }

    #[test]
    fn a_reassignment_ends_when_the_new_replicas_are_in_sync() {
        let mut controller = cluster(false);
        controller.reassign(0, 0, &[3, 1]).expect("legal");
        assert_eq!(
            seen(&controller),
            (vec![3, 1, 0, 2], vec![0, 1, 2], Some(0), 0)
        );
        assert!(controller.is_reassigning(0, 0));
        alter_isr(&mut controller, &[0, 1, 2, 3]).expect("legal");
        assert_eq!(seen(&controller), (vec![3, 1], vec![1, 3], Some(3), 1));
        assert!(!controller.is_reassigning(0, 0));
        assert_eq!(controller.unregister(2), Ok(()));
        assert_eq!(
            controller.unregister(1).map_err(|error| error.name),
            Err("INVALID_REQUEST")
        );
        let unknown = controller
            .reassign(0, 0, &[2, 1])
            .map_err(|error| error.code);
        assert_eq!(unknown, Err(39));
    }

    #[test]
    fn a_leader_that_stays_gets_a_new_epoch_and_another_order_does_not() {
        let mut controller = cluster(false);
        controller.reassign(0, 0, &[1, 0, 2]).expect("legal");
        assert_eq!(
            seen(&controller),
            (vec![1, 0, 2], vec![0, 1, 2], Some(0), 0)
        );
        controller.reassign(0, 0, &[1, 0]).expect("legal");
        assert_eq!(seen(&controller), (vec![1, 0], vec![0, 1], Some(0), 1));
        let changed = controller.elect_all_preferred(1000);
        assert_eq!(
            changed,
            [Changed {
                topic: 0,
                partition: 0
            }]
        );
        assert_eq!(seen(&controller), (vec![1, 0], vec![0, 1], Some(1), 2));
        assert_eq!(
            controller.elect_preferred(0, 0).map_err(|error| error.code),
            Err(84)
        );
    }

    #[test]
    fn a_controlled_shutdown_moves_the_leader_and_keeps_the_broker_out_of_the_set() {
        let mut controller = cluster(false);
        assert_eq!(controller.controlled_shutdown(0).len(), 1);
        assert!(!controller.is_fenced(0));
        assert_eq!(seen(&controller), (vec![0, 1, 2], vec![1, 2], Some(1), 1));
        assert_eq!(
            alter_isr(&mut controller, &[1, 2, 0]).map_err(|error| error.code),
            Err(107)
        );
        assert!(
            controller.fence(0).is_empty(),
            "nothing is left to take away"
        );
        assert!(controller.unfence(0).is_empty(), "no fail-back");
        assert_eq!(alter_isr(&mut controller, &[1, 2, 0]), Ok(()));
    }

    #[test]
    fn an_unclean_election_needs_a_live_replica_and_ends_with_recovery() {
        let mut controller = cluster(false);
        (0..3).for_each(|broker| assert_eq!(controller.fence(broker).len(), 1));
        assert_eq!(
            controller.elect_unclean(0, 0).map_err(|error| error.code),
            Err(83)
        );
        assert!(controller.unfence(1).is_empty(), "out of sync");
        controller.set_unclean(0, true);
        assert_eq!(controller.elect_leaderless().len(), 1);
        let recovering =
            |controller: &Controller| controller.partition(0, 0).expect("there").recovering;
        assert!(recovering(&controller));
        assert_eq!(seen(&controller).1, [1]);
        assert_eq!(
            controller.elect_unclean(0, 0).map_err(|error| error.code),
            Err(84)
        );
        alter_isr(&mut controller, &[1]).expect("legal");
        assert!(!recovering(&controller));
        assert_eq!(
            controller.elect_unclean(0, 1).map_err(|error| error.code),
            Err(3)
        );
    }
}
