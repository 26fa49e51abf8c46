//! The results folder: filled aside and put in place, so that it appears complete or not at all.

use super::files::{RESOLVED, TEXTS, put_all, put_resolved, setting};
use super::{CHARTS, Report, Store, TRACES, chart, csv, export};
use crate::output::{Content, ForeignFiles, Own, Place};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The place of a results folder.
pub type ResultsPlace = Place<ResultsFolder>;

/// What a run leaves behind: tables, texts and charts under names that are always the same.
#[derive(Clone, Copy, Debug)]
pub struct ResultsFolder;

impl Content for ResultsFolder {
    fn owns(&self, folder: &Path, path: &Path) -> Option<Own> {
        let mut parts = path.iter().map(|part| part.to_str());
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Some(CHARTS)), None, None) => Some(Own::Folder),
            (Some(Some(CHARTS)), Some(Some(name)), None) if is_chart(name) => Some(Own::File),
            (Some(Some(export::HGRM)), None, None) => Some(Own::Folder),
            (Some(Some(export::HGRM)), Some(Some(name)), None) if export::is_hgrm(name) => {
                Some(Own::File)
            }
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
    let exported = [export::OPENMETRICS, export::PARQUET].contains(&name);
    exported || TEXTS.contains(&name) || csv::names().any(|table| table == name)
}

/// Whether the resolved scenario of the folder replays the copied trace of this name.
fn is_trace_of(folder: &Path, name: &str) -> bool {
    let resolved = fs::read_to_string(folder.join(RESOLVED)).unwrap_or_default();
    resolved.contains(&setting(&format!("{TRACES}/{name}")))
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
    put_all(report, &mut Disk(part.path()))?;
    place.finish(&part)
}

/// Writes the resolved scenario and copies its traces, so that it runs as it is, wherever the folder lies.
///
/// # Errors
/// A sentence with the path that could not be written.
pub fn write_resolved(report: &Report, folder: &Path) -> Result<(), String> {
    put_resolved(report, &mut Disk(folder))
}

/// A folder of the machine.
struct Disk<'a>(&'a Path);

impl Store for Disk<'_> {
    fn open(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        let path = self.0.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Box::new(fs::File::create(path)?))
    }

    fn shown(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}
