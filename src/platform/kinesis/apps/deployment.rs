//! An application is deployed, or runs again after a step of the timeline held it down.
//!
//! # Source
//! KCL 3.5.1, `InitialPositionInStream` and `HierarchicalShardSyncer`.

use super::Io;
use super::app::App;
use super::lease::LeaseState;
use crate::platform::kinesis::Position;
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::units::Nanos;

impl App {
    /// The application begins: with the oldest shards, or with LATEST behind the newest record of those that are
    /// open. What was stored before its iterators it never sees.
    pub(super) fn deploy(&mut self, io: &mut Io<'_>) {
        io.stream.settle_bill(io.now());
        if self.config.has_leases() {
            self.start_rounds(io);
        }
        for shard in io.stream.shard_ids() {
            match self.config.position {
                Position::Latest => self.deploy_at_latest(shard, io),
                Position::TrimHorizon if io.stream.parents(shard).next().is_none() => {
                    self.deploy_on(shard, io);
                }
                Position::TrimHorizon => {}
            }
        }
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
        self.leases[shard].owner = Some(WorkerId(worker as u32));
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
