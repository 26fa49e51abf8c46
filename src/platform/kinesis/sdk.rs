//! Producers on the plain SDK: one record a call (PutRecord), or records collected by the
//! application (PutRecords). The SDK repeats calls that fail as a whole, under its own rules; entries
//! that fail inside a call answered with HTTP 200 are the application's to send again.
//!
//! # Source
//! API PutRecord, PutRecords; botocore 1.43.11 for the retry modes; the guide's troubleshooting
//! chapter for the rounding to whole kilobytes.

use super::cloudwatch::Stat;
use super::config::{ExplicitHash, Library, RetryMode};
use super::hash::HashKey;
use super::request::{Outcome, backoff, sdk_delay};
use super::weather::CallError;
use super::{
    Event, INTERNAL, KMS_DISABLED, KMS_THROTTLED, Kinesis, NOT_FOUND, THROTTLED, TIMED_OUT,
};
use crate::platform::{Cx, OrderMark, Stored};
use crate::units::{Nanos, SimTime};
use crate::workload::Record;

/// The number of a call error among the causes for an early end.
fn cause(error: CallError) -> usize {
    match error {
        CallError::Internal => INTERNAL,
        CallError::KmsDisabled => KMS_DISABLED,
        CallError::KmsThrottled => KMS_THROTTLED,
        CallError::NotFound => NOT_FOUND,
    }
}

/// What one call did at the shards.
#[derive(Default)]
struct Tally {
    records: u64,
    bytes: u64,
    throttled: u64,
    failed: u64,
    /// The shard of the last record that was taken.
    last_shard: u32,
}

impl Kinesis {
    /// The length of the partition key that is sent for `key` `[B]`.
    #[inline]
    pub(super) fn key_bytes(&self, key: u32) -> u64 {
        self.keys
            .length(key)
            .unwrap_or(self.config.producer.keyless_bytes)
    }

    /// The hash key that a record without a fixed place is sent to.
    #[inline]
    pub(super) fn random_hash(&self, record: &Record) -> HashKey {
        let draw = |n: u64| u128::from(self.draws.hashes.draw(n));
        let n = record.serial.wrapping_mul(2);
        HashKey((draw(n) << 64) | draw(n + 1))
    }

    /// Where a record is hashed to; needs the hashes of the keys.
    pub(super) fn hash_of(&self, record: &Record) -> HashKey {
        match self.config.producer.explicit_hash {
            ExplicitHash::Fixed(key) => HashKey(key),
            ExplicitHash::None => self
                .keys
                .hash(record.key)
                .unwrap_or_else(|| self.random_hash(record)),
            ExplicitHash::Uniform => self.random_hash(record),
        }
    }

    /// The open shard that takes `record` now.
    #[inline(always)]
    fn route(&self, record: &Record) -> u32 {
        match (
            self.config.producer.explicit_hash,
            self.keys.shard(record.key),
        ) {
            (ExplicitHash::None, Some(shard)) => shard,
            (ExplicitHash::Fixed(_), _) => self.fixed_shard,
            (ExplicitHash::None | ExplicitHash::Uniform, _) => {
                self.control.lineage.shard(self.random_hash(record))
            }
        }
    }

    /// Closes the call that a producer is filling, and sends it if it may have another under way.
    pub(super) fn close_call(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        producer.generation = producer.generation.wrapping_add(1);
        producer.open_bytes = 0;
        let request = self.requests.open(index, &mut producer.open);
        self.launch(request, cx);
    }

    /// Sends a new call now, or when another one of its producer ends.
    pub(super) fn launch(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[self.requests.get(request).producer as usize];
        if producer.in_flight < self.config.producer.requests_max {
            producer.in_flight += 1;
            self.send(request, cx);
        } else {
            producer.waiting.push_back(request);
        }
    }

    /// Sends a call: it reaches the shards after half its latency, its answer comes after all of it.
    pub(super) fn send(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let mut latency = self.put_latency.draw(self.draws.latency.draw(self.sent));
        if self.encrypted {
            latency = latency + self.encryption_latency;
        }
        self.sent += 1;
        let call = self.requests.get(request);
        (call.sent_at, call.latency) = (cx.queue.now(), latency);
        (call.answer_at, call.outcome) = ((call.sent_at + latency).0, Outcome::Answered);
        if latency > self.config.producer.timeout {
            // The client gives up; what the shards do with the call it never learns.
            call.answer_at = (cx.queue.now() + self.config.producer.timeout).0;
            call.outcome = Outcome::Silent;
        }
        cx.queue.after(Nanos(latency.0 / 2), Event::Arrive(request));
    }

