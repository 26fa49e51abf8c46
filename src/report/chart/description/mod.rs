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
pub use colour::{Colour, palette};
pub use look::{Dash, Look, Marker};
pub use series::{Data, Series, Tile, TilesOf};

use super::Chart;
use crate::report::{Report, SystemReport};
use serde::Serialize;

/// The version of the form in which descriptions are written. It grows when a reader must change.
pub const SCHEMA: u32 = 1;

/// A chart as data.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// The file name of the chart without ending.
    pub name: &'static str,
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

impl Parts {
    /// The description of the chart `C`.
    pub(super) fn describe<C: Chart>(self, report: &Report) -> Description {
        let (head, name, n) = (report.head(), &report.name, report.replications);
        let mut description = Description {
            name: C::NAME,
            title: C::TITLE.to_owned(),
            subtitle: report.title.clone(),
            caption: self.caption,
            alternative: String::new(),
            footer: format!("{head} · {name} · n = {n} · time series: first replication"),
            columns: self.columns.clamp(1, self.panels.len().max(1)),
            legend: self.legend,
            panels: self.panels,
        };
        description.alternative = words::alternative(&description);
        description
    }
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
