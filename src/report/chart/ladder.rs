//! The percentile ladder of append and delivery latency: means over all replications.

use super::legend::{Entry, Stroke};
use super::style;
use super::{Area, Chart, Drawn};
use crate::report::{Report, format};
use plotters::coord::combinators::LogCoord;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) struct Ladder;

const RUNGS: [(&str, &str); 5] = [
    ("p50", "p50"),
    ("p90", "p90"),
    ("p99", "p99"),
    ("p999", "p99.9"),
    ("max", "max"),
];

/// The rungs of a system: append, or delivery of the slowest consumer.
fn rungs(report: &Report, kind: &str, system: usize) -> Vec<(f64, f64)> {
    let value = |name: &str| {
        let name = format!("{kind}_{name}");
        let rows = report.rows.iter().filter(|row| row.name == name);
        rows.filter_map(|row| row.values.get(system).copied().flatten())
            .map(|value| value.mean)
            .reduce(f64::max)
    };
    let numbered = RUNGS.iter().enumerate();
    numbered
        .filter_map(|(n, (name, _))| Some((n as f64, value(name)?)))
        .filter(|(_, v)| *v > 0.0)
        .collect()
}

impl Chart for Ladder {
    const NAME: &'static str = "ladder";
    const TITLE: &'static str = "Delay: the percentile ladder";

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(n, s): (usize, &crate::report::SystemReport)| {
            Entry::new(&s.label, style::colour(n), Stroke::Solid)
        };
        report.systems.iter().enumerate().map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let panels = area.split_evenly((1, 2));
        let titles = [
            "append: until the producer knows",
            "delivery: until the slowest consumer is done",
        ];
        let kinds = ["append", "delivery"];
        let all = kinds
            .iter()
            .flat_map(|kind| (0..report.systems.len()).flat_map(|n| rungs(report, kind, n)));
        let (low, high) = style::decades(all.map(|(_, value)| value));
        for ((panel, title), kind) in panels.iter().zip(titles).zip(kinds) {
            let mut chart = ChartBuilder::on(panel)
                .caption(title, style::text(28))
                .margin_right(40)
                .margin_left(8)
                .x_label_area_size(76)
                .y_label_area_size(130)
                .build_cartesian_2d(-0.9..4.7, (low..high).log_scale())?;
            chart
                .configure_mesh()
                .light_line_style(TRANSPARENT)
                .bold_line_style(RGBColor(220, 220, 220))
                .disable_x_mesh()
                .x_labels(10)
                .x_label_formatter(&|x| rung_name(*x))
                .y_label_formatter(&|v| format::tick_seconds(*v))
                .x_desc("percentile of records")
                .y_desc("delay")
                .axis_desc_style(style::text(26))
                .label_style(style::text(24))
                .draw()?;
            let ladders: Vec<Vec<(f64, f64)>> = (0..report.systems.len())
                .map(|n| rungs(report, kind, n))
                .collect();
            for n in 0..ladders.len() {
                draw_ladder(&mut chart, &ladders, n)?;
            }
        }
        Ok(())
    }
}

/// A panel with percentiles as the horizontal and delays as the vertical axis.
type Plot<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, LogCoord<f64>>>;

/// Draws ladder `n` of several.
fn draw_ladder<DB: DrawingBackend>(
    chart: &mut Plot<'_, DB>,
    ladders: &[Vec<(f64, f64)>],
    n: usize,
) -> Drawn<DB> {
    let (ladder, colour) = (&ladders[n], style::colour(n));
    style::line(chart, ladder.clone(), colour, Stroke::Solid, 5)?;
    let dot = |point: &(f64, f64)| Circle::new(*point, 8, colour.filled());
    chart.draw_series(ladder.iter().map(dot))?;
    // More than two ladders leave no room for numbers; the table of the report has them.
    let labelled = if ladders.len() <= 2 {
        ladder.as_slice()
    } else {
        &[]
    };
    for (x, value) in labelled {
        let at_x = |l: &Vec<(f64, f64)>| l.iter().find(|p| (p.0 - x).abs() < 0.1).map(|p| p.1);
        let others = ladders.iter().enumerate().filter(|(other, _)| *other != n);
        let above = others
            .filter_map(|(_, other)| at_x(other))
            .all(|other| other < *value);
        // A ladder rises: there is room to the upper left of the upper one and to the
        // lower right of the others.
        let (place, side, offset) = if above {
            (VPos::Bottom, HPos::Right, (-4, -12))
        } else {
            (VPos::Top, HPos::Left, (-24, 14))
        };
        let anchor = style::text(22).color(&colour).pos(Pos::new(side, place));
        let label =
            EmptyElement::at((*x, *value)) + Text::new(format::seconds(*value), offset, anchor);
        chart.draw_series([label])?;
    }
    Ok(())
}

fn rung_name(x: f64) -> String {
    let n = libm::round(x);
    let whole = (x - n).abs() < 0.01 && n >= 0.0;
    RUNGS
        .get(n as usize)
        .filter(|_| whole)
        .map_or(String::new(), |rung| rung.1.to_owned())
}
