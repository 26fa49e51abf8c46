//! Lanes over their life: each a bar from birth to its end, where it came from, how full it was.

use super::heat::{self, shade};
use super::legend::{Entry, Stroke};
use super::style::{self, Frame, INK};
use super::{Area, Chart, Drawn};
use crate::probe::{Lane, RunResult};
use crate::report::{Report, SystemReport};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) struct Lineage;

/// Closed and still readable.
const CLOSED: RGBColor = RGBColor(205, 205, 205);
/// The most bars of a panel; a stream with more is drawn as tiles of its hash key space.
const BARS_MAX: usize = 120;
/// Bars less tall than this have no room for their names `[px]`.
const NAME_HEIGHT: u32 = 20;
/// Tiles less tall than this have no border `[px]`.
const TILE_HEIGHT: f64 = 6.0;
/// The most colours of a bar.
const PIECES_MAX: usize = 150;

/// Systems whose lanes have descendants.
fn families(report: &Report) -> Vec<(&SystemReport, &RunResult)> {
    let runs = report
        .systems
        .iter()
        .filter_map(|system| Some((system, system.runs.first()?)));
    runs.filter(|(_, run)| run.lanes.iter().any(|lane| !lane.parents.is_empty()))
        .collect()
}

/// The lanes in the order of their ranges, parents above their children.
fn ordered(run: &RunResult) -> Vec<usize> {
    let mut order: Vec<usize> = (0..run.lanes.len()).collect();
    let start = |lane: usize| run.lanes[lane].range.map_or(0.0, |range| range.0);
    order.sort_by(|a, b| start(*a).total_cmp(&start(*b)).then(a.cmp(b)));
    order
}

impl Chart for Lineage {
    const NAME: &'static str = "lineage";
    const TITLE: &'static str = "Shard lineage: born, split, merged, closed";

    fn applies(report: &Report) -> bool {
        !families(report).is_empty()
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let mut entries = heat::legend_of(report);
        entries.push(Entry::new("closed, still read", CLOSED, Stroke::Filled));
        entries
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let families = families(report);
        let panels = style::rows(area, families.len());
        for (n, (panel, (system, run))) in panels.iter().zip(&families).enumerate() {
            let bottom = n + 1 == panels.len();
            if run.lanes.len() > BARS_MAX {
                tiles(panel, report, system, run, bottom)?;
            } else {
                bars(panel, report, system, run, bottom)?;
            }
        }
        Ok(())
    }
}

/// A bar for each lane, with a line from its parents.
fn bars<DB: DrawingBackend>(
    panel: &Area<DB>,
    report: &Report,
    system: &SystemReport,
    run: &RunResult,
    bottom: bool,
) -> Drawn<DB> {
    let order = ordered(run);
    let title = format!(
        "{}: {} {}s in all, by hash key range",
        system.label,
        order.len(),
        system.names.lane
    );
    let top = order.len() as f64;
    let frame = Frame {
        names_marks: false,
        ..Frame::wide(&title, system.names.lane, bottom)
    };
    let mut chart = frame.draw(panel, report, 0.0..top, &|_| String::new(), (0.0, top))?;
    let (_, per_unit) = style::time_unit(report.duration_s);
    let named = panel.dim_in_pixel().1 / order.len().max(1) as u32 >= NAME_HEIGHT;
    let gap = if named { 0.14 } else { 0.06 };
    for (row, lane) in order.iter().enumerate() {
        let y = top - row as f64;
        chart.draw_series(life(run, *lane, report.duration_s).into_iter().map(
            |(from, to, colour)| {
                let corners = [(from / per_unit, y - gap), (to / per_unit, y - 1.0 + gap)];
                Rectangle::new(corners, colour.filled())
            },
        ))?;
        let born = run.lanes[*lane].opened_s / per_unit;
        if named {
            let place = style::text(20).pos(Pos::new(HPos::Right, VPos::Center));
            let words = Text::new(number(&run.lanes[*lane]), (-8, 0), place);
            chart.draw_series([EmptyElement::at((born, y - 0.5)) + words])?;
        }
        let parents = run.lanes[*lane].parents.iter();
        let rows = parents.filter_map(|parent| order.iter().position(|l| *l == *parent as usize));
        chart.draw_series(rows.map(|parent| {
            let from = top - parent as f64 - 0.5;
            PathElement::new(
                [(born, from), (born, y - 0.5)],
                INK.stroke_width(if named { 2 } else { 1 }),
            )
        }))?;
    }
    Ok(())
}

