//! Record batches of format v2, uncompressed: exact sizes, and batches on their way.
//!
//! # Source
//! SRC39 `DefaultRecordBatch`, `DefaultRecord`: 61 bytes a batch, and per record L + varint(L) with
//! L = 1 + varint(timestamp delta) + varint(offset delta) + key + value + headers, zigzag varints.

use super::errors::Error;
use crate::units::SimTime;
use crate::workload::Record;

/// Fixed bytes of a batch.
pub const BATCH_OVERHEAD: u64 = 61;
/// The most that a record can have besides its key, value and headers `[B]`.
const RECORD_OVERHEAD_MAX: u64 = 21;

/// Bytes of a zigzag varint of a number from 0 to 2^31: seven bits each, one of them for the sign.
///
/// Nearly all numbers here take three bytes at most: two comparisons beat counting zeros, and branches.
#[inline(always)]
fn varint(number: u64) -> u64 {
    if number < 1_048_576 {
        return 1 + u64::from(number >= 64) + u64::from(number >= 8192);
    }
    u64::from((64 - (number << 1).leading_zeros()).div_ceil(7))
}

/// Bytes of a length and what it announces; `None` is null, written as -1.
#[inline(always)]
fn field(length: Option<u64>) -> u64 {
    length.map_or(1, |length| varint(length) + length)
}

/// The size of record number `index` of a batch, `delta_ms` after its first `[B]`.
#[must_use]
#[inline(always)]
pub fn record_bytes(index: u64, delta_ms: u64, key: Option<u64>, value: u64) -> u64 {
    const ATTRIBUTES: u64 = 1;
    const NO_HEADERS: u64 = 1;
    let inner = ATTRIBUTES
        + varint(delta_ms)
        + varint(index)
        + field(key)
        + field(Some(value))
        + NO_HEADERS;
    varint(inner) + inner
}

/// The size by which a producer judges a single record before it knows its place `[B]`.
#[must_use]
#[inline]
pub fn size_check(key: Option<u64>, value: u64) -> u64 {
    BATCH_OVERHEAD + RECORD_OVERHEAD_MAX + field(key) + field(Some(value)) + 1
}

/// What librdkafka compares with `message.max.bytes` before it sends a message `[B]`: it allows 36 bytes
/// for itself and 3 for each header beside the header's own text.
#[must_use]
pub fn librdkafka_size(key: u64, value: u64, header_bytes: u64) -> u64 {
    36 + key + value + header_bytes
}

/// No offset.
pub const NOWHERE: u64 = u64::MAX;

/// A batch of one partition, from its first record until its producer is done with it.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its producer.
    pub producer: u32,
    /// Its partition.
    pub partition: u32,
    /// Its records.
    pub records: Vec<Record>,
    /// Its size so far, after compression `[B]`.
    pub bytes: u64,
    /// What it takes of `buffer.memory` `[B]`.
    pub memory: u64,
    /// When its first record was appended.
    pub created: SimTime,
    /// Number of its first record among those of its producer for its partition.
    pub sequence: u32,
    /// The epoch that the number belongs to.
    pub epoch: u16,
    /// How often it was sent.
    pub attempts: u32,
    /// Before this it is not sent again.
    pub retry_at: SimTime,
    /// Where the leader stored it first, or [`NOWHERE`].
    pub stored_at: u64,
    /// Whether it was stored before and cut off with its leader.
    pub restored: bool,
    /// What the leader said to it last.
    pub answer: Option<Error>,
    /// Whether it came from a batch that was too large.
    pub split: bool,
    /// Whether its slot is in use.
    pub open: bool,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            producer: 0,
            partition: 0,
            records: Vec::new(),
            bytes: BATCH_OVERHEAD,
            memory: 0,
            created: SimTime::ZERO,
            sequence: 0,
            epoch: 0,
            attempts: 0,
            retry_at: SimTime::ZERO,
            stored_at: NOWHERE,
            restored: false,
            answer: None,
            split: false,
            open: false,
        }
    }
}

/// All batches of a system; emptied ones are used again, so that nothing is allocated per batch.
#[derive(Clone, Debug, Default)]
pub struct Batches {
    all: Vec<Batch>,
    free: Vec<u32>,
}

impl Batches {
    /// A fresh batch.
    pub fn open(&mut self, producer: u32, partition: u32, created: SimTime, memory: u64) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.all.push(Batch::default());
            (self.all.len() - 1) as u32
        });
        let batch = &mut self.all[index as usize];
        let records = std::mem::take(&mut batch.records);
        *batch = Batch {
            producer,
            partition,
            records,
            memory,
            created,
            open: true,
            ..Batch::default()
        };
        index
    }

    /// All batches in use.
    pub fn open_ones(&mut self) -> impl Iterator<Item = &mut Batch> {
        self.all.iter_mut().filter(|batch| batch.open)
    }

    /// The batch of this number.
    #[inline]
    pub fn get(&mut self, index: u32) -> &mut Batch {
        &mut self.all[index as usize]
    }

    /// The batch of this number, to look at.
    #[inline]
    pub fn view(&self, index: u32) -> &Batch {
        &self.all[index as usize]
    }

    /// Gives a batch back.
    pub fn close(&mut self, index: u32) {
        let batch = &mut self.all[index as usize];
        batch.records.clear();
        batch.open = false;
        self.free.push(index);
    }

    /// Records in batches that are stored nowhere.
    #[must_use]
    pub fn held(&self) -> u64 {
        let unstored = self
            .all
            .iter()
            .filter(|batch| batch.open && batch.stored_at == NOWHERE);
        unstored.map(|batch| batch.records.len() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_grow_by_a_byte_every_seven_bits() {
        for (number, bytes) in [
            (0, 1),
            (63, 1),
            (64, 2),
            (8191, 2),
            (8192, 3),
            (1_048_575, 3),
            (1_048_576, 4),
        ] {
            assert_eq!(varint(number), bytes, "{number}");
        }
        assert_eq!(
            (varint((1 << 27) - 1), varint(1 << 27), varint(1 << 31)),
            (4, 5, 5)
        );
    }
}
