//! Producers as applications write them on the plain SDK: collect records into PutRecords calls,
//! look at the result of every record, send the refused ones again after a back-off with jitter,
//! give up in the end. The SDK itself never resends entries of a call that was answered with 200.

use super::config::ProducerConfig;
use crate::engine::Stream;
use crate::units::Nanos;
use crate::workload::Record;
use std::collections::VecDeque;

/// One producer.
#[derive(Clone, Debug, Default)]
pub struct Producer {
    /// The call that is being filled.
    pub open: Vec<Record>,
    /// Its bytes, keys included.
    pub open_bytes: u64,
    /// Counts the calls opened: a flush timer of an earlier call is stale.
    pub generation: u32,
    /// Calls under way, those in back-off included.
    pub in_flight: u32,
    /// Calls that wait for one of those to end.
    pub waiting: VecDeque<u32>,
    /// Records that it holds in all of these.
    pub held: u64,
}

/// One PutRecords call with the records that are still to be stored.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Whose call it is.
    pub producer: u32,
    /// The attempt under way, from 1.
    pub attempt: u32,
    /// The records that are not stored yet, in order.
    pub records: Vec<Record>,
    /// When its answer reaches the producer `[ns]`.
    pub answer_at: u64,
}

/// All calls of a system; emptied ones are used again, so that nothing is allocated per call.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    all: Vec<Request>,
    free: Vec<u32>,
}

impl Requests {
    /// A fresh call of `producer` with the records of `open`, which is left empty.
    pub fn open(&mut self, producer: u32, open: &mut Vec<Record>) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.all.push(Request::default());
            (self.all.len() - 1) as u32
        });
        let request = &mut self.all[index as usize];
        (request.producer, request.attempt) = (producer, 1);
        std::mem::swap(&mut request.records, open);
        index
    }

    /// The call of this number.
    pub fn get(&mut self, index: u32) -> &mut Request {
        &mut self.all[index as usize]
    }

    /// Gives a call back.
    pub fn close(&mut self, index: u32) {
        self.all[index as usize].records.clear();
        self.free.push(index);
    }

    /// Records in all calls that are not stored.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.all.iter().map(|request| request.records.len() as u64).sum()
    }
}

/// How long to wait after attempt `attempt`: rand(0..1) x base x 2^(attempt - 1), at most the cap.
///
/// # Source
/// The form of botocore's retry modes; the numbers are the application's own.
#[must_use]
pub fn backoff(config: &ProducerConfig, attempt: u32, jitter: Stream, n: u64) -> Nanos {
    let doubled = config.backoff_base.0.saturating_mul(1 << (attempt - 1).min(40));
    Nanos((jitter.uniform(n) * doubled.min(config.backoff_cap.0) as f64) as u64)
}
