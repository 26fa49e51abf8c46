//! A request of the SDK reaches the service: it fails as a whole, or its shards take or refuse each record.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, PutRecord and PutRecords; the Developer Guide's chapter "Troubleshoot
//! Kinesis Data Streams producers" for the rounding to whole kilobytes.

use super::request::Outcome;
use super::{WriterEvent, Writers};
use crate::platform::kinesis::ids::RequestId;
use crate::platform::kinesis::stream::{CallError, PutCall, PutTally, Stream};
use crate::platform::kinesis::{KinesisCx, RetryMode};
use crate::probe::Limit;
use crate::workload::Record;
use std::cmp::Reverse;

impl Writers {
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
            let records = (request.records.len() + request.carried.len()) as u64;
            if error != CallError::NotFound {
                cx.probe.bound(error.limit().at(0), records.max(1));
            }
            stream.close_failed_put(self.call, error, records);
            return true;
        }
        if stream.lose_answer() {
            request.outcome = Outcome::TimedOut;
            request.answer_at = request.sent_at + timeout;
            cx.probe.bound(Limit::ServiceFault.at(0), 1);
        }
        false
    }

    fn put(&mut self, id: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        if self.kpl.is_some() {
            return self.put_carried(id, stream, cx);
        }
        if self.config.by_first_key {
            return self.put_by_first_key(id, stream, cx);
        }
        let request = self.requests.get(id);
        let plain = self.call == PutCall::PutRecords
            && !stream.is_attentive()
            && !stream.is_disturbed()
            && !self.config.whole_call
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
        let sending = request.sending(now);
        let mut records = std::mem::take(&mut request.records);
        let mut refused = std::mem::take(&mut self.refused);
        let shard_of = |record: &Record, stream: &Stream| self.routing.route(record, stream);
        let tally = stream.put_batch(&records, shard_of, &mut refused, sending, cx.probe);
        if !refused.is_empty() {
            // What was refused stays in the request, in order; what was stored leaves it.
            let mut left = refused.iter().map(|record| record.serial).peekable();
            records.retain(|record| left.next_if_eq(&record.serial).is_none());
        }
        if self.routing.keeps_order() {
            for record in &records {
                if self.routing.store(record) {
                    cx.probe.reordered(self.routing.route(record, stream).0);
                }
            }
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
        let known = request.outcome != Outcome::TimedOut && !self.config.whole_call;
        let (answer_at, latency) = (request.answer_at, request.latency);
        let sending = request.sending(now);
        let mut records = std::mem::take(&mut request.records);
        let mut unconfirmed = std::mem::take(&mut request.unconfirmed);
        let ordered = self.routing.keeps_order();
        let may_fail = stream.is_disturbed() && self.call == PutCall::PutRecords;
        let sent = records.len();
        records.retain(|record| {
            let shard = self.routing.route(record, stream);
            if may_fail && stream.fail_record() {
                tally.failed += 1;
                cx.probe.bound(Limit::ServiceFault.at(0), 1);
                return true;
            }
            let charge = charge_of(self.call, record);
            stream.ask(shard, charge);
            if !stream.put(shard, record, charge, now, cx.probe) {
                return true;
            }
            stream.follow(shard, record, sending, cx.probe);
            tally.bytes += u64::from(record.bytes);
            tally.last_shard = shard;
            if known {
                cx.probe.acknowledged(record.at, answer_at);
            } else {
                unconfirmed.push(*record);
            }
            if ordered && self.routing.store(record) {
                cx.probe.reordered(shard.0);
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
        if self.config.whole_call && tally.throttled + tally.failed == 0 {
            request.confirm_whole_call(cx);
        }
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
        let known = request.outcome != Outcome::TimedOut && !self.config.whole_call;
        let answer_at = request.answer_at;
        let mut unconfirmed = std::mem::take(&mut request.unconfirmed);
        unconfirmed.retain(|record| {
            let shard = self.routing.route(record, stream);
            if !stream.put_copy(shard, record, charge_of(self.call, record), now, cx.probe) {
                tally.throttled += 1;
                return true;
            }
            if !self.config.whole_call {
                cx.probe.unanswered(Some(Limit::ServiceFault), 1);
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
