//! Colours, type, frames and legends that all charts share.

use super::legend::Stroke;
use super::{Area, Drawn};
use crate::report::{Report, format};
use crate::workload::Mark;
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::FontStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// The font of all charts: DejaVu Sans, shipped with the program.
const FONT: &str = "DejaVu Sans";

/// Okabe and Ito's colours, which most people with colour blindness can tell apart.
const SYSTEMS: [RGBColor; 6] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];
/// What is offered, the same for every system.
pub(super) const OFFERED: RGBColor = RGBColor(150, 150, 150);
/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(30, 30, 30);

/// The colour of the system of this number, the same in every chart.
pub(super) fn colour(system: usize) -> RGBColor {
    SYSTEMS[system % SYSTEMS.len()]
}

/// The colour of the system of this number for a web page.
#[must_use]
pub fn hex(system: usize) -> String {
    let RGBColor(r, g, b) = colour(system);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text of `size` pixels.
pub(super) fn text(size: u32) -> TextStyle<'static> {
    (FONT, size).into_font().color(&INK)
}

/// Heavier text of `size` pixels.
pub(super) fn bold(size: u32) -> TextStyle<'static> {
    FontDesc::new(FontFamily::Name(FONT), f64::from(size), FontStyle::Bold).color(&INK)
}

/// Title and subtitle.
pub(super) fn title<DB: DrawingBackend>(head: &Area<DB>, title: &str, scenario: &str) -> Drawn<DB> {
    head.draw(&Text::new(fit(head, title, &bold(38)), (28, 12), bold(38)))?;
    let (width, _) = head.dim_in_pixel();
    let (used, _) = head.estimate_text_size(title, &bold(38))?;
    let right = text(26).pos(Pos::new(HPos::Right, VPos::Top));
    if used + 60 < width {
        let room = width - used - 90;
        let shown = shorten(head, scenario, &text(26), room);
        head.draw(&Text::new(shown, (width as i32 - 28, 20), right))?;
    }
    Ok(())
}

fn fit<DB: DrawingBackend>(area: &Area<DB>, words: &str, style: &TextStyle<'_>) -> String {
    shorten(area, words, style, area.dim_in_pixel().0 - 56)
}

/// More letters than any chart has room for.
const LETTERS_MAX: usize = 1000;

/// `words` cut to `room` pixels, with an ellipsis if something is missing.
pub(super) fn shorten<DB: DrawingBackend>(
    area: &Area<DB>,
    words: &str,
    style: &TextStyle<'_>,
    room: u32,
) -> String {
    let wide = |words: &str| {
        area.estimate_text_size(words, style)
            .map_or(0, |(width, _)| width)
            > room
    };
    let letters: Vec<char> = words.chars().take(LETTERS_MAX).collect();
    if letters.len() < 3 || (letters.len() < LETTERS_MAX && !wide(words)) {
        return words.to_owned();
    }
    let cut = |length: usize| -> String { letters[..length].iter().chain(&['…']).collect() };
    // The most letters that fit beside the ellipsis, by halving, and at least one.
    let (mut fits, mut over) = (1, letters.len() - 1);
    while over - fits > 1 {
        let middle = fits + (over - fits) / 2;
        if wide(&cut(middle)) {
            over = middle;
        } else {
            fits = middle;
        }
    }
    cut(fits)
}

/// Seed, replications and scenario, in small type at the bottom.
pub(super) fn caption<DB: DrawingBackend>(foot: &Area<DB>, report: &Report) -> Drawn<DB> {
    let words = format!(
        "{} · {} · n = {} · time series: first replication",
        report.head(),
        report.name,
        report.replications
    );
    foot.draw(&Text::new(
        words,
        (28, 10),
        (FONT, 20).into_font().color(&RGBColor(90, 90, 90)),
    ))
}

/// A unit for the time axis and seconds per unit.
pub(super) fn time_unit(duration_s: f64) -> (&'static str, f64) {
    match duration_s {
        d if d < 300.0 => ("s", 1.0),
        d if d < 3.0 * 3600.0 => ("min", 60.0),
        d if d < 72.0 * 3600.0 => ("h", 3600.0),
        _ => ("days", 86_400.0),
    }
}

