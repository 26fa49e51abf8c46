//! The shards of a stream over its life: who has which hash key range, who descends from whom.
//!
//! Open shards always tile 0 to 2^128 - 1. A split or merge closes its parents and opens its
//! children; data stays where it was stored. Ids are never used again.
//!
//! # Source
//! API SplitShard, MergeShards, Shard; the guide's chapter on resharding; kinesalite for what the
//! documentation leaves open. Held against `tests/golden/kinesis-reshard.json`.

use super::api::{Answer, ApiError, Refusal};
use super::hash::{HashKey, range, range_start};
use crate::platform::kinesis::ids::{Id, ShardId, Slots};
use crate::units::{Nanos, SimTime};

/// What may be done with a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardState {
    /// Written and read.
    Open,
    /// Read only, until its data expires.
    Closed,
    /// Its data has expired, and ListShards no longer returns it.
    Expired,
}

/// One shard in the graph of parents and children.
#[derive(Clone, Copy, Debug)]
pub struct ShardNode {
    /// First and last hash key.
    pub range: (HashKey, HashKey),
    /// `ParentShardId`.
    pub parent: Option<ShardId>,
    /// `AdjacentParentShardId`, of a merge.
    pub adjacent_parent: Option<ShardId>,
    /// The shards that took over its range.
    pub children: [Option<ShardId>; 2],
    /// Its state.
    pub state: ShardState,
    /// When it was opened.
    pub opened: SimTime,
    /// When it was closed.
    pub closed: Option<SimTime>,
}

impl ShardNode {
    fn new(range: (HashKey, HashKey), parents: [Option<ShardId>; 2], opened: SimTime) -> Self {
        let [parent, adjacent_parent] = parents;
        let (children, state) = ([None; 2], ShardState::Open);
        Self {
            range,
            parent,
            adjacent_parent,
            children,
            state,
            opened,
            closed: None,
        }
    }

    /// Its parents, none for a shard that the stream began with.
    pub fn parents(&self) -> impl Iterator<Item = ShardId> + use<> {
        self.parent.into_iter().chain(self.adjacent_parent)
    }

    /// Whether `key` lies in its range.
    #[must_use]
    pub fn holds(&self, key: HashKey) -> bool {
        self.range.0 <= key && key <= self.range.1
    }

    /// The number of hash keys in its range less one.
    #[must_use]
    pub fn width(&self) -> u128 {
        self.range.1.0 - self.range.0.0
    }

    /// The middle of its range: where an even split cuts.
    #[must_use]
    pub fn middle(&self) -> HashKey {
        HashKey(self.range.0.0 + self.width() / 2 + 1)
    }
}

/// One pairwise change of the open shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A shard is cut in two at a hash key.
    Split {
        /// The shard.
        shard: ShardId,
        /// The first hash key of the upper child.
        at: HashKey,
    },
    /// A shard and its upper neighbour become one.
    Merge {
        /// The lower one.
        lower: ShardId,
        /// The upper one.
        upper: ShardId,
    },
}

impl Change {
    /// The shards that it closes.
    pub fn parents(self) -> impl Iterator<Item = ShardId> {
        match self {
            Self::Split { shard, .. } => [Some(shard), None],
            Self::Merge { lower, upper } => [Some(lower), Some(upper)],
        }
        .into_iter()
        .flatten()
    }
}

/// Top bits of a hash key that the index of open shards is made for.
const INDEX_BITS: u32 = 12;

/// All shards that a stream ever had, and the open ones by range.
#[derive(Clone, Debug)]
pub struct Lineage {
    members: Slots<ShardId, ShardNode>,
    /// The open shards by range: first key and number.
    open: Vec<(u128, ShardId)>,
    /// For each value of the top bits, the place in `open` that holds the first key with them.
    index: Vec<u32>,
}

impl Lineage {
    /// A new stream of equal shards.
    #[must_use]
    pub fn new(shards: u32, now: SimTime) -> Self {
        let member = |index| ShardNode::new(range(index, shards), [None; 2], now);
        let mut lineage = Self {
            members: (0..shards).map(member).collect(),
            open: Vec::new(),
            index: Vec::new(),
        };
        lineage.open = (0..shards)
            .map(|index| (range_start(index, shards).0, ShardId(index)))
            .collect();
        lineage.reindex();
        lineage
    }

