//! Confluent's and StreamNative's runs of 2020 on three i3en.2xlarge, and those of 2023 on i3en.6xlarge.

use super::Outcome::{self, Against, Found, Not};
use super::lab::{self, Lab, Plan, end_to_end, publish, publish_mean, read_rate, throughput};
use streamduel::probe::RunResult;

/// What was calibrated on rows KL-SN-06 (one-way time), KL-SN-16 and 17 (forced writes), KP-SN-11 (partitions of a
/// fetch) and KT-SN-08 (fetchers).
const MODEL: &str = "same-zone = \"245 us\", cross-zone = \"245 us\", request-cpu = \"100 us\", fetcher-rate = \"330 MB/s\", \
                     flush-time = \"190 us\", flush-stall = \"50 ms\", flush-stall-share = \"0.004 %\", partition-cpu = \"5200 ns\"";

/// What the deployments of both reports set (`kafka.service` and `server.properties` of the benchmark's driver for Kafka):
/// a heap of 6 GiB, fetches of 10 MiB. Of i3en.2xlarge data sheets say two volumes of 327 MB/s, and 8.4 Gbit/s for good
/// and 25 while there are credits.
const HEAP: &str = "pauses = { heap = \"6 GiB\" }";
const FETCHES: &str = "replica.fetch.max.bytes = 10485760";
const NETWORK: &str = "network = \"8.4 Gbit/s\", network-burst = \"25 Gbit/s\"";

/// How long a calm run is [s]: pauses and stalls are rare, and a cluster at its edge takes a while to fill.
const CALM: (f64, f64) = (20.0, 2.0);

/// Records that a blocked application holds back, so that freed memory is filled at once. The reports time
/// from the call of send(): what the application held back before it is taken off.
const BACKLOG: u32 = 500;

/// A cluster of three with the settings of the two reports. A run to saturation has little memory for
/// unwritten data, so that it is at the volumes' pace within seconds instead of minutes.
fn cluster(partitions: u32, saturated: bool, sync: bool) -> String {
    // What is forced to the volume does not wait in memory.
    let memory = match (sync, saturated) {
        (true, _) => ", dirty-memory = \"0 %\"",
        (_, true) => ", dirty-memory = \"0.2 %\"",
        _ => "",
    };
    // One partition lies on one of two volumes, and one of eight fetchers copies it.
    let (disk, fetchers) = if partitions == 1 {
        ("327 MB/s", 1)
    } else {
        ("654 MB/s", 8)
    };
    let flush = if sync { "flush.messages = \"1\"" } else { "" };
    format!(
        "NumberOfBrokerNodes = 3\nKafkaVersion = \"2.8.x\"\nVolumeSize = 5000\n\
         EncryptionInTransit = {{ ClientBroker = \"PLAINTEXT\", InCluster = false }}\n\
         hardware = {{ vcpu = 8, memory = \"64 GiB\", {NETWORK}, disk = \"{disk}\" }}\n\
         num.network.threads = 8\nnum.replica.fetchers = {fetchers}\n{FETCHES}\n{flush}\n\
         topic = {{ partitions = {partitions}, min.insync.replicas = 2 }}\nmodel = {{ {MODEL}, {HEAP}{memory} }}"
    )
}

fn producer(acks: &str, linger: u32, batch: u32) -> String {
    format!(
        "client-version = \"2.8\", acks = \"{acks}\", linger.ms = {linger}, batch.size = {batch}, max.block.ms = 600000"
    )
}

/// StreamNative: 200,000 records/s, well below what the cluster takes.
fn calm(partitions: u32, acks: &str, sync: bool, groups: u32) -> Plan {
    let kafka = cluster(partitions, false, sync);
    let mut plan = Plan::new(200_000.0, &kafka, &producer(acks, 1, 1 << 20));
    (plan.groups.0, plan.length) = (groups, CALM);
    plan.n = if groups > 1 || partitions > 1000 {
        3
    } else {
        5
    };
    plan
}

/// As many records as go through; more are offered than were (700,000), so that buffers fill within a second.
fn flood(partitions: u32, clients: u32, acks: &str, sync: bool) -> Plan {
    let kafka = cluster(partitions, true, sync);
    let mut plan = Plan::new(2_000_000.0, &kafka, &producer(acks, 1, 1 << 20));
    (plan.producers, plan.groups.1, plan.backlog) = (clients, clients, BACKLOG);
    (plan.length, plan.n) = ((6.0, 3.0), 10);
    plan
}