/// A chart with a linear time axis in the unit of [`time_unit`].
pub(super) struct Frame<'a> {
    /// Above the plot.
    pub title: &'a str,
    /// Beside the plot.
    pub y_label: &'a str,
    /// Whether the time axis carries its name.
    pub bottom: bool,
    /// How many labels the time axis may have.
    pub x_labels: usize,
    /// How many labels the other axis may have.
    pub y_labels: usize,
    /// Whether marks carry their names.
    pub names_marks: bool,
}

impl<'a> Frame<'a> {
    /// A frame over the whole width.
    pub(super) fn wide(title: &'a str, y_label: &'a str, bottom: bool) -> Self {
        Self {
            title,
            y_label,
            bottom,
            x_labels: 10,
            y_labels: 6,
            names_marks: true,
        }
    }
}

type Plot<'a, DB, Y> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, Y>>;

impl Frame<'_> {
    /// Draws axes over `y`, whose labels `label` writes, and shades the interventions.
    pub(super) fn draw<'a, DB, R, Y>(
        &self,
        area: &'a DrawingArea<DB, Shift>,
        report: &Report,
        y: R,
        label: &dyn Fn(&f64) -> String,
        edges: (f64, f64),
    ) -> Result<Plot<'a, DB, Y>, DrawingAreaErrorKind<DB::ErrorType>>
    where
        DB: DrawingBackend,
        R: AsRangedCoord<CoordDescType = Y, Value = f64>,
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let (unit, per_unit) = time_unit(report.duration_s);
        let mut chart = ChartBuilder::on(area)
            .caption(
                shorten(area, self.title, &text(28), area.dim_in_pixel().0 - 60),
                text(28),
            )
            .margin_right(40)
            .margin_left(12)
            .x_label_area_size(if self.bottom { 76 } else { 40 })
            .y_label_area_size(128)
            .build_cartesian_2d(0.0..report.duration_s / per_unit, y)?;
        let marks = self.marks(report);
        shade(&mut chart, &marks, per_unit, edges.0..edges.1)?;
        let time = format!("time [{unit}]");
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(RGBColor(220, 220, 220))
            .x_labels(self.x_labels)
            .y_labels(self.y_labels)
            .x_desc(if self.bottom { time.as_str() } else { "" })
            .y_desc(self.y_label)
            .axis_desc_style(text(26))
            .label_style(text(24))
            .x_label_formatter(&|t| format::tick(*t))
            .y_label_formatter(&|v| label(v))
            .draw()?;
        if self.names_marks {
            // Neighbours are written one below the other, as many as there is room for.
            let rows = (area.dim_in_pixel().1 as usize / 40).clamp(3, 6);
            name_marks(&mut chart, &marks, rows, per_unit, edges.1)?;
        }
        Ok(chart)
    }

    /// The interventions that this panel is to show: a panel of one system leaves those of the others out,
    /// and need not name its own.
    fn marks(&self, report: &Report) -> Vec<Mark> {
        let labels = || report.systems.iter().map(|system| system.label.as_str());
        let is_of = |label: &str| {
            self.title
                .strip_prefix(label)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        let Some(own) = labels().find(|label| is_of(label)) else {
            return report.marks.clone();
        };
        let mut marks = report.marks.clone();
        marks.retain_mut(|mark| {
            let Some((of, what)) = mark.text.split_once(": ") else {
                return true;
            };
            if of == own {
                mark.text = what.to_owned();
                return true;
            }
            !labels().any(|label| label == of)
        });
        marks
    }
}

