//! One change of a partition's registration: reassignment, election, in-sync set and epoch belong
//! together, so that each change goes through the same steps.
//!
//! # Source
//! Apache Kafka 3.9, `PartitionChangeBuilder`, `PartitionReassignmentReplicas`.

use super::Registration;

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
        }
    }

    /// The new registration and the reassignment that is still under way.
    pub(super) fn build(
        mut self,
        old: &Registration,
        active: impl Fn(u32) -> bool,
    ) -> (Registration, Option<Moving>) {
        self.complete();
        let (leader, unclean) = self.elect(old.leader, active);
        let dropped = old
            .replicas
            .iter()
            .any(|replica| !self.replicas.contains(replica));
        let isr = match leader {
            Some(leader) if unclean => vec![leader],
            _ if self.isr.is_empty() => old.isr.clone(),
            _ => self.isr,
        };
        let registration = Registration {
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
    fn elect(&self, current: Option<u32>, active: impl Fn(u32) -> bool) -> (Option<u32>, bool) {
        let valid = |broker: &u32| self.isr.contains(broker) && active(*broker);
        let preferred = self.replicas.first().copied().filter(valid);
        if self.election == Election::Preferred && preferred.is_some() {
            return (preferred, false);
        }
        let clean = current
            .filter(valid)
            .or_else(|| self.replicas.iter().copied().find(valid));
        if clean.is_some() || self.election != Election::Unclean {
            return (clean, false);
        }
        let alive = self.replicas.iter().copied().find(|broker| active(*broker));
        (alive, alive.is_some())
    }
}
