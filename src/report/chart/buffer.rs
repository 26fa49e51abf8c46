//! What producers hold back: how full their buffers are, and how many of them wait for room.

use super::style::{self, Entry, Frame, Stroke};
use super::{Area, Chart, Drawn, cluster};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;

pub(super) struct Buffer;

/// What the gauges call producers, and the two gauges.
const PRODUCERS: &str = "producers";
const USED: &str = "buffer used";
const WAITING: &str = "waiting-threads";
/// Buffers that were never fuller than this are not worth a chart.
const USED_MIN: f64 = 0.05;

/// The systems that have such a buffer, with their numbers.
fn telling(report: &Report) -> Vec<(usize, &SystemReport, &RunResult)> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system, system.runs.first()?)));
    runs.filter(|(_, _, run)| !cluster::gauge_of(run, PRODUCERS, USED).is_empty()).collect()
}

fn stroke(nth: usize) -> (Stroke, u32) {
    if nth == 0 { (Stroke::Solid, 7) } else { (Stroke::Dashed, 4) }
}

impl Chart for Buffer {
    const NAME: &'static str = "buffer";
    const TITLE: &'static str = "Producers' buffers and producers that wait";

    fn applies(report: &Report) -> bool {
        telling(report).iter().any(|(_, _, run)| {
            cluster::most(&cluster::gauge_of(run, PRODUCERS, USED)) > USED_MIN
                || cluster::most(&cluster::gauge_of(run, PRODUCERS, WAITING)) > 0.0
        })
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let entry = |(nth, (n, system, _)): (usize, (usize, &SystemReport, &RunResult))| {
            Entry::new(&system.label, style::colour(n), stroke(nth).0)
        };
        telling(report).into_iter().enumerate().map(entry).collect()
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let telling = telling(report);
        let panels = style::rows(area, 2);
        let percent: &dyn Fn(&f64) -> String =
            &|v| if *v > 1.001 { String::new() } else { format!("{} %", format::tick(v * 100.0)) };
        let whole: &dyn Fn(&f64) -> String =
            &|v| if v.fract().abs() < 0.01 { format::tick(*v) } else { String::new() };
        let kinds = [
            (USED, "used of buffer.memory, all producers together", "buffer used", percent),
            (WAITING, "producers whose send() waits for room", "producers", whole),
        ];
        for (row, (panel, (metric, title, y_label, label))) in panels.iter().zip(kinds).enumerate() {
            let of = |run: &RunResult| cluster::gauge_of(run, PRODUCERS, metric);
            let all = telling.iter().map(|(n, _, run)| (*n, of(run)));
            let all: Vec<(usize, Vec<(f64, f64)>)> = all.collect();
            // Names of marks need room above a buffer that is full.
            let top = 1.25 * style::headroom(all.iter().map(|(_, points)| cluster::most(points)));
            let frame = Frame { names_marks: row == 0, ..Frame::wide(title, y_label, row == 1) };
            let mut chart = frame.draw(panel, report, 0.0..top, label, (0.0, top))?;
            for (nth, (n, points)) in all.into_iter().enumerate() {
                let line = points.into_iter().map(|(t, v)| (t / per_unit, v)).collect();
                let (stroke, width) = stroke(nth);
                style::line(&mut chart, line, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
