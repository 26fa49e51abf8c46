//! What producers hold back: how full their buffers are, and how many of them wait for room.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame};
use super::{Area, Chart, Drawn, cluster, producers};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, format};
use plotters::prelude::*;

pub(super) struct Buffer;

/// The two gauges.
const USED: GaugeName = gauges::BUFFER_USED;
const WAITING: GaugeName = gauges::WAITING_THREADS;
/// Buffers that were never fuller than this are not worth a chart.
const USED_MIN: f64 = 0.05;

impl Chart for Buffer {
    const NAME: &'static str = "buffer";
    const TITLE: &'static str = "Producers' buffers and producers that wait";

    fn applies(report: &Report) -> bool {
        producers::telling(report, USED).iter().any(|(_, _, run)| {
            cluster::most(&producers::series(run, USED)) > USED_MIN
                || cluster::most(&producers::series(run, WAITING)) > 0.0
        })
    }

    fn legend(report: &Report) -> Vec<Entry> {
        producers::legend(report, USED)
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let telling = producers::telling(report, USED);
        let panels = style::rows(area, 2);
        let percent: &dyn Fn(&f64) -> String = &|v| {
            if *v > 1.001 {
                String::new()
            } else {
                format!("{} %", format::tick(v * 100.0))
            }
        };
        let whole: &dyn Fn(&f64) -> String = &|v| {
            if v.fract().abs() < 0.01 {
                format::tick(*v)
            } else {
                String::new()
            }
        };
        let kinds = [
            (
                USED,
                "used of buffer.memory, all producers together",
                "buffer used",
                percent,
            ),
            (
                WAITING,
                "producers whose send() waits for room",
                "producers",
                whole,
            ),
        ];
        for (row, (panel, (metric, title, y_label, label))) in panels.iter().zip(kinds).enumerate()
        {
            let of = |run: &RunResult| producers::series(run, metric);
            let all = telling.iter().map(|(n, _, run)| (*n, of(run)));
            let all: Vec<(usize, Vec<(f64, f64)>)> = all.collect();
            // Names of marks need room above a buffer that is full.
            let top = 1.25 * style::headroom(all.iter().map(|(_, points)| cluster::most(points)));
            let frame = Frame {
                names_marks: row == 0,
                ..Frame::wide(title, y_label, row == 1)
            };
            let mut chart = frame.draw(panel, report, 0.0..top, label, (0.0, top))?;
            for (nth, (n, points)) in all.into_iter().enumerate() {
                let line = points.into_iter().map(|(t, v)| (t / per_unit, v)).collect();
                let (stroke, width) = Stroke::overlaid(nth);
                style::line(&mut chart, line, style::colour(n), stroke, width)?;
            }
        }
        Ok(())
    }
}
