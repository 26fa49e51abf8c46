//! Pauses of brokers while Java collects garbage: they follow what is written, and what reaches the broker waits.

use crate::support::{ScenarioBuilder, figure, lost};
use streamduel::probe::RunResult;

/// 2 MB/s, which each of three brokers writes. Sixty percent of 2 MiB are full of buffers after 0.6 s.
fn run(model: &str) -> RunResult {
    ScenarioBuilder::lasting("30 s")
        .head("warmup = \"2 s\"\naccept = [\"volumes-too-small\"]")
        .workload("arrivals.poisson = \"2000 records/s\"\nsizes.constant = \"1 kB\"\nkeys.uniform.count = 1000")
        .consumer("app", "workers = 2")
        .labelled(
            "k",
            "kafka",
            &format!("NumberOfBrokerNodes = 3\ntopic = {{ partitions = 6 }}\n{model}"),
        )
        .run_only()
}

/// A quantile of the time to the acknowledgement `[ms]`.
fn append(run: &RunResult, share: f64) -> f64 {
    run.append.quantile(share).expect("stored") as f64 / 1e6
}

#[test]
fn requests_wait_for_a_pause_and_nothing_is_lost() {
    let (without, with) = (run(""), run("model.pauses.heap = \"2 MiB\""));
    assert!(figure(&without, "pause_for") <= 0.0);
    assert!(figure(&with, "pause_for") > 0.0);
    // A pause of 9 ms on average each 0.6 s: one of three brokers pauses for 4 % of the time, and acks=all waits for it.
    let longer = |share| append(&with, share) - append(&without, share);
    assert!(longer(0.5) < 1.0, "{} ms", longer(0.5));
    assert!((3.0..60.0).contains(&longer(0.99)), "{} ms", longer(0.99));
    assert_eq!(lost(&with), 0);
    let under_way = with.ledger.consumers[0].unread;
    assert!(under_way < 500, "{under_way}");
}

#[test]
fn pauses_follow_what_is_allocated() {
    let held = |model: &str| figure(&run(model), "pause_for");
    let (small, large) = (
        held("model.pauses.heap = \"2 MiB\""),
        held("model.pauses.heap = \"16 MiB\""),
    );
    assert!(large < small, "{large} s, {small} s");
    let none = run("model.pauses.allocation = \"0 %\"");
    for share in [0.5, 0.99, 1.0] {
        assert_eq!(
            append(&none, share).to_bits(),
            append(&run(""), share).to_bits()
        );
    }
}
