//! What a record's time consists of, and percentiles of everything that was offered.

use crate::support::ScenarioBuilder;
use streamduel::experiment::{Progress, run};
use streamduel::probe::{RunResult, TimePart, figures};
use streamduel::report::Report;

/// A load that both systems carry, with two readers, one of which has a sink.
fn calm() -> ScenarioBuilder {
    ScenarioBuilder::lasting("20 s")
        .head("warmup = \"2 s\"")
        .workload("arrivals = { poisson = \"800 records/s\" }\nsizes = { constant = \"500 B\" }\nproducers = 3")
        .workload("keys = { uniform = { count = 500 } }")
        .consumer("orders", "workers = 2\nprocessing = { per-record = \"200 us\" }")
        .consumer(
            "archive",
            "workers = 2\nsink = { s3 = { buffer-size = \"1 MiB\", buffer-interval = \"3 s\" } }",
        )
        .system("kinesis", "ShardCount = 4")
        .system("kafka", "NumberOfBrokerNodes = 3\ntopic = { partitions = 4 }\nproducer = { \"linger.ms\" = 20 }")
}

fn mean(run: &RunResult, consumer: usize, part: TimePart) -> f64 {
    run.times.consumers[consumer]
        .mean_of(part)
        .expect("records were followed")
}

#[test]
fn the_parts_of_all_records_add_up_to_the_mean_delay() {
    let runs = calm().run();
    for label in ["kinesis", "kafka"] {
        let run = &runs[label];
        for (consumer, times) in run.times.consumers.iter().enumerate() {
            assert_eq!(times.followed, run.delivery[consumer].count(), "{label}");
            let parts: f64 = times.mean.iter().sum();
            let whole = run.delivery[consumer].mean().expect("delivered") / 1e9;
            assert!(
                (parts - whole).abs() < 1e-9,
                "{label}: {parts} s, {whole} s"
            );
            let slow: f64 = times.p99.iter().sum();
            let p99 = figures::value(run, "survivors_p99", Some(consumer)).expect("delivered");
            assert!((slow / p99 - 1.0).abs() < 0.1, "{label}: {slow} s, {p99} s");
        }
    }
}

#[test]
fn each_part_is_what_it_says() {
    let runs = calm().run();
    let (kinesis, kafka) = (&runs["kinesis"], &runs["kafka"]);
    // A batch lingers for 20 ms from its first record on.
    let buffer = mean(kafka, 0, TimePart::ClientBuffer);
    assert!((0.005..0.02).contains(&buffer), "{buffer}");
    // The KCL polls every 1.5 s: a record is half as old on average.
    let poll = mean(kinesis, 0, TimePart::PollWait);
    assert!((0.7..0.8).contains(&poll), "{poll}");
    assert!(mean(kafka, 0, TimePart::PollWait) < 0.05);
    // Brokers have queues and copies; a shard takes a record or refuses it.
    assert!(mean(kafka, 0, TimePart::Replication) > 0.0);
    assert!(mean(kafka, 0, TimePart::LaneQueue) > 0.0);
    assert!(mean(kinesis, 0, TimePart::Replication) == 0.0);
    for run in [kinesis, kafka] {
        let processing = mean(run, 0, TimePart::Processing);
        assert!((processing - 200e-6).abs() < 1e-12, "{processing}");
        assert!(mean(run, 0, TimePart::Sink) == 0.0);
        // The buffer of the sink is written every three seconds.
        let sink = mean(run, 1, TimePart::Sink);
        assert!((1.0..3.5).contains(&sink), "{sink}");
        assert!(mean(run, 0, TimePart::Retries) == 0.0);
        assert!(mean(run, 0, TimePart::Upstream) == 0.0);
    }
}

#[test]
fn the_time_in_the_system_before_is_a_part() {
    let runs = ScenarioBuilder::lasting("20 s")
        .workload("arrivals = { constant = \"300 records/s\" }\nsizes = { constant = \"500 B\" }\nproducers = 2")
        .consumer("bridge", "system = \"first\"\nworkers = 1")
        .consumer("app", "system = \"second\"\nworkers = 1")
        .labelled("first", "kinesis", "ShardCount = 2")
        .rest("[system.second]\nfrom = \"first.bridge\"")
        .rest("[system.second.kafka]\nNumberOfBrokerNodes = 3\ntopic = { partitions = 2 }")
        .run();
    let (first, second) = (&runs["first"], &runs["second"]);
    let before = first.delivery[0].mean().expect("delivered") / 1e9;
    let upstream = mean(second, 1, TimePart::Upstream);
    assert!(
        (upstream / before - 1.0).abs() < 0.05,
        "{upstream} s, {before} s"
    );
    let whole = second.delivery[1].mean().expect("delivered") / 1e9;
    let parts: f64 = second.times.consumers[1].mean.iter().sum();
    assert!((parts - whole).abs() < 1e-9, "{parts} s, {whole} s");
}

/// One shard that is offered twice what it takes, by producers that try once.
fn overloaded() -> ScenarioBuilder {
    ScenarioBuilder::lasting("20 s")
        .head("replications = 2")
        .workload("arrivals = { constant = \"2000 records/s\" }\nsizes = { constant = \"100 B\" }\nproducers = 4")
        .workload("keys = { uniform = { count = 500 } }")
        .consumer("orders", "workers = 1")
        .labelled("small", "kinesis", "ShardCount = 1\nproducer = { max-attempts = 1 }")
        .labelled("large", "kinesis", "ShardCount = 8\nproducer = { max-attempts = 1 }")
}

#[test]
fn what_is_refused_is_never_delivered() {
    let runs = overloaded().run();
    let small = |name: &str| figures::value(&runs["small"], name, Some(0)).expect(name);
    let large = |name: &str| figures::value(&runs["large"], name, Some(0)).expect(name);
    assert!(small("never_delivered_of_offered") > 0.3);
    assert!(small("delivery_p99").is_infinite());
    assert!(small("survivors_p99") < 5.0);
    assert!(large("never_delivered") < 0.5);
    let apart = large("delivery_p99") - large("survivors_p99");
    assert!(apart.abs() < 1e-12, "{apart}");
    // A percentile that the refused ones do not reach is a time, later than that of the delivered ones.
    let ten = small("delivery_p50");
    assert!(ten.is_finite() && ten >= small("survivors_p50"), "{ten}");
}

#[test]
fn a_claim_about_everything_offered_fails_where_too_much_is_refused() {
    let builder = overloaded()
        .rest("[[expect]]\nthat = \"small.delivery_p99 < 1 h\"")
        .rest("[[expect]]\nthat = \"small.survivors_p99 < 1 h\"");
    let scenario = builder.parse();
    let systems = run(&scenario, &Progress::default()).expect("balanced");
    let report = Report::new(&scenario, systems);
    let holds: Vec<bool> = report.claims.iter().map(|claim| claim.holds()).collect();
    assert_eq!(holds, [false, true]);
    assert_eq!(report.claims[0].found, "never");
    let mut sentences = report.verdict.iter();
    let money = sentences.find(|sentence| sentence.starts_with("30 days"));
    let money = money.expect("a sentence about money");
    let (small, large) = (money.find("on small"), money.find("on large"));
    assert!(small > large && large.is_some(), "{money}");
    assert!(money.contains("does not serve the load"), "{money}");
    let said = report.verdict.join("\n");
    assert!(said.contains("never on small"), "{said}");
    assert!(
        said.contains("Of the records that `orders` did get, 99 % came within"),
        "{said}"
    );
}
