//! The highest values of series, for axes and captions.

/// A value over time: instant `[s]` and value.
pub(super) type Over = Vec<(f64, f64)>;

/// The highest point of a series, the earliest of equal ones.
pub(super) fn highest(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let higher = |best: (f64, f64), next: (f64, f64)| if next.1 > best.1 { next } else { best };
    points.iter().copied().reduce(higher)
}

/// The highest value of some series, at least 0.
pub(super) fn most<'a>(all: impl Iterator<Item = &'a Over>) -> f64 {
    all.flatten().map(|point| point.1).fold(0.0, f64::max)
}
