//! Refused attempts, records sent again and records given up, over time.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame, INK, OFFERED};
use super::{Area, Chart, Drawn};
use crate::probe::Counts;
use crate::report::{Report, format};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) struct Refusals;

impl Chart for Refusals {
    const NAME: &'static str = "refusals";
    const TITLE: &'static str = "Refusals and retries";

    fn legend(report: &Report) -> Vec<Entry> {
        let mut entries: Vec<Entry> = report
            .systems
            .iter()
            .enumerate()
            .map(|(n, s)| {
                Entry::new(
                    format!("{} refused attempts", s.label),
                    style::colour(n),
                    Stroke::Solid,
                )
            })
            .collect();
        entries.push(Entry::new("sent again", OFFERED, Stroke::Dashed));
        entries.push(Entry::new(
            "refused for good, expired or lost",
            INK,
            Stroke::Solid,
        ));
        entries
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let points = || {
            report
                .systems
                .iter()
                .filter_map(|s| s.runs.first())
                .flat_map(|run| &run.points)
        };
        let worst = |c: &Counts| c.throttled.max(c.retried).max(c.ended) as f64;
        let top = style::headroom(points().map(|p| worst(&p.counts) / p.length));
        let panels = style::rows(area, report.systems.len());
        for (n, (panel, system)) in panels.iter().zip(&report.systems).enumerate() {
            let Some(run) = system.runs.first() else {
                continue;
            };
            let frame = Frame::wide(&system.label, "records/s", n + 1 == panels.len());
            let mut chart =
                frame.draw(panel, report, 0.0..top, &|v| format::tick(*v), (0.0, top))?;
            if run.points.iter().all(|p| worst(&p.counts) == 0.0) {
                let middle = (report.duration_s / per_unit / 2.0, top / 2.0);
                let style = style::text(30).pos(Pos::new(HPos::Center, VPos::Center));
                chart.draw_series([Text::new(
                    "nothing was refused or sent again",
                    middle,
                    style,
                )])?;
                continue;
            }
            let series = |get: fn(&Counts) -> u64| -> Vec<(f64, f64)> {
                let rate = |p: &crate::probe::Point| get(&p.counts) as f64 / p.length;
                run.points
                    .iter()
                    .map(|p| ((p.t - p.length / 2.0) / per_unit, rate(p)))
                    .collect()
            };
            style::line(
                &mut chart,
                series(|c| c.throttled),
                style::colour(n),
                Stroke::Solid,
                5,
            )?;
            style::line(
                &mut chart,
                series(|c| c.retried),
                OFFERED,
                Stroke::Dashed,
                4,
            )?;
            style::line(&mut chart, series(|c| c.ended), INK, Stroke::Solid, 3)?;
        }
        Ok(())
    }
}
