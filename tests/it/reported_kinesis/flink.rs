//! A Flink job as a reader, by the code of its connectors.

use super::count;
use crate::support::{ScenarioBuilder, figure, happened};
use proptest::prelude::*;

/// A job with two subtasks on four shards; `more` settings of its reader.
fn job(more: &str) -> ScenarioBuilder {
    ScenarioBuilder::lasting("4 min")
        .workload("arrivals.constant = \"200 records/s\"\nkeys.uniform.count = 400\nsizes.constant = \"200 B\"\nproducer-of = \"key\"")
        .consumer("job", "workers = 2\nprocessing.per-record = \"2 ms\"")
        .system(
            "kinesis",
            &format!("ShardCount = 4\nmodel.watch-order = true\nconsumer.job = {{ InitialPositionInStream = \"TRIM_HORIZON\", {more} }}"),
        )
}

/// The old connector calls every 200 ms, which is all that a shard answers. The new one asks again at once after an answer with
/// records, and is refused. `ConsumerConfigConstants` and `KinesisShardSplitReaderBase.scheduleNextFetchTime`.
#[test]
fn connectors_call_at_their_own_pace() {
    let refused = |more: &str| figure(&job(more).run_only(), "read_throttled");
    let old = refused("library = \"FlinkKinesisConsumer\"");
    let slow =
        refused("library = \"FlinkKinesisConsumer\", SHARD_GETRECORDS_INTERVAL_MILLIS = 100");
    let new = refused("library = \"KinesisStreamsSource\"");
    assert!(old < 50.0, "five calls a second: {old}");
    assert!(slow > 500.0, "ten calls a second: {slow}");
    assert!(new > 500.0, "as many as there are answers: {new}");
}

/// A subtask that fails takes the whole job back to the last snapshot: what both have done since then is done again.
#[test]
fn a_failed_subtask_takes_the_job_back_to_its_snapshot() {
    let failing = |more: &str| {
        let crash = "lasts = \"10 s\"\naction.worker-crash = { consumer = \"job\", worker = 1 }";
        job(more).step(150, crash).run_only()
    };
    for way in ["", "mode = \"enhanced-fan-out\", "] {
        let run = failing(&format!("{way}library = \"KinesisStreamsSource\""));
        assert_eq!(happened(&run, "job restarts"), 1);
        let again = figure(&run, "redelivered");
        assert!(
            (5_500.0..=6_100.0).contains(&again),
            "{way}30 s of 200/s since the snapshot at 120 s: {again}"
        );
        assert_eq!(
            count(&run, "stored"),
            count(&run, "delivered") + count(&run, "unread")
        );
        let often = failing(&format!(
            "{way}library = \"KinesisStreamsSource\", checkpoint-interval = \"5 s\""
        ));
        assert!(figure(&often, "redelivered") < 1_100.0);
    }
}

/// The old connector reads children at once, the new one after their parents: order by key is lost with the old one only.
#[test]
fn only_the_new_connector_keeps_the_order_over_a_split() {
    let disorder = |connector: &str| {
        let split = "[[system.kinesis.kinesis.call]]\nat = \"60 s\"\nSplitShard = { ShardToSplit = \"shardId-000000000000\" }";
        let late = "starts-at = \"110 s\", ";
        let run = job(&format!("{late}library = \"{connector}\""))
            .rest(split)
            .run_only();
        run.out_of_order.as_ref().expect("watched")[0]
    };
    assert!(disorder("FlinkKinesisConsumer") > 0);
    assert_eq!(disorder("KinesisStreamsSource"), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    /// Whenever subtasks fail and shards are split: no record is lost, and the new connector keeps the order of every key.
    #[test]
    fn a_job_loses_nothing(
        seed in 0_u64..1000,
        old in any::<bool>(),
        fan_out in any::<bool>(),
        interval in prop_oneof![Just(1_u64), Just(20), Just(90)],
        first in 30_u32..120,
        lasts in 1_u64..40,
        split in 30_u64..120,
        late in prop_oneof![Just(0_u64), Just(40)],
    ) {
        let connector = if old { "FlinkKinesisConsumer" } else { "KinesisStreamsSource" };
        let mode = if fan_out { "enhanced-fan-out" } else { "polling" };
        let crash = |worker: u64| format!("lasts = \"{lasts} s\"\naction.worker-crash = {{ consumer = \"job\", worker = {worker} }}");
        let run = job(&format!("library = \"{connector}\", mode = \"{mode}\", checkpoint-interval = \"{interval} s\", starts-at = \"{late} s\""))
            .seed(seed)
            .step(first, &crash(1))
            .step(first + 20, &crash(2))
            .rest(&format!("[[system.kinesis.kinesis.call]]\nat = \"{split} s\"\nSplitShard = {{ ShardToSplit = \"shardId-000000000001\" }}"))
            .run_only();
        prop_assert_eq!(count(&run, "discarded") + count(&run, "expired") + count(&run, "skipped"), 0);
        prop_assert_eq!(count(&run, "delivered") + count(&run, "unread"), count(&run, "stored"));
        prop_assert!(count(&run, "unread") < 6_000, "the job goes on: {}", count(&run, "unread"));
        if !old {
            prop_assert_eq!(run.out_of_order.as_ref().expect("watched")[0], 0);
        }
    }
}
