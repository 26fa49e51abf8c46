//! A chart as data: panels with axes, series and marks, a legend, a caption and an alternative text.
//!
//! A chart file builds a [`Description`] once from the report. Renderers draw any description: `draw` as SVG and
//! PNG, `report.js` in a page. `charts.json` of a results folder holds all descriptions.

mod axis;
mod colour;
mod look;
mod series;
mod words;

pub use axis::{Axis, Format, Scale, Tick};
pub(in crate::report::chart) use colour::RGBColor;
pub use colour::{Colour, palette};
pub use look::{Dash, Look, Marker};
pub use series::{Data, Series, Tile, TilesOf};

use super::Chart;
use super::extent::Over;
use crate::report::{Report, SystemReport};
use serde::Serialize;

/// The version of the form in which descriptions are written. It grows when a reader must change.
pub const SCHEMA: u32 = 1;

/// A chart as data.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// The file name of the chart without ending.
    pub name: String,
    /// What the chart shows.
    pub title: String,
    /// The title of the scenario.
    pub subtitle: String,
    /// What to see in this run, computed from its data.
    pub caption: String,
    /// What a screen reader says in place of the picture.
    pub alternative: String,
    /// Version, seed, scenario and replications.
    pub footer: String,
    /// How many panels stand side by side.
    pub columns: usize,
    /// What colours and strokes stand for.
    pub legend: Vec<Entry>,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
}

/// An entry of a legend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its words.
    pub label: String,
    /// How it is drawn.
    pub look: Look,
    /// Whether it stands for an area and not for a line.
    pub filled: bool,
    /// The system that it stands for, if it stands for one: a page switches its series on and off.
    pub system: Option<usize>,
}

/// A part of a chart with axes of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Panel {
    /// What it shows.
    pub title: String,
    /// The system that it shows, if it shows only one.
    pub system: Option<usize>,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, from back to front.
    pub series: Vec<Series>,
    /// Instants and spans that are marked.
    pub marks: Vec<Mark>,
    /// Words in the middle of a panel that has nothing to draw.
    pub note: String,
    /// Whether a frame stresses it.
    pub stressed: bool,
    /// Values that stand beside their places.
    pub labels: Vec<Label>,
    /// How many rows of names its vertical axis has; a picture grows until they have room.
    pub rows: usize,
}

/// A text at a place of a panel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Label {
    /// Its place on the horizontal axis.
    pub x: f64,
    /// Its place on the vertical axis.
    pub y: f64,
    /// What it says.
    pub text: String,
    /// The width of the cell that it stands in the middle of, in units of the horizontal axis; without a cell it
    /// stands to the right of its place. A text that is wider than its cell is left out.
    pub cell: Option<f64>,
    /// Its colour.
    pub colour: Colour,
}

/// An instant or a span of time that a panel marks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Where it begins `[s]`.
    pub from: f64,
    /// Where it ends `[s]`, the same for an instant.
    pub to: f64,
    /// What happens.
    pub label: String,
}

impl Entry {
    /// An entry for lines.
    pub(super) fn line(label: impl Into<String>, look: Look) -> Self {
        Self {
            label: label.into(),
            look,
            filled: false,
            system: None,
        }
    }

    /// An entry for areas.
    pub(super) fn area(label: impl Into<String>, colour: Colour) -> Self {
        Self {
            label: label.into(),
            look: Look::plain(colour, 1),
            filled: true,
            system: None,
        }
    }

    /// The entry stands for a system.
    pub(super) fn of(mut self, system: usize) -> Self {
        self.system = Some(system);
        self
    }
}

impl Label {
    /// A text to the right of a place.
    pub(super) fn beside(at: (f64, f64), text: String) -> Self {
        Self {
            x: at.0,
            y: at.1,
            text,
            cell: None,
            colour: Colour::Ink,
        }
    }
}

impl Panel {
    /// A panel with the time of a run as its horizontal axis.
    pub(super) fn over_time(report: &Report, title: impl Into<String>, y: Axis) -> Self {
        let marks = report.marks.iter().map(|mark| Mark {
            from: mark.from.as_secs_f64(),
            to: mark.to.as_secs_f64(),
            label: mark.text.clone(),
        });
        Self {
            marks: marks.collect(),
            ..Self::new(title, Axis::time(report.duration_s), y)
        }
    }

