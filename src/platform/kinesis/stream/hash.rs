//! Where a record goes: MD5 of the partition key, hash key ranges, `ExplicitHashKey`.
//!
//! # Source
//! API HashKeyRange, kinesalite: shard i of N starts at i x floor(2^128 / N), the last shard takes
//! the remainder, both ends are inclusive. Held against golden data of three implementations.

use crate::platform::kinesis::ids::ShardId;
use md5::{Digest, Md5};

/// A point of the hash key space, 0 to 2^128 - 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashKey(pub u128);

impl HashKey {
    /// The hash key of a partition key: its MD5 as a big-endian number.
    #[must_use]
    pub fn of(partition_key: &str) -> Self {
        Self(u128::from_be_bytes(
            Md5::digest(partition_key.as_bytes()).into(),
        ))
    }
}

/// The first hash key of shard `index` of `shards` equal ones.
#[must_use]
pub fn range_start(index: u32, shards: u32) -> HashKey {
    if index == 0 {
        return HashKey(0);
    }
    let (shards, whole) = (u128::from(shards), u128::MAX);
    // floor(2^128 / N) without the 129th bit; N is 2 or more here.
    let width = whole / shards + u128::from(whole % shards == shards - 1);
    HashKey(width * u128::from(index))
}

/// The inclusive hash key range of shard `index` of `shards` equal ones.
#[must_use]
pub fn range(index: u32, shards: u32) -> (HashKey, HashKey) {
    let end = if index + 1 == shards {
        u128::MAX
    } else {
        range_start(index + 1, shards).0 - 1
    };
    (range_start(index, shards), HashKey(end))
}

/// The number in a shard's name.
#[must_use]
pub fn shard_number(id: &str) -> Option<ShardId> {
    let digits = id
        .strip_prefix("shardId-")
        .filter(|digits| digits.len() == 12)?;
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok().map(ShardId))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hash_of_known_keys() {
        assert_eq!(
            HashKey::of("a").0,
            16_955_237_001_963_240_173_058_271_559_858_726_497
        );
        assert_eq!(range(0, 1), (HashKey(0), HashKey(u128::MAX)));
    }

    proptest! {
        #[test]
        fn the_ranges_of_a_stream_tile_the_space(shards in 1_u32..=10_000) {
            let mut next = Some(0);
            for index in 0..shards {
                let (start, end) = range(index, shards);
                prop_assert_eq!(Some(start.0), next);
                prop_assert!(end >= start);
                next = end.0.checked_add(1);
            }
            prop_assert_eq!(next, None);
        }
    }
}
