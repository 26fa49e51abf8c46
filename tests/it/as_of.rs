//! A run as of a day: the facts in force then, and what did not exist yet.

use crate::bad_input::GOOD;
use std::path::Path;
use streamduel::experiment::{self, Progress, run_one};
use streamduel::facts::{self, FactStatus, FactsAt};
use streamduel::probe::figures;
use streamduel::report::Report;
use streamduel::scenario::{Overrides, Scenario};
use streamduel::units::Date;

fn parse(text: &str, as_of: Option<&str>) -> Result<Scenario, String> {
    let overrides = Overrides {
        as_of: as_of.map(str::to_owned),
        ..Overrides::default()
    };
    let parsed = Scenario::parse("day.toml", "day", text, Path::new("."), &overrides);
    parsed.map_err(|problems| problems.to_string())
}

fn with(replaced: &str, by: &str) -> String {
    assert!(GOOD.contains(replaced), "{replaced}");
    GOOD.replace(replaced, by)
}

/// What is put in the place of what, the last day without it, and what the message says.
const NOT_YET: &[(&str, &str, &str, &str)] = &[
    (
        "ShardCount = 2",
        "ShardCount = 2\nMaxRecordSizeInKiB = 10240",
        "2025-10-27",
        "exists since 2025-10-28",
    ),
    (
        "ShardCount = 2",
        r#"ShardCount = 2
call = [{ at = "1 s", UpdateMaxRecordSize = { MaxRecordSizeInKiB = 2048 } }]"#,
        "2025-10-27",
        "UpdateMaxRecordSize exists since 2025-10-28",
    ),
    (
        "ShardCount = 2",
        r#"StreamMode = "ON_DEMAND"
account.MinimumThroughputBillingCommitment = "ENABLED""#,
        "2025-11-03",
        "On-demand Advantage exists since 2025-11-04",
    ),
    (
        "ShardCount = 2",
        "StreamMode = \"ON_DEMAND\"\nWarmThroughputMiBps = 10\n\
         account.MinimumThroughputBillingCommitment = \"ENABLED\"",
        "2025-11-03",
        "warm throughput exists since 2025-11-04",
    ),
    (
        "ShardCount = 2",
        r#"StreamMode = "ON_DEMAND""#,
        "2021-11-30",
        "ON_DEMAND exists since 2021-12-01",
    ),
    (
        "ShardCount = 2",
        r#"ShardCount = 2
consumer.app.mode = "enhanced-fan-out""#,
        "2018-07-31",
        "enhanced fan-out exists since 2018-08-01",
    ),
    (
        "NumberOfBrokerNodes = 3",
        r#"NumberOfBrokerNodes = 3
KafkaVersion = "4.1.x""#,
        "2025-03-17",
        "Kafka 4.1.x exists since 2025-03-18",
    ),
    (
        "linger.ms = 5",
        r#"linger.ms = 5, client-version = "4.1""#,
        "2025-03-17",
        "the client 4.1 exists since 2025-03-18",
    ),
    (
        "NumberOfBrokerNodes = 3",
        r#"NumberOfBrokerNodes = 3
consumer.app.group.protocol = "consumer""#,
        "2025-03-17",
        "`group.protocol=consumer` exists since 2025-03-18",
    ),
    (
        r#"InstanceType = "kafka.m7g.large""#,
        r#"cluster-type = "EXPRESS""#,
        "2024-10-31",
        "MSK Express exists since 2024-11-01",
    ),
];

#[test]
fn what_did_not_exist_yet_is_refused_with_the_day_of_its_beginning() {
    for (from, to, last_day_without, message) in NOT_YET {
        let fixed = ", replication.factor = 3, min.insync.replicas = 2";
        let text = with(from, to).replace(fixed, "");
        assert!(
            parse(&text, None).is_ok(),
            "{to}: {:?}",
            parse(&text, None).err()
        );
        let error = parse(&text, Some(last_day_without))
            .err()
            .unwrap_or_else(|| panic!("{to}"));
        assert!(
            error.contains(message) && error.contains("--as-of"),
            "{to}: {error}"
        );
    }
}

