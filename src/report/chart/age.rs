//! How far behind in time each consumer is, as operators watch it: the age of the newest record of each
//! answer, or of the oldest record that is not processed.

use super::description::{self, Axis, Description, Format, Look, Panel, Parts, Series};
use super::{Chart, extent};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::Report;

pub(super) struct Age;

/// Where nothing was measured for more than so many sampling intervals, the line is broken: nobody reads,
/// and nobody tells an age.
const GAP_SAMPLES: f64 = 10.0;

/// The most consumers that fit into the chart.
const PANELS_MAX: usize = 8;

/// Gauges that tell how far behind a consumer is in time, what one of their unit is `[s]`, and from
/// which age on they alone are worth the chart `[s]`.
const METRICS: [(GaugeName, f64, f64); 3] = [
    (gauges::ITERATOR_AGE, 1e-3, 0.0),
    (gauges::MILLIS_BEHIND_LATEST, 1e-3, 0.0),
    (gauges::ESTIMATED_MAX_TIME_LAG, 1.0, 1.0),
];

/// The age over time `[s, s]` of one consumer.
fn series(run: &RunResult, consumer: &str) -> extent::Over {
    let of = |point: &crate::probe::Point| {
        let of_consumer = || point.gauges.iter().filter(|gauge| gauge.entity == consumer);
        of_consumer().find_map(|gauge| {
            let (_, unit, _) = METRICS.into_iter().find(|(name, _, _)| gauge.is(*name))?;
            Some((point.t, gauge.value * unit))
        })
    };
    run.points.iter().filter_map(of).collect()
}

/// Whether an age of this run is worth the chart.
fn matters(report: &Report, run: &RunResult) -> bool {
    let gauges = || run.points.iter().flat_map(|point| &point.gauges);
    METRICS.into_iter().any(|(name, unit, least)| {
        let of = |gauge: &&crate::probe::Gauge| {
            gauge.is(name)
                && report.consumers.contains(&gauge.entity)
                && gauge.value * unit >= least
        };
        gauges().any(|gauge| of(&gauge))
    })
}

/// The age of a consumer in each system that tells it, by the system's number.
fn lines(report: &Report, consumer: &str) -> Vec<(usize, extent::Over)> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system.runs.first()?)));
    let lines = runs.map(|(n, run)| (n, series(run, consumer)));
    lines.filter(|(_, points)| !points.is_empty()).collect()
}

/// The longest sampling interval `[s]`.
fn sample_s(report: &Report) -> f64 {
    let runs = report.systems.iter().filter_map(|s| s.runs.first());
    let points = runs.flat_map(|run| &run.points);
    points.map(|point| point.length).fold(0.0, f64::max)
}

/// The oldest record of all, where and when.
fn caption(report: &Report) -> String {
    let all = report.consumers.iter().flat_map(|name| {
        let lines = lines(report, name).into_iter();
        lines.filter_map(move |(n, points)| Some((name, n, extent::highest(&points)?)))
    });
    let oldest = all.reduce(|best, next| if next.2.1 > best.2.1 { next } else { best });
    oldest.map_or(String::new(), |(name, n, (at, most))| {
        format!(
            "Consumer {name} was furthest behind on {}: {} at {}.",
            report.systems[n].quoted(),
            axis(most).instant(most),
            report.instant(at)
        )
    })
}

/// Long ages get the unit of a time axis as long as they are; short ones get a unit at each tick.
fn axis(top: f64) -> Axis {
    if top < 300.0 {
        return Axis::linear("behind", Format::Seconds, top);
    }
    let mut axis = Axis::time(top * 1.08);
    axis.is_time = false;
    "behind".clone_into(&mut axis.label);
    axis
}

fn panel(report: &Report, consumer: usize) -> Panel {
    let name = &report.consumers[consumer];
    let lines = lines(report, name);
    let top = extent::most(lines.iter().map(|(_, points)| points));
    let title = format!(
        "consumer {name}: the oldest of all shards or partitions{}",
        super::rest_of(report, consumer, PANELS_MAX)
    );
    let mut panel = Panel::over_time(report, title, axis(top));
    let gap = GAP_SAMPLES * sample_s(report);
    for (n, points) in lines {
        let parts = points.chunk_by(|before, after| after.0 - before.0 <= gap);
        let look = Look::system(n, report.systems.len());
        let parts = parts.map(<[_]>::to_vec).collect();
        panel.add(Series::parts(&report.systems[n].label, look, parts).of(n));
    }
    panel
}

impl Chart for Age {
    const NAME: &'static str = "age";
    const TITLE: &'static str = "How far behind in time: iterator age, time lag";

    fn applies(report: &Report) -> bool {
        let mut runs = report
            .systems
            .iter()
            .filter_map(|system| system.runs.first());
        runs.any(|run| matters(report, run))
    }

    fn describe(report: &Report) -> Description {
        let panels = report.consumers.len().min(PANELS_MAX);
        let mut legend = description::systems(report);
        let tells = |n: usize| {
            let mut names = report.consumers.iter();
            names.any(|name| lines(report, name).iter().any(|(told, _)| *told == n))
        };
        legend.retain(|entry| entry.system.is_some_and(tells));
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(panels),
            legend,
            panels: (0..panels)
                .map(|consumer| panel(report, consumer))
                .collect(),
        };
        parts.describe::<Self>(report)
    }
}
