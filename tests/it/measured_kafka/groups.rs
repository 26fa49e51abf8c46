//! Members that leave, die, join and come back: for how long partitions are not processed, and what is
//! processed twice.

use super::{Findings, SEEDS, Window, cluster, load, need, rows, settings};
use crate::conformance_kafka::{scenario, simulate};
use crate::golden::Row;
use crate::support::figure;
use streamduel::probe::RunResult;

/// When something is done to the group: somewhere in the run, not at a round instant `[s]`.
const AT: f64 = 8.13;
/// The distance of samples, by which the group is seen to stand still `[s]`.
const SAMPLE: f64 = 0.05;

/// The events of a case between the action and the end of its load.
fn events(case: &Row, what: &str, from: f64) -> Vec<(f64, String)> {
    let own = rows("f_group_events.csv").into_iter();
    let mut own: Vec<(f64, String)> = own
        .filter(|row| row["case"] == case["case"] && row["event"] == what)
        .map(|row| (need(&row, "t_since_action_s"), row["member"].clone()))
        .filter(|(t, _)| *t > from && *t < need(case, "dur_s") + 5.0)
        .collect();
    own.sort_by(|a, b| a.0.total_cmp(&b.0));
    own
}

/// What is done to the group, as a scenario says it, and for how long it lasts.
fn action(case: &Row) -> String {
    let assigned = || events(case, "ASSIGNED", 0.0);
    let timeline = |lasts: Option<f64>, what: &str| {
        let lasts = lasts
            .map(|s| format!("lasts = \"{s:.3} s\"\n"))
            .unwrap_or_default();
        format!("[[timeline]]\nat = \"{AT} s\"\n{lasts}action.{what}\n")
    };
    match &case["action"][..] {
        "leave" => {
            format!(
                "[[system.k.kafka.call]]\nat = \"{AT} s\"\nclose-consumer = {{ consumer = \"app\", worker = 2 }}\n"
            )
        }
        "kill" => timeline(None, "worker-crash = { consumer = \"app\", worker = 2 }"),
        "join" => timeline(None, "worker-join = { consumer = \"app\", workers = 1 }"),
        // It is back when its process has started.
        "bounce" => {
            let back = assigned().first().expect("it comes back").0;
            // It closes in good order first, so that there is nothing left to crash.
            let closes = "close-consumer = { consumer = \"app\", worker = 2 }";
            let down = timeline(
                Some(back),
                "worker-crash = { consumer = \"app\", worker = 2 }",
            );
            format!(
                "[[system.k.kafka.call]]\nat = \"{:.3} s\"\n{closes}\n{down}",
                AT - 0.001
            )
        }
        // Members are assigned again a `group.initial.rebalance.delay.ms` after the first of them is there.
        "pauseall" => {
            let back = assigned()
                .iter()
                .map(|(t, _)| *t)
                .find(|t| *t > need(case, "resumed_after_s"));
            timeline(
                Some(back.expect("they come back") - 3.0),
                "consumer-down = \"app\"",
            )
        }
        other => panic!("{other}"),
    }
}

fn run(case: &Row, seed: u64) -> RunResult {
    let (rate, loaded) = (need(case, "rate_rps"), need(case, "dur_s"));
    let whole = AT + loaded + 20.0;
    let head = format!(
        "seed = {seed}\nduration = \"{whole:.3} s\"\nsample = \"{} ms\"",
        SAMPLE * 1000.0
    );
    let workload = format!(
        "{}\nkeys = \"none\"\nsizes.constant = \"200 B\"",
        load(rate, loaded)
    );
    let each = need(case, "processing_us") + super::RECORD_US;
    let app = format!(
        "workers = {}\nprocessing.per-record = \"{each} us\"",
        case["members"]
    );
    let topic = format!(
        "partitions = {}, min.insync.replicas = 2",
        case["partitions"]
    );
    let is_static = if case["static"] == "True" {
        "group.instance.id = \"by-worker\""
    } else {
        ""
    };
    let producer = "{ client-version = \"3.9\", linger.ms = 5, partitioner.class = \"RoundRobinPartitioner\" }";
    let kafka = cluster(&topic, producer, &settings(&case["consumer"], is_static));
    simulate(&scenario(&head, &workload, &app, &kafka, &action(case)))
}

/// The longest time in which the whole group processed nothing while there was a load `[s]`.
fn standstill(case: &Row, run: &RunResult) -> f64 {
    let (mut begin, mut longest) = (AT, 0.0_f64);
    for point in run
        .points
        .iter()
        .filter(|point| point.t > AT && point.t < need(case, "dur_s"))
    {
        if point.delivered[0] > 0 {
            longest = longest.max(point.t - point.length - begin);
            begin = point.t;
        }
    }
    longest
}

/// The same of the measured group: from when the last of those that stay gave its partitions up until the
/// first had some again. Gaps of partitions are longer by what a busy machine takes to read on.
fn measured_standstill(case: &Row) -> f64 {
    if case["consumer"].contains("Cooperative") {
        return 0.0;
    }
    let leaves = |member: &String| member == "1" && case["action"] == "leave";
    let given = events(case, "ASSIGNED", 0.0);
    let Some(first) = given.first() else {
        return 0.0;
    };
    let revoked = events(case, "REVOKED", 0.0)
        .into_iter()
        .filter(|(t, member)| *t < first.0 && !leaves(member));
    match revoked.map(|(t, _)| t).reduce(f64::max) {
        Some(last) if case["static"] != "True" => first.0 - last,
        _ => 0.0,
    }
}

