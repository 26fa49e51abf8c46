//! Which family is the cheapest at each place of two axes, with the lines at which another one becomes cheaper.

use super::{Edge, Scale};
use crate::report::chart::description::{
    Colour, Dash, Entry, Label, Look, Panel, Parts, Series, Tile, TilesOf,
};

/// A map of families over two axes.
#[derive(Clone, Debug)]
pub struct Map {
    /// The horizontal axis.
    pub x: Scale,
    /// The vertical axis.
    pub y: Scale,
    /// The families that are the cheapest somewhere, in the order of their colours.
    pub families: Vec<String>,
    /// The cells, row by row from below; `None` where no family holds the claims.
    pub cells: Vec<Vec<Option<Cell>>>,
    /// Where another family becomes the cheapest.
    pub edges: Vec<Edge>,
    /// The borders of cells in which it is not sure which family is the cheapest.
    pub unsure: Vec<Edge>,
}

/// A cell: its family and what stands in it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The place of its family in the list.
    pub family: usize,
    /// What it costs, and by how much the next family is dearer.
    pub text: String,
}

/// The line at which another family becomes the cheapest.
const EDGE: Look = Look::plain(Colour::Ink, 4);

/// A colour on which dark text is easy to read.
fn pale(colour: Colour) -> Colour {
    let colour = colour.light();
    let part = |tone: u8| 255 - (255 - tone) / 2;
    Colour::fixed(part(colour.0), part(colour.1), part(colour.2))
}

/// The border of a cell that is not decided.
fn unsure() -> Look {
    Look::dashed(Colour::Ink, Dash::Short, 2)
}

impl Map {
    /// The panel with a colour for each family.
    pub(super) fn parts(&self) -> Parts {
        let colour = |n: usize| pale(Look::system(n, self.families.len()).colour);
        let named = || self.families.iter().enumerate();
        let legend = named().map(|(n, name)| Entry::area(name, colour(n)));
        let classes = named().map(|(n, name)| (name.clone(), colour(n)));
        let mut panel = Panel::new("", self.x.axis(0.5), self.y.axis(0.5));
        panel.rows = self.y.values.len();
        let tile = |(x, y, cell): (f64, f64, &Cell)| Tile {
            x: (x - 0.5, x + 0.5),
            y: (y - 0.5, y + 0.5),
            class: cell.family,
        };
        let tiles = self.known().map(tile).collect();
        panel.add(Series::tiles(
            "cheapest",
            TilesOf::Cells,
            classes.collect(),
            tiles,
        ));
        let edges = self.edges.iter().map(|edge| vec![edge.from, edge.to]);
        panel.add(Series::parts("another is cheaper", EDGE, edges.collect()));
        if !self.unsure.is_empty() {
            let borders = self.unsure.iter().map(|edge| vec![edge.from, edge.to]);
            panel.add(Series::parts("not sure", unsure(), borders.collect()));
        }
        panel.labels = self.known().map(label).collect();
        Parts {
            caption: String::new(),
            columns: 1,
            legend: legend.chain(self.lines()).collect(),
            panels: vec![panel],
        }
    }

    /// What the lines mean.
    fn lines(&self) -> Vec<Entry> {
        let mut lines = Vec::new();
        if !self.edges.is_empty() {
            lines.push(Entry::line("another family becomes cheaper", EDGE));
        }
        if !self.unsure.is_empty() {
            lines.push(Entry::line("not sure which is cheaper", unsure()));
        }
        lines
    }

    /// The cells with a family: column, row, cell.
    fn known(&self) -> impl Iterator<Item = (f64, f64, &Cell)> + '_ {
        let rows = (0..).map(f64::from).zip(&self.cells);
        rows.flat_map(|(y, row)| {
            let row = (0..).map(f64::from).zip(row);
            row.filter_map(move |(x, cell)| Some((x, y, cell.as_ref()?)))
        })
    }
}

/// What stands in the middle of a cell.
fn label(place: (f64, f64, &Cell)) -> Label {
    let (x, y, cell) = place;
    Label {
        cell: Some(1.0),
        colour: Colour::fixed(20, 20, 20),
        ..Label::beside((x, y), cell.text.clone())
    }
}
