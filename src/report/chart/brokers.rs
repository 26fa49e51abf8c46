//! How far each broker's resources are used over time: which of them is closest to its limit.

use super::legend::{Entry, Stroke};
use super::style::{self, Frame, INK};
use super::{Area, Chart, Drawn, cluster};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, SystemReport, format};
use plotters::prelude::*;

pub(super) struct Brokers;

/// More brokers than this are shown as their highest, their median and their lowest.
const LINES_MAX: usize = 6;
/// The most systems that fit into the chart, and the panels of a row.
const SYSTEMS_MAX: usize = 3;
const ACROSS: usize = 3;
/// The most instants of a line.
const INSTANTS_MAX: usize = 360;
/// A change of slope that is a sharp bend.
const BEND: f64 = 0.01;

/// The colours of the highest, the median and the lowest.
const SPREAD: [(&str, usize); 3] = [("highest of all brokers", 0), ("median", 1), ("lowest", 5)];

/// A resource of a broker and the gauges that tell of it.
#[derive(Clone, Copy)]
struct Resource {
    words: &'static str,
    gauge: GaugeName,
    /// Whether the gauge tells what is idle.
    idle: bool,
    /// The gauge of the burst credits that are left, where there are any.
    credits: Option<GaugeName>,
}

impl Resource {
    /// A resource whose gauge tells what is used, with burst credits.
    const fn bursting(words: &'static str, gauge: GaugeName, credits: GaugeName) -> Self {
        Self {
            words,
            gauge,
            idle: false,
            credits: Some(credits),
        }
    }

    /// A pool of threads whose gauge tells what is idle.
    const fn threads(words: &'static str, gauge: GaugeName) -> Self {
        Self {
            words,
            gauge,
            idle: true,
            credits: None,
        }
    }

    /// What is left of its burst credits, per broker.
    fn credits<'a>(&self, run: &'a RunResult) -> PerBroker<'a> {
        let credits = self.credits.map(|name| cluster::gauge(run, name));
        credits.unwrap_or_default()
    }
}

/// The resources of a broker.
const RESOURCES: [Resource; 6] = [
    Resource::bursting(
        "network out",
        gauges::NETWORK_OUT,
        gauges::NETWORK_OUT_CREDITS,
    ),
    Resource::bursting("network in", gauges::NETWORK_IN, gauges::NETWORK_IN_CREDITS),
    Resource::bursting("volume", gauges::VOLUME, gauges::EBS_CREDITS),
    Resource::threads("request handlers", gauges::REQUEST_HANDLERS_IDLE),
    Resource::threads("network threads", gauges::NETWORK_THREADS_IDLE),
    Resource {
        words: "CPU",
        gauge: gauges::CPU_USER,
        idle: false,
        credits: None,
    },
];

/// A value per broker over time `[s]`.
type PerBroker<'a> = Vec<(&'a str, Vec<(f64, f64)>)>;

/// A resource over the run.
struct Use<'a> {
    name: &'static str,
    used: PerBroker<'a>,
    credits: PerBroker<'a>,
    /// The 95th percentile of the broker where it is highest, and its name.
    p95: f64,
    broker: &'a str,
}

fn p95(points: &[(f64, f64)]) -> f64 {
    let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
    values.sort_by(f64::total_cmp);
    let place = (values.len() * 95).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or(0.0)
}

/// All resources, the one that is closest to its limit first.
fn uses(run: &RunResult) -> Vec<Use<'_>> {
    let resource = |resource: Resource| {
        let mut used = cluster::gauge(run, resource.gauge);
        if resource.idle {
            used.iter_mut()
                .flat_map(|(_, points)| points)
                .for_each(|point| point.1 = 1.0 - point.1);
        }
        let worst = used.iter().map(|(broker, points)| (p95(points), *broker));
        let worst = worst.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let (p95, broker) = worst.unwrap_or((0.0, ""));
        Use {
            name: resource.words,
            used,
            credits: resource.credits(run),
            p95,
            broker,
        }
    };
    let mut uses: Vec<Use<'_>> = RESOURCES.into_iter().map(resource).collect();
    uses.sort_by(|a, b| b.p95.total_cmp(&a.p95));
    uses
}