/// Each lane as a tile: as wide as it was open, as tall as its part of the hash key space.
fn tiles<DB: DrawingBackend>(
    panel: &Area<DB>,
    report: &Report,
    system: &SystemReport,
    run: &RunResult,
    bottom: bool,
) -> Drawn<DB> {
    let (count, lane) = (run.lanes.len(), system.names.lane);
    let title = format!(
        "{}: {count} {lane}s in all; each a tile of the hash key space while it is open",
        system.label
    );
    let frame = Frame {
        names_marks: false,
        ..Frame::wide(&title, "hash key space", bottom)
    };
    let name = |v: &f64| format!("{v:.0} %");
    let mut chart = frame.draw(panel, report, 0.0..100.0, &name, (0.0, 100.0))?;
    let (_, per_unit) = style::time_unit(report.duration_s);
    for (index, lane) in run.lanes.iter().enumerate() {
        let Some((low, high)) = lane.range else {
            continue;
        };
        let (low, high) = (100.0 * low, 100.0 * high);
        let open = life(run, index, report.duration_s)
            .into_iter()
            .filter(|piece| piece.2 != CLOSED);
        chart.draw_series(open.map(|(from, to, colour)| {
            Rectangle::new(
                [(from / per_unit, low), (to / per_unit, high)],
                colour.filled(),
            )
        }))?;
        let ends = (
            lane.opened_s / per_unit,
            lane.closed_s.unwrap_or(report.duration_s) / per_unit,
        );
        if (high - low) / 100.0 * f64::from(panel.dim_in_pixel().1) < TILE_HEIGHT {
            // Borders would hide what they enclose.
            continue;
        }
        chart.draw_series([Rectangle::new(
            [(ends.0, low), (ends.1, high)],
            WHITE.stroke_width(1),
        )])?;
    }
    Ok(())
}

/// The number of a lane, from its name.
fn number(lane: &Lane) -> String {
    let digits = lane
        .name
        .rsplit(['-', ' '])
        .next()
        .unwrap_or_default()
        .trim_start_matches('0');
    if digits.is_empty() {
        "0".to_owned()
    } else {
        digits.to_owned()
    }
}

/// The pieces of a lane's life: coloured while it is open, grey while it is closed and readable.
fn life(run: &RunResult, index: usize, end: f64) -> Vec<(f64, f64, RGBColor)> {
    let lane = &run.lanes[index];
    let closed = lane.closed_s.unwrap_or(end);
    let mut pieces: Vec<(f64, f64, RGBColor)> = Vec::new();
    let per_piece = run.points.len().div_ceil(PIECES_MAX).max(1);
    for points in run.points.chunks(per_piece) {
        let from = points
            .first()
            .map_or(0.0, |point| point.t - point.length)
            .max(lane.opened_s);
        let to = points.last().map_or(0.0, |point| point.t).min(closed);
        if to <= from {
            continue;
        }
        let used = |point: &crate::probe::Point| {
            f64::from(point.utilisation.get(index).copied().unwrap_or(0.0)) * point.length
        };
        let length: f64 = points.iter().map(|point| point.length).sum();
        let colour = shade(points.iter().map(used).sum::<f64>() / length);
        match pieces.last_mut() {
            Some(last) if last.2 == colour => last.1 = to,
            _ => pieces.push((from, to, colour)),
        }
    }
    let gone = lane.gone_s.unwrap_or(end);
    if gone > closed {
        pieces.push((closed, gone, CLOSED));
    }
    pieces
}
