//! What stands around the data of a panel: title, axes with ticks, and the names of marks.

use super::font;
use super::marks;
use super::picture::{Hand, Picture, Rect, Shape, Side};
use crate::report::chart::description::{Axis, Colour, Format, Panel, Tick};

const TITLE: Hand = Hand::new(25, Colour::Ink);
const TICK: Hand = Hand::new(21, Colour::Ink);
const LABEL: Hand = Hand::new(22, Colour::Soft);
/// Between ticks and axis `[px]`.
const TICK_GAP: f64 = 9.0;
/// The height of a row whose name is to be shown `[px]`.
pub(super) const NAME_HEIGHT: f64 = 30.0;
/// The widest names that an axis shows in full `[px]`.
const NAMES_MAX: f64 = 340.0;
/// The most lines of a title.
const TITLE_LINES: usize = 2;
/// The lowest panels `[px]`.
const PLOT_HEIGHT_MIN: f64 = 112.0;

/// What a panel needs around its data `[px]`.
pub(super) struct Room {
    /// For its vertical axis.
    pub left: f64,
    /// The lines of its title.
    pub lines: usize,
    /// The names of its marks in rows above the data.
    pub marks: Vec<marks::Named>,
    /// For its horizontal axis.
    pub below: f64,
    /// Whether the horizontal axis has its label.
    pub labelled: bool,
}

impl Room {
    /// The room of a panel with another one, or none, above it. Marks that the one above names are not named again.
    pub(super) fn of(
        panel: &Panel,
        above: Option<&Panel>,
        left: f64,
        width: f64,
        is_last: bool,
    ) -> Self {
        let named_above = above.is_some_and(|above| above.marks == panel.marks);
        let marks = if named_above || panel.marks.is_empty() {
            Vec::new()
        } else {
            marks::names(&panel.marks, &panel.x, left, width)
        };
        let labelled = is_last || !panel.x.is_time;
        Self {
            left,
            lines: lines(panel, width - left),
            marks,
            below: TICK.height() + TICK_GAP + if labelled { LABEL.height() + 4.0 } else { 2.0 },
            labelled,
        }
    }

    /// What it needs above its data.
    pub(super) fn above(&self) -> f64 {
        let title = match self.lines {
            0 => 12.0,
            lines => lines as f64 * TITLE.height() + 10.0,
        };
        title + marks::height(&self.marks)
    }
}

/// The title of a panel, with the heading of its vertical axis where that has no room beside its data.
fn title(panel: &Panel, high: f64) -> String {
    let heading = panel.y.heading();
    match LABEL.width(&heading) > high {
        true => format!("{} ({heading})", panel.title),
        false => panel.title.clone(),
    }
}

/// The most lines that the title of a panel may take.
fn lines(panel: &Panel, room: f64) -> usize {
    let longest = title(panel, PLOT_HEIGHT_MIN);
    font::wrap(&longest, TITLE.size, false, room, TITLE_LINES).len()
}

/// What a panel needs to the left of its data.
pub(super) fn left(panel: &Panel) -> f64 {
    let widths = panel.y.ticks.iter().map(|tick| TICK.width(&tick.label));
    let ticks = widths.fold(0.0, f64::max).min(NAMES_MAX);
    TICK_GAP + ticks + LABEL.height() + 14.0
}

/// Draws title, marks, grid, ticks and labels around `plot`.
pub(super) fn draw(picture: &mut Picture, panel: &Panel, room: &Room, plot: Rect) {
    marks::shade(picture, panel, plot);
    let top = plot.top - room.above();
    let title = title(panel, plot.height());
    let lines = font::wrap(&title, TITLE.size, false, plot.width(), room.lines);
    for (n, line) in lines.into_iter().enumerate() {
        let y = top + 4.0 + n as f64 * TITLE.height();
        picture.write(line, (plot.left, y), Side::Left, TITLE);
    }
    marks::write(picture, &room.marks, plot);
    vertical(picture, &panel.y, plot);
    horizontal(picture, &panel.x, plot);
    if LABEL.width(&panel.y.heading()) <= plot.height() {
        let at = (
            plot.left - room.left + LABEL.height() / 2.0,
            (plot.top + plot.bottom) / 2.0,
        );
        picture.write_upwards(&panel.y.heading(), at, LABEL);
    }
    if room.labelled {
        let at = (
            (plot.left + plot.right) / 2.0,
            plot.bottom + TICK_GAP + TICK.height(),
        );
        let label = font::shorten(&panel.x.heading(), LABEL.size, false, plot.width());
        picture.write(label, at, Side::Middle, LABEL);
    }
}

/// Frames a panel that is stressed, and draws the axes of the others.
pub(super) fn border(picture: &mut Picture, panel: &Panel, plot: Rect) {
    let (left, right) = (plot.left, plot.right);
    let (top, bottom) = (plot.top, plot.bottom);
    let points = if panel.stressed {
        vec![
            (left, top),
            (right, top),
            (right, bottom),
            (left, bottom),
            (left, top),
        ]
    } else {
        vec![(left, top), (left, bottom), (right, bottom)]
    };
    picture.add(Shape::Path {
        points,
        colour: Colour::Ink,
        width: if panel.stressed { 3 } else { 1 },
    });
}

/// The ticks of an axis that have room: every one, every second, every third and so on.
fn roomy(axis: &Axis, fits: impl Fn(&Tick, &Tick) -> bool) -> Vec<&Tick> {
    let inside = |tick: &&Tick| (-0.001..=1.001).contains(&axis.place(tick.at));
    let ticks: Vec<&Tick> = axis.ticks.iter().filter(inside).collect();
    let every = |stride: &usize| -> Vec<&Tick> { ticks.iter().copied().step_by(*stride).collect() };
    let fitting = (1..=ticks.len().max(1))
        .map(|stride| every(&stride))
        .find(|kept| kept.windows(2).all(|pair| fits(pair[0], pair[1])));
    fitting.unwrap_or_default()
}

fn vertical(picture: &mut Picture, axis: &Axis, plot: Rect) {
    let y = |tick: &Tick| plot.bottom - axis.place(tick.at) * plot.height();
    let fits = |a: &Tick, b: &Tick| (y(a) - y(b)).abs() >= TICK.height() * 1.15;
    for tick in roomy(axis, fits) {
        let y = y(tick);
        if axis.format != Format::Name {
            grid(picture, vec![(plot.left, y), (plot.right, y)]);
        }
        let label = font::shorten_inside(&tick.label, TICK.size, NAMES_MAX);
        let at = (plot.left - TICK_GAP, y - TICK.height() / 2.0);
        picture.write(label, at, Side::Right, TICK);
    }
}

fn horizontal(picture: &mut Picture, axis: &Axis, plot: Rect) {
    let x = |tick: &Tick| plot.left + axis.place(tick.at) * plot.width();
    let half = |tick: &Tick| TICK.width(&tick.label) / 2.0;
    let fits = |a: &Tick, b: &Tick| x(b) - x(a) >= half(a) + half(b) + 14.0;
    for tick in roomy(axis, fits) {
        let x = x(tick);
        if axis.format != Format::Name {
            grid(picture, vec![(x, plot.top), (x, plot.bottom)]);
        }
        // The last label stays inside the picture.
        let middle = x.min(f64::from(picture.width) - half(tick) - 2.0);
        let at = (middle, plot.bottom + TICK_GAP - 2.0);
        picture.write(tick.label.clone(), at, Side::Middle, TICK);
    }
}

fn grid(picture: &mut Picture, points: Vec<(f64, f64)>) {
    picture.add(Shape::Path {
        points,
        colour: Colour::Grid,
        width: 1,
    });
}
