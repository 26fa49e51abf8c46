//! Producers that aggregate outside of the KPL and do not know the shards: a call carries one aggregate of records with any
//! keys, and the first key decides to which shard it goes.
//!
//! # Source
//! `RecordAggregator` of <https://github.com/awslabs/kinesis-aggregation> and its page on potential data loss: the KCL drops
//! user records whose hash lies on another shard (`AggregatorUtil.deaggregate` of KCL 3.5.1).

use super::Writers;
use super::aggregation::Aggregate;
use super::kpl_record::{explicit_in_table, key_in_table};
use super::request::Outcome;
use crate::platform::Stored;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::{RequestId, ShardId};
use crate::platform::kinesis::stream::{PutCall, PutTally, Stream};
use crate::probe::{Limit, Sending};
use crate::workload::Record;

/// The most that an aggregate adds to a user record: tags, lengths and places in the tables `[B]`.
pub(super) const ENTRY_BYTES: u64 = 16;

impl Writers {
    /// An aggregate reaches the shard of its first record, which takes or refuses it as a whole.
    pub(super) fn put_by_first_key(
        &mut self,
        id: RequestId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let request = self.requests.get_mut(id);
        let (known, answer_at) = (request.outcome != Outcome::TimedOut, request.answer_at);
        let (latency, producer) = (request.latency, request.producer);
        let sending = request.sending(cx.queue.now());
        let mut records = std::mem::take(&mut request.records);
        let mut unconfirmed = std::mem::take(&mut request.unconfirmed);
        // Records that were stored without an answer are sent again, and all of them.
        let again = records.is_empty();
        let carried = if again {
            &mut unconfirmed
        } else {
            &mut records
        };
        let mut tally = PutTally::default();
        if self.put_aggregate(carried, again, sending, &mut tally, stream, cx) {
            if !again {
                self.producers[producer].release(carried.len() as u64);
            }
            if known {
                for record in carried.drain(..) {
                    cx.probe.acknowledged(record.at, answer_at);
                }
            } else if !again {
                std::mem::swap(&mut records, &mut unconfirmed);
            }
        }
        let request = self.requests.get_mut(id);
        request.failed = if tally.failed > 0 {
            records.len() as u64
        } else {
            0
        };
        (request.records, request.unconfirmed) = (records, unconfirmed);
        stream.close_put(self.call, &tally, latency, cx.queue.now());
    }

    /// Whether a shard stores an aggregate of these records; `again` if it did so before.
    fn put_aggregate(
        &mut self,
        records: &[Record],
        again: bool,
        sending: Sending,
        tally: &mut PutTally,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) -> bool {
        let Some(first) = records.first() else {
            return true;
        };
        let now = cx.queue.now();
        let may_fail = stream.is_disturbed() && self.call == PutCall::PutRecords;
        if may_fail && stream.fail_record() {
            tally.failed += 1;
            cx.probe.bound(Limit::ServiceFault.at(0), 1);
            return false;
        }
        let (shard, bytes) = (
            self.routing.route(first, stream),
            self.aggregate_bytes(records),
        );
        if !stream.admit_aggregate(shard, bytes, now, cx.probe) {
            tally.throttled += 1;
            return false;
        }
        tally.stored += 1;
        tally.bytes += bytes;
        tally.last_shard = shard;
        self.store_aggregate(shard, records, again, sending, stream, cx);
        let count = records.len() as u64;
        if again {
            cx.probe.also_again(shard.0, count);
            cx.probe.unanswered(Some(Limit::ServiceFault), count);
        } else {
            cx.probe.written(shard.0, first.at, now);
        }
        let fresh = if again { 0 } else { count };
        cx.probe.stored_aggregate(shard.0, fresh, bytes);
        true
    }

    /// The size of an aggregate of these records, with the partition key of the first `[B]`.
    fn aggregate_bytes(&self, records: &[Record]) -> u64 {
        let mut aggregate = Aggregate::default();
        for record in records {
            let key_bytes = self.routing.key_bytes(record.key);
            let data = u64::from(record.bytes).saturating_sub(key_bytes);
            let explicit = explicit_in_table(self.routing.explicit(), record);
            aggregate.add(key_in_table(record), key_bytes, data, explicit);
        }
        let first = records
            .first()
            .map(|record| self.routing.key_bytes(record.key));
        aggregate.bytes() + first.unwrap_or(0)
    }

    /// Stores the user records of an aggregate in `shard`, also those that belong to another one.
    fn store_aggregate(
        &mut self,
        shard: ShardId,
        records: &[Record],
        again: bool,
        sending: Sending,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let now = cx.queue.now();
        for (n, record) in records.iter().enumerate() {
            let mut stored = Stored::new(record.at, now, record.bytes);
            if n > 0 {
                stored = stored.continuing();
            }
            if again {
                stored = stored.copied();
            }
            if self.routing.route(record, stream) != shard {
                stored = stored.misplaced();
            }
            stream.store_user_record(shard, stored);
            if !again {
                stream.follow(shard, record, sending, cx.probe);
            }
            if !again && self.routing.keeps_order() && self.routing.store(record) {
                cx.probe.reordered(shard.0);
            }
            stream.after_storing(shard, record);
        }
    }
}
