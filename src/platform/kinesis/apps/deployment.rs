//! An application is deployed, or runs again after a step of the timeline held it down.
//!
//! # Source
//! KCL 3.5.1, `InitialPositionInStream` and `HierarchicalShardSyncer`.

use super::Io;
use super::app::App;
use super::lease::LeaseState;
use crate::platform::kinesis::Position;
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::units::{Nanos, SimTime};

impl App {
    /// The application begins: with the oldest shards, or with LATEST behind the newest record of those that are
    /// open. What was stored before its iterators it never sees.
    pub(super) fn deploy(&mut self, io: &mut Io<'_>) {
        io.stream.settle_bill(io.now());
        self.start_snapshots(io);
        if self.config.has_leases() {
            self.start_rounds(io);
            for worker in self.workers.ids() {
                self.start_renewals(worker, io);
            }
        }
        for shard in io.stream.shard_ids() {
            if let Position::AtTimestamp(instant) = self.config.position {
                self.skip_before(shard, SimTime(instant.0), io);
            }
            match self.config.position {
                Position::Latest => self.deploy_at_latest(shard, io),
                Position::TrimHorizon | Position::AtTimestamp(_) if self.begins_with(shard, io) => {
                    self.deploy_on(shard, io);
                }
                Position::TrimHorizon | Position::AtTimestamp(_) => {}
            }
        }
    }

    /// Whether the application reads a shard from the start: one without parents, or any if it does not wait for parents.
    fn begins_with(&self, shard: ShardId, io: &Io<'_>) -> bool {
        let all = self.config.flink.is_some() && self.config.children_first;
        all || io.stream.parents(shard).next().is_none()
    }

    /// What was stored in a shard before an instant the application never sees.
    fn skip_before(&mut self, shard: ShardId, instant: SimTime, io: &mut Io<'_>) {
        let log = io.stream.log(shard);
        let first = log.first_since(0, instant);
        io.probe.skipped(self.consumer(), log.counted(0, first));
        self.leases[shard].cursor.skip_to(first);
    }

    /// The application begins behind the newest record of a shard; closed shards it never reads.
    fn deploy_at_latest(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let tip = io.stream.latest(shard, io.now());
        let skipped = io.stream.log(shard).counted(0, tip);
        io.probe.skipped(self.consumer(), skipped);
        let lease = &mut self.leases[shard];
        lease.cursor.skip_to(tip);
        if !io.stream.is_open(shard) {
            lease.state = LeaseState::Ended;
            return;
        }
        if self.config.is_lambda() && shard.0 as usize >= self.workers.len() {
            return self.invoke_on(shard, io);
        }
        self.deploy_on(shard, io);
    }

    /// The workers share the shards that there are at the beginning evenly.
    pub(super) fn deploy_on(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let worker = shard.0 as usize % self.workers.len();
        let lease = &mut self.leases[shard];
        (lease.owner, lease.renewed_at) = (Some(WorkerId(worker as u32)), io.now());
        if self.waits_for_restart() {
            return self.wait_for_job(shard, io);
        }
        if !self.holder_up(shard) {
            self.leases[shard].state = LeaseState::Unassigned;
            return;
        }
        let phase = self.phase(shard, io);
        self.start_reading(shard, phase, io);
    }

    /// The random phase of the calls on a shard within the idle time.
    fn phase(&self, shard: ShardId, io: &Io<'_>) -> Nanos {
        let phases = io.common.phases.child(u64::from(self.id.0));
        Nanos(phases.below(u64::from(shard.0), self.config.idle.0.max(1)))
    }

    /// A step of the timeline that held the application down is over.
    pub(super) fn bring_up(&mut self, io: &mut Io<'_>) {
        let down = self.down.checked_sub(1);
        self.down = down.expect("an application comes up that was not down");
        if self.down > 0 {
            return;
        }
        for shard in io.stream.shard_ids() {
            if !std::mem::take(&mut self.leases[shard].parked) {
                continue;
            }
            if self.is_pushed() {
                self.gather(shard, io);
            } else {
                let at = io.now() + self.phase(shard, io);
                self.call_at(shard, at, io);
            }
        }
        for worker in self.workers.ids() {
            self.begin_slice(worker, io);
        }
        self.invoke_all(io);
    }
}
