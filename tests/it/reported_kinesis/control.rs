//! The control plane and the bill.

use super::{count, reported};
use streamduel::probe::RunResult;

/// The numbers of the shards that are open at the end.
fn open_at_the_end(run: &RunResult) -> Vec<usize> {
    let lanes = run.lanes.iter().enumerate();
    let open = lanes.filter(|(_, lane)| lane.closed_s.is_none());
    open.map(|(number, _)| number).collect()
}

/// What an item of the bill costs `[USD]`.
fn cost_of(run: &RunResult, item: &str) -> f64 {
    let bill = run.bill.as_ref().expect("a bill");
    let line = bill.lines.iter().find(|line| line.item.name == item);
    line.map_or(0.0, |line| line.amount as f64 / 1e12)
}

/// fail-19: scaling-utils decides by the operation with the higher use and scales by `scalePct`. The tool's own code,
/// `StreamMonitor` and `StreamScalingUtils.getNewShardCount`; its issues 22, 34, 48 and 101.
#[test]
fn scaling_utils_add_a_percentage() {
    let runs = reported("fail-19-scaling-utils-percent");
    assert_eq!(
        count(&runs["kinesis"], "lanes"),
        18,
        "25 % of 14 shards, rounded up"
    );
}

/// fail-22: from left to right, one step at a time. Observed by users of RisingWave (issue 9961): 6, 9 and 10 are open.
#[test]
fn four_shards_become_three_from_left_to_right() {
    let run = &reported("fail-22-four-to-three")["kinesis"];
    assert_eq!(open_at_the_end(run), [6, 9, 10]);
    assert_eq!(count(run, "lanes_max"), 5);
}

/// fail-28: the price list words the rounding of records under Data-In alone (<https://aws.amazon.com/kinesis/data-streams/pricing/>).
#[test]
fn what_is_retrieved_on_demand_is_not_rounded() {
    let run = &reported("fail-28-retrieval-rounded")["on-demand"];
    let (written, read) = (cost_of(run, "data in"), cost_of(run, "data retrieval"));
    assert!(
        (read - 0.020).abs() < 0.002,
        "half a GB at 0.04 USD: {read}"
    );
    assert!(
        written / read > 3.5,
        "twice the price, and rounded to twice the size: {written}"
    );
}

/// fail-25: an account that has as many on-demand streams as it may gets LimitExceededException for another one. Quotas and
/// limits, <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>; terraform-provider-aws 38094.
#[test]
fn one_on_demand_stream_too_many_is_refused() {
    let run = &reported("fail-25-account-and-call-rates")["kinesis"];
    let refused = run.happenings.iter().any(|happening| {
        happening.what == "CreateStream" && happening.detail.contains("LimitExceededException")
    });
    assert!(refused, "{:?}", run.happenings);
    assert_eq!(count(run, "stored"), 0);
}

/// fail-23: KCL 3 reads more than KCL 2 for one shard and one worker: the workers look for their leases, the leader reads the
/// workers' state and its lock. KCL issue 1406 and PR 1443; the estimate stands beside the bill.
#[test]
fn one_worker_of_kcl_3_reads_more_than_one_of_kcl_2() {
    let runs = reported("fail-23-lease-table-reads");
    let reads = |label: &str| cost_of(&runs[label], "KCL lease table, reads (estimate)");
    assert!(
        reads("kcl3") > reads("kcl2"),
        "{} {}",
        reads("kcl3"),
        reads("kcl2")
    );
}

/// fail-02: a mapping keeps its checkpoints itself, so that nobody pays for a lease table. AWS Lambda Developer Guide.
#[test]
fn a_mapping_pays_no_lease_table() {
    let short = |text: String| text.replace("duration = \"1 h\"", "duration = \"10 min\"");
    let runs = super::reported_with("fail-02-lambda-pays-lease-table", short);
    let bill = runs["kinesis"].bill.as_ref().expect("a bill");
    let of_table = bill
        .lines
        .iter()
        .filter(|line| line.item.name.contains("lease table"));
    assert_eq!(of_table.map(|line| line.amount).sum::<u128>(), 0);
}
