//! The platform's monitoring in two views, side by side: second by second, and as its one-minute
//! periods show it. A stream may be 40 % used in every minute, and refuse records in every second.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;

pub(super) struct TwoViews;

/// What is refused, in the ink of everything that ends badly.
const REFUSED: RGBColor = style::INK;

/// The system to show: the one with most refusals among those that were watched second by second.
fn shown(report: &Report) -> Option<(usize, &SystemReport, &RunResult)> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system, system.runs.first()?)));
    let refused = |run: &RunResult| {
        run.points
            .iter()
            .map(|point| point.counts.throttled)
            .sum::<u64>()
    };
    let watched =
        runs.filter(|(_, _, run)| run.monitor.views.len() == 2 && !run.monitor.capacity.is_empty());
    watched.reduce(|best, next| {
        if refused(next.2) > refused(best.2) {
            next
        } else {
            best
        }
    })
}

/// The share of what all lanes together take per second, bytes or records, whichever is more.
fn used(run: &RunResult, period_s: u32) -> Vec<(f64, f64)> {
    let monitor = &run.monitor;
    let records_per_byte = run
        .lanes
        .first()
        .map_or(0.0, |lane| lane.records_per_s / lane.bytes_per_s);
    let pairs = monitor
        .series("IncomingBytes", period_s)
        .into_iter()
        .zip(monitor.series("IncomingRecords", period_s));
    let share = |((t, bytes), (_, records)): ((f64, Option<f64>), (f64, Option<f64>))| {
        let minute = (libm::ceil(t / 60.0) as usize).saturating_sub(1);
        let capacity = monitor
            .capacity
            .get(minute)
            .or(monitor.capacity.last())
            .copied()
            .unwrap_or(1.0);
        let seconds = f64::from(period_s);
        let bytes = bytes.unwrap_or(0.0) / (seconds * capacity);
        (
            t,
            bytes.max(records.unwrap_or(0.0) / (seconds * capacity * records_per_byte)),
        )
    };
    pairs.map(share).collect()
}

/// Steps through points that hold for the period before them.
fn steps(points: &[(f64, f64)], period: f64, per_unit: f64) -> Vec<(f64, f64)> {
    points
        .iter()
        .flat_map(|(t, v)| [((t - period) / per_unit, *v), (t / per_unit, *v)])
        .collect()
}

/// A tick of an axis of shares.
fn tick(share: f64) -> String {
    format!("{} %", format::tick(share * 100.0))
}

impl Chart for TwoViews {
    const NAME: &'static str = "monitor";
    const TITLE: &'static str = "The same run, second by second and as monitoring shows it";

    fn applies(report: &Report) -> bool {
        shown(report).is_some()
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let Some((n, system, _)) = shown(report) else {
            return Vec::new();
        };
        let label = &system.label;
        vec![
            Entry::new(
                format!("{label}: used, of what all shards take"),
                style::colour(n),
                Stroke::Solid,
            ),
            Entry::new(format!("{label}: attempts refused"), REFUSED, Stroke::Solid),
        ]
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let Some((n, _, run)) = shown(report) else {
            return Ok(());
        };
        let top = style::headroom(used(run, 1).into_iter().map(|point| point.1).chain([0.9]));
        let rows = style::rows(area, 2);
        for (column, period) in [1, 60].into_iter().enumerate() {
            let panel = |row: usize| rows[row].split_evenly((1, 2))[column].clone();
            let view = View { n, run, period };
            view.draw_used(&panel(0), report, top)?;
            view.draw_refused(&panel(1), report)?;
        }
        Ok(())
    }
}

/// What the monitoring of a run shows at one period.
struct View<'a> {
    /// The number of the system.
    n: usize,
    run: &'a RunResult,
    /// The period `[s]`.
    period: u32,
}

impl View<'_> {
    /// The share of its limit that is used.
    fn draw_used<DB: DrawingBackend>(
        &self,
        panel: &Area<DB>,
        report: &Report,
        top: f64,
    ) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let points = used(self.run, self.period);
        let mean = points.iter().map(|point| point.1).sum::<f64>() / points.len().max(1) as f64;
        let most = points.iter().map(|point| point.1).fold(0.0, f64::max);
        let words = match self.period {
            1 => "second by second",
            _ => "one-minute periods",
        };
        let (mean, most) = (format::percent(mean), format::percent(most));
        let title = format!("{words}: mean {mean}, most {most}");
        let frame = Frame {
            x_labels: 6,
            names_marks: false,
            ..Frame::wide(&title, "used", false)
        };
        let mut chart = frame.draw(panel, report, 0.0..top, &|v| tick(*v), (0.0, top))?;
        let limit = vec![(0.0, 1.0), (report.duration_s / per_unit, 1.0)];
        style::line(&mut chart, limit, style::OFFERED, Stroke::Dashed, 3)?;
        let line = steps(&points, f64::from(self.period), per_unit);
        style::line(&mut chart, line, style::colour(self.n), Stroke::Solid, 4)
    }

    /// The attempts that were refused.
    fn draw_refused<DB: DrawingBackend>(&self, panel: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let metric = "WriteProvisionedThroughputExceeded";
        let refused = self.run.monitor.series(metric, self.period).into_iter();
        let refused: Vec<(f64, f64)> = refused
            .map(|(t, value)| (t, value.unwrap_or(0.0)))
            .collect();
        let high = style::headroom(refused.iter().map(|point| point.1));
        let with = refused.iter().filter(|point| point.1 > 0.0).count();
        let title = format!("refused in {with} of {} periods", refused.len());
        let frame = Frame {
            x_labels: 6,
            names_marks: false,
            ..Frame::wide(&title, "attempts refused", true)
        };
        let tick = |v: &f64| format::tick(*v);
        let mut chart = frame.draw(panel, report, 0.0..high, &tick, (0.0, high))?;
        let line = steps(&refused, f64::from(self.period), per_unit);
        style::line(&mut chart, line, REFUSED, Stroke::Solid, 4)
    }
}
