//! What brokers do when the controller decides: leaders change, logs are cut, replicas come and go, machines fail
//! and come back.
//!
//! # Source
//! Apache Kafka 3.9, `ReplicaManager.applyDelta`, `Partition.makeLeader`, `Partition.makeFollower`; KIP-101.

use super::super::config::{Config, Machine};
use super::super::controller::Registration;
use super::super::ids::{BrokerId, GroupId, PartitionId, ProducerId, RequestId, Slots};
use super::super::wire::Scope;
use super::super::{Cause, Event as Timer};
use super::{Brokers, Connection, Event, Partition, Position, Replica, Traffic};
use crate::probe::Limit;
use crate::units::{ByteRate, Nanos, SimTime};

/// What a cut of a log took away.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Cut {
    /// Records that are gone from the log.
    pub gone: u64,
    /// Of those, records whose producers still hold them or had given them up.
    pub accounted: u64,
}

impl Brokers {
    /// All partitions.
    pub(in super::super) fn partition_ids(&self) -> impl Iterator<Item = PartitionId> + use<> {
        self.partitions.ids()
    }

    /// How many partitions there are.
    pub(in super::super) fn partition_count(&self) -> u32 {
        self.partitions.count()
    }

    /// The leader of a partition, if it has one.
    pub(in super::super) fn leader(&self, at: PartitionId) -> Option<BrokerId> {
        self.partitions[at].leader
    }

    /// The leaders of all partitions.
    pub(in super::super) fn leaders(&self) -> Slots<PartitionId, Option<BrokerId>> {
        Slots::build(self.partitions.count(), |at| self.partitions[at].leader)
    }

    /// The size of a partition's in-sync set, as the controller knows it.
    pub(in super::super) fn isr(&self, at: PartitionId) -> u32 {
        self.partitions[at].isr
    }

    /// Where a partition's log ends.
    pub(in super::super) fn log_end(&self, at: PartitionId) -> Position {
        self.partitions[at].end
    }

    /// How many partitions a broker holds a replica of.
    pub(in super::super) fn replicas_on(&self, broker: BrokerId) -> u64 {
        let held = self
            .partitions
            .iter()
            .filter(|partition| partition.slot_of(broker).is_some());
        held.count() as u64
    }

    /// Whether every replica on a broker is in sync.
    pub(in super::super) fn all_in_sync(&self, broker: BrokerId) -> bool {
        let in_sync = |partition: &Partition| {
            let slot = partition.slot_of(broker);
            slot.is_none_or(|slot| partition.replicas[slot].in_sync)
        };
        self.partitions.iter().all(in_sync)
    }

    /// The topic has one partition more.
    pub(in super::super) fn add_partition(
        &mut self,
        registration: &Registration,
        now: SimTime,
        config: &Config,
    ) {
        let replicas: Vec<BrokerId> = registration
            .replicas
            .iter()
            .copied()
            .map(BrokerId::new)
            .collect();
        let groups = config.consumers.len();
        let mut partition = Partition::new(&replicas, groups, now).with_clients(config);
        partition.isr = registration.isr.len() as u32;
        partition.leader = registration.leader.map(BrokerId::new);
        for replica in &mut partition.replicas {
            replica.in_sync = registration.isr.contains(&replica.broker.number());
        }
        self.replication.recount = true;
        self.partitions.push(partition);
        self.shares.add_partition();
        self.quotas.add_partition(&config.cluster.quotas);
    }

    /// The controller has new replicas for a partition: they are empty and being filled.
    pub(in super::super) fn add_replicas(&mut self, at: PartitionId, registration: &Registration) {
        self.replication.recount = true;
        let partition = &mut self.partitions[at];
        for broker in registration.replicas.iter().copied().map(BrokerId::new) {
            if partition.slot_of(broker).is_none() {
                let mut replica = Replica::new(broker);
                (replica.in_sync, replica.moving) = (false, true);
                partition.replicas.push(replica);
            }
        }
    }

    /// Takes over replicas and in-sync set from the controller. A follower that the leader has just counted in keeps
    /// counting until the controller says more, if the leader is the `same`.
    pub(in super::super) fn apply_registration(
        &mut self,
        at: PartitionId,
        registration: &Registration,
        same: bool,
    ) {
        let partition = &mut self.partitions[at];
        let kept = |replica: &Replica| registration.replicas.contains(&replica.broker.number());
        partition.replicas.retain(kept);
        for replica in &mut partition.replicas {
            let registered = registration.isr.contains(&replica.broker.number());
            replica.in_sync = registered || (replica.in_sync && same && partition.altering);
        }
        partition.isr = registration.isr.len() as u32;
    }