/// Shades the interventions.
fn shade<DB: DrawingBackend, Y>(
    chart: &mut Plot<'_, DB, Y>,
    marks: &[Mark],
    per_unit: f64,
    height: Range<f64>,
) -> Drawn<DB>
where
    Y: Ranged<ValueType = f64>,
{
    let (low, high) = (height.start, height.end);
    for mark in marks {
        let (from, to) = (
            mark.from.as_secs_f64() / per_unit,
            mark.to.as_secs_f64() / per_unit,
        );
        if mark.from == mark.to {
            let grey = RGBColor(110, 110, 110).stroke_width(2);
            chart.draw_series(DashedLineSeries::new(
                [(from, low), (from, high)],
                6,
                6,
                grey,
            ))?;
            continue;
        }
        chart.draw_series([Rectangle::new(
            [(from, low), (to, high)],
            RGBColor(120, 120, 120).mix(0.18).filled(),
        )])?;
    }
    Ok(())
}

/// More marks than this have no room for names.
const MARKS_NAMED: usize = 12;

/// Writes what the shaded stretches are, inside their upper left corner.
fn name_marks<DB: DrawingBackend, Y>(
    chart: &mut Plot<'_, DB, Y>,
    marks: &[Mark],
    rows: usize,
    per_unit: f64,
    high: f64,
) -> Drawn<DB>
where
    Y: Ranged<ValueType = f64>,
{
    for (n, mark) in marks.iter().enumerate().take(MARKS_NAMED) {
        let corner = (mark.from.as_secs_f64() / per_unit, high);
        let below = 8 + 22 * (n % rows) as i32;
        let label = EmptyElement::at(corner) + Text::new(mark.text.clone(), (8, below), text(20));
        chart.draw_series([label])?;
    }
    Ok(())
}

/// The largest value that a linear axis should reach.
pub(super) fn headroom(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.fold(0.0, f64::max);
    if most > 0.0 { most * 1.15 } else { 1.0 }
}

/// Whole decades around the positive values, for a logarithmic axis.
pub(super) fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let positive = values.filter(|value| *value > 0.0);
    let (low, high) = positive.fold((f64::INFINITY, 0.0_f64), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if high == 0.0 {
        return (1e-3, 1.0);
    }
    let floor = libm::pow(10.0, libm::floor(libm::log10(low)));
    let ceiling = libm::pow(10.0, libm::ceil(libm::log10(high)));
    (
        floor,
        if ceiling > floor * 1.5 {
            ceiling
        } else {
            floor * 10.0
        },
    )
}

/// Splits an area into rows for `n` panels, the last a little taller for the axis name.
pub(super) fn rows<DB: DrawingBackend>(area: &Area<DB>, n: usize) -> Vec<Area<DB>> {
    let (_, height) = area.dim_in_pixel();
    let each = (height - 36) / n.max(1) as u32;
    let mut rest = area.clone();
    let mut rows = Vec::new();
    for _ in 1..n {
        let (row, below) = rest.split_vertically(each);
        rows.push(row);
        rest = below;
    }
    rows.push(rest);
    rows
}

/// A point series as a line, broken where nothing was measured.
pub(super) fn runs_of(points: impl Iterator<Item = (f64, Option<f64>)>) -> Vec<Vec<(f64, f64)>> {
    let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (t, value) in points {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((t, value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Draws a line, solid or dashed; a value that stands alone is a dot, full or hollow.
pub(super) fn line<DB, Y>(
    chart: &mut Plot<'_, DB, Y>,
    points: Vec<(f64, f64)>,
    colour: RGBColor,
    stroke: Stroke,
    width: u32,
) -> Drawn<DB>
where
    DB: DrawingBackend,
    Y: Ranged<ValueType = f64>,
{
    let style = colour.stroke_width(width);
    if let [alone] = points[..] {
        let fill = if matches!(stroke, Stroke::Dashed) {
            style
        } else {
            colour.filled()
        };
        return chart.draw_series([Circle::new(alone, 4, fill)]).map(|_| ());
    }
    match stroke {
        Stroke::Dashed => chart
            .draw_series(DashedLineSeries::new(points, 12, 8, style))
            .map(|_| ()),
        _ => chart
            .draw_series(LineSeries::new(points, style))
            .map(|_| ()),
    }
}
