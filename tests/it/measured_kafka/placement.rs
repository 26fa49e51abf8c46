//! Which partition a record goes to.

use super::{Findings, cluster, need, rows, settings};
use crate::conformance_kafka::{scenario, simulate};
use crate::golden::{self, Row, bytes, number};
use streamduel::platform::kafka::murmur2::{murmur2, partition};
use streamduel::probe::RunResult;

const COUNTS: [u32; 5] = [3, 6, 7, 12, 64];

#[test]
fn keys_lie_where_kafka_puts_them() {
    let file = "b_murmur2_vectors.csv";
    golden::judge(file, rows(file), |row| {
        let key = bytes(&row["key_hex"]);
        let hash = murmur2(&key);
        assert_eq!(
            hash.to_string(),
            row["murmur2_signed"],
            "{}",
            row["key_hex"]
        );
        assert_eq!(
            (hash & 0x7fff_ffff).to_string(),
            row["murmur2_positive"],
            "{}",
            row["key_hex"]
        );
        for count in COUNTS {
            assert_eq!(
                partition(&key, count),
                number::<u32>(&row, &format!("p{count}")),
                "{}",
                row["key_hex"]
            );
        }
    });
}

/// librdkafka's `murmur2` partitioners agree with Java on every key, so the vectors hold for both.
#[test]
fn librdkafkas_murmur2_is_the_same() {
    let all = rows("b_librdkafka_agreement.csv");
    for row in all
        .iter()
        .filter(|row| row["librdkafka_partitioner"].starts_with("murmur2"))
    {
        assert_eq!(
            row["keys"], row["same_partition_as_java_murmur2"],
            "{row:?}"
        );
    }
}

/// The table counts 1,000 keys. Of a folder with fewer vectors the count is bounded and the share agrees
/// within three deviations; with all of them it is exact.
#[test]
fn growth_moves_the_measured_keys() {
    let keys: Vec<Vec<u8>> = rows("b_murmur2_vectors.csv")
        .iter()
        .map(|row| bytes(&row["key_hex"]))
        .collect();
    for row in rows("b_remap_fraction.csv") {
        let (before, after): (u32, u32) = (
            number(&row, "partitions_before"),
            number(&row, "partitions_after"),
        );
        let (all, moved): (usize, usize) = (number(&row, "keys"), number(&row, "keys_moved"));
        let moves = |key: &&Vec<u8>| partition(key, before) != partition(key, after);
        let to_new = |key: &&Vec<u8>| partition(key, after) >= before;
        let (ours, new) = (
            keys.iter().filter(moves).count(),
            keys.iter().filter(to_new).count(),
        );
        let unknown = all - keys.len();
        assert!(
            ours <= moved && moved <= ours + unknown,
            "{}: {ours} of {moved}",
            row["pair"]
        );
        let n = keys.len() as f64;
        let near = |share: f64, count: usize| {
            let rest = unknown as f64 / all as f64;
            let deviation = (share * (1.0 - share) / n * rest).sqrt();
            (share - count as f64 / n).abs() <= 3.0 * deviation + 0.0005
        };
        assert!(
            near(need(&row, "fraction_moved"), ours),
            "{}: {ours} of {n}",
            row["pair"]
        );
        assert!(
            near(need(&row, "fraction_on_new_partitions"), new),
            "{}: {new} of {n}",
            row["pair"]
        );
    }
}

/// Consecutive records to one partition, as lengths of runs: partitions take turns in samples that are so
/// short that hardly ever two of them store something.
fn runs(run: &RunResult, record: f64) -> Vec<f64> {
    let (mut lengths, mut current, mut length) = (Vec::new(), usize::MAX, 0.0);
    for point in &run.points {
        let stored = |lane: usize| {
            f64::from(point.utilisation[lane]) * run.lanes[lane].bytes_per_s * point.length / record
        };
        let mut order: Vec<usize> = (0..run.lanes.len())
            .filter(|lane| stored(*lane) > 0.0)
            .collect();
        // The partition that has had its turn so far ends it first.
        order.sort_by_key(|lane| *lane != current);
        for lane in order {
            if lane != current && length > 0.0 {
                lengths.push(length);
                length = 0.0;
            }
            current = lane;
            length += stored(lane);
        }
    }
    lengths
}

fn sticky(row: &Row, seed: u64) -> Vec<f64> {
    let (rate, size) = (need(row, "offered_rps"), need(row, "record_bytes"));
    let seconds = (need(row, "records") / rate).min(9.0 * 60.0 / rate.clamp(1.0, 60.0));
    let sample = (1000.0 / rate).clamp(1.0, 20.0);
    let head = format!("seed = {seed}\nduration = \"{seconds:.3} s\"\nsample = \"{sample:.3} ms\"");
    let workload = format!(
        "arrivals.poisson = \"{rate} records/s\"\nkeys = \"none\"\nsizes.constant = \"{size} B\"\nproducers = 1"
    );
    let topic = format!(
        "partitions = {}, min.insync.replicas = 2",
        row["partitions"]
    );
    let kafka = cluster(
        &topic,
        &settings(&row["producer"], "client-version = \"3.9\""),
        "{}",
    );
    runs(
        &simulate(&scenario(&head, &workload, "", &kafka, "")),
        size + 12.0,
    )
}

/// Whether batches are stored in the order in which their records were sent: no record comes before the one
/// before it has lingered. At higher rates the last batch of a run is stored behind the next run's first, and
/// runs cannot be told; there, batches that are as large as measured say that runs end where batches do. With
/// `linger.ms` 0 it depends on how long requests take whether a batch is still there when its turn is over.
fn told(row: &Row) -> bool {
    let words: Vec<&str> = row["producer"].split_whitespace().collect();
    let linger = words
        .windows(2)
        .find(|pair| pair[0] == "linger.ms")
        .map_or(0.0, |pair| pair[1].parse().expect("ms"));
    let rate = need(row, "offered_rps");
    row["keys"] == "none" && linger > 0.0 && rate > 0.0 && rate * linger <= 1000.0
}

/// Records without keys stick to a partition for `batch.size`. With keys nothing is left for a producer to
/// decide.
#[test]
fn keyless_records_stick_to_a_partition_for_as_long() {
    let mut findings = Findings::of("b_partition_distribution.csv");
    let all = rows("b_partition_distribution.csv");
    for row in all
        .iter()
        .filter(|row| told(row) && row["partition"] == "0")
    {
        let lengths: Vec<f64> = (0..3).flat_map(|seed| sticky(row, seed)).collect();
        let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
        let mut sorted = lengths.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted[sorted.len() / 2];
        let (their_mean, their_median) = (need(row, "run_mean"), need(row, "run_p50"));
        if std::env::var_os("MEASURED_SHOW").is_some() {
            eprintln!(
                "| {} run mean, median | {their_mean} {their_median} | {mean:.1} {median:.1} |",
                row["id"]
            );
        }
        let near = |ours: f64, theirs: f64| (ours / theirs - 1.0).abs() < 0.25;
        findings.check(near(mean, their_mean) && near(median, their_median), || {
            format!(
                "{}: {their_mean} and {their_median} measured, {mean:.1} and {median:.1} simulated",
                row["id"]
            )
        });
    }
    findings.done();
}
