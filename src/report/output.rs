//! The results folder: filled aside and put in place, so that it appears complete or not at all.

use super::{Report, TRACES, TraceCopy, chart, csv, html, text};
use crate::output::{Content, ForeignFiles, Own, Place};
use std::fs;
use std::io;
use std::path::Path;

/// The place of a results folder.
pub type ResultsPlace = Place<ResultsFolder>;

/// What a run leaves behind: tables, texts and charts under names that are always the same.
#[derive(Clone, Copy, Debug)]
pub struct ResultsFolder;

/// The resolved scenario, which marks a folder as one that a run may replace.
const RESOLVED: &str = "scenario.toml";
/// The texts beside the tables.
const TEXTS: [&str; 4] = ["report.md", "report.html", CHARTS_JSON, RESOLVED];
/// All charts as data.
const CHARTS_JSON: &str = "charts.json";
/// The folder of the charts.
const CHARTS: &str = "charts";

impl Content for ResultsFolder {
    fn owns(&self, folder: &Path, path: &Path) -> Option<Own> {
        let mut parts = path.iter().map(|part| part.to_str());
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Some(CHARTS)), None, None) => Some(Own::Folder),
            (Some(Some(CHARTS)), Some(Some(name)), None) if is_chart(name) => Some(Own::File),
            (Some(Some(TRACES)), None, None) => Some(Own::Folder),
            (Some(Some(TRACES)), Some(Some(name)), None) if is_trace_of(folder, name) => {
                Some(Own::File)
            }
            (Some(Some(name)), None, None) if is_table_or_text(name) => Some(Own::File),
            _ => None,
        }
    }

    fn refusal(&self, folder: &Path) -> Option<String> {
        let resolved = fs::read(folder.join(RESOLVED)).unwrap_or_default();
        let ours = resolved.starts_with(b"# streamduel ");
        (!ours).then(|| "not replaced, because it is no results folder".to_owned())
    }
}

fn is_table_or_text(name: &str) -> bool {
    TEXTS.contains(&name) || csv::names().any(|table| table == name)
}

/// Whether the resolved scenario of the folder replays the copied trace of this name.
fn is_trace_of(folder: &Path, name: &str) -> bool {
    let resolved = fs::read_to_string(folder.join(RESOLVED)).unwrap_or_default();
    resolved.contains(&setting(&format!("{TRACES}/{name}")))
}

/// The line of a resolved scenario that names a trace.
fn setting(file: &str) -> String {
    format!("file = {}\n", toml::Value::String(file.to_owned()))
}

fn is_chart(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").or(name.strip_suffix(".png"));
    stem.is_some_and(|stem| chart::NAMES.contains(&stem))
}

/// Claims the place of a results folder before the run.
///
/// # Errors
/// A sentence that says why the results could not be written there.
pub fn claim(folder: &Path) -> Result<ResultsPlace, String> {
    Place::claim(folder, ResultsFolder)
}

/// Writes everything that a run leaves behind to `folder`, replacing the results that were there.
///
/// # Errors
/// A sentence with the path that could not be written.
pub fn write(report: &Report, folder: &Path) -> Result<ForeignFiles, String> {
    write_at(report, &claim(folder)?)
}

/// Writes everything that a run leaves behind to the place that was claimed for it.
///
/// # Errors
/// A sentence with the path that could not be written.
pub fn write_at(report: &Report, place: &ResultsPlace) -> Result<ForeignFiles, String> {
    let part = place.begin()?;
    write_all(report, part.path())?;
    place.finish(&part)
}

fn write_all(report: &Report, folder: &Path) -> Result<(), String> {
    let at = |path: &Path, error: &io::Error| format!("{}: {error}", path.display());
    let charts = folder.join(CHARTS);
    let deepest = if report.with_charts { &charts } else { folder };
    fs::create_dir_all(deepest).map_err(|error| at(deepest, &error))?;
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| at(&path, &error))
    };
    csv::write_all(report, |name| {
        Ok(Box::new(fs::File::create(folder.join(name))?))
    })
    .map_err(|(name, error)| at(&folder.join(name), &error))?;
    let drawn = chart::draw_all(report, &charts)?;
    put("report.md", text::markdown(report).as_bytes())?;
    let json = chart::collection::json(report, drawn.iter().map(|chart| &chart.description))?;
    if report.with_charts {
        put(CHARTS_JSON, json.as_bytes())?;
    }
    put("report.html", html::page(report, &drawn)?.as_bytes())?;
    write_resolved(report, folder)
}

/// Writes the resolved scenario and copies its traces, so that it runs as it is, wherever the folder lies.
///
/// # Errors
/// A sentence with the path that could not be written.
pub fn write_resolved(report: &Report, folder: &Path) -> Result<(), String> {
    let path = folder.join(RESOLVED);
    fs::write(&path, resolved(report)).map_err(|error| format!("{}: {error}", path.display()))?;
    report
        .traces
        .iter()
        .try_for_each(|trace| copy(trace, folder))
}

/// Copies a trace into the results folder.
fn copy(trace: &TraceCopy, folder: &Path) -> Result<(), String> {
    let to = folder.join(&trace.to);
    let made = to.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::copy(&trace.from, &to).map(|_| ()))
        .map_err(|error| format!("{} to {}: {error}", trace.from.display(), to.display()))
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