/// When a member that leaves was through with it: closing took a second or two on the measured machine.
fn closed(case: &Row) -> f64 {
    if case["action"] == "leave" {
        events(case, "CLOSED", 0.0).first().map_or(0.0, |(t, _)| *t)
    } else {
        0.0
    }
}

fn compare(case: &Row, findings: &mut Findings) {
    let name = &case["case"];
    let gaps: Vec<Row> = rows("f_group_gaps.csv")
        .into_iter()
        .filter(|row| row["case"] == *name)
        .collect();
    let runs: Vec<RunResult> = (0..SEEDS).map(|seed| run(case, seed)).collect();
    let each = |of: &dyn Fn(&RunResult) -> f64| runs.iter().map(of).collect::<Vec<f64>>();
    let longest = Window::of(each(&|run| figure(run, "delivery_max")));
    if case["action"] != "pauseall" {
        let ends = gaps
            .iter()
            .map(|row| (need(row, "longest_gap_s"), need(row, "gap_end_s")));
        let (gap, end) = ends.max_by(|a, b| a.0.total_cmp(&b.0)).expect("partitions");
        let measured = if closed(case) > 0.0 {
            end - closed(case)
        } else {
            gap
        };
        findings.window(&format!("{name} longest gap"), measured, longest);
    }
    let still = Window::of(each(&|run| standstill(case, run)));
    findings.window(
        &format!("{name} standstill of the group"),
        measured_standstill(case),
        still,
    );
    let twice: f64 = case["processed_twice"]
        .trim_start_matches(">=")
        .parse()
        .expect("a number");
    findings.happens(
        &format!("{name} processed twice"),
        twice,
        &each(&|run| figure(run, "redelivered")),
    );
    if matches!(&case["action"][..], "leave" | "kill") {
        // From the action until the others have its partitions.
        let given = events(case, "ASSIGNED", 0.0)
            .last()
            .expect("they are given out")
            .0
            - closed(case);
        let last = |run: &RunResult| {
            run.happenings
                .iter()
                .rfind(|one| one.what == "rebalanced")
                .map(|one| one.t - AT)
        };
        findings.window(
            &format!("{name} assigned"),
            given,
            Window::of(runs.iter().filter_map(last)),
        );
    }
    if case["static"] == "True" {
        let rebalanced = |run: &RunResult| {
            run.happenings
                .iter()
                .filter(|one| one.what == "rebalanced")
                .count() as f64
        };
        let others = events(case, "REVOKED", 0.0)
            .iter()
            .filter(|(t, member)| *t < 20.0 && member != "1")
            .count();
        findings.happens(
            &format!("{name} rebalances"),
            others as f64,
            &each(&rebalanced),
        );
    }
    let whole = need(case, "produced") <= need(case, "consumed_unique");
    if whole {
        findings.happens(
            &format!("{name} left"),
            0.0,
            &each(&|run| figure(run, "unread")),
        );
    }
}

#[test]
fn groups_stand_still_as_long_as_measured() {
    let mut findings = Findings::of("f_group_cases.csv");
    for case in rows("f_group_cases.csv") {
        findings.case(&case["case"], |findings| compare(&case, findings));
    }
    findings.done();
}

/// Records processed per second while a group catches up: from two seconds after it works again until a
/// tenth of the most it was behind is left.
fn catch_up_rate(samples: &[(f64, f64, f64)]) -> f64 {
    let behind = |sample: &(f64, f64, f64)| sample.1 - sample.2;
    let stood = samples
        .iter()
        .rfind(|s| s.0 < 20.0)
        .expect("samples while it was away")
        .2;
    let works = samples
        .iter()
        .find(|s| s.0 > 0.0 && s.2 > stood)
        .expect("it works again")
        .0;
    let most = samples.iter().map(behind).fold(0.0, f64::max);
    let busy: Vec<_> = samples
        .iter()
        .filter(|s| s.0 >= works + 2.0 && behind(s) > 0.1 * most)
        .collect();
    let (first, last) = (
        busy.first().expect("a sample"),
        busy.last().expect("a sample"),
    );
    (last.2 - first.2) / (last.0 - first.0)
}

/// Seconds since the action, records sent and records processed so far.
fn simulated_lag(run: &RunResult) -> Vec<(f64, f64, f64)> {
    let (mut sent, mut done) = (0, 0);
    let one = |point: &streamduel::probe::Point| {
        sent += point.counts.offered;
        done += point.delivered[0];
        (point.t - AT, sent as f64, done as f64)
    };
    run.points.iter().map(one).collect()
}

#[test]
fn a_group_that_was_away_catches_up_as_fast_as_measured() {
    let mut findings = Findings::of("f_group_lag.csv");
    let samples = rows("f_group_lag.csv");
    for case in rows("f_group_cases.csv")
        .into_iter()
        .filter(|case| case["action"] == "pauseall")
    {
        let own = samples.iter().filter(|row| row["case"] == case["case"]);
        let point = |row: &Row| {
            (
                need(row, "t_since_action_s"),
                need(row, "produced"),
                need(row, "consumed"),
            )
        };
        let own: Vec<_> = own.map(point).collect();
        let (theirs, ours) = (
            catch_up_rate(&own),
            catch_up_rate(&simulated_lag(&run(&case, 0))),
        );
        if std::env::var_os("MEASURED_SHOW").is_some() {
            eprintln!(
                "| {} catch-up rate | {theirs:.0} | {ours:.0} |",
                case["case"]
            );
        }
        findings.check((theirs / ours - 1.0).abs() < 0.2, || {
            format!(
                "{}: {theirs:.0} records/s measured, {ours:.0} simulated",
                case["case"]
            )
        });
    }
    findings.done();
}