    /// The call reaches the service: it fails as a whole, or the shards take or refuse each record.
    pub(super) fn arrive(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let single = matches!(self.config.producer.library, Library::PutRecord);
        if !self.weather.calm {
            if let Some(error) = self.weather.call(now, single) {
                self.requests.get(request).outcome = Outcome::Failed(error);
                if error != CallError::NotFound {
                    // Metrics are those of a stream.
                    self.report_failed_call(request, single);
                }
                let at = SimTime(self.requests.get(request).answer_at.max(now.0));
                return cx.queue.at(at, Event::Answer(request));
            }
            if self.weather.answer_lost() {
                let call = self.requests.get(request);
                call.outcome = Outcome::Silent;
                call.answer_at = (call.sent_at + self.config.producer.timeout).0;
            }
        }
        if self.kpl.is_some() {
            self.arrive_carried(request, cx);
        } else {
            let careful = single
                || self.attentive
                || !self.weather.calm
                || !self.requests.get(request).ghosts.is_empty();
            if careful || self.requests.get(request).outcome == Outcome::Silent {
                self.put_all::<true>(request, single, cx);
            } else {
                self.put_all::<false>(request, single, cx);
            }
        }
        let at = SimTime(self.requests.get(request).answer_at.max(now.0));
        cx.queue.at(at, Event::Answer(request));
    }

    fn report_failed_call(&mut self, request: u32, single: bool) {
        let call = self.requests.get(request);
        if single {
            self.monitor.sample(Stat::PutRecordSuccess, 0.0);
        } else {
            let records = (call.records.len() + call.carried.len()) as u64;
            self.monitor.sample(Stat::PutRecordsSuccess, 0.0);
            self.monitor.add(Stat::PutRecordsTotal, records);
            self.monitor.add(Stat::PutRecordsFailed, records);
        }
    }

    /// The shards take or refuse each record of a call on its own. `CAREFUL` is for everything that
    /// a plain call in calm weather, read by pollers, does not need.
    fn put_all<const CAREFUL: bool>(&mut self, request: u32, single: bool, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let again = if CAREFUL {
            self.put_ghosts(request, single, cx)
        } else {
            Tally::default()
        };
        let (ghosts, ghosts_refused) = (again.records, again.throttled);
        let call = self.requests.get(request);
        let (answer_at, known) = (SimTime(call.answer_at), call.outcome != Outcome::Silent);
        let mut records = std::mem::take(&mut call.records);
        let ordered = self.config.producer.explicit_hash != ExplicitHash::Uniform;
        let (sent, calm) = (records.len(), self.weather.calm);
        let (latency, mut tally) = (call.latency, again);
        records.retain(|record| {
            let (size, lane) = (u64::from(record.bytes), self.route(record));
            if CAREFUL && !calm && !single && self.weather.record() {
                tally.failed += 1;
                return true;
            }
            let charge = if CAREFUL && single {
                size.next_multiple_of(1024)
            } else {
                size
            };
            if CAREFUL {
                self.shards[lane as usize].asked(charge);
            }
            if !self.shards[lane as usize].put(now, record.at, record.bytes, charge) {
                cx.probe.throttled(lane);
                return true;
            }
            tally.bytes += size;
            tally.last_shard = lane;
            self.billing.put(size);
            cx.probe.stored(lane, size);
            if !CAREFUL || known {
                cx.probe.acknowledged(record.at, answer_at);
            } else {
                self.requests.get(request).ghosts.push(*record);
            }
            if ordered && self.keys.store(record.key, record.serial) {
                cx.probe.reordered();
            }
            if CAREFUL {
                self.after_storing(lane, record, cx);
            }
            false
        });
        let taken = (sent - records.len()) as u64;
        tally.records = ghosts + taken;
        tally.throttled = ghosts_refused + records.len() as u64 - tally.failed;
        let call = self.requests.get(request);
        self.producers[call.producer as usize].held -= taken;
        (call.records, call.failed) = (records, tally.failed);
        self.settle_call(&tally, now, latency, single);
    }

    /// What follows from a record that was just stored, besides its counts.
    pub(super) fn after_storing(&mut self, lane: u32, record: &Record, cx: &mut Cx<'_, Event>) {
        if self.marks {
            self.stored = self.stored.wrapping_add(1);
            let (key, nth, serial) = (record.key, self.stored, record.serial as u32);
            self.shards[lane as usize]
                .log
                .mark(OrderMark { key, nth, serial });
        }
        if self.listening[lane as usize] {
            self.wake(lane, cx);
        }
    }

    /// Records that are stored already, sent again because no answer came: copies with new numbers.
    fn put_ghosts(&mut self, request: u32, single: bool, cx: &mut Cx<'_, Event>) -> Tally {
        let now = cx.queue.now();
        let call = self.requests.get(request);
        let (answer_at, known) = (SimTime(call.answer_at), call.outcome != Outcome::Silent);
        let mut ghosts = std::mem::take(&mut call.ghosts);
        let mut tally = Tally::default();
        ghosts.retain(|record| {
            let (lane, size) = (self.route(record), u64::from(record.bytes));
            let charge = if single {
                size.next_multiple_of(1024)
            } else {
                size
            };
            if !self.shards[lane as usize].admit(now, charge) {
                cx.probe.throttled(lane);
                tally.throttled += 1;
                return true;
            }
            tally.records += 1;
            tally.bytes += size;
            tally.last_shard = lane;
            self.billing.put(size);
            self.shards[lane as usize]
                .log
                .push_any(Stored::new(record.at, now, record.bytes).copied());
            cx.probe.stored_again(lane, 1, size);
            self.after_storing(lane, record, cx);
            if known {
                cx.probe.acknowledged(record.at, answer_at);
            }
            !known
        });
        self.requests.get(request).ghosts = ghosts;
        tally
    }

