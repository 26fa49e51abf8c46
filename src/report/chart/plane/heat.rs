//! A figure over two axes: a map of cells for each system, with the lines at which claims begin to fail.

use super::{Scale, needs_log, short, tick};
use crate::probe::figures::Unit;
use crate::report::chart::heat::shade;
use crate::report::chart::legend::{Entry, Stroke};
use crate::report::chart::{Area, Drawn, style};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The most columns whose cells have room for their values.
const COLUMNS_WITH_VALUES: usize = 12;

/// A figure of one system over two axes.
#[derive(Clone, Debug)]
pub struct Heat {
    /// The name of the system.
    pub title: String,
    /// The unit of the figure.
    pub unit: Unit,
    /// The horizontal axis.
    pub x: Scale,
    /// The vertical axis.
    pub y: Scale,
    /// The value of each cell, row by row from below; `None` where nothing was measured.
    pub cells: Vec<Vec<Option<f64>>>,
    /// Where claims begin to fail.
    pub edges: Vec<Edge>,
}

/// A piece of the line between the cells where a claim holds and those where it does not. Cell (0, 0) reaches from
/// -0.5 to 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Where it begins.
    pub from: (f64, f64),
    /// Where it ends.
    pub to: (f64, f64),
}

/// How values become colours: the same in all panels.
struct Ramp {
    low: f64,
    high: f64,
    log: bool,
}

impl Ramp {
    fn of(panels: &[Heat]) -> Self {
        let values = panels
            .iter()
            .flat_map(|panel| panel.cells.iter().flatten().flatten().copied());
        Self {
            low: values.clone().fold(f64::INFINITY, f64::min),
            high: values.clone().fold(f64::NEG_INFINITY, f64::max),
            log: needs_log(values),
        }
    }

    /// The part of the way from the lowest to the highest value.
    fn part(&self, value: f64) -> f64 {
        if self.high <= self.low {
            return 0.5;
        }
        if self.log {
            return libm::log(value / self.low) / libm::log(self.high / self.low);
        }
        (value - self.low) / (self.high - self.low)
    }

    fn value(&self, part: f64) -> f64 {
        if self.log {
            self.low * libm::pow(self.high / self.low, part)
        } else {
            self.low + (self.high - self.low) * part
        }
    }

    fn colour(&self, value: f64) -> RGBColor {
        // The last colour of the scale means "at the limit" elsewhere.
        shade(0.99 * self.part(value))
    }
}

/// The legend: five values of the scale, and the line.
pub(super) fn entries(panels: &[Heat]) -> Vec<Entry> {
    let (ramp, unit) = (
        Ramp::of(panels),
        panels.first().map_or(Unit::Count, |p| p.unit),
    );
    if !ramp.low.is_finite() {
        return Vec::new();
    }
    let step = |n: u32| {
        let value = ramp.value(f64::from(n) / 4.0);
        Entry::new(short(value, unit), ramp.colour(value), Stroke::Filled)
    };
    let mut entries: Vec<Entry> = (0..5).map(step).collect();
    if panels.iter().any(|panel| !panel.edges.is_empty()) {
        entries.push(Entry::new("a claim begins to fail", EDGE, Stroke::Solid));
    }
    entries
}

/// The colour of the line at which a claim begins to fail.
const EDGE: RGBColor = RGBColor(214, 0, 0);

/// Draws the panels side by side, at most three in a row.
pub(super) fn draw<DB: DrawingBackend>(area: &Area<DB>, panels: &[Heat]) -> Drawn<DB> {
    let ramp = Ramp::of(panels);
    let columns = panels.len().clamp(1, 3);
    let rows = panels.len().div_ceil(columns).max(1);
    for (panel, part) in panels.iter().zip(area.split_evenly((rows, columns))) {
        plot(&part, panel, &ramp)?;
    }
    Ok(())
}

fn plot<DB: DrawingBackend>(area: &Area<DB>, panel: &Heat, ramp: &Ramp) -> Drawn<DB> {
    let end = |scale: &Scale| scale.values.len() as f64 - 0.5;
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, style::text(28))
        .margin_right(30)
        .margin_left(12)
        .x_label_area_size(76)
        .y_label_area_size(140)
        .build_cartesian_2d(-0.5..end(&panel.x), -0.5..end(&panel.y))?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(panel.x.values.len().clamp(2, 8))
        .y_labels(panel.y.values.len().clamp(2, 16))
        .x_desc(panel.x.name.as_str())
        .y_desc(panel.y.name.as_str())
        .axis_desc_style(style::text(22))
        .label_style(style::text(20))
        .x_label_formatter(&|x| tick(&panel.x, *x))
        .y_label_formatter(&|y| tick(&panel.y, *y))
        .draw()?;
    let cells = || {
        let rows = (0..).map(f64::from).zip(&panel.cells);
        rows.flat_map(|(y, row)| {
            let row = (0..).map(f64::from).zip(row);
            row.filter_map(move |(x, value)| Some((x, y, (*value)?)))
        })
    };
    chart.draw_series(cells().map(|(x, y, value)| {
        let corners = [(x - 0.5, y - 0.5), (x + 0.5, y + 0.5)];
        Rectangle::new(corners, ramp.colour(value).filled())
    }))?;
    if panel.x.values.len() <= COLUMNS_WITH_VALUES {
        chart.draw_series(cells().map(|(x, y, value)| {
            let ink = if ramp.part(value) > 0.6 {
                &BLACK
            } else {
                &WHITE
            };
            let middle = Pos::new(HPos::Center, VPos::Center);
            let style = style::text(16).color(ink).pos(middle);
            EmptyElement::at((x, y)) + Text::new(short(value, panel.unit), (0, 0), style)
        }))?;
    }
    let line = |edge: &Edge| PathElement::new(vec![edge.from, edge.to], EDGE.stroke_width(5));
    chart.draw_series(panel.edges.iter().map(line))?;
    Ok(())
}
