//! Offered, accepted and delivered records over time, a panel for each system.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame, INK, OFFERED};
use super::{Area, Chart, Drawn};
use crate::probe::{Point, RunResult};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Throughput;

fn delivered(run: &RunResult, point: &Point) -> f64 {
    let read = point
        .delivered
        .iter()
        .enumerate()
        .filter(|(consumer, _)| run.is_read_by(*consumer));
    let slowest = read.map(|(_, records)| *records).min().unwrap_or_default();
    slowest as f64 / point.length
}

impl Chart for Throughput {
    const NAME: &'static str = "throughput";
    const TITLE: &'static str = "Records offered, accepted, delivered";

    fn legend(report: &Report) -> Vec<Entry> {
        let mut entries = vec![Entry::new("offered", OFFERED, Stroke::Filled)];
        for (n, system) in report.systems.iter().enumerate() {
            entries.push(Entry::new(
                format!("{} accepted", system.label),
                style::colour(n),
                Stroke::Solid,
            ));
        }
        let who = if report.consumers.len() > 1 {
            "delivered (slowest consumer)"
        } else {
            "delivered"
        };
        entries.push(Entry::new(who, INK, Stroke::Dashed));
        entries
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let all = || {
            report
                .systems
                .iter()
                .filter_map(|system| system.runs.first())
        };
        let points = all().flat_map(|run| run.points.iter().map(move |point| (run, point)));
        let rates =
            points.flat_map(|(run, p)| [p.counts.offered as f64 / p.length, delivered(run, p)]);
        let top = style::headroom(rates);
        let panels = style::rows(area, report.systems.len());
        for (n, (panel, system)) in panels.iter().zip(&report.systems).enumerate() {
            let Some(run) = system.runs.first() else {
                continue;
            };
            let frame = Frame::wide(&system.label, "records/s", n + 1 == panels.len());
            let mut chart =
                frame.draw(panel, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            let series = |get: &dyn Fn(&Point) -> f64| -> Vec<(f64, f64)> {
                run.points
                    .iter()
                    .map(|p| ((p.t - p.length / 2.0) / per_unit, get(p)))
                    .collect()
            };
            let offered = series(&|p| p.counts.offered as f64 / p.length);
            chart.draw_series(AreaSeries::new(offered, 0.0, OFFERED.mix(0.45)))?;
            let accepted = series(&|p| p.counts.accepted as f64 / p.length);
            style::line(&mut chart, accepted, style::colour(n), Stroke::Solid, 5)?;
            style::line(
                &mut chart,
                series(&|p| delivered(run, p)),
                INK,
                Stroke::Dashed,
                3,
            )?;
        }
        Ok(())
    }
}
