//! Producers as applications write them on the plain SDK: collect records into PutRecords calls,
//! look at the result of every record, send the refused ones again after a back-off with jitter,
//! give up in the end. The SDK itself never resends entries of a call that was answered with 200.

use super::config::{ExplicitHash, ProducerConfig};
use super::hash::HashKey;
use super::{Event, Kinesis, THROTTLED};
use crate::engine::Stream;
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};
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
}

/// One PutRecords call with the records that are still to be stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// Whose call it is.
    pub producer: u32,
    /// The attempt under way, from 1.
    pub attempt: u32,
    /// The records that are not stored yet, in order; their size counts the key here.
    pub records: Vec<Record>,
    /// When its answer reaches the producer `[ns]`.
    pub answer_at: u64,
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
        (request.producer, request.attempt) = (producer, 1);
        std::mem::swap(&mut request.records, open);
        index
    }

    /// The call of this number.
    pub(super) fn get(&mut self, index: u32) -> &mut Request {
        &mut self.all[index as usize]
    }

    /// Gives a call back.
    pub(super) fn close(&mut self, index: u32) {
        self.all[index as usize].records.clear();
        self.free.push(index);
    }

    /// Records in all calls that are not stored.
    #[must_use]
    pub(super) fn held(&self) -> u64 {
        self.all.iter().map(|request| request.records.len() as u64).sum()
    }
}

/// How long to wait after attempt `attempt`: rand(0..1) x base x 2^(attempt - 1), at most the cap.
///
/// # Source
/// The form of botocore's retry modes; the numbers are the application's own.
#[must_use]
pub(super) fn backoff(config: &ProducerConfig, attempt: u32, jitter: Stream, n: u64) -> Nanos {
    let doubled = config.backoff_base.0.saturating_mul(1 << (attempt - 1).min(40));
    let share: f64 = StandardUniform.sample(&mut jitter.rng(n));
    Nanos((share * doubled.min(config.backoff_cap.0) as f64) as u64)
}

impl Kinesis {
    /// The length of the partition key that is sent for `key` `[B]`.
    #[inline]
    pub(super) fn key_bytes(&self, key: u32) -> u64 {
        self.keys.length(key).unwrap_or(self.config.producer.keyless_bytes)
    }

    /// The shard that takes `record`.
    #[inline]
    fn route(&self, record: &Record) -> u32 {
        let draw = |n: u64| u128::from(self.hashes.draw(n));
        match (self.config.producer.explicit_hash, self.keys.lane(record.key)) {
            (ExplicitHash::None | ExplicitHash::Fixed(_), Some(shard)) => shard,
            (ExplicitHash::Fixed(key), None) => self.ranges.shard(HashKey(key)),
            (ExplicitHash::None | ExplicitHash::Uniform, _) => {
                let n = record.serial.wrapping_mul(2);
                self.ranges.shard(HashKey((draw(n) << 64) | draw(n + 1)))
            }
        }
    }

    /// Closes the call that a producer is filling, and sends it if it may have another under way.
    pub(super) fn close_call(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        producer.generation = producer.generation.wrapping_add(1);
        producer.open_bytes = 0;
        let request = self.requests.open(index, &mut producer.open);
        if producer.in_flight < self.config.producer.requests_max {
            producer.in_flight += 1;
            self.send(request, cx);
        } else {
            producer.waiting.push_back(request);
        }
    }

    /// Sends a call: it reaches the shards after half its latency, its answer comes after all of it.
    pub(super) fn send(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let latency = self.put_latency.draw(self.latency.draw(self.sent));
        self.sent += 1;
        self.requests.get(request).answer_at = (cx.queue.now() + latency).0;
        cx.queue.after(Nanos(latency.0 / 2), Event::Arrive(request));
    }

    /// The shards take or refuse each record of a call on its own.
    pub(super) fn arrive(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let mut records = std::mem::take(&mut self.requests.get(request).records);
        let answer_at = SimTime(self.requests.get(request).answer_at);
        let ordered = self.config.producer.explicit_hash != ExplicitHash::Uniform;
        let sent = records.len();
        records.retain(|record| {
            let (bytes, lane) = (record.bytes, self.route(record));
            let taken = self.shards[lane as usize].put(now, record.at, bytes);
            if taken {
                cx.probe.stored(lane, u64::from(bytes));
                cx.probe.acknowledged(record.at, answer_at);
                if ordered && self.keys.store(record.key, record.serial) {
                    cx.probe.reordered();
                }
            } else {
                cx.probe.throttled(lane);
            }
            !taken
        });
        let call = self.requests.get(request);
        self.producers[call.producer as usize].held -= (sent - records.len()) as u64;
        call.records = records;
        cx.queue.at(answer_at, Event::Answer(request));
    }

    /// The producer looks at the results: refused records are sent again or given up.
    pub(super) fn answer(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let config = &self.config.producer;
        let call = self.requests.get(request);
        let refused = call.records.len() as u64;
        if refused > 0 && call.attempt < config.attempts {
            let wait = backoff(config, call.attempt, self.jitter, self.backed_off);
            self.backed_off += 1;
            return cx.queue.after(wait, Event::Retry(request));
        }
        if refused > 0 {
            cx.probe.ended(THROTTLED, refused);
        }
        let producer = &mut self.producers[call.producer as usize];
        producer.held -= refused;
        let next = producer.waiting.pop_front();
        if next.is_none() {
            producer.in_flight -= 1;
        }
        self.requests.close(request);
        if let Some(next) = next {
            self.send(next, cx);
        }
    }
}
