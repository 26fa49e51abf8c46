//! How fast: the pending-event queue under the hold model, records per second through each platform
//! with metrics on, the floor beside it (the workload drawn, nothing simulated), and the shipped steady
//! scenario, system by system and as a whole process with its peak memory.
//!
//! `cargo bench --bench speed`, or one group: `cargo bench --bench speed -- records`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark times and prints"
)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use streamduel::engine::{Queue, Stream};
use streamduel::experiment::{Progress, run_one};
use streamduel::scenario::{Overrides, Scenario};
use streamduel::units::{Nanos, SimTime};
use streamduel::workload::{Run, Runs};

/// Pop the next event, set one more: the classic hold model, exponential delays of mean 100 ms.
fn hold(c: &mut Criterion) {
    let mut group = c.benchmark_group("queue/hold");
    let delays: Vec<u64> = {
        let stream = Stream::new(1, 0, "hold");
        (0..65_536)
            .map(|n| (stream.exponential(n) * 1e8) as u64)
            .collect()
    };
    for size in [64_usize, 1024, 16_384, 262_144] {
        group.throughput(Throughput::Elements(100_000));
        let filled = || {
            let mut queue = Queue::new();
            for n in 0..size {
                queue.after(Nanos(delays[n % delays.len()]), n as u32);
            }
            queue
        };
        group.bench_function(size.to_string(), |b| {
            let (mut queue, mut n) = (filled(), 0);
            b.iter(|| {
                for _ in 0..100_000 {
                    let event = queue.pop().expect("a full queue");
                    n = (n + 1) % delays.len();
                    queue.after(Nanos(delays[n]), black_box(event));
                }
            });
        });
    }
    group.finish();
}

/// The hold model with four constant delays, as linger, one-way times and periods are.
fn constant_delays(c: &mut Criterion) {
    let mut group = c.benchmark_group("queue/constant");
    let delays = [500_000, 5_000_000, 30_000_000, 200_000_000].map(Nanos);
    for size in [64_u32, 1024, 16_384, 262_144] {
        group.throughput(Throughput::Elements(100_000));
        let mut queue = Queue::new();
        let gap = 200_000_000 / u64::from(size);
        for n in 0..size {
            queue.at(SimTime(u64::from(n) * gap), n);
        }
        group.bench_function(size.to_string(), |b| {
            b.iter(|| {
                for _ in 0..100_000 {
                    let event = queue.pop().expect("a full queue");
                    queue.after(delays[event as usize & 3], black_box(event));
                }
            });
        });
    }
    group.finish();
}

/// 33 seconds of 60,000 records a second: 2 million records a run. Keyed, Kafka batches about 25 of them;
/// keyless, as many as fit into 64 KiB or come within linger.ms.
const LOAD: &str = r#"
title = "speed"
question = "How fast?"
duration = "33 s"
[workload]
arrivals = { poisson = "60000 records/s" }
KEYS
sizes = { lognormal = { median = "150 B", p99 = "600 B" } }
producers = 2
[[consumer]]
name = "app"
workers = 3
"#;
const KINESIS: &str = "[system.kds.kinesis]\nShardCount = 96\n";
const KAFKA: &str = "[system.msk.kafka]\nInstanceType = \"kafka.m5.4xlarge\"\nNumberOfBrokerNodes = 3\n\
                     topic = { partitions = 6 }\nproducer = { acks = \"all\", linger.ms = 5, batch.size = 65536 }\n";
const KEYED: &str = "keys = { zipf = { count = 10000, exponent = 0.3 } }";
const KEYLESS: &str = "keys = \"none\"";

/// The shipped steady scenario, a system at a time: keyed, about five records a batch.
fn steady(c: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/steady.toml");
    let text = std::fs::read_to_string(&path).expect("a scenario");
    let scenario = scenario(&text);
    let mut group = c.benchmark_group("steady");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_secs(40));
    for (index, system) in scenario.systems.iter().enumerate() {
        let count = run_one(&scenario, index, 0, &Progress::default())
            .ledger
            .offered;
        group.throughput(Throughput::Elements(count));
        group.bench_function(&system.label, |b| {
            b.iter(|| {
                run_one(&scenario, index, 0, &Progress::default())
                    .ledger
                    .stored
            });
        });
    }
    group.finish();
}

fn scenario(text: &str) -> Scenario {
    Scenario::parse(
        "speed.toml",
        "speed",
        text,
        Path::new("."),
        &Overrides::default(),
    )
    .expect("valid")
}

