//! One change of a partition's registration: reassignment, election, in-sync set and epoch belong
//! together, so that each change goes through the same steps.
//!
//! # Source
//! Apache Kafka 3.9, `PartitionChangeBuilder`, `PartitionReassignmentReplicas`.

use super::Registration;
use super::eligible::Eligible;

/// How hard a leader is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Election {
    /// The preferred replica if it is in sync, otherwise as `Online`.
    Preferred,
    /// Only a replica in sync.
    Online,
    /// A replica in sync, otherwise any that is alive.
    Unclean,
}

/// A reassignment under way: who comes and who goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moving {
    pub(super) adding: Vec<u32>,
    pub(super) removing: Vec<u32>,
}

/// What a partition should become.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) replicas: Vec<u32>,
    pub(super) isr: Vec<u32>,
    pub(super) moving: Option<Moving>,
    pub(super) election: Election,
    /// The leader says that it has recovered.
    pub(super) recovered: bool,
    /// Where eligible leader replicas are on: what becomes of them.
    pub(super) eligible: Option<Eligible>,
}

impl Change {
    /// No change yet.
    pub(super) fn of(registration: &Registration, moving: Option<Moving>) -> Self {
        Self {
            replicas: registration.replicas.clone(),
            isr: registration.isr.clone(),
            moving,
            election: Election::Online,
            recovered: false,
            eligible: None,
        }
    }

    /// The new registration and the reassignment that is still under way.
    pub(super) fn build(
        mut self,
        old: &Registration,
        active: impl Fn(u32) -> bool,
    ) -> (Registration, Option<Moving>) {
        self.complete();
        if let Some(eligible) = &mut self.eligible {
            eligible.gather(old, &self.isr);
        }
        let (leader, unclean) = self.elect(old, active);
        if let Some(eligible) = &mut self.eligible {
            eligible.settle(leader, unclean, &mut self.isr);
        }
        let dropped = old
            .replicas
            .iter()
            .any(|replica| !self.replicas.contains(replica));
        let isr = match leader {
            Some(leader) if unclean => vec![leader],
            _ if self.isr.is_empty() && self.eligible.is_none() => old.isr.clone(),
            _ => self.isr,
        };
        let eligible = self.eligible.unwrap_or_default();
        let registration = Registration {
            last_leader: eligible.last_leader(old, &isr, leader),
            eligible: eligible.members,
            replicas: self.replicas,
            isr,
            leader,
            leader_epoch: old.leader_epoch + u32::from(leader != old.leader || dropped),
            recovering: unclean || (old.recovering && !self.recovered),
        };
        (registration, self.moving)
    }

    /// Ends the reassignment once all new replicas are in sync.
    fn complete(&mut self) {
        let Some(moving) = &self.moving else { return };
        let stays = |broker: &u32| !moving.removing.contains(broker);
        let isr: Vec<u32> = self.isr.iter().copied().filter(stays).collect();
        let replicas: Vec<u32> = self.replicas.iter().copied().filter(stays).collect();
        if !isr.is_empty()
            && !replicas.is_empty()
            && replicas.iter().all(|replica| isr.contains(replica))
        {
            (self.isr, self.replicas, self.moving) = (isr, replicas, None);
        }
    }

    /// The leader, and whether it is an out-of-sync one.
    fn elect(&self, old: &Registration, active: impl Fn(u32) -> bool) -> (Option<u32>, bool) {
        let eligible = self.eligible.iter().flat_map(|eligible| &eligible.members);
        let eligible: Vec<u32> = eligible.copied().filter(|_| self.isr.is_empty()).collect();
        let fit = |broker: &u32| self.isr.contains(broker) || eligible.contains(broker);
        let valid = |broker: &u32| fit(broker) && active(*broker);
        let preferred = self.replicas.first().copied().filter(valid);
        if self.election == Election::Preferred && preferred.is_some() {
            return (preferred, false);
        }
        let clean = old
            .leader
            .filter(valid)
            .or_else(|| self.replicas.iter().copied().find(valid));
        if clean.is_some() {
            return (clean, false);
        }
        let none_left = self.eligible.is_some() && self.isr.is_empty() && eligible.is_empty();
        if let Some(last) = old.last_leader.filter(|last| none_left && active(*last)) {
            return (Some(last), true);
        }
        if self.election != Election::Unclean {
            return (None, false);
        }
        let alive = self.replicas.iter().copied().find(|broker| active(*broker));
        (alive, alive.is_some())
    }
}
