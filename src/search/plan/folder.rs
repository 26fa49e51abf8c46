//! The folder of a plan: a summary, a table, the calls, and the plan as a scenario.

use super::words::{FIGURES, commands};
use super::{Proved, document};
use crate::output::{Content, ForeignFiles, Own, Place, beside_hidden};
use crate::report::document::Format;
use crate::report::format::machine;
use std::fs;
use std::path::{Path, PathBuf};

/// What a plan leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct PlanFolder;

const TABLE: &str = "plan.csv";
const SUMMARY: &str = "summary.md";
const CALLS: &str = "calls.sh";
const SCENARIO: &str = "plan.toml";
/// The first column of the table marks the folder as one that a plan may replace.
const MARK: &str = "way,what,";

impl Content for PlanFolder {
    fn owns(&self, _: &Path, path: &Path) -> Option<Own> {
        let name = path.to_str()?;
        [TABLE, SUMMARY, CALLS, SCENARIO]
            .contains(&name)
            .then_some(Own::File)
    }

    fn refusal(&self, folder: &Path) -> Option<String> {
        let text = fs::read(folder.join(TABLE)).unwrap_or_default();
        let ours = text.starts_with(MARK.as_bytes());
        (!ours).then(|| "not replaced, because it is no folder of a plan".to_owned())
    }
}

/// Where finished runs are kept until the folder is written: hidden, beside it.
#[must_use]
pub fn store_path(folder: &Path) -> PathBuf {
    beside_hidden(folder, "runs")
}

/// Writes the folder; returns what stayed in it of others.
///
/// # Errors
/// A sentence with what could not be written.
pub fn write(proved: &Proved, place: &Place<PlanFolder>) -> Result<ForeignFiles, String> {
    let part = place.begin()?;
    let put = |name: &str, bytes: &[u8]| {
        let path = part.path().join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    put(TABLE, &table(proved).map_err(|error| error.to_string())?)?;
    let summary = document(proved).render(Format::Markdown)?;
    put(SUMMARY, summary.as_bytes())?;
    let plan = &proved.plan;
    let calls = commands(plan);
    if !calls.is_empty() {
        let head = format!("#!/bin/sh\n# {}\nset -e\n", plan.reproduce());
        put(CALLS, format!("{head}{}\n", calls.join("\n")).as_bytes())?;
        let version = env!("CARGO_PKG_VERSION");
        let head = format!("# streamduel {version} · {}\n", plan.reproduce());
        put(SCENARIO, format!("{head}{}", plan.scenario).as_bytes())?;
    }
    place.finish(&part)
}

fn table(proved: &Proved) -> csv::Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let mut heads: Vec<String> = ["way", "what", "calls", "calls_take_s", "runs", "runs_held"]
        .map(str::to_owned)
        .to_vec();
    for (name, _) in FIGURES {
        heads.extend([name.to_owned(), format!("{name}_half_width")]);
    }
    rows.write_record(heads)?;
    for (n, way) in proved.plan.ways.iter().enumerate() {
        let mut row = vec![
            way.label.to_owned(),
            way.what.clone(),
            way.calls.len().to_string(),
            machine(way.takes.as_secs_f64()),
            proved.outcomes.len().to_string(),
            proved.held(n).to_string(),
        ];
        for (name, _) in FIGURES {
            let of = proved.figure(n, name);
            let half = of.and_then(|of| of.half_width);
            row.push(of.map_or(String::new(), |of| machine(of.mean)));
            row.push(half.map_or(String::new(), machine));
        }
        rows.write_record(row)?;
    }
    Ok(rows.into_inner().map_err(|error| error.into_error())?)
}