fn confluent(rate: f64, linger: u32, batch: u32) -> Plan {
    let saturated = rate > 500_000.0;
    let mut plan = Plan::new(
        rate,
        &cluster(100, saturated, false),
        &producer("all", linger, batch),
    );
    (plan.producers, plan.groups.1, plan.length) = (4, 4, CALM);
    if saturated {
        (plan.backlog, plan.length, plan.n) = (BACKLOG, (6.0, 3.0), 5);
    }
    plan
}

/// Check 1: mean publish latency at saturation, against producers x buffer.memory / throughput.
fn little(lab: &mut Lab, plan: &Plan) -> Outcome {
    let rate = lab.each(plan, throughput);
    let mean = rate.iter().sum::<f64>() / rate.len() as f64;
    let buffers = f64::from(plan.producers) * f64::from(32 << 20) / 1024.0;
    Against(from_call(lab, plan, publish_mean), 1e3 * buffers / mean)
}

/// A publish latency of a saturated run, from the call of send() `[ms]`.
fn from_call(lab: &mut Lab, plan: &Plan, what: impl Fn(&RunResult) -> f64) -> Vec<f64> {
    let held = f64::from(plan.producers * plan.backlog);
    lab.each(plan, |run| what(run) - 1e3 * held / throughput(run))
}

/// The saturated runs by the last digits of their rows.
fn saturated(row: &str) -> Option<Plan> {
    Some(match row {
        "01" => flood(100, 2, "1", false),
        "02" => flood(100, 2, "all", false),
        "04" => flood(100, 2, "all", true),
        "05" => flood(2000, 2, "all", false),
        "07" => flood(1, 2, "1", false),
        "08" => flood(1, 2, "all", false),
        "11" => flood(1, 1, "1", false),
        "14" => flood(1, 1, "all", true),
        _ => return None,
    })
}

/// The rows of StreamNative.
pub(crate) fn streamnative(area: &str, row: &str, lab: &mut Lab) -> Outcome {
    let number: u32 = row.parse().expect("a number");
    match area {
        "KT-SN" => Found(lab.each(&saturated(row).expect("a row"), throughput)),
        "KL-LT" => little(lab, &saturated(row).expect("a row")),
        "KL-SN" => latency(number, lab),
        "KF-SN" => {
            let plan = if number < 10 {
                calm(100, "1", false, 10)
            } else {
                calm(100, "all", true, 10)
            };
            Found(match number {
                1 | 14 => lab.each(&plan, publish(0.5)),
                2 | 15 => lab.each(&plan, publish(0.99)),
                3 | 16 => lab.each(&plan, end_to_end(0.5)),
                4 | 17 => lab.each(&plan, end_to_end(0.99)),
                _ => lab.each(&plan, read_rate),
            })
        }
        "KP-SN" => {
            if number >= 25 {
                return Not("the consumers' own CPU limited them; client CPU is not modelled");
            }
            let partitions = if matches!(number, 1 | 2 | 7 | 8 | 19 | 20) {
                5000
            } else {
                10_000
            };
            let plan = calm(
                partitions,
                if number < 7 { "1" } else { "all" },
                number >= 19,
                1,
            );
            Found(lab.each(&plan, publish(if number % 2 == 1 { 0.5 } else { 0.99 })))
        }
        _ => drain(number, lab),
    }
}

fn latency(number: u32, lab: &mut Lab) -> Outcome {
    let plan = match number {
        1..=5 => calm(100, "1", false, 1),
        6..=10 => calm(100, "all", false, 1),
        _ => calm(100, "all", true, 1),
    };
    Found(match number % 5 {
        1 => lab.each(&plan, publish(0.5)),
        2 => lab.each(&plan, publish(0.99)),
        3 => lab.each(&plan, end_to_end(0.5)),
        4 => lab.each(&plan, end_to_end(0.99)),
        _ => lab.each(&plan, end_to_end(0.999)),
    })
}

