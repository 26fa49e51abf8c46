//! Splits and merges that cool the hot ranges of a stream: which shards are cut, at which hash keys, and which
//! neighbours become one again. A rule without state: whoever knows what each hash key gets asks it.
//!
//! A hot shard is cut into the fewest parts that stay below the aim, and the borders lie where the hottest part is
//! coolest. Between two keys any border does; it lies in the middle, so that it names no key.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, SplitShard and MergeShards.

use super::hash::{HashKey, range};
use super::ids::ShardId;
use super::lineage::{Change, Lineage};
use crate::units::SimTime;
use std::ops::AddAssign;

/// What is written in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Records `[records/s]`.
    pub records: f64,
    /// Data with keys `[B/s]`.
    pub bytes: f64,
}

impl AddAssign for Rate {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.bytes += other.bytes;
    }
}

/// What one hash key gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HashLoad {
    /// The hash key.
    pub hash: HashKey,
    /// What it gets.
    pub rate: Rate,
}

/// What one shard takes in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShardRoom {
    /// Records, or infinity where many of them go into one `[records/s]`.
    pub records: f64,
    /// Data that are written `[B/s]`.
    pub write_bytes: f64,
    /// Data that are written and that all readers together can read `[B/s]`.
    pub read_bytes: f64,
}

impl ShardRoom {
    /// What a rate uses of a shard: 1 fills it.
    #[must_use]
    pub fn share(&self, rate: Rate) -> f64 {
        let bytes = self.write_bytes.min(self.read_bytes);
        (rate.records / self.records).max(rate.bytes / bytes)
    }
}

/// The load of a stream by hash key.
#[derive(Clone, Debug)]
pub struct Heat {
    loads: Vec<HashLoad>,
    room: ShardRoom,
}

/// A plan of splits and merges.
#[derive(Clone, Debug)]
pub struct Relief {
    /// The calls, in order.
    pub changes: Vec<Change>,
    /// The shards after them.
    pub lineage: Lineage,
}

impl Heat {
    /// The heat of these hash keys.
    #[must_use]
    pub fn new(mut loads: Vec<HashLoad>, room: ShardRoom) -> Self {
        loads.sort_by_key(|load| load.hash);
        Self { loads, room }
    }

    /// What the whole load uses, in shards.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.share_of(&self.loads)
    }

    /// What the hottest hash key uses of a shard.
    #[must_use]
    pub fn hottest_key(&self) -> f64 {
        let each = self.loads.iter().map(|load| self.room.share(load.rate));
        each.fold(0.0, f64::max)
    }

    /// What each open shard uses, in the order of their ranges.
    #[must_use]
    pub fn shares(&self, lineage: &Lineage) -> Vec<f64> {
        let share = |shard| self.share_of(self.within(lineage.get(shard).range));
        lineage.open().map(share).collect()
    }

    /// What the hottest open shard uses.
    #[must_use]
    pub fn hottest(&self, lineage: &Lineage) -> f64 {
        self.shares(lineage).into_iter().fold(0.0, f64::max)
    }

    /// What the hottest of so many equal shards uses.
    #[must_use]
    pub fn hottest_of_equal(&self, shards: u32) -> f64 {
        let share = |index| self.share_of(self.within(range(index, shards)));
        (0..shards).map(share).fold(0.0, f64::max)
    }

    /// The fewest equal shards, from this number on, of which none uses more than `aim`.
    #[must_use]
    pub fn equal_shards(&self, aim: f64, from: u32, most: u32) -> Option<u32> {
        let least = libm::ceil(self.total() / aim).clamp(1.0, f64::from(most));
        let mut shards = from.max(least as u32);
        while shards <= most {
            if self.hottest_of_equal(shards) <= aim {
                return Some(shards);
            }
            // Far from the beginning one shard more or less does not matter.
            shards += 1 + shards / 64;
        }
        None
    }

    /// Splits the shards that use more than `aim`, the hottest first; then merges the coldest neighbours, until the
    /// stream has no more shards than before or no two neighbours have room for each other.
    #[must_use]
    pub fn relieve(&self, aim: f64, shards: u32) -> Relief {
        let mut relief = Relief {
            changes: Vec::new(),
            lineage: Lineage::new(shards, SimTime::ZERO),
        };
        let before: Vec<ShardId> = relief.lineage.open().collect();
        let mut hot: Vec<(f64, ShardId)> = self
            .shares(&relief.lineage)
            .into_iter()
            .zip(before)
            .collect();
        hot.retain(|(share, _)| *share > aim);
        hot.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, shard) in hot {
            for at in self.borders(relief.lineage.get(shard).range, aim) {
                let holder = relief.lineage.shard(at);
                if let Ok(split) = relief.lineage.check_split(holder, at) {
                    relief.make(split);
                }
            }
        }
        while relief.lineage.open().len() > shards as usize {
            let Some(merge) = self.coldest_pair(&relief.lineage, aim) else {
                break;
            };
            relief.make(merge);
        }
        relief
    }

    /// The two neighbours that use least together, if that is no more than `aim`.
    fn coldest_pair(&self, lineage: &Lineage, aim: f64) -> Option<Change> {
        let open: Vec<ShardId> = lineage.open().collect();
        let both = |pair: &[ShardId]| {
            let whole = (lineage.get(pair[0]).range.0, lineage.get(pair[1]).range.1);
            (self.share_of(self.within(whole)), pair[0], pair[1])
        };
        let pairs = open.windows(2).map(both);
        let coldest = pairs.min_by(|a, b| a.0.total_cmp(&b.0));
        let (_, lower, upper) = coldest.filter(|(share, _, _)| *share <= aim)?;
        lineage.check_merge(lower, upper).ok()
    }

    /// The borders that cut a range into the fewest parts below `aim`, placed so that the hottest part is coolest.
    fn borders(&self, range: (HashKey, HashKey), aim: f64) -> Vec<HashKey> {
        let loads = self.within(range);
        let parts = self.cut(loads, aim).len();
        let (mut low, mut high) = (0.0, aim);
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if self.cut(loads, middle).len() <= parts {
                high = middle;
            } else {
                low = middle;
            }
        }
        let cuts = self.cut(loads, high).into_iter();
        let border = |place: usize| {
            let (below, above) = (loads[place - 1].hash.0, loads[place].hash.0);
            HashKey(above - (above - below) / 2)
        };
        cuts.map(border).collect()
    }

    /// The places before which loads in the order of their hash keys are cut, so that no part uses more than `aim`
    /// unless it is one key alone.
    fn cut(&self, loads: &[HashLoad], aim: f64) -> Vec<usize> {
        let (mut cuts, mut part) = (Vec::new(), Rate::default());
        for (place, load) in loads.iter().enumerate() {
            let mut with = part;
            with += load.rate;
            if part != Rate::default() && self.room.share(with) > aim {
                cuts.push(place);
                with = load.rate;
            }
            part = with;
        }
        cuts
    }

    fn share_of(&self, loads: &[HashLoad]) -> f64 {
        let mut sum = Rate::default();
        for load in loads {
            sum += load.rate;
        }
        self.room.share(sum)
    }

    /// The loads within an inclusive range.
    fn within(&self, range: (HashKey, HashKey)) -> &[HashLoad] {
        let (first, last) = range;
        let from = self.loads.partition_point(|load| load.hash < first);
        let to = self.loads.partition_point(|load| load.hash <= last);
        &self.loads[from..to]
    }
}

