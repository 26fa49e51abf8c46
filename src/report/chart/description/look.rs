//! How a line looks: colour, dashes, markers and width. No two systems of a chart look alike.

use super::Colour;
use serde::Serialize;

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Long dashes.
    Long,
    /// Short dashes.
    Short,
    /// Dashes and dots in turn.
    DashDot,
}

impl Dash {
    /// Lengths that are drawn and left out in turn `[px]`; nothing for a line that is not broken.
    #[must_use]
    pub fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Long => &[16.0, 8.0],
            Self::Short => &[6.0, 6.0],
            Self::DashDot => &[16.0, 6.0, 4.0, 6.0],
        }
    }
}

/// A sign on a line, every few points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marker {
    /// No sign.
    None,
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// Two strokes that cross.
    Cross,
}

/// How a line or an area looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Look {
    /// Its colour.
    pub colour: Colour,
    /// How it is broken.
    pub dash: Dash,
    /// Its signs.
    pub marker: Marker,
    /// Its width `[px]` of a picture that is 1,600 px wide.
    pub width: u32,
    /// How much it covers what is behind it, from 0 to 1.
    pub opacity: f64,
}

const DASHES: [Dash; 4] = [Dash::Solid, Dash::Long, Dash::Short, Dash::DashDot];
const MARKERS: [Marker; 5] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Cross,
];

impl Look {
    /// A line that is not broken.
    pub(in crate::report::chart) const fn plain(colour: Colour, width: u32) -> Self {
        Self {
            colour,
            dash: Dash::Solid,
            marker: Marker::None,
            width,
            opacity: 1.0,
        }
    }

    /// A broken line.
    pub(in crate::report::chart) const fn dashed(colour: Colour, dash: Dash, width: u32) -> Self {
        Self {
            dash,
            ..Self::plain(colour, width)
        }
    }

    /// An area that lets the grid shine through.
    pub(in crate::report::chart) fn pale(colour: Colour, opacity: f64) -> Self {
        Self {
            opacity,
            ..Self::plain(colour, 1)
        }
    }

    /// The line of system `n` of `of` in a panel that shows several: the first is broad, the others are broken
    /// and lie over it, because systems often do alike. Beyond two systems markers tell them apart as well.
    pub(in crate::report::chart) fn system(n: usize, of: usize) -> Self {
        let marker = if of > 2 {
            MARKERS[n % MARKERS.len()]
        } else {
            Marker::None
        };
        Self {
            colour: Colour::System(n),
            dash: DASHES[n % DASHES.len()],
            marker,
            width: if n == 0 { 6 } else { 4 },
            opacity: 1.0,
        }
    }
}
