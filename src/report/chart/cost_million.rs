//! What a million stored records cost and what the money is for, the systems side by side.

use super::description::{Axis, Description, Format, Label, Panel, Parts, Series, Tile, TilesOf};
use super::{Chart, money};
use crate::report::{Report, SystemReport, costs, format};

pub(super) struct CostMillion;

/// Half the height of a bar.
const HALF: f64 = 0.32;

/// The parts of each system's bar `[USD]`; empty without a bill or records.
fn bars(report: &Report) -> Vec<Vec<f64>> {
    let bar = |system: &SystemReport| {
        let Some((run, bill)) = costs::first(system) else {
            return Vec::new();
        };
        let million = |hourly: u128| {
            let million = bill.million_of(hourly, run.ledger.stored);
            million.map(money::dollars)
        };
        let parts = money::kinds().filter_map(|(kind, _)| million(money::hourly(bill, kind)));
        parts.collect()
    };
    report.systems.iter().map(bar).collect()
}

/// The cheapest and the dearest system.
fn caption(report: &Report, bars: &[Vec<f64>]) -> String {
    let mut totals: Vec<(f64, &str)> = bars
        .iter()
        .zip(&report.systems)
        .filter(|(bar, _)| !bar.is_empty())
        .map(|(bar, system)| (bar.iter().sum(), system.label.as_str()))
        .collect();
    totals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let words = |(total, label): &(f64, &str)| format!("{label} with {}", format::usd(*total));
    match (totals.first(), totals.last()) {
        (Some(least), Some(most)) if totals.len() > 1 => {
            let (least, most) = (words(least), words(most));
            format!(
                "The cheapest is {least}, the dearest {most}. Logs are as full as their retention lets them become."
            )
        }
        _ => "Logs are as full as their retention lets them become.".to_owned(),
    }
}

fn panel(report: &Report, bars: &[Vec<f64>]) -> Panel {
    let longest = bars
        .iter()
        .map(|bar| bar.iter().sum::<f64>())
        .fold(0.0, f64::max);
    let count = report.systems.len();
    let names: Vec<String> = report
        .systems
        .iter()
        .rev()
        .map(|s| s.label.clone())
        .collect();
    let y = Axis::names("", &names, -0.6, count as f64 - 0.4);
    // Room for the number behind the longest bar.
    let x = Axis::linear("per million records stored", Format::Usd, 1.2 * longest).in_unit("USD");
    let mut panel = Panel::new("", x, y);
    panel.rows = 2 * count;
    let mut tiles = Vec::new();
    for (n, bar) in bars.iter().enumerate() {
        let (y, mut from) = ((count - 1 - n) as f64, 0.0);
        for (class, length) in bar.iter().enumerate().filter(|(_, length)| **length > 0.0) {
            tiles.push(Tile {
                x: (from, from + length),
                y: (y - HALF, y + HALF),
                class,
            });
            from += length;
        }
        let text = if bar.is_empty() {
            "no price or no records".to_owned()
        } else {
            format::usd(from)
        };
        panel.labels.push(Label::beside((from, y), text));
    }
    let classes = money::kinds().map(|(kind, colour)| (kind.name().to_owned(), colour));
    panel.add(Series::tiles(
        "cost",
        TilesOf::Bars,
        classes.collect(),
        tiles,
    ));
    panel
}

impl Chart for CostMillion {
    const NAME: &'static str = "cost-million";
    const TITLE: &'static str = "Cost per million records stored";

    fn applies(report: &Report) -> bool {
        costs::any(report)
    }

    fn describe(report: &Report) -> Description {
        let bars = bars(report);
        let parts = Parts {
            caption: caption(report, &bars),
            columns: 1,
            legend: money::legend(report),
            panels: vec![panel(report, &bars)],
        };
        parts.describe::<Self>(report)
    }
}
