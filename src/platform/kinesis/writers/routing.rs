//! Where a record goes: its partition key, the key's length and hash, and `ExplicitHashKey`.

use super::keys::Keys;
use crate::engine::Stream as Random;
use crate::platform::Setup;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::hash::HashKey;
use crate::platform::kinesis::{Config, ExplicitHash, Library};
use crate::workload::{Action, Record};

/// How producers choose the hash key of a record.
#[derive(Clone, Debug)]
pub(super) struct Routing {
    /// What is known of each partition key.
    keys: Keys,
    /// `ExplicitHashKey` of every record.
    explicit: ExplicitHash,
    /// The shard of the fixed hash key, if there is one.
    fixed_shard: ShardId,
    /// The length of the random partition key of a record that has none `[B]`.
    keyless_bytes: u64,
    /// Random hash keys of records without a fixed place.
    hashes: Random,
}

impl Routing {
    /// The routing of a scenario with the shards at the beginning of the run.
    pub(super) fn new(config: &Config, setup: &Setup<'_>, stream: &Stream) -> Self {
        let steps = &setup.workload.timeline.steps;
        let scales = steps
            .iter()
            .any(|(_, action)| matches!(action, Action::ScaleTo(_)));
        let kpl = matches!(config.producer.library, Library::Kpl(_));
        let kept = config.reshards() || scales || kpl;
        let mut routing = Self {
            keys: Keys::new(&setup.workload.keys, stream.lineage(), kept),
            explicit: config.producer.explicit_hash,
            fixed_shard: ShardId(0),
            keyless_bytes: config.producer.keyless_bytes,
            hashes: Random::new(setup.seed, setup.replication, "kinesis/keyless-hash"),
        };
        routing.refresh_fixed(stream);
        routing
    }

    fn refresh_fixed(&mut self, stream: &Stream) {
        if let ExplicitHash::Fixed(key) = self.explicit {
            self.fixed_shard = stream.shard_for(HashKey(key));
        }
    }

    /// The shards `parents` were closed: their keys now belong to their children.
    pub(super) fn reshard(&mut self, parents: &[ShardId], stream: &Stream) {
        self.keys.rehome(parents, stream.lineage());
        self.refresh_fixed(stream);
    }

    /// What the producer gives as `ExplicitHashKey`.
    pub(super) fn explicit(&self) -> ExplicitHash {
        self.explicit
    }

    /// Whether all records of a key go to one shard at a time, so that their order can be told.
    #[inline]
    pub(super) fn keeps_order(&self) -> bool {
        self.explicit != ExplicitHash::Uniform
    }

    /// The length of the partition key that is sent for `key` `[B]`.
    #[inline]
    pub(super) fn key_bytes(&self, key: u32) -> u64 {
        self.keys.length(key).unwrap_or(self.keyless_bytes)
    }

    /// The hash key that a record without a fixed place is sent to.
    #[inline]
    fn random_hash(&self, record: &Record) -> HashKey {
        let draw = |n: u64| u128::from(self.hashes.draw(n));
        let n = 2 * u64::from(record.serial);
        HashKey((draw(n) << 64) | draw(n + 1))
    }

    /// The hash key that a record is sent to; needs the hashes of the keys.
    pub(super) fn hash_of(&self, record: &Record) -> HashKey {
        match self.explicit {
            ExplicitHash::Fixed(key) => HashKey(key),
            ExplicitHash::None => self
                .keys
                .hash(record.key)
                .unwrap_or_else(|| self.random_hash(record)),
            ExplicitHash::Uniform => self.random_hash(record),
        }
    }

    /// The open shard that takes a record now.
    #[inline(always)]
    pub(super) fn route(&self, record: &Record, stream: &Stream) -> ShardId {
        match (self.explicit, self.keys.shard(record.key)) {
            (ExplicitHash::None, Some(shard)) => shard,
            (ExplicitHash::Fixed(_), _) => self.fixed_shard,
            (ExplicitHash::None | ExplicitHash::Uniform, _) => {
                stream.shard_for(self.random_hash(record))
            }
        }
    }

    /// Notes that a record was stored; true if a later one of its key was stored before.
    #[inline]
    pub(super) fn store(&mut self, record: &Record) -> bool {
        self.keys.store(record.key, record.serial)
    }
}
