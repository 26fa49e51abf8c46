//! What a million delivered records cost and what the money is for, the systems side by side.

use super::description::{Axis, Description, Format, Label, Panel, Parts, Series, Tile, TilesOf};
use super::{Chart, money};
use crate::cost::Kind;
use crate::probe::RunResult;
use crate::report::{Report, SystemReport, costs, format, serving};

pub(super) struct CostMillion;

/// What is paid for: deliveries, or stored records where nobody reads.
fn served(report: &Report, run: &RunResult) -> u64 {
    if report.consumers.is_empty() {
        return run.ledger.stored;
    }
    run.delivered()
}

/// An estimate below this part of the bill is seen in the bar, and is not worth words.
const ESTIMATED_MIN: f64 = 0.1;

/// Half the height of a bar.
const HALF: f64 = 0.32;

/// The parts of each system's bar `[USD]`; empty without a bill or deliveries. Without any consumer in the scenario, records
/// that are stored count.
fn bars(report: &Report) -> Vec<Vec<f64>> {
    let bar = |system: &SystemReport| {
        let Some((run, bill)) = costs::first(system) else {
            return Vec::new();
        };
        let million = |hourly: u128| {
            let million = bill.million_of(hourly, served(report, run));
            million.map(money::dollars)
        };
        let parts = money::kinds().filter_map(|(kind, _)| million(money::hourly(bill, kind)));
        parts.collect()
    };
    report.systems.iter().map(bar).collect()
}

/// What stands on the bill, and what is estimated beside it, of the parts of a bar `[USD]`.
fn sums(bar: &[f64]) -> (f64, f64) {
    let of = |estimated: bool| {
        let parts = bar.iter().zip(money::kinds());
        let own = parts.filter(move |(_, (kind, _))| (*kind == Kind::Estimate) == estimated);
        own.map(|(part, _)| *part).sum()
    };
    (of(false), of(true))
}

/// The words beside a bar.
fn beside(bar: &[f64], serves: bool) -> String {
    let (billed, estimated) = sums(bar);
    let star = if serves { "" } else { " *" };
    if estimated < billed * ESTIMATED_MIN {
        return format!("{}{star}", format::usd(billed));
    }
    let (billed, estimated) = (format::usd(billed), format::machine_short(estimated));
    format!("{billed}{star} + {estimated} estimated")
}

/// What the axis says.
fn words(report: &Report) -> &'static str {
    match report.consumers.is_empty() {
        true => "per million records stored",
        false => "per million records delivered",
    }
}

/// The cheapest and the dearest system of those that serve the load.
fn caption(report: &Report, bars: &[Vec<f64>]) -> String {
    let served = |n: &usize| serving::words(report, *n).is_none();
    let mut totals: Vec<(f64, String)> = bars
        .iter()
        .enumerate()
        .filter(|(n, bar)| !bar.is_empty() && served(n))
        .map(|(n, bar)| (sums(bar).0, report.systems[n].quoted()))
        .collect();
    totals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let words = |(total, label): &(f64, String)| format!("{label} with {}", format::usd(*total));
    let some = (0..bars.len()).any(|n| !served(&n));
    let star = if some {
        " A system with * does not serve the load."
    } else {
        ""
    };
    let estimated = bars.iter().any(|bar| sums(bar).1 > 0.0);
    let beside = if estimated { money::BESIDE } else { "" };
    match (totals.first(), totals.last()) {
        (Some(least), Some(most)) if totals.len() > 1 => {
            let (least, most) = (words(least), words(most));
            format!(
                "The cheapest that serves the load is {least}, the dearest {most}.{beside} Logs are as full as their retention lets them become.{star}"
            )
        }
        _ => format!("Logs are as full as their retention lets them become.{beside}{star}"),
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
    // Room for the numbers behind the longest bar.
    let x = Axis::linear(words(report), Format::Usd, 1.4 * longest).in_unit("USD");
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
        let text = match serving::words(report, n) {
            _ if bar.is_empty() => "no price or no records".to_owned(),
            words => beside(bar, words.is_none()),
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
    const TITLE: &'static str = "Cost per million records";

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
