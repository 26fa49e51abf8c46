//! Figures over one axis: a line for each system, with the band of its 95 % interval.

use super::{Scale, format_of, needs_log};
use crate::probe::figures::Unit;
use crate::report::chart::description::{Axis, Colour, Dash, Entry, Look, Panel, Parts, Series};

/// Room beside the first and the last value of the axis.
const BESIDE: f64 = 0.3;

/// A figure over one axis.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The name of the figure.
    pub title: String,
    /// Its unit.
    pub unit: Unit,
    /// The axis.
    pub x: Scale,
    /// A line for each system.
    pub lines: Vec<Line>,
    /// Values that claims hold the figure against.
    pub limits: Vec<f64>,
}

/// The values of one system: mean and half the width of the interval at each place of the axis.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// The places, in their order; `None` where nothing was measured.
    pub places: Vec<Option<(f64, f64)>>,
}

impl Line {
    /// The parts of the line that were measured: place, mean, half the width of the interval.
    fn parts(&self) -> Vec<Vec<(f64, f64, f64)>> {
        let mut parts: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new()];
        for (x, place) in (0..).map(f64::from).zip(&self.places) {
            match (place, parts.last_mut()) {
                (Some((mean, half)), Some(part)) => part.push((x, *mean, *half)),
                _ => parts.push(Vec::new()),
            }
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// The band, the line and its points.
    fn series(&self, n: usize, label: &str, floor: f64) -> [Series; 3] {
        let parts = self.parts();
        let edge = |(x, mean, half): &(f64, f64, f64)| [*x, (mean - half).max(floor), mean + half];
        let bands = parts.iter().map(|part| part.iter().map(edge).collect());
        let means: Vec<Vec<(f64, f64)>> = parts
            .iter()
            .map(|part| part.iter().map(|(x, mean, _)| (*x, *mean)).collect())
            .collect();
        // Points have markers from three systems on, so that lines can be told apart without colours.
        let look = Look::system(n, 3);
        let plain = Look {
            marker: crate::report::chart::description::Marker::None,
            ..look
        };
        let points: Vec<(f64, f64)> = means.iter().flatten().copied().collect();
        [
            Series::band(
                "95 % interval",
                Look::pale(look.colour, 0.2),
                bands.collect(),
            )
            .of(n),
            Series::parts(label, plain, means).of(n),
            Series::points(label, look, &points).of(n),
        ]
    }
}

impl Lines {
    fn values(&self) -> impl Iterator<Item = f64> + Clone {
        let places = self.lines.iter().flat_map(|line| &line.places);
        let means = places.flatten().map(|(mean, _)| *mean);
        means.chain(self.limits.iter().copied())
    }

    fn tops(&self) -> impl Iterator<Item = f64> + Clone {
        let places = self.lines.iter().flat_map(|line| &line.places);
        places.flatten().map(|(mean, half)| mean + half)
    }

    fn axis(&self) -> Axis {
        let (format, unit) = format_of(self.unit);
        let all = self.values().chain(self.tops());
        let axis = if needs_log(self.values()) {
            Axis::log("", format, all)
        } else {
            Axis::linear("", format, all.fold(0.0, f64::max))
        };
        axis.in_unit(unit)
    }

    fn panel(&self, systems: &[String]) -> Panel {
        let y = self.axis();
        let (x, floor) = (self.x.axis(BESIDE), y.from);
        let ends = (x.from, x.to);
        let mut panel = Panel::new(&self.title, x, y);
        for limit in &self.limits {
            let look = Look::dashed(Colour::Ink, Dash::Short, 2);
            panel.add(Series::line(
                "limit",
                look,
                vec![(ends.0, *limit), (ends.1, *limit)],
            ));
        }
        for (n, line) in self.lines.iter().enumerate() {
            let label = systems.get(n).map_or("", String::as_str);
            line.series(n, label, floor)
                .into_iter()
                .for_each(|series| panel.add(series));
        }
        panel
    }
}

/// The panels, two in a row, and their legend.
pub(super) fn parts(panels: &[Lines], systems: &[String]) -> Parts {
    let entry = |(n, name): (usize, &String)| Entry::line(name, Look::system(n, 3)).of(n);
    Parts {
        caption: String::new(),
        columns: if panels.len() > 1 { 2 } else { 1 },
        legend: systems.iter().enumerate().map(entry).collect(),
        panels: panels.iter().map(|panel| panel.panel(systems)).collect(),
    }
}
