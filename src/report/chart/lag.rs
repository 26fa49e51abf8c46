//! How far each consumer is behind, in records, over time.

use super::style::{self, Entry, Frame, Stroke};
use super::{Area, Chart, Drawn};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Lag;

/// The lines of one system are told apart by their stroke and a number at their end.
fn stroke(consumer: usize) -> Stroke {
    if consumer == 0 { Stroke::Solid } else { Stroke::Dashed }
}

impl Chart for Lag {
    const NAME: &'static str = "lag";
    const TITLE: &'static str = "Lag: stored and not yet processed";

    fn legend(report: &Report) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (n, system) in report.systems.iter().enumerate() {
            for (consumer, name) in report.consumers.iter().enumerate().take(4) {
                entries.push(Entry::new(format!("{} {name}", system.label), style::colour(n), stroke(consumer)));
            }
        }
        entries
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let points = || report.systems.iter().filter_map(|s| s.runs.first()).flat_map(|run| &run.points);
        let top = style::headroom(points().flat_map(|p| &p.lag).map(|lag| *lag as f64));
        let frame = Frame { title: "at the end of each sampling interval", y_label: "records behind", bottom: true };
        let mut chart = frame.draw(area, report, 0.0..top, &|v| format::prefixed(*v), (0.0, top))?;
        for (n, system) in report.systems.iter().enumerate() {
            let Some(run) = system.runs.first() else { continue };
            for consumer in 0..report.consumers.len() {
                let series = run.points.iter().map(|p| (p.t / per_unit, p.lag[consumer] as f64)).collect();
                style::line(&mut chart, series, style::colour(n), stroke(consumer), 4)?;
            }
        }
        Ok(())
    }
}
