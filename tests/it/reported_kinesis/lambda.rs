//! Lambda's event source mapping.

use super::{count, reported, reported_with};
use crate::support::{ScenarioBuilder, figure, happened};
use proptest::prelude::*;
use streamduel::probe::{RunResult, gauges};

/// The largest iterator age that was shown `[s]`.
fn age_max(run: &RunResult) -> f64 {
    let gauges = run.points.iter().flat_map(|point| &point.gauges);
    let ages = gauges.filter(|gauge| gauge.metric == gauges::ITERATOR_AGE.metric);
    ages.map(|gauge| gauge.value / 1000.0).fold(0.0, f64::max)
}

/// fail-01: records of one key are never in two batches at once. AWS Lambda Developer Guide: order is kept at the level of
/// the partition key; so one key is as slow with a factor of 10 as with 1.
#[test]
fn parallel_batches_help_many_keys_and_not_one() {
    let runs = reported("fail-01-parallel-batches-ignore-keys");
    let [one, ten] = ["factor-1", "factor-10"].map(|label| figure(&runs[label], "delivered"));
    assert!(
        (19_500.0..=20_000.0).contains(&one),
        "33/s for 10 min: {one}"
    );
    assert!((ten / one - 1.0).abs() < 0.01, "{one} {ten}");
    let many = reported_with("fail-01-parallel-batches-ignore-keys", |text| {
        text.replace("count = 1 ", "count = 1000 ")
    });
    let (one, ten) = (&many["factor-1"], &many["factor-10"]);
    assert!(figure(ten, "delivered") > 0.99 * figure(ten, "stored"));
    assert!(figure(one, "delivered") < 20_000.0);
}

/// fail-06: by default the batch is tried until its records expire, and its shard stands still; with bisecting and three
/// retries the shard moves on. AWS Lambda Developer Guide, parameters of the mapping (-1, false, -1).
#[test]
fn a_poison_pill_blocks_its_shard_until_it_expires() {
    let runs = reported("fail-06-poison-pill");
    let (default, bisect) = (&runs["default"], &runs["bisect"]);
    assert!(
        (86_000.0..=86_500.0).contains(&age_max(default)),
        "{}",
        age_max(default)
    );
    assert!(
        count(default, "expired") > 0,
        "records behind it expire, too"
    );
    assert!((86_000.0..=86_600.0).contains(&figure(default, "delivery_max")));
    assert_eq!(count(default, "discarded"), 0);
    assert_eq!(
        count(bisect, "discarded"),
        1,
        "the record alone is given up"
    );
    assert_eq!(count(bisect, "expired"), 0);
    assert!(
        figure(bisect, "delivery_max") < 120.0,
        "{}",
        figure(bisect, "delivery_max")
    );
    assert_eq!(happened(bisect, "batch discarded"), 1);
}

/// fail-07: an outage of two hours. With retries for ever the shard waits and nothing is lost; after three retries a batch is
/// discarded. AWS Lambda Developer Guide; a write-up of the case on javierinthecloud.com.
#[test]
fn what_fails_for_two_hours_waits_or_is_discarded() {
    let name = "fail-07-function-errors";
    let limited = &reported(name)["kinesis"];
    let (discarded, offered) = (figure(limited, "discarded"), figure(limited, "offered"));
    assert!(
        (0.4..0.55).contains(&(discarded / offered)),
        "{discarded} of {offered}"
    );
    let runs = reported_with(name, |text| text.replace(", MaximumRetryAttempts = 3", ""));
    let patient = &runs["kinesis"];
    assert_eq!(count(patient, "discarded") + count(patient, "expired"), 0);
    let age = age_max(patient);
    assert!(
        (7200.0..7330.0).contains(&age),
        "the outage and a back-off: {age} s"
    );
    assert!(figure(patient, "unread") < 50.0);
}

/// fail-08: eight shards need a concurrency of eight; with two the iterator age rises. AWS Compute Blog, "Using AWS Lambda as
/// a consumer for Amazon Kinesis".
#[test]
fn reserved_concurrency_below_the_shards_lets_the_age_rise() {
    let name = "fail-08-reserved-concurrency";
    let two = &reported(name)["kinesis"];
    let runs = reported_with(name, |text| {
        text.replace("Executions = 2", "Executions = 8")
    });
    let eight = &runs["kinesis"];
    assert!(
        age_max(two) > 300.0 && age_max(eight) < 5.0,
        "{} {}",
        age_max(two),
        age_max(eight)
    );
    assert!(
        count(two, "sink_refused") > 100,
        "invocations were throttled"
    );
    assert_eq!(count(eight, "sink_refused"), 0);
}

