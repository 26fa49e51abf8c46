//! Who reads which shard: how a lease becomes free, how a worker gets it, and how it goes from one to another.
//!
//! Before KCL 3 every worker takes leases for itself (`taker`); in KCL 3 one worker gives them away (`leader`).
//!
//! # Source
//! `DynamoDBLeaseTaker`, `LeaseAssignmentManager` and `BlockOnParentShardTask` of KCL 3.5.1,
//! <https://github.com/awslabs/amazon-kinesis-client>.

use super::app::App;
use super::lease::LeaseState;
use super::worker::Worker;
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::units::{Nanos, SimTime};

/// How a lease goes to another live worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HandOver {
    /// At the end of the slice under way and with its checkpoint.
    Graceful,
    /// At once, so that work since the checkpoint is done again.
    Stolen,
}

impl App {
    /// The time between two scans of the lease table: twice failoverTimeMillis, with its slack before KCL 3.
    pub(super) fn round(&self) -> Nanos {
        let config = &self.config;
        let extra = if config.kcl < 3 { config.slack.0 } else { 0 };
        Nanos((config.failover.0 + extra) * 2)
    }

    /// Sets the scans of the lease table.
    pub(super) fn start_rounds(&self, io: &mut Io<'_>) {
        if self.config.kcl < 3 {
            self.start_takers(io);
        } else {
            self.start_leader(io);
        }
    }

    /// Whether a lease is free for who scans the table now and did so at `previous` before: nobody holds it, or its counter
    /// was the same in both scans.
    pub(super) fn is_available(&self, shard: ShardId, previous: Option<SimTime>) -> bool {
        let lease = &self.leases[shard];
        let renews_in_time = self.table.is_none() && self.holder_up(shard);
        if !lease.state.is_held() || renews_in_time {
            return lease.state == LeaseState::Unassigned;
        }
        previous.is_some_and(|previous| lease.renewed_at <= previous)
    }

    /// Children that are read without waiting for their parents get leases as soon as they are open.
    pub(super) fn learn_open_shards(&mut self, io: &Io<'_>) {
        for shard in io.stream.open_shards() {
            let lease = &mut self.leases[shard];
            if lease.state == LeaseState::Absent {
                lease.state = LeaseState::Unassigned;
            }
        }
    }

    /// A worker gets a lease: it reads, or waits for the parents of the shard. In KCL 3 it has to find the lease first.
    pub(super) fn give(&mut self, shard: ShardId, worker: WorkerId, io: &mut Io<'_>) {
        let now = io.now();
        let ready = self.config.children_first || self.parents_read(shard, io.stream);
        let lease = &mut self.leases[shard];
        lease.drop_holder();
        (lease.owner, lease.renewed_at) = (Some(worker), now);
        lease.state = LeaseState::Waiting;
        if self.config.kcl >= 3 {
            io.happened(
                &self.worker_name(worker),
                "lease assigned",
                shard.to_string(),
            );
            return self.look_at_parents_at(shard, self.discovered_at(worker, now, io), io);
        }
        io.happened(&self.worker_name(worker), "lease taken", shard.to_string());
        if ready {
            return self.start_reading(shard, Nanos::ZERO, io);
        }
        self.look_at_parents_at(shard, now + self.config.parent_poll, io);
    }

    /// The holder of a child's lease looks at the parents at `at`.
    pub(super) fn look_at_parents_at(&self, shard: ShardId, at: SimTime, io: &mut Io<'_>) {
        let (app, ticket) = (self.id, self.leases[shard].ticket);
        io.at(at, AppEvent::Parents { app, shard, ticket });
    }

    /// A worker that holds a child's lease looks at the parents.
    pub(super) fn look_at_parents(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) {
        let lease = &self.leases[shard];
        let waits = lease.ticket == ticket && lease.state == LeaseState::Waiting;
        if !waits || self.waits_for_restart() {
            return;
        }
        if self.config.children_first || self.parents_read(shard, io.stream) {
            self.note_found(shard, io);
            return self.start_reading(shard, Nanos::ZERO, io);
        }
        self.look_at_parents_at(shard, io.now() + self.config.parent_poll, io);
    }

    /// In KCL 3 the holder has found its lease by now.
    fn note_found(&self, shard: ShardId, io: &mut Io<'_>) {
        if let Some(worker) = self.leases[shard]
            .owner
            .filter(|_| self.config.has_leases() && self.config.kcl >= 3)
        {
            io.happened(&self.worker_name(worker), "lease taken", shard.to_string());
        }
    }

    /// In KCL 3 a holder whose lease is to move learns of it when it renews the lease.
    pub(super) fn move_later(&self, shard: ShardId, to: WorkerId, io: &mut Io<'_>) {
        let lease = &self.leases[shard];
        let Some(from) = lease.owner else {
            return;
        };
        let (app, ticket) = (self.id, lease.ticket);
        let moves = AppEvent::Move {
            app,
            shard,
            worker: to,
            ticket,
        };
        io.at(self.renewal_of(from, io.now(), io), moves);
    }

    /// The holder of a lease hands it over in order, unless it lost it or the next one is gone.
    pub(super) fn hand_over_in_order(
        &mut self,
        shard: ShardId,
        to: WorkerId,
        ticket: Ticket,
        io: &mut Io<'_>,
    ) {
        let lease = &self.leases[shard];
        let up = self.workers.get(to).is_some_and(Worker::is_up);
        if up && lease.ticket == ticket && lease.state == LeaseState::Reading {
            self.hand_over(shard, to, HandOver::Graceful, io);
        }
    }

    /// A lease goes to another live worker.
    pub(super) fn hand_over(
        &mut self,
        shard: ShardId,
        to: WorkerId,
        way: HandOver,
        io: &mut Io<'_>,
    ) {
        let now = io.now();
        let mut begin = now;
        let lease = &mut self.leases[shard];
        if let Some(from) = lease.owner.and_then(|from| self.workers.get_mut(from)) {
            from.reader.forget(shard.0);
            let mut parts = from.reader.current().iter();
            if way == HandOver::Graceful && parts.any(|part| part.chunk.lane == shard.0) {
                begin = begin.max(from.busy_until);
            }
        }
        if way == HandOver::Graceful {
            // What is under way is added when it is done.
            lease.cursor.checkpoint = lease.cursor.done;
        }
        if way == HandOver::Stolen {
            return self.give(shard, to, io);
        }
        let leaving = lease.owner;
        lease.drop_holder();
        (lease.state, lease.leaving) = (LeaseState::Waiting, leaving);
        (lease.owner, lease.renewed_at) = (Some(to), now);
        io.happened(&self.name, "lease moved", format!("{shard} to {to}"));
        // The new holder finds the lease after the old one is done; parents are read already.
        let found = self.discovered_at(to, begin + Nanos(1), io);
        self.look_at_parents_at(shard, found, io);
    }

    /// A worker of the application as reports show it.
    pub(super) fn worker_name(&self, worker: WorkerId) -> String {
        format!("{worker} of {}", self.name)
    }
}
