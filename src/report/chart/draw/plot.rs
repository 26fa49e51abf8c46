//! The data of a panel: values of its series as shapes inside its plot.

use super::picture::{Hand, Picture, Place, Rect, Shape, Side};
use super::{font, marks, outline};
use crate::report::chart::description::{Colour, Data, Label, Look, Marker, Panel, Series, Tile};

/// From one marker of a line to the next `[px]`.
const MARKER_EVERY: f64 = 190.0;
const LABEL_SIZE: u32 = 20;
const NOTE: Hand = Hand::new(26, Colour::Soft);

/// Draws the series of a panel, from back to front.
pub(super) fn draw(picture: &mut Picture, panel: &Panel, plot: Rect) {
    let view = View { panel, plot };
    for (n, series) in panel.series.iter().enumerate() {
        view.series(picture, n, series);
    }
    marks::edges(picture, panel, plot);
    for label in &panel.labels {
        view.label(picture, label);
    }
    if !panel.note.is_empty() {
        let at = (
            (plot.left + plot.right) / 2.0,
            (plot.top + plot.bottom - NOTE.height()) / 2.0,
        );
        picture.write(panel.note.clone(), at, Side::Middle, NOTE);
    }
}

/// Where values of a panel lie in the picture.
struct View<'a> {
    panel: &'a Panel,
    plot: Rect,
}

impl View<'_> {
    fn at(&self, x: f64, y: f64) -> Place {
        let plot = &self.plot;
        let (right, up) = (self.panel.x.place(x), self.panel.y.place(y));
        (
            plot.left + right.clamp(0.0, 1.0) * plot.width(),
            plot.bottom - up.clamp(0.0, 1.0) * plot.height(),
        )
    }

    fn places(&self, part: &[[f64; 2]]) -> Vec<Place> {
        part.iter()
            .map(|point| self.at(point[0], point[1]))
            .collect()
    }

    /// Writes a label in the middle of its cell, or to the right of its place, inside the plot.
    fn label(&self, picture: &mut Picture, label: &Label) {
        let (x, y) = self.at(label.x, label.y);
        let hand = Hand::new(LABEL_SIZE, label.colour);
        let top = y - hand.height() / 2.0;
        if let Some(cell) = label.cell {
            // Half of the cell, because the whole of it may reach beyond the plot.
            let room = 2.0 * (self.at(label.x + cell / 2.0, label.y).0 - x);
            if hand.width(&label.text) + 6.0 < room {
                picture.write(label.text.clone(), (x, top), Side::Middle, hand);
            }
            return;
        }
        let text = font::shorten(&label.text, LABEL_SIZE, false, self.plot.width() * 0.6);
        let (wide, high) = (hand.width(&text), hand.height());
        let right = (x + 8.0).min(self.plot.right - wide);
        let middle = (x - wide / 2.0).clamp(self.plot.left, self.plot.right - wide);
        let places = [
            (right, top),
            (x - 8.0 - wide, top),
            (middle, y - 8.0 - high),
            (middle, y + 8.0),
        ];
        picture.write_where_free(&text, &places, &self.plot, hand);
    }

    fn series(&self, picture: &mut Picture, n: usize, series: &Series) {
        match &series.data {
            Data::Line { parts } => {
                let parts: Vec<Vec<Place>> = parts.iter().map(|part| self.places(part)).collect();
                self.lines(picture, n, &parts, series.look);
            }
            Data::Steps { parts } => {
                let parts: Vec<Vec<Place>> = parts
                    .iter()
                    .map(|part| stairs(&self.places(part)))
                    .collect();
                self.lines(picture, n, &parts, series.look);
            }
            Data::Points { parts } => {
                for point in parts.iter().flatten() {
                    outline::marker(picture, self.at(point[0], point[1]), series.look);
                }
            }
            Data::Band { parts } => parts
                .iter()
                .for_each(|part| self.band(picture, part, series.look)),
            Data::Tiles { classes, tiles, .. } => {
                for tile in tiles {
                    let colour = classes
                        .get(tile.class)
                        .map_or(Colour::Neutral, |class| class.colour);
                    picture.add(self.tile(tile, colour));
                }
            }
        }
    }

    /// Draws the parts of a line. A value that stands alone is a dot.
    fn lines(&self, picture: &mut Picture, n: usize, parts: &[Vec<Place>], look: Look) {
        for part in parts {
            if let [alone] = part[..] {
                let radius = f64::from(look.width.max(4));
                picture.add(Shape::Disc {
                    at: alone,
                    radius,
                    colour: look.colour,
                });
                continue;
            }
            outline::line(picture, part, look);
        }
        if look.marker != Marker::None {
            self.markers(picture, n, parts, look);
        }
    }

    /// Markers at equal distances, each series a little further on, so that they do not hide each other.
    fn markers(&self, picture: &mut Picture, n: usize, parts: &[Vec<Place>], look: Look) {
        let mut next = self.plot.left + 30.0 + (n as f64 * 47.0) % MARKER_EVERY;
        for pair in parts.iter().flat_map(|part| part.windows(2)) {
            let (from, to) = (pair[0], pair[1]);
            while to.0 > from.0 && next < to.0 {
                if next >= from.0 {
                    let part = (next - from.0) / (to.0 - from.0);
                    outline::marker(picture, (next, from.1 + (to.1 - from.1) * part), look);
                }
                next += MARKER_EVERY;
            }
        }
    }

    fn band(&self, picture: &mut Picture, part: &[[f64; 3]], look: Look) {
        let upper = part.iter().map(|point| self.at(point[0], point[2]));
        let lower = part.iter().rev().map(|point| self.at(point[0], point[1]));
        let points: Vec<Place> = upper.chain(lower).collect();
        if points.len() > 2 {
            picture.add(Shape::Filled {
                points,
                colour: look.colour,
                opacity: look.opacity,
            });
        }
    }

    fn tile(&self, tile: &Tile, colour: Colour) -> Shape {
        let (left, top) = self.at(tile.x.0, tile.y.1);
        let (right, bottom) = self.at(tile.x.1, tile.y.0);
        Shape::Box {
            area: Rect {
                left,
                top,
                right: right.max(left + 1.0),
                bottom,
            },
            colour,
            opacity: 1.0,
        }
    }
}

/// A line that goes on at the height of a point until the next.
fn stairs(points: &[Place]) -> Vec<Place> {
    let mut stairs: Vec<Place> = Vec::new();
    for at in points {
        if let Some(last) = stairs.last().copied() {
            stairs.push((at.0, last.1));
        }
        stairs.push(*at);
    }
    stairs
}
