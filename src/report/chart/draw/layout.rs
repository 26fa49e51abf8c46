//! Lays a description out: how tall head, panels and foot are, and where each panel stands.

use super::frame::{self, Room};
use super::head;
use super::picture::{Picture, Rect};
use super::plot;
use crate::report::chart::description::{Description, Panel};

/// The width of a picture `[px]`; PNG files may be scaled.
pub(super) const WIDTH: u32 = 1600;
/// The usual height of a picture `[px]`; many panels make it taller.
const HEIGHT: f64 = 900.0;
/// What panels want at least for their data `[px]`.
const PLOT_HEIGHT: f64 = 150.0;
/// The most that rows of names stretch a panel `[px]`.
const NAMED_HEIGHT_MAX: f64 = 1400.0;
/// Between panels that stand side by side `[px]`.
const GUTTER: f64 = 28.0;
/// From the edges of a picture to its panels `[px]`.
const MARGIN: f64 = 28.0;

/// The picture of a description.
pub(in crate::report::chart) fn lay_out(description: &Description) -> Picture {
    let mut picture = Picture::new(WIDTH);
    let top = head::head(&mut picture, description);
    let foot = head::foot_height(description);
    let rooms = rooms(description);
    let columns = description.columns.max(1);
    let rows: Vec<&[Room]> = rooms.chunks(columns).collect();
    let around: f64 = rows.iter().map(|row| around(row)).sum();
    let free = (HEIGHT - top - foot - around) / rows.len().max(1) as f64;
    let mut y = top;
    for (row, panels) in rows.iter().zip(description.panels.chunks(columns)) {
        let (above, below) = edges(row);
        let plot_height = free.max(least(description, panels));
        let area = |column: usize| {
            let width = (f64::from(WIDTH) - 2.0 * MARGIN + GUTTER) / columns as f64;
            let left = MARGIN + column as f64 * width;
            Rect {
                left: left + row[column].left,
                top: y + above,
                right: left + width - GUTTER,
                bottom: y + above + plot_height,
            }
        };
        for (column, panel) in panels.iter().enumerate() {
            let plot = area(column);
            frame::draw(&mut picture, panel, &row[column], plot);
            plot::draw(&mut picture, panel, plot);
            frame::border(&mut picture, panel, plot);
            picture.plots.push(plot);
        }
        y += above + plot_height + below;
    }
    picture.height = libm::ceil(y + foot) as u32;
    head::foot(&mut picture, description, y);
    picture
}

/// The least height of the data of a row of panels.
fn least(description: &Description, row: &[Panel]) -> f64 {
    let named = row
        .iter()
        .map(|panel| panel.rows as f64 * frame::NAME_HEIGHT);
    let named = named.fold(0.0, f64::max).min(NAMED_HEIGHT_MAX);
    let part = if description.panels.len() > 6 {
        0.75
    } else {
        1.0
    };
    named.max(PLOT_HEIGHT * part)
}

/// What each panel needs around its data. Panels below each other have the same left edge.
fn rooms(description: &Description) -> Vec<Room> {
    let panels = &description.panels;
    let columns = description.columns.max(1);
    let width = (f64::from(WIDTH) - 2.0 * MARGIN + GUTTER) / columns as f64 - GUTTER;
    let left = |column: usize| {
        let below = panels.iter().skip(column).step_by(columns);
        below.map(frame::left).fold(0.0, f64::max)
    };
    let lefts: Vec<f64> = (0..columns).map(left).collect();
    let room = |(n, panel)| {
        let above = n_above(n, columns).map(|above| &panels[above]);
        let is_last = n + columns >= panels.len();
        Room::of(panel, above, lefts[n % columns], width, is_last)
    };
    panels.iter().enumerate().map(room).collect()
}

fn n_above(n: usize, columns: usize) -> Option<usize> {
    n.checked_sub(columns)
}

/// The most that a row needs above and below its data.
fn edges(row: &[Room]) -> (f64, f64) {
    let most = |get: fn(&Room) -> f64| row.iter().map(get).fold(0.0, f64::max);
    (most(Room::above), most(|room| room.below))
}

fn around(row: &[Room]) -> f64 {
    let (above, below) = edges(row);
    above + below
}
