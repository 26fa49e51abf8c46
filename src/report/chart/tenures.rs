//! Lanes over time as coloured rows: who serves each, and with how many copies. Where lanes are too many
//! for rows, those that began at the same host are stacked into a block, exact in their numbers.

use super::style::{self, Frame, INK};
use super::{Area, Drawn};
use crate::probe::RunResult;
use crate::report::{Report, SystemReport};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The most lanes with a row of their own.
pub(super) const ROWS_MAX: usize = 120;
/// The columns of stacked blocks.
const COLUMNS: usize = 400;
/// Rows or blocks less tall than this have no room for their names `[px]`.
const NAME_HEIGHT: f64 = 20.0;
/// More marks than this are not drawn over the rows.
const EDGES_MAX: usize = 12;
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
    /// The colour of a kind.
    pub colour: &'a dyn Fn(u32) -> RGBColor,
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

/// A coloured rectangle: from, to `[s]`, lower and upper edge, kind.
type Tile = (f64, f64, f64, f64, u32);

/// How the rows of a panel lie: a row for each lane, the first on top.
struct Rows {
    /// How many there are.
    count: f64,
    /// The upper end of the axis: names of marks have a band of their own above the rows.
    top: f64,
    /// The height of a row `[pixels]`.
    pixels: f64,
}

impl Rows {
    fn of<DB: DrawingBackend>(
        panel: &Area<DB>,
        report: &Report,
        lanes: usize,
        bottom: bool,
    ) -> Self {
        let below = if bottom { 120.0 } else { 84.0 };
        let tall = (f64::from(panel.dim_in_pixel().1) - below).max(50.0);
        let band = match report.marks.len() {
            0 => 0.0,
            marks => 14.0 + 22.0 * marks.min(3) as f64,
        };
        let (count, room) = (lanes.max(1) as f64, (tall - band).max(30.0));
        Self {
            count,
            top: count * tall / room,
            pixels: room / count,
        }
    }

    /// Whether each row has room for its name.
    fn are_named(&self) -> bool {
        self.pixels >= NAME_HEIGHT
    }
}

/// Draws all lanes of a system.
pub(super) fn draw<DB: DrawingBackend>(
    panel: &Area<DB>,
    report: &Report,
    system: &SystemReport,
    run: &RunResult,
    view: &View<'_>,
    bottom: bool,
) -> Drawn<DB> {
    let all = spells(run, report.duration_s);
    let blocks = blocks(run, &all);
    let lanes: usize = blocks.iter().map(|block| block.lanes.len()).sum();
    let rows = Rows::of(panel, report, lanes, bottom);
    let named = rows.are_named();
    let title = format!("{}: {}", system.label, view.title);
    let label = if named {
        system.names.lane
    } else {
        "first leader"
    };
    let frame = Frame::wide(&title, label, bottom);
    let no_label = |_: &f64| String::new();
    let mut chart = frame.draw(panel, report, 0.0..rows.top, &no_label, (0.0, rows.top))?;
    let (_, per_unit) = style::time_unit(report.duration_s);
    let ground = [(0.0, 0.0), (report.duration_s / per_unit, rows.count)];
    chart.draw_series([Rectangle::new(ground, WHITE.filled())])?;
    let names = if named {
        numbers(run, &blocks)
    } else {
        hosts(run, &blocks, rows.pixels)
    };
    chart.draw_series(names.into_iter().map(|(at, words)| {
        let place = style::text(20).pos(Pos::new(HPos::Right, VPos::Center));
        EmptyElement::at((0.0, rows.count - at)) + Text::new(words, (-10, 0), place)
    }))?;
    let mut y = rows.count;
    for block in &blocks {
        let below = y - block.lanes.len() as f64;
        let tiles = if lanes > ROWS_MAX {
            stack(&all, block, below, report.duration_s, view)
        } else {
            let gap = if rows.pixels >= 8.0 { 0.08 } else { 0.0 };
            each(&all, block, y, report.duration_s, view, gap)
        };
        chart.draw_series(tiles.into_iter().map(|(from, to, low, high, class)| {
            let corners = [(from / per_unit, low), (to / per_unit, high)];
            Rectangle::new(corners, (view.colour)(class).filled())
        }))?;
        if !named && blocks.len() <= 60 {
            let line = vec![(0.0, below), (report.duration_s / per_unit, below)];
            chart.draw_series([PathElement::new(line, WHITE.stroke_width(2))])?;
        }
        y = below;
    }
    for at in edges(report) {
        let line = [(at / per_unit, 0.0), (at / per_unit, rows.count)];
        chart.draw_series(DashedLineSeries::new(line, 6, 6, INK.stroke_width(2)))?;
    }
    Ok(())
}

/// Where marks begin and end, which the rows would hide.
fn edges(report: &Report) -> Vec<f64> {
    let marks = report
        .marks
        .iter()
        .filter(|_| report.marks.len() <= EDGES_MAX);
    marks
        .flat_map(|mark| [mark.from.as_secs_f64(), mark.to.as_secs_f64()])
        .collect()
}

/// Numbers of lanes, and how far down `[rows]` they are written.
fn numbers(run: &RunResult, blocks: &[Block]) -> Vec<(f64, String)> {
    let number = |(row, lane): (usize, &usize)| {
        let name = run.lanes[*lane].name.as_str();
        (
            row as f64 + 0.5,
            name.rsplit(['-', ' ']).next().unwrap_or(name).to_owned(),
        )
    };
    blocks
        .iter()
        .flat_map(|block| &block.lanes)
        .enumerate()
        .map(number)
        .collect()
}

/// Names of the hosts at which blocks began, or of their zones where there is no room for hosts.
fn hosts(run: &RunResult, blocks: &[Block], pixels: f64) -> Vec<(f64, String)> {
    let fits = |rows: usize| rows as f64 * pixels >= NAME_HEIGHT;
    let by_host = blocks.iter().all(|block| fits(block.lanes.len()));
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
        fits(rows).then_some((middle, name))
    };
    parts.into_iter().filter_map(place).collect()
}

/// A row for each lane; what is grave is never too short to be seen.
fn each(
    all: &[Vec<Spell>],
    block: &Block,
    high: f64,
    end: f64,
    view: &View<'_>,
    gap: f64,
) -> Vec<Tile> {
    let least = end / COLUMNS as f64;
    let mut tiles: Vec<Tile> = Vec::new();
    for (row, lane) in block.lanes.iter().enumerate() {
        let y = high - row as f64;
        let mut pieces: Vec<Tile> = Vec::new();
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
fn stack(all: &[Vec<Spell>], block: &Block, low: f64, end: f64, view: &View<'_>) -> Vec<Tile> {
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
