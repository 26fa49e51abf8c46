//! The end of a closed shard (`SHARD_END`), and the children that are read after it.
//!
//! # Source
//! KCL 3.5.1, `ShutdownTask` and `BlockOnParentShardTask`.

use super::Io;
use super::app::App;
use super::lease::{Lease, LeaseState};
use crate::platform::kinesis::ids::ShardId;
use crate::probe::Limit;
use crate::units::Nanos;

impl App {
    /// The stream has `count` shards by now, counting those that are closed.
    pub(super) fn learn_shards(&mut self, count: usize) {
        while self.leases.len() < count {
            self.leases.push(Lease::default());
        }
    }

    /// Ends a lease whose shard is closed and read to its end; its children get leases.
    pub(super) fn end_if_read(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let lease = &self.leases[shard];
        if !lease.at_end || lease.is_busy() || lease.state != LeaseState::Reading {
            return;
        }
        let end = io.stream.log(shard).end();
        if lease.cursor.fetched < end || self.keeps(shard) {
            return;
        }
        let lease = &mut self.leases[shard];
        (lease.cursor.done, lease.cursor.checkpoint) = (end, end);
        lease.state = LeaseState::Ended;
        lease.ended_at = Some(io.now());
        lease.ticket.advance();
        io.happened(&self.name, "SHARD_END", shard.to_string());
        for child in io.stream.children(shard) {
            self.learn_child(child, io);
        }
        io.common.freed.push(shard);
    }

    /// A parent of a shard is read: there is a lease on the shard now.
    fn learn_child(&mut self, child: ShardId, io: &mut Io<'_>) {
        let lease = &mut self.leases[child];
        if lease.state == LeaseState::Absent {
            lease.state = LeaseState::Unassigned;
        }
        if self.config.flink.is_some() && self.config.children_first {
            return;
        }
        if self.parents_read(child, io.stream) && !self.leases[child].state.is_held() {
            // What a shard waits for now is a worker, or a job that finds it.
            let now = io.now();
            let spot = |limit: Limit| limit.of(self.consumer(), child.0);
            io.probe.end_wait(spot(Limit::ParentsFirst), now);
            if self.config.flink.is_none() {
                io.probe.begin_wait(spot(self.without_reader()), now);
            }
        }
        if self.config.has_leases() || !self.parents_read(child, io.stream) {
            return;
        }
        if self.config.flink.is_some() {
            return self.discover(child, io);
        }
        if self.config.is_lambda() {
            return self.invoke_on(child, io);
        }
        self.deploy_on(child, io);
    }

    /// A Lambda mapping gets a reader for a shard.
    pub(super) fn invoke_on(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let worker = self.add_worker();
        self.leases[shard].owner = Some(worker);
        self.start_reading(shard, Nanos::ZERO, io);
    }
}
