//! Producers on the plain SDK: one record a call (PutRecord), or records collected by the
//! application (PutRecords). The SDK repeats calls that fail as a whole, under its own rules; entries
//! that fail inside a call answered with HTTP 200 are the application's to send again.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, PutRecord and PutRecords; botocore 1.43.11,
//! `botocore.retries.standard`, for the retry modes; the Developer Guide's chapter "Troubleshoot Kinesis Data
//! Streams producers" for the rounding to whole kilobytes.

use super::request::{Outcome, Request, backoff, sdk_delay};
use super::{WriterEvent, Writers};
use crate::engine::Ticket;
use crate::platform::kinesis::causes::EarlyEnd;
use crate::platform::kinesis::ids::{ProducerId, RequestId};
use crate::platform::kinesis::stream::{PutCall, PutTally, Stream};
use crate::platform::kinesis::{KinesisCx, RetryMode};
use crate::units::Nanos;
use crate::workload::Record;
use std::cmp::Reverse;

impl Writers {
    /// A record of `bytes` with its key joins the PutRecords call that its producer is filling.
    #[inline]
    pub(super) fn add_to_call(
        &mut self,
        id: ProducerId,
        record: Record,
        bytes: u64,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let producer = &self.producers[id];
        if producer.open_bytes + bytes > self.config.batch_bytes && !producer.open.is_empty() {
            self.close_call(id, stream, cx);
        }
        let producer = &mut self.producers[id];
        if producer.open.is_empty() {
            let event = WriterEvent::Flush {
                producer: id,
                ticket: producer.ticket,
            };
            cx.queue.after(self.config.flush_interval, event.into());
        }
        producer.open.push(with_key(record, bytes));
        producer.open_bytes += bytes;
        producer.held += 1;
        if producer.open.len() == self.config.batch_records {
            self.close_call(id, stream, cx);
        }
    }

    /// A record of `bytes` with its key is put by a call of its own.
    pub(super) fn put_one(
        &mut self,
        id: ProducerId,
        record: Record,
        bytes: u64,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let record = with_key(record, bytes);
        let producer = &mut self.producers[id];
        producer.held += 1;
        if producer.has_room(self.config.requests_max, cx.queue.now()) {
            producer.in_flight += 1;
            let request = self.requests.open_one(id, record);
            self.send(request, stream, cx);
        } else {
            producer.backlog.push_back(record);
            self.await_room(id, cx);
        }
    }

    /// Takes what has waited longest for one of a producer's requests to end, as a request.
    fn next_request(&mut self, id: ProducerId) -> Option<RequestId> {
        let producer = &mut self.producers[id];
        match producer.backlog.pop_front() {
            Some(record) => Some(self.requests.open_one(id, record)),
            None => producer.waiting.pop_front(),
        }
    }

    /// Closes the call that a producer is filling, and sends it if the producer may have another in flight.
    pub(super) fn close_call(
        &mut self,
        id: ProducerId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let producer = &mut self.producers[id];
        producer.ticket.advance();
        producer.open_bytes = 0;
        let request = self.requests.open(id, &mut producer.open);
        self.launch(request, stream, cx);
    }

    /// Sends a new request now, or when another one of its producer ends.
    pub(super) fn launch(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let producer_id = self.requests.get(id).producer;
        let producer = &mut self.producers[producer_id];
        if producer.has_room(self.config.requests_max, cx.queue.now()) {
            producer.in_flight += 1;
            self.send(id, stream, cx);
        } else {
            producer.waiting.push_back(id);
            self.await_room(producer_id, cx);
        }
    }

    /// Sets the timer for the next answer that makes room, if a request waits for it.
    fn await_room(&mut self, id: ProducerId, cx: &mut KinesisCx<'_>) {
        let producer = &mut self.producers[id];
        let Some(first) = producer.settled.peek().map(|first| first.0) else {
            return;
        };
        if !producer.is_waiting() || producer.room_at.is_some_and(|at| at <= first) {
            return;
        }
        producer.room_at = Some(first);
        producer.room_ticket.advance();
        let event = WriterEvent::Room {
            producer: id,
            ticket: producer.room_ticket,
        };
        cx.queue.at(first.max(cx.queue.now()), event.into());
    }