/// A function that names the record keeps what came before it; one that fails as a whole does it all again.
#[test]
fn partial_responses_do_nothing_twice() {
    let run = |more: &str| {
        let consumer =
            "processing.per-record = \"1 ms\"\nfailing-records = [ { at = \"60 s\", count = 1 } ]";
        let kinesis = format!(
            "ShardCount = 1\nconsumer.app = {{ mode = \"lambda\", MaximumRetryAttempts = 2, {more} }}"
        );
        ScenarioBuilder::lasting("5 min")
            .workload("arrivals.poisson = \"50 records/s\"\nkeys.uniform.count = 100\nsizes.constant = \"200 B\"")
            .consumer("app", consumer)
            .system("kinesis", &kinesis)
            .run_only()
    };
    let whole = run("BatchSize = 100");
    let named = run("BatchSize = 100, FunctionResponseTypes = [\"ReportBatchItemFailures\"]");
    let told = r#"DestinationConfig = { OnFailure = { Destination = "arn:aws:sqs:eu-west-1:111122223333:failed" } }"#;
    let destination = run(told);
    assert_eq!(count(&named, "redelivered"), 0);
    assert!(count(&whole, "discarded") >= count(&named, "discarded"));
    assert!(count(&named, "discarded") >= 1);
    let details = destination
        .happenings
        .iter()
        .map(|happening| &happening.detail);
    assert!(
        details
            .into_iter()
            .any(|detail| detail.contains("on-failure destination"))
    );
}

/// Batches of tumbling windows: a final invocation for each window, and none that spans two.
#[test]
fn tumbling_windows_add_an_invocation_each() {
    let calls = |more: &str| {
        let kinesis = format!("ShardCount = 1\nconsumer.app = {{ mode = \"lambda\"{more} }}");
        let run = ScenarioBuilder::lasting("5 min")
            .workload("arrivals.constant = \"5 records/s\"\nkeys.uniform.count = 100\nsizes.constant = \"200 B\"")
            .consumer("app", "")
            .system("kinesis", &kinesis)
            .run_only();
        figure(&run, "sink_calls")
    };
    let (plain, windows) = (calls(""), calls(", TumblingWindowInSeconds = 30"));
    let more = windows - plain;
    assert!(
        (9.0..=20.0).contains(&more),
        "{plain} and {windows} invocations"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Whatever fails and however many batches run at once: no key is given out of order, and every record has one fate.
    #[test]
    fn a_mapping_keeps_the_order_of_every_key(
        seed in 0_u64..1000,
        factor in 1_u64..=10,
        batch in 1_u64..=60,
        keys in 1_u64..=40,
        bisect in any::<bool>(),
        partial in any::<bool>(),
        retries in -1_i64..=3,
        window in 0_u64..=3,
        tumbling in prop_oneof![Just(0_u64), Just(10)],
        concurrency in 1_u64..=6,
        fan_out in any::<bool>(),
        failing in prop_oneof![Just(""), Just("failing-records = [ { at = \"12 s\", count = 3 } ]")],
        age in prop_oneof![Just(-1_i64), Just(60)],
    ) {
        let types = if partial { ", FunctionResponseTypes = [\"ReportBatchItemFailures\"]" } else { "" };
        let kinesis = format!(
            "ShardCount = 2\nmodel.watch-order = true\n\
             consumer.app = {{ mode = \"lambda\", enhanced-fan-out = {fan_out}, BatchSize = {batch}, ParallelizationFactor = {factor}, \
             BisectBatchOnFunctionError = {bisect}, MaximumRetryAttempts = {retries}, MaximumBatchingWindowInSeconds = {window}, \
             TumblingWindowInSeconds = {tumbling}, ReservedConcurrentExecutions = {concurrency}, MaximumRecordAgeInSeconds = {age}{types} }}\n\
             [[system.kinesis.kinesis.fault]]\nat = \"20 s\"\nlasts = \"15 s\"\nfunction-errors = \"60 %\"\n\
             [[system.kinesis.kinesis.call]]\nat = \"25 s\"\nSplitShard = {{ ShardToSplit = \"shardId-000000000000\" }}"
        );
        let run = ScenarioBuilder::lasting("2 min")
            .seed(seed)
            .workload(&format!(
                "arrivals.poisson = \"40 records/s\"\nkeys.uniform.count = {keys}\nsizes.constant = \"200 B\"\nproducer-of = \"key\""
            ))
            .consumer("app", &format!("processing.per-record = \"3 ms\"\n{failing}"))
            .system("kinesis", &kinesis)
            .run_only();
        let out_of_order = run.out_of_order.as_ref().expect("watched");
        prop_assert_eq!(out_of_order[0], 0);
    }
}
