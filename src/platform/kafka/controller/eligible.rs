//! Eligible leader replicas (KIP-966): replicas that left the in-sync set while it was smaller than `min.insync.replicas`
//! have everything that was ever committed, because nothing is committed meanwhile. They may lead when nobody is in sync.
//!
//! # Source
//! KIP-966; Apache Kafka 4.0, `PartitionChangeBuilder.maybePopulateTargetElr`, `tryElection`, `maybeUpdateLastKnownLeader`.

use super::{Changed, Controller, Registration};

/// The eligible leader replicas of a partition while its registration changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Eligible {
    /// `min.insync.replicas`, at most the number of replicas.
    least: usize,
    /// A broker that has ended without a controlled shutdown: its copy may lack what it had.
    pub(super) unclean: Option<u32>,
    /// The replicas.
    pub(super) members: Vec<u32>,
}

impl Eligible {
    /// Those of a partition before a change.
    pub(super) fn of(old: &Registration, least: u32) -> Self {
        Self {
            least: (least as usize).min(old.replicas.len()),
            unclean: None,
            members: old.eligible.clone(),
        }
    }

    /// The in-sync set will be `isr`: whoever leaves it while it is too small is eligible; a set that is large enough
    /// needs none.
    pub(super) fn gather(&mut self, old: &Registration, isr: &[u32]) {
        if isr.len() >= self.least {
            return self.members.clear();
        }
        let known = self.members.clone();
        self.members
            .extend(old.isr.iter().filter(|broker| !known.contains(broker)));
        let unclean = self.unclean;
        self.members
            .retain(|broker| !isr.contains(broker) && Some(*broker) != unclean);
        self.members.sort_unstable();
    }

    /// A leader has been elected: one of these is in sync from now on, and an unclean election leaves none.
    pub(super) fn settle(&mut self, leader: Option<u32>, unclean: bool, isr: &mut Vec<u32>) {
        if unclean {
            self.members.clear();
        } else if let Some(leader) = leader.filter(|leader| self.members.contains(leader)) {
            *isr = vec![leader];
            self.members.retain(|broker| *broker != leader);
        }
    }

    /// Who led last, while nobody is in sync.
    pub(super) fn last_leader(
        &self,
        old: &Registration,
        isr: &[u32],
        leader: Option<u32>,
    ) -> Option<u32> {
        if leader.is_some() || !isr.is_empty() {
            return None;
        }
        old.leader.or(old.last_leader)
    }
}

impl Controller {
    /// The same cluster with eligible leader replicas (`eligible.leader.replicas.version = 1`), and `least` as
    /// `min.insync.replicas` of topics.
    #[must_use]
    pub fn with_eligible(self, least: u32) -> Self {
        Self {
            least: Some(least),
            ..self
        }
    }

    /// `min.insync.replicas` of a topic is another one: its eligible leader replicas are forgotten.
    ///
    /// # Source
    /// KIP-966; Apache Kafka 4.1, `ConfigurationControlManager.maybeTriggerPartitionUpdateOnMinIsrChange`.
    pub fn set_least(&mut self, topic: u32, least: u32) {
        if let Some(Some(topic)) = self.topics.get_mut(topic as usize)
            && topic.least.is_some()
        {
            topic.least = Some(least);
            for partition in &mut topic.partitions {
                partition.eligible.clear();
            }
        }
    }

    /// A broker registers that ended without a controlled shutdown: its copies may lack what they had, so that it leaves
    /// in-sync sets and is no eligible leader replica.
    ///
    /// # Source
    /// KIP-966; Apache Kafka 4.0, `ReplicationControlManager.handleUncleanBrokerShutdown`.
    pub fn unclean_shutdown(&mut self, broker: u32) -> Vec<Changed> {
        if self.least.is_none() {
            return Vec::new();
        }
        let concerns = |partition: &Registration| {
            partition.isr.contains(&broker) || partition.eligible.contains(&broker)
        };
        self.sweep(concerns, Some(broker), Some(broker))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AlterPartition, Controller, Defaults, NewTopic};

