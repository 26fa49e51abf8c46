//! What designs cost against a figure that is claimed: the cheapest ones that hold it lie at the lower left.

use super::{format_of, needs_log, short};
use crate::probe::figures::Unit;
use crate::report::chart::description::{
    Axis, Colour, Dash, Entry, Format, Look, Panel, Parts, Series,
};

/// Designs by their cost and a figure.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// What the figure is.
    pub figure: String,
    /// Its unit.
    pub unit: Unit,
    /// What the claim allows.
    pub limit: Option<f64>,
    /// The designs.
    pub designs: Vec<Design>,
}

/// A design.
#[derive(Clone, Debug)]
pub struct Design {
    /// Its name.
    pub name: String,
    /// What it costs in 30 days `[USD]`.
    pub cost: f64,
    /// The figure.
    pub value: f64,
}

impl Scatter {
    /// The axis of the figure, logarithmic where values are far apart.
    fn figure_axis(&self) -> Axis {
        let (format, unit) = format_of(self.unit);
        let values = self.designs.iter().map(|design| design.value);
        let values = values.filter(|value| value.is_finite());
        let all: Vec<f64> = values.chain(self.limit).collect();
        let axis = match needs_log(all.iter().copied()) {
            true => Axis::log(&self.figure, format, all.into_iter()),
            false => Axis::linear(&self.figure, format, all.into_iter().fold(0.0, f64::max)),
        };
        axis.in_unit(unit)
    }

    /// The axis of costs, logarithmic where they are far apart.
    fn cost_axis(&self) -> Axis {
        let all: Vec<f64> = self.designs.iter().map(|design| design.cost).collect();
        let what = "cost in 30 days";
        let axis = match needs_log(all.iter().copied()) {
            true => Axis::log(what, Format::Usd, all.into_iter()),
            false => Axis::linear(what, Format::Usd, all.into_iter().fold(1.0, f64::max)),
        };
        axis.in_unit("USD")
    }

    /// The panel with its legend.
    pub(super) fn parts(&self) -> Parts {
        let mut panel = Panel::new("", self.cost_axis(), self.figure_axis());
        let mut legend = Vec::new();
        if let Some(limit) = self.limit {
            let words = format!("the claim: {}", short(limit, self.unit));
            let ends = vec![(panel.x.from, limit), (panel.x.to, limit)];
            let look = Look::dashed(Colour::Ink, Dash::Short, 2);
            panel.add(Series::line("the claim", look, ends));
            legend.push(Entry::line(words, look));
        }
        let designs = self.designs.iter().enumerate();
        // What never comes has no place on the axis.
        for (n, design) in designs.filter(|(_, design)| design.value.is_finite()) {
            let at = (design.cost, design.value);
            let look = Look::system(n, self.designs.len().max(3));
            panel.add(Series::points(&design.name, look, &[at]));
            legend.push(Entry::line(&design.name, look).of(n));
        }
        Parts {
            caption: String::new(),
            columns: 1,
            legend,
            panels: vec![panel],
        }
    }
}
