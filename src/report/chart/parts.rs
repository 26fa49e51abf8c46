//! What the time of a record consists of: a bar for each system and consumer, of all records and of those around the 99th
//! percentile.

use super::Chart;
use super::description::{
    Axis, Colour, Description, Entry, Format, Label, Panel, Parts as ChartParts, Series, Tile,
    TilesOf,
};
use crate::probe::{TIME_PARTS, TimePart};
use crate::report::parts::{self, Bar};
use crate::report::{Report, format};

pub(super) struct Parts;

/// Tol's muted colours: a part of time must not look like a system.
const COLOURS: [Colour; TIME_PARTS] = [
    Colour::fixed(221, 221, 221),
    Colour::fixed(51, 34, 136),
    Colour::fixed(136, 34, 85),
    Colour::fixed(136, 204, 238),
    Colour::fixed(170, 68, 153),
    Colour::fixed(204, 102, 119),
    Colour::fixed(221, 204, 119),
    Colour::fixed(153, 153, 51),
    Colour::fixed(17, 119, 51),
    Colour::fixed(68, 170, 153),
];

/// Half the height of a bar.
const HALF: f64 = 0.32;
/// The most bars that the caption tells of.
const TOLD_MAX: usize = 8;

/// What takes most of the time of each bar.
fn caption(report: &Report, bars: &[Bar]) -> String {
    let most = |bar: &Bar| {
        let (largest, whole) = (bar.largest()?, bar.whole().0);
        let share = format::percent(largest.mean.mean / whole);
        let name = bar.name(report);
        let part = largest.part.name();
        Some(format!("{share} is {part} on \"{name}\""))
    };
    let words: Vec<String> = bars.iter().filter_map(most).take(TOLD_MAX).collect();
    format!("Of the mean time, {}.", words.join(", "))
}

fn panel(report: &Report, bars: &[Bar], title: &str, get: impl Fn(&Bar, TimePart) -> f64) -> Panel {
    let shown = parts::shown(bars);
    let whole = |bar: &Bar| shown.iter().map(|part| get(bar, *part)).sum::<f64>();
    let longest = bars.iter().map(whole).fold(0.0, f64::max);
    let count = bars.len();
    let names: Vec<String> = bars.iter().rev().map(|bar| bar.name(report)).collect();
    let y = Axis::names("", &names, -0.6, count as f64 - 0.4);
    // Room for the number behind the longest bar.
    let x = Axis::linear("time", Format::Seconds, 1.25 * longest);
    let mut panel = Panel::new(title, x, y);
    panel.rows = 2 * count;
    let mut tiles = Vec::new();
    for (n, bar) in bars.iter().enumerate() {
        let (y, mut from) = ((count - 1 - n) as f64, 0.0);
        for (class, part) in shown.iter().enumerate() {
            let length = get(bar, *part);
            if length > 0.0 {
                tiles.push(Tile {
                    x: (from, from + length),
                    y: (y - HALF, y + HALF),
                    class,
                });
            }
            from += length;
        }
        let text = format::seconds(from);
        panel.labels.push(Label::beside((from, y), text));
    }
    let classes = shown
        .iter()
        .map(|part| (part.name().to_owned(), COLOURS[*part as usize]));
    panel.add(Series::tiles(
        "time",
        TilesOf::Bars,
        classes.collect(),
        tiles,
    ));
    panel
}

impl Chart for Parts {
    const NAME: &'static str = "parts";
    const TITLE: &'static str = "What a record's time consists of";

    fn applies(report: &Report) -> bool {
        parts::bars(report).iter().any(|bar| bar.whole().0 > 0.0)
    }

    fn describe(report: &Report) -> Description {
        let bars = parts::bars(report);
        let legend = parts::shown(&bars)
            .into_iter()
            .map(|part| Entry::area(part.name(), COLOURS[part as usize]));
        let panels = [
            panel(report, &bars, "all delivered records, mean", |bar, part| {
                bar.parts[part as usize].mean.mean
            }),
            panel(
                report,
                &bars,
                "records around the p99, mean",
                |bar, part| bar.parts[part as usize].p99.mean,
            ),
        ];
        let parts = ChartParts {
            caption: caption(report, &bars),
            columns: 1,
            legend: legend.collect(),
            panels: panels.into(),
        };
        parts.describe::<Self>(report)
    }
}
