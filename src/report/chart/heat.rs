//! Heat map: how much of its own limit each shard or partition uses over time.

use super::Chart;
use super::description::{self, Axis, Description, Format, Panel, Parts, Series, Tile, TilesOf};
use super::scale::{Ramp, USE_MIN};
use crate::probe::figures::lane_utilisation;
use crate::probe::{Lane, Point, RunResult};
use crate::report::{Report, SystemReport, format};
use std::ops::Range;

pub(super) struct Heat;

/// The most rows and columns that a panel shows; more are merged, keeping the largest value.
const ROWS_MAX: usize = 48;
const COLUMNS_MAX: usize = 150;
/// Rows of the hash key space where lanes come and go.
const RANGE_ROWS: usize = 128;
/// A system whose lanes use less than this part of what the busiest lane of all uses is left out.
const PART_MIN: f64 = 0.1;

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

/// The map of a system.
struct Map<'a> {
    /// The number of the system.
    n: usize,
    run: &'a RunResult,
    rows: Rows,
    /// Use by row and column.
    cells: Vec<Vec<f64>>,
    /// Where columns begin and end `[s]`.
    edges: Vec<f64>,
    /// The highest use of all cells.
    most: f64,
}

/// The maps of all systems.
fn maps(report: &Report) -> Vec<Map<'_>> {
    let map = |n: usize| {
        let run = report.systems[n].runs.first()?;
        let rows = Rows::of(run);
        let (cells, edges) = grid(run, rows);
        let most = cells.iter().flatten().copied().fold(0.0, f64::max);
        Some(Map {
            n,
            run,
            rows,
            cells,
            edges,
            most,
        })
    };
    (0..report.systems.len()).filter_map(map).collect()
}

/// The highest use of any lane in any interval.
fn most(maps: &[Map<'_>]) -> f64 {
    maps.iter().map(|map| map.most).fold(0.0, f64::max)
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

impl Map<'_> {
    /// The height of a row on the vertical axis.
    fn tall(&self) -> f64 {
        match self.rows.by_range {
            true => 1.0 / self.cells.len() as f64,
            false => self.rows.per_row as f64,
        }
    }

    /// Where the lowest row begins on the vertical axis: the number of a lane stands at the middle of its row.
    fn bottom(&self) -> f64 {
        match self.rows.by_range {
            true => 0.0,
            false => -0.5,
        }
    }

    fn axis(&self, report: &Report) -> Axis {
        let (bottom, lane) = (self.bottom(), report.systems[self.n].names.lane);
        let top = bottom + self.tall() * self.cells.len() as f64;
        match self.rows.by_range {
            true => Axis::between("hash key space", Format::Share, bottom, top),
            false => Axis::between(lane, Format::Whole, bottom, top),
        }
    }

    fn panel(&self, report: &Report, ramp: Ramp) -> Panel {
        let title = title(&report.systems[self.n], self.run, self.rows.per_row);
        let mut panel = Panel::over_time(report, title, self.axis(report)).of(report, self.n);
        let rows = self.cells.iter().enumerate();
        let tiles = joined(rows.map(|(row, values)| self.row(row, values, ramp)));
        let classes = ramp.classes();
        panel.add(Series::tiles("used of the limit", TilesOf::Cells, classes, tiles).of(self.n));
        panel
    }

    /// One row of the map, with neighbours of the same kind joined.
    fn row(&self, row: usize, values: &[f64], ramp: Ramp) -> Vec<Tile> {
        let (mut tiles, mut begin) = (Vec::new(), 0);
        let (bottom, tall) = (self.bottom(), self.tall());
        for column in 1..=values.len() {
            let class = ramp.class(values[begin]);
            if column < values.len() && ramp.class(values[column]) == class {
                continue;
            }
            tiles.push(Tile {
                x: (self.edges[begin], self.edges[column]),
                y: (bottom + row as f64 * tall, bottom + (row + 1) as f64 * tall),
                class,
            });
            begin = column;
        }
        tiles
    }
}

/// Tiles of the same kind above each other as one: where a picture is shown smaller than it was drawn, the background shines
/// through between two tiles.
fn joined(rows: impl Iterator<Item = Vec<Tile>>) -> Vec<Tile> {
    let (mut done, mut open): (Vec<Tile>, Vec<Tile>) = (Vec::new(), Vec::new());
    for mut row in rows {
        for tile in &mut row {
            let alike = |below: &Tile| below.x == tile.x && below.class == tile.class;
            if let Some(at) = open.iter().position(alike) {
                tile.y.0 = open.swap_remove(at).y.0;
            }
        }
        done.append(&mut open);
        open = row;
    }
    done.append(&mut open);
    done
}

/// The busiest lane in its busiest interval, and the systems that are left out.
fn caption(report: &Report, maps: &[Map<'_>], ramp: Ramp) -> String {
    let busiest = maps
        .iter()
        .reduce(|best, next| if next.most > best.most { next } else { best });
    let Some(busiest) = busiest else {
        return String::new();
    };
    let system = &report.systems[busiest.n];
    let mut caption = format!(
        "The busiest {} of {} used {} of its limit in its busiest interval.{}",
        system.names.lane,
        system.quoted(),
        format::percent(busiest.most),
        ramp.words()
    );
    for map in maps.iter().filter(|map| !is_shown(map, maps)) {
        let system = &report.systems[map.n];
        caption.push_str(&format!(
            " {} is left out: no {} used more than {}.",
            system.quoted(),
            system.names.lane,
            format::percent(map.most)
        ));
    }
    caption
}

/// Whether a map is worth a panel beside the others.
fn is_shown(map: &Map<'_>, maps: &[Map<'_>]) -> bool {
    map.most >= PART_MIN * most(maps)
}

impl Chart for Heat {
    const NAME: &'static str = "heat";
    const TITLE: &'static str = "Utilisation of every shard and partition";

    fn applies(report: &Report) -> bool {
        most(&maps(report)) >= USE_MIN
    }

    fn describe(report: &Report) -> Description {
        let maps = maps(report);
        let ramp = Ramp::up_to(most(&maps));
        let shown: Vec<&Map<'_>> = maps.iter().filter(|map| is_shown(map, &maps)).collect();
        let parts = Parts {
            caption: caption(report, &maps, ramp),
            columns: description::columns(shown.len()),
            legend: ramp.legend(),
            panels: shown.iter().map(|map| map.panel(report, ramp)).collect(),
        };
        parts.describe::<Self>(report)
    }
}

#[cfg(test)]
mod tests {
    use super::{Tile, joined};

    #[test]
    fn tiles_of_a_kind_above_each_other_become_one() {
        let tile = |x: (f64, f64), row: u8, class| Tile {
            x,
            y: (f64::from(row), f64::from(row) + 1.0),
            class,
        };
        let row = |n: u8| vec![tile((0.0, 2.0), n, 9), tile((2.0, 3.0), n, usize::from(n))];
        let tiles = joined([0, 1, 2].map(row).into_iter());
        assert_eq!(tiles.len(), 4, "{tiles:?}");
        let tall = tiles.iter().find(|tile| tile.class == 9);
        assert_eq!(tall.map(|tile| tile.y), Some((0.0, 3.0)));
    }
}
