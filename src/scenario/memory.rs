//! How much memory a run takes at most, known before it runs.
//!
//! The estimate is a bound from above: it takes every record as stored and unread, every lane as open from the beginning on, and every
//! vector as grown by doubling. The factors were found by measuring; `tests/it/memory.rs` and the night script hold runs against them.

use super::{Scenario, System};
use crate::platform::Size;
use crate::probe::HAPPENINGS_MAX;
use crate::settings::Section;
use crate::units::{Bytes, Nanos};
use crate::workload::Workload;

/// The program itself, the tables of facts, the fonts and the canvas of a chart `[B]`.
const PROGRAM: u64 = 40_000_000;
/// The most that the results of all runs may take, as they are kept until the report is written `[B]`.
const RESULTS_MAX: u64 = 4_000_000_000;
/// A record that is stored and unread, in the log, on its way and in the timers `[B]`.
const RECORD: u64 = 150;
/// What a record takes more for each consumer `[B]`.
const RECORD_READ: u64 = 60;
/// What a record takes more where it goes on to another system; kept until all systems have run `[B]`.
const RECORD_RELAYED: u64 = 150;
/// A key: its text, its hash, its place in the tables `[B]`.
const KEY: u64 = 200;
/// A producer with its buffers `[B]`.
const PRODUCER: u64 = 20_000;
/// What a producer keeps for each lane `[B]`.
const PRODUCER_LANE: u64 = 400;
/// A lane with its limits, its log and its totals `[B]`.
const LANE: u64 = 4_000;
/// What a consumer keeps for each lane `[B]`.
const LANE_READ: u64 = 1_500;
/// A worker `[B]`.
const WORKER: u64 = 3_000;
/// A broker, a system's shared parts, its histograms `[B]`.
const SYSTEM: u64 = 1_000_000;
/// The histograms of a consumer `[B]`.
const CONSUMER: u64 = 200_000;
/// The latencies of one part of a run, for acknowledgements and for each consumer `[B]`.
const PART: u64 = 31_000;
/// Values of one lane in one sampling interval `[B]`.
const SAMPLE_LANE: u64 = 8;
/// A sampling interval without its gauges `[B]`.
const SAMPLE: u64 = 1_500;
/// What a sampling interval takes more for each consumer `[B]`.
const SAMPLE_READ: u64 = 400;
/// A gauge in a sampling interval `[B]`.
const GAUGE: u64 = 160;
/// A happening `[B]`.
const HAPPENING: u64 = 250;
/// What the charts take for each sampling interval of a line, as SVG in three copies `[B]`.
const CHART_SAMPLE: u64 = 400;

/// How much a run takes at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What the results of all runs take until the report is written `[B]`.
    pub results: Bytes,
    /// All that the program takes at its peak `[B]`.
    pub peak: Bytes,
}

impl Memory {
    /// The memory of a scenario that runs on so many threads.
    #[must_use]
    pub fn of(scenario: &Scenario, threads: usize) -> Self {
        let all = Extent::new(&scenario.workload, scenario.replications_max);
        let results = all.results(&scenario.systems);
        let running = scenario.systems.iter().map(|system| all.running(system));
        let mut running: Vec<u64> = running.collect();
        running.sort_unstable_by_key(|bytes| std::cmp::Reverse(*bytes));
        // The largest systems may run at the same time, each on as many threads as it has replications.
        let each = running
            .iter()
            .flat_map(|bytes| std::iter::repeat_n(*bytes, scenario.replications_max as usize));
        let at_once = each.take(threads).fold(0, u64::saturating_add);
        let shared = PROGRAM
            .saturating_add(all.keys.saturating_mul(KEY))
            .saturating_add(trace_bytes(&scenario.workload));
        let charts = all.charts(&scenario.systems);
        let peak = shared
            .saturating_add(results)
            .saturating_add(at_once.max(charts));
        Self {
            results: Bytes(results),
            peak: Bytes(peak),
        }
    }
}

/// What multiplies: the same for every system.
struct Extent {
    replications: u64,
    samples: u64,
    records: u64,
    keys: u64,
    duration: Nanos,
}

impl Extent {
    fn new(workload: &Workload, replications: u32) -> Self {
        // Arrivals by chance exceed their mean; ten standard deviations are enough.
        let mean: f64 = workload
            .sources
            .iter()
            .map(|source| source.expected_records())
            .sum();
        Self {
            replications: u64::from(replications),
            samples: workload.duration.0.div_ceil(workload.sample.0.max(1)) + 1,
            records: (mean + 10.0 * mean.sqrt() + 1000.0) as u64,
            keys: u64::from(workload.keys.len()),
            duration: workload.duration,
        }
    }

