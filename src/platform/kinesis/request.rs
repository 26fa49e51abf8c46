//! Calls of the SDK under way: whose they are, what they carry, how they ended, when they are repeated.

use super::config::{ProducerConfig, RetryMode};
use super::weather::CallError;
use crate::engine::Stream;
use crate::units::{NANOS_PER_S, Nanos, SimTime};
use crate::workload::Record;
use rand_distr::{Distribution, StandardUniform};
use std::collections::VecDeque;

/// One producer.
#[derive(Clone, Debug, Default)]
pub(super) struct Producer {
    /// The call that is being filled; the size of its records counts the key here.
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
    /// Retry tokens that it has used up, in standard mode.
    pub tokens_used: u64,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// HTTP 200, each record with its own result.
    #[default]
    Answered,
    /// The call failed as a whole.
    Failed(CallError),
    /// No answer came.
    Silent,
}

/// One call with the records that are still to be stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// Whose call it is.
    pub producer: u32,
    /// The application's attempt under way, from 1.
    pub attempt: u32,
    /// The SDK's attempt under way, from 1.
    pub sdk_attempt: u32,
    /// The records that are not stored yet, in order; their size counts the key here.
    pub records: Vec<Record>,
    /// Records that are stored while the client does not know.
    pub ghosts: Vec<Record>,
    /// Records among `records` that failed with InternalFailure in the last attempt.
    pub failed: u64,
    /// When the attempt was sent, and how long an answer takes.
    pub sent_at: SimTime,
    pub latency: Nanos,
    /// When the client knows how the attempt ended `[ns]`.
    pub answer_at: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Records of the KPL's own that it carries.
    pub carried: Vec<u32>,
}

/// All calls of a system; emptied ones are used again, so that nothing is allocated per call.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    all: Vec<Request>,
    free: Vec<u32>,
}

impl Requests {
    /// A fresh call of `producer` with the records of `open`, which is left empty.
    pub(super) fn open(&mut self, producer: u32, open: &mut Vec<Record>) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.all.push(Request::default());
            (self.all.len() - 1) as u32
        });
        let request = &mut self.all[index as usize];
        (request.producer, request.attempt, request.sdk_attempt) = (producer, 1, 1);
        (request.failed, request.outcome) = (0, Outcome::Answered);
        std::mem::swap(&mut request.records, open);
        index
    }

    /// The call of this number.
    pub(super) fn get(&mut self, index: u32) -> &mut Request {
        &mut self.all[index as usize]
    }

    /// Gives a call back.
    pub(super) fn close(&mut self, index: u32) {
        let request = &mut self.all[index as usize];
        request.records.clear();
        request.ghosts.clear();
        request.carried.clear();
        self.free.push(index);
    }

    /// Records in all calls that are not stored.
    #[must_use]
    pub(super) fn held(&self) -> u64 {
        self.all
            .iter()
            .map(|request| request.records.len() as u64)
            .sum()
    }
}

/// How long the application waits after attempt `attempt`: rand(0..1) x base x 2^(attempt - 1), at
/// most the cap.
///
/// # Source
/// The form of botocore's retry modes; the numbers are the application's own.
#[must_use]
pub(super) fn backoff(config: &ProducerConfig, attempt: u32, jitter: Stream, n: u64) -> Nanos {
    let doubled = config
        .backoff_base
        .0
        .saturating_mul(1 << (attempt - 1).min(40));
    let share: f64 = StandardUniform.sample(&mut jitter.rng(n));
    Nanos((share * doubled.min(config.backoff_cap.0) as f64) as u64)
}

/// How long the SDK waits after attempt `attempt`: rand(0..1) x 2^(attempt - 1) s, in standard mode at
/// most 20 s before the random factor.
///
/// # Source
/// botocore 1.43.11.
#[must_use]
pub(super) fn sdk_delay(mode: RetryMode, attempt: u32, ceiling: Nanos, share: f64) -> Nanos {
    let doubled = NANOS_PER_S.saturating_mul(1 << (attempt - 1).min(30));
    let whole = if mode == RetryMode::Standard {
        doubled.min(ceiling.0)
    } else {
        doubled
    };
    Nanos((share * whole as f64) as u64)
}
