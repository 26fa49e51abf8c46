//! Leases of the KCL: when they are taken from a worker that is gone.

use super::{count, reported, reported_with};
use crate::support::{ScenarioBuilder, figure, happened};
use proptest::prelude::*;
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

/// fail-05: 40 leases that are renewed every 3.308 s are 12.1 writes/s against the ten of the KCL's default table: renewals
/// fail, and leases are lost. KCL issues 564 and 639; vmware-go-kcl 77; `DynamoDBLeaseRenewer` of KCL 3.5.1.
#[test]
fn a_lease_table_with_too_few_writes_costs_leases() {
    let name = "fail-05-lease-table-capacity";
    let small = &reported(name)["kinesis"];
    let other = |capacity: &str| {
        reported_with(name, |text| {
            text.replace("WriteCapacityUnits = 10, ReadCapacityUnits = 10", capacity)
        })
    };
    let large = other("WriteCapacityUnits = 20, ReadCapacityUnits = 10");
    let on_demand = other("BillingMode = \"PAY_PER_REQUEST\"");
    for calm in [&large["kinesis"], &on_demand["kinesis"]] {
        assert_eq!(happened(calm, "lease lost"), 0);
    }
    assert!(
        happened(small, "lease lost") > 100,
        "{} leases were lost",
        happened(small, "lease lost")
    );
    assert!(
        count(small, "redelivered") > 5 * count(&large["kinesis"], "redelivered"),
        "each of them has its work done again"
    );
}

/// AT_TIMESTAMP: reading begins with the first record that was stored at that instant. API reference, GetShardIterator.
#[test]
fn reading_begins_at_a_timestamp() {
    for reader in ["", "mode = \"lambda\", ", "mode = \"enhanced-fan-out\", "] {
        let kinesis = format!(
            "ShardCount = 2\nconsumer.app = {{ {reader}InitialPositionInStream = \"AT_TIMESTAMP\", Timestamp = \"40 s\", starts-at = \"60 s\" }}\n\
             [[system.kinesis.kinesis.call]]\nat = \"20 s\"\nSplitShard = {{ ShardToSplit = \"shardId-000000000000\" }}"
        );
        let run = ScenarioBuilder::lasting("3 min")
            .workload("arrivals.constant = \"100 records/s\"\nkeys.uniform.count = 100\nsizes.constant = \"200 B\"")
            .consumer("app", "")
            .system("kinesis", &kinesis)
            .run_only();
        let (skipped, seen) = (
            count(&run, "skipped"),
            count(&run, "delivered") + count(&run, "unread"),
        );
        assert!((3_970..=4_000).contains(&skipped), "{reader}: {skipped}");
        assert_eq!(skipped + seen, count(&run, "stored"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// However often leases are lost and taken: no record is lost, none is discarded, and what is done again is counted.
    #[test]
    fn no_record_is_lost_with_a_lease(
        seed in 0_u64..1000,
        kcl in 1_u64..=3,
        shards in 1_u64..=12,
        workers in 1_u64..=4,
        write in 1_u64..=12,
        read in 1_u64..=4,
        failover in prop_oneof![Just(1000_u64), Just(3000), Just(10_000)],
        checkpoint in prop_oneof![Just(0_u64), Just(7), Just(60)],
        processing in prop_oneof![Just("0 ms"), Just("2 ms"), Just("30 ms")],
        fan_out in any::<bool>(),
    ) {
        let mode = if fan_out { "enhanced-fan-out" } else { "polling" };
        let kinesis = format!(
            "ShardCount = {shards}\nmodel.watch-order = true\n\
             consumer.app = {{ kcl = {kcl}, mode = \"{mode}\", failoverTimeMillis = {failover}, checkpoint-interval = \"{checkpoint} s\", \
             lease-table = {{ WriteCapacityUnits = {write}, ReadCapacityUnits = {read} }} }}\n\
             [[system.kinesis.kinesis.call]]\nat = \"50 s\"\nSplitShard = {{ ShardToSplit = \"shardId-000000000000\" }}"
        );
        let run = ScenarioBuilder::lasting("3 min")
            .seed(seed)
            .workload("arrivals.poisson = \"40 records/s\"\nkeys.uniform.count = 40\nsizes.constant = \"200 B\"\nproducer-of = \"key\"")
            .consumer("app", &format!("workers = {workers}\nprocessing.per-record = \"{processing}\""))
            .system("kinesis", &kinesis)
            .step(70, "lasts = \"20 s\"\naction.worker-crash = { consumer = \"app\", worker = 1 }")
            .step(110, "action.worker-join = { consumer = \"app\", workers = 1 }")
            .run_only();
        prop_assert_eq!(count(&run, "discarded") + count(&run, "skipped") + count(&run, "expired"), 0);
        prop_assert_eq!(count(&run, "delivered") + count(&run, "unread"), count(&run, "stored"));
        prop_assert_eq!(run.out_of_order.as_ref().expect("watched")[0], 0);
    }
}
