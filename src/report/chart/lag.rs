//! How far each consumer is behind, in records, over time; a panel for each consumer.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Lag;

/// The most consumers that fit into the chart.
const PANELS_MAX: usize = 4;

impl Chart for Lag {
    const NAME: &'static str = "lag";
    const TITLE: &'static str = "Lag: records stored and not yet processed";

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(n, system): (usize, &crate::report::SystemReport)| {
            Entry::new(&system.label, style::colour(n), Stroke::overlaid(n).0)
        };
        report.systems.iter().enumerate().map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let panels = style::rows(area, report.consumers.len().min(PANELS_MAX));
        for (consumer, (panel, name)) in panels.iter().zip(&report.consumers).enumerate() {
            let points = || {
                report
                    .systems
                    .iter()
                    .filter_map(|s| s.runs.first())
                    .flat_map(|run| &run.points)
            };
            let top = style::headroom(points().map(|p| p.lag[consumer] as f64));
            let title = format!(
                "consumer {name}{}",
                super::rest_of(report, consumer, PANELS_MAX)
            );
            let frame = Frame::wide(&title, "records behind", consumer + 1 == panels.len());
            let mut chart =
                frame.draw(panel, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            for (n, system) in report.systems.iter().enumerate() {
                let run = system.runs.first().filter(|run| run.is_read_by(consumer));
                let Some(run) = run else { continue };
                let series = run
                    .points
                    .iter()
                    .map(|p| (p.t / per_unit, p.lag[consumer] as f64))
                    .collect();
                let (stroke, width) = Stroke::overlaid(n);
                style::line(&mut chart, series, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
