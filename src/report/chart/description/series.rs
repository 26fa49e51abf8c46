//! Series: what a panel draws, in the units of its axes.

use super::{Colour, Look};
use serde::{Serialize, Serializer};

/// More points than a line needs in a picture.
const POINTS_MAX: usize = 800;

/// What a panel draws.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// Its name.
    pub label: String,
    /// The system that it belongs to.
    pub system: Option<usize>,
    /// How it looks.
    pub look: Look,
    /// Its values.
    #[serde(flatten)]
    pub data: Data,
}

/// The values of a series.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Data {
    /// Points joined by straight lines, in parts where nothing was measured between them.
    Line {
        /// The parts.
        #[serde(serialize_with = "short")]
        parts: Vec<Vec<[f64; 2]>>,
    },
    /// Values that hold from their instant until the next.
    Steps {
        /// The parts.
        #[serde(serialize_with = "short")]
        parts: Vec<Vec<[f64; 2]>>,
    },
    /// An area between a lower and an upper edge: place, lower value, upper value.
    Band {
        /// The parts.
        #[serde(serialize_with = "short")]
        parts: Vec<Vec<[f64; 3]>>,
    },
    /// Points that nothing joins.
    Points {
        /// The parts.
        #[serde(serialize_with = "short")]
        parts: Vec<Vec<[f64; 2]>>,
    },
    /// Coloured rectangles: cells of a heat map, lanes over time, bars.
    Tiles {
        /// What they are.
        of: TilesOf,
        /// Their kinds.
        classes: Vec<Class>,
        /// The rectangles.
        tiles: Vec<Tile>,
    },
}

/// What rectangles are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TilesOf {
    /// Cells of a heat map.
    Cells,
    /// Lanes over time.
    Lanes,
    /// Bars, stacked or not.
    Bars,
}

/// A kind of rectangle.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Class {
    /// What it means.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// Where it begins and ends on the horizontal axis.
    pub x: (f64, f64),
    /// Where it begins and ends on the vertical axis.
    pub y: (f64, f64),
    /// The number of its kind.
    pub class: usize,
}

impl Serialize for Tile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = |pair: (f64, f64)| (five(pair.0), five(pair.1));
        let (x, y) = (digits(self.x), digits(self.y));
        (x.0, x.1, y.0, y.1, self.class).serialize(serializer)
    }
}

/// Values with five significant digits, which is more than a picture shows.
fn five(value: f64) -> f64 {
    if value.fract() == 0.0 {
        return value;
    }
    format!("{value:.4e}").parse().unwrap_or(value)
}

/// Writes points with few digits.
fn short<const N: usize, S: Serializer>(
    parts: &[Vec<[f64; N]>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let point = |point: &[f64; N]| point.iter().map(|value| five(*value)).collect();
    let part = |part: &Vec<[f64; N]>| part.iter().map(point).collect();
    let parts: Vec<Vec<Vec<f64>>> = parts.iter().map(part).collect();
    parts.serialize(serializer)
}

impl Series {
    /// A line through points.
    pub(in crate::report::chart) fn line(
        label: impl Into<String>,
        look: Look,
        points: Vec<(f64, f64)>,
    ) -> Self {
        Self::parts(label, look, vec![points])
    }

    /// A line in parts.
    pub(in crate::report::chart) fn parts(
        label: impl Into<String>,
        look: Look,
        parts: Vec<Vec<(f64, f64)>>,
    ) -> Self {
        let parts = parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| thinned(&part));
        Self::new(
            label,
            look,
            Data::Line {
                parts: parts.collect(),
            },
        )
    }

    /// A line that breaks where nothing was measured.
    pub(in crate::report::chart) fn gaps(
        label: impl Into<String>,
        look: Look,
        points: impl Iterator<Item = (f64, Option<f64>)>,
    ) -> Self {
        let mut parts: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for (at, value) in points {
            match (value, parts.last_mut()) {
                (Some(value), Some(part)) => part.push((at, value)),
                (None, Some(part)) if !part.is_empty() => parts.push(Vec::new()),
                _ => {}
            }
        }
        Self::parts(label, look, parts)
    }

    /// Values that hold from their instant until the next.
    pub(in crate::report::chart) fn steps(
        label: impl Into<String>,
        look: Look,
        points: &[(f64, f64)],
    ) -> Self {
        let mut kept: Vec<[f64; 2]> = Vec::new();
        for (n, (at, value)) in points.iter().enumerate() {
            let same = kept
                .last()
                .is_some_and(|last| (last[1] - value).abs() == 0.0);
            if !same || n + 1 == points.len() {
                kept.push([*at, *value]);
            }
        }
        Self::new(label, look, Data::Steps { parts: vec![kept] })
    }

    /// An area above the horizontal axis.
    pub(in crate::report::chart) fn area(
        label: impl Into<String>,
        look: Look,
        points: &[(f64, f64)],
    ) -> Self {
        let points = thinned(points).into_iter();
        let band = points.map(|[at, value]| [at, 0.0, value]).collect();
        Self::new(label, look, Data::Band { parts: vec![band] })
    }

    /// An area between two edges.
    pub(in crate::report::chart) fn band(
        label: impl Into<String>,
        look: Look,
        parts: Vec<Vec<[f64; 3]>>,
    ) -> Self {
        Self::new(label, look, Data::Band { parts })
    }

    /// Points that nothing joins.
    pub(in crate::report::chart) fn points(
        label: impl Into<String>,
        look: Look,
        points: &[(f64, f64)],
    ) -> Self {
        let points = points.iter().map(|point| [point.0, point.1]).collect();
        Self::new(
            label,
            look,
            Data::Points {
                parts: vec![points],
            },
        )
    }

    /// Coloured rectangles.
    pub(in crate::report::chart) fn tiles(
        label: impl Into<String>,
        of: TilesOf,
        classes: Vec<(String, Colour)>,
        tiles: Vec<Tile>,
    ) -> Self {
        let class = |(label, colour)| Class { label, colour };
        let classes = classes.into_iter().map(class).collect();
        let data = Data::Tiles { of, classes, tiles };
        Self::new(label, Look::plain(Colour::Ink, 1), data)
    }

    fn new(label: impl Into<String>, look: Look, data: Data) -> Self {
        Self {
            label: label.into(),
            system: None,
            look,
            data,
        }
    }

    /// The series belongs to a system.
    pub(in crate::report::chart) fn of(mut self, system: usize) -> Self {
        self.system = Some(system);
        self
    }
}

/// The points of a line, of which only the lowest and the highest of neighbours are kept where there are more than
/// a picture can show.
fn thinned(points: &[(f64, f64)]) -> Vec<[f64; 2]> {
    let pair = |point: &(f64, f64)| [point.0, point.1];
    if points.len() <= POINTS_MAX {
        return points.iter().map(pair).collect();
    }
    let mut kept = Vec::new();
    for chunk in points.chunks((2 * points.len()).div_ceil(POINTS_MAX)) {
        let numbered = || chunk.iter().enumerate();
        let low = numbered().min_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let high = numbered().max_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let (Some((low, _)), Some((high, _))) = (low, high) else {
            continue;
        };
        kept.push(pair(&chunk[low.min(high)]));
        if low != high {
            kept.push(pair(&chunk[low.max(high)]));
        }
    }
    kept
}
