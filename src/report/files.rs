//! All files that a run leaves behind, each a name and bytes. Where they go is up to the caller.

use super::{CHARTS, Report, TraceCopy, chart, csv, export, html, text};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The resolved scenario, which marks a folder as one that a run may replace.
pub(super) const RESOLVED: &str = "scenario.toml";
/// The texts beside the tables.
pub(super) const TEXTS: [&str; 4] = ["report.md", "report.html", CHARTS_JSON, RESOLVED];
/// All charts as data.
const CHARTS_JSON: &str = "charts.json";

/// Where files go: a folder of the machine, or memory.
pub trait Store {
    /// Begins the file of this name, which may hold `/`.
    ///
    /// # Errors
    /// If it cannot be written.
    fn open(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>>;

    /// The name of a file as messages show it.
    fn shown(&self, name: &str) -> String {
        name.to_owned()
    }
}

impl Store for BTreeMap<String, Vec<u8>> {
    fn open(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        let bytes = self.entry(name.to_owned()).or_default();
        bytes.clear();
        Ok(Box::new(bytes))
    }
}

/// All files of a results folder, by name.
///
/// # Errors
/// A sentence about the file that could not be made.
pub fn files(report: &Report) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    put_all(report, &mut files)?;
    Ok(files)
}

/// Writes all files of a results folder to `store`.
///
/// # Errors
/// A sentence with the file that could not be written.
pub fn put_all(report: &Report, store: &mut dyn Store) -> Result<(), String> {
    csv::write_all(report, store)?;
    let drawn = chart::draw_all(report)?;
    // A page draws the pictures itself.
    for chart in drawn.iter().filter(|_| cfg!(feature = "charts")) {
        let path = |ending: &str| format!("{CHARTS}/{}.{ending}", chart.description.name);
        put(store, &path("svg"), chart.svg.as_bytes())?;
        put(store, &path("png"), &chart.png)?;
    }
    put(store, "report.md", text::markdown(report).as_bytes())?;
    let json = chart::collection::json(report, drawn.iter().map(|chart| &chart.description))?;
    if report.with_charts {
        put(store, CHARTS_JSON, json.as_bytes())?;
    }
    put(store, "report.html", html::page(report, &drawn)?.as_bytes())?;
    export::write_all(report, store)?;
    put_resolved(report, store)
}

/// Writes the tables alone to `store`.
///
/// # Errors
/// A sentence with the file that could not be written.
pub fn put_tables(report: &Report, store: &mut dyn Store) -> Result<(), String> {
    csv::write_all(report, store)
}

/// Writes the resolved scenario and its traces, so that it runs as it is, wherever the files lie.
pub(super) fn put_resolved(report: &Report, store: &mut dyn Store) -> Result<(), String> {
    put(store, RESOLVED, resolved(report).as_bytes())?;
    let mut traces = report.traces.iter();
    traces.try_for_each(|trace| copy(trace, store))
}

/// Writes one file.
pub(super) fn put(store: &mut dyn Store, name: &str, bytes: &[u8]) -> Result<(), String> {
    let written = store.open(name).and_then(|mut file| {
        file.write_all(bytes)?;
        file.flush()
    });
    written.map_err(|error| format!("{}: {error}", store.shown(name)))
}

/// Copies a trace.
fn copy(trace: &TraceCopy, store: &mut dyn Store) -> Result<(), String> {
    let copied = store
        .open(&trace.to)
        .and_then(|mut file| trace.from.copy(&mut file));
    copied.map_err(|error| {
        let (from, to) = (trace.from.path().display(), store.shown(&trace.to));
        format!("{from} to {to}: {error}")
    })
}

/// The line of a resolved scenario that names a trace.
pub(super) fn setting(file: &str) -> String {
    format!("file = {}\n", toml::Value::String(file.to_owned()))
}

/// The resolved scenario between two comments.
fn resolved(report: &Report) -> String {
    let (head, mut resolved) = (report.head(), report.resolved.clone());
    for trace in &report.traces {
        resolved = resolved.replace(&setting(&trace.named), &setting(&trace.to));
    }
    let reproduce = &report.reproduce;
    format!("# {head}\n{resolved}\n# reproduce: {reproduce}\n")
}
