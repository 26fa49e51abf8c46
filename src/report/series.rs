//! The time series of a run, value by value: of systems, consumers, lanes, and of the platforms' own monitoring.

use super::{Report, SystemReport};
use crate::cost::{Bill, PICO_PER_USD};
use crate::probe::{Point, RunResult};

/// What the values of the platform's own monitoring are of.
pub(super) const MONITORING: &str = "monitoring";
/// The most values of lanes; beyond, `lanes.csv` has the totals.
const LANE_ROWS_MAX: usize = 2_000_000;

/// One value of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    /// The label of the system.
    pub system: &'a str,
    /// The replication, from 0.
    pub replication: usize,
    /// When it was taken, or where its period ends `[s]`.
    pub t_s: f64,
    /// What it is of: the platform, a consumer, a lane, a broker, `monitoring`, or the bill.
    pub entity: &'a str,
    /// What was measured.
    pub metric: &'a str,
    /// The unit.
    pub unit: &'a str,
    /// The value.
    pub value: f64,
    /// The length of its period `[s]`.
    pub period_s: f64,
}

/// Hands out every value: whole systems in every replication, lanes in the first.
pub(super) fn each(report: &Report, take: &mut impl FnMut(&Sample<'_>)) {
    for system in &report.systems {
        for (replication, run) in system.runs.iter().enumerate() {
            for point in &run.points {
                let mut push = |entity: &str, metric: &str, unit: &str, value: f64| {
                    take(&Sample {
                        system: &system.label,
                        replication,
                        t_s: point.t,
                        entity,
                        metric,
                        unit,
                        value,
                        period_s: point.length,
                    });
                };
                system_series(report, system, run, point, &mut push);
                if let Some(bill) = &run.bill {
                    costs_so_far(bill, point, &mut push);
                }
                if replication == 0 && run.lanes.len() * run.points.len() <= LANE_ROWS_MAX {
                    lane_series(system, run, point, &mut push);
                }
            }
            monitored(system, replication, take);
        }
    }
}

/// What each lane did up to a sampling instant.
fn lane_series(
    system: &SystemReport,
    run: &RunResult,
    point: &Point,
    push: &mut impl FnMut(&str, &str, &str, f64),
) {
    for (lane, used) in run.lanes.iter().zip(&point.utilisation) {
        push(&lane.name, "utilisation", "share", f64::from(*used));
    }
    let refused = run.lanes.iter().zip(&point.lane_throttled);
    for (lane, refused) in refused.filter(|(_, refused)| **refused > 0) {
        let metric = system.names.throttled;
        push(&lane.name, metric, "records", f64::from(*refused));
    }
}

/// What each paid item of the bill has cost since the beginning of the run.
fn costs_so_far(bill: &Bill, point: &Point, push: &mut impl FnMut(&str, &str, &str, f64)) {
    for (place, item) in bill.items.iter().enumerate() {
        if bill
            .lines
            .iter()
            .any(|line| line.item.name == item.name && line.amount > 0)
        {
            let so_far = bill.cost_of(place, &point.usage) as f64 / PICO_PER_USD as f64;
            push("bill, so far", &item.name, "USD", so_far);
        }
    }
}

/// The platform's own monitoring: its coarsest view in every replication, finer ones in the first.
fn monitored(system: &SystemReport, replication: usize, take: &mut impl FnMut(&Sample<'_>)) {
    let monitor = &system.runs[replication].monitor;
    let coarsest = monitor.views.len().saturating_sub(1);
    for (index, view) in monitor.views.iter().enumerate() {
        if replication > 0 && index < coarsest {
            continue;
        }
        for (t, values) in view.t.iter().zip(&view.values) {
            // A metric without a data point has no row, as in the monitoring itself.
            for (metric, value) in monitor.metrics.iter().zip(values) {
                let Some(value) = value else { continue };
                take(&Sample {
                    system: &system.label,
                    replication,
                    t_s: *t,
                    entity: MONITORING,
                    metric: metric.name,
                    unit: metric.unit,
                    value: *value,
                    period_s: view.period_s as f64,
                });
            }
        }
    }
}

fn system_series(
    report: &Report,
    system: &SystemReport,
    run: &RunResult,
    point: &Point,
    push: &mut impl FnMut(&str, &str, &str, f64),
) {
    let (all, counts, names) = (system.platform, &point.counts, &system.names);
    push(all, "offered", "records", counts.offered as f64);
    push(all, "offered bytes", "bytes", counts.offered_bytes as f64);
    let (over, records, bytes) = if names.per_second {
        (point.length, "records/s", "bytes/s")
    } else {
        (1.0, "records", "bytes")
    };
    push(
        all,
        names.records_in,
        records,
        counts.accepted as f64 / over,
    );
    push(
        all,
        names.bytes_in,
        bytes,
        counts.accepted_bytes as f64 / over,
    );
    push(all, names.throttled, "records", counts.throttled as f64);
    push(all, "retried", "records", counts.retried as f64);
    push(
        all,
        "refused, expired in client or lost",
        "records",
        counts.ended as f64,
    );
    push(
        all,
        names.read_throttled,
        "calls",
        counts.read_throttled as f64,
    );
    push(all, "held by clients", "records", point.client_held as f64);
    for (value, metric) in point.append.iter().zip(["append p50", "append p99"]) {
        if let Some(ns) = value {
            push(all, metric, "s", *ns as f64 / 1e9);
        }
    }
    consumer_series(report, system, run, point, push);
    for gauge in &point.gauges {
        push(&gauge.entity, gauge.metric, gauge.unit, gauge.value);
    }
}

/// What the consumers of a system had done by a sampling instant.
fn consumer_series(
    report: &Report,
    system: &SystemReport,
    run: &RunResult,
    point: &Point,
    push: &mut impl FnMut(&str, &str, &str, f64),
) {
    let read = report
        .consumers
        .iter()
        .enumerate()
        .filter(|(consumer, _)| run.is_read_by(*consumer));
    for (consumer, name) in read {
        push(
            name,
            "delivered",
            "records",
            point.delivered[consumer] as f64,
        );
        push(
            name,
            system.names.lag,
            "records",
            point.lag[consumer] as f64,
        );
        for (value, metric) in point.delivery[consumer]
            .iter()
            .zip(["delivery p50", "delivery p99"])
        {
            if let Some(ns) = value {
                push(name, metric, "s", *ns as f64 / 1e9);
            }
        }
    }
}
