//! Brokers killed and stopped under load: loss, copies, order, and for how long partitions stand still.

use super::{Findings, SEEDS, Window, cluster, load, maybe, need, rows, settings};
use crate::conformance_kafka::{scenario, simulate};
use crate::golden::Row;
use crate::support::lost;
use streamduel::platform::kafka::murmur2::partition;
use streamduel::probe::RunResult;

/// The distance of samples, by which a partition is seen to stand still `[s]`.
const SAMPLE: f64 = 0.1;

/// Broker numbers of the measurements that are brokers; the others are controllers.
fn killed(case: &Row) -> Vec<u32> {
    let numbers = case["killed"]
        .split_whitespace()
        .map(|n| n.parse::<u32>().expect("a broker"));
    numbers.filter(|n| *n <= 3).map(|n| n - 1).collect()
}

/// A text before numbers from 0 on by which each partition has one key: one record to each in turn, in an
/// order that can be checked, as in the measurements.
fn prefix(partitions: u32) -> String {
    let spreads = |prefix: &String| {
        let mut hit: Vec<u32> = (0..partitions)
            .map(|n| partition(format!("{prefix}{n}").as_bytes(), partitions))
            .collect();
        hit.sort_unstable();
        hit.into_iter().eq(0..partitions)
    };
    (0..1_000_000)
        .map(|n| format!("p{n}-"))
        .find(spreads)
        .expect("some prefix spreads them")
}

/// When brokers die: each seed has its own instant between two batches `[s]`.
fn killed_at(case: &Row, seed: u64) -> f64 {
    need(case, "t_kill_s") + 0.013_7 * seed as f64
}

fn faults(case: &Row, seed: u64) -> String {
    let (from, to) = (killed_at(case, seed), need(case, "t_restarted_up_s"));
    let fault = |what: String| {
        format!(
            "[[system.k.kafka.fault]]\nat = \"{from:.5} s\"\nlasts = \"{:.3} s\"\n{what}\n",
            to - from
        )
    };
    let kind = if case["sig"] == "SIGTERM" {
        "broker-stop"
    } else {
        "broker-crash"
    };
    let one = |broker: &u32| match case["desc"].contains("wiped") {
        true => fault(format!(
            "{kind} = {{ broker = {}, volume = \"empty\" }}",
            broker + 1
        )),
        false => fault(format!("{kind} = {}", broker + 1)),
    };
    let mut all: String = killed(case).iter().map(one).collect();
    if case["desc"].contains("ACTIVE controller") {
        all += &fault("controller-down = true".to_owned());
    }
    all
}

/// One way of a network on which a request takes as long as on the measured machine, tens of milliseconds,
/// so that several are under way when a broker dies.
const SLOW: &str = "20 ms";

fn run(case: &Row, seed: u64, one_way: &str) -> RunResult {
    let partitions: u32 = crate::golden::number(case, "partitions");
    let (rate, loaded) = (need(case, "rate_rps"), need(case, "dur_s"));
    let whole = need(case, "t_restarted_up_s").max(need(case, "t_closed")) + 15.0;
    let head = format!(
        "seed = {seed}\nduration = \"{whole:.3} s\"\nsample = \"{} ms\"",
        SAMPLE * 1000.0
    );
    let keys = format!(
        "keys = {{ prefix = \"{}\", sequential.count = {partitions} }}",
        prefix(partitions)
    );
    let workload = format!(
        "{}\n{keys}\nsizes.constant = \"{} B\"",
        load(rate, loaded),
        case["size"]
    );
    let topic = settings(&case["topic"], &format!("partitions = {partitions}"));
    let topic = topic.trim_matches(['{', '}', ' ']);
    let kafka = cluster(
        topic,
        &settings(&case["producer"], "client-version = \"3.9\""),
        "{}",
    );
    let kafka = kafka.replace("100 us", one_way);
    simulate(&scenario(&head, &workload, "", &kafka, &faults(case, seed)))
}

/// The leader of a partition just before an instant.
fn leader(run: &RunResult, lane: u32, at: f64) -> Option<u32> {
    run.tenures
        .iter()
        .rfind(|tenure| tenure.lane == lane && tenure.t < at)
        .and_then(|tenure| tenure.host)
}

/// The longest time in which a partition stored nothing, of those that end after `kill` and begin before
/// `until` `[s]`.
fn longest_gap(run: &RunResult, lane: usize, kill: f64, until: f64) -> f64 {
    let (mut begin, mut longest) = (0.0, 0.0_f64);
    for point in run.points.iter().filter(|point| point.t <= until) {
        if point.utilisation[lane] > 0.0 {
            let gap = point.t - point.length - begin;
            if point.t > kill {
                longest = longest.max(gap);
            }
            begin = point.t;
        }
    }
    longest
}

/// When a tenure of a partition first satisfies `what` after an instant, from it on `[s]`.
fn first(
    run: &RunResult,
    lane: u32,
    after: f64,
    what: impl Fn(&streamduel::probe::Tenure) -> bool,
) -> Option<f64> {
    let mut later = run
        .tenures
        .iter()
        .filter(|tenure| tenure.lane == lane && tenure.t >= after);
    later
        .find(|tenure| what(tenure))
        .map(|tenure| tenure.t - after)
}