    /// One topic of one partition on brokers 0, 1 and 2, two of which must be in sync.
    fn cluster(eligible: bool) -> Controller {
        let defaults = Defaults {
            partitions: 1,
            replication_factor: 3,
            unclean: false,
        };
        let mut controller = Controller::new(defaults);
        if eligible {
            controller = controller.with_eligible(2);
        }
        (0..3).for_each(|broker| controller.register(broker, broker));
        let assignment = [(0, vec![0, 1, 2])];
        let topic = NewTopic {
            assignment: &assignment,
            ..NewTopic::of("t")
        };
        assert_eq!(controller.create_topic(&topic), Ok(0));
        controller
    }

    /// In-sync set, eligible replicas, leader, and who led last.
    fn seen(controller: &Controller) -> (Vec<u32>, Vec<u32>, Option<u32>, Option<u32>) {
        let own = controller.partition(0, 0).expect("there").clone();
        (own.isr, own.eligible, own.leader, own.last_leader)
    }

    /// Brokers 1, 2 and 0 are gone, in this order.
    fn all_gone(eligible: bool) -> Controller {
        let mut controller = cluster(eligible);
        [1, 2, 0]
            .into_iter()
            .for_each(|broker| drop(controller.fence(broker)));
        controller
    }

    /// `PartitionChangeBuilder.maybePopulateTargetElr`: only who leaves a set that is too small is eligible.
    #[test]
    fn who_leaves_a_set_that_is_too_small_is_eligible() {
        let mut controller = cluster(true);
        controller.fence(1);
        assert_eq!(seen(&controller), (vec![0, 2], vec![], Some(0), None));
        controller.fence(2);
        assert_eq!(seen(&controller), (vec![0], vec![2], Some(0), None));
        controller.fence(0);
        assert_eq!(seen(&controller), (vec![], vec![0, 2], None, Some(0)));
        let controller = all_gone(false);
        assert_eq!(seen(&controller), (vec![0], vec![], None, None));
    }

    /// KIP-966, "last replica standing": the last one in sync comes back without its data. It is no longer eligible, and
    /// another one that has all committed data leads.
    #[test]
    fn an_eligible_replica_leads_when_the_last_one_in_sync_lost_its_data() {
        let mut controller = all_gone(true);
        controller.unclean_shutdown(0);
        assert_eq!(seen(&controller), (vec![], vec![2], None, Some(0)));
        controller.unfence(0);
        assert_eq!(seen(&controller).2, None, "it may lack committed records");
        controller.unfence(1);
        assert_eq!(
            seen(&controller).2,
            None,
            "it left when the set was large enough"
        );
        controller.unfence(2);
        assert_eq!(seen(&controller), (vec![2], vec![], Some(2), None));
        let mut controller = all_gone(false);
        controller.unclean_shutdown(0);
        controller.unfence(0);
        assert_eq!(
            seen(&controller).2,
            Some(0),
            "without them it leads all the same"
        );
    }

    /// `PartitionChangeBuilder.canElectLastKnownLeader`: if nobody is left, whoever led last leads, and has to recover.
    #[test]
    fn the_last_known_leader_leads_if_nobody_is_eligible() {
        let mut controller = all_gone(true);
        [2, 0]
            .into_iter()
            .for_each(|broker| drop(controller.unclean_shutdown(broker)));
        assert_eq!(seen(&controller), (vec![], vec![], None, Some(0)));
        controller.unfence(2);
        assert_eq!(seen(&controller).2, None);
        controller.unfence(0);
        assert_eq!(seen(&controller), (vec![0], vec![], Some(0), None));
        assert!(controller.partition(0, 0).expect("there").recovering);
    }

    #[test]
    fn a_set_that_is_large_enough_needs_no_eligible_replicas() {
        let mut controller = cluster(true);
        [1, 2]
            .into_iter()
            .for_each(|broker| drop(controller.fence(broker)));
        [1, 2]
            .into_iter()
            .for_each(|broker| drop(controller.unfence(broker)));
        let leader_epoch = controller.partition(0, 0).expect("there").leader_epoch;
        let asked = AlterPartition {
            broker: 0,
            leader_epoch,
            isr: &[0, 1],
        };
        assert_eq!(controller.alter_partition(0, 0, asked), Ok(()));
        assert_eq!(seen(&controller), (vec![0, 1], vec![], Some(0), None));
    }
}
