//! What is billed for records that are read.

use super::Stream;
use super::billing::WEEK;
use crate::platform::Chunk;
use crate::platform::kinesis::Reading;
use crate::platform::kinesis::ids::ShardId;
use crate::units::{NANOS_PER_S, SimTime};

impl Stream {
    /// Records are read: by GetRecords, or pushed to a registered consumer.
    pub(super) fn bill_reading(&mut self, chunk: Chunk, bytes: u64, way: Reading) {
        let now = self.billing_now();
        let old = if now.0 > WEEK.0 && way == Reading::Polling {
            self.old_bytes(chunk, now)
        } else {
            0
        };
        self.billing.read(way, bytes, old);
    }

    /// The present, as far as ages of a week go.
    fn billing_now(&self) -> SimTime {
        SimTime(self.seconds * NANOS_PER_S)
    }

    /// Bytes of a chunk that are older than a week.
    fn old_bytes(&self, chunk: Chunk, now: SimTime) -> u64 {
        let log = &self.shards[ShardId(chunk.lane)].log;
        let records = log.range(chunk.first, chunk.count);
        let old = records.take_while(|stored| now.since(stored.appended()) > WEEK);
        old.map(|stored| u64::from(stored.bytes())).sum()
    }
}
