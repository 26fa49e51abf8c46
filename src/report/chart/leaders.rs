//! Who leads what: each partition over time in the colour of its leader, a hue for each zone.

use super::Chart;
use super::cluster::{self, OFFLINE};
use super::description::{self, Description, Entry, Parts};
use super::tenures::{self, GRAVEST, ROWS_MAX, Spell, View};
use crate::probe::RunResult;
use crate::report::Report;

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

/// What the panel of a system shows.
fn title(report: &Report, n: usize, run: &RunResult) -> String {
    let (count, lane) = (run.lanes.len(), report.systems[n].names.lane);
    let sorted = match count {
        0..=ROWS_MAX => "sorted by first leader",
        _ => "stacked by first leader, then by leader",
    };
    format!("{count} {lane}s on {} brokers, {sorted}", run.hosts.len())
}

/// The elections of each system, and how many lanes were without a leader.
fn caption(report: &Report) -> String {
    let sentence = |(n, run): &(usize, &RunResult)| {
        let all = tenures::spells(run, report.duration_s);
        let without = |spells: &&Vec<Spell>| spells.iter().any(|spell| spell.host.is_none());
        let (label, lane) = (&report.systems[*n].label, report.systems[*n].names.lane);
        format!(
            "{label}: {} elections; {} of {} {lane}s were offline at times.",
            elections(&all),
            all.iter().filter(without).count(),
            all.len()
        )
    };
    let sentences: Vec<String> = cluster::clusters(report).iter().map(sentence).collect();
    sentences.join(" ")
}

impl Chart for Leaders {
    const NAME: &'static str = "leaders";
    const TITLE: &'static str = "Who leads which partition";

    fn applies(report: &Report) -> bool {
        cluster::clusters(report)
            .iter()
            .any(|(_, run)| run.tenures.iter().any(|tenure| tenure.t > 0.0))
    }

    fn describe(report: &Report) -> Description {
        let clusters = cluster::clusters(report);
        let mut legend = cluster::host_legend(report, true);
        if cluster::ever_offline(report) {
            legend.push(Entry::area("offline", OFFLINE));
        }
        let name = |run: &RunResult, class: u32| {
            let host = run.hosts.get(class as usize);
            host.map_or("offline".to_owned(), |host| host.name.clone())
        };
        let panel = |(n, run): &(usize, &RunResult)| {
            let view = View {
                class: &|spell| spell.host.unwrap_or(GRAVEST),
                kind: &|class| (name(run, class), cluster::host_colour(run, class)),
                title: title(report, *n, run),
            };
            tenures::panel(report, *n, run, &view)
        };
        let parts = Parts {
            caption: caption(report),
            columns: description::columns(clusters.len()),
            legend,
            panels: clusters.iter().map(panel).collect(),
        };
        parts.describe::<Self>(report)
    }
}
