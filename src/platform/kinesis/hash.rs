//! Where a record goes: MD5 of the partition key, hash key ranges, `ExplicitHashKey`.
//!
//! # Source
//! API HashKeyRange, kinesalite: shard i of N starts at i x floor(2^128 / N), the last shard takes
//! the remainder, both ends are inclusive. Held against golden data of three implementations.

use md5::{Digest, Md5};

/// A point of the hash key space, 0 to 2^128 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashKey(pub u128);

impl HashKey {
    /// The hash key of a partition key: its MD5 as a big-endian number.
    #[must_use]
    pub fn of(partition_key: &str) -> Self {
        Self(u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into()))
    }

    /// Reads an `ExplicitHashKey`: a decimal number without sign or leading zero.
    ///
    /// # Errors
    /// `ValidationException` where the API's pattern does not match, `InvalidArgumentException`
    /// from 2^128 on.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = !text.is_empty() && text.len() <= 39 && text.bytes().all(|b| b.is_ascii_digit());
        if !digits || (text.len() > 1 && text.starts_with('0')) {
            return Err(format!("ValidationException: `{text}` does not match 0|([1-9]\\d{{0,38}})"));
        }
        let number =
            text.parse().map_err(|_| format!("InvalidArgumentException: `{text}` is 2^128 or more"))?;
        Ok(Self(number))
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
    let end = if index + 1 == shards { u128::MAX } else { range_start(index + 1, shards).0 - 1 };
    (range_start(index, shards), HashKey(end))
}

/// Open shards by hash key range.
#[derive(Clone, Debug)]
pub struct Ranges {
    starts: Vec<u128>,
    /// For each value of the top bits, the shard that holds the first key with them.
    index: Vec<u32>,
}

/// Top bits of a hash key that the index of [`Ranges`] is made for.
const INDEX_BITS: u32 = 12;

impl Ranges {
    /// The ranges of a new stream.
    #[must_use]
    pub fn equal(shards: u32) -> Self {
        let starts: Vec<u128> = (0..shards).map(|index| range_start(index, shards).0).collect();
        let holder = |top: u32| {
            let first = u128::from(top) << (128 - INDEX_BITS);
            starts.partition_point(|start| *start <= first) as u32 - 1
        };
        Self { index: (0..1 << INDEX_BITS).map(holder).collect(), starts }
    }

    /// The shard whose range holds `key`.
    #[must_use]
    #[inline]
    pub fn shard(&self, key: HashKey) -> u32 {
        let mut shard = self.index[(key.0 >> (128 - INDEX_BITS)) as usize];
        while self.starts.get(shard as usize + 1).is_some_and(|start| *start <= key.0) {
            shard += 1;
        }
        shard
    }
}

/// The name of shard `index`.
#[must_use]
pub fn shard_id(index: u32) -> String {
    format!("shardId-{index:012}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hash_of_known_keys() {
        assert_eq!(HashKey::of("a").0, 16_955_237_001_963_240_173_058_271_559_858_726_497);
        assert_eq!(Ranges::equal(4).shard(HashKey::of("ORDER-1001")), 3);
        assert_eq!(range(0, 1), (HashKey(0), HashKey(u128::MAX)));
    }

    proptest! {
        #[test]
        fn the_ranges_of_a_stream_tile_the_space(shards in 1_u32..=10_000, key: u128) {
            let mut next = Some(0);
            for index in 0..shards {
                let (start, end) = range(index, shards);
                prop_assert_eq!(Some(start.0), next);
                prop_assert!(end >= start);
                next = end.0.checked_add(1);
            }
            prop_assert_eq!(next, None);
            let (start, end) = range(Ranges::equal(shards).shard(HashKey(key)), shards);
            prop_assert!(start.0 <= key && key <= end.0);
        }
    }
}
