//! How far each consumer is behind, in records, over time; a panel for each consumer.

use super::description::{self, Axis, Description, Format, Panel, Parts};
use super::{Chart, extent};
use crate::report::{Report, format};

pub(super) struct Lag;

/// The most consumers that fit into the chart.
const PANELS_MAX: usize = 8;

/// The lag of a consumer in each system that it reads, by the system's number.
fn lags(report: &Report, consumer: usize) -> Vec<(usize, Vec<(f64, f64)>)> {
    let of = |(n, system): (usize, &crate::report::SystemReport)| {
        let run = system.runs.first().filter(|run| run.is_read_by(consumer))?;
        let points = run.points.iter().map(|p| (p.t, p.lag[consumer] as f64));
        Some((n, points.collect()))
    };
    report.systems.iter().enumerate().filter_map(of).collect()
}

/// The largest lag of any consumer, where and when it was.
fn caption(report: &Report) -> String {
    let all = (0..report.consumers.len()).flat_map(|consumer| {
        lags(report, consumer)
            .into_iter()
            .filter_map(move |(n, points)| Some((consumer, n, extent::highest(&points)?, points)))
    });
    let worst = all.reduce(|best, next| if next.2.1 > best.2.1 { next } else { best });
    let Some((consumer, n, (at, most), points)) = worst.filter(|worst| worst.2.1 > 0.0) else {
        return "No consumer was behind at a sampling instant.".to_owned();
    };
    let last = points.last().copied().unwrap_or_default();
    let when = match last.0 > at {
        true => format!(
            "at {}, and {} at the end",
            report.instant(at),
            format::count(last.1)
        ),
        false => "at the end".to_owned(),
    };
    format!(
        "Consumer {} was furthest behind on {}: {} {when}.",
        report.consumers[consumer],
        report.systems[n].quoted(),
        format::counted(most, "record"),
    )
}

/// The panel of a consumer.
fn panel(report: &Report, consumer: usize) -> Panel {
    let lags = lags(report, consumer);
    let top = extent::most(lags.iter().map(|(_, points)| points));
    let title = format!(
        "consumer {}{}",
        report.consumers[consumer],
        super::rest_of(report, consumer, PANELS_MAX)
    );
    let axis = Axis::linear("behind", Format::Whole, top).in_unit("records");
    Panel::over_time(report, title, axis).overlay(report, lags)
}

impl Chart for Lag {
    const NAME: &'static str = "lag";
    const TITLE: &'static str = "Lag: records stored and not yet processed";

    fn describe(report: &Report) -> Description {
        let panels = report.consumers.len().min(PANELS_MAX);
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(panels),
            legend: description::systems(report),
            panels: (0..panels)
                .map(|consumer| panel(report, consumer))
                .collect(),
        };
        parts.describe::<Self>(report)
    }
}
