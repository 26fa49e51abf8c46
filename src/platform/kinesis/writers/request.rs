//! Requests of producers in flight: who sent them, what they carry, how they ended, when they are repeated.

use crate::engine::{Stream as Random, Ticket};
use crate::platform::kinesis::ids::{KplRecordId, ProducerId, RequestId, Slots};
use crate::platform::kinesis::stream::CallError;
use crate::platform::kinesis::{ProducerConfig, RetryMode};
use crate::probe::Sending;
use crate::units::{NANOS_PER_S, Nanos, SimTime};
use crate::workload::Record;
use rand_distr::{Distribution, StandardUniform};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// One producer process.
#[derive(Clone, Debug, Default)]
pub(super) struct Producer {
    /// The records of the call that is being filled; their size counts the key here.
    pub(super) open: Vec<Record>,
    /// The bytes of these records, keys included `[B]`.
    pub(super) open_bytes: u64,
    /// Names the call that is being filled: its flush timer is void once it was sent.
    pub(super) ticket: Ticket,
    /// Requests in flight, those that wait for a retry included; `settled` says which of them may be over.
    pub(super) in_flight: u32,
    /// The answer times of requests whose records are all stored, the earliest first. No timer is set for them:
    /// they only free a place for another request, and are counted off when a place is needed.
    pub(super) settled: BinaryHeap<Reverse<SimTime>>,
    /// When the timer is due that makes room for a request that waits.
    pub(super) room_at: Option<SimTime>,
    /// Names that timer: it is void once an earlier one was set.
    pub(super) room_ticket: Ticket,
    /// Requests that wait until fewer requests of the producer are in flight.
    pub(super) waiting: VecDeque<RequestId>,
    /// With PutRecord: records that wait for a free place in flight. Their size includes the key here.
    pub(super) backlog: VecDeque<Record>,
    /// Records that it holds in all of these `[records]`.
    pub(super) held: u64,
    /// Records that wait at its source because it is full; their size is that of their data.
    pub(super) source: VecDeque<Record>,
    /// Retry tokens that it has used up, in standard mode.
    pub(super) tokens_used: u64,
}

impl Producer {
    /// Whether something waits for one of its requests to end.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.backlog.is_empty()
    }

    /// Whether a new request may go at `now`, of at most `most` in flight; nothing overtakes what waits.
    pub(super) fn has_room(&mut self, most: u32, now: SimTime) -> bool {
        if self.in_flight == most && !self.is_waiting() {
            self.count_off_settled(now);
        }
        self.in_flight < most
    }

    /// A request is over: there is room for another one.
    pub(super) fn end_request(&mut self) {
        let in_flight = self.in_flight.checked_sub(1);
        self.in_flight = in_flight.expect("a request ends that is not in flight");
    }

    /// Counts off the requests whose answers have come by `now`.
    pub(super) fn count_off_settled(&mut self, now: SimTime) {
        while self.settled.peek().is_some_and(|first| first.0 <= now) {
            self.settled.pop();
            self.end_request();
        }
    }

    /// The producer no longer holds `records` records: they are stored or given up.
    #[inline]
    pub(super) fn release(&mut self, records: u64) {
        self.held = self
            .held
            .checked_sub(records)
            .expect("a producer gives up records that it does not hold");
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// HTTP 200, each record with its own result.
    #[default]
    Answered,
    /// The request failed as a whole.
    Failed(CallError),
    /// No answer came.
    TimedOut,
}

/// One request with the records that are still to be stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// The producer that sent it.
    pub(super) producer: ProducerId,
    /// The application's attempt under way, from 1.
    pub(super) attempt: u32,
    /// The SDK's attempt under way, from 1.
    pub(super) sdk_attempt: u32,
    /// The records that are not stored yet, in order; their size counts the key here.
    pub(super) records: Vec<Record>,
    /// Records that are stored while the producer does not know.
    pub(super) unconfirmed: Vec<Record>,
    /// Records among `records` that failed with InternalFailure in the last attempt.
    pub(super) failed: u64,
    /// When the first attempt was sent.
    pub(super) first_sent: SimTime,
    /// When the attempt was sent.
    pub(super) sent_at: SimTime,
    /// The time from the request to its answer.
    pub(super) latency: Nanos,
    /// When the producer knows how the attempt ended.
    pub(super) answer_at: SimTime,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// Records of the KPL's own that it carries.
    pub(super) carried: Vec<KplRecordId>,
}

impl Request {
    /// Whether all records are stored and the producer will know it: its answer changes nothing else.
    pub(super) fn is_settled(&self) -> bool {
        let stored = self.records.is_empty() && self.unconfirmed.is_empty();
        stored && self.carried.is_empty() && self.outcome == Outcome::Answered
    }

    /// The attempt under way is sent at `now`.
    pub(super) fn sent(&mut self, now: SimTime) {
        if (self.attempt, self.sdk_attempt) == (1, 1) {
            self.first_sent = now;
        }
        self.sent_at = now;
    }

    /// When it was sent and when it arrived.
    pub(super) fn sending(&self, arrived: SimTime) -> Sending {
        Sending {
            first: self.first_sent,
            last: self.sent_at,
            arrived,
        }
    }
}

/// All requests of a system; finished ones are used again, so that nothing is allocated per request.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    all: Slots<RequestId, Request>,
    free: Vec<RequestId>,
}

impl Requests {
    /// A fresh request of `producer` without records.
    pub(super) fn open_empty(&mut self, producer: ProducerId) -> RequestId {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.all.push(Request::default()),
        };
        let request = &mut self.all[id];
        (request.producer, request.attempt, request.sdk_attempt) = (producer, 1, 1);
        (request.failed, request.outcome) = (0, Outcome::Answered);
        id
    }

    /// A fresh request of `producer` with the records of `open`, which is left empty.
    pub(super) fn open(&mut self, producer: ProducerId, open: &mut Vec<Record>) -> RequestId {
        let id = self.open_empty(producer);
        std::mem::swap(&mut self.all[id].records, open);
        id
    }

    /// A fresh request of `producer` with one record.
    pub(super) fn open_one(&mut self, producer: ProducerId, record: Record) -> RequestId {
        let id = self.open_empty(producer);
        self.all[id].records.push(record);
        id
    }

    /// The request, to be read.
    #[inline]
    pub(super) fn get(&self, id: RequestId) -> &Request {
        &self.all[id]
    }

    /// The request, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.all[id]
    }

    /// Gives a request back.
    pub(super) fn close(&mut self, id: RequestId) {
        let request = &mut self.all[id];
        request.records.clear();
        request.unconfirmed.clear();
        request.carried.clear();
        self.free.push(id);
    }

    /// Records in all requests that are not stored `[records]`.
    #[must_use]
    pub(super) fn held(&self) -> u64 {
        let held = |request: &Request| request.records.len() as u64;
        self.all.iter().map(held).sum()
    }

    /// The requests that are not finished.
    pub(super) fn in_use(&self) -> usize {
        self.all.len() - self.free.len()
    }
}

/// How long the application waits after attempt `attempt`: rand(0..1) x base x 2^(attempt - 1), at
/// most the cap.
///
/// # Source
/// The form of botocore's retry modes (`botocore.retries.standard.ExponentialBackoff`); the numbers are the
/// application's own.
#[must_use]
pub(super) fn backoff(config: &ProducerConfig, attempt: u32, jitter: Random, n: u64) -> Nanos {
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
/// botocore 1.43.11, `botocore.retries.standard` and `botocore.retryhandler`.
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
