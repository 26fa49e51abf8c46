//! The progress bar: simulated time and records per second, on standard error, only on a terminal.

use crate::experiment::Progress;
use crate::report::format;
use crate::scenario::Scenario;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A progress bar with the thread that moves it.
pub(super) struct Bar {
    /// What the runs report to.
    pub progress: Arc<Progress>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How much work there is, and in what it is measured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extent {
    /// Simulated time `[ns]`: the runs of a scenario are equally long.
    SimulatedTime(u64),
    /// Records: the runs of a search differ.
    Records(u64),
}

const TEMPLATE: &str = "{prefix} {wide_bar} {msg} {eta}";

impl Bar {
    /// Starts the bar of a scenario, which measures simulated time.
    pub(super) fn start(scenario: &Scenario, quiet: bool) -> Self {
        let runs = scenario.systems.len() as u64 * u64::from(scenario.replications);
        let total = runs * scenario.workload.duration.0;
        Self::over(&scenario.name, Extent::SimulatedTime(total), quiet)
    }

    /// Starts a bar over so much work; without a terminal nothing is drawn.
    pub(super) fn over(name: &str, extent: Extent, quiet: bool) -> Self {
        let (progress, stop) = (
            Arc::new(Progress::default()),
            Arc::new(AtomicBool::new(false)),
        );
        let mut bar = Self {
            progress: progress.clone(),
            stop: stop.clone(),
            thread: None,
        };
        if quiet || !std::io::stderr().is_terminal() {
            return bar;
        }
        let (Extent::SimulatedTime(total) | Extent::Records(total)) = extent;
        let drawn = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            drawn.set_style(style);
        }
        drawn.set_prefix(name.to_owned());
        bar.thread = Some(std::thread::spawn(move || {
            let mut ticks = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                std::thread::park_timeout(Duration::from_millis(100));
                ticks += 1;
                let simulated = progress.simulated.load(Ordering::Relaxed);
                let records = progress.records.load(Ordering::Relaxed);
                let rate = records as f64 / (0.1 * f64::from(ticks));
                let time = format::seconds(simulated as f64 / 1e9);
                drawn.set_message(format!(
                    "{time} simulated, {} records/s",
                    format::prefixed(rate)
                ));
                drawn.set_position(match extent {
                    Extent::SimulatedTime(_) => simulated,
                    Extent::Records(_) => records,
                });
            }
            drawn.finish_and_clear();
        }));
        bar
    }

    /// Takes the bar away.
    pub(super) fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
