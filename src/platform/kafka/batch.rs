//! Record batches of format v2, uncompressed: exact sizes.
//!
//! # Source
//! Apache Kafka 3.9, `DefaultRecordBatch`, `DefaultRecord`: 61 bytes a batch, and per record L + varint(L) with
//! L = 1 + varint(timestamp delta) + varint(offset delta) + key + value + headers, zigzag varints.

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
