//! The results folder: written aside and renamed, so that it appears complete or not at all.

use super::{Report, chart, csv, html, text};
use std::fs;
use std::io;
use std::path::Path;

/// Writes everything that a run leaves behind to `folder`, replacing what was there.
///
/// # Errors
/// A sentence with the path that could not be written.
pub fn write(report: &Report, folder: &Path) -> Result<(), String> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    if folder.exists() && !is_ours(folder) {
        return Err(format!(
            "{}: not replaced, because it is no results folder",
            folder.display()
        ));
    }
    let aside = parent.join(format!(".{}.part", report.name));
    let at = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(|error| at(&aside, error))?;
    }
    let written = write_all(report, &aside);
    if let Err(message) = written {
        let _ = fs::remove_dir_all(&aside);
        return Err(message);
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| at(folder, error))?;
    }
    fs::rename(&aside, folder).map_err(|error| at(folder, error))
}

/// Whether a folder is empty or holds the results of a run, so that it may be replaced.
fn is_ours(folder: &Path) -> bool {
    let empty = fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_none());
    let resolved = fs::read_to_string(folder.join("scenario.toml")).unwrap_or_default();
    empty || resolved.starts_with("# streamduel ")
}

fn write_all(report: &Report, folder: &Path) -> Result<(), String> {
    let charts = folder.join("charts");
    let deepest = if report.with_charts { &charts } else { folder };
    fs::create_dir_all(deepest).map_err(|error| format!("{}: {error}", charts.display()))?;
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    for (name, bytes) in csv::files(report)? {
        put(name, &bytes)?;
    }
    let drawn = chart::draw_all(report, &charts)?;
    put("report.md", text::markdown(report).as_bytes())?;
    put("report.html", html::page(report, &drawn)?.as_bytes())?;
    let resolved = format!(
        "# {}\n{}\n# reproduce: {}\n",
        report.head(),
        report.resolved,
        report.reproduce
    );
    put("scenario.toml", resolved.as_bytes())
}
