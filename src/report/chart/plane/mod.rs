//! Pictures of a plane of settings: a figure over one axis as lines with bands, over two axes as heat maps.
//! They are made from plain data and know nothing of a run.

mod heat;
mod lines;

pub use heat::{Edge, Heat};
pub use lines::{Line, Lines};

use super::legend::{Entry, Stroke, legend};
use super::{Area, Drawn, SIZE, compact, pixels, style};
use crate::probe::figures::Unit;
use crate::report::format;
use plotters::prelude::*;

/// An axis whose values stand at equal distances, at 0, 1, 2 and so on.
#[derive(Clone, Debug)]
pub struct Scale {
    /// What it is.
    pub name: String,
    /// Its values as text.
    pub values: Vec<String>,
}

/// What a picture shows: panels of one kind.
#[derive(Clone, Debug)]
pub enum Panels {
    /// Figures over one axis.
    Lines(Vec<Lines>),
    /// A figure over two axes, a panel for each system.
    Heat(Vec<Heat>),
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
        super::draw::register()?;
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        self.compose(&area).map_err(|error| error.to_string())?;
        drop(area);
        let mut bytes = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
        let area = BitMapBackend::with_buffer(&mut bytes, SIZE).into_drawing_area();
        self.compose(&area).map_err(|error| error.to_string())?;
        drop(area);
        let png = pixels::encode(&bytes, SIZE).map_err(|error| error.to_string())?;
        Ok((compact::compact(&svg), png))
    }

    fn compose<DB: DrawingBackend>(&self, root: &Area<DB>) -> Drawn<DB> {
        root.fill(&WHITE)?;
        let (head, rest) = root.split_vertically(126);
        let (body, foot) = rest.split_vertically(SIZE.1 - 126 - 44);
        style::title(&head, &self.title, &self.subtitle)?;
        legend(&head, &self.entries())?;
        match &self.panels {
            Panels::Lines(panels) => lines::draw(&body, panels)?,
            Panels::Heat(panels) => heat::draw(&body, panels)?,
        }
        foot.draw(&Text::new(self.caption.clone(), (28, 10), style::text(20)))?;
        root.present()
    }

    fn entries(&self) -> Vec<Entry> {
        match &self.panels {
            Panels::Lines(_) => {
                let entry =
                    |(n, name): (usize, &String)| Entry::new(name, style::colour(n), Stroke::Solid);
                self.systems.iter().enumerate().map(entry).collect()
            }
            Panels::Heat(panels) => heat::entries(panels),
        }
    }
}

/// The text at place `x` of a scale; nothing between two places.
fn tick(scale: &Scale, x: f64) -> String {
    let place = libm::round(x);
    if (x - place).abs() > 0.01 || place < 0.0 {
        return String::new();
    }
    scale
        .values
        .get(place as usize)
        .cloned()
        .unwrap_or_default()
}

/// A value at an axis or in a cell: short, with its unit.
fn short(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format::seconds(value),
        Unit::Share => format::percent(value),
        Unit::Usd if value >= 999.5 => format!("{} USD", format::prefixed(value)),
        Unit::Usd => format::usd(value),
        Unit::Count | Unit::RecordsPerS => format::tick(value),
        Unit::BytesPerS => format!("{}B/s", format::prefixed(value)),
    }
}

/// Whether positive values spread so far that only a logarithmic axis shows them.
fn needs_log(values: impl Iterator<Item = f64> + Clone) -> bool {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(0.0, f64::max);
    low > 0.0 && low.is_finite() && high > 30.0 * low
}