    /// Rounds the call's bytes up for throttling, and tells the monitoring.
    fn settle_call(&mut self, tally: &Tally, now: SimTime, latency: Nanos, single: bool) {
        if tally.records > 0 && !single {
            // The rounding is on the call's sum; which of its shards bears it is not documented.
            self.shards[tally.last_shard as usize]
                .charge(now, tally.bytes.next_multiple_of(1024) - tally.bytes);
        }
        let watch = &mut self.monitor;
        watch.add(Stat::IncomingBytes, tally.bytes);
        watch.add(Stat::IncomingRecords, tally.records);
        watch.add(Stat::WriteThrottled, tally.throttled);
        let latency = latency.as_millis_f64();
        let success = if tally.records > 0 { 1.0 } else { 0.0 };
        if single {
            watch.sample(Stat::PutRecordSuccess, success);
            return watch.sample(Stat::PutRecordLatency, latency);
        }
        watch.sample(Stat::PutRecordsSuccess, success);
        watch.sample(Stat::PutRecordsLatency, latency);
        watch.add(Stat::PutRecordsBytes, tally.bytes);
        watch.add(
            Stat::PutRecordsTotal,
            tally.records + tally.throttled + tally.failed,
        );
        watch.add(Stat::PutRecordsSuccessful, tally.records);
        watch.add(Stat::PutRecordsThrottled, tally.throttled);
        watch.add(Stat::PutRecordsFailed, tally.failed);
    }

    /// Whether the SDK repeats the call by itself, and after which delay.
    fn sdk_retry(&mut self, request: u32) -> Option<Nanos> {
        let config = &self.config.producer;
        let single = matches!(config.library, Library::PutRecord);
        let call = self.requests.get(request);
        let repeatable = match call.outcome {
            Outcome::Silent | Outcome::Failed(CallError::Internal) => true,
            Outcome::Failed(_) => false,
            // PutRecord is refused as a whole call: a throttling error, which SDKs repeat.
            Outcome::Answered => single && !(call.records.is_empty() && call.ghosts.is_empty()),
        };
        let producer = &mut self.producers[call.producer as usize];
        let standard = config.retry_mode == RetryMode::Standard;
        let tokens = self.retry_tokens;
        if standard && call.outcome == Outcome::Answered && !repeatable {
            // A success gives back what its last retry cost, or one token if it needed none.
            let back = if call.sdk_attempt > 1 {
                tokens.retry
            } else {
                tokens.success
            };
            producer.tokens_used = producer.tokens_used.saturating_sub(back);
        }
        if !repeatable || call.sdk_attempt >= config.sdk_attempts {
            return None;
        }
        if standard {
            let cost = if call.outcome == Outcome::Silent {
                tokens.timeout
            } else {
                tokens.retry
            };
            if producer.tokens_used + cost > tokens.quota {
                return None;
            }
            producer.tokens_used += cost;
        }
        let share = self.draws.jitter.uniform(self.backed_off);
        self.backed_off += 1;
        Some(sdk_delay(
            config.retry_mode,
            call.sdk_attempt,
            self.sdk_ceiling,
            share,
        ))
    }

    /// The client learns how its call ended: what is left is sent again or given up.
    pub(super) fn answer(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        if self.kpl.is_some() {
            return self.answer_carried(request, cx);
        }
        if let Some(delay) = self.sdk_retry(request) {
            self.requests.get(request).sdk_attempt += 1;
            return cx.queue.after(delay, Event::Retry(request));
        }
        let config = &self.config.producer;
        let call = self.requests.get(request);
        let left = call.records.len() as u64;
        let again = left > 0 || !call.ghosts.is_empty();
        if again && call.attempt < config.attempts {
            let wait = backoff(config, call.attempt, self.draws.jitter, self.backed_off);
            call.attempt += 1;
            call.sdk_attempt = 1;
            self.backed_off += 1;
            return cx.queue.after(wait, Event::Retry(request));
        }
        if left > 0 {
            let failed = call.failed.min(left);
            match call.outcome {
                Outcome::Failed(error) => cx.probe.ended(cause(error), left),
                Outcome::Silent => cx.probe.ended(TIMED_OUT, left),
                Outcome::Answered => {
                    cx.probe.ended(THROTTLED, left - failed);
                    cx.probe.ended(INTERNAL, failed);
                }
            }
        }
        self.finish_call(request, left, cx);
    }

    /// A call is over: `left` of its records were given up, and the next one may go.
    pub(super) fn finish_call(&mut self, request: u32, left: u64, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[self.requests.get(request).producer as usize];
        producer.held -= left;
        let next = producer.waiting.pop_front();
        if next.is_none() {
            producer.in_flight -= 1;
        }
        self.requests.close(request);
        if let Some(next) = next {
            self.send(next, cx);
        }
    }

    /// A call is sent again.
    pub(super) fn resend(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        cx.probe
            .retried((call.records.len() + call.ghosts.len()) as u64);
        self.send(request, cx);
    }
}
