//! Unit tests of the consumer groups' room.

use super::super::ids::{GroupId, MemberId, PartitionId};
use super::super::testing::{Bench, cluster};
use crate::platform::Cx;
use crate::units::Nanos;

#[test]
fn a_member_reads_what_is_committed() {
    let mut bench = cluster("topic = { partitions = 2 }\nproducer = { \"linger.ms\" = 0 }");
    (0..5).for_each(|_| bench.send());
    bench.run(Nanos::from_secs(1));
    assert_eq!(bench.stored(), 5);
    assert_eq!(bench.kafka.brokers.unread(GroupId::new(0)), 0);
}

#[test]
fn a_member_that_is_done_at_once_needs_no_timer_for_an_answer() {
    let mut bench = cluster("topic = { partitions = 1 }\nproducer = { \"linger.ms\" = 0 }");
    for sent in 1..=30 {
        bench.send();
        bench.run(Nanos::from_millis(500));
        let cursor = *bench
            .kafka
            .brokers
            .cursor_of(GroupId::new(0), PartitionId::new(0));
        assert_eq!(
            (cursor.seen, cursor.done, cursor.outstanding),
            (sent, sent, 0)
        );
    }
    let cursor = bench
        .kafka
        .brokers
        .cursor_of(GroupId::new(0), PartitionId::new(0));
    assert!(
        cursor.committed >= 19,
        "it commits every five seconds all the same"
    );
}

#[test]
fn a_member_that_crashes_loses_its_place_when_its_session_is_over() {
    let mut bench =
        cluster("topic = { partitions = 1 }\nconsumer.app = { \"session.timeout.ms\" = 10000 }");
    let (group, member) = (GroupId::new(0), MemberId::new(0));
    let mut cx = Cx {
        queue: &mut bench.queue,
        probe: &mut bench.probe,
    };
    let (_, rooms, mut scope) = bench.kafka.open(&mut cx);
    rooms
        .groups
        .crash_member(group, member, rooms.brokers, &mut scope);
    bench.run(Nanos::from_secs(5));
    let owner = |bench: &Bench| bench.kafka.groups.all[group].owner[PartitionId::new(0)];
    assert_eq!(
        owner(&bench),
        Some(member),
        "nobody knows yet that it is gone"
    );
    bench.run(Nanos::from_secs(10));
    assert_eq!(owner(&bench), None);
}

#[test]
fn a_member_that_comes_back_owns_its_partitions_again() {
    let mut bench =
        cluster("topic = { partitions = 2 }\nconsumer.app = { \"session.timeout.ms\" = 10000 }");
    let (group, member) = (GroupId::new(0), MemberId::new(0));
    let turn = |bench: &mut Bench, up: bool| {
        let mut cx = Cx {
            queue: &mut bench.queue,
            probe: &mut bench.probe,
        };
        let (_, rooms, mut scope) = bench.kafka.open(&mut cx);
        if up {
            rooms.groups.start_member(group, member, &mut scope);
        } else {
            rooms
                .groups
                .crash_member(group, member, rooms.brokers, &mut scope);
        }
    };
    turn(&mut bench, false);
    bench.run(Nanos::from_secs(20));
    turn(&mut bench, true);
    bench.run(Nanos::from_secs(20));
    let owner = &bench.kafka.groups.all[group].owner;
    assert!(
        owner.iter().all(|owner| *owner == Some(member)),
        "{owner:?}"
    );
}

#[test]
#[should_panic(expected = "a partition has one owner in a group")]
fn a_partition_that_a_member_lists_and_nobody_owns_is_noticed() {
    let mut bench = cluster("topic = { partitions = 1 }");
    bench.kafka.groups.all[GroupId::new(0)].owner[PartitionId::new(0)] = None;
    bench.run(Nanos::ZERO);
}