/// The systems that tell what their brokers use.
fn telling(report: &Report) -> Vec<(&SystemReport, &RunResult)> {
    let tells = |run: &RunResult| !cluster::gauge(run, gauges::NETWORK_IN).is_empty();
    let clusters = cluster::clusters(report).into_iter();
    clusters
        .filter(|(_, run)| tells(run))
        .take(SYSTEMS_MAX)
        .collect()
}

/// Whether some system has too many brokers for a line each.
fn spread(report: &Report) -> bool {
    telling(report)
        .iter()
        .any(|(_, run)| run.hosts.len() > LINES_MAX)
}

fn has_credits(run: &RunResult) -> bool {
    RESOURCES
        .iter()
        .any(|resource| !resource.credits(run).is_empty())
}

/// The value of this rank at every instant, 0 being the lowest broker's and 1 the highest.
fn ranked(all: &PerBroker<'_>, rank: f64) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = all.iter().flat_map(|(_, points)| points).copied().collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let same = points.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq());
    same.map(|at| at[((at.len() - 1) as f64 * rank) as usize])
        .collect()
}

/// The lines of a panel with their colours.
fn lines(run: &RunResult, all: &PerBroker<'_>, spread: bool) -> Vec<(RGBColor, Vec<(f64, f64)>)> {
    if spread {
        let lines = SPREAD.into_iter().zip([1.0, 0.5, 0.0]);
        return lines
            .map(|((_, colour), rank)| (style::colour(colour), ranked(all, rank)))
            .rev()
            .collect();
    }
    let colour = |name: &str| {
        let host = (0_u32..)
            .zip(&run.hosts)
            .find(|(_, host)| host.name == name);
        host.map_or(INK, |(number, _)| cluster::host_colour(run, number))
    };
    all.iter()
        .map(|(name, points)| (colour(name), points.clone()))
        .collect()
}

impl Chart for Brokers {
    const NAME: &'static str = "brokers";
    const TITLE: &'static str = "Use of the brokers' resources";

    fn applies(report: &Report) -> bool {
        !telling(report).is_empty()
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let mut entries = if spread(report) {
            let of = |(label, colour): (&str, usize)| {
                Entry::new(label, style::colour(colour), Stroke::Solid)
            };
            SPREAD.into_iter().map(of).collect()
        } else {
            cluster::host_legend(report, Stroke::Solid)
        };
        if telling(report).iter().any(|(_, run)| has_credits(run)) {
            entries.push(Entry::new("burst credits left", INK, Stroke::Dashed));
        }
        entries
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (telling, spread) = (telling(report), spread(report));
        let parts = style::rows(area, telling.len());
        let down = if telling.len() == 1 { 2 } else { 1 };
        for (n, (part, (system, run))) in parts.iter().zip(&telling).enumerate() {
            let (head, body) = part.split_vertically(46);
            let uses = uses(run);
            heading(&head, system, &uses)?;
            let rows = style::rows(&body, down);
            for (row, (place, resources)) in rows.iter().zip(uses.chunks(ACROSS)).enumerate() {
                let bottom = n + 1 == parts.len() && row + 1 == down;
                let panels = place.split_evenly((1, ACROSS));
                for (column, (panel, resource)) in panels.iter().zip(resources).enumerate() {
                    let first = row == 0 && column == 0;
                    let kind = PanelKind {
                        framed: first,
                        bottom,
                        spread,
                    };
                    one(panel, report, run, resource, kind)?;
                }
            }
        }
        Ok(())
    }
}