#[test]
fn defaults_are_those_of_the_day() {
    let resolved = |day| parse(GOOD, Some(day)).expect("valid").resolved;
    for (day, tank, version, client, linger_of_default) in [
        ("2026-11-22", "10 MiB", "3.9.x", "4.1", "5"),
        ("2025-10-28", "10 MiB", "3.9.x", "4.1", "5"),
        ("2025-10-27", "1 MiB", "3.9.x", "4.1", "5"),
        ("2025-03-17", "1 MiB", "3.9.x", "3.9", "0"),
        ("2024-09-30", "1 MiB", "3.7.x", "3.6", "0"),
    ] {
        let text = resolved(day);
        assert!(
            text.contains(&format!(r#"as-of = "{day}""#)),
            "{day}: {text}"
        );
        assert!(
            text.contains(&format!(r#"write-burst = "{tank}""#)),
            "{day}: {text}"
        );
        assert!(
            text.contains(&format!(r#"KafkaVersion = "{version}""#)),
            "{day}: {text}"
        );
        assert!(
            text.contains(&format!(r#"client-version = "{client}""#)),
            "{day}: {text}"
        );
        let plain =
            parse(&with("linger.ms = 5", "max.block.ms = 60000"), Some(day)).expect("valid");
        assert!(
            plain.resolved.contains(&format!(
                r#""linger.ms" = {linger_of_default}
"#
            )),
            "{day}: {}",
            plain.resolved
        );
    }
    let idle = |day| {
        resolved(day)
            .lines()
            .find(|line| line.contains("idleTime"))
            .map(str::to_owned)
    };
    assert_eq!(
        idle("2025-06-01").as_deref(),
        Some("idleTimeBetweenReadsInMillis = 1000")
    );
    assert_eq!(
        idle("2026-07-21").as_deref(),
        Some("idleTimeBetweenReadsInMillis = 1500")
    );
}

#[test]
fn twenty_registered_consumers_became_fifty_with_advantage() {
    let consumers = |count: usize| -> String {
        (0..count)
            .map(|n| {
                format!(
                    r#"[[consumer]]
name = "c{n}"
"#
                )
            })
            .collect()
    };
    let modes = |count: usize| -> String {
        (0..count)
            .map(|n| {
                format!(
                    r#"consumer.c{n}.mode = "enhanced-fan-out"
"#
                )
            })
            .collect()
    };
    let text = |count: usize, advantage: bool| {
        let head = GOOD.split("[[consumer]]").next().unwrap_or_default();
        let account = r#"account.MinimumThroughputBillingCommitment = "ENABLED"
"#;
        let account = if advantage { account } else { "" };
        let stream = r#"[system.kds.kinesis]
StreamMode = "ON_DEMAND"
"#;
        format!(
            "{head}{}{stream}{account}{}",
            consumers(count),
            modes(count)
        )
    };
    assert!(parse(&text(20, false), Some("2025-06-01")).is_ok());
    let error = parse(&text(21, false), None).err().expect("too many");
    assert!(error.contains("at most 20"), "{error}");
    assert!(parse(&text(50, true), None).is_ok());
    let error = parse(&text(51, true), None).err().expect("too many");
    assert!(error.contains("at most 50"), "{error}");
}

/// The old limit is at work in a run, not only in its resolved file.
#[test]
fn a_burst_of_two_mebibytes_fits_the_tank_of_today_only() {
    let text = with(
        r#"poisson = "300 records/s""#,
        r#"constant = "1 records/s""#,
    )
    .replace(r#"constant = "500 B""#, r#"constant = "700000 B""#)
    .replace("ShardCount = 2", "ShardCount = 1")
    .replace(
        r#"flush-interval = "50 ms""#,
        r#"flush-interval = "5 s", max-attempts = 1"#,
    );
    let throttled = |day| {
        let scenario = parse(&text, Some(day)).expect("valid");
        let run = run_one(&scenario, 0, 0, &Progress::default());
        assert_eq!(run.ledger.check(), Ok(()));
        figures::value(&run, "refused", None).expect("measured")
    };
    assert!(throttled("2026-11-22") < 1.0);
    assert!(throttled("2025-06-01") > 3.0);
}

#[test]
fn the_day_stands_in_the_report_in_the_resolved_file_and_in_the_command() {
    let scenario = parse(GOOD, Some("2025-06-01")).expect("valid");
    let again = parse(&scenario.resolved, None).expect("valid");
    assert_eq!(
        (again.as_of, &again.resolved),
        (scenario.as_of, &scenario.resolved)
    );
    assert!(
        scenario
            .assumptions
            .iter()
            .any(|a| a.path == "as-of" && a.why.contains("assumption"))
    );
    let runs = experiment::run(&scenario, &Progress::default()).expect("balanced");
    let report = Report::new(&scenario, runs);
    assert!(
        report.head().ends_with("facts of 2025-06-01"),
        "{}",
        report.head()
    );
    assert_eq!(
        report.reproduce,
        "streamduel run day.toml --as-of 2025-06-01"
    );
    // Without a day it is the newest of the tables, and the flag outdoes the file.
    assert_eq!(parse(GOOD, None).expect("valid").as_of, facts::span().1);
    let dated = with("seed = 7", "seed = 7\nas-of = 2025-06-01");
    assert_eq!(
        parse(&dated, None).expect("valid").as_of.to_string(),
        "2025-06-01"
    );
    assert_eq!(
        parse(&dated, Some("2026-01-01"))
            .expect("valid")
            .as_of
            .to_string(),
        "2026-01-01"
    );
}

#[test]
fn the_answer_of_the_exam_and_the_fact_of_today_come_from_one_history() {
    let at = |day: &str| FactsAt::of(Date::parse(day).expect("a day"));
    let history: Vec<(String, &str)> = facts::history("kinesis.put-records.bytes")
        .iter()
        .map(|fact| (fact.text(), fact.valid_from.as_str()))
        .collect();
    assert_eq!(
        history,
        [
            ("5 MiB".to_owned(), "2022-08-31"),
            ("10 MiB".to_owned(), "2025-10-28")
        ]
    );
    let highest = "kinesis.record.max-kib.highest";
    assert!(matches!(
        at("2025-06-01").look(highest),
        Some(FactStatus::NotYet(_))
    ));
    assert!(
        matches!(at("2026-01-01").look(highest), Some(FactStatus::InForce(fact)) if fact.value == "10240")
    );
}

/// Every scenario can be read on every day that changed something, or says what did not exist yet.
#[test]
fn every_shipped_scenario_is_read_or_refused_with_a_reason_on_every_day_of_change() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        for day in ["2020-01-01", "2022-08-31", "2025-06-01", "2025-11-04"] {
            let overrides = Overrides {
                as_of: Some(day.to_owned()),
                ..Overrides::default()
            };
            if let Err(problems) = Scenario::load(&path, &overrides) {
                for problem in &problems.list {
                    let expected = ["exists since", "account", "between", "quota", "at most"];
                    assert!(
                        expected.iter().any(|part| problem.message.contains(part)),
                        "{} on {day}: {}",
                        path.display(),
                        problem.message
                    );
                }
            }
        }
    }
}
