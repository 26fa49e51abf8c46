//! Kinds of causes that once were refuted when they were lifted, or not known: each test is one kind.

use crate::support::ScenarioBuilder;
use std::path::Path;
use streamduel::experiment::{self, Progress};
use streamduel::probe::Limit;
use streamduel::report::causes::{Cause, Finding, Symptom, findings};
use streamduel::report::{self, Proof, Report};
use streamduel::scenario::{Overrides, Scenario};

fn report(scenario: &Scenario) -> Report {
    let runs = experiment::run(scenario, &Progress::default());
    let runs = runs.unwrap_or_else(|broken| panic!("{}", broken.0));
    Report::new(scenario, runs)
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

/// A small scenario with one consumer called `app`.
fn small(seconds: u32, arrivals: &str, platform: &str, text: &str) -> ScenarioBuilder {
    ScenarioBuilder::lasting(&format!("{seconds} s"))
        .head("replications = 1\nsample = \"1 s\"")
        .workload(&format!(
            "arrivals = {{ constant = \"{arrivals}\" }}\nsizes = {{ constant = \"1 kB\" }}"
        ))
        .consumer("app", "")
        .system(platform, text)
}

/// The finding of a symptom of the first system.
fn finding(report: &Report, symptom: Symptom) -> Finding {
    let all = findings(report, 0);
    let found = all.iter().find(|finding| finding.symptom == symptom);
    found
        .cloned()
        .unwrap_or_else(|| panic!("no {symptom:?} among {all:?}"))
}

/// The first cause of a symptom of the first system, which must be `limit`.
fn first(report: &Report, symptom: Symptom, limit: Limit) -> Cause {
    let causes = finding(report, symptom).causes;
    let first = causes
        .first()
        .unwrap_or_else(|| panic!("{symptom:?} has no cause"));
    assert_eq!(first.limit, limit, "{symptom:?}: {causes:?}");
    first.clone()
}

/// What a proof says of a symptom of the first system.
fn proof(scenario: &Scenario, report: &Report, symptom: Symptom) -> Proof {
    let proofs = report::prove(scenario, report);
    let of = proofs
        .into_iter()
        .find(|proof| proof.finding.symptom == symptom);
    of.unwrap_or_else(|| panic!("{symptom:?} was not lifted"))
}

/// A shard whose tank is smaller than the record refuses it too: the lift makes the tank larger as well, as the service does.
#[test]
fn records_that_are_too_large_are_taken_when_the_stream_opts_in() {
    let scenario = shipped("exam-answer");
    let report = report(&scenario);
    let cause = first(&report, Symptom::EndedEarly, Limit::TooLarge);
    assert!(cause.share > 0.999, "{cause:?}");
    let proof = proof(&scenario, &report, Symptom::EndedEarly);
    assert!(proof.confirms(), "{}", proof.sentence(&report));
}

/// Few large records: the longest delay of one record says nothing about what is usual.
#[test]
fn no_cause_of_today_is_refuted() {
    let scenario = shipped("today");
    let report = report(&scenario);
    for proof in report::prove(&scenario, &report) {
        assert!(!proof.refutes(), "{}", proof.sentence(&report));
    }
}

/// Records that were given up after three attempts ended for what their shard said last, each counted.
#[test]
fn records_that_are_given_up_end_for_the_limit_of_their_last_refusal() {
    let text = "ShardCount = 2\nproducer = { max-attempts = 3 }";
    let scenario = small(20, "5000 records/s", "kinesis", text).parse();
    let report = report(&scenario);
    let cause = first(&report, Symptom::EndedEarly, Limit::LaneRecords);
    let run = &report.systems[0].runs[0];
    let all: u64 = Limit::ALL.iter().map(|of| run.ledger.ended_for(*of)).sum();
    assert_eq!(all, run.ledger.ended(), "every end has its limit");
    let share = run.ledger.ended_for(Limit::LaneRecords) as f64 / all as f64;
    assert!(
        (cause.share - share).abs() < 1e-9,
        "{cause:?}, counted {share}"
    );
    assert!(cause.counted, "{cause:?}");
    let proof = proof(&scenario, &report, Symptom::EndedEarly);
    assert!(proof.confirms(), "{}", proof.sentence(&report));
}

/// Records of the KPL that expire behind its limiter wait for the shard that refuses, not for the limiter.
#[test]
fn records_of_the_kpl_that_expire_wait_for_their_shard() {
    let text = "ShardCount = 1\nproducer = { library = \"KPL\", RecordTtl = 2000 }";
    let scenario = small(20, "3000 records/s", "kinesis", text).parse();
    let report = report(&scenario);
    let run = &report.systems[0].runs[0];
    let lane = run.ledger.ended_for(Limit::LaneBytes) + run.ledger.ended_for(Limit::LaneRecords);
    assert!(run.ledger.ended() > 0, "some expire");
    assert!(
        2 * lane > run.ledger.ended(),
        "{lane} of {}",
        run.ledger.ended()
    );
}

/// Whoever reads that the key was disabled must not be told to repeat for longer.
#[test]
fn a_disabled_key_and_a_throttled_one_have_their_own_causes() {
    for (kms, limit, words) in [
        ("disabled", Limit::KeyDisabled, "the state of the KMS key"),
        ("throttled", Limit::KeyThrottled, "the request quota of KMS"),
    ] {
        let text = format!(
            "ShardCount = 1\nEncryptionType = \"KMS\"\nproducer = {{ max-attempts = 2 }}\n\
             [[system.kinesis.kinesis.fault]]\nat = \"10 s\"\nlasts = \"10 s\"\nkms = \"{kms}\""
        );
        let scenario = small(30, "200 records/s", "kinesis", &text).parse();
        let report = report(&scenario);
        let cause = first(&report, Symptom::EndedEarly, limit);
        assert!(cause.share > 0.999, "{cause:?}");
        let verdict = report.verdict.join("\n");
        assert!(verdict.contains(words), "{verdict}");
        assert!(!verdict.contains("max-attempts"), "{verdict}");
        let proof = proof(&scenario, &report, Symptom::EndedEarly);
        assert!(proof.confirms(), "{}", proof.sentence(&report));
    }
}

const THREE: &str = "NumberOfBrokerNodes = 3\nunclean.leader.election.enable = false\n\
     topic = { partitions = 3, replication.factor = 3, min.insync.replicas = 2 }\n";

/// What a producer held is gone with its zone: no broker is the cause.
#[test]
fn records_that_are_gone_with_their_client_say_so() {
    let scenario = small(40, "600 records/s", "kafka", THREE)
        .workload("producers = 3")
        .step(15, "lasts = \"15 s\"\naction.az-down = \"az2\"")
        .parse();
    let report = report(&scenario);
    let run = &report.systems[0].runs[0];
    assert!(
        run.ledger.ended_for(Limit::ClientGone) > 0,
        "{:?}",
        run.ledger
    );
    first(&report, Symptom::EndedEarly, Limit::ClientGone);
    let proof = proof(&scenario, &report, Symptom::EndedEarly);
    assert!(proof.confirms(), "{}", proof.sentence(&report));
}

/// A broker that hangs gives no answer: batches that are given up for it name the leader that does not answer.
#[test]
fn batches_that_a_hung_broker_does_not_answer_name_it() {
    let producer = "producer = { acks = \"all\", \"delivery.timeout.ms\" = 3000, \"request.timeout.ms\" = 2000, \"linger.ms\" = 5 }\n";
    let hang = "[[system.kafka.kafka.fault]]\nat = \"10 s\"\nlasts = \"15 s\"\nbroker-hang = 1";
    let scenario = small(
        40,
        "600 records/s",
        "kafka",
        &format!("{THREE}{producer}{hang}"),
    )
    .parse();
    let report = report(&scenario);
    first(&report, Symptom::EndedEarly, Limit::NoLeader);
    let ledger = &report.systems[0].runs[0].ledger;
    assert!(ledger.ended_for(Limit::NoLeader) > 0, "{ledger:?}");
    let proof = proof(&scenario, &report, Symptom::EndedEarly);
    assert!(proof.confirms(), "{}", proof.sentence(&report));
}

/// Batches that are stored twice tell why their producer had no answer.
#[test]
fn copies_tell_why_the_answer_was_missing() {
    let scenario = shipped("idempotence");
    let report = report(&scenario);
    let system = report.systems.iter().position(|of| of.label == "without");
    let all = findings(&report, system.expect("a system"));
    let copies = all
        .iter()
        .find(|of| of.symptom == Symptom::StoredAgain)
        .expect("copies");
    let limits: Vec<Limit> = copies.causes.iter().map(|cause| cause.limit).collect();
    assert_eq!(limits[0], Limit::NoAnswer, "{copies:?}");
    assert!(limits.len() > 1, "{copies:?}");
    let remark = copies.causes[0].remark.clone().unwrap_or_default();
    assert!(remark.contains("were missing because of"), "{remark}");
}

/// With the new protocol a partition that moves waits for heartbeats of two members.
#[test]
fn a_partition_on_its_way_to_another_member_is_named() {
    let scenario = ScenarioBuilder::lasting("60 s")
        .head("replications = 1\nsample = \"1 s\"")
        .workload("arrivals = { constant = \"600 records/s\" }\nsizes = { constant = \"300 B\" }")
        .consumer("app", "workers = 2")
        .system(
            "kafka",
            "NumberOfBrokerNodes = 3\ntopic = { partitions = 6 }\nconsumer.app = { group.protocol = \"consumer\" }",
        )
        .step(30, "action.worker-join = { consumer = \"app\" }")
        .parse();
    let report = report(&scenario);
    first(&report, Symptom::LateDelivery, Limit::Moving);
    let proof = proof(&scenario, &report, Symptom::LateDelivery);
    assert!(proof.confirms(), "{}", proof.sentence(&report));
}

/// Readers see a record when every copy in sync has it, whatever `acks` says.
#[test]
fn readers_behind_a_hung_follower_wait_for_it() {
    let hang = "producer = { acks = \"1\" }\n[[system.kafka.kafka.fault]]\nat = \"20 s\"\nlasts = \"60 s\"\nfetcher-hang = 3";
    let scenario = small(90, "300 records/s", "kafka", &format!("{THREE}{hang}")).parse();
    let report = report(&scenario);
    first(&report, Symptom::LateDelivery, Limit::SlowFollowers);
    let late = findings(&report, 0);
    assert!(
        late.iter()
            .all(|of| of.symptom != Symptom::LateAcknowledgement),
        "producers with acks=1 do not wait: {late:?}"
    );
    let proof = proof(&scenario, &report, Symptom::LateDelivery);
    assert!(proof.confirms(), "{}", proof.sentence(&report));
}

/// One refused call in a long interval does not explain its delay: refusals count for as long as they make readers wait.
#[test]
fn a_single_refused_call_does_not_explain_the_delay_of_minutes() {
    let scenario = ScenarioBuilder::lasting("40 min")
        .head("replications = 1\nsample = \"5 min\"")
        .workload("arrivals = { constant = \"6 records/s\" }\nsizes = { constant = \"200 kB\" }\nproducers = 2")
        .consumer("app", "workers = 2")
        .system(
            "kinesis",
            "ShardCount = 2\n[[system.kinesis.kinesis.call]]\nat = \"12 min\"\nSplitShard = { ShardToSplit = \"shardId-000000000000\" }",
        )
        .parse();
    let report = report(&scenario);
    for proof in report::prove(&scenario, &report) {
        assert!(!proof.refutes(), "{}", proof.sentence(&report));
    }
}

/// The back-off of a Kafka producer can be lifted.
#[test]
fn a_back_off_of_a_kafka_producer_is_lifted() {
    let mut scenario = small(10, "10 records/s", "kafka", THREE).parse();
    let words = scenario.systems[0].config.lift(Limit::BackOff, None);
    assert_eq!(
        words,
        Some("retry.backoff.ms and retry.backoff.max.ms are 1")
    );
}

/// A function that gathers records for twenty seconds is not behind because of it.
#[test]
fn a_batching_window_is_no_lag() {
    let lambda = "ShardCount = 2\nconsumer.app = { mode = \"lambda\", BatchSize = 100, MaximumBatchingWindowInSeconds = 20 }";
    let scenario = ScenarioBuilder::lasting("10 min")
        .head("replications = 1\nsample = \"30 s\"")
        .workload("arrivals = { constant = \"2 records/s\" }\nsizes = { constant = \"1 kB\" }")
        .consumer("app", "")
        .system("kinesis", lambda)
        .parse();
    let report = report(&scenario);
    assert_eq!(findings(&report, 0), []);
    let story = report::markdown(&report);
    assert!(!story.contains("the peak:"), "{story}");
}

/// Members that are cut off leave partitions that nobody reads until their session is over.
#[test]
fn partitions_of_members_that_are_cut_off_have_nobody_who_reads_them() {
    let split =
        "[[system.kafka.kafka.fault]]\nat = \"20 s\"\nlasts = \"60 s\"\nnetwork-split = \"az2\"";
    let scenario = ScenarioBuilder::lasting("100 s")
        .head("replications = 1\nsample = \"1 s\"")
        .workload("arrivals = { constant = \"300 records/s\" }\nsizes = { constant = \"1 kB\" }\nproducers = 3")
        .consumer("app", "workers = 3")
        .system("kafka", &format!("{THREE}{split}"))
        .parse();
    let report = report(&scenario);
    let late = finding(&report, Symptom::LateDelivery);
    let unread = late
        .causes
        .iter()
        .find(|cause| cause.limit == Limit::NoOwner);
    let unread = unread.unwrap_or_else(|| panic!("{late:?}"));
    assert!(unread.from < 21.0 && unread.to > 60.0, "{unread:?}");
}
