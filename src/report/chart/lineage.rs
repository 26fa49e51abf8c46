//! Lanes over their life: each a bar from birth to its end, where it came from, how full it was.

use super::Chart;
use super::description::{
    Axis, Colour, Description, Entry, Format, Look, Panel, Parts, Series, Tile, TilesOf,
};
use super::scale::Ramp;
use crate::probe::{Lane, RunResult};
use crate::report::{Report, format};

pub(super) struct Lineage;

/// Closed and still readable.
const CLOSED: Colour = Colour::fixed(196, 200, 206);
/// The most bars of a panel; a stream with more is drawn as tiles of its hash key space.
const BARS_MAX: usize = 120;
/// The most colours of a bar.
const PIECES_MAX: usize = 150;
/// Between bars, as a part of a row.
const GAP: f64 = 0.12;

/// Systems whose lanes have descendants, by their numbers.
fn families(report: &Report) -> Vec<(usize, &RunResult)> {
    let runs = report.systems.iter().enumerate();
    let runs = runs.filter_map(|(n, system)| Some((n, system.runs.first()?)));
    runs.filter(|(_, run)| run.lanes.iter().any(|lane| !lane.parents.is_empty()))
        .collect()
}

/// The lanes in the order of their ranges, parents above their children.
fn ordered(run: &RunResult) -> Vec<usize> {
    let mut order: Vec<usize> = (0..run.lanes.len()).collect();
    let start = |lane: usize| run.lanes[lane].range.map_or(0.0, |range| range.0);
    order.sort_by(|a, b| start(*a).total_cmp(&start(*b)).then(a.cmp(b)));
    order
}

/// The number of a lane, from its name.
fn number(lane: &Lane) -> String {
    let last = lane.name.rsplit(['-', ' ']).next().unwrap_or_default();
    let digits = last.trim_start_matches('0');
    if digits.is_empty() { "0" } else { digits }.to_owned()
}

/// The number of a lane, and the numbers of those that it came from.
fn name(run: &RunResult, lane: &Lane) -> String {
    let parent = |parent: &u32| run.lanes.get(*parent as usize).map(number);
    let parents: Vec<String> = lane.parents.iter().filter_map(parent).collect();
    match parents[..] {
        [] => number(lane),
        _ => format!("{} from {}", number(lane), parents.join(" + ")),
    }
}

/// A piece of a lane's life: from, to `[s]`, kind.
type Piece = (f64, f64, usize);

/// The pieces of a lane's life: coloured while it is open, grey while it is closed and readable.
fn life(run: &RunResult, index: usize, end: f64, ramp: Ramp) -> Vec<Piece> {
    let lane = &run.lanes[index];
    let closed = lane.closed_s.unwrap_or(end);
    let mut pieces: Vec<Piece> = Vec::new();
    let per_piece = run.points.len().div_ceil(PIECES_MAX).max(1);
    for points in run.points.chunks(per_piece) {
        let begin = points.first().map_or(0.0, |point| point.t - point.length);
        let from = begin.max(lane.opened_s);
        let to = points.last().map_or(0.0, |point| point.t).min(closed);
        if to <= from {
            continue;
        }
        let used = |point: &crate::probe::Point| {
            f64::from(point.utilisation.get(index).copied().unwrap_or(0.0)) * point.length
        };
        let length: f64 = points.iter().map(|point| point.length).sum();
        let class = ramp.class(points.iter().map(used).sum::<f64>() / length);
        match pieces.last_mut() {
            Some(last) if last.2 == class => last.1 = to,
            _ => pieces.push((from, to, class)),
        }
    }
    let gone = lane.gone_s.unwrap_or(end);
    if gone > closed {
        pieces.push((closed, gone, ramp.classes().len()));
    }
    pieces
}

/// The kinds of pieces: words and colour.
fn classes(ramp: Ramp) -> Vec<(String, Colour)> {
    let mut classes = ramp.classes();
    classes.push(("closed, still read".to_owned(), CLOSED));
    classes
}

