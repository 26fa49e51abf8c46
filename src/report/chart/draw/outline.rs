//! Lines in pixels: broken into dashes, and with markers.

use super::picture::{Picture, Place, Rect, Shape};
use crate::report::chart::description::{Look, Marker};

/// The half size of a marker `[px]`.
const MARKER: f64 = 8.0;

/// Draws a line, whole or in dashes.
pub(super) fn line(picture: &mut Picture, points: &[Place], look: Look) {
    let pieces = if look.dash.pattern().is_empty() {
        bends(points)
    } else {
        dashes(points, look.dash.pattern())
    };
    for points in pieces {
        picture.add(Shape::Path {
            points,
            colour: look.colour,
            width: look.width,
        });
    }
}

/// A line in pieces that end at sharp bends, where a broad line would grow a spike.
fn bends(points: &[Place]) -> Vec<Vec<Place>> {
    let mut pieces: Vec<Vec<Place>> = Vec::new();
    let mut piece: Vec<Place> = Vec::new();
    for (n, at) in points.iter().enumerate() {
        piece.push(*at);
        let around = n
            .checked_sub(1)
            .and_then(|before| points.get(before))
            .zip(points.get(n + 1));
        if around.is_some_and(|(before, after)| is_sharp(*before, *at, *after)) {
            pieces.push(std::mem::replace(&mut piece, vec![*at]));
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// Whether a line turns by more than about 60 degrees.
fn is_sharp(before: Place, at: Place, after: Place) -> bool {
    let (a, b) = (
        (at.0 - before.0, at.1 - before.1),
        (after.0 - at.0, after.1 - at.1),
    );
    let lengths = libm::sqrt((a.0 * a.0 + a.1 * a.1) * (b.0 * b.0 + b.1 * b.1));
    a.0 * b.0 + a.1 * b.1 < 0.5 * lengths
}

/// A line in dashes.
fn dashes(points: &[Place], pattern: &[f64]) -> Vec<Vec<Place>> {
    let mut pieces: Vec<Vec<Place>> = Vec::new();
    let (mut phase, mut left) = (0, pattern[0]);
    let mut piece: Vec<Place> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = libm::hypot(to.0 - from.0, to.1 - from.1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let part = done / length;
            let at = (
                from.0 + (to.0 - from.0) * part,
                from.1 + (to.1 - from.1) * part,
            );
            if phase % 2 == 0 {
                piece.push(at);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![at];
            }
            phase = (phase + 1) % pattern.len();
            left = pattern[phase];
        }
        left -= length - done;
        if phase % 2 == 0 {
            piece.push(to);
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// Draws the marker of a look.
pub(super) fn marker(picture: &mut Picture, at: Place, look: Look) {
    let (x, y) = at;
    let size = MARKER;
    let corners = match look.marker {
        Marker::None => return,
        Marker::Circle => {
            return picture.add(Shape::Disc {
                at,
                radius: size,
                colour: look.colour,
            });
        }
        Marker::Cross => {
            for turn in [1.0, -1.0] {
                picture.add(Shape::Path {
                    points: vec![(x - size, y - turn * size), (x + size, y + turn * size)],
                    colour: look.colour,
                    width: 4,
                });
            }
            return;
        }
        Marker::Square => {
            return picture.add(Shape::Box {
                area: Rect {
                    left: x - size,
                    top: y - size,
                    right: x + size,
                    bottom: y + size,
                },
                colour: look.colour,
                opacity: 1.0,
            });
        }
        Marker::Triangle => vec![
            (x, y - size * 1.2),
            (x + size * 1.1, y + size),
            (x - size * 1.1, y + size),
        ],
        Marker::Diamond => vec![
            (x, y - size * 1.3),
            (x + size * 1.3, y),
            (x, y + size * 1.3),
            (x - size * 1.3, y),
        ],
    };
    picture.add(Shape::Filled {
        points: corners,
        colour: look.colour,
        opacity: 1.0,
    });
}