    fn reindex(&mut self) {
        let mut place = 0;
        let starts = &self.open;
        let holder = |top: u32| {
            let first = u128::from(top) << (128 - INDEX_BITS);
            while starts
                .get(place + 1)
                .is_some_and(|(start, _)| *start <= first)
            {
                place += 1;
            }
            place as u32
        };
        self.index = (0..1 << INDEX_BITS).map(holder).collect();
    }

    /// All shards, by number.
    #[must_use]
    pub fn members(&self) -> &Slots<ShardId, ShardNode> {
        &self.members
    }

    /// The shard of this number.
    #[must_use]
    pub fn get(&self, shard: ShardId) -> &ShardNode {
        &self.members[shard]
    }

    /// The open shards in the order of their ranges.
    pub fn open(&self) -> impl DoubleEndedIterator<Item = ShardId> + ExactSizeIterator {
        self.open.iter().map(|(_, shard)| *shard)
    }

    /// The open shard whose range holds `key`.
    #[must_use]
    #[inline]
    pub fn shard(&self, key: HashKey) -> ShardId {
        let mut place = self.index[(key.0 >> (128 - INDEX_BITS)) as usize] as usize;
        while self
            .open
            .get(place + 1)
            .is_some_and(|(start, _)| *start <= key.0)
        {
            place += 1;
        }
        self.open[place].1
    }

    /// Checks that the open shards tile the hash key space and that no other shard counts as open.
    ///
    /// # Panics
    /// If they do not: a bug of the model.
    pub fn check(&self) {
        let mut next = Some(0);
        for shard in self.open() {
            let node = self.get(shard);
            assert_eq!(node.state, ShardState::Open, "{shard} is listed as open");
            assert_eq!(
                Some(node.range.0.0),
                next,
                "{shard} begins where its lower neighbour ends"
            );
            next = node.range.1.0.checked_add(1);
        }
        assert_eq!(
            next, None,
            "the open shards reach the end of the hash key space"
        );
        let open = |node: &&ShardNode| node.state == ShardState::Open;
        let counted = self.members.iter().filter(open).count();
        assert_eq!(counted, self.open.len(), "every open shard is listed");
    }

    fn find_open(&self, shard: ShardId) -> Answer<&ShardNode> {
        let member = self
            .members
            .get(shard)
            .filter(|member| member.state != ShardState::Expired);
        let missing = || Refusal::new(ApiError::ResourceNotFound, format!("there is no {}", shard));
        let member = member.ok_or_else(missing)?;
        if member.state == ShardState::Open {
            return Ok(member);
        }
        let why = format!("{} has been split or merged before", shard);
        Err(Refusal::new(ApiError::InvalidArgument, why))
    }

    /// Whether SplitShard would be taken: an open shard, start + 1 < `at` < end.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `InvalidArgumentException`.
    pub fn check_split(&self, shard: ShardId, at: HashKey) -> Answer<Change> {
        let (start, end) = self.find_open(shard)?.range;
        if at.0 > start.0.saturating_add(1) && at < end {
            return Ok(Change::Split { shard, at });
        }
        let why = format!("{} does not lie inside the range of {}", at.0, shard);
        Err(Refusal::new(ApiError::InvalidArgument, why))
    }

    /// Whether MergeShards would be taken: two open shards, the second just above the first.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `InvalidArgumentException`.
    pub fn check_merge(&self, lower: ShardId, upper: ShardId) -> Answer<Change> {
        let (below, above) = (self.find_open(lower)?.range, self.find_open(upper)?.range);
        if below.1.0.checked_add(1) == Some(above.0.0) {
            return Ok(Change::Merge { lower, upper });
        }
        let why = format!("{} is not the upper neighbour of {}", upper, lower);
        Err(Refusal::new(ApiError::InvalidArgument, why))
    }

