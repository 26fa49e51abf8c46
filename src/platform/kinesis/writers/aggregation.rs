//! The KPL's record format: many user records in one record of the stream, to the byte.
//!
//! # Source
//! The aggregation format of the KPL; sizes held against two implementations in
//! `tests/golden/kinesis-aggregation-sizes.csv`.

/// Magic number and MD5 around the protobuf message `[B]`.
const FRAME_BYTES: u64 = 4 + 16;
/// What the library's own estimate adds per record and per new key `[B]`.
const ESTIMATE_RECORD: u64 = 3 + 2;
const ESTIMATE_KEY: u64 = 3;
const ESTIMATE_HASH: u64 = 2;

/// Bytes of a protobuf varint.
#[inline]
fn varint(value: u64) -> u64 {
    u64::from((70 - (value | 1).leading_zeros()) / 7)
}

/// A length-delimited field with a one-byte tag.
#[inline]
fn field(bytes: u64) -> u64 {
    1 + varint(bytes) + bytes
}

/// The size of an aggregate that is being filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aggregate {
    /// The keys that stand in its table, by number.
    keys: Vec<u32>,
    /// The explicit hash keys that stand in its table, by number.
    hash_keys: Vec<u32>,
    records: u64,
    body: u64,
    estimate: u64,
}

impl Aggregate {
    fn place(&self, key: u32) -> Option<usize> {
        self.keys.iter().position(|known| *known == key)
    }

    /// What the library would estimate with one more record.
    #[must_use]
    pub fn estimate_with(
        &self,
        key: u32,
        key_bytes: u64,
        data: u64,
        hash_key: Option<(u32, u64)>,
    ) -> u64 {
        let fresh = if self.place(key).is_none() {
            key_bytes + ESTIMATE_KEY
        } else {
            0
        };
        let hashed = hash_key.map_or(0, |(number, length)| {
            let fresh = if self.hash_keys.contains(&number) {
                0
            } else {
                length + ESTIMATE_KEY
            };
            fresh + ESTIMATE_HASH
        });
        self.estimate + data + ESTIMATE_RECORD + fresh + hashed
    }

    /// Adds a record of `data` bytes under the key of number `key` and length `key_bytes`, perhaps
    /// with an explicit hash key: its number and length. Each distinct key stands in the tables once.
    pub fn add(&mut self, key: u32, key_bytes: u64, data: u64, hash_key: Option<(u32, u64)>) {
        self.estimate = self.estimate_with(key, key_bytes, data, hash_key);
        let place = self.place(key).unwrap_or_else(|| {
            self.keys.push(key);
            self.body += field(key_bytes);
            self.keys.len() - 1
        });
        let mut inner = 1 + varint(place as u64) + field(data);
        if let Some((hash_key, length)) = hash_key {
            let place = self
                .hash_keys
                .iter()
                .position(|known| *known == hash_key)
                .unwrap_or_else(|| {
                    self.hash_keys.push(hash_key);
                    self.body += field(length);
                    self.hash_keys.len() - 1
                });
            inner += 1 + varint(place as u64);
        }
        self.body += field(inner);
        self.records += 1;
    }

    /// How many user records it has.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Its size as data of a record of the stream `[B]`.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        FRAME_BYTES + self.body
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.hash_keys.clear();
        (self.records, self.body, self.estimate) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overhead_of_small_aggregates() {
        let mut one = Aggregate::default();
        one.add(0, 8, 100, None);
        assert_eq!((one.bytes(), one.records()), (136, 1));
        let mut varints = [0_u64, 127, 128, 16_383, 16_384].map(varint).to_vec();
        varints.push(varint(u64::from(u32::MAX)));
        assert_eq!(varints, [1, 1, 2, 2, 3, 5]);
    }
}
