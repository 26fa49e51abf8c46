//! One shard: its write and read limits and what it has stored.

use super::api::IteratorType;
use crate::engine::TwinBucket;
use crate::platform::kinesis::ServiceConfig;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::{Chunk, Log, Stored};
use crate::units::{Nanos, SimTime};

/// A shard. The fields that a put uses are adjacent in memory; so are those of a read.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Shard {
    /// What it has stored.
    pub(super) log: Log,
    /// Tokens for bytes `[B]` and for records written.
    write: TwinBucket,
    /// Bytes and records that producers sent to it since on-demand scaling last looked.
    pub(super) demand: Demand,
    /// Whether a subscription waits for its next record.
    pub(super) awaited: bool,
    /// Tokens for bytes `[B]` read by GetRecords and for its calls.
    read: TwinBucket,
    /// When the service will split it, in on-demand mode.
    pub(super) split_due: Option<SimTime>,
}

/// What producers asked of a shard, stored or refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Bytes, keys included.
    pub bytes: u64,
    /// Records.
    pub records: u64,
}

impl Shard {
    /// An empty shard with full buckets.
    #[must_use]
    pub fn new(service: &ServiceConfig) -> Self {
        Self {
            write: TwinBucket::new(
                [service.shard.write_rate.0, service.shard.write_burst.0],
                [
                    service.shard.write_records,
                    service.shard.write_records_burst,
                ],
            ),
            read: TwinBucket::new(
                [service.shard.read_rate.0, service.shard.read_burst.0],
                [service.shard.read_calls, service.shard.read_calls],
            ),
            log: Log::default(),
            demand: Demand::default(),
            awaited: false,
            split_due: None,
        }
    }

    /// Whether one more record that costs `charge` bytes is taken: both limits hold, nothing waits.
    #[inline(always)]
    pub fn admit(&mut self, now: SimTime, charge: u64) -> bool {
        let (bytes, records) = self.write.at(now);
        let taken = bytes.hold(charge) && records.hold(1);
        if taken {
            bytes.pay(charge);
            records.pay(1);
        }
        taken
    }

    /// Whether a record that costs `charge` bytes is refused for its bytes, not for the number of records.
    pub fn lacks_bytes(&mut self, now: SimTime, charge: u64) -> bool {
        !self.write.at(now).0.hold(charge)
    }

    /// Whether a reading call is refused for the bytes that were read, not for the number of calls.
    pub fn lacks_read_bytes(&mut self, now: SimTime) -> bool {
        !self.read.at(now).0.in_credit()
    }

    /// Takes a record of `bytes` (data and key) that costs `charge`, or refuses it.
    #[inline(always)]
    pub fn put(&mut self, now: SimTime, at: SimTime, bytes: u32, charge: u64) -> bool {
        let taken = self.admit(now, charge);
        if taken {
            self.log.push(Stored::new(at, now, bytes));
        }
        taken
    }

    /// Notes that a record of `charge` bytes was asked for, taken or not.
    pub fn asked(&mut self, charge: u64) {
        self.demand.bytes += charge;
        self.demand.records += 1;
    }

    /// Charges bytes that rounding adds to a call.
    pub fn charge(&mut self, now: SimTime, bytes: u64) {
        self.write.at(now).0.charge(bytes);
    }

    /// Whether a GetRecords call is admitted now; an admitted call uses up one of the shard's calls.
    ///
    /// A refused call is not charged: the penalties that AWS documents come from the bytes returned.
    pub fn admit_read(&mut self, now: SimTime) -> bool {
        let (bytes, calls) = self.read.at(now);
        let admitted = bytes.in_credit() && calls.hold(1);
        if admitted {
            calls.pay(1);
        }
        admitted
    }

    /// The records of an admitted GetRecords call from `first` on, which become debt of the shard.
    pub fn get(
        &mut self,
        now: SimTime,
        shard: ShardId,
        first: u64,
        limit: u64,
        bytes_max: u64,
    ) -> (Chunk, u64) {
        let (chunk, bytes) = self.peek(now, shard, first, limit, bytes_max);
        self.read.at(now).0.charge(bytes);
        (chunk, bytes)
    }

    /// Where an iterator of this type points; `number` is the offset of a record, `time` an instant.
    #[must_use]
    pub fn position(&self, kind: IteratorType, number: u64, time: SimTime) -> u64 {
        match kind {
            IteratorType::AtSequenceNumber => number,
            IteratorType::AfterSequenceNumber => number + 1,
            IteratorType::TrimHorizon => 0,
            IteratorType::Latest => self.log.end(),
            IteratorType::AtTimestamp => {
                let earlier = self
                    .log
                    .range(0, u64::MAX)
                    .take_while(|stored| stored.appended() < time);
                earlier.count() as u64
            }
        }
    }

    /// The records from `first` on that one answer of this instant carries; an aggregate is one record and never cut.
    #[must_use]
    pub fn peek(
        &self,
        now: SimTime,
        shard: ShardId,
        first: u64,
        limit: u64,
        bytes_max: u64,
    ) -> (Chunk, u64) {
        if self.log.is_flat() {
            return self.peek_flat(now, shard, first, limit, bytes_max);
        }
        let (mut count, mut bytes, mut records) = (0, 0, 0);
        let (mut whole, mut whole_bytes) = (0, 0);
        for stored in self.log.range(first, u64::MAX) {
            if stored.begins() {
                (whole, whole_bytes) = (count, bytes);
                records += 1;
                if records > limit {
                    return (Chunk::taken(shard.0, first, whole, now), whole_bytes);
                }
            }
            if bytes + u64::from(stored.bytes()) > bytes_max && whole > 0 {
                return (Chunk::taken(shard.0, first, whole, now), whole_bytes);
            }
            bytes += u64::from(stored.bytes());
            count += 1;
        }
        (Chunk::taken(shard.0, first, count, now), bytes)
    }

    /// [`Shard::peek`] where each record of the stream carries one record.
    fn peek_flat(
        &self,
        now: SimTime,
        shard: ShardId,
        first: u64,
        limit: u64,
        bytes_max: u64,
    ) -> (Chunk, u64) {
        let (mut count, mut bytes) = (0, 0);
        for stored in self.log.range(first, limit) {
            if bytes + u64::from(stored.bytes()) > bytes_max && count > 0 {
                break;
            }
            bytes += u64::from(stored.bytes());
            count += 1;
        }
        (Chunk::taken(shard.0, first, count, now), bytes)
    }

    /// How old the newest record of `chunk` is: what IteratorAgeMilliseconds is made of.
    #[must_use]
    pub fn age_of_last(&self, chunk: Chunk, now: SimTime) -> Nanos {
        let last = self
            .log
            .range(chunk.first + chunk.count.saturating_sub(1), 1)
            .next();
        last.map_or(Nanos::ZERO, |stored| now.since(stored.appended()))
    }
}
