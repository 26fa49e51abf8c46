//! Replications until the headline figures are precise, the warm-up that is found, and pairs of systems.

use crate::bad_input::GOOD;
use crate::support::ScenarioBuilder;
use streamduel::experiment::precision::{self, Ended};
use streamduel::experiment::{self, Progress, run_one};
use streamduel::probe::RunResult;
use streamduel::report::{self, Report};
use streamduel::scenario::{Scenario, WarmupRule};

/// A minute of records of one rate, on a stream.
fn steady() -> ScenarioBuilder {
    ScenarioBuilder::lasting("60 s")
        .workload("arrivals = { poisson = \"200 records/s\" }\nsizes = { constant = \"500 B\" }")
        .consumer("app", "workers = 1\nprocessing = { per-record = \"1 ms\" }")
        .labelled("zulu", "kinesis", "ShardCount = 2")
}

fn report_of(scenario: &Scenario) -> Report {
    let runs = experiment::run(scenario, &Progress::default()).expect("balanced");
    Report::new(scenario, runs)
}

fn slices(report: &Report) -> Vec<&[RunResult]> {
    report
        .systems
        .iter()
        .map(|system| &system.runs[..])
        .collect()
}

#[test]
fn a_scenario_that_does_not_say_gets_replications_until_it_is_precise() {
    let scenario = steady().parse();
    assert_eq!((scenario.replications, scenario.replications_max), (5, 20));
    let report = report_of(&scenario);
    let made = report.replications;
    assert!((5..=20).contains(&made), "{made}");
    let ended = precision::next(&slices(&report), made, 5, 20);
    let told = &report.method[0];
    match ended.expect_err("no more are wanted") {
        Ended::Precise => assert!(told.contains("is at most 5.00 % of its mean"), "{told}"),
        Ended::Most => assert!(told.contains("where 5.00 % were wanted"), "{told}"),
        other => panic!("{other:?}: {told}"),
    }
    let first = run_one(&scenario, 0, 0, &Progress::default());
    assert_eq!(report.systems[0].runs[0].ledger, first.ledger);
}

#[test]
fn one_replication_is_one_and_says_so() {
    let report = report_of(&steady().head("replications = 1").parse());
    assert_eq!(report.replications, 1);
    assert!(report.method[0].starts_with("One run of each system, as the scenario says"));
    assert!(!report::markdown(&report).contains('±'));
}

#[test]
fn a_smaller_cap_is_kept_and_says_which_figure_is_uncertain() {
    // One record in two seconds: its rate is nowhere near 5 % after four runs.
    let text = steady().text().replace("200 records/s", "0.5 records/s");
    let text = text.replace("duration", "replications-max = 6\nduration");
    let report = report_of(&ScenarioBuilder::from_text(&text).parse());
    assert_eq!(report.replications, 6);
    let told = &report.method[0];
    assert!(
        told.contains("the most that are made")
            && told.contains("least certain headline figure is"),
        "{told}"
    );
}

#[test]
fn the_resolved_file_finds_the_same_number_again() {
    let scenario = steady().parse();
    assert!(scenario.resolved.contains("replications = \"auto\""));
    assert!(scenario.resolved.contains("warmup = \"auto\""));
    let again = ScenarioBuilder::from_text(&scenario.resolved).parse();
    assert_eq!(again.hash, scenario.hash);
    assert_eq!(again.warmup_rule, WarmupRule::Found);
}

#[test]
fn a_warm_up_is_found_only_where_nothing_changes() {
    let rule = |builder: ScenarioBuilder| builder.parse().warmup_rule;
    assert_eq!(rule(steady()), WarmupRule::Found);
    assert_eq!(rule(steady().head("warmup = \"5 s\"")), WarmupRule::Said);
    let changes = [
        steady().step(20, "lasts = \"5 s\"\naction.consumer-down = \"app\""),
        steady().rest(
            "[[system.zulu.kinesis.fault]]\nat = \"5 s\"\nlasts = \"5 s\"\nkms = \"disabled\"",
        ),
        steady().labelled("grows", "kinesis", "StreamMode = \"ON_DEMAND\""),
        ScenarioBuilder::from_text(&steady().text().replace(
            "poisson = \"200 records/s\"",
            "flash = { base = \"20 records/s\", peak = \"90 records/s\", at = \"9 s\" }",
        )),
    ];
    for builder in changes {
        let Ok(scenario) = builder.try_parse() else {
            panic!("{:?}", builder.try_parse().err());
        };
        assert!(
            matches!(scenario.warmup_rule, WarmupRule::Whole(_)),
            "{}",
            builder.text()
        );
    }
}

#[test]
fn what_is_cut_off_is_the_same_for_all_systems_and_is_told() {
    let scenario = steady()
        .labelled(
            "alpha",
            "kafka",
            "InstanceType = \"kafka.m7g.large\"\nNumberOfBrokerNodes = 3\ntopic.partitions = 3",
        )
        .parse();
    let report = report_of(&scenario);
    let warmups: Vec<f64> = report
        .systems
        .iter()
        .flat_map(|system| system.runs.iter().map(|run| run.warmup_s))
        .collect();
    assert!(
        warmups
            .iter()
            .all(|warmup| (warmup - report.warmup_s).abs() < 1e-9)
    );
    assert!(report.warmup_s < 30.0, "at most half is cut off");
    assert!(report.method[1].contains("MSER-5"), "{}", report.method[1]);
}

#[test]
fn systems_stand_in_the_order_of_the_file_and_every_two_are_compared() {
    let scenario = steady()
        .labelled("alpha", "kinesis", "ShardCount = 2")
        .labelled(
            "mike",
            "kinesis",
            "ShardCount = 2\nmodel.put-latency = { median = \"50 ms\", p99 = \"90 ms\" }",
        )
        .head("replications = 4")
        .parse();
    let labels: Vec<&str> = scenario
        .systems
        .iter()
        .map(|system| system.label.as_str())
        .collect();
    assert_eq!(labels, ["zulu", "alpha", "mike"]);
    let report = report_of(&scenario);
    let row = report.row("append_p99", None).expect("measured");
    assert_eq!(row.pairs.len(), 3);
    let alike = row.pair(1, 0).expect("a pair");
    assert!(!alike.difference.is_significant(), "they are the same");
    assert!(row.pair(0, 2).expect("a pair").difference.is_significant());
    let told = report.verdict.join("\n");
    assert!(
        told.contains("(not distinguishable over 4 replications: zulu and alpha)"),
        "{told}"
    );
    let text = report::markdown(&report);
    assert!(
        text.contains("| figure | alpha - zulu | mike - zulu | mike - alpha |"),
        "{text}"
    );
    assert!(
        report.method[2].contains("all 3 pairs"),
        "{}",
        report.method[2]
    );
}

#[test]
fn a_wrong_number_of_replications_is_refused_where_it_stands() {
    let text = GOOD.replace("replications = 1", "replications = \"many\"");
    let problem = ScenarioBuilder::from_text(&text)
        .try_parse()
        .err()
        .expect("refused");
    assert!(
        problem.contains("`many` is not a whole number"),
        "{problem}"
    );
}