/// Names the resource that is closest to its limit.
fn heading<DB: DrawingBackend>(
    head: &Area<DB>,
    system: &SystemReport,
    uses: &[Use<'_>],
) -> Drawn<DB> {
    let Some(first) = uses.first() else {
        return Ok(());
    };
    let peaks = uses.iter().flat_map(|resource| {
        resource
            .used
            .iter()
            .map(|(broker, points)| (cluster::most(points), resource.name, *broker))
    });
    let peak = peaks.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let (peak, name, broker) = peak.unwrap_or((0.0, "", ""));
    let peak = match name == first.name {
        true => String::new(),
        false => format!(
            "; highest peak: {name}, {} ({broker})",
            format::percent(peak)
        ),
    };
    let words = format!(
        "{}: closest to its limit is {}, p95 {} ({}){peak}",
        system.label,
        first.name,
        format::percent(first.p95),
        first.broker,
    );
    let words = style::shorten(head, &words, &style::bold(28), head.dim_in_pixel().0 - 56);
    head.draw(&Text::new(words, (28, 12), style::bold(28)))
}

/// Means of neighbours, where there are more instants than a panel has room for.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mean = |some: &[(f64, f64)]| {
        let sum: f64 = some.iter().map(|point| point.1).sum();
        some.first().map(|first| (first.0, sum / some.len() as f64))
    };
    points
        .chunks(points.len().div_ceil(INSTANTS_MAX).max(1))
        .filter_map(mean)
        .collect()
}

/// A line in pieces that end at sharp bends, where a broad line would grow a spike.
fn pieces(points: &[(f64, f64)], per_unit: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (n, (t, value)) in points.iter().enumerate() {
        let at = (t / per_unit, *value);
        pieces
            .iter_mut()
            .last()
            .into_iter()
            .for_each(|piece| piece.push(at));
        let around = n
            .checked_sub(1)
            .and_then(|before| points.get(before))
            .zip(points.get(n + 1));
        if around.is_some_and(|(before, after)| (before.1 - 2.0 * value + after.1).abs() > BEND) {
            pieces.push(vec![at]);
        }
    }
    pieces
}

/// How the panel of a resource is drawn.
#[derive(Clone, Copy)]
struct PanelKind {
    /// Whether it is framed and bolder: its resource is closest to its limit.
    framed: bool,
    /// Whether the time axis carries its name.
    bottom: bool,
    /// Whether the range over the brokers is drawn.
    spread: bool,
}

/// The panel of one resource; the one that is closest to its limit is framed and bolder.
fn one<DB: DrawingBackend>(
    panel: &Area<DB>,
    report: &Report,
    run: &RunResult,
    resource: &Use<'_>,
    kind: PanelKind,
) -> Drawn<DB> {
    let (_, per_unit) = style::time_unit(report.duration_s);
    let title = format!("{}: p95 {}", resource.name, format::percent(resource.p95));
    let frame = Frame {
        x_labels: 5,
        names_marks: false,
        ..Frame::wide(&title, "used", kind.bottom)
    };
    let label = |v: &f64| format!("{:.0} %", v * 100.0);
    let mut chart = frame.draw(panel, report, 0.0..1.04, &label, (0.0, 1.04))?;
    for (colour, points) in lines(run, &resource.used, kind.spread) {
        for piece in pieces(&thinned(&points), per_unit) {
            style::line(
                &mut chart,
                piece,
                colour,
                Stroke::Solid,
                if kind.framed { 6 } else { 3 },
            )?;
        }
    }
    let credits = match kind.spread {
        true if resource.credits.is_empty() => Vec::new(),
        true => vec![(INK, ranked(&resource.credits, 0.0))],
        false => lines(run, &resource.credits, false),
    };
    for (colour, points) in credits {
        let line = thinned(&points)
            .into_iter()
            .map(|(t, v)| (t / per_unit, v))
            .collect();
        style::line(&mut chart, line, colour, Stroke::Dashed, 3)?;
    }
    if kind.framed {
        let corners = [(0.0, 0.0), (report.duration_s / per_unit, 1.04)];
        chart.draw_series([Rectangle::new(corners, INK.stroke_width(4))])?;
    }
    Ok(())
}
