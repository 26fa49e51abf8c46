//! Lanes over their life: each a bar from birth to its end, where it came from, how full it was.

use super::heat::{self, shade};
use super::style::{self, Entry, Frame, INK, Stroke};
use super::{Area, Chart, Drawn};
use crate::probe::{Lane, RunResult};
use crate::report::{Report, SystemReport};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) struct Lineage;

/// Closed and still readable.
const CLOSED: RGBColor = RGBColor(205, 205, 205);
/// The most bars of a panel; a stream with more shows those that were opened first.
const BARS_MAX: usize = 120;
/// More bars than this have no room for their names.
const NAMES_MAX: usize = 40;
/// The most colours of a bar.
const PIECES_MAX: usize = 150;

/// Systems whose lanes have descendants.
fn families(report: &Report) -> Vec<(&SystemReport, &RunResult)> {
    let runs = report.systems.iter().filter_map(|system| Some((system, system.runs.first()?)));
    runs.filter(|(_, run)| run.lanes.iter().any(|lane| !lane.parents.is_empty())).collect()
}

/// The lanes in the order of their ranges, parents above their children.
fn ordered(run: &RunResult) -> Vec<usize> {
    let mut order: Vec<usize> = (0..run.lanes.len().min(BARS_MAX)).collect();
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
            let order = ordered(run);
            let more = run.lanes.len().saturating_sub(order.len());
            let rest = if more > 0 {
                format!("; {more} later ones not shown, the heat map has all")
            } else {
                String::new()
            };
            let title = format!(
                "{}: {} {}s in all, by hash key range{rest}",
                system.label,
                run.lanes.len(),
                system.names.lane
            );
            let top = order.len() as f64;
            let frame =
                Frame { names_marks: false, ..Frame::wide(&title, system.names.lane, n + 1 == panels.len()) };
            let mut chart = frame.draw(panel, report, 0.0..top, &|_| String::new(), (0.0, top))?;
            let (_, per_unit) = style::time_unit(report.duration_s);
            for (row, lane) in order.iter().enumerate() {
                let y = top - row as f64;
                let gap = if order.len() > 60 { 0.06 } else { 0.14 };
                let life = bar(run, *lane, report.duration_s);
                chart.draw_series(life.into_iter().map(|(from, to, colour)| {
                    let corners = [(from / per_unit, y - gap), (to / per_unit, y - 1.0 + gap)];
                    Rectangle::new(corners, colour.filled())
                }))?;
                if order.len() <= NAMES_MAX {
                    let place = style::text(20).pos(Pos::new(HPos::Right, VPos::Center));
                    let at = (run.lanes[*lane].opened_s / per_unit, y - 0.5);
                    let words = Text::new(number(&run.lanes[*lane]), (-8, 0), place);
                    chart.draw_series([EmptyElement::at(at) + words])?;
                }
                // A line from each parent to the child, at the child's birth.
                let born = run.lanes[*lane].opened_s / per_unit;
                let parents = run.lanes[*lane].parents.iter();
                let rows = parents.filter_map(|parent| order.iter().position(|l| *l == *parent as usize));
                chart.draw_series(rows.map(|parent| {
                    let from = top - parent as f64 - 0.5;
                    PathElement::new(
                        [(born, from), (born, y - 0.5)],
                        INK.stroke_width(if order.len() <= NAMES_MAX { 2 } else { 1 }),
                    )
                }))?;
            }
        }
        Ok(())
    }
}

/// The number of a lane, from its name.
fn number(lane: &Lane) -> String {
    let digits = lane.name.rsplit(['-', ' ']).next().unwrap_or_default().trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

/// The pieces of a lane's bar: coloured while it is open, grey while it is closed and readable.
fn bar(run: &RunResult, index: usize, end: f64) -> Vec<(f64, f64, RGBColor)> {
    let lane = &run.lanes[index];
    let closed = lane.closed_s.unwrap_or(end);
    let mut pieces: Vec<(f64, f64, RGBColor)> = Vec::new();
    let per_piece = run.points.len().div_ceil(PIECES_MAX).max(1);
    for points in run.points.chunks(per_piece) {
        let from = points.first().map_or(0.0, |point| point.t - point.length).max(lane.opened_s);
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
