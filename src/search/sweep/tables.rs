//! The tables of a sweep: tidy, in base units, with the same columns for every scenario but for the axes.

use super::Sweep;
use crate::report::format::machine;
use crate::stats::Interval;
use std::io;

/// What writes the rows of a table.
type Fill = fn(&Sweep, &mut Rows) -> csv::Result<()>;
type Rows = csv::Writer<Vec<u8>>;

/// The tables: their names and what writes their rows.
const TABLES: [(&str, Fill); 3] = [
    ("sweep.csv", figures),
    ("claims.csv", claims),
    ("points.csv", points),
];

/// The names of the tables.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// All tables as text.
pub(super) fn all(sweep: &Sweep) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
    let table = |(name, fill): &(&'static str, Fill)| {
        let mut rows = csv::Writer::from_writer(Vec::new());
        fill(sweep, &mut rows)?;
        let bytes = rows.into_inner().map_err(|error| error.into_error())?;
        Ok((*name, bytes))
    };
    TABLES.iter().map(table).collect()
}

/// The heads of the columns that every table begins with: the number of the point and the axes.
fn head(sweep: &Sweep, more: &[&str]) -> Vec<String> {
    let axes = sweep.plan.axes.list.iter().map(|axis| axis.path.clone());
    let more = more.iter().map(|name| (*name).to_owned());
    std::iter::once("point".to_owned())
        .chain(axes)
        .chain(more)
        .collect()
}

fn row(sweep: &Sweep, point: usize, more: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut row = vec![point.to_string()];
    row.extend(sweep.plan.values(point));
    row.extend(more);
    row
}

fn mean(interval: Option<Interval>) -> [String; 2] {
    let half = interval.and_then(|interval| interval.half_width);
    [
        interval.map_or(String::new(), |interval| machine(interval.mean)),
        half.map_or(String::new(), machine),
    ]
}

/// Every figure at every point; a figure that was not measured has no row.
fn figures(sweep: &Sweep, rows: &mut Rows) -> csv::Result<()> {
    let more = [
        "system", "platform", "consumer", "figure", "unit", "mean", "ci95", "n",
    ];
    rows.write_record(head(sweep, &more))?;
    for point in 0..sweep.plan.points.len() {
        for found in sweep.figures_at(point) {
            let [value, half] = mean(Some(found.value));
            let cells = [
                found.system,
                found.platform.to_owned(),
                found.consumer.unwrap_or_default(),
                found.figure.to_owned(),
                found.unit.word().to_owned(),
                value,
                half,
                found.value.n.to_string(),
            ];
            rows.write_record(row(sweep, point, cells))?;
        }
    }
    Ok(())
}

/// Every claim at every point: in how many replications it held, and what its left side was.
fn claims(sweep: &Sweep, rows: &mut Rows) -> csv::Result<()> {
    rows.write_record(head(sweep, &["claim", "held", "of", "mean", "ci95"]))?;
    for point in 0..sweep.plan.points.len() {
        for claim in sweep.claims_at(point) {
            let [value, half] = mean(claim.found);
            let (held, of) = (claim.held.to_string(), claim.of.to_string());
            rows.write_record(row(sweep, point, [claim.that, held, of, value, half]))?;
        }
    }
    Ok(())
}

/// Every point with the hash of its inputs and the command that runs it alone.
fn points(sweep: &Sweep, rows: &mut Rows) -> csv::Result<()> {
    rows.write_record(head(sweep, &["inputs", "replications", "reproduce"]))?;
    for (point, read) in sweep.plan.points.iter().enumerate() {
        let command = sweep.plan.reproduce_point(read);
        let cells = [read.key.clone(), read.replications.to_string(), command];
        rows.write_record(row(sweep, point, cells))?;
    }
    Ok(())
}
