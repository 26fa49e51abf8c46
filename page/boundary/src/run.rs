//! `run`: the report of a scenario as data, and the files that a native run leaves.

use crate::check::{Request, Wanted, check};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use streamduel::experiment::{self, Progress};
use streamduel::report::{self, Report};

/// Runs a scenario; its problems, if it has any, stand in the answer.
pub(crate) fn run(request: &Request) -> Result<Value, String> {
    let Ok(scenario) = request.scenario() else {
        return Ok(json!({ "checked": check(request) }));
    };
    let runs = experiment::run(&scenario, &Progress::default());
    let runs = runs.map_err(|broken| format!("{} (this is a bug of streamduel)", broken.0))?;
    let mut report = Report::new(&scenario, runs);
    report.with_charts = false;
    let checked = check(request);
    Ok(json!({
        "checked": checked,
        "report": report::page::data(&report),
        "files": files(&report, request.files)?,
    }))
}

/// Names and texts of the files that are wanted.
fn files(report: &Report, wanted: Wanted) -> Result<BTreeMap<String, String>, String> {
    let files = match wanted {
        Wanted::None => BTreeMap::new(),
        Wanted::Tables => {
            let mut tables = BTreeMap::new();
            report::put_tables(report, &mut tables)?;
            tables
        }
        Wanted::All => report::files(report)?,
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let files = files.into_iter();
    Ok(files.map(|(name, bytes)| (name, text(bytes))).collect())
}
