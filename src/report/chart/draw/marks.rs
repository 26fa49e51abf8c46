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
    /// Where it begins, from the left edge of the data `[px]`.
    x: f64,
    /// Its row, the lowest first.
    row: usize,
    /// Where its mark begins, from the left edge of the data `[px]`.
    mark: f64,
}

/// The height of all rows.
pub(super) fn height(names: &[Named]) -> f64 {
    let rows = names.iter().map(|name| name.row + 1).max();
    rows.map_or(0.0, |rows| rows as f64 * ROW + 4.0)
}

/// Places the names of marks in rows, each in the first row with room; the last name counts what has none.
pub(super) fn names(marks: &[Mark], axis: &Axis, left: f64, width: f64) -> Vec<Named> {
    let room = width - left;
    let mut ends: Vec<f64> = Vec::new();
    let mut names: Vec<Named> = Vec::new();
    let mut without = 0;
    for mark in marks {
        let at = axis.place(mark.from).clamp(0.0, 1.0) * room;
        let text = font::shorten(&mark.label, NAME.size, false, room * 0.6);
        match fit(&mut ends, at, NAME.width(&text), room) {
            Some((row, x)) => names.push(Named {
                text,
                x,
                row,
                mark: at,
            }),
            None => without += 1,
        }
    }
    if without > 0 {
        let row = ends.len();
        let text = format!("{without} more marks have no room for their names");
        names.push(Named {
            x: 0.0,
            mark: 0.0,
            text,
            row,
        });
    }
    names
}

/// The row and the place of a name of some width, as near to its mark as the edge lets it.
fn fit(ends: &mut Vec<f64>, at: f64, width: f64, room: f64) -> Option<(usize, f64)> {
    let x = (at + 6.0).min(room - width).max(0.0);
    let free = ends.iter().position(|end| x >= end + SPACE);
    if let Some(row) = free {
        ends[row] = x + width;
        return Some((row, x));
    }
    if ends.len() < ROWS_MAX {
        ends.push(x + width);
        return Some((ends.len() - 1, x));
    }
    None
}

/// Writes the names above the data, each with a line down to its mark.
pub(super) fn write(picture: &mut Picture, names: &[Named], plot: Rect) {
    for name in names {
        let y = plot.top - (name.row + 1) as f64 * ROW;
        let at = (plot.left + name.x, y);
        if name.row > 0 || name.x > name.mark {
            let x = plot.left + name.mark;
            picture.add(Shape::Path {
                points: vec![(x, y + 4.0), (x, plot.top)],
                colour: Colour::Shade,
                width: 1,
            });
        }
        picture.write(name.text.clone(), at, Side::Left, NAME);
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
