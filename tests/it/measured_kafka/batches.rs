//! How large batches get, and what a linger costs.

use super::{Findings, cluster, need, rows};
use crate::conformance_kafka::{scenario, simulate};
use crate::golden::{self, Row, number};
use crate::support::figure;
use std::collections::BTreeMap;
use streamduel::probe::RunResult;

/// Rows of a machine that was warm and not at its limit.
fn trusted(row: &Row) -> bool {
    let order: u32 = number(row, "run_order");
    let warm = if row["pass"] == "1" {
        order > 25
    } else {
        order > 20
    };
    warm && need(row, "errors") == 0.0
        && need(row, "rate") > 0.0
        && need(row, "ack_rps") > 0.98 * need(row, "send_rps")
}

/// Rows where the cluster and its producer made the batches: other work had less than this of the two
/// processors, or `linger.ms` was over long before a busy sender came.
const FOREIGN_MOST: f64 = 0.6;

fn in_time(row: &Row) -> bool {
    let (linger, queued) = (need(row, "linger"), need(row, "m_queue_time_avg_ms"));
    let foreign = need(row, "cpu_total_of_2") - need(row, "cpu_own");
    foreign < FOREIGN_MOST || (linger > 0.0 && queued < 1.3 * linger)
}

/// What a request took of the measured machine's processors, calibrated on row A005 alone: 3,000 records/s
/// without a linger. A connection has one request at a time in a broker, so what comes meanwhile makes a
/// batch; how long a request takes decides how large it gets.
const REQUEST_CPU: &str = "request-cpu = \"260 us\", broker-start =";

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
    let topic = format!(
        "partitions = {}, min.insync.replicas = 2",
        row["partitions"]
    );
    let producer = format!(
        "{{ client-version = \"3.9\", acks = \"{}\", linger.ms = {}, batch.size = {} }}",
        row["acks"], row["linger"], row["batch"]
    );
    let kafka = cluster(&topic, &producer, "{}").replace("broker-start =", REQUEST_CPU);
    simulate(&scenario(&head, &workload, "", &kafka, ""))
}

/// Records and bytes per batch over the measured seconds, by the producers' own metrics.
fn per_batch(run: &RunResult) -> (f64, f64) {
    let (mut records, mut bytes, mut batches) = (0.0, 0.0, 0.0);
    for point in run.points.iter().filter(|point| point.t > run.warmup_s) {
        let show = |metric: &str| {
            let gauge = point.gauges.iter().find(|gauge| gauge.metric == metric);
            gauge.map_or(0.0, |gauge| gauge.value)
        };
        let sent = show("request-rate") * show("records-per-request-avg") * point.length;
        if sent > 0.0 {
            let count = sent / show("records per batch");
            (records, batches) = (records + sent, batches + count);
            bytes += count * show("batch-size-avg");
        }
    }
    (records / batches, bytes / batches)
}

#[test]
fn batches_are_as_large_as_measured() {
    let mut findings = Findings::of("a_latency_throughput.csv");
    let mut compared = 0;
    for row in rows("a_latency_throughput.csv")
        .iter()
        .filter(|row| trusted(row))
    {
        let counts = in_time(row);
        let (theirs, size) = (
            need(row, "rec_per_batch_mean"),
            need(row, "batch_bytes_mean"),
        );
        let (ours, bytes) = per_batch(&run(row));
        let near = |ours: f64, theirs: f64| (ours / theirs - 1.0).abs() < 0.15;
        let fits = near(ours, theirs) && near(bytes, size);
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
                "{} linger {}: {theirs} records and {size} B a batch measured, {ours:.2} and {bytes:.0} simulated",
                row["id"], row["linger"]
            )
        });
    }
    assert!(!golden::is_own() || compared > 20, "{compared} rows");
    findings.done();
}

/// At a low rate latency is what the linger makes of it: more of it, more latency.
#[test]
fn latency_follows_the_linger() {
    let all = rows("a_latency_throughput.csv");
    let mut by_batch: BTreeMap<u32, Vec<(f64, f64, f64)>> = BTreeMap::new();
    let low = |row: &&Row| {
        trusted(row) && row["keys"] == "0" && row["acks"] == "all" && need(row, "rate") <= 300.0
    };
    for row in all.iter().filter(low) {
        let ours = figure(&run(row), "append_p50") * 1000.0;
        by_batch.entry(number(row, "batch")).or_default().push((
            need(row, "linger"),
            need(row, "p50"),
            ours,
        ));
    }
    let (mut pairs, mut findings) = (0, Findings::of("a_latency_throughput.csv"));
    for rows in by_batch.values_mut() {
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in rows.windows(2) {
            pairs += 1;
            let fits = pair[0].1 < pair[1].1 && pair[0].2 < pair[1].2;
            findings.check(fits, || format!("{pair:?}"));
        }
    }
    assert!(!golden::is_own() || pairs > 0, "no two lingers to compare");
    findings.done();
}
