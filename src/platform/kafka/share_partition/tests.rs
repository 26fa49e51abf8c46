//! What the rules of a share-partition must keep, whatever members do.

use super::{SharePartition, ShareRules, ShareState};
use crate::platform::Chunk;
use crate::platform::kafka::ids::MemberId;
use crate::units::{Nanos, SimTime};
use proptest::prelude::*;
use std::collections::BTreeMap;

const RULES: ShareRules = ShareRules {
    lock: Nanos::from_secs(30),
    deliveries: 3,
    locks: 40,
};

/// What a member does, or what happens to the partition.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A member acquires up to so many records.
    Acquire(u32, u64),
    /// A member acknowledges the oldest range that it holds.
    Acknowledge(u32),
    /// A member's connection is closed.
    Release(u32),
    /// So many seconds pass.
    Wait(u64),
    /// So many records are appended.
    Append(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4_u32, 1..25_u64).prop_map(|(member, most)| Step::Acquire(member, most)),
        3 => (0..4_u32).prop_map(Step::Acknowledge),
        1 => (0..4_u32).prop_map(Step::Release),
        2 => (1..40_u64).prop_map(Step::Wait),
        2 => (1..30_u64).prop_map(Step::Append),
    ];
    prop::collection::vec(step, 0..120)
}

/// A partition with the ranges that each member believes to hold, and the fate of each record.
#[derive(Default)]
struct World {
    partition: SharePartition,
    now: SimTime,
    end: u64,
    held: BTreeMap<u32, Vec<(Chunk, SimTime)>>,
    /// Records acknowledged, by how often.
    acknowledged: BTreeMap<u64, u32>,
    given_up: BTreeMap<u64, u32>,
}

impl World {
    fn acquire(&mut self, member: u32, most: u64) -> Result<(), TestCaseError> {
        let (own, ends) = (MemberId::new(member), self.now + RULES.lock);
        let mut given = Vec::new();
        let again = self.partition.acquire_again(own, most, ends, &mut given);
        let room = self.partition.room(&RULES).min(most - again);
        let to = self.end.min(self.partition.frontier() + room);
        given.push(self.partition.acquire_new(own, to, ends));
        let until = self.now + RULES.lock;
        for chunk in given.into_iter().filter(|chunk| chunk.count > 0) {
            for offset in chunk.first..chunk.first + chunk.count {
                let others = self.held.values().flatten();
                let twice = others.into_iter().any(|(other, until)| {
                    (other.first..other.first + other.count).contains(&offset) && *until > self.now
                });
                prop_assert!(!twice, "offset {offset} has two holders");
                prop_assert!(!self.acknowledged.contains_key(&offset));
                let (_, deliveries, _) = self.partition.at(offset).expect("in flight");
                prop_assert!(deliveries <= RULES.deliveries, "{deliveries} deliveries");
            }
            self.held.entry(member).or_default().push((chunk, until));
        }
        Ok(())
    }

    fn acknowledge(&mut self, member: u32) -> Result<(), TestCaseError> {
        let ranges = self.held.entry(member).or_default();
        if ranges.is_empty() {
            return Ok(());
        }
        let (chunk, until) = ranges.remove(0);
        let heard = self.partition.acknowledge(MemberId::new(member), chunk);
        prop_assert!(heard || until <= self.now, "who holds records is heard");
        if heard {
            for offset in chunk.first..chunk.first + chunk.count {
                *self.acknowledged.entry(offset).or_default() += 1;
            }
            self.partition.book(chunk);
        }
        Ok(())
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Nanos::from_secs(seconds);
        let given_up = &mut self.given_up;
        self.partition.expire(self.now, &RULES, |offset| {
            *given_up.entry(offset).or_default() += 1;
        });
        // A member that comes back later finds its old ranges in its memory; it is a new member then.
        for ranges in self.held.values_mut() {
            ranges.retain(|(_, until)| *until > self.now);
        }
    }

    fn release(&mut self, member: u32) {
        self.partition.release(Some(MemberId::new(member)));
        self.held.remove(&member);
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Acquire(member, most) => self.acquire(member, most)?,
            Step::Acknowledge(member) => self.acknowledge(member)?,
            Step::Release(member) => self.release(member),
            Step::Wait(seconds) => self.wait(seconds),
            Step::Append(records) => self.end += records,
        }
        let open = self.partition.open().count() as u64;
        let closed = (self.acknowledged.len() + self.given_up.len()) as u64;
        prop_assert_eq!(
            open + closed,
            self.partition.frontier(),
            "each record has one fate"
        );
        prop_assert!(self.partition.frontier() - self.partition.start() <= RULES.locks);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Members acquire, acknowledge, vanish and are late in any order: no record is lost, none has two holders at a time,
    /// none is delivered more often than the limit, and in the end each has been acknowledged or given up once.
    #[test]
    fn no_record_is_lost_none_has_two_holders_none_exceeds_the_limit(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            world.step(step)?;
        }
        // Everybody goes, and one member drains the partition.
        world.wait(31);
        for _ in 0..10_000 {
            if world.partition.start() == world.end {
                break;
            }
            world.step(Step::Acquire(9, 7))?;
            while world.held.get(&9).is_some_and(|held| !held.is_empty()) {
                world.step(Step::Acknowledge(9))?;
            }
        }
        prop_assert_eq!(world.partition.start(), world.end, "nothing stays in flight");
        for offset in 0..world.end {
            let ends = world.acknowledged.get(&offset).unwrap_or(&0) + world.given_up.get(&offset).unwrap_or(&0);
            prop_assert_eq!(ends, 1, "offset {} ends once", offset);
        }
    }
}