impl Relief {
    fn make(&mut self, change: Change) {
        self.lineage.apply(change, SimTime::ZERO);
        self.changes.push(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: ShardRoom = ShardRoom {
        records: 1000.0,
        write_bytes: 1_048_576.0,
        read_bytes: f64::INFINITY,
    };

    fn heat(loads: &[(u128, f64)]) -> Heat {
        let load = |(hash, records): &(u128, f64)| HashLoad {
            hash: HashKey(*hash),
            rate: Rate {
                records: *records,
                bytes: 0.0,
            },
        };
        Heat::new(loads.iter().map(load).collect(), ROOM)
    }

    #[test]
    fn a_hot_shard_is_cut_where_its_halves_are_alike() {
        // One shard of two has four keys of 400 records/s, the other one key of 100.
        let quarter = u128::MAX / 16;
        let keys = [(1, 400.0), (2, 400.0), (3, 400.0), (4, 400.0), (12, 100.0)];
        let keys = keys.map(|(place, records)| (place * quarter, records));
        let heat = heat(&keys);
        let relief = heat.relieve(0.8, 2);
        let Some(Change::Split { shard, at }) = relief.changes.first().copied() else {
            panic!("{:?}", relief.changes);
        };
        assert_eq!(shard, ShardId(0));
        assert!(at.0 > 2 * quarter && at.0 <= 3 * quarter);
        assert_eq!(heat.shares(&relief.lineage), [0.8, 0.8, 0.1]);
        assert_eq!(
            relief.changes.len(),
            1,
            "no neighbours have room for each other"
        );
    }

    #[test]
    fn cold_neighbours_give_back_what_the_splits_cost() {
        let part = u128::MAX / 8;
        let keys = [(0, 500.0), (1, 500.0), (3, 50.0), (5, 60.0), (7, 400.0)];
        let heat = heat(&keys.map(|(place, records)| (place * part + 9, records)));
        let relief = heat.relieve(0.8, 4);
        assert_eq!(relief.lineage.open().len(), 4);
        assert!(matches!(
            relief.changes[..],
            [Change::Split { .. }, Change::Merge { .. }]
        ));
        assert!(heat.hottest(&relief.lineage) <= 0.5);
        assert_eq!(heat.equal_shards(0.8, 4, 100), Some(8));
    }

    proptest! {
        /// Whatever the load: the calls are valid one after the other, a shard is above the aim only with one key,
        /// and the shards are no more than the parts that the keys need.
        #[test]
        fn no_shard_with_two_keys_stays_hot(
            keys in prop::collection::vec((any::<u128>(), 1.0_f64..600.0), 1..80),
            shards in 1_u32..12,
        ) {
            let heat = heat(&keys);
            let relief = heat.relieve(0.8, shards);
            let mut lineage = Lineage::new(shards, SimTime::ZERO);
            for change in &relief.changes {
                let valid = match *change {
                    Change::Split { shard, at } => lineage.check_split(shard, at),
                    Change::Merge { lower, upper } => lineage.check_merge(lower, upper),
                };
                prop_assert!(valid.is_ok());
                lineage.apply(*change, SimTime::ZERO);
            }
            lineage.check();
            prop_assert!(heat.hottest(&lineage) <= 0.8 + 1e-9);
            let sum: f64 = heat.shares(&lineage).iter().sum();
            prop_assert!((sum - heat.total()).abs() < 1e-6);
        }
    }
}
