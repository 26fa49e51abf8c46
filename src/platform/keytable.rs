//! What a platform knows about each key: hashed once, looked up per record.

use crate::workload::{KeySpace, NO_KEY};

/// The lane, the length and the newest stored record of one key.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// One more than the serial of the newest record stored, or zero.
    newest: u64,
    lane: u32,
    length: u16,
}

/// A table by key.
#[derive(Clone, Debug)]
pub struct KeyTable {
    entries: Vec<Entry>,
}

impl KeyTable {
    /// Hashes every key of `keys` with `lane_of`.
    #[must_use]
    pub fn new(keys: &KeySpace, lane_of: impl Fn(&str) -> u32) -> Self {
        let mut entries = Vec::with_capacity(keys.len() as usize);
        keys.for_each(|key| {
            entries.push(Entry { newest: 0, lane: lane_of(key), length: key.len() as u16 });
        });
        Self { entries }
    }

    /// The lane of `key`, or `None` for a record without a key.
    #[must_use]
    #[inline]
    pub fn lane(&self, key: u32) -> Option<u32> {
        self.entries.get(key as usize).map(|entry| entry.lane)
    }

    /// The length of `key`'s text `[B]`, or `None` for a record without a key.
    #[must_use]
    #[inline]
    pub fn length(&self, key: u32) -> Option<u16> {
        self.entries.get(key as usize).map(|entry| entry.length)
    }

    /// Notes that record `serial` of `key` was stored; true if a later one of the key was before.
    #[inline]
    pub fn store(&mut self, key: u32, serial: u64) -> bool {
        if key == NO_KEY {
            return false;
        }
        let Some(entry) = self.entries.get_mut(key as usize) else { return false };
        let late = serial < entry.newest;
        entry.newest = entry.newest.max(serial + 1);
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stored_behind_a_later_one_of_its_key_is_noticed() {
        let mut keys = KeySpace::default();
        keys.add_numbered(2, "k");
        let mut table = KeyTable::new(&keys, |key| key.len() as u32);
        assert_eq!((table.lane(0), table.length(1), table.lane(NO_KEY)), (Some(2), Some(2), None));
        let late: Vec<bool> = [(0, 0), (0, 5), (1, 3), (0, 4), (NO_KEY, 0)]
            .map(|(key, serial)| table.store(key, serial))
            .to_vec();
        assert_eq!(late, [false, false, false, true, false]);
    }
}
