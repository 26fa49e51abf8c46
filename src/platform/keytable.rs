//! What a platform knows about each key: hashed once, looked up per record.

use crate::workload::KeySpace;

/// Bits of a packed entry that hold the key's length: keys have at most 256 characters of 4 bytes.
const LENGTH_BITS: u32 = 11;

/// A table by key, packed: it is read twice and written once per record.
#[derive(Clone, Debug)]
pub struct KeyTable {
    entries: Vec<Entry>,
}

/// What is known of one key: read and written together, so it lies together.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Lane and length.
    packed: u32,
    /// One more than the serial of the newest record stored, or zero.
    newest: u32,
}

impl KeyTable {
    /// Hashes every key of `keys` with `lane_of`, which gives a number below 2^21.
    #[must_use]
    pub fn new(keys: &KeySpace, mut lane_of: impl FnMut(&str) -> u32) -> Self {
        let mut entries = Vec::with_capacity(keys.len() as usize);
        keys.for_each(|key| {
            let lane = lane_of(key);
            debug_assert!(lane < 1 << (32 - LENGTH_BITS) && key.len() < 1 << LENGTH_BITS);
            entries.push(Entry {
                packed: (lane << LENGTH_BITS) | key.len() as u32,
                newest: 0,
            });
        });
        Self { entries }
    }

    /// The lane of `key`, or `None` for a record without a key.
    #[must_use]
    #[inline]
    pub fn lane(&self, key: u32) -> Option<u32> {
        self.get(key).map(|entry| entry.0)
    }

    /// The length of `key`'s text `[B]`, or `None` for a record without a key.
    #[must_use]
    #[inline]
    pub fn length(&self, key: u32) -> Option<u64> {
        self.get(key).map(|entry| entry.1)
    }

    /// Lane and length of `key` at once, or `None` for a record without a key.
    #[must_use]
    #[inline]
    pub fn get(&self, key: u32) -> Option<(u32, u64)> {
        let entry = self.entries.get(key as usize)?.packed;
        Some((
            entry >> LENGTH_BITS,
            u64::from(entry & ((1 << LENGTH_BITS) - 1)),
        ))
    }

    /// Moves `key` to another lane.
    pub fn set_lane(&mut self, key: u32, lane: u32) {
        if let Some(entry) = self.entries.get_mut(key as usize) {
            entry.packed = (lane << LENGTH_BITS) | (entry.packed & ((1 << LENGTH_BITS) - 1));
        }
    }

    /// Notes that record `serial` of `key` was stored; true if a later one of the key was before.
    ///
    /// Serials stay below 2^32 - 1: a replication makes at most [`RECORDS_MAX`](crate::workload::RECORDS_MAX).
    #[inline]
    pub fn store(&mut self, key: u32, serial: u32) -> bool {
        let Some(Entry { newest, .. }) = self.entries.get_mut(key as usize) else {
            return false;
        };
        let late = serial < *newest;
        *newest = (*newest).max(serial + 1);
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::NO_KEY;

    #[test]
    fn a_record_stored_behind_a_later_one_of_its_key_is_noticed() {
        let mut keys = KeySpace::default();
        keys.add_numbered(2, "k");
        let mut table = KeyTable::new(&keys, |key| key.len() as u32);
        assert_eq!(
            (table.lane(0), table.length(1), table.lane(NO_KEY)),
            (Some(2), Some(2), None)
        );
        let late: Vec<bool> = [(0, 0), (0, 5), (1, 3), (0, 4), (NO_KEY, 0)]
            .map(|(key, serial)| table.store(key, serial))
            .to_vec();
        assert_eq!(late, [false, false, false, true, false]);
    }
}
