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
use streamduel::engine::{Lane, Queue, Stream};
use streamduel::experiment::{Progress, run_one};
use streamduel::scenario::{Overrides, Scenario};
use streamduel::units::{Nanos, SimTime};

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

/// The hold model with four constant delays, as linger, one-way times and periods are: in the heap, and in
/// one lane for each delay.
fn constant_delays(c: &mut Criterion) {
    let mut group = c.benchmark_group("queue/constant");
    let delays = [500_000, 5_000_000, 30_000_000, 200_000_000].map(Nanos);
    for size in [64_u32, 1024, 16_384, 262_144] {
        group.throughput(Throughput::Elements(100_000));
        for (name, in_lanes) in [("heap", false), ("lanes", true)] {
            let mut queue = Queue::new();
            let lanes = delays.map(|delay| match in_lanes {
                true => queue.lane(delay),
                false => Lane::in_heap(delay),
            });
            let gap = 200_000_000 / u64::from(size);
            for n in 0..size {
                queue.at_lane(lanes[3], SimTime(u64::from(n) * gap), n);
            }
            group.bench_function(format!("{name}/{size}"), |b| {
                b.iter(|| {
                    for _ in 0..100_000 {
                        let event = queue.pop().expect("a full queue");
                        queue.after_lane(lanes[event as usize & 3], black_box(event));
                    }
                });
            });
        }
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
                floor
                    .workload
                    .inputs(42, 0)
                    .fold(0_u64, |sum, input| sum ^ black_box(&input).at_serial())
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

trait Serial {
    fn at_serial(&self) -> u64;
}
impl Serial for streamduel::workload::Input {
    fn at_serial(&self) -> u64 {
        match self {
            Self::Record(record) => record.serial ^ u64::from(record.bytes) ^ u64::from(record.key),
            _ => 0,
        }
    }
}

/// The largest resident size that the process of this number has had `[kB]`, where the system tells.
fn peak_kb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The shipped steady scenario, start to finish, reports and charts included.
fn end_to_end() {
    let folder = std::env::temp_dir().join(format!("streamduel-speed-{}", std::process::id()));
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_streamduel"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "-q", "scenarios/steady.toml", "-o"])
        .arg(&folder)
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
    println!("end-to-end/steady        {seconds:.2} s wall clock, peak memory {memory}");
    let _ = std::fs::remove_dir_all(folder);
}

criterion_group!(speed, hold, constant_delays, records, steady);

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
}
