//! A Flink job as a reader: its workers are subtasks with shards of their own, its state is kept in snapshots of all subtasks at
//! once, and when one fails, all of them begin again at the last snapshot.
//!
//! # Source
//! <https://github.com/apache/flink-connector-aws>: `KinesisDataFetcher` of FlinkKinesisConsumer, `KinesisStreamsSourceEnumerator`
//! and `SplitTracker` of KinesisStreamsSource; <https://nightlies.apache.org/flink/flink-docs-stable/docs/ops/state/task_failure_recovery/>.

use super::app::App;
use super::lease::LeaseState;
use super::worker::Worker;
use super::{AppEvent, Io};
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

impl App {
    /// A Flink job takes its first snapshot an interval after it began.
    pub(super) fn start_snapshots(&self, io: &mut Io<'_>) {
        if self.config.flink.is_some() {
            // Nobody can take a snapshot more often than this.
            let interval = self.config.checkpoint.max(Nanos::from_millis(10));
            io.after(interval, AppEvent::Snapshot(self.id));
        }
    }

    /// The job takes a snapshot, if it runs.
    pub(super) fn snapshot(&mut self, io: &mut Io<'_>) {
        self.start_snapshots(io);
        if self.down == 0 && self.job_runs() {
            self.take_snapshot(io);
        }
    }

    /// Whether all subtasks of the job have machines.
    fn job_runs(&self) -> bool {
        self.workers.iter().all(Worker::is_up)
    }

    /// Notes for each shard how far the job has come. The barriers of a snapshot take no time here.
    fn take_snapshot(&mut self, io: &mut Io<'_>) {
        let now = io.now();
        for shard in self.leases.ids() {
            let lease = &mut self.leases[shard];
            let done = lease.cursor.done.min(lease.cursor.seen);
            if lease.state == LeaseState::Reading && done > lease.cursor.checkpoint {
                lease.cursor.set_checkpoint(done, now);
                io.common.freed.push(shard);
            }
        }
    }

    /// A subtask is gone: the job stops as a whole, with all that its subtasks had in hand.
    pub(super) fn fail_job(&mut self, io: &mut Io<'_>) {
        for worker in self.workers.iter_mut() {
            worker.start_anew();
        }
        for shard in self.leases.ids() {
            let lease = &mut self.leases[shard];
            if !lease.state.is_held() {
                continue;
            }
            lease.drop_holder();
            self.wait_for_job(shard, io);
        }
    }

    /// A shard waits until all subtasks of the job have machines.
    pub(super) fn wait_for_job(&mut self, shard: ShardId, io: &mut Io<'_>) {
        self.leases[shard].state = LeaseState::Waiting;
        let spot = |limit: Limit| limit.of(self.consumer(), shard.0);
        io.probe.end_wait(spot(Limit::NewLane), io.queue.now());
        let spot = spot(self.without_reader());
        io.probe.begin_wait(spot, io.queue.now());
    }

    /// A subtask has a machine again: when all have, the job begins at its last snapshot after a pause.
    pub(super) fn restart_job(&mut self, io: &mut Io<'_>) {
        let Some(flink) = self.config.flink.filter(|_| self.job_runs()) else {
            return;
        };
        io.happened(
            &self.name,
            "job restarts",
            "from the last snapshot".to_owned(),
        );
        let at = io.now() + flink.restart;
        for shard in self.leases.ids() {
            if self.leases[shard].state == LeaseState::Waiting {
                self.look_at_parents_at(shard, at, io);
            }
        }
    }

    /// There is a new shard, which the job finds when it looks for shards again.
    pub(super) fn discover(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let begun = SimTime(self.config.starts_at.0);
        let lease = &mut self.leases[shard];
        let unknown = matches!(lease.state, LeaseState::Absent | LeaseState::Unassigned);
        let (Some(flink), true) = (self.config.flink, unknown && io.now() >= begun) else {
            return;
        };
        let worker = shard.0 as usize % self.workers.len();
        lease.owner = Some(WorkerId(worker as u32));
        lease.state = LeaseState::Waiting;
        let spot = Limit::NewLane.of(self.consumer(), shard.0);
        io.probe.begin_wait(spot, io.queue.now());
        let rounds = io.now().since(begun).0 / flink.discovery.0.max(1) + 1;
        let at = begun + Nanos(rounds.saturating_mul(flink.discovery.0));
        self.look_at_parents_at(shard, at, io);
    }

    /// Whether a shard of the job waits for the restart that will read it.
    pub(super) fn waits_for_restart(&self) -> bool {
        self.config.flink.is_some() && !self.job_runs()
    }
}
