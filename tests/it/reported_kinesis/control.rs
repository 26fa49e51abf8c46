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
