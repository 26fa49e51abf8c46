//! Leases of the KCL: when they are taken from a worker that is gone.

use super::reported_with;
use crate::support::{ScenarioBuilder, figure, happened};
use streamduel::probe::RunResult;

/// The instants at which something of this name happened after `from` `[s]`, from there.
fn instants(run: &RunResult, what: &str, from: f64) -> Vec<f64> {
    let happenings = run.happenings.iter();
    let found = happenings.filter(|happening| happening.what == what && happening.t > from);
    found.map(|happening| happening.t - from).collect()
}

/// fail-03: nobody takes a lease before it has seen the same counter in two of its own scans, and a holder of KCL 3 finds its
/// lease up to 9.975 s later. KCL 3.5.1, `DynamoDBLeaseTaker.updateAllLeases`, `LeaseAssignmentManager`,
/// `DynamoDBLeaseCoordinator`; issue 845 (27 s), PR 1005 (up to 40 s).
#[test]
fn a_lease_is_taken_after_two_scans_and_not_before() {
    let mut apart = 0;
    for seed in 1..=6 {
        let runs = reported_with("fail-03-takeover-too-early", |text| {
            let text = text.replace("seed = 1\n", &format!("seed = {seed}\n"));
            text.replace("8 min", "5 min")
                .replace("400 records/s", "40 records/s")
        });
        let before = instants(&runs["kcl2"], "lease taken", 180.0);
        let before: Vec<f64> = before.into_iter().filter(|at| *at < 60.0).collect();
        let assigned = instants(&runs["kcl3"], "lease assigned", 180.0);
        let found = instants(&runs["kcl3"], "lease taken", 180.0);
        for at in before.iter().take(2).chain(assigned.iter().take(2)) {
            assert!((16.69..=40.1).contains(at), "{at} s after the crash");
        }
        for (assigned, found) in assigned.iter().zip(&found).take(2) {
            let search = found - assigned;
            assert!((0.0..=9.975).contains(&search), "found after {search} s");
        }
        apart += usize::from(before[1] - before[0] > 0.5);
    }
    assert!(
        apart >= 4,
        "before KCL 3 each worker scans at its own pace: {apart} of 6"
    );
}

/// A deploy is not free: nobody frees the leases of a worker that stops in order. But it has written its checkpoints.
#[test]
fn a_rolling_deploy_costs_time_and_repeats_nothing() {
    let run = |action: &str| {
        ScenarioBuilder::lasting("6 min")
            .workload("arrivals.poisson = \"200 records/s\"\nkeys.uniform.count = 1000\nsizes.constant = \"200 B\"")
            .consumer("app", "workers = 2\nprocessing.per-record = \"1 ms\"")
            .system("kinesis", "ShardCount = 4\nconsumer.app = { checkpoint-interval = \"60 s\" }")
            .step(120, action)
            .run_only()
    };
    let deploy = run(r#"action.rolling-deploy = { consumer = "app", restart = "15 s" }"#);
    let crash = run("lasts = \"15 s\"\naction.worker-crash = { consumer = \"app\", worker = 1 }");
    assert_eq!(happened(&deploy, "stop"), 2);
    assert!(figure(&deploy, "delivery_max") > 15.0);
    assert!(
        figure(&deploy, "redelivered") < 1000.0,
        "{}",
        figure(&deploy, "redelivered")
    );
    assert!(
        figure(&crash, "redelivered") > 1000.0,
        "{}",
        figure(&crash, "redelivered")
    );
}
