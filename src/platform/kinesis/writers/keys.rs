//! Where each partition key lives: hashed once, moved when its shard is split or merged.

use crate::platform::KeyTable;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::kinesis::stream::hash::HashKey;
use crate::platform::kinesis::stream::lineage::Lineage;
use crate::workload::KeySpace;

/// Shard, length and newest record of every key.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// The packed table of all keys.
    table: KeyTable,
    /// The hash of every key; empty while no shard can change and nobody asks.
    hashes: Vec<u128>,
}

impl Keys {
    /// Hashes every key of `keys`; with `kept` hashes the keys can move later.
    pub(super) fn new(keys: &KeySpace, lineage: &Lineage, kept: bool) -> Self {
        let mut hashes = Vec::new();
        if kept {
            keys.for_each(|key| hashes.push(HashKey::of(key).0));
        }
        Self {
            table: KeyTable::new(keys, |key| lineage.shard(HashKey::of(key)).0),
            hashes,
        }
    }

    /// The shard of `key`, or `None` for a record without a key.
    #[inline]
    pub(super) fn shard(&self, key: u32) -> Option<ShardId> {
        self.table.lane(key).map(ShardId)
    }

    /// The length of `key` `[B]`, or `None` for a record without a key.
    #[inline]
    pub(super) fn length(&self, key: u32) -> Option<u64> {
        self.table.length(key)
    }

    /// The hash of `key`, where hashes are kept, or `None` for a record without a key.
    #[inline]
    pub(super) fn hash(&self, key: u32) -> Option<HashKey> {
        self.hashes.get(key as usize).copied().map(HashKey)
    }

    /// Notes that record `serial` of `key` was stored; true if a later one of the key was before.
    #[inline]
    pub(super) fn store(&mut self, key: u32, serial: u32) -> bool {
        self.table.store(key, serial)
    }

    /// Moves the keys of the closed shards `parents` to where they belong now.
    pub(super) fn rehome(&mut self, parents: &[ShardId], lineage: &Lineage) {
        for (key, hash) in (0..).zip(&self.hashes) {
            let home = self.table.lane(key).map(ShardId);
            if home.is_some_and(|shard| parents.contains(&shard)) {
                self.table.set_lane(key, lineage.shard(HashKey(*hash)).0);
            }
        }
    }
}
