//! Windows of claims: `during az2`, `before az2`, `after az2`, `from "4 min" to "6 min"`.

use super::System;
use crate::probe::figures::{self, Unit};
use crate::probe::{RunResult, outage_figure, outage_value};
use crate::settings::meant;
use crate::units::{Nanos, Quantity, SimTime};
use crate::workload::{Mark, Workload};
use std::collections::{BTreeMap, BTreeSet};

/// What a claim speaks of, besides the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// A part of the run.
    Span(Span),
    /// The entry of this number among all that is done to the system, until the next one.
    Entry(usize),
}

impl Window {
    /// The instants that must cut the run.
    pub(super) fn cuts(self) -> Vec<SimTime> {
        match self {
            Self::Span(span) => vec![span.from, span.to],
            Self::Entry(_) => Vec::new(),
        }
    }
}

/// A part of the run that a claim speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub from: SimTime,
    /// Where it ends.
    pub to: SimTime,
}

impl System {
    /// Everything that is done to the system: the shared timeline first, then its own faults and calls. A name that an
    /// earlier entry has gets a number.
    #[must_use]
    pub fn entries(&self) -> Vec<Mark> {
        let mut marks = self.workload.timeline.marks.clone();
        marks.extend(self.config.marks());
        marks.sort_by_key(|mark| mark.from);
        let (mut taken, mut numbers) = (BTreeSet::new(), BTreeMap::new());
        for mark in &mut marks {
            let own = mark.name.clone();
            let number = numbers.entry(own.clone()).or_insert(1);
            while !taken.insert(mark.name.clone()) {
                *number += 1;
                mark.name = format!("{own}-{number}");
            }
        }
        marks
    }

    /// The instants at which what is done to the system begins and ends, and the end of the warm-up.
    pub(super) fn cuts(&self, warmup: Nanos) -> Vec<SimTime> {
        let entries = self.entries();
        if entries.is_empty() {
            return Vec::new();
        }
        let edges = entries.iter().flat_map(|mark| [mark.from, mark.to]);
        edges.chain([SimTime(warmup.0)]).collect()
    }
}

/// A figure of a run, of a part of it, or of what an entry comes to.
pub(super) fn value(
    run: &RunResult,
    window: Option<Window>,
    name: &str,
    consumer: Option<usize>,
) -> Option<f64> {
    let (from, to) = match window {
        None => return figures::value(run, name, consumer),
        Some(Window::Span(span)) => (span.from, span.to),
        Some(Window::Entry(place)) => {
            if let Some(figure) = outage_figure(name) {
                return outage_value(run, figure, place, consumer);
            }
            let entry = run.parts.entries.get(place)?;
            (entry.mark.from, entry.until)
        }
    };
    figures::value(&run.within(from, to), name, consumer)
}

/// The unit of a figure of a run or of an entry.
#[must_use]
pub fn unit_of(name: &str) -> Option<Unit> {
    let own = figures::by_name(name).map(|(unit, _)| unit);
    own.or_else(|| outage_figure(name).map(|figure| figure.unit))
}

type Failure = (String, String);

/// Reads what stands behind a figure: `during az2`.
pub(super) fn parse(
    text: &str,
    system: &System,
    workload: &Workload,
    warmup: Nanos,
) -> Result<Window, Failure> {
    let text = text.trim();
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (begin, end) = (SimTime(warmup.0), SimTime(workload.duration.0));
    if word == "of" {
        return place(rest, system).map(Window::Entry);
    }
    let window = match word {
        "from" => between(rest, workload.duration)?,
        "during" => during(&entry(rest, system)?)?,
        "before" => Span {
            from: begin,
            to: entry(rest, system)?.from,
        },
        "after" => Span {
            from: entry(rest, system)?.to,
            to: end,
        },
        _ => {
            let help = "write `during <name>`, `before <name>`, `after <name>`, `of <name>` or `from \"4 min\" to \"6 min\"`";
            return Err((format!("`{text}` is no window"), help.to_owned()));
        }
    };
    if window.from >= window.to {
        let help = format!(
            "it would last from {} to {}",
            Nanos(window.from.0),
            Nanos(window.to.0)
        );
        return Err((format!("nothing of the run lies in `{text}`"), help));
    }
    Ok(Window::Span(window))
}

fn during(mark: &Mark) -> Result<Span, Failure> {
    if mark.from == mark.to {
        let message = format!("`{}` happens at an instant and does not last", mark.name);
        return Err((message, format!("write `after {}`", mark.name)));
    }
    Ok(Span {
        from: mark.from,
        to: mark.to,
    })
}

/// The entry of the timeline, of the faults or of the calls of a system that a claim names.
fn entry(name: &str, system: &System) -> Result<Mark, Failure> {
    Ok(system.entries().swap_remove(place(name, system)?))
}

/// The number of this entry.
fn place(name: &str, system: &System) -> Result<usize, Failure> {
    let (name, entries) = (name.trim(), system.entries());
    if let Some(place) = entries.iter().position(|mark| mark.name == name) {
        return Ok(place);
    }
    let known: Vec<&str> = entries.iter().map(|mark| mark.name.as_str()).collect();
    let help = match known.is_empty() {
        true => "nothing is done to it while it runs".to_owned(),
        false => meant(name, &known),
    };
    let message = format!(
        "nothing on the timeline of `{}` is called `{name}`",
        system.label
    );
    Err((message, help))
}

/// `"4 min" to "6 min"`.
fn between(text: &str, duration: Nanos) -> Result<Span, Failure> {
    let help = "write `from \"4 min\" to \"6 min\"`";
    let (from, to) = text
        .split_once(" to ")
        .ok_or_else(|| (format!("`from {text}` has no end"), help.to_owned()))?;
    let instant = |text: &str| {
        let text = text.trim().trim_matches(['"', '\'']);
        Nanos::parse(text).map_err(|message| (message, help.to_owned()))
    };
    let (from, to) = (instant(from)?, instant(to)?.min(duration));
    Ok(Span {
        from: SimTime(from.0),
        to: SimTime(to.0),
    })
}
