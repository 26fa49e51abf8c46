//! What held records up: the table of limits at work, and the causes that the verdict names. The files in
//! `tests/data/causes/` are what people who run the services reported; each test names its source.

use crate::support::ScenarioBuilder;
use std::path::Path;
use streamduel::experiment::{self, Progress, run_one};
use streamduel::probe::{Limit, RunResult, figures};
use streamduel::report::causes::{Cause, Symptom, findings};
use streamduel::report::{self, Report};
use streamduel::scenario::{Overrides, Scenario};

fn scenario(name: &str) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/causes")
        .join(format!("{name}.toml"));
    let overrides = Overrides {
        replications: Some(1),
        ..Overrides::default()
    };
    Scenario::load(&file, &overrides).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The first replication of the system called `label`.
fn run(scenario: &Scenario, label: &str) -> RunResult {
    let system = scenario.systems.iter().position(|s| s.label == label);
    run_one(scenario, system.expect("a system"), 0, &Progress::default())
}

/// Every interval in which something was refused or ended has a limit at work, in it or in the one before.
fn is_covered(name: &str, run: &RunResult) {
    let mut before = false;
    for point in &run.points {
        let counts = &point.counts;
        let at_work = !point.bound.is_empty();
        let refused = counts.throttled + counts.read_throttled;
        assert!(
            refused == 0 || at_work,
            "{name}: {refused} refused until {} s, and no limit at work",
            point.t
        );
        assert!(
            counts.ended == 0 || at_work || before,
            "{name}: {} records ended until {} s, and no limit at work",
            counts.ended,
            point.t
        );
        before = at_work;
    }
}

#[test]
fn the_table_covers_every_interval_in_which_something_was_refused_or_ended() {
    for (name, labels) in [
        ("k14-refused-reads-are-silent", vec!["kinesis", "one"]),
        ("k16-wrong-cause", vec!["big", "small"]),
        ("k26-shared-read-without-cause", vec!["four-apps"]),
    ] {
        let scenario = scenario(name);
        for label in labels {
            is_covered(name, &run(&scenario, label));
        }
    }
    for (n, platform, text) in [
        (1, "kinesis", "ShardCount = 1"),
        (2, "kinesis", "StreamMode = \"ON_DEMAND\""),
        (
            3,
            "kafka",
            "NumberOfBrokerNodes = 3\ntopic = { partitions = 3, replication.factor = 2, min.insync.replicas = 2 }\n\
             [[system.kafka.kafka.fault]]\nat = \"10 s\"\nlasts = \"20 s\"\nbroker-crash = { broker = 1 }",
        ),
    ] {
        let result = ScenarioBuilder::lasting("60 s")
            .workload(
                "arrivals = { constant = \"3000 records/s\" }\nsizes = { constant = \"1 kB\" }",
            )
            .consumer("app", "")
            .system(platform, text)
            .run_only();
        is_covered(&format!("{platform} {n}"), &result);
    }
}

/// harlow/kinesis-consumer 158: eight calls a second against five that a shard answers.
#[test]
fn a_figure_says_for_how_long_a_limit_was_at_work() {
    let scenario = scenario("k14-refused-reads-are-silent");
    let run = run(&scenario, "kinesis");
    let calls = figures::value(&run, Limit::ReadCalls.figure(), None).expect("a figure");
    assert!(calls > 590.0, "at work all the time, found {calls} s");
    let bytes = figures::value(&run, "read_bytes_for", None).expect("a figure");
    assert!(bytes.abs() < f64::EPSILON, "never at work, found {bytes} s");
}

fn report(scenario: &Scenario) -> Report {
    let runs = experiment::run(scenario, &Progress::default());
    let runs = runs.unwrap_or_else(|broken| panic!("{}", broken.0));
    Report::new(scenario, runs)
}

/// The causes of a symptom of the system called `label`; of its first consumer that shows it.
fn causes(report: &Report, label: &str, symptom: Symptom) -> Vec<Cause> {
    let system = report.systems.iter().position(|s| s.label == label);
    let all = findings(report, system.expect("a system"));
    let found = all.into_iter().find(|finding| finding.symptom == symptom);
    found.map_or_else(Vec::new, |finding| finding.causes)
}

/// The first cause of a symptom, which must be `limit`.
fn first(report: &Report, label: &str, symptom: Symptom, limit: Limit) -> Cause {
    let all = causes(report, label, symptom);
    let first = all.first();
    let first = first.unwrap_or_else(|| panic!("{label}: {symptom:?} has no cause"));
    assert_eq!(first.limit, limit, "{label}: {symptom:?}: {all:?}");
    first.clone()
}

fn verdict(report: &Report) -> String {
    report.verdict.join("\n")
}

/// No verdict praises a system whose readers had trouble.
fn praises_nothing(report: &Report, label: &str) {
    let praise = format!("{label} refused no record for good and lost none.");
    assert!(!verdict(report).contains(&praise), "{}", verdict(report));
}

/// harlow/kinesis-consumer 158.
#[test]
fn refused_reads_name_the_five_calls_and_who_shares_them() {
    let report = report(&scenario("k14-refused-reads-are-silent"));
    let cause = first(&report, "kinesis", Symptom::RefusedReads, Limit::ReadCalls);
    assert!(cause.share > 0.99, "{cause:?}");
    assert!(causes(&report, "one", Symptom::RefusedReads).is_empty());
    praises_nothing(&report, "kinesis");
    assert!(verdict(&report).contains("`pod-a`, `pod-b` share it"));
}

