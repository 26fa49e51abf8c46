//! The stream in motion.

use crate::platform::kinesis::ids::ShardId;
use crate::platform::kinesis::small::Small;
use crate::platform::kinesis::stream::Shard;
use crate::platform::kinesis::stream::control::Status;

/// Records that a shard has stored so far.
fn stored(small: &mut Small, shard: u32) -> u64 {
    small.model().stream.shards[ShardId(shard)].log.end()
}

#[test]
fn a_shard_takes_a_thousand_records_at_once_and_refuses_the_rest() {
    let mut small = Small::new("ShardCount = 1\nproducer.max-attempts = 1", "");
    small.offer(0, 1_500);
    small.run_to(500);
    let taken = stored(&mut small, 0);
    assert!((1_000..1_100).contains(&taken), "{taken} records");
}

#[test]
fn a_split_closes_its_parent_and_its_children_take_over() {
    let call = "[[system.kds.kinesis.call]]\nat = \"1 s\"\nSplitShard.ShardToSplit = \"shardId-000000000000\"";
    let mut small = Small::new(&format!("ShardCount = 1\n{call}"), "");
    small.offer(0, 10);
    small.run_to(1_100);
    assert_eq!(small.model().stream.control.status, Status::Updating);
    small.run_to(50_000);
    let stream = &small.model().stream;
    assert_eq!(stream.control.status, Status::Active);
    assert_eq!((stream.shard_count(), stream.control.open()), (3, 2));
    small.offer(50_000, 10);
    small.run_to(52_000);
    let kept = [0, 1, 2].map(|shard| stored(&mut small, shard));
    assert_eq!((kept[0], kept[1] + kept[2]), (10, 10));
}

#[test]
fn a_slow_network_multiplies_the_time_to_an_answer_as_long_as_it_lasts() {
    let fault = "[[system.kds.kinesis.fault]]\nat = \"1 s\"\nlasts = \"2 s\"\nslow-network = 8";
    let mut small = Small::new(&format!("ShardCount = 1\n{fault}"), "");
    let usual = crate::units::Nanos(5_000_000);
    let mut at = |ms| {
        small.run_to(ms);
        small.model().stream.put_latency(usual).0 / 5_000_000
    };
    assert_eq!([at(500), at(1_500), at(2_900), at(3_100)], [1, 8, 8, 1]);
}

#[test]
#[should_panic(expected = "every shard has limits and a log")]
fn a_shard_that_the_control_plane_does_not_know_is_noticed() {
    let mut small = Small::new("ShardCount = 2", "");
    small.run_to(100);
    let stream = &mut small.model().stream;
    let shard = Shard::new(&stream.service);
    stream.shards.push(shard);
    small.run_to(200);
}