    /// What follows once a registration is taken over: replicas that are not in sync are watched, and the high
    /// watermark may advance.
    pub(in super::super) fn settle_registration(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        if self.partitions[at]
            .replicas
            .iter()
            .any(|replica| !replica.in_sync)
        {
            self.watch_idle(at, cx);
        }
        self.advance_high_watermark(at, cx);
    }

    /// High watermarks of all partitions may advance: `min.insync.replicas` has changed.
    pub(in super::super) fn advance_all(&mut self, cx: &mut Scope<'_>) {
        self.partitions
            .ids()
            .for_each(|at| self.advance_high_watermark(at, cx));
    }

    /// A leader leads no longer: its own copy reaches to the end of the log.
    pub(in super::super) fn retire_leader(&mut self, at: PartitionId) {
        let partition = &mut self.partitions[at];
        let end = partition.end;
        if let Some(slot) = partition
            .leader
            .and_then(|leader| partition.slot_of(leader))
        {
            partition.replicas[slot].end = end;
        }
    }

    /// Whether a broker's copy of a partition counts as in sync.
    pub(in super::super) fn is_in_sync(&self, at: PartitionId, broker: BrokerId) -> bool {
        let partition = &self.partitions[at];
        let slot = partition.slot_of(broker);
        slot.is_some_and(|slot| partition.replicas[slot].in_sync)
    }

    /// Nobody leads a partition.
    pub(in super::super) fn go_offline(&mut self, at: PartitionId) {
        self.partitions[at].leader = None;
    }

    /// Where the log will end if `leader` leads it, and whether that is below the high watermark.
    pub(in super::super) fn copy_of(&self, at: PartitionId, leader: BrokerId) -> (Position, bool) {
        let partition = &self.partitions[at];
        let slot = partition.slot_of(leader);
        let copy = slot.map_or(Position::default(), |slot| partition.replicas[slot].end);
        let to = copy.min(partition.end);
        (to, to < partition.high_watermark)
    }

    /// A broker that led a partition may not know that it no longer does.
    pub(in super::super) fn set_zombie(&mut self, at: PartitionId, zombie: Option<BrokerId>) {
        self.partitions[at].zombie = zombie;
    }

    /// All brokers know who leads.
    pub(in super::super) fn clear_zombies(&mut self) {
        self.partitions
            .iter_mut()
            .for_each(|partition| partition.zombie = None);
    }

    /// Another replica leads, in a new epoch; its followers say how far they have come.
    pub(in super::super) fn begin_epoch(
        &mut self,
        at: PartitionId,
        leader: BrokerId,
        from: Position,
    ) {
        self.shares.forget_locks(at);
        let partition = &mut self.partitions[at];
        partition.leader = Some(leader);
        partition.epoch += 1;
        partition.epoch_start = from.offset;
    }

    /// The followers of a new leader introduce themselves.
    pub(in super::super) fn introduce_followers(&mut self, at: PartitionId) {
        let leader = self.partitions[at].leader;
        for slot in 0..self.partitions[at].replicas.len() {
            let replica = &self.partitions[at].replicas[slot];
            if Some(replica.broker) != leader && !replica.moving {
                self.introduce(at, slot);
            }
        }
    }

    /// Batches of a log that is cut off at `to` go back to the producers that still hold them; how many records.
    pub(in super::super) fn give_back(
        &self,
        at: PartitionId,
        to: Position,
        cx: &mut Scope<'_>,
    ) -> u64 {
        self.restore_batches(at, to.offset, cx)
    }

    /// Whether a group has fetched or seen records of a partition behind `to`.
    pub(in super::super) fn has_passed(
        &self,
        group: GroupId,
        at: PartitionId,
        to: Position,
    ) -> bool {
        let cursor = self.cursor(group, at);
        cursor.fetched.offset > to.offset || cursor.seen > to.offset
    }

