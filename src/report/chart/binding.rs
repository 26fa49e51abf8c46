//! What binds: for writers and for each consumer of every system the limit that was most at work, over time.

use super::Chart;
use super::description::{Axis, Colour, Description, Entry, Panel, Parts, Series, Tile, TilesOf};
use crate::probe::{Bound, Limit, Point, RunResult};
use crate::report::causes::strength;
use crate::report::{Report, format};

pub(super) struct Binding;

/// A limit that acts for a smaller part of an interval than this is not shown.
const STRENGTH_LEAST: f64 = 0.05;
/// The most rows.
const ROWS_MAX: usize = 24;

/// Colours of limits in the order in which they stand in the legend.
const COLOURS: [Colour; 12] = [
    Colour::fixed(213, 94, 0),
    Colour::fixed(0, 114, 178),
    Colour::fixed(0, 158, 115),
    Colour::fixed(230, 159, 0),
    Colour::fixed(204, 121, 167),
    Colour::fixed(86, 180, 233),
    Colour::fixed(122, 62, 157),
    Colour::fixed(140, 86, 75),
    Colour::fixed(75, 93, 22),
    Colour::fixed(178, 24, 43),
    Colour::fixed(17, 94, 103),
    Colour::fixed(107, 107, 107),
];

/// One row: what held up the writers of a system, or one of its consumers.
struct Row<'a> {
    system: usize,
    consumer: Option<usize>,
    run: &'a RunResult,
}

impl Row<'_> {
    /// The limit that was most at work in an interval, if one was.
    fn most(&self, point: &Point) -> Option<Limit> {
        let own = |bound: &&Bound| bound.consumer.map(usize::from) == self.consumer;
        let acting = point.bound.iter().filter(own);
        let strong = acting.filter(|bound| strength(bound, point) >= STRENGTH_LEAST);
        // Of equals the first one.
        let most = strong
            .rev()
            .max_by(|a, b| strength(a, point).total_cmp(&strength(b, point)));
        most.map(|bound| bound.limit)
    }

    /// Stretches of time with the limit that was most at work in them.
    fn spells(&self) -> Vec<(f64, f64, Limit)> {
        let mut spells: Vec<(f64, f64, Limit)> = Vec::new();
        for point in &self.run.points {
            let Some(limit) = self.most(point) else {
                continue;
            };
            let from = point.t - point.length;
            match spells.last_mut() {
                Some(last) if last.2 == limit && from <= last.1 + 1e-9 => last.1 = point.t,
                _ => spells.push((from, point.t, limit)),
            }
        }
        spells
    }

    fn name(&self, report: &Report) -> String {
        let label = &report.systems[self.system].label;
        match self.consumer {
            None => format!("{label}: writing"),
            Some(consumer) => format!("{label}: {}", report.consumers[consumer]),
        }
    }
}

/// The rows in which anything was ever at work.
fn rows(report: &Report) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (system, described) in report.systems.iter().enumerate() {
        let Some(run) = described.runs.first() else {
            continue;
        };
        let consumers = (0..report.consumers.len()).map(Some);
        let all = std::iter::once(None).chain(consumers).map(|consumer| Row {
            system,
            consumer,
            run,
        });
        rows.extend(all.filter(|row| !row.spells().is_empty()));
    }
    rows.truncate(ROWS_MAX);
    rows
}

/// The limits that occur, the longest at work first, with the words of the first platform that meets them.
fn limits(report: &Report, rows: &[Row<'_>]) -> Vec<(Limit, String)> {
    let mut found: Vec<(Limit, String, f64)> = Vec::new();
    for row in rows {
        for (from, to, limit) in row.spells() {
            match found.iter_mut().find(|known| known.0 == limit) {
                Some(known) => known.2 += to - from,
                None => {
                    let words = (report.systems[row.system].names.limit)(limit).name;
                    found.push((limit, words.to_owned(), to - from));
                }
            }
        }
    }
    found.sort_by(|a, b| b.2.total_cmp(&a.2));
    found
        .into_iter()
        .map(|(limit, words, _)| (limit, words))
        .collect()
}

/// For how long each row was held up, and mostly by what.
fn caption(report: &Report, rows: &[Row<'_>], limits: &[(Limit, String)]) -> String {
    let sentence = |row: &Row<'_>| {
        let spells = row.spells();
        let length = |limit: Limit| -> f64 {
            let own = spells.iter().filter(|spell| spell.2 == limit);
            own.map(|spell| spell.1 - spell.0).sum()
        };
        let most = limits
            .iter()
            .max_by(|a, b| length(a.0).total_cmp(&length(b.0)))?;
        Some(format!(
            "\"{}\" was held up longest by \"{}\", for {}.",
            row.name(report),
            most.1,
            format::seconds(length(most.0))
        ))
    };
    let sentences: Vec<String> = rows.iter().filter_map(sentence).take(4).collect();
    sentences.join(" ")
}

/// The kinds that have a colour of their own, and one entry for all others.
fn legend(classes: &[(String, Colour)]) -> Vec<Entry> {
    let own = match classes.len() {
        all if all <= COLOURS.len() => all,
        _ => COLOURS.len() - 1,
    };
    let mut entries: Vec<Entry> = classes[..own]
        .iter()
        .map(|(words, colour)| Entry::area(words, *colour))
        .collect();
    let rest = classes.len() - own;
    if rest > 0 {
        let words = format!("{rest} other limits");
        entries.push(Entry::area(words, COLOURS[own]));
    }
    entries
}

impl Chart for Binding {
    const NAME: &'static str = "binding";
    const TITLE: &'static str = "What binds";

    fn applies(report: &Report) -> bool {
        !rows(report).is_empty()
    }

    fn describe(report: &Report) -> Description {
        let rows = rows(report);
        let limits = limits(report, &rows);
        let colour = |n: usize| COLOURS[n.min(COLOURS.len() - 1)];
        let classes = limits.iter().enumerate();
        let classes: Vec<(String, Colour)> = classes
            .map(|(n, (_, words))| (words.clone(), colour(n)))
            .collect();
        let names: Vec<String> = rows.iter().rev().map(|row| row.name(report)).collect();
        let axis = Axis::names("", &names, -0.5, rows.len() as f64 - 0.5);
        let mut tiles = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            let middle = (rows.len() - 1 - n) as f64;
            for (from, to, limit) in row.spells() {
                let class = limits.iter().position(|known| known.0 == limit);
                tiles.push(Tile {
                    x: (from, to),
                    y: (middle - 0.35, middle + 0.35),
                    class: class.unwrap_or_default(),
                });
            }
        }
        let mut panel = Panel::over_time(report, "the limit that is most at work", axis);
        panel.rows = rows.len();
        let legend = legend(&classes);
        panel.add(Series::tiles("limit", TilesOf::Lanes, classes, tiles));
        let parts = Parts {
            caption: caption(report, &rows, &limits),
            columns: 1,
            legend,
            panels: vec![panel],
        };
        parts.describe::<Self>(report)
    }
}
