//! Marked instants and spans: shades and lines behind the data, and their names in rows above it, where no curve
//! crosses them.

use super::font;
use super::outline;
use super::picture::{Hand, Picture, Rect, Shape, Side};
use crate::report::chart::description::{Axis, Colour, Dash, Data, Look, Mark, Panel, Series};

const NAME: Hand = Hand::new(19, Colour::Ink);
/// The most rows of names.
const ROWS_MAX: usize = 4;
/// More marks than this are not drawn over rectangles.
const EDGES_MAX: usize = 12;
/// Between names that stand side by side `[px]`.
const SPACE: f64 = 16.0;
/// The height of a row `[px]`.
const ROW: f64 = 24.0;

/// The name of a mark with its place.
pub(super) struct Named {
    /// What it says.
    text: String,
    /// Where it begins and ends, from the left edge of the data `[px]`.
    x: (f64, f64),
    /// Its row, the highest first.
    row: usize,
    /// Where its mark begins, from the left edge of the data `[px]`.
    mark: f64,
}

impl Named {
    /// Whether its text covers a place.
    fn covers(&self, x: f64) -> bool {
        (self.x.0..self.x.1).contains(&x)
    }

    /// Whether it can stand beside another: neither texts meet, nor does the line from one to its mark cross the
    /// text of the other.
    fn agrees(&self, other: &Self) -> bool {
        if self.row == other.row {
            return self.x.0 >= other.x.1 + SPACE || other.x.0 >= self.x.1 + SPACE;
        }
        let (above, below) = if self.row < other.row {
            (self, other)
        } else {
            (other, self)
        };
        !below.covers(above.mark)
    }
}

fn rows(names: &[Named]) -> usize {
    names.iter().map(|name| name.row + 1).max().unwrap_or(0)
}

/// The height of all rows.
pub(super) fn height(names: &[Named]) -> f64 {
    match rows(names) {
        0 => 0.0,
        rows => rows as f64 * ROW + 4.0,
    }
}

/// Places the names of marks in rows, each in the first row with room; the last name counts what has none.
pub(super) fn names(marks: &[Mark], axis: &Axis, left: f64, width: f64) -> Vec<Named> {
    let room = width - left;
    let mut names: Vec<Named> = Vec::new();
    let mut without = 0;
    for mark in marks {
        let at = axis.place(mark.from).clamp(0.0, 1.0) * room;
        let text = font::shorten(&mark.label, NAME.size, false, room * 0.6);
        let width = NAME.width(&text);
        let x = (at + 6.0).min(room - width).max(0.0);
        let mut name = Named {
            text,
            x: (x, x + width),
            row: 0,
            mark: at,
        };
        let fits = |row: usize, name: &mut Named| {
            name.row = row;
            names.iter().all(|other| name.agrees(other))
        };
        match (0..ROWS_MAX).find(|row| fits(*row, &mut name)) {
            Some(_) => names.push(name),
            None => without += 1,
        }
    }
    if without > 0 {
        names.iter_mut().for_each(|name| name.row += 1);
        names.push(counted(without));
    }
    names
}

/// Words for the marks whose names have no room, in a row above all others.
fn counted(marks: usize) -> Named {
    let text = format!("{marks} more marks have no room for their names");
    let width = NAME.width(&text);
    Named {
        text,
        x: (0.0, width),
        row: 0,
        mark: 0.0,
    }
}

/// Writes the names above the data, each with a line down to its mark.
pub(super) fn write(picture: &mut Picture, names: &[Named], plot: Rect) {
    let rows = rows(names);
    for name in names {
        let y = plot.top - (rows - name.row) as f64 * ROW;
        let x = plot.left + name.mark;
        picture.add(Shape::Path {
            points: vec![(x, y + 4.0), (x, plot.top)],
            colour: Colour::Shade,
            width: 1,
        });
        picture.write(
            name.text.clone(),
            (plot.left + name.x.0, y),
            Side::Left,
            NAME,
        );
    }
}

/// Shades spans and draws lines at instants.
pub(super) fn shade(picture: &mut Picture, panel: &Panel, plot: Rect) {
    let x = |at: f64| plot.left + panel.x.place(at).clamp(0.0, 1.0) * plot.width();
    for mark in &panel.marks {
        let (left, right) = (x(mark.from), x(mark.to));
        if right - left < 1.5 {
            let line = [(left, plot.top), (left, plot.bottom)];
            outline::line(picture, &line, Look::dashed(Colour::Shade, Dash::Short, 2));
            continue;
        }
        picture.add(Shape::Box {
            area: Rect {
                left,
                right,
                ..plot
            },
            colour: Colour::Shade,
            opacity: 0.18,
        });
    }
}

/// Draws where marks begin and end over rectangles, which would hide them.
pub(super) fn edges(picture: &mut Picture, panel: &Panel, plot: Rect) {
    let hides = |series: &Series| matches!(series.data, Data::Tiles { .. });
    if panel.marks.len() > EDGES_MAX || !panel.series.iter().any(hides) {
        return;
    }
    for at in panel.marks.iter().flat_map(|mark| [mark.from, mark.to]) {
        let x = plot.left + panel.x.place(at).clamp(0.0, 1.0) * plot.width();
        let line = [(x, plot.top), (x, plot.bottom)];
        outline::line(picture, &line, Look::dashed(Colour::Ink, Dash::Short, 2));
    }
}
