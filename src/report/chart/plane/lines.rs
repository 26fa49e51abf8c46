//! Figures over one axis: a line for each system, with the band of its 95 % interval.

use super::{Scale, needs_log, short, tick};
use crate::probe::figures::Unit;
use crate::report::chart::legend::Stroke;
use crate::report::chart::{Area, Drawn, style};
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

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
}

/// Draws the panels, two in a row.
pub(super) fn draw<DB: DrawingBackend>(area: &Area<DB>, panels: &[Lines]) -> Drawn<DB> {
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let rows = panels.len().div_ceil(columns).max(1);
    for (panel, part) in panels.iter().zip(area.split_evenly((rows, columns))) {
        if needs_log(panel.values()) {
            let (low, high) = style::decades(panel.values().chain(panel.tops()));
            plot(&part, panel, (low..high).log_scale(), low)?;
        } else {
            let top = style::headroom(panel.values().chain(panel.tops()));
            plot(&part, panel, 0.0..top, 0.0)?;
        }
    }
    Ok(())
}

/// Draws one panel over the vertical axis `y`, which begins at `floor`.
fn plot<DB, R, Y>(area: &Area<DB>, panel: &Lines, y: R, floor: f64) -> Drawn<DB>
where
    DB: DrawingBackend,
    R: AsRangedCoord<CoordDescType = Y, Value = f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let last = panel.x.values.len() as f64 - 1.0;
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, style::text(28))
        .margin_right(40)
        .margin_left(12)
        .x_label_area_size(76)
        .y_label_area_size(140)
        .build_cartesian_2d(-0.3..last + 0.3, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(220, 220, 220))
        .x_labels(panel.x.values.len().clamp(2, 12))
        .y_labels(6)
        .x_desc(panel.x.name.as_str())
        .axis_desc_style(style::text(24))
        .label_style(style::text(22))
        .x_label_formatter(&|x| tick(&panel.x, *x))
        .y_label_formatter(&|v| short(*v, panel.unit))
        .draw()?;
    for limit in &panel.limits {
        let ends = vec![(-0.3, *limit), (last + 0.3, *limit)];
        style::line(&mut chart, ends, style::INK, Stroke::Dashed, 2)?;
    }
    for (n, line) in panel.lines.iter().enumerate() {
        draw_line(&mut chart, line, style::colour(n), floor)?;
    }
    Ok(())
}

type Plot<'a, DB, Y> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, Y>>;

/// The band, the line and a dot at each place.
fn draw_line<DB, Y>(
    chart: &mut Plot<'_, DB, Y>,
    line: &Line,
    colour: RGBColor,
    floor: f64,
) -> Drawn<DB>
where
    DB: DrawingBackend,
    Y: Ranged<ValueType = f64>,
{
    let numbered = || (0..).map(f64::from).zip(&line.places);
    let means = numbered().map(|(x, place)| (x, place.map(|(mean, _)| mean)));
    for run in style::runs_of(means) {
        let place = |x: f64| line.places[x as usize].unwrap_or_default();
        let upper = run.iter().map(|(x, mean)| (*x, mean + place(*x).1));
        let lower = run.iter().rev();
        let lower = lower.map(|(x, mean)| (*x, (mean - place(*x).1).max(floor)));
        let band: Vec<(f64, f64)> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(band, colour.mix(0.2).filled())])?;
        let dots = run.iter().map(|at| Circle::new(*at, 5, colour.filled()));
        chart.draw_series(dots)?;
        if run.len() > 1 {
            style::line(chart, run, colour, Stroke::Solid, 4)?;
        }
    }
    Ok(())
}
