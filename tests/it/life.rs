//! Life of streams and clusters, and what encryption does and refuses.

use std::path::Path;
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::{RunResult, figures};
use streamduel::scenario::{Overrides, Scenario};

fn text(duration: &str, workload: &str, systems: &str) -> String {
    format!(
        r#"title = "life"
question = "?"
duration = "{duration}"
sample = "1 s"
[workload]
         arrivals = {{ poisson = "100 records/s" }}
keys = {{ uniform = {{ count = 100 }} }}
         sizes = {{ constant = "500 B" }}
producers = 2
{workload}
[[consumer]]
name = "app"
{systems}"#
    )
}

fn read(text: &str) -> Result<Scenario, String> {
    let parsed = Scenario::parse(
        "life.toml",
        "life",
        text,
        Path::new("."),
        &Overrides::default(),
    );
    parsed.map_err(|problems| problems.to_string())
}

/// Runs the first system; the ledger is checked.
fn simulate(text: &str) -> RunResult {
    let scenario = read(text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let run = run_one(&scenario, 0, 0, &Progress::default());
    run.ledger
        .check()
        .unwrap_or_else(|sentence| panic!("{sentence}\n{text}"));
    run
}

fn figure(run: &RunResult, name: &str) -> f64 {
    figures::value(run, name, None).unwrap_or_else(|| panic!("{name} was not measured"))
}

fn cause(run: &RunResult, name: &str) -> u64 {
    let pairs = run.ledger.cause_names.iter().zip(&run.ledger.causes);
    pairs
        .filter(|(cause, _)| cause.name == name)
        .map(|(_, count)| *count)
        .sum()
}

fn told(run: &RunResult, what: &str) -> Vec<(f64, String)> {
    run.happenings
        .iter()
        .filter(|h| h.what == what)
        .map(|h| (h.t, h.detail.clone()))
        .collect()
}

const MISSING: &str = "ResourceNotFoundException";

fn stream(producer: &str, consumer: &str) -> String {
    let calls = "call = [{ at = \"20 s\", CreateStream = true }, { at = \"30 s\", CreateStream = true }, \
                 { at = \"35 s\", UpdateShardCount = { TargetShardCount = 4 } }, \
                 { at = \"100 s\", DeleteStream = true }, { at = \"150 s\", DeleteStream = true }]";
    format!(
        "[system.k.kinesis]\nShardCount = 2\n{calls}\nproducer = {{ {producer} }}\nconsumer.app = {{ {consumer} }}"
    )
}

#[test]
fn a_stream_takes_records_only_while_it_is_there() {
    for producer in [
        "max-attempts = 2",
        r#"api = "PutRecord""#,
        r#"library = "KPL", RecordTtl = 3000"#,
    ] {
        for consumer in [
            r#"mode = "polling""#,
            r#"mode = "enhanced-fan-out""#,
            r#"mode = "lambda""#,
        ] {
            let run = simulate(&text("160 s", "", &stream(producer, consumer)));
            let first = figure(&run, "first_stored");
            assert!(
                (50.0..53.0).contains(&first),
                "{producer} {consumer}: {first}"
            );
            // Fifty seconds before, sixty after, less what is under way.
            let refused = cause(&run, MISSING) + cause(&run, "Expired (RecordTtl)");
            assert!(
                (10_000..11_600).contains(&refused),
                "{producer} {consumer}: {refused}"
            );
            if !producer.contains("KPL") {
                assert_eq!(cause(&run, "Expired (RecordTtl)"), 0);
            }
            assert!(figure(&run, "lost") < 1.0);
            assert_eq!(
                told(&run, "CreateStream")[1].1,
                "ResourceInUseException: the stream exists"
            );
            assert!(
                told(&run, "UpdateShardCount")[0]
                    .1
                    .starts_with("ResourceInUseException")
            );
            assert_eq!(
                told(&run, "DeleteStream")[1].1,
                "ResourceNotFoundException: there is no such stream"
            );
            let times = |what: &str| told(&run, what).iter().map(|(t, _)| *t).collect::<Vec<_>>();
            assert_eq!(
                (times("ACTIVE"), times("deleted")),
                (vec![50.0], vec![130.0])
            );
            assert!((run.lanes[0].opened_s - 50.0).abs() < 1e-9);
        }
    }
}

#[test]
fn what_a_deleted_stream_still_held_is_booked_as_expired() {
    let systems = stream("max-attempts = 1", r#"mode = "polling""#);
    let down = r#"[[timeline]]
at = "60 s"
action.consumer-down = "app"
lasts = "90 s"
"#;
    let run = simulate(&text("160 s", "", &format!("{systems}\n{down}")));
    let own = run.ledger.consumers[0];
    // Forty seconds at a hundred records a second were never fetched.
    assert!((3500..4300).contains(&own.expired), "{own:?}");
    assert_eq!(own.delivered + own.expired + own.unread, run.ledger.stored);
}

fn cluster(kafka: &str) -> String {
    let calls = "call = [{ at = \"20 s\", CreateCluster = true }, { at = \"30 s\", CreateCluster = true }, \
                 { at = \"40 s\", UpdateBrokerStorage = { VolumeSizeGB = 2000 } }, \
                 { at = \"400 s\", DeleteCluster = true }]";
    format!(
        r#"[system.m.kafka]
NumberOfBrokerNodes = 3
{calls}
topic = {{ partitions = 6 }}
         model = {{ create = "100 s" }}
producer = {{ {kafka} }}
consumer.app.auto.offset.reset = "earliest""#
    )
}

#[test]
fn a_producer_without_a_cluster_waits_for_metadata_and_then_throws() {
    for kafka in [r#"acks = "all""#, r#"acks = "1""#, r#"acks = "0""#] {
        let run = simulate(&text("700 s", "producer-backlog = 3000", &cluster(kafka)));
        let first = figure(&run, "first_stored");
        assert!((120.0..122.0).contains(&first), "{kafka}: {first}");
        // Each of two producers waits 60 s for its first record, then for its second.
        assert!(
            cause(&run, "TimeoutException (max.block.ms)") >= 2,
            "{kafka}"
        );
        assert!(
            cause(&run, "producer backlog full") > 4000,
            "{kafka}: beyond 3,000 records each"
        );
        assert!(
            told(&run, "CreateCluster")[1]
                .1
                .starts_with("ConflictException: the cluster is CREATING")
        );
        assert!(
            told(&run, "UpdateBrokerStorage")[0]
                .1
                .starts_with("BadRequestException")
        );
        assert!((told(&run, "ACTIVE")[0].0 - 120.0).abs() < 1e-9);
        assert_eq!(told(&run, "deleted").len(), 3, "three brokers");
        // What was sent after the deletion grows old in its producer; nothing is stored any more.
        assert!(
            cause(&run, "TimeoutException (delivery.timeout.ms)") > 10_000,
            "{kafka}"
        );
        let late = run.points.iter().filter(|point| point.t > 402.0);
        assert_eq!(
            late.map(|point| point.counts.accepted).sum::<u64>(),
            0,
            "{kafka}"
        );
    }
}

#[test]
fn what_a_deleted_cluster_still_held_is_booked_as_expired() {
    let down = r#"[[timeline]]
at = "300 s"
action.consumer-down = "app"
lasts = "350 s"
"#;
    let systems = format!("{}\n{down}", cluster(r#"acks = "all""#));
    let run = simulate(&text("700 s", "producer-backlog = 100000", &systems));
    let own = run.ledger.consumers[0];
    assert!(
        (9_000..11_500).contains(&own.expired),
        "a hundred seconds unread: {own:?}"
    );
    assert!(own.unread < 100, "{own:?}");
}

#[test]
fn serverless_is_sooner_there_than_a_cluster_and_both_say_what_is_assumed() {
    let call = r#"call = [{ at = "1 s", CreateCluster = true }]"#;
    let text = text(
        "40 s",
        "",
        &format!(
            r#"[system.a.kafka]
NumberOfBrokerNodes = 3
{call}
topic = {{ partitions = 3 }}
             [system.b.kafka]
cluster-type = "SERVERLESS"
{call}
topic = {{ partitions = 3 }}"#
        ),
    );
    let scenario = read(&text).expect("valid");
    assert!(
        scenario.resolved.contains(r#"create = "30 min""#)
            && scenario.resolved.contains(r#"create = "10 min""#)
    );
    let named = |path: &str| scenario.assumptions.iter().any(|a| a.path == path);
    assert!(named("system.b.kafka.model.create") && !named("system.a.kafka.model.create"));
}

fn encrypted(kafka: &str) -> String {
    let systems =
        format!("[system.m.kafka]\nNumberOfBrokerNodes = 3\ntopic = {{ partitions = 6 }}\n{kafka}");
    text("30 s", "", &systems)
        .replace("500 B", "20 kB")
        .replace("100 records/s", "2000 records/s")
}

const BOTH: &str = r#"EncryptionInTransit = { ClientBroker = "TLS_PLAINTEXT", InCluster = false }
"#;

#[test]
fn tls_costs_time_where_it_is_spoken_and_nowhere_else() {
    let delay = |own: &str, name: &str| figure_of(&simulate(&encrypted(own)), name);
    let append = |own: &str| delay(own, "append_p50");
    let deliver = |own: &str| delay(own, "delivery_p50");
    let plain = BOTH.to_owned();
    let writers = format!(
        r#"{BOTH}producer.security.protocol = "SSL"
"#
    );
    let readers = format!(
        r#"{BOTH}consumer.app.security.protocol = "SSL"
"#
    );
    let slow = |own: &str| {
        format!(
            r#"{own}model = {{ tls-delay = "3 ms" }}
"#
        )
    };
    assert!(
        append(&writers) > append(&plain),
        "a network thread decrypts"
    );
    assert!(
        (append(&readers) - append(&plain)).abs() < 0.1 * append(&plain),
        "writers are not concerned"
    );
    assert!(deliver(&readers) > deliver(&plain));
    let added = append(&slow(&writers)) - append(&writers);
    assert!(
        (0.002..0.005).contains(&added),
        "the delay that is named: {added}"
    );
    let added = deliver(&slow(&readers)) - deliver(&readers);
    assert!(
        (0.002..0.008).contains(&added),
        "the delay that is named: {added}"
    );
    assert!(
        (append(&slow(&plain)) - append(&plain)).abs() < 1e-9,
        "nobody speaks TLS"
    );
}

fn figure_of(run: &RunResult, name: &str) -> f64 {
    figures::value(run, name, Some(0))
        .or_else(|| figures::value(run, name, None))
        .expect("measured")
}

#[test]
fn encryption_is_named_as_an_assumption_only_where_somebody_encrypts() {
    let assumed = |own: &str, key: &str| {
        let scenario = read(&encrypted(own)).expect("valid");
        scenario
            .assumptions
            .iter()
            .any(|a| a.path.ends_with(key) && a.why.contains("assumption"))
    };
    assert!(assumed("", "model.tls-rate") && assumed("", "model.tls-delay"));
    assert!(!assumed(BOTH, "model.tls-rate") && !assumed(BOTH, "model.tls-delay"));
    let inside = r#"EncryptionInTransit = { ClientBroker = "PLAINTEXT" }
"#;
    assert!(assumed(inside, "model.tls-rate") && !assumed(inside, "model.tls-delay"));
}

#[test]
fn serverless_leaves_no_choice_of_encryption() {
    let own = |rest: &str| {
        let systems = format!(
            r#"[system.m.kafka]
cluster-type = "SERVERLESS"
topic = {{ partitions = 3 }}
{rest}"#
        );
        read(&text("30 s", "", &systems)).map(|_| ())
    };
    assert_eq!(own(""), Ok(()));
    let error =
        own(r#"EncryptionInTransit = { ClientBroker = "PLAINTEXT" }"#).expect_err("refused");
    assert!(
        error.contains("MSK Serverless has no `EncryptionInTransit`"),
        "{error}"
    );
    let error = own(r#"producer.security.protocol = "PLAINTEXT""#).expect_err("refused");
    assert!(
        error.contains("a plaintext client finds no listener"),
        "{error}"
    );
}

#[test]
fn encryption_of_a_stream_is_switched_twenty_five_times_a_day() {
    let calls: Vec<String> = (0..27)
        .flat_map(|n| {
            let start = format!(
                r#"{{ at = "{} s", StartStreamEncryption = {{}} }}"#,
                20 * n + 1
            );
            [
                start,
                format!(
                    r#"{{ at = "{} s", StopStreamEncryption = {{}} }}"#,
                    20 * n + 11
                ),
            ]
        })
        .collect();
    let systems = format!(
        "[system.k.kinesis]\nShardCount = 1\ncall = [{}]",
        calls.join(", ")
    );
    let run = simulate(&text("600 s", "", &systems));
    let refused = |what: &str| {
        told(&run, what)
            .iter()
            .filter(|(_, detail)| detail.starts_with("LimitExceededException"))
            .count()
    };
    assert_eq!(
        (
            refused("StartStreamEncryption"),
            refused("StopStreamEncryption")
        ),
        (2, 2)
    );
    assert!(figure(&run, "refused") < 1.0);
}

/// Whatever is broken when a cluster is deleted, every record has one fate.
#[test]
fn a_cluster_can_be_deleted_in_the_middle_of_a_fault() {
    let faults = [
        "fetcher-hang = 2",
        r#"network-split = "az2""#,
        r#"slow-disk = { broker = 1, rate = "100 kB/s" }"#,
        "broker-hang = 1",
        "broker-crash = 1",
        "controller-down = true",
    ];
    for (acks, fault) in ["all", "1", "0"]
        .iter()
        .flat_map(|acks| faults.map(|fault| (acks, fault)))
    {
        let systems = format!(
            r#"[system.m.kafka]
NumberOfBrokerNodes = 3
topic = {{ partitions = 6 }}
             producer = {{ acks = "{acks}", delivery.timeout.ms = 31000 }}
             call = [{{ at = "60 s", DeleteCluster = true }}, {{ at = "100 s", DeleteCluster = true }}]
             fault = [{{ at = "50 s", lasts = "20 s", {fault} }}]
             [[timeline]]
at = "30 s"
lasts = "60 s"
action.consumer-down = "app""#
        );
        let run = simulate(&text("200 s", "", &systems));
        let answers = told(&run, "DeleteCluster");
        assert!(
            answers.iter().any(|(_, detail)| detail == "DELETING"),
            "{fault}: {answers:?}"
        );
    }
}
