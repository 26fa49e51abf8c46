//! The folder of an atlas: a table of all families in all cells, a summary and the map.

use super::{Atlas, document, picture};
use crate::output::{Content, ForeignFiles, Own, Place};
use crate::report::document::Format;
use crate::report::format::machine;
use crate::search::size::find::Answer;
use std::fs;
use std::path::Path;

/// What an atlas leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct AtlasFolder;

const TABLE: &str = "atlas.csv";
const FILES: [&str; 4] = [TABLE, "summary.md", "atlas.svg", "atlas.png"];
/// The columns behind the axes; the first words of the table mark the folder.
const HEADS: [&str; 7] = [
    "family",
    "size",
    "cost_per_30_days_usd",
    "delivery_p99_s",
    "reason",
    "runs",
    "reproduce",
];

impl Content for AtlasFolder {
    fn owns(&self, _: &Path, path: &Path) -> Option<Own> {
        path.to_str()
            .is_some_and(|name| FILES.contains(&name))
            .then_some(Own::File)
    }

    fn refusal(&self, folder: &Path) -> Option<String> {
        let text = fs::read(folder.join(TABLE)).unwrap_or_default();
        let ours = text.starts_with(b"cell,");
        (!ours).then(|| "not replaced, because it is no folder of an atlas".to_owned())
    }
}

/// Writes the folder; returns what stayed in it of others.
///
/// # Errors
/// A sentence with what could not be drawn or written.
pub fn write(
    atlas: &Atlas,
    answers: &[Vec<Answer>],
    place: &Place<AtlasFolder>,
) -> Result<ForeignFiles, String> {
    let part = place.begin()?;
    let (svg, png) = picture(atlas, answers).draw()?;
    let table = table(atlas, answers).map_err(|error| error.to_string())?;
    let summary = document(atlas, answers)
        .render(Format::Markdown)?
        .into_bytes();
    for (name, bytes) in FILES.iter().zip([table, summary, svg.into_bytes(), png]) {
        let path = part.path().join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    place.finish(&part)
}

/// What the gallery keeps of an atlas, below the folder of its scenario: the map among the charts, table and summary.
///
/// # Errors
/// A sentence with what could not be drawn.
pub fn kept_files(
    atlas: &Atlas,
    answers: &[Vec<Answer>],
) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let (svg, _) = picture(atlas, answers).draw()?;
    let table = table(atlas, answers).map_err(|error| error.to_string())?;
    let summary = document(atlas, answers).render(Format::Markdown)?;
    Ok(vec![
        ("charts/atlas.svg", svg.into_bytes()),
        (TABLE, table),
        ("atlas.md", summary.into_bytes()),
    ])
}

fn table(atlas: &Atlas, answers: &[Vec<Answer>]) -> csv::Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let axes = atlas.axes.list.iter().map(|axis| axis.path.as_str());
    rows.write_record(std::iter::once("cell").chain(axes).chain(HEADS))?;
    for (cell, answers) in answers.iter().enumerate() {
        for answer in answers {
            let mut row = vec![cell.to_string()];
            row.extend(atlas.values(cell));
            row.extend(line(answer));
            row.push(atlas.reproduce(cell));
            rows.write_record(row)?;
        }
    }
    Ok(rows.into_inner().map_err(|error| error.into_error())?)
}

fn line(answer: &Answer) -> [String; 6] {
    let size = answer.size.as_ref().ok();
    [
        answer.family.clone(),
        size.map_or(String::new(), |size| size.called.clone()),
        size.map_or(String::new(), |size| machine(size.measured.cost)),
        size.map_or(String::new(), |size| machine(size.measured.p99)),
        answer.size.as_ref().err().cloned().unwrap_or_default(),
        answer.effort.runs.to_string(),
    ]
}