    /// The answer of a request has come whose records are all stored: requests that wait may go.
    pub(super) fn make_room(
        &mut self,
        id: ProducerId,
        ticket: Ticket,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let producer = &mut self.producers[id];
        if producer.room_ticket != ticket {
            return;
        }
        producer.room_at = None;
        producer.count_off_settled(cx.queue.now());
        while self.producers[id].in_flight < self.config.requests_max {
            let Some(next) = self.next_request(id) else {
                return;
            };
            self.producers[id].in_flight += 1;
            self.send(next, stream, cx);
        }
        self.await_room(id, cx);
    }

    /// Sends a request: it reaches the shards after half its latency, its answer comes after all of it.
    fn send(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        let usual = self.latency.draw(self.latencies.draw(self.sent));
        let latency = stream.put_latency(usual);
        self.sent += 1;
        let request = self.requests.get_mut(id);
        (request.sent_at, request.latency) = (now, latency);
        (request.answer_at, request.outcome) = (now + latency, Outcome::Answered);
        if latency > self.config.timeout {
            // The client gives up; what the shards do with the request it never learns.
            request.answer_at = now + self.config.timeout;
            request.outcome = Outcome::TimedOut;
        }
        let way = Nanos(latency.0 / 2);
        cx.queue.after(way, WriterEvent::Arrive(id).into());
    }

    /// The request reaches the service: it fails as a whole, or the shards take or refuse each record.
    pub(super) fn arrive(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        if !self.fails_on_arrival(id, stream, cx) {
            self.put(id, stream, cx);
        }
        let request = self.requests.get(id);
        let at = request.answer_at.max(cx.queue.now());
        // A client in standard mode gets retry tokens back when the answer comes.
        if request.is_settled() && self.config.retry_mode == RetryMode::Legacy {
            let producer = request.producer;
            self.requests.close(id);
            self.producers[producer].settled.push(Reverse(at));
            return self.await_room(producer, cx);
        }
        cx.queue.at(at, WriterEvent::Answer(id).into());
    }

    /// Whether a request fails as a whole when it reaches the service; its answer may be lost as well.
    #[inline]
    fn fails_on_arrival(
        &mut self,
        id: RequestId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) -> bool {
        if !stream.is_disturbed() {
            return false;
        }
        let timeout = self.config.timeout;
        let request = self.requests.get_mut(id);
        if let Some(error) = stream.fail_put(cx.queue.now(), self.call) {
            request.outcome = Outcome::Failed(error);
            let records = request.records.len() + request.carried.len();
            stream.close_failed_put(self.call, error, records as u64);
            return true;
        }
        if stream.lose_answer() {
            request.outcome = Outcome::TimedOut;
            request.answer_at = request.sent_at + timeout;
        }
        false
    }

    fn put(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        if self.kpl.is_some() {
            return self.put_carried(id, stream, cx);
        }
        let request = self.requests.get(id);
        let plain = self.call == PutCall::PutRecords
            && !stream.is_attentive()
            && !stream.is_disturbed()
            && request.unconfirmed.is_empty()
            && request.outcome != Outcome::TimedOut;
        if plain {
            self.put_plain(id, stream, cx);
        } else {
            self.put_all(id, stream, cx);
        }
    }

    /// The shards take or refuse each record of a PutRecords call without faults, of a stream that is read by
    /// polling.
    fn put_plain(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        let request = self.requests.get_mut(id);
        let (answer_at, latency) = (request.answer_at, request.latency);
        let mut records = std::mem::take(&mut request.records);
        let mut refused = std::mem::take(&mut self.refused);
        let shard_of = |record: &Record, stream: &Stream| self.routing.route(record, stream);
        let tally = stream.put_batch(&records, shard_of, &mut refused, now, cx.probe);
        if !refused.is_empty() {
            // What was refused stays in the request, in order; what was stored leaves it.
            let mut left = refused.iter().map(|record| record.serial).peekable();
            records.retain(|record| left.next_if_eq(&record.serial).is_none());
        }
        if self.routing.keeps_order() {
            let late = records.iter().filter(|record| self.routing.store(record));
            late.for_each(|_| cx.probe.reordered());
        }
        let intended = records.iter().map(|record| record.at);
        cx.probe.acknowledged_all(intended, answer_at);
        records.clear();
        std::mem::swap(&mut records, &mut refused);
        self.refused = refused;
        let request = self.requests.get_mut(id);
        request.records = records;
        request.failed = 0;
        self.producers[request.producer].release(tally.stored);
        stream.close_put(self.call, &tally, latency, now);
    }