/// The best five seconds.
fn peak(rates: &[f64]) -> f64 {
    let width = rates.len().clamp(1, 5);
    rates
        .windows(width)
        .map(|window| window.iter().sum::<f64>() / width as f64)
        .fold(0.0, f64::max)
}

/// A backlog of 3.9 GB instead of 512 GiB, with a page cache as much smaller, so that it is read from disk.
fn drain(number: u32, lab: &mut Lab) -> Outcome {
    let (acks, sync) = if number <= 4 {
        ("1", false)
    } else {
        ("all", number > 8)
    };
    let kafka =
        cluster(100, false, sync).replace("model = { ", "model = { page-cache = \"0.1 %\", ");
    let mut plan = Plan::new(200_000.0, &kafka, &producer(acks, 1, 1 << 20));
    plan.reader = format!(
        "max.partition.fetch.bytes = {}",
        if number <= 4 { 1_048_576 } else { 131_072 }
    );
    plan.rest =
        "[[timeline]]\nat = \"1 s\"\nlasts = \"19 s\"\naction.consumer-down = \"c0\"".to_owned();
    (plan.length, plan.n) = ((36.0, 1.0), 3);
    let draining = |run: &RunResult| -> Vec<f64> {
        let busy = run
            .points
            .iter()
            .filter(|point| point.t > 21.5 && point.lag[0] > 50_000);
        busy.map(|point| point.delivered[0] as f64 / point.length)
            .collect()
    };
    let mean = |run: &RunResult| {
        let rates = draining(run);
        rates.iter().sum::<f64>() / rates.len().max(1) as f64
    };
    Found(match number {
        1 | 5 | 13 => lab.each(&plan, mean),
        2 | 6 | 14 => lab.each(&plan, |run| peak(&draining(run))),
        3 | 7 | 15 => lab.each(&plan, publish(0.99)),
        _ => lab.each(&plan, |run| f64::from(1 << 29) / (mean(run) - 200_000.0)),
    })
}

/// The rows of Confluent.
pub(crate) fn confluents(id: &str, lab: &mut Lab) -> Outcome {
    let (calm, flooded) = (
        confluent(200_000.0, 1, 131_072),
        confluent(2_000_000.0, 10, 1 << 20),
    );
    Found(match id {
        "KL-CF-01" => lab.each(&calm, publish_mean),
        "KL-CF-02" => lab.each(&calm, publish(0.5)),
        "KL-CF-03" => lab.each(&calm, publish(0.99)),
        "KL-CF-04" => lab.each(&calm, publish(0.999)),
        "KL-CF-05" => lab.each(&calm, end_to_end(0.5)),
        "KL-CF-06" => lab.each(&calm, end_to_end(0.95)),
        "KL-CF-07" | "KL-CF-17" => lab.each(&calm, end_to_end(0.99)),
        "KL-CF-08" => lab.each(&calm, end_to_end(0.999)),
        "KT-CF-01" => lab.each(&flooded, throughput),
        "KT-CF-02" => return little(lab, &flooded),
        "KT-CF-03" => from_call(lab, &flooded, publish(0.5)),
        "KT-CF-04" => from_call(lab, &flooded, publish(0.99)),
        _ => lab.each(&flooded, |run| {
            throughput(run) * 1024.0 / f64::from(1 << 20)
        }),
    })
}