    /// The results of all replications of all systems, as they are kept for the report.
    fn results(&self, systems: &[System]) -> u64 {
        let of = |system: &System| {
            let size = system.config.size(self.duration, &system.workload);
            let lanes = size.lanes.saturating_mul(SAMPLE_LANE * self.samples);
            let each = self.result(&size, system).saturating_mul(self.replications);
            lanes.saturating_add(each)
        };
        systems.iter().map(of).fold(0, u64::saturating_add)
    }

    /// The result of one replication, without the values of lanes over time.
    fn result(&self, size: &Size, system: &System) -> u64 {
        let consumers = system.workload.consumers.len() as u64;
        let sample = SAMPLE + consumers * SAMPLE_READ + size.gauges * GAUGE;
        let relayed = match system.workload.relayed_by {
            Some(_) => self.records.saturating_mul(RECORD_RELAYED),
            None => 0,
        };
        let happenings =
            HAPPENING * (HAPPENINGS_MAX as u64).min(100 + self.records + 20 * size.lanes);
        let lanes = size.lanes.saturating_mul(300);
        let parts = match system.workload.cuts.len() as u64 {
            0 => 0,
            cuts => (cuts + 1) * PART,
        };
        let fixed = (CONSUMER + parts) * (consumers + 1) + happenings;
        [self.samples.saturating_mul(sample), relayed, lanes, fixed]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// What one replication takes more while it runs.
    fn running(&self, system: &System) -> u64 {
        let size = system.config.size(self.duration, &system.workload);
        let workload = &system.workload;
        let consumers = workload.consumers.len() as u64;
        let workers: u64 = workload
            .consumers
            .iter()
            .map(|consumer| u64::from(consumer.workers))
            .sum();
        let producers = u64::from(workload.producers());
        let record = RECORD
            + consumers * RECORD_READ
            + if workload.asks_for_marks() {
                RECORD_RELAYED
            } else {
                0
            };
        [
            SYSTEM,
            self.records.saturating_mul(record),
            self.keys.saturating_mul(KEY),
            producers.saturating_mul(PRODUCER),
            producers
                .saturating_mul(size.lanes)
                .saturating_mul(PRODUCER_LANE),
            size.lanes
                .saturating_mul(LANE + consumers * LANE_READ + SAMPLE_LANE * self.samples),
            workers.saturating_mul(WORKER),
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }

    /// The charts of the first replication and the page that holds them.
    fn charts(&self, systems: &[System]) -> u64 {
        let lines = |system: &System| 20 + 8 * system.workload.consumers.len() as u64;
        let lines: u64 = systems.iter().map(lines).sum();
        self.samples
            .saturating_mul(lines)
            .saturating_mul(CHART_SAMPLE)
    }
}

/// The rows and keys of traces `[B]`.
fn trace_bytes(workload: &Workload) -> u64 {
    workload
        .sources
        .iter()
        .map(|source| source.trace_bytes())
        .sum()
}

/// How many replications fit into memory, of `wanted`; at least one, which [`check`] may refuse.
pub(super) fn replications_that_fit(workload: &Workload, systems: &[System], wanted: u32) -> u32 {
    let fits = |n: &u32| Extent::new(workload, *n).results(systems) <= RESULTS_MAX;
    (2..=wanted).rev().find(fits).unwrap_or(1)
}

/// Refuses a product of replications, samples and lanes whose results would take too much memory.
pub(super) fn check(
    root: &Section<'_>,
    workload: &Workload,
    systems: &[System],
    replications: u32,
) {
    let all = Extent::new(workload, replications);
    let results = all.results(systems);
    if results > RESULTS_MAX {
        let lanes: u64 = systems
            .iter()
            .map(|system| system.config.size(all.duration, &system.workload).lanes)
            .sum();
        let message = format!(
            "{} sampling instants, {lanes} lanes and {replications} replications would take {} of memory",
            all.samples,
            gigabytes(results)
        );
        let help = format!(
            "at most {}; use fewer replications, a longer `sample` or fewer lanes",
            gigabytes(RESULTS_MAX)
        );
        root.problem(
            if replications > 1 {
                "replications"
            } else {
                "sample"
            },
            message,
            help,
        );
    }
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}
