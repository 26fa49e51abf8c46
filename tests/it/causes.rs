//! What held records up: the table of limits at work, and the causes that the verdict names. The files in
//! `tests/data/causes/` are what people who run the services reported; each test names its source.

#[path = "../generate/proofs.rs"]
mod proofs;

use crate::bounds::generate::{self, Choices};
use crate::support::ScenarioBuilder;
use std::path::Path;
use streamduel::experiment::{self, Progress, run_one};
use streamduel::probe::{Limit, Point, RunResult, figures};
use streamduel::report::causes::{Cause, Finding, Symptom, findings};
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

/// So many times the delay of calm is late, and never less than so many seconds more than that.
const LATE: (f64, f64) = (5.0, 0.05);

/// The delays of a run in its intervals that are late: when each interval ends, and how long the slowest hundredth took.
fn late(run: &RunResult, of: impl Fn(&Point) -> Option<u64>) -> Vec<(f64, f64)> {
    let seconds = |point: &Point| of(point).map(|ns| ns as f64 / 1e9);
    let mut known: Vec<f64> = run.points.iter().filter_map(seconds).collect();
    known.sort_by(f64::total_cmp);
    let Some(calm) = known.get(known.len() / 10) else {
        return Vec::new();
    };
    let least = (LATE.0 * calm).max(calm + LATE.1);
    let late = run
        .points
        .iter()
        .filter_map(|point| Some((point.t, seconds(point)?)));
    late.filter(|(_, delay)| *delay > least).collect()
}

/// Every late interval has a limit at work while its records waited.
fn lateness_is_covered(name: &str, run: &RunResult) {
    let mut all = late(run, |point| point.append[1]);
    for consumer in 0..run.ledger.consumers.len() {
        all.extend(late(run, |point| point.delivery.get(consumer)?[1]));
    }
    for (t, delay) in all {
        let mut waited = run
            .points
            .iter()
            .filter(|point| point.t > t - point.length - delay - 1e-9 && point.t <= t + 1e-9);
        assert!(
            waited.any(|point| !point.bound.is_empty()),
            "{name}: records were {delay} s late until {t} s, and no limit at work"
        );
    }
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
    lateness_is_covered(name, run);
}

