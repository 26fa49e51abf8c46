//! `run`: the report of a scenario and its charts as data, and the files that a native run leaves.

use crate::check::{Checked, Request, Wanted, check};
use crate::kept::{self, Plan};
use crate::{held, memory, ok};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use streamduel::experiment::Progress;
use streamduel::report::chart::collection::{self, Collection};
use streamduel::report::page::Data;
use streamduel::report::{self, Report, chart};
use streamduel::scenario::Scenario;

/// What a run gives.
#[derive(Serialize)]
struct Ran<'a> {
    /// Problems and warnings.
    checked: Checked,
    /// The report, if the scenario could run.
    report: Option<Data>,
    /// The charts of the report.
    charts: Option<Collection<'a>>,
    /// The files that were asked for.
    files: BTreeMap<String, File>,
}

/// The bytes of a file.
#[derive(Serialize)]
#[serde(untagged)]
enum File {
    /// Text.
    Text(String),
    /// Anything else, as hexadecimal digits.
    Bytes {
        /// Two digits for each byte.
        hex: String,
    },
}

/// Runs a scenario; its problems, if it has any, stand in the answer.
pub(crate) fn run(request: &Request) -> Result<Vec<u8>, String> {
    let scenario = request.scenario();
    let checked = check(&scenario);
    let Ok(scenario) = scenario else {
        return ok(&Ran {
            checked,
            report: None,
            charts: None,
            files: BTreeMap::new(),
        });
    };
    if let Some(sentence) = held::refusal(&scenario) {
        return Err(sentence);
    }
    let plan = Plan::new(request, &scenario);
    memory::begins(simulated_ns(&scenario, plan.systems(&scenario)));
    let progress = Progress {
        heard: Some(memory::heard),
        ..Progress::default()
    };
    let runs = plan.run(&scenario, &progress);
    let (runs, settings) =
        runs.map_err(|broken| format!("{} (this is a bug of streamduel)", broken.0))?;
    let report = Report::new(&scenario, runs);
    let charts = chart::describe_all(&report);
    let answer = ok(&Ran {
        checked,
        report: Some(report::page::data(&report, &charts)),
        charts: Some(collection::collect(&report, charts.iter())),
        files: files(&report, request.files)?,
    });
    drop(charts);
    kept::keep(report.systems, settings);
    answer
}

/// How much time is simulated at least, over all runs of so many systems `[ns]`.
fn simulated_ns(scenario: &Scenario, systems: usize) -> u64 {
    let runs = (systems as u64).saturating_mul(scenario.replications.into());
    runs.saturating_mul(scenario.workload.duration.0)
}

/// Names and bytes of the files that are wanted.
fn files(report: &Report, wanted: Wanted) -> Result<BTreeMap<String, File>, String> {
    let files = match wanted {
        Wanted::None => BTreeMap::new(),
        Wanted::Tables => {
            let mut tables = BTreeMap::new();
            report::put_tables(report, &mut tables)?;
            tables
        }
        Wanted::All => report::files(report)?,
    };
    let files = files.into_iter();
    Ok(files.map(|(name, bytes)| (name, file(bytes))).collect())
}

fn file(bytes: Vec<u8>) -> File {
    match String::from_utf8(bytes) {
        Ok(text) => File::Text(text),
        Err(broken) => {
            let mut hex = String::new();
            for byte in broken.as_bytes() {
                let _ = write!(hex, "{byte:02x}");
            }
            File::Bytes { hex }
        }
    }
}