/// What one run shows of partitions whose leader was killed (`led`) or of the others.
fn seen(case: &Row, run: &RunResult, led: bool, what: &str) -> Vec<f64> {
    let (kill, up) = (need(case, "t_kill_s"), need(case, "t_restarted_up_s"));
    let dead = killed(case);
    let lanes = 0..crate::golden::number::<u32>(case, "partitions");
    let of_kind =
        |lane: &u32| leader(run, *lane, kill).is_some_and(|host| dead.contains(&host)) == led;
    let one = |lane: u32| match what {
        "longest_ack_gap_s" => Some(longest_gap(
            run,
            lane as usize,
            kill,
            need(case, "t_closed").max(up + 15.0),
        )),
        "new_leader_seen_s" => {
            let old = leader(run, lane, kill);
            first(run, lane, kill, |tenure| {
                tenure.host.is_some() && tenure.host != old
            })
        }
        "isr_change_seen_s" => first(run, lane, kill, |tenure| tenure.copies < 3),
        _ => first(run, lane, up, |tenure| tenure.copies == 3).map(|t| t + up - kill),
    };
    lanes.filter(of_kind).filter_map(one).collect()
}

fn compare(case: &Row, partitions: &[Row], findings: &mut Findings) {
    let name = &case["case"];
    let runs: Vec<RunResult> = (0..SEEDS).map(|seed| run(case, seed, "100 us")).collect();
    let sum = |column: &str| partitions.iter().map(|row| need(row, column)).sum::<f64>();
    let slow: Vec<RunResult> = (0..SEEDS).map(|seed| run(case, seed, SLOW)).collect();
    let counts =
        |of: &dyn Fn(&RunResult) -> f64| runs.iter().chain(&slow).map(of).collect::<Vec<f64>>();
    findings.happens(
        &format!("{name} lost"),
        sum("acked_but_lost"),
        &counts(&|run| lost(run) as f64),
    );
    findings.happens(
        &format!("{name} duplicates"),
        sum("duplicates"),
        &counts(&|run| run.stored_again as f64),
    );
    let late = |run: &RunResult| run.reordered.expect("one producer") as f64;
    findings.happens(
        &format!("{name} out of order"),
        sum("out_of_order_in_log"),
        &counts(&late),
    );
    let errors = maybe(case, "errors").unwrap_or(0.0);
    let ended = |run: &RunResult| (run.ledger.ended() - lost(run)) as f64;
    findings.happens(&format!("{name} errors"), errors, &counts(&ended));
    let dead: Vec<String> = killed(case)
        .iter()
        .map(|broker| (broker + 1).to_string())
        .collect();
    for led in [true, false] {
        let rows = || {
            partitions
                .iter()
                .filter(|row| dead.contains(&row["leader_before"]) == led)
        };
        for what in [
            "longest_ack_gap_s",
            "new_leader_seen_s",
            "isr_change_seen_s",
        ] {
            let simulated = Window::of(runs.iter().flat_map(|run| seen(case, run, led, what)));
            let measured = Window::of(rows().filter_map(|row| maybe(row, what)));
            let Some(measured) = measured else { continue };
            if case["sig"] == "SIGTERM" && what == "longest_ack_gap_s" {
                // No timer decides: a shutdown takes what the machine takes, and far less than a session.
                let short = |window: Window| window.high < 3.0;
                findings.check(simulated.is_some_and(short) && short(measured), || {
                    format!("{name} {what}: measured {measured:?}, simulated {simulated:?}")
                });
                continue;
            }
            let kind = if led { "leader" } else { "follower only" };
            findings.window(
                &format!("{name} {kind} {what} least"),
                measured.low,
                simulated,
            );
            findings.window(
                &format!("{name} {kind} {what} most"),
                measured.high,
                simulated,
            );
        }
    }
    let up = need(case, "t_restarted_up_s") - need(case, "t_kill_s");
    for run in &runs {
        let full: Vec<f64> = [true, false]
            .iter()
            .flat_map(|led| seen(case, run, *led, "isr_full_again_s"))
            .collect();
        let late = full.iter().copied().fold(0.0, f64::max) - up;
        findings.check(full.len() == partitions.len() && late < 5.0, || {
            format!(
                "{name}: in sync again {late:.3} s after the restart, {} of {}",
                full.len(),
                partitions.len()
            )
        });
    }
}

#[test]
fn killed_and_stopped_brokers_cost_what_was_measured() {
    let partitions = rows("c_failover_partitions.csv");
    let mut findings = Findings::of("c_failover_cases.csv");
    for case in rows("c_failover_cases.csv") {
        let own: Vec<Row> = partitions
            .iter()
            .filter(|row| row["case"] == case["case"])
            .cloned()
            .collect();
        findings.case(&case["case"], |findings| compare(&case, &own, findings));
    }
    findings.done();
}
