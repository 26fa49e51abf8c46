//! The night run: simulates generated scenarios one after the other in one process, with all checks on, and prints a summary.
//!
//! `cargo test --test night -- COUNT [FIRST]` simulates the scenarios of the seeds from FIRST on. It stops with exit code 1 at the end if
//! a scenario was not valid, panicked, had an unbalanced ledger, or took more memory than its estimate.
//!
//! `cargo test --test night -- causes COUNT [FIRST]` lifts the causes that their reports name instead, and lists those that are not
//! confirmed; it fails if they are more than 5 of 100.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the night run tells how long it took"
)]

#[path = "../generate/mod.rs"]
mod generate;
#[path = "../generate/proofs.rs"]
mod proofs;

use generate::Choices;
use peak_alloc::PeakAlloc;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;
use streamduel::experiment::{self, Progress};
use streamduel::report::{self, Report};
use streamduel::scenario::{Memory, Overrides, Scenario};

/// Counts the memory that is really allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Every so many scenarios the whole results folder is written, charts included.
const WRITTEN: u64 = 500;

/// What was found over all scenarios.
#[derive(Default)]
struct Summary {
    simulated: u64,
    records: u64,
    written: u64,
    invalid: Vec<u64>,
    panics: Vec<u64>,
    unbalanced: Vec<u64>,
    over: Vec<u64>,
    /// The largest share of the estimate that a scenario took, and its seed.
    fullest: (f64, u64),
}

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let (count, first) = (
        arguments.next().unwrap_or(100),
        arguments.next().unwrap_or(0),
    );
    if std::env::args().any(|text| text == "causes") {
        return causes(first..first + count);
    }
    let (mut summary, begin) = (Summary::default(), Instant::now());
    for seed in first..first + count {
        try_one(seed, &mut summary);
        if summary.simulated.is_multiple_of(5000) {
            eprintln!(
                "{} scenarios, {:.0} s",
                summary.simulated,
                begin.elapsed().as_secs_f64()
            );
        }
    }
    summary.print(first, begin.elapsed().as_secs_f64());
    std::process::ExitCode::from(u8::from(summary.failed()))
}

/// Lifts the causes that reports name, and lists those that are not confirmed.
fn causes(seeds: std::ops::Range<u64>) -> std::process::ExitCode {
    let (mut tried, mut other) = (0, 0);
    for seed in seeds {
        for one in proofs::of(&generate::scenario(&mut Choices::of_seed(seed))) {
            tried += 1;
            if !one.confirmed {
                other += 1;
                println!("seed {seed}: {}", one.sentence);
            }
        }
    }
    println!("{tried} causes with a part above one half were lifted; {other} are not confirmed");
    std::process::ExitCode::from(u8::from(other * 20 > tried))
}

fn try_one(seed: u64, summary: &mut Summary) {
    let text = generate::scenario(&mut Choices::of_seed(seed));
    if catch_unwind(AssertUnwindSafe(|| simulate(seed, &text, summary))).is_err() {
        summary.panics.push(seed);
    }
}

/// Simulates one scenario on this thread alone and holds its memory against the estimate.
fn simulate(seed: u64, text: &str, summary: &mut Summary) {
    let parsed = Scenario::parse(
        "night.toml",
        "night",
        text,
        Path::new("."),
        &Overrides::default(),
    );
    let scenario = match parsed {
        Ok(scenario) => scenario,
        Err(problems) => {
            eprintln!("seed {seed} is not valid:\n{problems}");
            return summary.invalid.push(seed);
        }
    };
    let estimate = Memory::of(&scenario, 1).peak.0;
    MEMORY.reset_peak_usage();
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build();
    let runs = match &one {
        Ok(pool) => pool.install(|| experiment::run(&scenario, &Progress::default())),
        Err(_) => experiment::run(&scenario, &Progress::default()),
    };
    match runs {
        Ok(runs) => report(seed, &scenario, runs, summary),
        Err(imbalance) => {
            eprintln!("seed {seed}: {}", imbalance.0);
            summary.unbalanced.push(seed);
        }
    }
    summary.simulated += 1;
    let used = MEMORY.peak_usage() as f64 / estimate as f64;
    if used > summary.fullest.0 {
        summary.fullest = (used, seed);
    }
    if used > 1.0 {
        summary.over.push(seed);
    }
}

fn report(
    seed: u64,
    scenario: &Scenario,
    runs: Vec<experiment::SystemRuns>,
    summary: &mut Summary,
) {
    summary.records += runs
        .iter()
        .flat_map(|system| &system.runs)
        .map(|run| run.ledger.offered)
        .sum::<u64>();
    let report = Report::new(scenario, runs);
    let _ = report::markdown(&report);
    if seed.is_multiple_of(WRITTEN) {
        let folder = tempfile::tempdir().expect("a folder");
        report::write(&report, &folder.path().join("night")).expect("written");
        summary.written += 1;
    }
}

impl Summary {
    fn failed(&self) -> bool {
        [&self.invalid, &self.panics, &self.unbalanced, &self.over]
            .iter()
            .any(|list| !list.is_empty())
    }

    fn print(&self, first: u64, seconds: f64) {
        let shown = |list: &[u64]| format!("{} {:?}", list.len(), &list[..list.len().min(20)]);
        println!(
            "seeds from {first}: {} scenarios simulated, {} records, {} results folders written, {seconds:.0} s",
            self.simulated, self.records, self.written
        );
        println!("not valid: {}", shown(&self.invalid));
        println!("panics: {}", shown(&self.panics));
        println!("unbalanced ledgers: {}", shown(&self.unbalanced));
        println!("above the estimated memory: {}", shown(&self.over));
        println!(
            "fullest: {:.1} % of the estimate (seed {})",
            100.0 * self.fullest.0,
            self.fullest.1
        );
    }
}