/// Ratios of check list 3 that the rows hold together: name, published, tolerance, simulated.
pub(crate) fn ratios(
    lab: &mut Lab,
) -> Vec<(&'static str, &'static str, f64, &'static str, Vec<f64>)> {
    let (one, all, sync) = (
        calm(100, "1", false, 1),
        calm(100, "all", false, 1),
        calm(100, "all", true, 1),
    );
    let mut ratio = |a: &Plan, b: &Plan, what: &dyn Fn(&RunResult) -> f64| -> Vec<f64> {
        lab.each(a, what)
            .into_iter()
            .zip(lab.each(b, what))
            .map(|(a, b)| a / b)
            .collect()
    };
    vec![
        (
            "check 3a",
            "e2e p50, acks=all / acks=1",
            0.957,
            "range:0.85..1.15",
            ratio(&all, &one, &end_to_end(0.5)),
        ),
        (
            "check 3b",
            "publish p50, acks=all / acks=1",
            1.71,
            "range:1.3..2.3",
            ratio(&all, &one, &publish(0.5)),
        ),
        (
            "check 9a",
            "publish p50, forced / not",
            2.06,
            "factor:2",
            ratio(&sync, &all, &publish(0.5)),
        ),
        (
            "check 9b",
            "publish p99, forced / not",
            6.94,
            "factor:2",
            ratio(&sync, &all, &publish(0.99)),
        ),
        (
            "check 9c",
            "throughput, forced / not",
            0.851,
            "factor:2",
            ratio(
                &flood(100, 2, "all", true),
                &flood(100, 2, "all", false),
                &throughput,
            ),
        ),
        (
            "check 10",
            "one partition, throughput acks=all / acks=1",
            0.589,
            "rel:0.30",
            ratio(
                &flood(1, 2, "all", false),
                &flood(1, 2, "1", false),
                &throughput,
            ),
        ),
        (
            "check 11",
            "throughput, 2,000 / 100 partitions",
            0.602,
            "range:0.45..0.75",
            ratio(
                &flood(2000, 2, "all", false),
                &flood(100, 2, "all", false),
                &throughput,
            ),
        ),
        (
            "check 25",
            "records lost with acks=1, one of three brokers crashes at 200,000 records/s",
            120.0,
            "range:30..400",
            super::others::crash_with_acks_1(lab, &one),
        ),
    ]
}

/// Three i3en.6xlarge: 24 vCPU, 192 GB, two volumes of 1 GB/s, 25 Gbit/s.
fn large(partitions: u32, rate: f64, producers: u32, acks: &str, more: &str) -> Plan {
    let kafka = format!(
        "NumberOfBrokerNodes = 3\nKafkaVersion = \"3.6.x\"\nVolumeSize = 15000\n\
         EncryptionInTransit = {{ ClientBroker = \"PLAINTEXT\", InCluster = false }}\n\
         hardware = {{ vcpu = 24, memory = \"192 GiB\", network = \"25 Gbit/s\", disk = \"2000 MB/s\" }}\n\
         num.network.threads = 24\nnum.io.threads = 24\nnum.replica.fetchers = 8\n\
         topic = {{ partitions = {partitions}, min.insync.replicas = 2{more} }}\n\
         model = {{ {MODEL}, dirty-memory = \"0.2 %\" }}"
    );
    let mut plan = Plan::new(rate, &kafka, &producer(acks, 1, 131_072));
    (plan.producers, plan.groups.1, plan.n) = (producers, 10, 3);
    plan
}

/// The runs of 2023.
pub(crate) fn vanlightly(id: &str, lab: &mut Lab) -> Outcome {
    let mut most = large(288, 2e9 / 1024.0, 10, "1", "");
    (most.backlog, most.length) = (1, (7.0, 5.0));
    let written = |run: &RunResult| {
        let rates = run.measured().flat_map(|point| &point.gauges);
        let of: Vec<f64> = rates
            .filter(|g| g.metric == "volume")
            .map(|g| g.value * 2.0)
            .collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    match id {
        "KT-VL-01" => Found(lab.each(&most, |run| throughput(run) * 1024.0 / 1e6)),
        "KT-VL-02" => Found(lab.each(&most, written)),
        "KT-VL-05" => {
            let mut keyed = large(100, 500e6 / 1024.0, 100, "all", "");
            (keyed.keys, keyed.length) = ("keys.sequential.count = 100000", (5.0, 2.0));
            Found(lab.each(&keyed, |run| throughput(run) * 1024.0 / 1e6))
        }
        _ => {
            let short = ", retention.ms = 3000, segment.bytes = 10000000";
            let kept = large(100, 200_000.0, 10, "all", "");
            let mut cut = large(100, 200_000.0, 10, "all", short);
            cut.kafka += "\nlog.retention.check.interval.ms = 500";
            let (a, b) = (lab.each(&cut, publish(0.5)), lab.each(&kept, publish(0.5)));
            let deleted = lab::figure(&lab.runs(&cut)[0], "expired");
            assert!(deleted < 1.0, "readers were in time");
            Found(
                a.into_iter()
                    .zip(b)
                    .map(|(a, b)| 100.0 * (a / b - 1.0))
                    .collect(),
            )
        }
    }
}
