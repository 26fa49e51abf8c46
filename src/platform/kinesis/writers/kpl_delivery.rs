//! What the shards do with the records of the KPL, one record for every limit and many for every consumer, and
//! what becomes of the user records when the answer comes.

use super::Writers;
use super::kpl_record::{KplRecord, data_bytes, is_stored, marked_stored, unstored};
use super::request::Outcome;
use crate::platform::Stored;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::causes::EarlyEnd;
use crate::platform::kinesis::ids::{KplRecordId, ProducerId, RequestId, ShardId};
use crate::platform::kinesis::stream::{PutCall, PutTally, Stream};
use crate::probe::{Limit, Sending};
use crate::units::{Nanos, SimTime};
use crate::workload::Record;

/// The request that carries a record.
#[derive(Clone, Copy)]
struct Attempt {
    /// When its producer knows that it is stored, if it will.
    known: Option<SimTime>,
    /// When it was sent and when it arrived.
    sending: Sending,
}

impl Writers {
    /// The shards store or refuse each record that a request of the KPL carries.
    pub(super) fn put_carried(
        &mut self,
        id: RequestId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let now = cx.queue.now();
        let request = self.requests.get_mut(id);
        let carried = std::mem::take(&mut request.carried);
        let known = (request.outcome != Outcome::TimedOut).then_some(request.answer_at);
        let latency = request.latency;
        let sending = request.sending(now);
        let mut tally = PutTally::default();
        for carried in &carried {
            if stream.is_disturbed() && stream.fail_record() {
                tally.failed += 1;
                cx.probe.bound(Limit::ServiceFault.at(0), 1);
                continue;
            }
            let record = self.kpl_mut().records.get_mut(*carried);
            let mut record = std::mem::take(record);
            self.put_record(
                &mut record,
                &mut tally,
                Attempt { known, sending },
                stream,
                cx,
            );
            *self.kpl_mut().records.get_mut(*carried) = record;
        }
        self.requests.get_mut(id).carried = carried;
        stream.close_put(PutCall::PutRecords, &tally, latency, now);
    }

    /// A shard stores or refuses one record of the KPL.
    fn put_record(
        &mut self,
        record: &mut KplRecord,
        tally: &mut PutTally,
        attempt: Attempt,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let (shard, bytes) = (stream.shard_for(record.label.hash), record.label.bytes);
        if !stream.admit_aggregate(shard, bytes, cx.queue.now(), cx.probe) {
            tally.throttled += 1;
            record.throttled = true;
            return;
        }
        tally.stored += 1;
        tally.bytes += bytes;
        tally.last_shard = shard;
        let elsewhere = record.predicted.is_some_and(|predicted| predicted != shard);
        record.stored = self.store_user_records(shard, record, elsewhere, attempt, stream, cx);
        if elsewhere {
            self.invalidate_map(cx);
        }
    }

    /// Stores the user records of a record in `shard`; false if consumers will drop them, because one of them
    /// does not belong there.
    fn store_user_records(
        &mut self,
        shard: ShardId,
        carrier: &KplRecord,
        elsewhere: bool,
        attempt: Attempt,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) -> bool {
        let now = cx.queue.now();
        let belongs = |record| stream.holds(shard, self.routing.hash_of(record));
        let aggregate = carrier.records.len() > 1;
        let dropped = elsewhere && aggregate && !carrier.records.iter().all(belongs);
        let mut overhead = carrier.overhead();
        let (mut fresh, mut again) = (0, 0);
        for (n, record) in carrier.records.iter().enumerate() {
            let known_stored = is_stored(record);
            let bytes = data_bytes(record) + std::mem::take(&mut overhead);
            let mut stored = Stored::new(record.at, now, bytes);
            if n > 0 {
                stored = stored.continuing();
            }
            if dropped {
                stored = stored.voided();
            } else if known_stored {
                (stored, again) = (stored.copied(), again + 1);
            } else {
                fresh += 1;
                self.release_one(record);
            }
            stream.store_user_record(shard, stored);
            if !dropped && !known_stored {
                stream.follow(shard, record, attempt.sending, cx.probe);
            }
            if !dropped && !known_stored && self.routing.store(record) {
                cx.probe.reordered(shard.0);
            }
            if let Some(known) = attempt.known.filter(|_| !dropped) {
                cx.probe.acknowledged(record.at, known);
            }
            stream.after_storing(shard, record);
        }
        if let Some(first) = carrier.records.first().filter(|_| !dropped) {
            cx.probe.written(shard.0, first.at, now);
        }
        if again > 0 {
            cx.probe.also_again(shard.0, again);
            cx.probe.unanswered(Some(Limit::ServiceFault), again);
        }
        cx.probe
            .stored_aggregate(shard.0, fresh, carrier.label.bytes);
        !dropped
    }

