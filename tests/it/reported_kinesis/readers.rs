//! Readers beyond the KCL.

use super::{reported, reported_with};
use crate::support::{ScenarioBuilder, figure};

/// fail-13: the API has no shortest time between two calls. A reader that asks again at once gets five answers a second from a
/// shard, the rest of its calls are refused, and other readers starve. Druid 17467, kinesumer 26, harlow/kinesis-consumer 158.
#[test]
fn a_tight_loop_is_refused_and_starves_the_others() {
    let loops = |text: String, idle: u32| {
        let from = "{ idleTimeBetweenReadsInMillis = 0 }";
        let to = format!("{{ library = \"SDK\", idleTimeBetweenReadsInMillis = {idle} }}");
        text.replace(from, &to)
            .replace("duration = \"5 min\"", "duration = \"1 min\"")
    };
    let name = "fail-13-tight-loop";
    let tight = reported_with(name, |text| loops(text, 0));
    let calm = reported_with(name, |text| loops(text, 1000));
    let (tight, calm) = (&tight["kinesis"], &calm["kinesis"]);
    assert!(
        figure(tight, "read_throttled") > 6.0 * 60.0 * 5.0,
        "more are refused than are answered"
    );
    assert!(figure(calm, "read_throttled") < 10.0);
    let starved =
        |run| streamduel::probe::figures::value(run, "delivery_p50", Some(1)).expect("delivered");
    assert!(
        starved(tight) > 2.0 * starved(calm),
        "{} {}",
        starved(tight),
        starved(calm)
    );
}

/// Below 200 ms the KCL refuses to be set, and the message names the reader that may.
#[test]
fn the_kcl_keeps_its_minimum() {
    let scenario = ScenarioBuilder::lasting("1 min")
        .workload("arrivals.poisson = \"5 records/s\"\nkeys = \"none\"\nsizes.constant = \"100 B\"")
        .consumer("app", "")
        .system(
            "kinesis",
            "ShardCount = 1\nconsumer.app = { idleTimeBetweenReadsInMillis = 0 }",
        );
    let problems = scenario.try_parse().err().expect("refused");
    assert!(problems.contains("library = \"SDK\""), "{problems}");
}

/// fail-20: Firehose calls GetRecords of each shard once a second and shares the five calls with the others. Amazon Data
/// Firehose Developer Guide, "Writing to Firehose using Kinesis Data Streams".
#[test]
fn firehose_takes_a_call_a_second_of_the_five() {
    let beside = |pollers: u32| {
        let run = reported_with("fail-20-firehose", |text| {
            let more: String = (2..pollers)
                .map(|n| format!("[[consumer]]\nname = \"p{n}\"\n"))
                .collect();
            let read: String = (2..pollers)
                .map(|n| format!("\nconsumer.p{n} = {{ mode = \"lambda\" }}"))
                .collect();
            text.replace("[system.kinesis", &format!("{more}[system.kinesis")) + &read
        });
        figure(&run["kinesis"], "read_throttled")
    };
    assert!(beside(4) < 20.0, "five calls a second: {}", beside(4));
    assert!(beside(6) > 300.0, "seven calls a second: {}", beside(6));
    let run = &reported("fail-20-firehose")["kinesis"];
    assert!(figure(run, "delivered") > 0.8 * figure(run, "stored"));
}

/// fail-21: one subscription for each shard and consumer. The second call within 5 s is refused, later it takes the shard away
/// from the first. API reference, SubscribeToShard; lifion-kinesis 153, KCL 844, bento PR 1012.
#[test]
fn two_processes_on_one_consumer_take_the_shard_from_each_other() {
    let run = &reported("fail-21-one-consumer-arn-twice")["kinesis"];
    let cut = run
        .happenings
        .iter()
        .filter(|happening| happening.what == "subscription taken away");
    let instants: Vec<f64> = cut.map(|happening| happening.t).collect();
    assert!(instants.len() > 40, "{instants:?}");
    let apart = instants.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(
        apart.into_iter().all(|seconds| seconds > 4.99),
        "never within five seconds: {instants:?}"
    );
    let apart = reported_with("fail-21-one-consumer-arn-twice", |text| {
        text.replace(
            "p2 = { mode = \"enhanced-fan-out\", ConsumerName = \"same\" }",
            "p2 = { mode = \"enhanced-fan-out\" }",
        )
    });
    assert!(figure(run, "delivery_p99") > 10.0 * figure(&apart["kinesis"], "delivery_p99"));
}
