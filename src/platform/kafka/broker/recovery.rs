//! Log recovery: a broker that did not stop in good order reads what it had not flushed before it registers.
//!
//! # Source
//! Apache Kafka 3.9, `LogManager.loadLogs`, `LogLoader.recoverLog`: files behind the recovery point are read, which moves when a
//! file is rolled; AutoMQ pull 596 (800 MiB in 19 s by one thread).

use super::super::ids::BrokerId;
use super::Brokers;
use crate::units::{ByteRate, NANOS_PER_S, Nanos};

impl Brokers {
    /// What a broker takes to recover its logs: the active file of each of its replicas, shared by so many threads.
    pub(in super::super) fn recovery_time(
        &self,
        broker: BrokerId,
        threads: u32,
        rate: ByteRate,
    ) -> Nanos {
        let bytes: u64 = self
            .partitions
            .iter()
            .map(|partition| partition.unflushed(broker))
            .sum();
        let all = u128::from(rate.0.max(1)) * u128::from(threads.max(1));
        Nanos((u128::from(bytes) * u128::from(NANOS_PER_S) / all) as u64)
    }
}

impl super::partition::Partition {
    /// Bytes of a broker's replica in the file that is being written `[B]`.
    fn unflushed(&self, broker: BrokerId) -> u64 {
        let Some(slot) = self.slot_of(broker) else {
            return 0;
        };
        let end = match self.leader == Some(broker) {
            true => self.end,
            false => self.replicas[slot].end,
        };
        let mut files = self.segments.iter().rev();
        let active = files.find(|file| file.base.bytes <= end.bytes);
        active.map_or(0, |file| end.bytes - file.base.bytes)
    }
}
