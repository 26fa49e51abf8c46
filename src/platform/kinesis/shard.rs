//! One shard: its write and read limits and what it has stored.

use super::config::ServiceConfig;
use crate::engine::TokenBucket;
use crate::platform::{Chunk, Log, Stored};
use crate::units::{Nanos, SimTime};

/// A shard.
#[derive(Clone, Debug)]
pub struct Shard {
    write_bytes: TokenBucket,
    write_records: TokenBucket,
    read_bytes: TokenBucket,
    read_calls: TokenBucket,
    /// What it has stored.
    pub log: Log,
}

impl Shard {
    /// An empty shard with full buckets.
    #[must_use]
    pub fn new(service: &ServiceConfig) -> Self {
        Self {
            write_bytes: TokenBucket::new(service.write_rate.0, service.write_burst.0),
            write_records: TokenBucket::new(service.write_records, service.write_records_burst),
            read_bytes: TokenBucket::new(service.read_rate.0, service.read_burst.0),
            read_calls: TokenBucket::new(service.read_calls, service.read_calls),
            log: Log::default(),
        }
    }

    /// Takes a record of `bytes` (data and key) or refuses it: both limits hold, nothing waits.
    #[inline]
    pub fn put(&mut self, now: SimTime, at: SimTime, bytes: u32) -> bool {
        let taken = self.write_bytes.holds(now, u64::from(bytes)) && self.write_records.take(now, 1);
        if taken {
            self.write_bytes.pay(u64::from(bytes));
            self.log.push(Stored::new(at, now, bytes));
        }
        taken
    }

    /// Whether a GetRecords call is admitted now; an admitted call uses up one of the shard's calls.
    ///
    /// A refused call is not charged: the penalties that AWS documents come from the bytes returned.
    pub fn admit_read(&mut self, now: SimTime) -> bool {
        self.read_bytes.in_credit(now) && self.read_calls.take(now, 1)
    }

    /// The records of an admitted GetRecords call from `first` on, which become debt of the shard.
    pub fn get(&mut self, now: SimTime, lane: u32, first: u64, limit: u64, bytes_max: u64) -> (Chunk, u64) {
        let (mut count, mut bytes) = (0, 0);
        for stored in self.log.range(first, limit) {
            if bytes + u64::from(stored.bytes) > bytes_max && count > 0 {
                break;
            }
            bytes += u64::from(stored.bytes);
            count += 1;
        }
        self.read_bytes.charge(now, bytes);
        (Chunk { lane, first, count }, bytes)
    }

    /// How old the newest record of `chunk` is: what IteratorAgeMilliseconds is made of.
    #[must_use]
    pub fn age_of_last(&self, chunk: Chunk, now: SimTime) -> Nanos {
        let last = self.log.range(chunk.first + chunk.count.saturating_sub(1), 1).next();
        last.map_or(Nanos::ZERO, |stored| now.since(stored.appended()))
    }
}
