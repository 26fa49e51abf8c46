//! Lanes over time as coloured rows: who serves each, and with how many copies. Where lanes are too many
//! for rows, those that began at the same host are stacked into a block, exact in their numbers.

use super::description::{Axis, Colour, Look, Panel, Series, Tick, Tile, TilesOf};
use crate::probe::RunResult;
use crate::report::Report;

/// The most lanes with a row of their own.
pub(super) const ROWS_MAX: usize = 120;
/// The columns of stacked blocks.
const COLUMNS: usize = 400;
/// The most lanes whose rows have names of their own.
const NAMED_MAX: usize = 24;
/// The most hosts whose names stand beside their blocks.
const HOSTS_MAX: usize = 9;
/// The most blocks that lines part.
const BLOCKS_MAX: usize = 60;
/// The class of what is offline, graver than all others.
pub(super) const GRAVEST: u32 = u32::MAX;

/// A stretch of time in which neither host nor copies of a lane change.
pub(super) struct Spell {
    /// Its beginning `[s]`.
    pub from: f64,
    /// Its end `[s]`.
    pub to: f64,
    /// The host, or none while the lane is offline.
    pub host: Option<u32>,
    /// Copies in sync.
    pub copies: u32,
}

/// The spells of every lane until `end`.
pub(super) fn spells(run: &RunResult, end: f64) -> Vec<Vec<Spell>> {
    let mut all: Vec<Vec<Spell>> = run.lanes.iter().map(|_| Vec::new()).collect();
    for tenure in &run.tenures {
        let Some(spells) = all.get_mut(tenure.lane as usize) else {
            continue;
        };
        let (from, to) = (
            tenure.t,
            run.lanes[tenure.lane as usize].closed_s.unwrap_or(end),
        );
        if let Some(last) = spells.last_mut() {
            last.to = from;
        }
        spells.retain(|spell| spell.to > spell.from);
        spells.push(Spell {
            from,
            to,
            host: tenure.host,
            copies: tenure.copies,
        });
    }
    all
}

/// How spells are shown.
pub(super) struct View<'a> {
    /// What kind a spell is; where there is room for one only, the highest is shown.
    pub class: &'a dyn Fn(&Spell) -> u32,
    /// The words and the colour of a kind.
    pub kind: &'a dyn Fn(u32) -> (String, Colour),
    /// What the title says besides the name of the system.
    pub title: String,
}

/// Lanes that were first served by the same host.
struct Block {
    host: Option<u32>,
    lanes: Vec<usize>,
}

/// The blocks by zone and number of their hosts.
fn blocks(run: &RunResult, all: &[Vec<Spell>]) -> Vec<Block> {
    let first = |lane: usize| all[lane].iter().find_map(|spell| spell.host);
    let zone = |host: Option<u32>| {
        let host = host.and_then(|host| run.hosts.get(host as usize));
        host.map_or(u32::MAX, |host| host.zone)
    };
    let mut lanes: Vec<usize> = (0..all.len())
        .filter(|lane| !all[*lane].is_empty())
        .collect();
    lanes.sort_by_key(|lane| (zone(first(*lane)), first(*lane), *lane));
    let mut blocks: Vec<Block> = Vec::new();
    for lane in lanes {
        match blocks.last_mut() {
            Some(block) if block.host == first(lane) => block.lanes.push(lane),
            _ => blocks.push(Block {
                host: first(lane),
                lanes: vec![lane],
            }),
        }
    }
    blocks
}

/// A rectangle with its kind: from, to `[s]`, lower and upper edge, kind.
type Piece = (f64, f64, f64, f64, u32);

/// The panel of a system.
pub(super) fn panel(report: &Report, n: usize, run: &RunResult, view: &View<'_>) -> Panel {
    let all = spells(run, report.duration_s);
    let blocks = blocks(run, &all);
    let lanes: usize = blocks.iter().map(|block| block.lanes.len()).sum();
    let system = &report.systems[n];
    let named = lanes <= NAMED_MAX;
    let ticks = if named {
        numbers(run, &blocks)
    } else {
        hosts(run, &blocks)
    };
    let label = if named {
        system.names.lane
    } else {
        "first leader"
    };
    let mut axis = Axis::names(label, &[], 0.0, lanes.max(1) as f64);
    axis.ticks = ticks
        .into_iter()
        .rev()
        .map(|(down, label)| Tick {
            at: lanes as f64 - down,
            label,
        })
        .collect();
    let title = format!("{}: {}", system.label, view.title);
    let mut panel = Panel::over_time(report, title, axis).of(report, n);
    panel.rows = if named { lanes } else { 0 };
    panel.add(series(view, pieces(&all, &blocks, lanes, report.duration_s, view)).of(n));
    if !named && blocks.len() <= BLOCKS_MAX {
        panel.add(borders(&blocks, lanes, report.duration_s));
    }
    panel
}

/// All rectangles of a panel.
fn pieces(
    all: &[Vec<Spell>],
    blocks: &[Block],
    lanes: usize,
    end: f64,
    view: &View<'_>,
) -> Vec<Piece> {
    let mut y = lanes as f64;
    let mut pieces = Vec::new();
    for block in blocks {
        let below = y - block.lanes.len() as f64;
        pieces.extend(if lanes > ROWS_MAX {
            stack(all, block, below, end, view)
        } else {
            let gap = if lanes <= NAMED_MAX { 0.08 } else { 0.0 };
            each(all, block, y, end, view, gap)
        });
        y = below;
    }
    pieces
}

