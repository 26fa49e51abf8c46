//! Pictures of a plane of settings: a figure over one axis as lines with bands, over two axes as heat maps, and designs
//! by what they cost and what they do.
//! They are made from plain data and know nothing of a run.

mod heat;
mod lines;
mod map;
mod scatter;

pub use heat::{Edge, Heat};
pub use lines::{Line, Lines};
pub use map::{Cell, Map};
pub use scatter::{Design, Scatter};

use super::description::{Around, Axis, Description, Format};
use super::{PNG_WIDTH, draw};
use crate::probe::figures::Unit;
use crate::report::format;

/// An axis whose values stand at equal distances, at 0, 1, 2 and so on.
#[derive(Clone, Debug)]
pub struct Scale {
    /// What it is.
    pub name: String,
    /// Its values as text.
    pub values: Vec<String>,
}

impl Scale {
    /// The axis, with `beside` of room at both ends.
    fn axis(&self, beside: f64) -> Axis {
        let last = self.values.len() as f64 - 1.0;
        Axis::names(&self.name, &self.values, -beside, last + beside)
    }
}

/// The scale of a setting: a unit that all values have stands at the axis.
#[must_use]
pub fn scale(path: &str, values: &[String]) -> Scale {
    match common_unit(values) {
        Some((unit, values)) => Scale {
            name: format!("{path} [{unit}]"),
            values,
        },
        None => Scale {
            name: path.to_owned(),
            values: values.to_vec(),
        },
    }
}

/// The unit that all values have, and the values without it; `None` if they have none or several.
fn common_unit(values: &[String]) -> Option<(String, Vec<String>)> {
    let (_, unit) = values.first()?.split_once(' ')?;
    let number = |value: &String| {
        let (number, own) = value.split_once(' ')?;
        (own == unit).then(|| number.to_owned())
    };
    let numbers = values.iter().map(number).collect::<Option<_>>()?;
    Some((unit.to_owned(), numbers))
}

/// What a picture shows: panels of one kind.
#[derive(Clone, Debug)]
pub enum Panels {
    /// Figures over one axis.
    Lines(Vec<Lines>),
    /// A figure over two axes, a panel for each system.
    Heat(Vec<Heat>),
    /// Designs by cost and a figure.
    Scatter(Scatter),
    /// The cheapest family over two axes.
    Map(Map),
}

/// A picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its title.
    pub title: String,
    /// What it belongs to, right of the title.
    pub subtitle: String,
    /// Small type at the bottom.
    pub caption: String,
    /// The names of the systems, in the order of their colours.
    pub systems: Vec<String>,
    /// The panels.
    pub panels: Panels,
}

impl Picture {
    /// The picture as SVG and as PNG.
    ///
    /// # Errors
    /// A sentence that says what could not be drawn.
    pub fn draw(&self) -> Result<(String, Vec<u8>), String> {
        draw::register()?;
        let picture = draw::lay_out(&self.describe());
        Ok((draw::svg(&picture)?, draw::png(&picture, PNG_WIDTH)?))
    }

    /// The picture as data.
    #[must_use]
    pub fn describe(&self) -> Description {
        let parts = match &self.panels {
            Panels::Lines(panels) => lines::parts(panels, &self.systems),
            Panels::Heat(panels) => heat::parts(panels),
            Panels::Scatter(scatter) => scatter.parts(),
            Panels::Map(map) => map.parts(),
        };
        parts.build(Around {
            name: String::new(),
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            footer: self.caption.clone(),
        })
    }
}

/// How values of a unit are written, and the unit behind the label of their axis.
fn format_of(unit: Unit) -> (Format, &'static str) {
    match unit {
        Unit::Seconds => (Format::Seconds, ""),
        Unit::Share => (Format::Share, ""),
        Unit::Usd => (Format::Usd, "USD"),
        Unit::Count => (Format::Number, ""),
        Unit::RecordsPerS => (Format::Number, "records/s"),
        Unit::BytesPerS => (Format::Number, "B/s"),
    }
}

/// A value in a cell: short, with its unit.
fn short(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format::seconds(value),
        Unit::Share => format::percent(value),
        Unit::Usd if value >= 999.5 => format!("{} USD", format::prefixed(value)),
        Unit::Usd => format::usd(value),
        Unit::Count | Unit::RecordsPerS => format::prefixed(value),
        Unit::BytesPerS => format!("{}B/s", format::prefixed(value)),
    }
}

/// Whether positive values spread so far that only a logarithmic axis shows them.
fn needs_log(values: impl Iterator<Item = f64> + Clone) -> bool {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(0.0, f64::max);
    low > 0.0 && low.is_finite() && high > 30.0 * low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_all_values_have_stands_at_the_axis() {
        let values = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let found = common_unit(&values(&["1 kB", "2 kB"])).expect("a unit");
        assert_eq!(found, ("kB".to_owned(), values(&["1", "2"])));
        assert_eq!(common_unit(&values(&["1 kB", "2 B"])), None);
        assert_eq!(common_unit(&values(&["1", "2"])), None);
    }
}
