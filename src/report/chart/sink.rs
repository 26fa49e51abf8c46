//! What workers hold for their sinks, and what the sinks take, over time; two panels for each consumer that
//! has one.

use super::description::{self, Axis, Description, Format, Panel, Parts};
use super::{Chart, cluster, extent};
use crate::probe::{GaugeName, gauges};
use crate::report::{Report, SystemReport, format};

pub(super) struct Sink;

/// The most consumers that fit into the chart.
const CONSUMERS_MAX: usize = 4;

/// The two gauges of a sink: what they tell, label of the axis, unit.
const KINDS: [(GaugeName, &str, &str, &str); 2] = [
    (gauges::SINK_TAKEN, "taken by the sink", "rate", "records/s"),
    (gauges::SINK_HELD, "held in the workers", "held", "records"),
];

/// A gauge of one consumer in the first replication of each system, by the system's number.
fn lines(report: &Report, consumer: &str, name: GaugeName) -> Vec<(usize, extent::Over)> {
    let of = |(n, system): (usize, &SystemReport)| {
        let points = cluster::gauge_of(system.runs.first()?, consumer, name);
        (!points.is_empty()).then_some((n, points))
    };
    report.systems.iter().enumerate().filter_map(of).collect()
}

fn consumers(report: &Report) -> Vec<&String> {
    let told = report
        .consumers
        .iter()
        .filter(|name| !lines(report, name, gauges::SINK_HELD).is_empty());
    told.take(CONSUMERS_MAX).collect()
}

fn panels(report: &Report, consumer: &str) -> [Panel; 2] {
    KINDS.map(|(gauge, what, label, unit)| {
        let lines = lines(report, consumer, gauge);
        let top = extent::most(lines.iter().map(|(_, points)| points));
        let axis = Axis::linear(label, Format::Number, top).in_unit(unit);
        Panel::over_time(report, format!("{consumer}: {what}"), axis).overlay(report, lines)
    })
}

/// The most that was held, where and when.
fn caption(report: &Report) -> String {
    let all = consumers(report).into_iter().flat_map(|name| {
        let lines = lines(report, name, gauges::SINK_HELD).into_iter();
        lines.filter_map(move |(n, points)| Some((name, n, extent::highest(&points)?)))
    });
    let most = all.reduce(|best, next| if next.2.1 > best.2.1 { next } else { best });
    most.map_or(String::new(), |(name, n, (at, most))| {
        format!(
            "The workers of {name} on {} held most: {} records at {}.",
            report.systems[n].quoted(),
            format::count(most),
            report.instant(at)
        )
    })
}

impl Chart for Sink {
    const NAME: &'static str = "sink";
    const TITLE: &'static str = "Sinks: what they take, and what waits for them in the workers";

    fn applies(report: &Report) -> bool {
        !consumers(report).is_empty()
    }

    fn describe(report: &Report) -> Description {
        let consumers = consumers(report);
        let parts = Parts {
            caption: caption(report),
            columns: if consumers.len() > 2 { 2 } else { 1 },
            legend: description::systems(report),
            panels: consumers
                .iter()
                .flat_map(|name| panels(report, name))
                .collect(),
        };
        parts.describe::<Self>(report)
    }
}
