//! The folder of a sweep: tables, charts, a summary and the scenario, whole or not at all.

use super::{Sweep, document, picture, tables};
use crate::output::{Content, ForeignFiles, Own, Place, beside_hidden};
use crate::probe::figures;
use crate::report::chart::plane::Picture;
use crate::report::document::Format;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// What a sweep leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct SweepFolder;

const CHARTS: &str = "charts";
const SUMMARY: &str = "summary.md";
/// The scenario that was swept over; its first line marks the folder as one that a sweep may replace.
const SCENARIO: &str = "scenario.toml";
const MARK: &str = "# streamduel sweep ";

impl Content for SweepFolder {
    fn owns(&self, _: &Path, path: &Path) -> Option<Own> {
        let mut parts = path.iter().map(|part| part.to_str());
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Some(CHARTS)), None, None) => Some(Own::Folder),
            (Some(Some(CHARTS)), Some(Some(name)), None) if is_chart(name) => Some(Own::File),
            (Some(Some(SUMMARY | SCENARIO)), None, None) => Some(Own::File),
            (Some(Some(name)), None, None) if tables::names().any(|table| table == name) => {
                Some(Own::File)
            }
            _ => None,
        }
    }

    fn refusal(&self, folder: &Path) -> Option<String> {
        let text = fs::read(folder.join(SCENARIO)).unwrap_or_default();
        let ours = text.starts_with(MARK.as_bytes());
        (!ours).then(|| "not replaced, because it is no folder of a sweep".to_owned())
    }
}

/// Whether a sweep draws a chart of this name: `lines`, a figure, or a consumer's figure.
fn is_chart(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").or(name.strip_suffix(".png"));
    stem.is_some_and(|stem| {
        let figure = stem.rsplit('-').next().unwrap_or(stem);
        stem == "lines" || figures::by_name(figure).is_some()
    })
}

/// Where finished runs are kept until the folder is written: hidden, beside it.
#[must_use]
pub fn store_path(folder: &Path) -> PathBuf {
    beside_hidden(folder, "runs")
}

/// Writes the folder; returns what stayed in it of others.
///
/// # Errors
/// A sentence with what could not be drawn or written.
pub fn write(
    sweep: &Sweep,
    with_charts: bool,
    place: &Place<SweepFolder>,
) -> Result<ForeignFiles, String> {
    let part = place.begin()?;
    let folder = part.path();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    let tables = tables::all(sweep).map_err(|error| error.to_string())?;
    for (name, bytes) in tables {
        put(name, &bytes)?;
    }
    put(
        SUMMARY,
        document(sweep).render(Format::Markdown)?.as_bytes(),
    )?;
    put(SCENARIO, scenario(sweep).as_bytes())?;
    let pictures = if with_charts {
        picture::all(sweep)
    } else {
        Vec::new()
    };
    draw(&pictures, &folder.join(CHARTS))?;
    place.finish(&part)
}

/// The resolved scenario between two comments.
fn scenario(sweep: &Sweep) -> String {
    let plan = &sweep.plan;
    format!(
        "{MARK}{} · seed {}\n{}\n# reproduce: {}\n",
        env!("CARGO_PKG_VERSION"),
        plan.seed,
        plan.resolved,
        plan.reproduce()
    )
}

fn draw(pictures: &[(String, Picture)], folder: &Path) -> Result<(), String> {
    if pictures.is_empty() {
        return Ok(());
    }
    fs::create_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    pictures.par_iter().try_for_each(|(name, picture)| {
        let (svg, png) = picture.draw()?;
        let put = |ending: &str, bytes: &[u8]| {
            let path = folder.join(format!("{name}.{ending}"));
            fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
        };
        put("svg", svg.as_bytes())?;
        put("png", &png)
    })
}
