//! Consumer applications: workers that hold leases on shards, and where each lease stands.

use super::config::ConsumerConfig;
use crate::engine::TokenBucket;
use crate::platform::{Chunk, Outlet, Reader};
use crate::units::{Nanos, SimTime};
use crate::workload::SinkConfig;
use std::collections::VecDeque;

/// Nobody's lease.
pub(super) const NOBODY: u32 = u32::MAX;

/// What an application does about a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LeaseState {
    /// It does not know the shard yet.
    #[default]
    Absent,
    /// There is a lease, and no worker has taken it.
    Unassigned,
    /// A worker holds it and waits for the parents to be read.
    Waiting,
    /// A worker reads the shard.
    Reading,
    /// The shard is read to its end (`SHARD_END`).
    Ended,
}

/// An application's lease on a shard, with what its holder knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Lease {
    pub state: LeaseState,
    /// The worker that holds it.
    pub owner: u32,
    /// Changes with every new holder: timers and answers of former ones are stale.
    pub epoch: u32,
    /// When it may be given to another worker, once its holder is gone.
    pub expires: SimTime,
    /// The next record to fetch.
    pub fetched: u64,
    /// Everything before is processed by the present holder.
    pub done: u64,
    /// Everything before was delivered once, expired or skipped.
    pub seen: u64,
    /// Where a new holder begins.
    pub checkpoint: u64,
    pub checkpointed_at: SimTime,
    /// Fetched and not finished: each answer with its bytes.
    pub pending: VecDeque<(Chunk, u64)>,
    pub pending_records: u64,
    pub pending_bytes: u64,
    /// Answers and events on their way.
    pub flight: VecDeque<Flight>,
    /// When its holder made the last call of GetRecords, and how long the call takes without its bytes.
    pub called_at: SimTime,
    pub latency: Nanos,
    /// When it made the last one that was answered with records.
    pub last_call: SimTime,
    pub iterator_at: SimTime,
    /// It stopped calling because the application is down.
    pub parked: bool,
    /// It stopped fetching because enough is pending.
    pub blocked: bool,
    /// It has fetched the last record of a closed shard.
    pub at_end: bool,
    /// Bytes processed since the last balancing, and its moving average (alpha 0.5) over balancings.
    pub load: u64,
    pub average: u64,
    pub push: Push,
}

/// An answer or event on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub chunk: Chunk,
    pub bytes: u64,
    /// Whether it carries the newest record there was.
    pub tip: bool,
}

/// A subscription's state, for enhanced fan-out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Push {
    /// 2 MiB/s of its own.
    pub bucket: Option<TokenBucket>,
    /// An event is being gathered or waits for the bucket.
    pub gathering: bool,
    /// Events arrive in order: none before this.
    pub last: SimTime,
    /// When the newest subscription was made, by whomever.
    pub subscribed: Option<SimTime>,
    /// Whether the present holder has made it.
    pub mine: bool,
}

impl Lease {
    pub(super) fn new() -> Self {
        Self {
            owner: NOBODY,
            ..Self::default()
        }
    }

    /// Whether the holder has fetched as much as it may.
    pub(super) fn is_full(&self, config: &ConsumerConfig) -> bool {
        self.pending.len() as u64 >= config.prefetch_batches
            || self.pending_bytes >= config.prefetch_bytes
            || self.pending_records >= config.prefetch_records
    }

    /// An answer with `bytes` reached the holder.
    pub(super) fn take_in(&mut self, chunk: Chunk, bytes: u64) {
        self.pending.push_back((chunk, bytes));
        self.pending_records += chunk.count;
        self.pending_bytes += bytes;
    }

    /// The oldest answer is processed.
    pub(super) fn finish_oldest(&mut self) {
        if let Some((chunk, bytes)) = self.pending.pop_front() {
            self.pending_records -= chunk.count;
            self.pending_bytes -= bytes;
            self.load += bytes;
        }
    }

    /// The holder is gone with all that it had in hand.
    pub(super) fn drop_holder(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.pending.clear();
        (self.pending_records, self.pending_bytes) = (0, 0);
        self.flight.clear();
        (self.parked, self.blocked, self.at_end) = (false, false, false);
        (self.push.gathering, self.push.mine) = (false, false);
    }
}

/// One worker of an application.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub reader: Reader,
    /// How many reasons keep it down: its own crash, a lost zone.
    pub down: u32,
    /// Changes when it crashes.
    pub generation: u32,
    /// The zone that it runs in.
    pub zone: u8,
    /// When the last slice that it began will end.
    pub busy_until: SimTime,
    /// Since when something waits for its batching window.
    pub gathering_since: Option<SimTime>,
}

impl Worker {
    /// Whether it runs.
    pub(super) fn is_up(&self) -> bool {
        self.down == 0
    }
}

/// One consumer application.
#[derive(Debug)]
pub(super) struct App {
    pub name: String,
    pub config: ConsumerConfig,
    pub per_record: Nanos,
    pub workers: Vec<Worker>,
    /// By shard.
    pub leases: Vec<Lease>,
    /// How many steps of the timeline hold it down.
    pub down: u32,
    /// The largest age of a last record since the last sample, if anything was answered.
    pub age: Option<Nanos>,
    /// Rounds of assignment so far.
    pub rounds: u64,
    /// The worker that assigns (KCL 3).
    pub leader: u32,
    /// Until when nobody else may lead.
    pub leader_until: SimTime,
    /// The newest record of each key that it was given, where order is watched.
    pub newest: Vec<u32>,
    /// Where its workers put records.
    pub sink: SinkConfig,
    pub outlet: Option<Outlet>,
}

impl App {
    /// Whether the workers of `lease`'s holder run.
    pub(super) fn holder_up(&self, shard: u32) -> bool {
        let owner = self.leases[shard as usize].owner;
        self.workers.get(owner as usize).is_some_and(Worker::is_up)
    }

    /// Whether the holder of a lease has records of its shard in a buffer for its sink.
    pub(super) fn keeps(&self, shard: u32) -> bool {
        let owner = self.leases[shard as usize].owner;
        self.workers
            .get(owner as usize)
            .is_some_and(|worker| worker.reader.keeps(shard))
    }

    /// Whether a Lambda reader is invoking, or has all that an invocation takes.
    pub(super) fn invoked(&self, worker: u32) -> bool {
        let state = self.workers.get(worker as usize);
        state.is_some_and(|state| {
            !state.reader.is_idle() || state.reader.backlog() >= self.config.slice
        })
    }

    /// Whether an idle Lambda reader has something, and not yet a full batch.
    pub(super) fn is_gathering(&self, worker: u32) -> bool {
        let Some(state) = self.workers.get(worker as usize) else {
            return false;
        };
        let few = (1..self.config.slice).contains(&state.reader.backlog());
        let mut own = self.leases.iter().filter(|lease| lease.owner == worker);
        state.reader.is_idle() && few && own.all(|lease| lease.pending_bytes < self.config.payload)
    }

    /// A reader for a new worker.
    pub(super) fn reader(&self) -> Reader {
        let config = &self.config;
        let reader = Reader::new(self.per_record, config.slice, config.lambda);
        reader
            .invoking(config.overhead, config.parallel)
            .into_sink(&self.sink)
    }

    /// Adds a worker in the zone that is next in turn.
    pub(super) fn add_worker(&mut self) {
        let zone = (self.workers.len() % 3) as u8;
        let (reader, busy_until) = (self.reader(), SimTime::ZERO);
        let gathering_since = None;
        self.workers.push(Worker {
            reader,
            down: 0,
            generation: 0,
            zone,
            busy_until,
            gathering_since,
        });
    }
}