    /// Cuts a partition's log off at `to`; `back` records go back to their producers.
    pub(in super::super) fn cut(
        &mut self,
        at: PartitionId,
        to: Position,
        back: u64,
        cx: &mut Scope<'_>,
    ) -> Cut {
        let partition = &mut self.partitions[at];
        let (end, mut given_up) = (partition.end, 0);
        partition.abandoned.retain(|(offset, records)| {
            given_up += if *offset >= to.offset { *records } else { 0 };
            *offset < to.offset
        });
        for (group, cursor) in partition.cursors.iter().enumerate() {
            let first = partition.log.first();
            let seen = cursor.seen.min(end.offset);
            let trimmed = partition.log.trimmed(to.offset.min(seen));
            let trimmed = trimmed - partition.log.trimmed(seen);
            let kept = partition.log.counted(to.offset.max(first), seen.max(first));
            if seen > to.offset {
                cx.probe.vanished(group, trimmed + kept);
            }
            if cursor.passed > to.offset && partition.log.hides() {
                let (from, committed) = (seen.max(to.offset), cursor.reads_committed);
                let hidden = partition.log.hidden(from, cursor.passed, committed);
                cx.probe.vanished(group, hidden.aborted + hidden.removed);
            }
        }
        let log = &partition.log;
        self.shares.cut(at, to.offset, |group, offset| {
            cx.probe.vanished(group, log.counted(offset, offset + 1));
        });
        let gone = partition.truncate(to);
        for cursor in &mut partition.cursors {
            cursor.passed = cursor.passed.min(to.offset);
        }
        self.reopen_transactions(at, cx);
        let accounted = back + given_up;
        cx.probe.taken_back(gone);
        cx.probe.ended(Cause::DeliveryTimeout as usize, given_up);
        let lost = gone.saturating_sub(accounted);
        cx.probe
            .ended_for(Cause::Lost as usize, Some(Limit::LogCut), lost);
        cx.probe.bound(Limit::LogCut.at(at.number()), lost);
        Cut { gone, accounted }
    }

    /// A broker's process is gone: requests that it had not handled come to nothing.
    pub(in super::super) fn drop_stalled(&mut self, broker: BrokerId) -> Vec<RequestId> {
        let stalled = std::mem::take(&mut self.machines[broker].stalled).into_iter();
        let request = |event| match event {
            Event::Arrive(request) | Event::Append(request) => Some(request),
            Event::FollowerReceives(_)
            | Event::FollowerFetches(_)
            | Event::Fetch(_)
            | Event::FetchWaited(_)
            | Event::Rejoin(_)
            | Event::CheckIsr
            | Event::Copied(_)
            | Event::Transaction(..)
            | Event::TransactionTimeouts
            | Event::ShareAcknowledged(_)
            | Event::ShareLock(..)
            | Event::Clean => None,
        };
        stalled.filter_map(request).collect()
    }

    /// A broker's connections are closed.
    pub(in super::super) fn close_connections(
        &mut self,
        broker: BrokerId,
        producers: impl Iterator<Item = ProducerId>,
        cx: &mut Scope<'_>,
    ) {
        for producer in producers {
            *self.connection(producer, broker) = Connection::default();
            self.note_held(producer, broker, cx);
        }
    }

    /// A broker that hung goes on with what reached it meanwhile.
    pub(in super::super) fn resume(&mut self, broker: BrokerId, cx: &mut Scope<'_>) {
        for event in std::mem::take(&mut self.machines[broker].stalled) {
            cx.queue.after(Nanos::ZERO, Timer::Broker(event));
        }
        self.serve_sessions(broker, cx);
    }

    /// The controller has fenced a broker, or not.
    pub(in super::super) fn set_fenced(&mut self, broker: BrokerId, fenced: bool) {
        self.machines[broker].fenced = fenced;
    }

    /// A broker is being stopped in good order, or not; returns what was so before.
    pub(in super::super) fn set_stopping(&mut self, broker: BrokerId, stopping: bool) -> bool {
        std::mem::replace(&mut self.machines[broker].stopping, stopping)
    }

    /// Whether a broker is being stopped in good order.
    pub(in super::super) fn is_stopping(&self, broker: BrokerId) -> bool {
        self.machines[broker].stopping
    }

    /// A broker's copies are gone with its volume.
    pub(in super::super) fn empty_volume(&mut self, broker: BrokerId) {
        for partition in self.partitions.iter_mut() {
            if let Some(slot) = partition.slot_of(broker) {
                partition.replicas[slot].end = Position::default();
            }
        }
    }

    /// A broker's volume takes `rate` at most, or what it is made for.
    pub(in super::super) fn set_disk(&mut self, broker: BrokerId, rate: Option<ByteRate>) {
        self.machines[broker].set_disk(rate);
    }

    /// A broker comes back on another machine.
    pub(in super::super) fn change_machine(&mut self, broker: BrokerId, machine: &Machine) {
        self.machines[broker].change_machine(machine);
    }

    /// The machine that a broker runs on.
    pub(in super::super) fn machine(&self, broker: BrokerId) -> &Machine {
        &self.machines[broker].machine
    }

    /// Bytes that a broker has sent to followers and consumers `[B]`.
    pub(in super::super) fn sent_out(&self, broker: BrokerId) -> u64 {
        self.machines[broker].sent_out
    }

    /// What brokers have written and sent so far.
    pub(in super::super) fn traffic(&self) -> Traffic {
        self.traffic
    }
}