    /// A panel without marks.
    pub(super) fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            system: None,
            x,
            y,
            series: Vec::new(),
            marks: Vec::new(),
            note: String::new(),
            stressed: false,
            labels: Vec::new(),
            rows: 0,
        }
    }

    /// The panel shows one system: marks of the others are left out, and its own need not name it.
    pub(super) fn of(mut self, report: &Report, system: usize) -> Self {
        self.system = Some(system);
        let own = report.systems[system].label.as_str();
        let is_label = |word: &str| report.systems.iter().any(|system| system.label == word);
        self.marks.retain_mut(|mark| {
            let Some((of, what)) = mark.label.split_once(": ") else {
                return true;
            };
            if of == own {
                mark.label = what.to_owned();
                return true;
            }
            !is_label(of)
        });
        self
    }

    /// Adds a line for each of some systems, which are given by their numbers.
    pub(super) fn overlay(mut self, report: &Report, lines: Vec<(usize, Over)>) -> Self {
        for (n, points) in lines {
            let look = Look::system(n, report.systems.len());
            self.add(Series::line(&report.systems[n].label, look, points).of(n));
        }
        self
    }

    /// Adds a series.
    pub(super) fn add(&mut self, series: Series) {
        self.series.push(series);
    }
}

/// Builds the description of a chart from its parts.
pub(super) struct Parts {
    /// What to see in this run.
    pub caption: String,
    /// How many panels stand side by side.
    pub columns: usize,
    /// What colours and strokes stand for.
    pub legend: Vec<Entry>,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
}

/// The texts around the panels of a chart.
pub(super) struct Around {
    /// The file name of the chart without ending.
    pub name: String,
    /// What the chart shows.
    pub title: String,
    /// What it belongs to.
    pub subtitle: String,
    /// Version, seed, scenario and replications.
    pub footer: String,
}

impl Parts {
    /// No parts yet, with so many panels side by side.
    pub(super) fn empty(columns: usize) -> Self {
        Self {
            caption: String::new(),
            columns,
            legend: Vec::new(),
            panels: Vec::new(),
        }
    }

    /// The description of the chart `C`.
    pub(super) fn describe<C: Chart>(mut self, report: &Report) -> Description {
        let shared = self
            .panels
            .iter_mut()
            .filter(|panel| panel.system.is_none());
        shared.for_each(|panel| together(&mut panel.marks, report));
        let (head, name, n) = (report.head(), &report.name, report.replications);
        self.build(Around {
            name: C::NAME.to_owned(),
            title: C::TITLE.to_owned(),
            subtitle: report.title.clone(),
            footer: format!("{head} · {name} · n = {n} · time series: first replication"),
        })
    }

    /// The description with these texts around it.
    pub(super) fn build(self, around: Around) -> Description {
        let mut description = Description {
            name: around.name,
            title: around.title,
            subtitle: around.subtitle,
            caption: self.caption,
            alternative: String::new(),
            footer: around.footer,
            columns: self.columns.clamp(1, self.panels.len().max(1)),
            legend: self.legend,
            panels: self.panels,
        };
        description.alternative = words::alternative(&description);
        description
    }
}

/// Names once what happens to several systems at the same time.
fn together(marks: &mut Vec<Mark>, report: &Report) {
    let is_label = |word: &str| report.systems.iter().any(|system| system.label == word);
    let what = |mark: &Mark| {
        let (of, what) = mark.label.split_once(": ")?;
        is_label(of).then(|| what.to_owned())
    };
    let alike = |a: &Mark, b: &Mark| {
        let same_time = a.from.to_bits() == b.from.to_bits() && a.to.to_bits() == b.to.to_bits();
        same_time && what(a).is_some() && what(a) == what(b)
    };
    let mut kept: Vec<(Mark, usize)> = Vec::new();
    for mark in marks.drain(..) {
        match kept.iter_mut().find(|(known, _)| alike(known, &mark)) {
            Some((_, count)) => *count += 1,
            None => kept.push((mark, 1)),
        }
    }
    marks.extend(kept.into_iter().map(|(mut mark, count)| {
        if let Some(what) = what(&mark).filter(|_| count > 1) {
            mark.label = format!("{what} on {count} systems");
        }
        mark
    }));
}

/// How many panels stand side by side, where each system has one.
pub(super) fn columns(panels: usize) -> usize {
    match panels {
        0..=4 => 1,
        5..=8 => 2,
        _ => 3,
    }
}

/// A legend with a line for each system.
pub(super) fn systems(report: &Report) -> Vec<Entry> {
    let entry = |(n, system): (usize, &SystemReport)| {
        Entry::line(&system.label, Look::system(n, report.systems.len())).of(n)
    };
    report.systems.iter().enumerate().map(entry).collect()
}