    /// The shards take or refuse each record of a request on its own, whatever else follows from it.
    fn put_all(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        let mut tally = PutTally::default();
        self.put_unconfirmed(id, &mut tally, stream, cx);
        let request = self.requests.get_mut(id);
        let known = request.outcome != Outcome::TimedOut;
        let (answer_at, latency) = (request.answer_at, request.latency);
        let mut records = std::mem::take(&mut request.records);
        let mut unconfirmed = std::mem::take(&mut request.unconfirmed);
        let ordered = self.routing.keeps_order();
        let may_fail = stream.is_disturbed() && self.call == PutCall::PutRecords;
        let sent = records.len();
        records.retain(|record| {
            let shard = self.routing.route(record, stream);
            if may_fail && stream.fail_record() {
                tally.failed += 1;
                return true;
            }
            let charge = charge_of(self.call, record);
            stream.ask(shard, charge);
            if !stream.put(shard, record, charge, now, cx.probe) {
                return true;
            }
            tally.bytes += u64::from(record.bytes);
            tally.last_shard = shard;
            if known {
                cx.probe.acknowledged(record.at, answer_at);
            } else {
                unconfirmed.push(*record);
            }
            if ordered && self.routing.store(record) {
                cx.probe.reordered();
            }
            stream.after_storing(shard, record);
            false
        });
        let stored = (sent - records.len()) as u64;
        tally.stored += stored;
        tally.throttled += records.len() as u64 - tally.failed;
        let request = self.requests.get_mut(id);
        (request.records, request.unconfirmed) = (records, unconfirmed);
        request.failed = tally.failed;
        self.producers[request.producer].release(stored);
        stream.close_put(self.call, &tally, latency, now);
    }

    /// Records that are stored already are sent again because no answer came: copies with new numbers.
    fn put_unconfirmed(
        &mut self,
        id: RequestId,
        tally: &mut PutTally,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let now = cx.queue.now();
        let request = self.requests.get_mut(id);
        let known = request.outcome != Outcome::TimedOut;
        let answer_at = request.answer_at;
        let mut unconfirmed = std::mem::take(&mut request.unconfirmed);
        unconfirmed.retain(|record| {
            let shard = self.routing.route(record, stream);
            if !stream.put_copy(shard, record, charge_of(self.call, record), now, cx.probe) {
                tally.throttled += 1;
                return true;
            }
            tally.stored += 1;
            tally.bytes += u64::from(record.bytes);
            tally.last_shard = shard;
            stream.after_storing(shard, record);
            if known {
                cx.probe.acknowledged(record.at, answer_at);
            }
            !known
        });
        self.requests.get_mut(id).unconfirmed = unconfirmed;
    }

    /// The producer learns how its request ended: what is left is sent again or given up.
    pub(super) fn answer_sdk(
        &mut self,
        id: RequestId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        if let Some(delay) = self.sdk_retry(id) {
            self.requests.get_mut(id).sdk_attempt += 1;
            return cx.queue.after(delay, WriterEvent::Retry(id).into());
        }
        let request = self.requests.get_mut(id);
        let left = request.records.len() as u64;
        let again = left > 0 || !request.unconfirmed.is_empty();
        if again && request.attempt < self.config.attempts {
            let wait = backoff(&self.config, request.attempt, self.jitter, self.backed_off);
            request.attempt += 1;
            request.sdk_attempt = 1;
            self.backed_off += 1;
            return cx.queue.after(wait, WriterEvent::Retry(id).into());
        }
        if left > 0 {
            give_up(request, left, cx);
        }
        self.finish_request(id, left, stream, cx);
    }

