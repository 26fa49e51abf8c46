//! What the charts of a cluster share: colours of hosts and zones, and the platform's own gauges as lines.

use super::description::RGBColor;
use super::description::{Colour, Dash, Entry, Look};
use crate::probe::{GaugeName, RunResult};
use crate::report::Report;

/// Served by nobody.
pub(super) const OFFLINE: Colour = Colour::Bad;
/// The most hosts that a legend names one by one.
const NAMED_MAX: usize = 9;

/// A family of hues for each zone, from its strongest to its palest.
const FAMILIES: [(RGBColor, RGBColor); 6] = [
    (RGBColor(0, 80, 150), RGBColor(150, 200, 240)),
    (RGBColor(232, 125, 0), RGBColor(255, 209, 130)),
    (RGBColor(0, 115, 75), RGBColor(135, 212, 165)),
    (RGBColor(115, 60, 150), RGBColor(205, 170, 225)),
    (RGBColor(85, 85, 85), RGBColor(190, 190, 190)),
    (RGBColor(110, 75, 40), RGBColor(205, 175, 135)),
];

/// Lines of hosts of a zone, so that zones differ without colours.
const DASHES: [Dash; 4] = [Dash::Solid, Dash::Long, Dash::Short, Dash::DashDot];

/// A colour between two others, `part` of the way.
pub(super) fn between(from: RGBColor, to: RGBColor, part: f64) -> Colour {
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part) as u8;
    Colour::fixed(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// The first runs of the systems that show their hosts, with the systems' numbers.
pub(super) fn clusters(report: &Report) -> Vec<(usize, &RunResult)> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system.runs.first()?)));
    runs.filter(|(_, run)| !run.hosts.is_empty()).collect()
}

/// Whether any lane was ever served by nobody.
pub(super) fn ever_offline(report: &Report) -> bool {
    let mut tenures = clusters(report)
        .into_iter()
        .flat_map(|(_, run)| &run.tenures);
    tenures.any(|tenure| tenure.host.is_none())
}

/// The colour of a zone where its hosts are not told apart.
fn zone_colour(zone: u32) -> Colour {
    let (strong, pale) = FAMILIES[zone as usize % FAMILIES.len()];
    between(strong, pale, 0.3)
}

/// The colour of the host of this number: a shade of its zone's hue.
pub(super) fn host_colour(run: &RunResult, host: u32) -> Colour {
    let Some(zone) = run.hosts.get(host as usize).map(|host| host.zone) else {
        return OFFLINE;
    };
    let mates = || {
        (0_u32..)
            .zip(&run.hosts)
            .filter(|(_, other)| other.zone == zone)
    };
    let rank = mates().filter(|(number, _)| *number < host).count();
    let last = mates().count().saturating_sub(1);
    let (strong, pale) = FAMILIES[zone as usize % FAMILIES.len()];
    if last == 0 {
        zone_colour(zone)
    } else {
        between(strong, pale, rank as f64 / last as f64)
    }
}

/// The line of the host of this number.
pub(super) fn host_look(run: &RunResult, host: u32, width: u32) -> Look {
    let zone = run.hosts.get(host as usize).map_or(0, |host| host.zone);
    let dash = DASHES[zone as usize % DASHES.len()];
    Look::dashed(host_colour(run, host), dash, width)
}

/// The run with the most hosts.
fn largest(report: &Report) -> Option<&RunResult> {
    let runs = clusters(report).into_iter().map(|(_, run)| run);
    runs.reduce(|best, next| {
        if next.hosts.len() > best.hosts.len() {
            next
        } else {
            best
        }
    })
}

/// The legend of hosts, one by one, or where there are many of them by zone; as lines or as areas.
pub(super) fn host_legend(report: &Report, filled: bool) -> Vec<Entry> {
    let Some(run) = largest(report) else {
        return Vec::new();
    };
    let entry = |label: String, look: Look| match filled {
        true => Entry::area(label, look.colour),
        false => Entry::line(label, look),
    };
    if run.hosts.len() <= NAMED_MAX {
        let named = (0_u32..).zip(&run.hosts).map(|(number, host)| {
            let label = format!("{} (az{})", host.name, host.zone + 1);
            entry(label, host_look(run, number, 4))
        });
        return named.collect();
    }
    let zones = run.hosts.iter().map(|host| host.zone + 1).max();
    let of = |zone: u32| {
        let count = run.hosts.iter().filter(|host| host.zone == zone).count();
        let dash = DASHES[zone as usize % DASHES.len()];
        let look = Look::dashed(zone_colour(zone), dash, 4);
        entry(format!("az{}: {count} brokers in shades", zone + 1), look)
    };
    (0..zones.unwrap_or(0)).map(of).collect()
}

/// A gauge over time `[s]`, per entity in the order of the first appearance.
pub(super) fn gauge(run: &RunResult, name: GaugeName) -> Vec<(&str, Vec<(f64, f64)>)> {
    let mut all: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
    for point in &run.points {
        let values = point.gauges.iter().filter(|gauge| gauge.is(name));
        for (nth, gauge) in values.enumerate() {
            // Entities come in the same order every time, but for those that appear or vanish.
            let same = all.get(nth).is_some_and(|(name, _)| *name == gauge.entity);
            let place = if same {
                Some(nth)
            } else {
                all.iter().position(|(n, _)| *n == gauge.entity)
            };
            match place {
                Some(place) => all[place].1.push((point.t, gauge.value)),
                None => all.push((&gauge.entity, vec![(point.t, gauge.value)])),
            }
        }
    }
    all
}

/// A gauge of one entity over time `[s]`.
pub(super) fn gauge_of(run: &RunResult, entity: &str, name: GaugeName) -> Vec<(f64, f64)> {
    let all = gauge(run, name)
        .into_iter()
        .find(|(name, _)| *name == entity);
    all.map(|(_, points)| points).unwrap_or_default()
}

/// The largest value of a series.
pub(super) fn most(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|point| point.1).fold(0.0, f64::max)
}
