//! Unit tests of the brokers' room.

use super::super::ids::{BrokerId, PartitionId};
use super::super::testing::cluster;
use crate::units::Nanos;

#[test]
fn a_batch_is_committed_once_its_followers_have_fetched_again() {
    let mut bench = cluster("topic = { partitions = 1 }\nproducer = { \"linger.ms\" = 0 }");
    bench.send();
    bench.run(Nanos::from_millis(100));
    let partition = &bench.kafka.brokers.partitions[PartitionId::new(0)];
    assert_eq!(
        (partition.end.offset, partition.high_watermark.offset),
        (1, 1)
    );
    assert!(partition.replicas.iter().all(|replica| replica.in_sync));
    assert!(
        partition.waiting.all().next().is_none(),
        "nothing waits in purgatory"
    );
}

#[test]
fn without_followers_a_batch_is_stored_and_not_committed() {
    let mut bench = cluster("topic = { partitions = 1 }\nproducer = { \"linger.ms\" = 0 }");
    let leader = bench.kafka.brokers.leader(PartitionId::new(0));
    for broker in (0..3)
        .map(BrokerId::new)
        .filter(|broker| Some(*broker) != leader)
    {
        bench.kafka.brokers.hang_fetchers(broker, true);
        bench
            .kafka
            .brokers
            .break_fetchers(|_, follower| follower == broker);
    }
    bench.send();
    bench.run(Nanos::from_secs(1));
    let partition = &bench.kafka.brokers.partitions[PartitionId::new(0)];
    assert_eq!(
        (partition.end.offset, partition.high_watermark.offset),
        (1, 0)
    );
    assert_eq!(
        partition.waiting.all().count(),
        1,
        "acks=all waits for the followers"
    );
}

#[test]
fn each_fetcher_copies_partitions_of_its_own() {
    let bench = cluster("num.replica.fetchers = 2\ntopic = { partitions = 12 }");
    let brokers = &bench.kafka.brokers;
    let [leader, follower] = [0, 1].map(BrokerId::new);
    let fetcher = |at| brokers.fetcher_of(leader, follower, PartitionId::new(at));
    assert_eq!((fetcher(0), fetcher(1)), (fetcher(2), fetcher(3)));
    assert_ne!(fetcher(0), fetcher(1));
    for at in [0, 1] {
        assert_eq!(brokers.pair(fetcher(at)), (leader, follower));
    }
}

#[test]
#[should_panic(expected = "the high watermark is at or below the log's end")]
fn a_high_watermark_behind_the_log_is_noticed() {
    let mut bench = cluster("topic = { partitions = 1 }");
    bench.kafka.brokers.partitions[PartitionId::new(0)]
        .high_watermark
        .offset = 7;
    bench.run(Nanos::ZERO);
}