    /// Whether the SDK repeats a request by itself, and after which delay.
    fn sdk_retry(&mut self, id: RequestId) -> Option<Nanos> {
        let request = self.requests.get(id);
        let repeatable = request.is_repeatable(self.call);
        let (attempt, outcome) = (request.sdk_attempt, request.outcome);
        let standard = self.config.retry_mode == RetryMode::Standard;
        if standard && outcome == Outcome::Answered && !repeatable {
            self.give_back_tokens(id);
        }
        if !repeatable || attempt >= self.config.sdk_attempts {
            return None;
        }
        if standard && !self.take_tokens(id) {
            return None;
        }
        let share = self.jitter.uniform(self.backed_off);
        self.backed_off += 1;
        let mode = self.config.retry_mode;
        Some(sdk_delay(mode, attempt, self.sdk_ceiling, share))
    }

    /// A success gives back what its last retry cost, or one token if it needed none.
    fn give_back_tokens(&mut self, id: RequestId) {
        let request = self.requests.get(id);
        let back = if request.sdk_attempt > 1 {
            self.tokens.retry
        } else {
            self.tokens.success
        };
        let producer = &mut self.producers[request.producer];
        // The bucket of retry tokens is full: what is given back beyond its size is lost.
        producer.tokens_used = producer.tokens_used.saturating_sub(back);
    }

    /// Takes the tokens for a retry; false if too few are left.
    fn take_tokens(&mut self, id: RequestId) -> bool {
        let request = self.requests.get(id);
        let cost = if request.outcome == Outcome::TimedOut {
            self.tokens.timeout
        } else {
            self.tokens.retry
        };
        let producer = &mut self.producers[request.producer];
        if producer.tokens_used + cost > self.tokens.quota {
            return false;
        }
        producer.tokens_used += cost;
        true
    }

    /// A request is over: `left` of its records were given up, and the next one may go.
    pub(super) fn finish_request(
        &mut self,
        id: RequestId,
        left: u64,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let producer = self.requests.get(id).producer;
        self.producers[producer].release(left);
        self.requests.close(id);
        match self.next_request(producer) {
            Some(next) => self.send(next, stream, cx),
            None => self.producers[producer].end_request(),
        }
    }

    /// A request is sent again.
    pub(super) fn resend(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let request = self.requests.get(id);
        let records = request.records.len() + request.unconfirmed.len();
        cx.probe.retried(records as u64);
        self.send(id, stream, cx);
    }
}

impl Request {
    /// Whether the SDK may repeat the request by itself.
    fn is_repeatable(&self, call: PutCall) -> bool {
        use crate::platform::kinesis::stream::CallError;
        match self.outcome {
            Outcome::TimedOut | Outcome::Failed(CallError::Internal) => true,
            Outcome::Failed(_) => false,
            // PutRecord is refused as a whole call: a throttling error, which SDKs repeat.
            Outcome::Answered => {
                let unsettled = !self.records.is_empty() || !self.unconfirmed.is_empty();
                call == PutCall::PutRecord && unsettled
            }
        }
    }
}

/// The bytes that a record costs of its shard's limit `[B]`.
#[inline]
fn charge_of(call: PutCall, record: &Record) -> u64 {
    let bytes = u64::from(record.bytes);
    match call {
        PutCall::PutRecord => bytes.next_multiple_of(1024),
        PutCall::PutRecords => bytes,
    }
}

/// The record with the size that the service counts: its data and its key.
#[inline]
fn with_key(record: Record, bytes: u64) -> Record {
    Record {
        bytes: bytes as u32,
        ..record
    }
}

/// The producer gives the `left` records of a request up.
fn give_up(request: &Request, left: u64, cx: &mut KinesisCx<'_>) {
    match request.outcome {
        Outcome::Failed(error) => cx.probe.ended(EarlyEnd::from(error).number(), left),
        Outcome::TimedOut => cx.probe.ended(EarlyEnd::TimedOut.number(), left),
        Outcome::Answered => {
            let failed = request.failed.min(left);
            cx.probe.ended(EarlyEnd::Throttled.number(), left - failed);
            cx.probe.ended(EarlyEnd::Internal.number(), failed);
        }
    }
}
