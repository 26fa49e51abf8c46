//! Who leads what: each partition over time in the colour of its leader, a hue for each zone.

use super::cluster::{self, OFFLINE};
use super::legend::{Entry, Stroke};
use super::style;
use super::tenures::{self, GRAVEST, ROWS_MAX, Spell, View};
use super::{Area, Chart, Drawn};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport};
use plotters::prelude::*;

pub(super) struct Leaders;

/// How often a lane got another host.
fn elections(all: &[Vec<Spell>]) -> usize {
    let changes = |spells: &Vec<Spell>| {
        let mut hosts: Vec<u32> = spells.iter().filter_map(|spell| spell.host).collect();
        hosts.dedup();
        hosts.len().saturating_sub(1)
    };
    all.iter().map(changes).sum()
}

fn title(report: &Report, system: &SystemReport, run: &RunResult) -> String {
    let all = tenures::spells(run, report.duration_s);
    let offline = all
        .iter()
        .filter(|spells| spells.iter().any(|spell| spell.host.is_none()))
        .count();
    let (count, lane) = (all.len(), system.names.lane);
    let sorted = match count {
        0..=ROWS_MAX => "sorted by first leader",
        _ => "stacked by first leader, then by leader",
    };
    let (changes, hosts) = (elections(&all), run.hosts.len());
    format!(
        "{count} {lane}s on {hosts} brokers, elections: {changes}, offline at times: {offline}; {sorted}"
    )
}

impl Chart for Leaders {
    const NAME: &'static str = "leaders";
    const TITLE: &'static str = "Who leads which partition";

    fn applies(report: &Report) -> bool {
        cluster::clusters(report)
            .iter()
            .any(|(_, run)| run.tenures.iter().any(|tenure| tenure.t > 0.0))
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let mut entries = cluster::host_legend(report, Stroke::Filled);
        if cluster::ever_offline(report) {
            entries.push(Entry::new("offline", OFFLINE, Stroke::Filled));
        }
        entries
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let clusters = cluster::clusters(report);
        let panels = style::rows(area, clusters.len());
        for (n, (panel, (system, run))) in panels.iter().zip(&clusters).enumerate() {
            let view = View {
                class: &|spell| spell.host.unwrap_or(GRAVEST),
                colour: &|class| cluster::host_colour(run, class),
                title: title(report, system, run),
            };
            tenures::draw(panel, report, system, run, &view, n + 1 == panels.len())?;
        }
        Ok(())
    }
}