#[test]
fn the_table_covers_every_interval_in_which_something_was_refused_ended_or_late() {
    for (name, labels) in [
        ("k14-refused-reads-are-silent", vec!["kinesis", "one"]),
        ("k16-wrong-cause", vec!["big", "small"]),
        ("k17-latest-is-silent", vec!["latest", "horizon"]),
        ("k26-shared-read-without-cause", vec!["four-apps"]),
        ("m1-words-of-the-other-platform", vec!["k"]),
        ("m4-cause-of-lag-not-named", vec!["k"]),
        ("m5-wait-of-a-rebalance-not-named", vec!["usual"]),
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
    for limit in [Limit::WorkerStill, Limit::Rebalance] {
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

/// One shipped scenario, with one replication.
fn shipped(name: &str) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(format!("{name}.toml"));
    let overrides = Overrides {
        replications: Some(1),
        ..Overrides::default()
    };
    Scenario::load(&file, &overrides).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A transaction that stays open holds readers of committed data up.
#[test]
fn an_open_transaction_is_the_cause_of_the_delay_of_readers_of_committed_data() {
    let scenario = shipped("open-transaction");
    let report = report(&scenario);
    for label in ["usual", "short", "all"] {
        let held = (Symptom::HeldByClients, Some(Limit::ProducerDown));
        assert!(firsts(&report, label).contains(&held), "{label}");
    }
    let late = (0..report.systems.len()).flat_map(|system| findings(&report, system));
    let mut of_readers = late.filter(|finding| finding.symptom == Symptom::LateDelivery);
    let held = |finding: Finding| {
        let first = finding.causes.first();
        first.is_some_and(|cause| cause.limit == Limit::OpenTransaction)
    };
    assert!(of_readers.any(held));
}

/// An answer that is lost makes a producer without idempotence store records twice; a batch that fails is given again, and at last
/// given up.
#[test]
fn copies_and_records_that_are_given_up_have_their_causes() {
    let report_of = |name: &str| report(&shipped(name));
    let idempotence = report_of("idempotence");
    first(
        &idempotence,
        "without",
        Symptom::StoredAgain,
        Limit::NoAnswer,
    );
    assert!(causes(&idempotence, "with", Symptom::StoredAgain).is_empty());
    let poison = report_of("poison-pill");
    first(
        &poison,
        "retries",
        Symptom::Discarded,
        Limit::ProcessingErrors,
    );
    first(
        &poison,
        "retries",
        Symptom::Redelivered,
        Limit::ProcessingErrors,
    );
}

/// Records of a key overtake each other where several batches are in flight and the first one is sent again.
#[test]
fn records_out_of_order_have_a_cause() {
    let report = report(&shipped("retry-reorders"));
    let all = (0..report.systems.len()).flat_map(|system| findings(&report, system));
    let out_of_order: Vec<Finding> = all
        .filter(|finding| finding.symptom == Symptom::Reordered)
        .collect();
    assert!(!out_of_order.is_empty());
    for finding in out_of_order {
        assert_eq!(
            finding.causes.first().map(|cause| cause.limit),
            Some(Limit::Overtaken)
        );
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

/// A cause with a part above one half explains at least half of its symptom, in 95 of 100 cases. The night run tries 200
/// scenarios (`cargo test --test night -- causes 200`); these are its first ones.
#[test]
fn causes_of_generated_scenarios_are_confirmed_when_they_are_lifted() {
    let tried: Vec<proofs::Tried> = (0..40)
        .flat_map(|seed| proofs::of(&generate::scenario(&mut Choices::of_seed(seed))))
        .collect();
    let other: Vec<&str> = tried
        .iter()
        .filter(|one| !one.confirmed)
        .map(|one| one.sentence.as_str())
        .collect();
    assert!(tried.len() >= 10, "only {} causes were lifted", tried.len());
    assert!(
        other.len() * 20 <= tried.len(),
        "{} of {} causes are not confirmed:\n{}",
        other.len(),
        tried.len(),
        other.join("\n")
    );
}

/// A fault leaves a line at its beginning and its end, with what came meanwhile; a limit that binds often is told once.
#[test]
fn the_story_tells_faults_with_bytes_and_sums_spells() {
    let story = |name: &str| {
        let text = report::markdown(&report(&shipped(name)));
        let (_, story) = text.split_once("## The story").expect("a story");
        let end = story.find("\n## ").unwrap_or(story.len());
        story[..end].to_owned()
    };
    let faults = story("two-brokers-lost");
    let line = |text: &str| {
        faults
            .lines()
            .find(|line| line.contains(text))
            .map(str::to_owned)
    };
    assert!(line("| broker 1 crashes |").is_some(), "{faults}");
    let over = line("over: broker 1 crashes (after 60.0 s; ").unwrap_or_else(|| panic!("{faults}"));
    assert!(
        over.contains("B were offered meanwhile, ") && over.contains("B stored"),
        "{over}"
    );
    let spells = story("hot-key");
    let summed = spells
        .lines()
        .filter(|line| line.contains(" times between "))
        .count();
    assert!(summed > 0, "{spells}");
    let in_flight = spells
        .lines()
        .filter(|line| line.contains("requests in flight"));
    assert_eq!(in_flight.count(), 1, "{spells}");
}

/// The findings of a system, each with its first cause.
fn firsts(report: &Report, label: &str) -> Vec<(Symptom, Option<Limit>)> {
    let system = report.systems.iter().position(|s| s.label == label);
    let all = findings(report, system.expect("a system"));
    let first = |of: &Finding| of.causes.first().map(|cause| cause.limit);
    all.iter().map(|of| (of.symptom, first(of))).collect()
}

/// A proof confirms each of these causes.
fn proves(scenario: &Scenario, report: &Report, limits: &[Limit]) {
    let proofs = report::prove(scenario, report);
    for limit in limits {
        let mut of_limit = proofs.iter().filter(|proof| proof.limit == *limit);
        let sentences: Vec<String> = proofs.iter().map(|p| p.sentence(report)).collect();
        assert!(
            of_limit.any(report::Proof::confirms),
            "{limit:?}: {}",
            sentences.join("\n")
        );
    }
}

/// A producer whose process is gone, or whose application stands still, is the cause of what its records wait; its own buffer is not.
#[test]
fn a_producer_that_does_not_run_is_named_and_no_bottleneck() {
    let scenario = shipped("exactly-once");
    let report = report(&scenario);
    for label in ["without", "short", "long", "zombie"] {
        let late = (Symptom::LateAcknowledgement, Some(Limit::ProducerDown));
        let found = firsts(&report, label);
        assert!(found.contains(&late), "{label}: {found:?}");
        assert!(found.iter().all(|(_, first)| first.is_some()), "{found:?}");
    }
    let ended = (Symptom::EndedEarly, Some(Limit::Aborted));
    assert!(firsts(&report, "zombie").contains(&ended));
    assert!(!verdict(&report).contains("bottleneck"));
}

/// Nothing waits when the producer goes on, and nothing is dropped when no application aborts.
#[test]
fn producers_that_stand_still_or_abort_are_lifted() {
    let scenario = ScenarioBuilder::lasting("60 s")
        .head("replications = 1")
        .workload(
            "arrivals = { constant = \"400 records/s\" }\nsizes = { constant = \"300 B\" }\nproducers = 2",
        )
        .consumer("app", "")
        .system(
            "kafka",
            "NumberOfBrokerNodes = 3\ntopic = { partitions = 3 }\n\
             producer = { transactional.id = \"t\", abort-share = 0.3 }\n\
             [[system.kafka.kafka.fault]]\nat = \"20 s\"\nlasts = \"10 s\"\nstuck-producer = 1",
        )
        .parse();
    let report = report(&scenario);
    proves(&scenario, &report, &[Limit::ProducerDown, Limit::Aborted]);
}

/// A commit that takes longer than the records between two of them are due: the application waits for its end.
#[test]
fn the_end_of_a_transaction_is_named_where_it_holds_records_up() {
    let scenario = ScenarioBuilder::lasting("60 s")
        .head("replications = 1")
        .workload("arrivals = { constant = \"200 records/s\" }\nsizes = { constant = \"300 B\" }")
        .consumer("app", "")
        .system(
            "kafka",
            "NumberOfBrokerNodes = 3\ntopic = { partitions = 3 }\nproducer = { transactional.id = \"t\", commit.interval.ms = 1000 }\n\
             [[system.kafka.kafka.fault]]\nat = \"30 s\"\nlasts = \"10 s\"\nbroker-hang = 1",
        )
        .parse();
    let run = run_one(&scenario, 0, 0, &Progress::default());
    let waited = figures::value(&run, Limit::TransactionEnd.figure(), None).expect("a figure");
    assert!(
        waited > 1.0,
        "an end waits for the broker, found {waited} s"
    );
    let buffer = figures::value(&run, Limit::ProducerBuffer.figure(), None).expect("a figure");
    assert!(
        buffer.abs() < f64::EPSILON,
        "no buffer is full, found {buffer} s"
    );
}

/// A transaction of a database is a burst on one partition, shorter than a sampling interval. A broker takes up one request of a
/// connection at a time, so larger batches help, and more requests in flight do not.
#[test]
fn a_burst_that_waits_on_a_connection_is_named() {
    let scenario = shipped("change-capture");
    let report = report(&scenario);
    let found = firsts(&report, "msk");
    let late = (Symptom::LateAcknowledgement, Some(Limit::Connection));
    assert!(found.contains(&late), "{found:?}");
    assert!(found.iter().all(|(_, first)| first.is_some()), "{found:?}");
    let proofs = report::prove(&scenario, &report);
    let of = |symptom: Symptom| {
        let mut of_msk = proofs.iter().filter(|proof| proof.finding.system == 1);
        of_msk.find(|proof| proof.finding.symptom == symptom)
    };
    let late = of(Symptom::LateAcknowledgement).expect("lifted");
    assert!(late.confirms(), "{}", late.sentence(&report));
    // The member behind is as fast as the connection before it.
    let read = of(Symptom::LateDelivery).expect("lifted");
    assert!(!read.refutes(), "{}", read.sentence(&report));
    assert_eq!(read.behind, Some(Limit::BusyWorker));
}

/// What breaks is named as what it is: a slow volume is no lack of burst credits, a member that stands still has not too much work, and a
/// producer that asks an old leader waits for its next attempt.
#[test]
fn faults_are_told_apart_from_loads() {
    for (fault, symptom, limit) in [
        (
            "slow-disk = { broker = 1, rate = \"1 MB/s\" }",
            Symptom::LateAcknowledgement,
            Limit::SlowVolume,
        ),
        (
            "stuck-member = { consumer = \"app\", worker = 1 }",
            Symptom::LateDelivery,
            Limit::WorkerStill,
        ),
        (
            "broker-stop = 1",
            Symptom::LateAcknowledgement,
            Limit::BackOff,
        ),
    ] {
        let scenario = ScenarioBuilder::lasting("90 s")
            .head("replications = 1\nsample = \"1 s\"")
            .workload(
                "arrivals = { constant = \"2000 records/s\" }\nsizes = { constant = \"1 kB\" }\n\
                 keys = { uniform = { count = 100 } }\nproducers = 3",
            )
            .consumer("app", "workers = 2")
            .system(
                "kafka",
                &format!(
                    "NumberOfBrokerNodes = 3\ntopic = {{ partitions = 6 }}\n[[system.kafka.kafka.fault]]\n\
                     at = \"30 s\"\nlasts = \"20 s\"\n{fault}"
                ),
            )
            .parse();
        let report = report(&scenario);
        first(&report, "kafka", symptom, limit);
        proves(&scenario, &report, &[limit]);
        for proof in report::prove(&scenario, &report) {
            assert!(!proof.refutes(), "{}", proof.sentence(&report));
        }
    }
}

/// Nobody sets the quotas of MSK Serverless, and it has no instances.
#[test]
fn a_quota_of_serverless_asks_for_no_larger_instance() {
    let report = report(&shipped("serverless-quota"));
    first(&report, "four", Symptom::LateAcknowledgement, Limit::Quota);
    let text = verdict(&report);
    assert!(
        text.contains("quotas of MSK Serverless are fixed"),
        "{text}"
    );
    assert!(!text.contains("larger instance"), "{text}");
}

/// Readers that met what writers met are told which of its symptoms, each by its own cause; nothing is told twice.
#[test]
fn causes_of_readers_name_the_trouble_of_writing_that_they_share() {
    let report = report(&shipped("idempotence"));
    let text = verdict(&report);
    for (words, times) in [
        (
            "without: records that `orders` got once more had the same main cause as records that were stored twice.",
            1,
        ),
        (
            "without: the delay of `orders` had the same main cause as late acknowledgements.",
            1,
        ),
        ("records twice.", 1),
        ("records were stored twice", 1),
        ("it acknowledged late", 2),
        ("`orders` was late", 2),
        ("no answer came", 0),
    ] {
        assert_eq!(text.matches(words).count(), times, "{words}: {text}");
    }
}

/// Records that were stored late are done late, by so much more as their reader takes anyhow.
#[test]
fn a_reader_is_late_for_what_refuses_writes_although_it_reads_later() {
    let report = report(&shipped("forty-percent"));
    let late = first(
        &report,
        "kinesis",
        Symptom::LateDelivery,
        Limit::LaneRecords,
    );
    assert!(late.share > 0.2, "{late:?}");
}

/// Requests that wait for room in flight do so in the burst alone.
#[test]
fn a_producer_of_kinesis_has_room_in_flight_again_after_a_burst() {
    let scenario = ScenarioBuilder::lasting("60 s")
        .head("replications = 1")
        .workload(
            "arrivals = { on-off = { rate = \"5000 records/s\", on = \"2 s\", off = \"58 s\", idle = \"10 records/s\" } }\n\
             sizes = { constant = \"200 B\" }",
        )
        .consumer("app", "")
        .system(
            "kinesis",
            "ShardCount = 10\nproducer = { api = \"PutRecord\", max-requests = 10 }",
        )
        .parse();
    let run = run_one(&scenario, 0, 0, &Progress::default());
    let waited = figures::value(&run, Limit::InFlight.figure(), None).expect("a figure");
    assert!((1.0..50.0).contains(&waited), "found {waited} s");
}

/// A Flink job has no leases: its shards wait until the job as a whole has started again.
#[test]
fn a_job_that_starts_again_is_told_without_the_settings_of_leases() {
    let scenario = ScenarioBuilder::lasting("120 s")
        .head("replications = 1")
        .workload("arrivals = { constant = \"500 records/s\" }\nsizes = { constant = \"300 B\" }")
        .consumer("app", "workers = 2")
        .system(
            "kinesis",
            "ShardCount = 2\nconsumer.app = { library = \"KinesisStreamsSource\" }",
        )
        .step(
            60,
            "lasts = \"15 s\"\naction.worker-crash = { consumer = \"app\", worker = 1 }",
        )
        .parse();
    let report = report(&scenario);
    first(&report, "kinesis", Symptom::LateDelivery, Limit::ReaderDown);
    let text = verdict(&report);
    assert!(!text.contains("failoverTimeMillis"), "{text}");
    proves(&scenario, &report, &[Limit::ReaderDown]);
}