    /// The producer of a user record no longer holds it.
    fn release_one(&mut self, record: &Record) {
        self.producers[ProducerId(record.producer)].release(1);
    }

    /// The answer of a PutRecords call: what was not stored goes back into the library.
    pub(super) fn answer_carried(
        &mut self,
        id: RequestId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let request = self.requests.get_mut(id);
        let (outcome, producer) = (request.outcome, request.producer);
        let answered = outcome != Outcome::TimedOut;
        let sent_at = request.sent_at;
        let carried = std::mem::take(&mut request.carried);
        for carried in carried.iter().copied() {
            let kpl = self.kpl_mut();
            let fails = kpl.config.fail_if_throttled;
            let record = kpl.records.get(carried);
            let shard = stream.shard_for(record.label.hash);
            if record.stored && answered {
                kpl.records.close(carried);
            } else if record.throttled && fails && answered {
                let records = unstored(&record.records);
                kpl.records.close(carried);
                self.producers[producer].release(records);
                let met = stream.refused_since(shard, sent_at);
                cx.probe
                    .ended_for(EarlyEnd::Throttled.number(), met, records);
            } else {
                let user_records = &self.kpl_mut().records.get(carried).records;
                for record in user_records {
                    cx.probe.sent_before(record.serial, sent_at);
                }
                let met = match outcome {
                    Outcome::Answered => stream.refused_since(shard, sent_at),
                    Outcome::Failed(error) => Some(error.limit()),
                    Outcome::TimedOut => Some(Limit::ServiceFault),
                };
                self.retry_all(carried, met, stream, cx);
            }
        }
        self.requests.get_mut(id).carried = carried;
        self.finish_request(id, 0, stream, cx);
    }

    /// The user records of a record go back, or expire when their time to live is over; `met` is what held them up.
    pub(super) fn retry_all(
        &mut self,
        id: KplRecordId,
        met: Option<Limit>,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let now = cx.queue.now();
        let kpl = self.kpl_mut();
        let (ttl, deadline) = (kpl.config.ttl, now + Nanos(kpl.config.buffered.0 / 2));
        let failed = kpl.records.get_mut(id);
        // What was stored without an answer is sent again all the same: its producer cannot know.
        let stored = std::mem::take(&mut failed.stored);
        let records = std::mem::take(&mut failed.records);
        for mut record in records.iter().copied() {
            if stored {
                record = marked_stored(record);
            }
            if record.at + ttl > now {
                cx.probe.retried(1);
                self.accept(record, deadline, stream, cx);
            } else if !is_stored(&record) {
                self.release_one(&record);
                cx.probe.ended_for(EarlyEnd::Expired.number(), met, 1);
            }
        }
        let kpl = self.kpl_mut();
        kpl.records.get_mut(id).records = records;
        kpl.records.close(id);
    }
}

impl KplRecord {
    /// What the record carries besides the data of its user records `[B]`.
    fn overhead(&self) -> u32 {
        let data: u64 = self
            .records
            .iter()
            .map(|record| u64::from(data_bytes(record)))
            .sum();
        self.label.bytes.saturating_sub(data) as u32
    }
}
