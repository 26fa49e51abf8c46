//! Groups after a cut of the log, and after retention has deleted what they had not fetched.

use super::super::broker::{Brokers, InHand, Position};
use super::super::config::Reset;
use super::super::ids::PartitionId;
use super::super::wire::Scope;
use super::{Group, Groups};

impl Group {
    /// Records of a partition that its owner holds.
    fn in_hand(&self, at: PartitionId) -> InHand {
        let owner = self.owner_of(at);
        InHand {
            owned: owner.is_some(),
            end: owner.and_then(|(_, own)| own.reader.end_of(at.number())),
        }
    }
}

impl Groups {
    /// A log was cut off: groups that had come farther go back to where it ends now.
    pub(in super::super) fn rewind(
        &mut self,
        at: PartitionId,
        to: Position,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        for id in self.all.ids() {
            if self.is_shared(id) {
                self.rewind_shared(id, at, to, brokers, cx);
                continue;
            }
            self.void_lost(id, at);
            if !brokers.is_ahead(id, at, to) {
                continue;
            }
            let group = &mut self.all[id];
            match group.owner[at] {
                Some(owner) => {
                    let own = &mut group.members[owner];
                    let voided = own.reader.void(at.number());
                    brokers.rewind(id, at, to, voided, &own.partitions, cx);
                }
                None => brokers.rewind(id, at, to, 0, &[], cx),
            }
        }
        for id in self.all.ids() {
            self.start_idle_sessions(id, brokers, cx);
        }
    }

    /// A log is about to be cut off at `to`: what groups have in hand behind it is booked now, while the log still
    /// says how many records that is.
    pub(in super::super) fn drop_in_hand(
        &self,
        at: PartitionId,
        to: Position,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        for id in self.all.ids() {
            if !self.is_shared(id) && brokers.has_passed(id, at, to) {
                brokers.drop_in_hand(id, at, cx);
            }
        }
    }

    /// Retention has deleted records: what nobody had fetched has expired.
    pub(in super::super) fn skip_deleted(
        &self,
        at: PartitionId,
        brokers: &mut Brokers,
        cx: &mut Scope<'_>,
    ) {
        for (id, group) in self.all.pairs() {
            if self.is_shared(id) {
                brokers.skip_deleted_shared(id, at, cx);
                continue;
            }
            if let Some(owner) = group.owner[at]
                && group.config.offsets.reset == Reset::Never
                && brokers.is_out_of_range(id, at)
            {
                self.throw_at_poll(id, owner, cx);
            }
            brokers.skip_deleted(id, at, group.in_hand(at), cx);
        }
        brokers.trim(at);
    }
}
