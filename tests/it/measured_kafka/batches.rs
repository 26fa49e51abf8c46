//! How large batches get, and what a linger costs.

use super::{Findings, cluster, need, rows};
use crate::conformance_kafka::{figure, scenario, simulate};
use crate::golden::{Row, number};
use std::collections::BTreeMap;
use streamduel::platform::kafka::batch::{BATCH_OVERHEAD, record_bytes};
use streamduel::probe::RunResult;

/// Rows of a machine that was warm and not at its limit.
fn trusted(row: &Row) -> bool {
    let order: u32 = number(row, "run_order");
    let warm = if row["pass"] == "1" { order > 25 } else { order > 20 };
    warm && need(row, "errors") == 0.0
        && need(row, "rate") > 0.0
        && need(row, "ack_rps") > 0.98 * need(row, "send_rps")
}

/// From 64 records on a batch cannot be told from its bytes: records take a byte more, as much as the batch
/// takes for itself by then.
const LEGIBLE: f64 = 64.0;

/// Rows where `linger.ms` and `batch.size` make the batches, and not a sender that comes late: with
/// `linger.ms` 0 batches are as large as requests take long, and where records waited far longer than the
/// linger the machine was too busy to send in time.
fn in_time(row: &Row) -> bool {
    let linger = need(row, "linger");
    linger > 0.0
        && need(row, "m_queue_time_avg_ms") < 1.3 * linger
        && need(row, "rec_per_batch_mean") < LEGIBLE
}

fn run(row: &Row) -> RunResult {
    let keys = match &row["keys"][..] {
        "0" => "keys = \"none\"".to_owned(),
        count => format!("keys.uniform.count = {count}"),
    };
    let seconds = 2.0 + need(row, "dur");
    let head = format!("duration = \"{seconds} s\"\nwarmup = \"2 s\"");
    let workload = format!(
        "arrivals.poisson = \"{} records/s\"\n{keys}\nsizes.constant = \"{} B\"\nproducers = 1",
        row["rate"], row["size"]
    );
    let topic = format!("partitions = {}, min.insync.replicas = 2", row["partitions"]);
    let producer = format!(
        "{{ client-version = \"3.9\", acks = \"{}\", linger.ms = {}, batch.size = {} }}",
        row["acks"], row["linger"], row["batch"]
    );
    simulate(&scenario(&head, &workload, "", &cluster(&topic, &producer, "{}"), ""))
}

/// Records per batch: a batch has 61 bytes for itself, and records have few bytes more where they are far
/// behind the first of their batch, in number or in time.
fn records_per_batch(row: &Row, run: &RunResult) -> f64 {
    let (records, bytes) =
        run.lane_totals.iter().fold((0, 0), |sum, lane| (sum.0 + lane.records, sum.1 + lane.bytes));
    let each = bytes as f64 / records as f64;
    let key = if row["keys"] == "0" { None } else { Some(7) };
    let size = number(row, "size");
    // Keys are called key-0 to key-999: some are shorter.
    let shorter = match number::<u32>(row, "keys") {
        0 => 0.0,
        count => (0..count).map(|n| 7 - format!("key-{n}").len()).sum::<usize>() as f64 / f64::from(count),
    };
    let (rate, lanes) = (need(row, "rate"), if row["keys"] == "0" { 1.0 } else { need(row, "partitions") });
    let mut n = 16.0_f64;
    for _ in 0..50 {
        let most = n.ceil().max(1.0) as u64;
        // How many milliseconds the last record comes behind the first.
        let span = ((n - 1.0).max(0.0) * lanes / rate * 1000.0).min(need(row, "linger"));
        let one = |index: u64| record_bytes(index, (span * index as f64 / most as f64) as u64, key, size);
        let plain = (0..most).map(one).sum::<u64>() as f64 / most as f64 - shorter;
        n = 0.5 * n + 0.5 * (BATCH_OVERHEAD as f64 / (each - plain).max(0.05));
    }
    n
}

#[test]
fn batches_are_as_large_as_measured() {
    let mut findings = Findings::default();
    let mut compared = 0;
    for row in rows("a_latency_throughput.csv").iter().filter(|row| trusted(row)) {
        let counts = in_time(row);
        let (theirs, ours) = (need(row, "rec_per_batch_mean"), records_per_batch(row, &run(row)));
        let fits = (ours / theirs - 1.0).abs() < 0.15;
        if std::env::var_os("MEASURED_SHOW").is_some() {
            eprintln!(
                "| {} P{} keys {} linger {} batch {} size {} acks {} rate {} lat {} | {theirs} | {ours:.2} | {fits} {counts}",
                row["id"],
                row["partitions"],
                row["keys"],
                row["linger"],
                row["batch"],
                row["size"],
                row["acks"],
                row["rate"],
                row["p50"]
            );
        }
        compared += u32::from(counts);
        findings.check(fits || !counts, || {
            format!(
                "{} linger {}: {theirs} records a batch measured, {ours:.2} simulated",
                row["id"], row["linger"]
            )
        });
    }
    assert!(compared > 10, "{compared} rows");
    findings.done();
}

/// At a low rate latency is what the linger makes of it: more of it, more latency.
#[test]
fn latency_follows_the_linger() {
    let all = rows("a_latency_throughput.csv");
    let mut by_batch: BTreeMap<u32, Vec<(f64, f64, f64)>> = BTreeMap::new();
    let low =
        |row: &&Row| trusted(row) && row["keys"] == "0" && row["acks"] == "all" && need(row, "rate") <= 300.0;
    for row in all.iter().filter(low) {
        let ours = figure(&run(row), "append_p50") * 1000.0;
        by_batch.entry(number(row, "batch")).or_default().push((need(row, "linger"), need(row, "p50"), ours));
    }
    let mut pairs = 0;
    for rows in by_batch.values_mut() {
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in rows.windows(2) {
            pairs += 1;
            assert!(pair[0].1 < pair[1].1 && pair[0].2 < pair[1].2, "{pair:?}");
        }
    }
    assert!(pairs > 0, "no two lingers to compare");
}
