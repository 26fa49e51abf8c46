//! Copies in sync: each partition over time, the stronger its colour the fewer copies it has.

use super::Chart;
use super::cluster::{self, OFFLINE, between};
use super::description::RGBColor;
use super::description::{self, Colour, Description, Entry, Parts};
use super::tenures::{self, GRAVEST, Spell, View};
use crate::probe::RunResult;
use crate::report::{Report, format};

pub(super) struct Isr;

/// All copies in sync.
const FULL: Colour = Colour::fixed(214, 226, 236);
/// One copy missing, and all but one.
const MISSING: (RGBColor, RGBColor) = (RGBColor(255, 203, 107), RGBColor(224, 100, 10));

/// The copies that every lane should have: what the best of them began with.
fn full(run: &RunResult) -> u32 {
    run.tenures
        .iter()
        .filter(|tenure| tenure.t <= 0.0)
        .map(|tenure| tenure.copies)
        .max()
        .unwrap_or(1)
}

/// How many copies are missing.
fn class(spell: &Spell, full: u32) -> u32 {
    if spell.host.is_none() {
        GRAVEST
    } else {
        full.saturating_sub(spell.copies)
    }
}

fn colour(class: u32, full: u32) -> Colour {
    match class {
        0 => FULL,
        GRAVEST => OFFLINE,
        _ if full <= 2 => between(MISSING.0, MISSING.1, 1.0),
        missing => between(
            MISSING.0,
            MISSING.1,
            f64::from(missing - 1) / f64::from(full - 2),
        ),
    }
}

/// Whether the number of copies of any lane ever changed.
fn changed(report: &Report, run: &RunResult) -> bool {
    let all = tenures::spells(run, report.duration_s);
    all.iter().any(|spells| {
        spells
            .windows(2)
            .any(|pair| pair[0].copies != pair[1].copies)
    })
}

/// The clusters whose copies changed, by their numbers.
fn shown(report: &Report) -> Vec<(usize, &RunResult)> {
    let clusters = cluster::clusters(report).into_iter();
    clusters.filter(|(_, run)| changed(report, run)).collect()
}

/// How many lanes lacked copies, and how many copies the worst of them had.
fn sentence(report: &Report, n: usize, run: &RunResult) -> String {
    let (all, full) = (tenures::spells(run, report.duration_s), full(run));
    let ever = |wanted: &dyn Fn(&Spell) -> bool| {
        let some = all.iter().filter(|spells| spells.iter().any(wanted));
        some.count()
    };
    let fewest = all.iter().flatten().map(|spell| spell.copies).min();
    let offline = match ever(&|spell| spell.host.is_none()) {
        0 => "none was offline".to_owned(),
        some => format!("{} had no leader for some time", format::count(some as f64)),
    };
    format!(
        "{}: {} of {} {}s lacked a copy in sync for some time, at worst {} of {full} copies were in sync, and {offline}.",
        report.systems[n].label,
        format::count(ever(&|spell| spell.copies < full) as f64),
        format::count(all.len() as f64),
        report.systems[n].names.lane,
        fewest.unwrap_or(full),
    )
}

/// What a kind is called.
fn word(class: u32, full: u32) -> String {
    match class {
        0 => "all in sync".to_owned(),
        GRAVEST => "offline".to_owned(),
        missing => format!("{} of {full} in sync", full.saturating_sub(missing)),
    }
}

fn legend(report: &Report) -> Vec<Entry> {
    let mut fulls: Vec<u32> = shown(report).iter().map(|(_, run)| full(run)).collect();
    fulls.sort_unstable();
    fulls.dedup();
    let most = fulls.last().copied().unwrap_or(1);
    let mut entries = vec![Entry::area("all in sync", FULL)];
    entries.extend((1..most).map(|missing| {
        let label = match fulls[..] {
            [_] => word(missing, most),
            _ => format!("{missing} missing"),
        };
        Entry::area(label, colour(missing, most))
    }));
    if cluster::ever_offline(report) {
        entries.push(Entry::area("offline", OFFLINE));
    }
    entries
}

impl Chart for Isr {
    const NAME: &'static str = "isr";
    const TITLE: &'static str = "In-sync replicas of every partition";

    fn applies(report: &Report) -> bool {
        !shown(report).is_empty()
    }

    fn describe(report: &Report) -> Description {
        let shown = shown(report);
        let most = shown.iter().map(|(_, run)| full(run)).max().unwrap_or(1);
        let panel = |(n, run): &(usize, &RunResult)| {
            let full = full(run);
            let lanes = report.systems[*n].names.lane;
            let view = View {
                class: &|spell| class(spell, full),
                kind: &|class| (word(class, full), colour(class, most)),
                title: format!(
                    "{} {lanes}s, sorted by first leader",
                    format::count(run.lanes.len() as f64)
                ),
            };
            tenures::panel(report, *n, run, &view)
        };
        let sentences: Vec<String> = shown
            .iter()
            .map(|(n, run)| sentence(report, *n, run))
            .collect();
        let parts = Parts {
            caption: sentences.join(" "),
            columns: description::columns(shown.len()),
            legend: legend(report),
            panels: shown.iter().map(panel).collect(),
        };
        parts.describe::<Self>(report)
    }
}
