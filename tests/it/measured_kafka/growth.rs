//! Partitions added under a keyed load, and partitions that cannot be taken away.

use super::{Findings, SEEDS, Window, cluster, load, maybe, need, rows, settings};
use crate::conformance_kafka::{scenario, simulate};
use crate::golden::{self, Row, number};
use crate::support::figure;
use streamduel::platform::kafka::controller::{Controller, Defaults, NewTopic};
use streamduel::platform::kafka::murmur2::partition;
use streamduel::probe::RunResult;

/// A time of a run.
type Read = fn(&Row, &RunResult) -> Option<f64>;

fn run(case: &Row, seed: u64) -> RunResult {
    let (rate, loaded) = (need(case, "rate_rps"), need(case, "dur_s"));
    // Long enough to read everything that was sent.
    let (members, each) = (
        need(case, "members"),
        need(case, "processing_us") + super::RECORD_US,
    );
    let whole = loaded + 15.0 + rate * loaded * each / 1e6 / members;
    let head = format!("seed = {seed}\nduration = \"{whole:.3} s\"\nsample = \"100 ms\"");
    let workload = format!(
        "{}\nkeys.uniform.count = {}\nsizes.constant = \"200 B\"",
        load(rate, loaded),
        case["keys"]
    );
    let app = format!("workers = {members}\nprocessing.per-record = \"{each} us\"");
    let topic = format!(
        "partitions = {}, min.insync.replicas = 2",
        case["partitions_before"]
    );
    let producer = settings(&case["producer"], "client-version = \"3.9\"");
    let kafka = cluster(&topic, &producer, &settings(&case["consumer"], ""));
    let at = need(case, "expanded_at_s");
    let step = format!(
        "[[timeline]]\nat = \"{at} s\"\naction.scale-to = {}\n",
        case["partitions_after"]
    );
    simulate(&scenario(&head, &workload, &app, &kafka, &step))
}

/// When the first record went to a new partition, after the growth `[s]`.
fn first_send(case: &Row, run: &RunResult) -> Option<f64> {
    let before = number::<usize>(case, "partitions_before");
    let used = |lanes: &[f32]| lanes.iter().skip(before).any(|share| *share > 0.0);
    run.points
        .iter()
        .find(|point| used(&point.utilisation))
        .map(|point| point.t - need(case, "expanded_at_s"))
}

/// When the group had the new partitions, after the growth `[s]`.
fn rebalanced(case: &Row, run: &RunResult) -> Option<f64> {
    let at = need(case, "expanded_at_s");
    run.happenings
        .iter()
        .find(|one| one.what == "rebalanced" && one.t > at)
        .map(|one| one.t - at)
}

fn compare(case: &Row, findings: &mut Findings) -> f64 {
    let name = &case["case"];
    let runs: Vec<RunResult> = (0..SEEDS).map(|seed| run(case, seed)).collect();
    let counts = |figure_name: &str| {
        runs.iter()
            .map(|run| figure(run, figure_name))
            .collect::<Vec<f64>>()
    };
    findings.phases(
        &format!("{name} never consumed"),
        need(case, "never_consumed"),
        &counts("skipped"),
    );
    findings.happens(
        &format!("{name} consumed twice"),
        need(case, "consumed_twice"),
        &counts("redelivered"),
    );
    let violations = counts("out_of_order");
    findings.phases(
        &format!("{name} order violations"),
        need(case, "order_violations"),
        &violations,
    );
    // Without the new partitions in the run, nobody reads what may have gone there.
    for run in runs.iter().filter(|run| rebalanced(case, run).is_some()) {
        findings.check(run.ledger.consumers[0].unread == 0, || {
            format!("{name}: records are left")
        });
    }
    let windows: [(&str, Read); 2] = [
        ("first_send_to_new_partition_after_s", first_send),
        ("first_consume_from_new_partition_after_s", rebalanced),
    ];
    for (column, get) in windows {
        let simulated: Vec<Option<f64>> = runs.iter().map(|run| get(case, run)).collect();
        match maybe(case, column) {
            Some(measured) => {
                findings.window(
                    &format!("{name} {column}"),
                    measured,
                    Window::of(simulated.into_iter().flatten()),
                );
            }
            None => findings.check(simulated.contains(&None), || {
                format!("{name} {column}: not within the run, simulated {simulated:?}")
            }),
        }
    }
    violations.iter().sum::<f64>() / SEEDS as f64
}

#[test]
fn added_partitions_skip_and_reorder_as_measured() {
    let mut findings = Findings::of("d_add_partitions.csv");
    let (mut with_lag, mut without): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    for case in rows("d_add_partitions.csv") {
        let mean = findings.case(&case["case"], |findings| compare(&case, findings));
        let Some(mean) = mean else { continue };
        if need(&case, "processing_us") > 0.0 {
            &mut with_lag
        } else {
            &mut without
        }
        .push(mean);
    }
    let most = without.iter().copied().fold(0.0, f64::max);
    findings.check(with_lag.iter().all(|mean| *mean > 5.0 * most), || {
        format!("order violations with lag {with_lag:?}, without {without:?}")
    });
    findings.done();
}

/// Keys of the measurements have other names: the shares agree within three deviations of so many draws.
#[test]
fn added_partitions_move_as_many_keys() {
    let file = "d_add_partitions.csv";
    let moved = |case: &Row| need(case, "keys_moved") > 0.0;
    golden::judge(file, rows(file).into_iter().filter(moved), |case| {
        let (before, after): (u32, u32) = (
            number(&case, "partitions_before"),
            number(&case, "partitions_after"),
        );
        let keys: u32 = number(&case, "keys");
        let key = |n: u32| format!("key-{n}");
        let moves =
            |n: &u32| partition(key(*n).as_bytes(), before) != partition(key(*n).as_bytes(), after);
        let (ours, theirs) = (
            (0..keys).filter(moves).count() as f64,
            need(&case, "keys_moved"),
        );
        let deviation = (2.0 * f64::from(keys) * 0.25).sqrt();
        assert!(
            (ours - theirs).abs() < 3.0 * deviation,
            "{}: {ours} against {theirs}",
            case["case"]
        );
    });
}

/// The words of Kafka's error, without what a tool puts around them.
#[test]
fn partitions_are_not_taken_away_in_kafkas_words() {
    let file = "d_remove_partitions.csv";
    golden::judge(file, rows(file), |row| {
        let mut controller = Controller::new(Defaults {
            partitions: 1,
            replication_factor: 3,
            unclean: false,
        });
        (0..3).for_each(|broker| controller.register(broker, broker));
        let named = row["answer"]
            .split("The topic ")
            .nth(1)
            .and_then(|text| text.split(' ').next());
        let name = named.unwrap_or("ap-x6-12");
        let partitions = number(&row, "current");
        controller
            .create_topic(&NewTopic {
                partitions,
                replication: 3,
                ..NewTopic::of(name)
            })
            .expect("a topic");
        let refusal = controller
            .create_partitions(name, number(&row, "requested"), None)
            .expect_err("no increase");
        assert_eq!(refusal.name, "INVALID_PARTITIONS");
        assert!(
            row["answer"].contains("InvalidPartitionsException"),
            "{row:?}"
        );
        let exact = row["answer"].rsplit("InvalidPartitionsException ").next()
            == Some(&refusal.message[..]);
        let inside =
            row["how"].starts_with("kafka-topics") && row["answer"].contains(&refusal.message);
        assert!(exact || inside, "{row:?}\nours: {}", refusal.message);
    });
}