    /// Makes a change that was checked: the parents close, the children open, the lower one first.
    pub fn apply(&mut self, change: Change, now: SimTime) -> Vec<ShardId> {
        let (parents, ranges) = match change {
            Change::Split { shard, at } => {
                let (start, end) = self.get(shard).range;
                (
                    [Some(shard), None],
                    vec![(start, HashKey(at.0 - 1)), (at, end)],
                )
            }
            Change::Merge { lower, upper } => (
                [Some(lower), Some(upper)],
                vec![(self.get(lower).range.0, self.get(upper).range.1)],
            ),
        };
        let first = self.members.len();
        let born: Vec<ShardId> = (first..first + ranges.len())
            .map(ShardId::from_index)
            .collect();
        for parent in change.parents() {
            let member = &mut self.members[parent];
            (member.state, member.closed) = (ShardState::Closed, Some(now));
            member.children = [born.first().copied(), born.get(1).copied()];
        }
        let place = self
            .open
            .partition_point(|(start, _)| *start < ranges[0].0.0);
        let opened = ranges
            .iter()
            .zip(&born)
            .map(|((start, _), shard)| (start.0, *shard));
        self.open
            .splice(place..place + change.parents().count(), opened);
        for range in ranges {
            self.members.push(ShardNode::new(range, parents, now));
        }
        self.reindex();
        born
    }

    /// Marks a closed shard whose data is gone.
    pub fn expire(&mut self, shard: ShardId) {
        let member = &mut self.members[shard];
        if member.state == ShardState::Closed {
            member.state = ShardState::Expired;
        }
    }

    /// How long a closed shard still has with this retention.
    #[must_use]
    pub fn expires(&self, shard: ShardId, retention: Nanos) -> Option<SimTime> {
        self.get(shard).closed.map(|closed| closed + retention)
    }

    /// The next change on the way to `count` equal shards that touches no busy shard, from left to right: a shard is split
    /// at a final border that lies in it, and merged with its right neighbour if both lie in the same final shard and
    /// neither has a border in it. `None` when nothing is left to start.
    ///
    /// # Source
    /// The shards that an UpdateShardCount from four to three left open, <https://github.com/risingwavelabs/risingwave/issues/9961>.
    #[must_use]
    pub fn step_towards(&self, count: u32, busy: &[ShardId]) -> Option<Change> {
        let free = |shard: &ShardId| !busy.contains(shard);
        let mut open = self.open().peekable();
        while let Some(shard) = open.next() {
            if let Some(change) = self.split_at_border(shard, count) {
                if free(&shard) {
                    return Some(change);
                }
                continue;
            }
            let upper = open.peek().copied()?;
            let same = self.final_shard(shard, count) == self.final_shard(upper, count);
            if same && self.split_at_border(upper, count).is_none() && free(&shard) && free(&upper)
            {
                let lower = shard;
                return Some(Change::Merge { lower, upper });
            }
        }
        None
    }

    /// The split of a shard at one of the borders of `count` equal shards, if one lies in it; the middle one of several keeps
    /// the tree of splits shallow.
    fn split_at_border(&self, shard: ShardId, count: u32) -> Option<Change> {
        let width = u128::MAX / u128::from(count);
        let near = width >> TOLERANCE_BITS;
        let (start, end) = self.get(shard).range;
        let first = (start.0.saturating_add(near) / width + 1).min(u128::from(count));
        let last = (end.0.saturating_sub(near) / width).min(u128::from(count) - 1);
        if first > last {
            return None;
        }
        let at = range_start(((first + last) / 2) as u32, count);
        let inside = at.0 > start.0 + near && at.0 < end.0 - near;
        self.check_split(shard, at).ok().filter(|_| inside)
    }

    /// The number of the one of `count` equal shards in which the middle of a shard lies.
    fn final_shard(&self, shard: ShardId, count: u32) -> u128 {
        let member = self.get(shard);
        let width = u128::MAX / u128::from(count);
        ((member.range.0.0 + member.width() / 2) / width).min(u128::from(count) - 1)
    }
}