fn records(c: &mut Criterion) {
    let mut group = c.benchmark_group("records");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(8));
    for (keys, law) in [("keyed", KEYED), ("keyless", KEYLESS)] {
        let load = LOAD.replace("KEYS", law);
        let floor = scenario(&format!("{load}{KINESIS}"));
        let count = floor.workload.inputs(42, 0).count() as u64;
        group.throughput(Throughput::Elements(count));
        group.bench_function(format!("floor/{keys}"), |b| {
            b.iter(|| {
                let mut inputs = floor.workload.inputs(42, 0);
                let mut sum = 0;
                while let Some(run) = inputs.next_run() {
                    if let Run::Records(records) = run {
                        sum = records.iter().fold(sum, |sum, r| sum ^ black_box(r).bytes);
                    }
                }
                sum
            });
        });
        for (name, system) in [("kinesis", KINESIS), ("kafka", KAFKA)] {
            let scenario = scenario(&format!("{load}{system}"));
            group.bench_function(format!("{name}/{keys}"), |b| {
                b.iter_batched(
                    || (),
                    |()| run_one(&scenario, 0, 0, &Progress::default()).ledger.stored,
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// 2 million records from 32 producers that hardly ever fill a batch: one record a batch on Kafka, one
/// PutRecord a record on Kinesis.
const MANY_PRODUCERS: &str = r#"
title = "many producers"
question = "How fast?"
duration = "100 s"
sample = "10 s"
[workload]
arrivals = { poisson = "20000 records/s" }
keys = { zipf = { count = 10000, exponent = 0.3 } }
sizes = { lognormal = { median = "403 B", p99 = "2594 B" } }
producers = 32
producer-of = "record"
[[consumer]]
name = "app"
workers = 32
processing = { per-record = "0 us" }
"#;

/// A load of 20,000 records/s from four producers, so that the number of lanes is all that grows.
const GROWTH: &str = r#"
title = "growth"
question = "How fast?"
duration = "30 s"
sample = "10 s"
[workload]
arrivals = { poisson = "20000 records/s" }
keys = { zipf = { count = 10000, exponent = 0.3 } }
sizes = { lognormal = { median = "403 B", p99 = "2594 B" } }
producers = 4
producer-of = "record"
[[consumer]]
name = "app"
workers = 32
processing = { per-record = "0 us" }
"#;

fn kafka_of(partitions: u32) -> String {
    format!(
        "[system.msk.kafka]\nInstanceType = \"kafka.m7g.4xlarge\"\nNumberOfBrokerNodes = 3\n\
         topic = {{ partitions = {partitions} }}\n"
    )
}

fn kinesis_of(shards: u32, api: &str) -> String {
    format!("[system.kds.kinesis]\nShardCount = {shards}\n{api}")
}

/// What a run costs as its lanes become more, and with many producers of small batches.
fn growth(c: &mut Criterion) {
    let single = "producer = { api = \"PutRecord\" }\n";
    let mut loads = vec![
        (
            "many-producers/kafka/32".to_owned(),
            MANY_PRODUCERS,
            kafka_of(32),
        ),
        (
            "many-producers/kinesis/32".to_owned(),
            MANY_PRODUCERS,
            kinesis_of(32, single),
        ),
    ];
    for partitions in [3, 30, 300, 1_000, 4_000] {
        loads.push((
            format!("partitions/kafka/{partitions}"),
            GROWTH,
            kafka_of(partitions),
        ));
    }
    for shards in [10, 100, 1_000, 10_000] {
        let name = format!("shards/kinesis/{shards}");
        loads.push((name, GROWTH, kinesis_of(shards, "")));
    }
    let mut group = c.benchmark_group("growth");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_secs(10));
    for (name, load, system) in loads {
        let scenario = scenario(&format!("{load}{system}"));
        let count = scenario.workload.inputs(42, 0).count() as u64;
        group.throughput(Throughput::Elements(count));
        group.bench_function(name, |b| {
            b.iter(|| run_one(&scenario, 0, 0, &Progress::default()).ledger.stored);
        });
    }
    group.finish();
}

/// The largest resident size that the process of this number has had `[kB]`, where the system tells.
fn peak_kb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Runs a scenario as a process of its own; returns seconds of wall clock and peak memory.
fn process(scenario: &Path, more: &[&str]) -> (f64, String) {
    let folder = std::env::temp_dir().join(format!("streamduel-speed-{}", std::process::id()));
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_streamduel"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "-q"])
        .arg(scenario)
        .arg("-o")
        .arg(&folder)
        .args(more)
        .stderr(Stdio::inherit())
        .spawn()
        .expect("started");
    let mut peak = None;
    while child.try_wait().expect("a child").is_none() {
        peak = peak.max(peak_kb(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = begin.elapsed().as_secs_f64();
    let memory = peak.map_or("unknown".to_owned(), |kb| {
        format!("{:.1} MB", kb as f64 * 1.024e-3)
    });
    let _ = std::fs::remove_dir_all(folder);
    (seconds, memory)
}

/// The shipped steady scenario, start to finish, reports and charts included.
fn end_to_end() {
    let (seconds, memory) = process(Path::new("scenarios/steady.toml"), &[]);
    println!("end-to-end/steady        {seconds:.2} s wall clock, peak memory {memory}");
}

/// Peak memory of a run of one minute and of one hour, 2,000 records/s, a platform at a time and without
/// charts: it should not grow with the length of a run.
fn memory() {
    for (platform, system) in [("kafka", kafka_of(32)), ("kinesis", kinesis_of(32, ""))] {
        for (name, duration) in [("1 min", "60 s"), ("1 h", "3600 s")] {
            let load = GROWTH
                .replace("30 s", duration)
                .replace("20000 rec", "2000 rec");
            let file = std::env::temp_dir().join(format!("memory-{}.toml", std::process::id()));
            std::fs::write(&file, format!("{load}{system}")).expect("a scenario");
            let (seconds, peak) = process(&file, &["--no-charts"]);
            println!("memory/{platform}/{name:<6}  peak memory {peak}, {seconds:.2} s wall clock");
            let _ = std::fs::remove_file(file);
        }
    }
}

criterion_group!(speed, hold, constant_delays, records, growth, steady);

fn main() {
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    speed();
    Criterion::default().configure_from_args().final_summary();
    if only.is_empty() || only.iter().any(|word| "end-to-end".contains(word.as_str())) {
        end_to_end();
    }
    if only.is_empty() || only.iter().any(|word| "memory".contains(word.as_str())) {
        memory();
    }
}
