//! Heat map: how much of its own limit each shard or partition uses over time.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame, INK};
use super::{Area, Chart, Drawn};
use crate::probe::figures::lane_utilisation;
use crate::probe::{Lane, Point, RunResult};
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;
use std::ops::Range;

pub(super) struct Heat;

/// The most rows and columns that a panel shows; more are merged, keeping the largest value.
const ROWS_MAX: usize = 48;
const COLUMNS_MAX: usize = 150;
/// Rows of the hash key space where lanes come and go.
const RANGE_ROWS: usize = 128;

/// Stops of the scale (viridis, Smith and van der Walt), from 0 to 100 % of the limit.
const STOPS: [RGBColor; 6] = [
    RGBColor(68, 1, 84),
    RGBColor(65, 68, 135),
    RGBColor(42, 120, 142),
    RGBColor(34, 168, 132),
    RGBColor(122, 209, 81),
    RGBColor(253, 231, 37),
];
/// At or above the limit.
const FULL: RGBColor = RGBColor(214, 0, 0);

/// The colour of a utilisation, in steps of 5 %.
pub(super) fn shade(used: f64) -> RGBColor {
    if used >= 0.995 {
        return FULL;
    }
    let at = libm::floor(used * 20.0) / 20.0 * (STOPS.len() - 1) as f64;
    let low = (at as usize).min(STOPS.len() - 2);
    let part = at - low as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part) as u8;
    let (RGBColor(r, g, b), RGBColor(x, y, z)) = (STOPS[low], STOPS[low + 1]);
    RGBColor(mix(r, x), mix(g, y), mix(b, z))
}

/// What the rows of the map are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rows {
    /// Whether they are parts of the hash key space, because lanes come and go.
    by_range: bool,
    /// How many there are.
    count: usize,
    /// The lanes of a row, where rows are lanes.
    per_row: usize,
}

impl Rows {
    fn of(run: &RunResult) -> Self {
        let (by_range, lanes) = (by_range(run), run.lanes.len());
        let per_row = match by_range {
            true => 1,
            false => lanes.div_ceil(ROWS_MAX).max(1),
        };
        let count = match by_range {
            true => RANGE_ROWS,
            false => lanes.div_ceil(per_row),
        };
        Self {
            by_range,
            count,
            per_row,
        }
    }

    /// The rows of a lane: by its number, or by its part of the hash key space.
    fn of_lane(self, number: usize, lane: &Lane) -> Range<usize> {
        match lane.range.filter(|_| self.by_range) {
            Some((from, to)) => {
                let row = |share: f64| libm::round(share * self.count as f64) as usize;
                let first = row(from).min(self.count - 1);
                first..row(to).max(first + 1)
            }
            None => number / self.per_row..number / self.per_row + 1,
        }
    }
}

/// Whether lanes come and go, so that rows are parts of the hash key space.
fn by_range(run: &RunResult) -> bool {
    run.lanes.iter().any(|lane| !lane.parents.is_empty())
}

/// The use of each lane's limits over some intervals, each weighted by its length `[s]`.
fn weighted(points: &[Point], lanes: usize) -> Vec<f64> {
    let mut sums = vec![0.0; lanes];
    for point in points {
        for (sum, used) in sums.iter_mut().zip(&point.utilisation) {
            *sum += f64::from(*used) * point.length;
        }
    }
    sums
}

/// Utilisation by row and column, merged by maximum, with the edges of the columns `[s]`.
fn grid(run: &RunResult, rows: Rows) -> (Vec<Vec<f64>>, Vec<f64>) {
    let per_column = run.points.len().div_ceil(COLUMNS_MAX).max(1);
    let columns: Vec<&[Point]> = run.points.chunks(per_column).collect();
    let lanes = run.lanes.iter().enumerate();
    let places: Vec<Range<usize>> = lanes.map(|(n, lane)| rows.of_lane(n, lane)).collect();
    let mut cells = vec![vec![0.0_f64; columns.len()]; rows.count];
    let mut edges = vec![0.0];
    for (column, points) in columns.iter().enumerate() {
        let length: f64 = points.iter().map(|point| point.length).sum();
        for (sum, place) in weighted(points, places.len()).iter().zip(&places) {
            for row in &mut cells[place.clone()] {
                row[column] = row[column].max(sum / length);
            }
        }
        edges.extend(points.last().map(|point| point.t));
    }
    (cells, edges)
}

