//! A picture: shapes and texts at places in pixels. All texts have boxes, so that overlaps can be found.

use super::font;
use crate::report::chart::description::Colour;

/// A place in a picture `[px]`.
pub(super) type Place = (f64, f64);

/// A box in a picture `[px]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report::chart) struct Rect {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its right edge.
    pub right: f64,
    /// Its lower edge.
    pub bottom: f64,
}

impl Rect {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Whether it shares more than an edge with another.
    fn overlaps(&self, other: &Self) -> bool {
        self.left + 0.5 < other.right
            && other.left + 0.5 < self.right
            && self.top + 0.5 < other.bottom
            && other.top + 0.5 < self.bottom
    }

    /// Whether another lies inside.
    fn holds(&self, other: &Self) -> bool {
        other.left >= self.left - 0.5
            && other.right <= self.right + 0.5
            && other.top >= self.top - 0.5
            && other.bottom <= self.bottom + 0.5
    }
}

/// A text at its place.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// What it says.
    pub text: String,
    /// The height of its letters `[px]`.
    pub size: u32,
    /// Whether it is bold.
    pub bold: bool,
    /// Its colour.
    pub colour: Colour,
    /// Whether it is turned so that it reads upwards.
    pub turned: bool,
    /// What it covers.
    pub area: Rect,
}

/// Where a text lies beside its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It begins there.
    Left,
    /// Its middle is there.
    Middle,
    /// It ends there.
    Right,
}

/// How a text is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hand {
    /// The height of its letters `[px]`.
    pub size: u32,
    /// Whether it is bold.
    pub bold: bool,
    /// Its colour.
    pub colour: Colour,
}

impl Hand {
    pub(super) const fn new(size: u32, colour: Colour) -> Self {
        Self {
            size,
            bold: false,
            colour,
        }
    }

    pub(super) const fn bold(size: u32, colour: Colour) -> Self {
        Self {
            size,
            bold: true,
            colour,
        }
    }

    /// The width of a text `[px]`.
    pub(super) fn width(self, text: &str) -> f64 {
        font::width(text, self.size, self.bold)
    }

    /// The height of a line `[px]`.
    pub(super) fn height(self) -> f64 {
        f64::from(self.size) * 1.2
    }
}

/// A part of a picture.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A filled box.
    Box {
        /// What it covers.
        area: Rect,
        /// Its colour.
        colour: Colour,
        /// How much it covers what is behind it.
        opacity: f64,
    },
    /// Joined lines.
    Path {
        /// The corners.
        points: Vec<Place>,
        /// The colour.
        colour: Colour,
        /// The width `[px]`.
        width: u32,
    },
    /// A filled outline.
    Filled {
        /// The corners.
        points: Vec<Place>,
        /// The colour.
        colour: Colour,
        /// How much it covers what is behind it.
        opacity: f64,
    },
    /// A disc.
    Disc {
        /// Its middle.
        at: Place,
        /// Its radius `[px]`.
        radius: f64,
        /// Its colour.
        colour: Colour,
    },
    /// A text.
    Words(Words),
}

/// Shapes from back to front.
pub(in crate::report::chart) struct Picture {
    /// Its width `[px]`.
    pub width: u32,
    /// Its height `[px]`.
    pub height: u32,
    /// Its shapes.
    pub(super) shapes: Vec<Shape>,
    /// Where panels draw their data.
    pub plots: Vec<Rect>,
}

/// The least height of a panel's data `[px]`.
const PLOT_HEIGHT_MIN: f64 = 60.0;

impl Picture {
    pub(super) fn new(width: u32) -> Self {
        Self {
            width,
            height: 0,
            shapes: Vec::new(),
            plots: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, shape: Shape) {
        self.shapes.push(shape);
    }

    /// Writes a line whose upper edge is at `at`.
    pub(super) fn write(&mut self, text: impl Into<String>, at: Place, side: Side, hand: Hand) {
        let text = text.into();
        if text.is_empty() {
            return;
        }
        let width = hand.width(&text);
        let left = match side {
            Side::Left => at.0,
            Side::Middle => at.0 - width / 2.0,
            Side::Right => at.0 - width,
        };
        let area = Rect {
            left,
            top: at.1,
            right: left + width,
            bottom: at.1 + hand.height(),
        };
        self.put(text, hand, area, false);
    }

    /// Writes a line at the first of some places, given by its upper left corner, that is inside an area and where no
    /// text stands; nowhere if there is none.
    pub(super) fn write_where_free(
        &mut self,
        text: &str,
        places: &[Place],
        area: &Rect,
        hand: Hand,
    ) {
        let taken: Vec<Rect> = self.texts().map(|words| words.area).collect();
        let (wide, high) = (hand.width(text), hand.height());
        let free = places.iter().find(|at| {
            let own = Rect {
                left: at.0,
                top: at.1,
                right: at.0 + wide,
                bottom: at.1 + high,
            };
            area.holds(&own) && !taken.iter().any(|other| other.overlaps(&own))
        });
        if let Some(at) = free {
            self.write(text, *at, Side::Left, hand);
        }
    }

    fn texts(&self) -> impl Iterator<Item = &Words> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Words(words) => Some(words),
            _ => None,
        })
    }

    /// Writes upwards, with the middle of the line at `at`.
    pub(super) fn write_upwards(&mut self, text: &str, at: Place, hand: Hand) {
        let (long, high) = (hand.width(text), hand.height());
        let area = Rect {
            left: at.0 - high / 2.0,
            top: at.1 - long / 2.0,
            right: at.0 + high / 2.0,
            bottom: at.1 + long / 2.0,
        };
        self.put(text.to_owned(), hand, area, true);
    }

    fn put(&mut self, text: String, hand: Hand, area: Rect, turned: bool) {
        self.shapes.push(Shape::Words(Words {
            text,
            size: hand.size,
            bold: hand.bold,
            colour: hand.colour,
            turned,
            area,
        }));
    }

    /// What a reader could not read: text over text, text outside, panels that are too low.
    pub(in crate::report::chart) fn faults(&self) -> Vec<String> {
        let whole = Rect {
            left: 0.0,
            top: 0.0,
            right: f64::from(self.width),
            bottom: f64::from(self.height),
        };
        let texts: Vec<&Words> = self.texts().collect();
        let mut faults = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            if !whole.holds(&text.area) {
                faults.push(format!("`{}` is outside: {:?}", text.text, text.area));
            }
            let over = texts[n + 1..]
                .iter()
                .filter(|other| other.area.overlaps(&text.area));
            faults.extend(over.map(|other| format!("`{}` is over `{}`", text.text, other.text)));
        }
        let low = self
            .plots
            .iter()
            .filter(|plot| plot.height() < PLOT_HEIGHT_MIN);
        faults.extend(low.map(|plot| format!("a panel of {:.0} px", plot.height())));
        faults
    }
}