/// A bar for each lane, with a line from its parents.
fn bars(report: &Report, n: usize, run: &RunResult, ramp: Ramp) -> Panel {
    let (order, system) = (ordered(run), &report.systems[n]);
    let (count, lane) = (order.len(), system.names.lane);
    let title = format!(
        "{}: {count} {lane}s in all, by hash key range",
        system.label
    );
    let names: Vec<String> = order
        .iter()
        .rev()
        .map(|l| name(run, &run.lanes[*l]))
        .collect();
    let axis = Axis::names(lane, &names, -0.5, count as f64 - 0.5);
    let mut panel = Panel::over_time(report, title, axis).of(report, n);
    panel.rows = count;
    let place = |row: usize| (count - 1 - row) as f64;
    let (mut tiles, mut births) = (Vec::new(), Vec::new());
    for (row, lane) in order.iter().enumerate() {
        let y = place(row);
        let half = 0.5 - GAP;
        let life = life(run, *lane, report.duration_s, ramp).into_iter();
        tiles.extend(life.map(|(from, to, class)| Tile {
            x: (from, to),
            y: (y - half, y + half),
            class,
        }));
        let born = run.lanes[*lane].opened_s;
        let parents = run.lanes[*lane].parents.iter();
        let rows = parents.filter_map(|parent| order.iter().position(|l| *l == *parent as usize));
        births.extend(rows.map(|parent| vec![(born, place(parent)), (born, y)]));
    }
    panel.add(Series::tiles(lane, TilesOf::Lanes, classes(ramp), tiles).of(n));
    panel.add(Series::parts("from parent to child", Look::plain(Colour::Ink, 2), births).of(n));
    panel
}

/// Each lane as a tile: as wide as it was open, as tall as its part of the hash key space.
fn tiles(report: &Report, n: usize, run: &RunResult, ramp: Ramp) -> Panel {
    let (count, lane) = (run.lanes.len(), report.systems[n].names.lane);
    let title = format!(
        "{}: {count} {lane}s in all; each a tile of the hash key space while it is open",
        report.systems[n].label
    );
    let axis = Axis::between("hash key space", Format::Share, 0.0, 1.0);
    let mut panel = Panel::over_time(report, title, axis).of(report, n);
    let closed = ramp.classes().len();
    let mut tiles = Vec::new();
    for (index, lane) in run.lanes.iter().enumerate() {
        let Some(y) = lane.range else {
            continue;
        };
        let life = life(run, index, report.duration_s, ramp).into_iter();
        let open = life.filter(|piece| piece.2 != closed);
        tiles.extend(open.map(|(from, to, class)| Tile {
            x: (from, to),
            y,
            class,
        }));
    }
    panel.add(Series::tiles(lane, TilesOf::Lanes, classes(ramp), tiles).of(n));
    panel
}

/// When the first and the last lane of each system was born.
fn caption(report: &Report) -> String {
    let sentence = |(n, run): &(usize, &RunResult)| {
        let born = run.lanes.iter().filter(|lane| !lane.parents.is_empty());
        let times: Vec<f64> = born.map(|lane| lane.opened_s).collect();
        let first = times.iter().copied().fold(f64::INFINITY, f64::min);
        let last = times.iter().copied().fold(0.0, f64::max);
        let when = match (report.instant(first), report.instant(last)) {
            (first, last) if first == last => format!("at {first}"),
            (first, last) => format!("the first at {first}, the last at {last}"),
        };
        let system = &report.systems[*n];
        let (count, lane) = (format::count(times.len() as f64), system.names.lane);
        format!(
            "{}: {count} {lane}s came from splits or merges, {when}.",
            system.label
        )
    };
    let sentences: Vec<String> = families(report).iter().map(sentence).collect();
    sentences.join(" ")
}

/// The highest use of any lane in any interval.
fn most(report: &Report) -> f64 {
    let families = families(report).into_iter();
    let points = families.flat_map(|(_, run)| &run.points);
    let used = points.flat_map(|point| &point.utilisation);
    used.map(|used| f64::from(*used)).fold(0.0, f64::max)
}

impl Chart for Lineage {
    const NAME: &'static str = "lineage";
    const TITLE: &'static str = "Shard lineage: born, split, merged, closed";

    fn applies(report: &Report) -> bool {
        !families(report).is_empty()
    }

    fn describe(report: &Report) -> Description {
        let ramp = Ramp::up_to(most(report));
        let mut legend = ramp.legend();
        legend.push(Entry::area("closed, still read", CLOSED));
        let panel = |(n, run): (usize, &RunResult)| match run.lanes.len() {
            0..=BARS_MAX => bars(report, n, run, ramp),
            _ => tiles(report, n, run, ramp),
        };
        let parts = Parts {
            caption: format!("{}{}", caption(report), ramp.words()),
            columns: 1,
            legend,
            panels: families(report).into_iter().map(panel).collect(),
        };
        parts.describe::<Self>(report)
    }
}