fn title(system: &SystemReport, run: &RunResult, per_row: usize) -> String {
    let merged = if per_row > 1 {
        format!("; {per_row} to a row, the busiest shown")
    } else {
        String::new()
    };
    let limit = match system.names.lane {
        "shard" => "its write limit (bytes or records)",
        _ => "what its leader could take alone",
    };
    let busiest = lane_utilisation(run).into_iter().fold(0.0, f64::max);
    let lane = system.names.lane;
    format!(
        "{}: each {lane}'s share of {limit}, busiest {} on average{merged}",
        system.label,
        format::percent(busiest)
    )
}

impl Chart for Heat {
    const NAME: &'static str = "heat";
    const TITLE: &'static str = "Utilisation of every shard and partition";

    fn legend(report: &Report) -> Vec<Entry> {
        legend_of(report)
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let panels = style::rows(area, report.systems.len());
        for (n, (panel, system)) in panels.iter().zip(&report.systems).enumerate() {
            let Some(run) = system.runs.first() else {
                continue;
            };
            let layout = Rows::of(run);
            let (cells, edges) = grid(run, layout);
            let (per_row, by_range) = (layout.per_row, layout.by_range);
            let (title, rows) = (title(system, run, per_row), cells.len() as f64);
            let label = if by_range {
                "hash key space"
            } else {
                system.names.lane
            };
            // The map covers the marks: their names would only shine through.
            let frame = Frame {
                names_marks: false,
                ..Frame::wide(&title, label, n + 1 == panels.len())
            };
            let name = |v: &f64| match by_range {
                true => format!("{v:.0} %"),
                // Only whole rows have a number.
                false if (*v - libm::round(*v)).abs() > 0.01 => String::new(),
                false => format!("{:.0}", v * per_row as f64),
            };
            // Rows of the hash key space are drawn on a scale of percent.
            let tall = if by_range { 100.0 / rows } else { 1.0 };
            let top = rows * tall;
            let mut chart = frame.draw(panel, report, 0.0..top, &name, (0.0, top))?;
            for (row, values) in cells.iter().enumerate() {
                chart.draw_series(bars(row, tall, values, &edges, per_unit))?;
            }
            let border = [(0.0, 0.0), (report.duration_s / per_unit, top)];
            chart.draw_series([Rectangle::new(border, INK.stroke_width(1))])?;
        }
        Ok(())
    }
}

/// The legend of utilisation, shared with the lineage.
pub(super) fn legend_of(_: &Report) -> Vec<Entry> {
    let mut entries: Vec<Entry> = [0.0, 0.2, 0.4, 0.6, 0.8, 0.95]
        .into_iter()
        .map(|used| Entry::new(legend_word(used), shade(used), Stroke::Filled))
        .collect();
    entries.push(Entry::new("at the limit", FULL, Stroke::Filled));
    entries
}

fn legend_word(used: f64) -> String {
    if used == 0.0 {
        "below 5 %".to_owned()
    } else {
        format!("{:.0} %", used * 100.0)
    }
}

/// One row of the map, with neighbours of the same colour joined.
fn bars(
    row: usize,
    tall: f64,
    values: &[f64],
    edges: &[f64],
    per_unit: f64,
) -> Vec<Rectangle<(f64, f64)>> {
    let mut bars = Vec::new();
    let mut begin = 0;
    for column in 1..=values.len() {
        if column < values.len() && shade(values[column]) == shade(values[begin]) {
            continue;
        }
        let (from, to) = (edges[begin] / per_unit, edges[column] / per_unit);
        let corners = [(from, row as f64 * tall), (to, (row + 1) as f64 * tall)];
        bars.push(Rectangle::new(corners, shade(values[begin]).filled()));
        begin = column;
    }
    bars
}
