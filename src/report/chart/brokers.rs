//! How far each broker's resources are used over time: which of them is closest to its limit.

use super::description::{
    Axis, Colour, Dash, Description, Entry, Format, Look, Panel, Parts, Series,
};
use super::{Chart, cluster, extent};
use crate::probe::{GaugeName, RunResult, gauges};
use crate::report::{Report, format};

pub(super) struct Brokers;

/// More brokers than this are shown as their highest, their median and their lowest.
const LINES_MAX: usize = 6;
/// The most systems whose resources are all shown; of more systems only the first three of each are.
const WHOLE_MAX: usize = 2;
/// The panels of a row.
const ACROSS: usize = 3;

/// The highest, the median and the lowest: words, dashes, rank from 0 for the lowest to 1 for the highest.
const SPREAD: [(&str, Dash, f64); 3] = [
    ("highest of all brokers", Dash::Solid, 1.0),
    ("median", Dash::Long, 0.5),
    ("lowest", Dash::Short, 0.0),
];

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
type PerBroker<'a> = Vec<(&'a str, extent::Over)>;

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

/// The systems that tell what their brokers use, with their numbers.
fn telling(report: &Report) -> Vec<(usize, &RunResult)> {
    let tells = |run: &RunResult| !cluster::gauge(run, gauges::NETWORK_IN).is_empty();
    let clusters = cluster::clusters(report).into_iter();
    clusters.filter(|(_, run)| tells(run)).collect()
}

/// Whether some system has too many brokers for a line each.
fn spread(report: &Report) -> bool {
    let mut told = telling(report).into_iter();
    told.any(|(_, run)| run.hosts.len() > LINES_MAX)
}

fn has_credits(run: &RunResult) -> bool {
    let mut resources = RESOURCES.iter();
    resources.any(|resource| !resource.credits(run).is_empty())
}

/// The value of this rank at every instant, 0 being the lowest broker's and 1 the highest.
fn ranked(all: &PerBroker<'_>, rank: f64) -> extent::Over {
    let mut points: extent::Over = all.iter().flat_map(|(_, points)| points).copied().collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let same = points.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq());
    same.map(|at| at[((at.len() - 1) as f64 * rank) as usize])
        .collect()
}

fn spread_look(n: usize, dash: Dash, width: u32) -> Look {
    Look::dashed(Colour::System(n), dash, width)
}

fn credits_look() -> Look {
    Look::dashed(Colour::Ink, Dash::Short, 3)
}

/// The lines of a panel.
fn lines(n: usize, run: &RunResult, resource: &Use<'_>, spread: bool, width: u32) -> Vec<Series> {
    if spread {
        let line = |(words, dash, rank)| {
            let look = spread_look(n, dash, width);
            Series::line(words, look, ranked(&resource.used, rank)).of(n)
        };
        return SPREAD.into_iter().rev().map(line).collect();
    }
    let number = |name: &str| {
        let mut hosts = (0_u32..).zip(&run.hosts);
        hosts
            .find(|(_, host)| host.name == name)
            .map(|(number, _)| number)
    };
    let look = |name: &str| match number(name) {
        Some(number) => cluster::host_look(run, number, width),
        None => Look::plain(Colour::Ink, width),
    };
    let used = resource.used.iter();
    used.map(|(name, points)| Series::line(*name, look(name), points.clone()).of(n))
        .collect()
}

/// The credits that are left: of the broker that has least.
fn credits(n: usize, resource: &Use<'_>) -> Option<Series> {
    let least = ranked(&resource.credits, 0.0);
    let line = Series::line(
        "burst credits left, of the broker with least",
        credits_look(),
        least,
    );
    (!resource.credits.is_empty()).then(|| line.of(n))
}

/// The panel of one resource; the one that is closest to its limit is framed and bolder.
fn panel(report: &Report, told: (usize, &RunResult), resource: &Use<'_>, is_first: bool) -> Panel {
    let (n, run) = told;
    let whose = match telling(report).len() {
        1 => String::new(),
        _ => format!(", {}", report.systems[n].label),
    };
    let p95 = format::percent(resource.p95);
    let title = format!("{}: p95 {p95}{whose}", resource.name);
    let axis = Axis::between("used", Format::Share, 0.0, 1.04);
    let mut panel = Panel::over_time(report, title, axis).of(report, n);
    let width = if is_first { 6 } else { 3 };
    panel.series = lines(n, run, resource, spread(report), width);
    panel.series.extend(credits(n, resource));
    panel.stressed = is_first;
    panel
}

/// The panels of a system, the resource that is closest to its limit first.
fn panels(report: &Report, told: (usize, &RunResult)) -> Vec<Panel> {
    let count = match telling(report).len() {
        0..=WHOLE_MAX => RESOURCES.len(),
        _ => ACROSS,
    };
    let uses = uses(told.1);
    let shown = uses.iter().take(count).enumerate();
    shown
        .map(|(place, resource)| panel(report, told, resource, place == 0))
        .collect()
}

/// The resource of a system that is closest to its limit, and another one with a higher peak.
fn sentence(report: &Report, n: usize, run: &RunResult) -> Option<String> {
    let uses = uses(run);
    let first = uses.first()?;
    let peaks = uses.iter().flat_map(|resource| {
        let brokers = resource.used.iter();
        brokers.map(|(broker, points)| (cluster::most(points), resource.name, *broker))
    });
    let peak = peaks.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let peak = peak.filter(|(_, name, _)| *name != first.name);
    let peak = peak.map_or(String::new(), |(most, name, broker)| {
        format!(
            " The highest peak is {name}, {} ({broker}).",
            format::percent(most)
        )
    });
    Some(format!(
        "{}: closest to its limit is {}, p95 {} ({}).{peak}",
        report.systems[n].label,
        first.name,
        format::percent(first.p95),
        first.broker
    ))
}

fn legend(report: &Report) -> Vec<Entry> {
    let told = telling(report);
    let mut entries = if spread(report) {
        let n = told.first().map_or(0, |(n, _)| *n);
        let of = |(label, dash, _)| {
            let look = match told.len() {
                1 => spread_look(n, dash, 4),
                _ => Look::dashed(Colour::Neutral, dash, 4),
            };
            Entry::line(label, look)
        };
        SPREAD.into_iter().map(of).collect()
    } else {
        cluster::host_legend(report, false)
    };
    if told.iter().any(|(_, run)| has_credits(run)) {
        let label = "burst credits left, of the broker with least";
        entries.push(Entry::line(label, credits_look()));
    }
    entries
}

impl Chart for Brokers {
    const NAME: &'static str = "brokers";
    const TITLE: &'static str = "Use of the brokers' resources";

    fn applies(report: &Report) -> bool {
        !telling(report).is_empty()
    }

    fn describe(report: &Report) -> Description {
        let told = telling(report);
        let sentences = told.iter().filter_map(|(n, run)| sentence(report, *n, run));
        let sentences: Vec<String> = sentences.collect();
        let parts = Parts {
            caption: sentences.join(" "),
            columns: ACROSS,
            legend: legend(report),
            panels: told
                .into_iter()
                .flat_map(|told| panels(report, told))
                .collect(),
        };
        parts.describe::<Self>(report)
    }
}