/// aws-fluent-plugin-kinesis 42: a shard that refuses far below its limit is no skew.
#[test]
fn calls_that_carry_too_much_at_once_are_bursts_and_no_skew() {
    let report = report(&scenario("k16-wrong-cause"));
    let cause = first(&report, "big", Symptom::ThrottledWrites, Limit::LaneBytes);
    let remark = cause.remark.unwrap_or_default();
    assert!(remark.contains("bursts"), "{remark}");
    assert!(!verdict(&report).contains("skew"), "{}", verdict(&report));
    first(&report, "big", Symptom::HeldByClients, Limit::LaneBytes);
    praises_nothing(&report, "big");
}

/// awsdocs/aws-lambda-developer-guide 487, aws-cdk 17214.
#[test]
fn a_start_at_latest_is_named_with_what_it_left_out() {
    let report = report(&scenario("k17-latest-is-silent"));
    first(&report, "latest", Symptom::Skipped, Limit::StartPosition);
    first(
        &report,
        "horizon",
        Symptom::LateDelivery,
        Limit::ConsumerDown,
    );
    praises_nothing(&report, "latest");
    assert!(verdict(&report).contains("InitialPositionInStream"));
}

/// KCL 1521 and 539: four readers ask for more than the 2 MiB/s that a shard gives.
#[test]
fn readers_that_share_a_shard_are_late_for_its_bytes() {
    let report = report(&scenario("k26-shared-read-without-cause"));
    for symptom in [Symptom::RefusedReads, Symptom::LateDelivery] {
        first(&report, "four-apps", symptom, Limit::ReadBytes);
    }
    praises_nothing(&report, "four-apps");
}

/// The table of reports, m1: Kafka's readers commit.
#[test]
fn a_restarted_group_is_told_in_the_words_of_commits() {
    let report = report(&scenario("m1-words-of-the-other-platform"));
    first(&report, "k", Symptom::Redelivered, Limit::Checkpoint);
    first(&report, "k", Symptom::LateDelivery, Limit::NoOwner);
    let text = verdict(&report);
    assert!(text.contains("last commit"), "{text}");
    assert!(!text.contains("checkpoint"), "{text}");
}

/// The table of reports, m2: records of new partitions that a reset to the latest offset leaves out.
#[test]
fn a_reset_to_the_latest_offset_is_named_with_what_it_left_out() {
    let report = report(&scenario("m2-skipped-is-not-in-the-verdict"));
    first(&report, "latest", Symptom::Skipped, Limit::StartPosition);
    first(&report, "earliest", Symptom::LateDelivery, Limit::NewLane);
    assert!(verdict(&report).contains("auto.offset.reset"));
    praises_nothing(&report, "latest");
}

/// The table of reports, m4: lag with its cause.
#[test]
fn members_that_are_busy_all_the_time_are_the_cause_of_the_lag() {
    let report = report(&scenario("m4-cause-of-lag-not-named"));
    let cause = first(&report, "k", Symptom::LateDelivery, Limit::BusyWorker);
    assert!(cause.share > 0.9, "{cause:?}");
    praises_nothing(&report, "k");
}

/// The table of reports, m5: a rebalance that waits for the member that does not poll.
#[test]
fn a_rebalance_names_the_member_that_it_waits_for() {
    let report = report(&scenario("m5-wait-of-a-rebalance-not-named"));
    let all = causes(&report, "usual", Symptom::LateDelivery);
    for limit in [Limit::BusyWorker, Limit::Rebalance] {
        let cause = all.iter().find(|cause| cause.limit == limit);
        let cause = cause.unwrap_or_else(|| panic!("{limit:?} is no cause: {all:?}"));
        assert_eq!(cause.place, "worker 1 of jobs", "{limit:?}");
    }
}

#[test]
fn a_calm_run_has_no_finding() {
    for (platform, text) in [
        ("kinesis", "ShardCount = 2"),
        (
            "kafka",
            "NumberOfBrokerNodes = 3\ntopic = { partitions = 3 }",
        ),
    ] {
        let calm = ScenarioBuilder::lasting("60 s")
            .workload(
                "arrivals = { constant = \"300 records/s\" }\nsizes = { constant = \"300 B\" }",
            )
            .consumer("app", "")
            .head("replications = 1")
            .system(platform, text)
            .parse();
        let report = report(&calm);
        assert_eq!(findings(&report, 0), [], "{platform}");
    }
}

/// A cause that is named is lifted, and the symptom is measured again.
#[test]
fn a_named_cause_is_confirmed_when_it_is_lifted() {
    for (name, lifted) in [
        ("k14-refused-reads-are-silent", 1),
        ("k16-wrong-cause", 1),
        ("k17-latest-is-silent", 3),
        ("k26-shared-read-without-cause", 1),
        ("m1-words-of-the-other-platform", 2),
        ("m5-wait-of-a-rebalance-not-named", 2),
    ] {
        let scenario = scenario(name);
        let report = report(&scenario);
        let proofs = report::prove(&scenario, &report);
        let sentences: Vec<String> = proofs.iter().map(|p| p.sentence(&report)).collect();
        let sentences = sentences.join("\n");
        assert!(proofs.len() >= lifted, "{name}: {sentences}");
        for proof in &proofs {
            assert!(proof.confirms(), "{name}: {sentences}");
        }
    }
}

#[test]
fn a_shard_with_its_usual_tank_can_be_lifted() {
    let scenario = ScenarioBuilder::lasting("30 s")
        .head("replications = 1")
        .workload("arrivals = { constant = \"3000 records/s\" }\nsizes = { constant = \"1 kB\" }")
        .consumer("app", "")
        .system("kinesis", "ShardCount = 1")
        .parse();
    let report = report(&scenario);
    let proofs = report::prove(&scenario, &report);
    let first = proofs.first().expect("a proof");
    assert!(first.confirms(), "{}", first.sentence(&report));
}
