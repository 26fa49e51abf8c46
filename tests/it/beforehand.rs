//! What is known before a run: sums against limits, and warnings by name.

use crate::support::ScenarioBuilder;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use streamduel::facts::warnings;
use streamduel::scenario::{Overrides, Scenario};

fn stream(settings: &str) -> ScenarioBuilder {
    base("workers = 1").labelled("kds", "kinesis", &format!("ShardCount = 2\n{settings}"))
}

fn cluster(settings: &str) -> ScenarioBuilder {
    let broker = "InstanceType = \"kafka.m7g.large\"\nNumberOfBrokerNodes = 3\nunclean.leader.election.enable = false";
    let topic = "topic.partitions = 4\ntopic.retention.ms = \"1 h\"";
    base("workers = 1").labelled("msk", "kafka", &format!("{broker}\n{topic}\n{settings}"))
}

fn base(consumer: &str) -> ScenarioBuilder {
    ScenarioBuilder::lasting("60 s")
        .workload("arrivals = { constant = \"200 records/s\" }\nsizes = { constant = \"500 B\" }")
        .consumer(
            "app",
            &format!("{consumer}\nprocessing = {{ per-record = \"1 ms\" }}"),
        )
}

fn names(builder: &ScenarioBuilder) -> BTreeSet<&'static str> {
    let warnings = builder.parse().warnings.list;
    warnings.iter().filter_map(|warning| warning.name).collect()
}

#[test]
fn settings_without_a_risk_are_not_warned_of() {
    assert_eq!(names(&stream("")), BTreeSet::new());
    assert_eq!(names(&cluster("")), BTreeSet::new());
}

#[test]
fn every_risk_has_its_name() {
    let away = |builder: ScenarioBuilder| {
        builder.rest("[[timeline]]\nat = \"5 s\"\nlasts = \"50 s\"\naction.consumer-down = \"app\"")
    };
    let changed = |builder: ScenarioBuilder, from: &str, to: &str| {
        assert!(builder.text().contains(from), "{from}");
        ScenarioBuilder::from_text(&builder.text().replace(from, to))
    };
    let lambda = "[[consumer]]\nname = \"app\"\nfailing-records = [{ at = \"1 s\", count = 1 }]";
    let cases = [
        (
            "replication-factor-1",
            cluster("topic.replication.factor = 1"),
        ),
        ("acks-not-all", cluster("producer.acks = \"1\"")),
        ("min-isr-1", cluster("topic.min.insync.replicas = 1")),
        ("min-isr-of-all", cluster("topic.min.insync.replicas = 3")),
        (
            "unclean-election",
            changed(
                cluster(""),
                "election.enable = false",
                "election.enable = true",
            ),
        ),
        (
            "no-idempotence",
            cluster("producer.enable.idempotence = false"),
        ),
        (
            "no-retries",
            cluster("producer.retries = 0\nproducer.enable.idempotence = false"),
        ),
        (
            "short-delivery-timeout",
            cluster("producer.delivery.timeout.ms = 40000"),
        ),
        (
            "short-request-timeout",
            cluster("producer.request.timeout.ms = 5000"),
        ),
        (
            "frequent-commits",
            cluster("consumer.app.auto.commit.interval.ms = 1000"),
        ),
        (
            "slow-heartbeat",
            cluster("consumer.app.heartbeat.interval.ms = 20000"),
        ),
        (
            "long-poll-loop",
            cluster("consumer.app.max.poll.interval.ms = 400"),
        ),
        ("one-fetcher", cluster("num.replica.fetchers = 1")),
        (
            "idle-readers",
            changed(cluster(""), "workers = 1", "workers = 5"),
        ),
        (
            "idle-readers",
            changed(stream(""), "workers = 1", "workers = 3"),
        ),
        (
            "slow-consumer",
            changed(cluster(""), "\"1 ms\"", "\"6 ms\""),
        ),
        ("slow-consumer", changed(stream(""), "\"1 ms\"", "\"6 ms\"")),
        (
            "short-retention",
            changed(away(cluster("")), "\"1 h\"", "\"30 s\""),
        ),
        ("one-attempt", stream("producer.max-attempts = 1")),
        (
            "whole-call-again",
            stream("producer.retry-whole-call = true"),
        ),
        (
            "children-first",
            stream("consumer.app.children-before-parents = true"),
        ),
        (
            "endless-retries",
            changed(
                stream("consumer.app.mode = \"lambda\""),
                "[[consumer]]\nname = \"app\"",
                lambda,
            ),
        ),
        (
            "too-many-pollers",
            stream("consumer.app.idleTimeBetweenReadsInMillis = 200").consumer("other", ""),
        ),
        (
            "lanes-too-small",
            changed(stream(""), "200 records/s", "2100 records/s"),
        ),
        (
            "reads-too-slow",
            changed(stream(""), "\"500 B\"", "\"25 kB\""),
        ),
        (
            "brokers-too-small",
            changed(cluster(""), "\"500 B\"", "\"900 kB\""),
        ),
        (
            "no-room-without-a-zone",
            changed(
                changed(
                    changed(cluster(""), "\"500 B\"", "\"300 kB\""),
                    "kafka.m7g",
                    "express.m7g",
                ),
                "unclean.leader.election.enable = false",
                "cluster-type = \"EXPRESS\"",
            ),
        ),
        (
            "volumes-too-small",
            changed(cluster(""), "\"1 h\"", "\"7000 d\""),
        ),
        (
            "hottest-key",
            changed(
                stream("")
                    .workload("keys = { hot-set = { count = 100, hot = 1, share = \"60 %\" } }"),
                "200 records/s",
                "1700 records/s",
            ),
        ),
    ];
    for (name, builder) in cases {
        let found = names(&builder);
        assert!(
            found.contains(name),
            "{name} is not among {found:?}\n{}",
            builder.text()
        );
    }
}

