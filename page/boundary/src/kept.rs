//! The runs of the last request. A slider of one system changes that system alone, so the runs of the others are taken
//! from here. Nobody can see it in an answer: the same system with the same settings leaves the same bytes.

use crate::check::Request;
use std::cell::RefCell;
use streamduel::experiment::{Imbalance, Progress, SystemRuns, run, run_alone, stands_alone};
use streamduel::report::SystemReport;
use streamduel::scenario::{Memory, Scenario};

/// The largest run whose results stay, by the program's own bound of its memory `[B]`.
const RUN_BYTES_MAX: u64 = 300_000_000;

thread_local! {
    static LAST: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// The runs of a system, and what they follow from.
struct Kept {
    settings: String,
    runs: SystemRuns,
}

/// What is done for a request: which systems are run, and which are known.
pub(crate) struct Plan {
    /// The settings that the runs of each system follow from; nothing if the systems do not stand alone.
    settings: Vec<String>,
    known: Vec<Option<SystemRuns>>,
}

impl Plan {
    /// The plan for a request and its scenario. What was kept and is not needed goes.
    pub(crate) fn new(request: &Request, scenario: &Scenario) -> Self {
        let mut last = LAST.take();
        let small = Memory::of(scenario, 1).peak.0 <= RUN_BYTES_MAX;
        let settings = if small && request.traces.is_empty() && stands_alone(scenario) {
            settings(scenario)
        } else {
            Vec::new()
        };
        let mut known = |own: &String| {
            let place = last.iter().position(|kept| kept.settings == *own)?;
            Some(last.swap_remove(place).runs)
        };
        let known = settings.iter().map(&mut known).collect();
        Self { settings, known }
    }

    /// How many systems are run.
    pub(crate) fn systems(&self, scenario: &Scenario) -> usize {
        scenario.systems.len() - self.known.iter().flatten().count()
    }

    /// The runs of all systems, and the settings to [`keep`] them under.
    pub(crate) fn run(
        self,
        scenario: &Scenario,
        progress: &Progress,
    ) -> Result<(Vec<SystemRuns>, Vec<String>), Imbalance> {
        if self.settings.is_empty() {
            return Ok((run(scenario, progress)?, Vec::new()));
        }
        let one = |(system, known): (usize, Option<SystemRuns>)| {
            known.map_or_else(|| run_alone(scenario, system, progress), Ok)
        };
        let runs = self.known.into_iter().enumerate().map(one);
        Ok((runs.collect::<Result<_, _>>()?, self.settings))
    }
}

/// Keeps the runs of a report for the next request.
pub(crate) fn keep(systems: Vec<SystemReport>, settings: Vec<String>) {
    let one = |(settings, system): (String, SystemReport)| Kept {
        settings,
        runs: SystemRuns {
            label: system.label,
            platform: system.platform,
            names: system.names,
            runs: system.runs,
        },
    };
    LAST.set(settings.into_iter().zip(systems).map(one).collect());
}

/// For each system, every value in force without the other systems; nothing if it cannot be told.
fn settings(scenario: &Scenario) -> Vec<String> {
    let own = |label: &String| {
        let mut table: toml::Table = toml::from_str(&scenario.resolved).ok()?;
        let systems = table.get_mut("system")?.as_table_mut()?;
        systems.retain(|other, _| other == label);
        (!systems.is_empty()).then(|| table.to_string())
    };
    let all = scenario.systems.iter().map(|system| own(&system.label));
    all.collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
title = "Small"
question = "?"
duration = "5 s"
warmup = "1 s"
replications = 1
[workload]
arrivals = { poisson = "50 records/s" }
keys = { uniform = { count = 10 } }
sizes = { constant = "100 B" }
[[consumer]]
name = "app"
[system.kds.kinesis]
ShardCount = 1
[system.msk.kafka]
NumberOfBrokerNodes = 3
topic = { partitions = 2 }
"#;

    /// How many systems are run for a text after the one before.
    fn runs(text: &str) -> usize {
        let request = Request::of("small", text);
        let scenario = request.scenario().expect("a scenario");
        let plan = Plan::new(&request, &scenario);
        let count = plan.systems(&scenario);
        let progress = Progress::default();
        let (runs, settings) = plan.run(&scenario, &progress).expect("balanced");
        let report = streamduel::report::Report::new(&scenario, runs);
        keep(report.systems, settings);
        count
    }

    #[test]
    fn only_what_changes_is_run_again() {
        assert_eq!(runs(TEXT), 2);
        assert_eq!(runs(TEXT), 0);
        assert_eq!(runs(&TEXT.replace("ShardCount = 1", "ShardCount = 2")), 1);
        assert_eq!(runs(&TEXT.replace("partitions = 2", "partitions = 3")), 2);
        assert_eq!(runs(&TEXT.replace("100 B", "200 B")), 2);
        let found = TEXT.replace("warmup = \"1 s\"", "warmup = \"auto\"");
        assert_eq!(runs(&found), 2);
        assert_eq!(runs(&found), 2, "the warm-up follows from all systems");
        assert_eq!(runs(&format!("seed = 3\n{TEXT}")), 2);
        assert_eq!(
            runs(&format!(
                "duration = \"6 s\"\n{}",
                TEXT.replace("duration = \"5 s\"\n", "")
            )),
            2
        );
    }
}