fn member(number: u32) -> MemberId {
    MemberId::new(number)
}

/// `SharePartition.acquireNewBatchRecords`, `releaseAcquisitionLockOnTimeout`: a lock that runs out makes records available
/// again until they have been delivered as often as allowed.
#[test]
fn a_record_comes_back_until_its_deliveries_are_used_up() {
    let mut partition = SharePartition::new(5);
    let (mut given, mut gone) = (Vec::new(), Vec::new());
    let ends = |round: u64| SimTime::ZERO + Nanos::from_secs(30 * round);
    partition.acquire_new(member(0), 8, ends(1));
    for round in 1..=RULES.deliveries.into() {
        let expired = partition.expire(ends(round), &RULES, |offset| gone.push(offset));
        let last = round == u64::from(RULES.deliveries);
        assert_eq!(
            (expired.released, expired.archived),
            if last { (0, 3) } else { (3, 0) }
        );
        given.clear();
        let again = partition.acquire_again(member(1), 9, ends(round + 1), &mut given);
        assert_eq!(again, if last { 0 } else { 3 });
    }
    assert_eq!((gone, partition.start()), (vec![5, 6, 7], 8));
}

/// `SharePartition.acknowledge`: whoever no longer holds a record is not heard; the start offset waits for the oldest one.
#[test]
fn a_late_acknowledgement_is_refused_and_the_start_waits_for_the_oldest() {
    let mut partition = SharePartition::new(0);
    let (soon, late) = (SimTime(10), SimTime(20));
    let first = partition.acquire_new(member(0), 4, soon);
    let second = partition.acquire_new(member(1), 6, late);
    assert!(partition.acknowledge(member(1), second));
    assert_eq!((partition.start(), partition.frontier()), (0, 6));
    partition.expire(soon, &RULES, |_| unreachable!("one delivery only"));
    let mut given = Vec::new();
    assert_eq!(partition.acquire_again(member(1), 3, late, &mut given), 3);
    assert!(!partition.acknowledge(member(0), first), "its lock ran out");
    assert!(partition.acknowledge(member(1), given[0]));
    assert_eq!(partition.start(), 3);
    assert_eq!(partition.at(3), Some((ShareState::Available, 1, member(0))));
}

/// KAFKA-17541: what a closed session releases does not count as delivered.
#[test]
fn a_closed_connection_takes_the_delivery_back() {
    let mut partition = SharePartition::new(0);
    partition.acquire_new(member(0), 2, SimTime(10));
    assert_eq!(partition.release(Some(member(1))), 0, "it holds nothing");
    assert_eq!(partition.release(Some(member(0))), 2);
    assert_eq!(partition.at(0), Some((ShareState::Available, 0, member(0))));
    let expired = partition.expire(SimTime(10), &RULES, |_| unreachable!("nobody holds it"));
    assert_eq!((expired.released, partition.offers(0, &RULES)), (0, true));
}

/// `SharePartition.updateCacheAndOffsets`: available records before the log's start are archived, held ones when their
/// lock ends.
#[test]
fn deleted_records_are_archived_and_held_ones_later() {
    let mut partition = SharePartition::new(0);
    partition.acquire_new(member(0), 3, SimTime(10));
    partition.acquire_new(member(1), 6, SimTime(20));
    partition.release(Some(member(0)));
    let mut gone = Vec::new();
    partition.delete_before(5, |offset| gone.push(offset));
    assert_eq!(
        (gone.as_slice(), partition.start()),
        ([0, 1, 2].as_slice(), 3)
    );
    partition.expire(SimTime(20), &RULES, |offset| gone.push(offset));
    assert_eq!(gone, [0, 1, 2, 3, 4], "offset 5 is still in the log");
    partition.delete_before(100, |offset| gone.push(offset));
    assert_eq!(
        (gone.last(), partition.start(), partition.frontier()),
        (Some(&5), 100, 100)
    );
}

#[test]
fn a_cut_takes_records_in_flight_away() {
    let mut partition = SharePartition::new(0);
    let chunk = partition.acquire_new(member(0), 6, SimTime(10));
    partition.book(Chunk {
        first: 3,
        count: 2,
        ..chunk
    });
    let mut booked = Vec::new();
    partition.truncate(4, |offset| booked.push(offset));
    assert_eq!((booked, partition.frontier()), (vec![4], 4));
    assert_eq!(
        partition.next_fresh(chunk, 0).map(|fresh| fresh.count),
        Some(3)
    );
    partition.truncate(0, |_| {});
    assert_eq!((partition.start(), partition.frontier()), (0, 0));
}