#[test]
fn a_sum_is_told_with_its_arithmetic() {
    let text = cluster("")
        .text()
        .replace("200 records/s", "80 MB/s")
        .replace("\"1 h\"", "\"7 d\"");
    let scenario = ScenarioBuilder::from_text(&text).parse();
    let sums = scenario.systems[0].config.foresee(&scenario.workload);
    let storage = sums
        .iter()
        .find(|sum| sum.what == "storage")
        .expect("there");
    assert!(
        storage.sum.contains("240 MB/s with all copies") && storage.sum.contains("145 TB"),
        "{}",
        storage.sum
    );
    let share = storage.of_limit.expect("a limit");
    assert!(
        (share - 145.152e12 / (3.0 * 1_073_741_824_000.0)).abs() < 0.01,
        "{share}"
    );
    let scenario = stream("").parse();
    let sums = scenario.systems[0].config.foresee(&scenario.workload);
    let told: Vec<&str> = sums.iter().map(|sum| sum.sum.as_str()).collect();
    assert_eq!(told[0], "200 records/s over 2 shards with 1000 each");
    assert!(
        told[1].starts_with("100 kB/s over 2 shards with 1 MiB/s each"),
        "{told:?}"
    );
}

#[test]
fn what_a_scenario_accepts_is_not_warned_of() {
    let risky = "topic.replication.factor = 1";
    let accepts = |names: &str| cluster(risky).head(&format!("accept = [{names}]"));
    assert!(names(&cluster(risky)).contains("replication-factor-1"));
    assert_eq!(names(&accepts("\"replication-factor-1\"")), BTreeSet::new());
    let problem = accepts("\"replication-factor\"")
        .try_parse()
        .err()
        .expect("refused");
    assert!(
        problem.contains("no warning is called `replication-factor`")
            && problem.contains("did you mean `replication-factor-1`?"),
        "{problem}"
    );
}

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect()
}

/// The warnings of a shipped scenario: those that it accepts, and those that it has without `accept`.
fn accepted_and_given(path: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let text = fs::read_to_string(path).expect("text");
    let scenario = Scenario::load(path, &Overrides::default()).expect("valid");
    assert!(scenario.warnings.list.is_empty(), "{}", scenario.warnings);
    let line = text.lines().find(|line| line.starts_with("accept = "));
    let quoted = line.unwrap_or_default().split('"').skip(1).step_by(2);
    let without: String = text
        .lines()
        .filter(|line| !line.starts_with("accept = "))
        .map(|line| format!("{line}\n"))
        .collect();
    let folder = path.parent().expect("a folder");
    let scenario = Scenario::parse("s.toml", "s", &without, folder, &Overrides::default());
    let list = scenario
        .unwrap_or_else(|problems| panic!("{problems}"))
        .warnings
        .list;
    let given = list
        .iter()
        .filter_map(|warning| warning.name)
        .map(str::to_owned);
    (quoted.map(str::to_owned).collect(), given.collect())
}

#[test]
fn shipped_scenarios_accept_exactly_what_they_are_warned_of_and_show_what_the_table_says() {
    let mut all = std::collections::BTreeMap::new();
    for path in shipped() {
        let (accepted, given) = accepted_and_given(&path);
        assert_eq!(accepted, given, "{}", path.display());
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        all.insert(name, given);
    }
    for warning in warnings::all() {
        let Some(scenario) = &warning.shows else {
            continue;
        };
        let given = all
            .get(scenario)
            .unwrap_or_else(|| panic!("no scenario `{scenario}`"));
        assert!(
            given.contains(&warning.name),
            "{scenario} does not show {}",
            warning.name
        );
    }
}

#[test]
fn every_warning_has_one_name_and_known_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = fs::read_to_string(root.join("docs/SOURCES.md")).expect("there");
    let mut names = BTreeSet::new();
    for warning in warnings::all() {
        assert!(
            names.insert(&warning.name),
            "{} is there twice",
            warning.name
        );
        assert!(!warning.risk.is_empty());
        for source in warning.source.split(", ") {
            assert!(sources.contains(source), "{}: `{source}`", warning.name);
        }
    }
}
