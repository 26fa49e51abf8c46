//! Copies in sync: each partition over time, the stronger its colour the fewer copies it has.

use super::cluster::{self, OFFLINE, between};
use super::legend::{Entry, Stroke};
use super::style;
use super::tenures::{self, GRAVEST, Spell, View};
use super::{Area, Chart, Drawn};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport};
use plotters::prelude::*;

pub(super) struct Isr;

/// All copies in sync.
const FULL: RGBColor = RGBColor(222, 232, 240);
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

fn colour(class: u32, full: u32) -> RGBColor {
    match class {
        0 => FULL,
        GRAVEST => OFFLINE,
        _ if full <= 2 => MISSING.1,
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

/// The clusters with their copies.
fn shown(report: &Report) -> Vec<(&SystemReport, &RunResult)> {
    let clusters = cluster::clusters(report).into_iter();
    clusters.filter(|(_, run)| changed(report, run)).collect()
}

fn title(report: &Report, system: &SystemReport, run: &RunResult) -> String {
    let (all, full) = (tenures::spells(run, report.duration_s), full(run));
    let ever = |wanted: &dyn Fn(&Spell) -> bool| {
        all.iter()
            .filter(|spells| spells.iter().any(wanted))
            .count()
    };
    let fewest = all
        .iter()
        .flatten()
        .map(|spell| spell.copies)
        .min()
        .unwrap_or(full);
    let short = ever(&|spell| spell.copies < full);
    format!(
        "{short} of {} {}s lacked copies at times, {fewest} of {full} in sync at worst; offline at times: {}",
        all.len(),
        system.names.lane,
        ever(&|spell| spell.host.is_none()),
    )
}

impl Chart for Isr {
    const NAME: &'static str = "isr";
    const TITLE: &'static str = "In-sync replicas of every partition";

    fn applies(report: &Report) -> bool {
        !shown(report).is_empty()
    }

    fn legend(report: &Report) -> Vec<Entry> {
        let mut fulls: Vec<u32> = shown(report).iter().map(|(_, run)| full(run)).collect();
        fulls.sort_unstable();
        fulls.dedup();
        let most = fulls.last().copied().unwrap_or(1);
        let mut entries = vec![Entry::new("all in sync", FULL, Stroke::Filled)];
        entries.extend((1..most).map(|missing| {
            let label = match fulls[..] {
                [_] => format!("{} of {most} in sync", most - missing),
                _ => format!("{missing} missing"),
            };
            Entry::new(label, colour(missing, most), Stroke::Filled)
        }));
        if cluster::ever_offline(report) {
            entries.push(Entry::new("offline", OFFLINE, Stroke::Filled));
        }
        entries
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let shown = shown(report);
        let most = shown.iter().map(|(_, run)| full(run)).max().unwrap_or(1);
        let panels = style::rows(area, shown.len());
        for (n, (panel, (system, run))) in panels.iter().zip(&shown).enumerate() {
            let full = full(run);
            let view = View {
                class: &|spell| class(spell, full),
                colour: &|class| colour(class, most),
                title: title(report, system, run),
            };
            tenures::draw(panel, report, system, run, &view, n + 1 == panels.len())?;
        }
        Ok(())
    }
}