/// Rectangles with the words and colours of the kinds that occur.
fn series(view: &View<'_>, pieces: Vec<Piece>) -> Series {
    let mut kinds: Vec<u32> = pieces.iter().map(|piece| piece.4).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let tile = |(from, to, low, high, kind): Piece| Tile {
        x: (from, to),
        y: (low, high),
        class: kinds.binary_search(&kind).unwrap_or(0),
    };
    let tiles = pieces.into_iter().map(tile).collect();
    let classes = kinds.iter().map(|kind| (view.kind)(*kind)).collect();
    Series::tiles("state", TilesOf::Lanes, classes, tiles)
}

/// Lines between blocks.
fn borders(blocks: &[Block], lanes: usize, end: f64) -> Series {
    let mut y = lanes as f64;
    let line = |block: &Block| {
        y -= block.lanes.len() as f64;
        vec![(0.0, y), (end, y)]
    };
    let lines = blocks.iter().map(line).collect();
    Series::parts(
        "between first leaders",
        Look::plain(Colour::Paper, 2),
        lines,
    )
}

/// Numbers of lanes, and how far down `[rows]` they are written.
fn numbers(run: &RunResult, blocks: &[Block]) -> Vec<(f64, String)> {
    let number = |(row, lane): (usize, &usize)| {
        let name = run.lanes[*lane].name.as_str();
        let number = name.rsplit(['-', ' ']).next().unwrap_or(name);
        (row as f64 + 0.5, number.to_owned())
    };
    let lanes = blocks.iter().flat_map(|block| &block.lanes);
    lanes.enumerate().map(number).collect()
}

/// Names of the hosts at which blocks began, or of their zones where there are many blocks.
fn hosts(run: &RunResult, blocks: &[Block]) -> Vec<(f64, String)> {
    let by_host = blocks.len() <= HOSTS_MAX;
    let mut parts: Vec<(String, usize)> = Vec::new();
    for block in blocks {
        let host = block.host.and_then(|host| run.hosts.get(host as usize));
        let name = host.map_or(String::new(), |host| match by_host {
            true => host.name.clone(),
            false => format!("az{}", host.zone + 1),
        });
        match parts.last_mut() {
            Some((last, rows)) if *last == name => *rows += block.lanes.len(),
            _ => parts.push((name, block.lanes.len())),
        }
    }
    let mut down = 0;
    let place = |(name, rows): (String, usize)| {
        let middle = down as f64 + rows as f64 / 2.0;
        down += rows;
        (middle, name)
    };
    parts.into_iter().map(place).collect()
}

/// A row for each lane; what is grave is never too short to be seen.
fn each(
    all: &[Vec<Spell>],
    block: &Block,
    high: f64,
    end: f64,
    view: &View<'_>,
    gap: f64,
) -> Vec<Piece> {
    let least = end / COLUMNS as f64;
    let mut tiles: Vec<Piece> = Vec::new();
    for (row, lane) in block.lanes.iter().enumerate() {
        let y = high - row as f64;
        let mut pieces: Vec<Piece> = Vec::new();
        for spell in &all[*lane] {
            let class = (view.class)(spell);
            match pieces.last_mut() {
                Some(last) if last.4 == class => last.1 = spell.to,
                _ => pieces.push((spell.from, spell.to, y - 1.0 + gap, y - gap, class)),
            }
        }
        pieces
            .iter_mut()
            .for_each(|piece| piece.1 = piece.1.max(piece.0 + least).min(end));
        pieces.sort_by_key(|piece| piece.4);
        tiles.extend(pieces);
    }
    tiles
}

/// The lanes of a block stacked by kind, column by column, with neighbours that are alike joined.
fn stack(all: &[Vec<Spell>], block: &Block, low: f64, end: f64, view: &View<'_>) -> Vec<Piece> {
    let width = end / COLUMNS as f64;
    let mut columns: Vec<Vec<u32>> = vec![Vec::new(); COLUMNS];
    for lane in &block.lanes {
        let mut kinds: Vec<Option<u32>> = vec![None; COLUMNS];
        for spell in &all[*lane] {
            let class = (view.class)(spell);
            let first = (libm::floor(spell.from / width) as usize).min(COLUMNS - 1);
            let last = (libm::ceil(spell.to / width) as usize).clamp(first + 1, COLUMNS);
            kinds[first..last]
                .iter_mut()
                .for_each(|kind| *kind = (*kind).max(Some(class)));
        }
        columns
            .iter_mut()
            .zip(kinds)
            .for_each(|(column, kind)| column.extend(kind));
    }
    columns.iter_mut().for_each(|column| column.sort_unstable());
    let mut tiles = Vec::new();
    let mut begin = 0;
    for column in 1..=COLUMNS {
        if column < COLUMNS && columns[column] == columns[begin] {
            continue;
        }
        let mut y = low;
        for alike in columns[begin].chunk_by(|a, b| a == b) {
            let high = y + alike.len() as f64;
            tiles.push((
                begin as f64 * width,
                column as f64 * width,
                y,
                high,
                alike[0],
            ));
            y = high;
        }
        begin = column;
    }
    tiles
}
