//! The hashes by which client libraries place records with keys.
//!
//! # Source
//! <https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md>; <https://github.com/IBM/sarama/blob/main/config.go>;
//! <https://kafka.js.org/docs/producing>. Held
//! against the vectors of librdkafka's test 0048.

use super::murmur2::murmur2;

/// A hash of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHash {
    /// The Java client's, and that of KafkaJS since 2.0.
    Murmur2,
    /// librdkafka's `consistent` and `consistent_random`: CRC-32.
    Crc32,
    /// Sarama's, and librdkafka's `fnv1a_random`: FNV-1a, with the sign taken off.
    Fnv1a,
}

impl KeyHash {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Murmur2 => "murmur2",
            Self::Crc32 => "CRC-32",
            Self::Fnv1a => "FNV-1a",
        }
    }

    /// The number of which a partition is the remainder.
    #[must_use]
    pub fn of(self, key: &[u8]) -> u32 {
        match self {
            Self::Murmur2 => murmur2(key).cast_unsigned() & 0x7fff_ffff,
            Self::Crc32 => crc32fast::hash(key),
            Self::Fnv1a => fnv1a(key).cast_signed().unsigned_abs(),
        }
    }

    /// The partition of `key` among `partitions`.
    #[must_use]
    pub fn partition(self, key: &str, partitions: u32) -> u32 {
        self.of(key.as_bytes()) % partitions.max(1)
    }
}

/// FNV-1a of 32 bits.
fn fnv1a(key: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    key.iter().fold(0x811c_9dc5, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_librdkafkas_own_test() {
        let long = b"this is another string with more length to it perhaps";
        let keys: [&[u8]; 3] = [b"23456", long, b"hejsan"];
        let all = |hash: KeyHash| keys.map(|key| hash.of(key));
        assert_eq!(all(KeyHash::Crc32), [0xb1b4_51d7, 0xb015_0df7, 0xd077_037e]);
        assert_eq!(
            all(KeyHash::Murmur2),
            [0x058d_780f, 0x4f77_03da, 0x5ec1_9395]
        );
        assert_eq!(all(KeyHash::Fnv1a), [0x27e6_f469, 0x155e_3e5f, 0x17b1_e27a]);
        assert_eq!(KeyHash::Fnv1a.of(b""), 0x7ee3_623b);
    }

    #[test]
    fn keys_of_the_reports_lie_where_they_were_seen() {
        // kafkajs #357 and #1154: where the Java client puts them.
        assert_eq!(KeyHash::Murmur2.partition("100:48069", 12), 9);
        assert_eq!(KeyHash::Murmur2.partition("user-1", 24), 20);
        let places = [KeyHash::Murmur2, KeyHash::Crc32].map(|hash| hash.partition("TT0124", 15));
        assert_eq!(places, [10, 9]);
    }
}
