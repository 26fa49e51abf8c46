//! A figure over two axes: a map of cells for each system, with the lines at which claims begin to fail.

use super::{Scale, needs_log, short};
use crate::probe::figures::Unit;
use crate::report::chart::description::{
    Colour, Entry, Label, Look, Panel, Parts, Series, Tile, TilesOf,
};
use crate::report::chart::scale::{STEPS, step_colour};

/// The most columns whose cells have room for their values.
const COLUMNS_WITH_VALUES: usize = 12;

/// A figure of one system over two axes.
#[derive(Clone, Debug)]
pub struct Heat {
    /// The name of the system.
    pub title: String,
    /// The unit of the figure.
    pub unit: Unit,
    /// The horizontal axis.
    pub x: Scale,
    /// The vertical axis.
    pub y: Scale,
    /// The value of each cell, row by row from below; `None` where nothing was measured.
    pub cells: Vec<Vec<Option<f64>>>,
    /// Where claims begin to fail.
    pub edges: Vec<Edge>,
}

/// A piece of the line between the cells where a claim holds and those where it does not. Cell (0, 0) reaches from
/// -0.5 to 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Where it begins.
    pub from: (f64, f64),
    /// Where it ends.
    pub to: (f64, f64),
}

/// How values become colours: the same in all panels.
struct Ramp {
    low: f64,
    high: f64,
    log: bool,
}

impl Ramp {
    fn of(panels: &[Heat]) -> Self {
        let values = panels
            .iter()
            .flat_map(|panel| panel.cells.iter().flatten().flatten().copied());
        Self {
            low: values.clone().fold(f64::INFINITY, f64::min),
            high: values.clone().fold(f64::NEG_INFINITY, f64::max),
            log: needs_log(values),
        }
    }

    /// The part of the way from the lowest to the highest value.
    fn part(&self, value: f64) -> f64 {
        if self.high <= self.low {
            return 0.5;
        }
        if self.log {
            return libm::log(value / self.low) / libm::log(self.high / self.low);
        }
        (value - self.low) / (self.high - self.low)
    }

    fn value(&self, part: f64) -> f64 {
        if self.log {
            self.low * libm::pow(self.high / self.low, part)
        } else {
            self.low + (self.high - self.low) * part
        }
    }

    /// The number of the kind of a value.
    fn class(&self, value: f64) -> usize {
        let step = libm::floor(self.part(value) * STEPS as f64);
        (step.max(0.0) as usize).min(STEPS - 1)
    }

    /// The kinds: words and colours.
    fn classes(&self, unit: Unit) -> Vec<(String, Colour)> {
        let at = |step: usize| short(self.value(step as f64 / STEPS as f64), unit);
        let kind = |step| {
            (
                format!("{} to {}", at(step), at(step + 1)),
                step_colour(step),
            )
        };
        (0..STEPS).map(kind).collect()
    }
}

/// The legend: five values of the scale, and the line.
fn entries(panels: &[Heat], ramp: &Ramp) -> Vec<Entry> {
    let unit = panels.first().map_or(Unit::Count, |panel| panel.unit);
    if !ramp.low.is_finite() {
        return Vec::new();
    }
    let step = |n: u32| {
        let value = ramp.value(f64::from(n) / 4.0);
        Entry::area(short(value, unit), step_colour(ramp.class(value)))
    };
    let mut entries: Vec<Entry> = (0..5).map(step).collect();
    if panels.iter().any(|panel| !panel.edges.is_empty()) {
        entries.push(Entry::line("a claim begins to fail", EDGE));
    }
    entries
}

/// The line at which a claim begins to fail.
const EDGE: Look = Look::plain(Colour::fixed(0, 90, 200), 5);

/// From this step on cells are so dark that their values are written in white.
const DARK: usize = STEPS * 3 / 5;

/// The panels, at most three in a row, and their legend.
pub(super) fn parts(panels: &[Heat]) -> Parts {
    let ramp = Ramp::of(panels);
    Parts {
        caption: String::new(),
        columns: panels.len().clamp(1, 3),
        legend: entries(panels, &ramp),
        panels: panels.iter().map(|panel| panel.describe(&ramp)).collect(),
    }
}

impl Heat {
    /// The cells that were measured: column, row, value.
    fn known(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let rows = (0..).map(f64::from).zip(&self.cells);
        rows.flat_map(|(y, row)| {
            let row = (0..).map(f64::from).zip(row);
            row.filter_map(move |(x, value)| Some((x, y, (*value)?)))
        })
    }

    fn describe(&self, ramp: &Ramp) -> Panel {
        let mut panel = Panel::new(&self.title, self.x.axis(0.5), self.y.axis(0.5));
        panel.rows = self.y.values.len();
        let tile = |(x, y, value)| Tile {
            x: (x - 0.5, x + 0.5),
            y: (y - 0.5, y + 0.5),
            class: ramp.class(value),
        };
        let tiles = self.known().map(tile).collect();
        panel.add(Series::tiles(
            "value",
            TilesOf::Cells,
            ramp.classes(self.unit),
            tiles,
        ));
        if self.x.values.len() <= COLUMNS_WITH_VALUES {
            panel.labels = self.known().map(|cell| self.label(cell, ramp)).collect();
        }
        let edge = |edge: &Edge| vec![edge.from, edge.to];
        let edges = self.edges.iter().map(edge).collect();
        panel.add(Series::parts("a claim begins to fail", EDGE, edges));
        panel
    }

    /// The value in the middle of its cell.
    fn label(&self, cell: (f64, f64, f64), ramp: &Ramp) -> Label {
        let (x, y, value) = cell;
        let colour = if ramp.class(value) >= DARK {
            Colour::fixed(255, 255, 255)
        } else {
            Colour::fixed(20, 20, 20)
        };
        Label {
            cell: Some(1.0),
            colour,
            ..Label::beside((x, y), short(value, self.unit))
        }
    }
}