/// A border within 2^-24 of a shard's width of where it should be counts as being there.
const TOLERANCE_BITS: u32 = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tiles(lineage: &Lineage) -> bool {
        let mut next = Some(0);
        for shard in lineage.open() {
            let (start, end) = lineage.get(shard).range;
            if Some(start.0) != next || end < start {
                return false;
            }
            next = end.0.checked_add(1);
        }
        next.is_none()
    }

    /// Follows the children of every shard: they must end in open shards that cover its range.
    fn reaches_the_living(lineage: &Lineage, shard: ShardId) -> bool {
        let node = lineage.get(shard);
        let mut children = node.children.iter().flatten().peekable();
        match node.state {
            ShardState::Open => children.peek().is_none(),
            ShardState::Closed | ShardState::Expired => {
                children.peek().is_some()
                    && children.all(|child| reaches_the_living(lineage, *child))
            }
        }
    }

    proptest! {
        /// After any splits and merges the open ranges cover the key space, links name existing shards, and each
        /// key has one open shard.
        #[test]
        fn any_history_keeps_the_family_whole(
            shards in 1_u32..40,
            steps in prop::collection::vec((any::<bool>(), any::<u32>(), any::<u128>()), 0..60),
            keys in prop::collection::vec(any::<u128>(), 8),
        ) {
            let mut lineage = Lineage::new(shards, SimTime::ZERO);
            for (n, (split, pick, at)) in steps.into_iter().enumerate() {
                let open: Vec<ShardId> = lineage.open().collect();
                let place = pick as usize % open.len();
                let change = if split {
                    lineage.check_split(open[place], HashKey(at))
                        .or_else(|_| lineage.check_split(open[place], lineage.get(open[place]).middle()))
                } else {
                    lineage.check_merge(open[place], open[(place + 1) % open.len()])
                };
                let Ok(change) = change else { continue };
                let before = lineage.members().len();
                let born = lineage.apply(change, SimTime(n as u64));
                prop_assert_eq!(born[0].index(), before, "ids go on counting");
                prop_assert!(tiles(&lineage));
            }
            for shard in lineage.members().ids() {
                prop_assert!(reaches_the_living(&lineage, shard));
                for parent in lineage.get(shard).parents() {
                    prop_assert!(lineage.get(parent).children.contains(&Some(shard)));
                }
            }
            for key in keys.into_iter().map(HashKey) {
                let home = lineage.get(lineage.shard(key));
                prop_assert!(home.state == ShardState::Open && home.holds(key));
            }
        }

        /// Uniform scaling ends with exactly that many equal shards, from any start.
        #[test]
        fn uniform_scaling_ends_equal(from in 1_u32..60, to in 1_u32..60, splits in prop::collection::vec(any::<u128>(), 0..6)) {
            let mut lineage = Lineage::new(from, SimTime::ZERO);
            for at in splits.into_iter().map(HashKey) {
                if let Ok(change) = lineage.check_split(lineage.shard(at), at) {
                    lineage.apply(change, SimTime::ZERO);
                }
            }
            let mut steps = 0;
            while let Some(change) = lineage.step_towards(to, &[]) {
                lineage.apply(change, SimTime::ZERO);
                prop_assert!(tiles(&lineage));
                steps += 1;
                prop_assert!(steps < 500, "it never ends");
            }
            prop_assert_eq!(lineage.open().len(), to as usize);
            for shard in lineage.open() {
                let share = lineage.get(shard).width() as f64 * f64::from(to) / u128::MAX as f64;
                prop_assert!((share - 1.0).abs() < 1e-6, "{}", share);
            }
        }
    }

    #[test]
    #[should_panic(expected = "begins where its lower neighbour ends")]
    fn a_gap_in_the_hash_key_space_is_noticed() {
        let mut lineage = Lineage::new(3, SimTime::ZERO);
        lineage.open.remove(1);
        lineage.check();
    }

    #[test]
    fn doubling_takes_one_split_a_shard_and_halving_one_merge_a_pair() {
        let count = |from: u32, to: u32| {
            let mut lineage = Lineage::new(from, SimTime::ZERO);
            let mut steps = 0;
            while let Some(change) = lineage.step_towards(to, &[]) {
                lineage.apply(change, SimTime::ZERO);
                steps += 1;
            }
            steps
        };
        assert_eq!(
            (count(10, 20), count(20, 10), count(7, 7), count(4, 5)),
            (10, 10, 0, 7)
        );
        assert_eq!(
            Lineage::new(4, SimTime::ZERO).shard(HashKey::of("ORDER-1001")),
            ShardId(3)
        );
    }
}
