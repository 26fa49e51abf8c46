//! Polling consumers: one reader per application and shard, as the KCL does it with shared
//! throughput. GetRecords returns at once, maybe empty; the next call comes an idle time after the
//! last one, and not before the records of the last one are processed.

use super::config::ConsumerConfig;
use crate::platform::{Chunk, Reader};
use crate::units::{Nanos, SimTime};

/// Where an application stands in one shard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    /// The next record to fetch.
    pub fetched: u64,
    /// Everything before is processed or expired.
    pub done: u64,
    /// Fetched and not yet processed.
    pub outstanding: u64,
    /// What the answer under way brings.
    pub answer: Option<Chunk>,
    /// When it last called.
    pub called_at: SimTime,
    /// Whether it stopped calling because the application is down.
    pub parked: bool,
}

/// One consumer application.
#[derive(Clone, Debug)]
pub struct App {
    /// How it reads.
    pub config: ConsumerConfig,
    /// Its workers; shard i belongs to worker i mod n.
    pub workers: Vec<Reader>,
    /// Where it stands in each shard.
    pub cursors: Vec<Cursor>,
    /// How many steps of the timeline hold it down.
    pub down: u32,
    /// The largest age of a last record returned since the last sample.
    pub iterator_age: Nanos,
}

impl App {
    /// The worker that reads `shard`.
    #[must_use]
    pub fn worker_of(&self, shard: u32) -> usize {
        shard as usize % self.workers.len()
    }
}
