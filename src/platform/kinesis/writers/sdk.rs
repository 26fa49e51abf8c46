//! Producers on the plain SDK: one record a call (PutRecord), or records collected by the
//! application (PutRecords). The SDK repeats calls that fail as a whole, under its own rules; entries
//! that fail inside a call answered with HTTP 200 are the application's to send again.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, PutRecord and PutRecords; botocore 1.43.11,
//! `botocore.retries.standard`, for the retry modes; the Developer Guide's chapter "Troubleshoot Kinesis Data
//! Streams producers" for the rounding to whole kilobytes.

use super::by_first_key::ENTRY_BYTES;
use super::request::{Outcome, Request, backoff, sdk_delay};
use super::{WriterEvent, Writers};
use crate::engine::Ticket;
use crate::platform::kinesis::causes::EarlyEnd;
use crate::platform::kinesis::ids::{ProducerId, RequestId};
use crate::platform::kinesis::stream::{PutCall, Stream};
use crate::platform::kinesis::{KinesisCx, RetryMode};
use crate::probe::Limit;
use crate::units::Nanos;
use crate::workload::Record;

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
        let room = if self.config.by_first_key {
            bytes + ENTRY_BYTES
        } else {
            bytes
        };
        let producer = &self.producers[id];
        if producer.open_bytes + room > self.config.batch_bytes && !producer.open.is_empty() {
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
        producer.open_bytes += room;
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
            cx.probe
                .begin_wait(Limit::InFlight.at(id.0), cx.queue.now());
            self.await_room(id, cx);
        }
    }

    /// Takes the next waiting request of a producer; a waiting record of PutRecord becomes one.
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

    /// Sends a new request now, or queues it until another request of its producer ends.
    pub(super) fn launch(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let producer_id = self.requests.get(id).producer;
        let producer = &mut self.producers[producer_id];
        if producer.has_room(self.config.requests_max, cx.queue.now()) {
            producer.in_flight += 1;
            self.send(id, stream, cx);
        } else {
            producer.waiting.push_back(id);
            let spot = Limit::InFlight.at(producer_id.0);
            cx.probe.begin_wait(spot, cx.queue.now());
            self.await_room(producer_id, cx);
        }
    }

    /// Sets the timer for the next answer that makes room, if a request waits for it.
    pub(super) fn await_room(&mut self, id: ProducerId, cx: &mut KinesisCx<'_>) {
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
                break;
            };
            self.producers[id].in_flight += 1;
            self.send(next, stream, cx);
        }
        self.note_room(id, cx);
        self.await_room(id, cx);
    }

    /// A producer whose requests all go has room in flight.
    fn note_room(&self, id: ProducerId, cx: &mut KinesisCx<'_>) {
        if !self.producers[id].is_waiting() {
            cx.probe.end_wait(Limit::InFlight.at(id.0), cx.queue.now());
        }
    }

    /// Sends a request: it reaches the shards after half its latency, its answer comes after all of it.
    fn send(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        let usual = self.latency.draw(self.latencies.draw(self.sent));
        let latency = stream.put_latency(usual);
        self.sent += 1;
        let request = self.requests.get_mut(id);
        request.sent(now);
        request.latency = latency;
        (request.answer_at, request.outcome) = (now + latency, Outcome::Answered);
        if latency > self.config.timeout {
            // The client gives up; what the shards do with the request it never learns.
            request.answer_at = now + self.config.timeout;
            request.outcome = Outcome::TimedOut;
        }
        let way = Nanos(latency.0 / 2);
        cx.queue.after(way, WriterEvent::Arrive(id).into());
    }

    /// The producer learns how its request ended: what is left is sent again or given up.
    pub(super) fn answer_sdk(
        &mut self,
        id: RequestId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        if let Some(delay) = self.sdk_retry(id) {
            let request = self.requests.get_mut(id);
            request.sdk_attempt += 1;
            let (spot, now) = (Limit::BackOff.at(request.producer.0), cx.queue.now());
            cx.probe.waits(spot, now, now + delay);
            return cx.queue.after(delay, WriterEvent::Retry(id).into());
        }
        let request = self.requests.get_mut(id);
        let left = request.records.len() as u64;
        let again = left > 0 || !request.unconfirmed.is_empty();
        if again && request.attempt < self.config.attempts {
            let wait = backoff(&self.config, request.attempt, self.jitter, self.backed_off);
            request.attempt += 1;
            request.sdk_attempt = 1;
            let spot = Limit::BackOff.at(request.producer.0);
            self.backed_off += 1;
            let now = cx.queue.now();
            cx.probe.waits(spot, now, now + wait);
            return cx.queue.after(wait, WriterEvent::Retry(id).into());
        }
        if left > 0 {
            self.give_up(id, left, stream, cx);
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
        self.note_room(producer, cx);
    }

    /// The producer gives the `left` records of a request up; each ends for what its last attempt met.
    fn give_up(&self, id: RequestId, left: u64, stream: &Stream, cx: &mut KinesisCx<'_>) {
        let request = self.requests.get(id);
        match request.outcome {
            Outcome::Failed(error) => {
                let why = EarlyEnd::from(error).number();
                cx.probe.ended_for(why, Some(error.limit()), left);
            }
            Outcome::TimedOut => {
                let why = EarlyEnd::TimedOut.number();
                cx.probe.ended_for(why, Some(Limit::ServiceFault), left);
            }
            Outcome::Answered => self.give_up_refused(request, stream, cx),
        }
    }

    /// The records of a call that was answered end: a shard has refused them, or the service failed some.
    fn give_up_refused(&self, request: &Request, stream: &Stream, cx: &mut KinesisCx<'_>) {
        let left = request.records.len() as u64;
        let failed = request.failed.min(left);
        let (throttled, internal) = (EarlyEnd::Throttled.number(), EarlyEnd::Internal.number());
        cx.probe
            .ended_for(internal, Some(Limit::ServiceFault), failed);
        if failed > 0 {
            // Which of the records failed for which reason is not kept.
            return cx.probe.ended(throttled, left - failed);
        }
        for record in &request.records {
            let first = if self.config.by_first_key {
                request.records.first().unwrap_or(record)
            } else {
                record
            };
            let shard = self.routing.route(first, stream);
            let met = stream.refused_since(shard, record.at);
            cx.probe.ended_for(throttled, met, 1);
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

/// The record with the size that the service counts: its data and its key.
#[inline]
fn with_key(record: Record, bytes: u64) -> Record {
    Record {
        bytes: bytes as u32,
        ..record
    }
}
