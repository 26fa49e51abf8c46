//! `[[expect]]`: what a scenario claims about its own outcome, checked on every replication.
//!
//! `that = "kinesis.refused_of_offered > 5 %"` compares a figure of a system, or of one consumer
//! (`msk.fraud.delivery_p99`), with a quantity or with another figure, perhaps times a number
//! (`kinesis.append_p99 > 3 * msk.append_p99`). A figure may be that of a window: `msk.delivery_p99 during az2`.

use super::System;
use super::window::{self, Window};
use crate::probe::figures::{self, CONSUMER_FIGURES, FIGURES, Unit};
use crate::probe::{Limit, OUTAGE_FIGURES, RunResult};
use crate::settings::{Section, meant};
use crate::units::{ByteRate, Nanos, Quantity, RecordRate, Share};
use crate::workload::Workload;

/// A claim about the outcome.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The claim as it is written.
    pub that: String,
    /// Why it should hold.
    pub why: String,
    /// Left of the sign.
    pub left: Operand,
    /// The sign.
    pub comparison: Comparison,
    /// Right of the sign.
    pub right: Operand,
}

/// One side of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A quantity in base units.
    Value(f64),
    /// A figure of a system, times a number.
    Figure {
        /// The number.
        times: f64,
        /// The index of the system.
        system: usize,
        /// The index of the consumer; `None` is the worst one.
        consumer: Option<usize>,
        /// The figure's name.
        name: &'static str,
        /// The part of the run that it is taken from; `None` is the whole run or its measured window, as the figure says.
        window: Option<Window>,
    },
}

/// The sign of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

impl Operand {
    /// Its value in one replication; `runs` are in the order of the systems.
    #[must_use]
    pub fn value(&self, runs: &[&RunResult]) -> Option<f64> {
        match self {
            Self::Value(value) => Some(*value),
            Self::Figure {
                times,
                system,
                consumer,
                name,
                window,
            } => {
                let run = runs.get(*system)?;
                Some(times * window::value(run, *window, name, *consumer)?)
            }
        }
    }
}

impl Operand {
    /// The window that it takes of the system of this number, if it takes one.
    pub(super) fn window_of(&self, of: usize) -> Option<Window> {
        match self {
            Self::Figure { system, window, .. } if *system == of => *window,
            Self::Figure { .. } | Self::Value(_) => None,
        }
    }
}

impl Expect {
    /// Both sides in one replication and whether the claim holds there; a figure that was not
    /// measured makes it fail.
    #[must_use]
    pub fn check(&self, runs: &[&RunResult]) -> (Option<f64>, Option<f64>, bool) {
        let (left, right) = (self.left.value(runs), self.right.value(runs));
        let holds = left
            .zip(right)
            .is_some_and(|(left, right)| self.comparison.holds(left, right));
        (left, right, holds)
    }
}

impl Expect {
    /// Whether the claim would hold if its left side were `left`; `None` if it compares two figures.
    #[must_use]
    pub fn would_hold(&self, left: f64) -> Option<bool> {
        match self.right {
            Operand::Value(right) => Some(self.comparison.holds(left, right)),
            Operand::Figure { .. } => None,
        }
    }

    /// How far a value of the left side is from what the claim allows at most, as a share of it; `None` for claims
    /// that allow no range upwards.
    #[must_use]
    pub fn headroom(&self, left: f64) -> Option<f64> {
        match (self.comparison, &self.right) {
            (Comparison::Less | Comparison::LessOrEqual, Operand::Value(right)) if *right > 0.0 => {
                Some(1.0 - left / right)
            }
            _ => None,
        }
    }
}

impl Comparison {
    #[expect(
        clippy::float_cmp,
        reason = "`==` compares counts, which are whole numbers"
    )]
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
        }
    }
}

/// Reads `[[expect]]`.
pub(super) fn read_all(root: &Section<'_>, ground: &Ground<'_>) -> Vec<Expect> {
    let read = |section: Section<'_>| {
        let that: String = section.need("that");
        let why: String = section.or("why", String::new());
        if that.is_empty() {
            return None;
        }
        match parse(&that, ground) {
            Ok((left, comparison, right)) => Some(Expect {
                that,
                why,
                left,
                comparison,
                right,
            }),
            Err((message, help)) => {
                section.problem("that", message, help);
                None
            }
        }
    };
    root.list("expect").into_iter().filter_map(read).collect()
}

type Failure = (String, String);

/// What claims may name.
pub(super) struct Ground<'a> {
    /// The systems, in their order.
    pub(super) systems: &'a [System],
    /// Consumers and the length of the run.
    pub(super) workload: &'a Workload,
    /// What is discarded at the beginning.
    pub(super) warmup: Nanos,
}

fn parse(that: &str, ground: &Ground<'_>) -> Result<(Operand, Comparison, Operand), Failure> {
    const SIGNS: [(&str, Comparison); 6] = [
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    let found = SIGNS
        .iter()
        .find_map(|(sign, comparison)| Some((that.split_once(sign)?, *comparison)));
    let Some(((left, right), comparison)) = found else {
        return Err((
            format!("`{that}` compares nothing"),
            "write `system.figure < value`".to_owned(),
        ));
    };
    let left = operand(left.trim(), None, ground)?;
    let Operand::Figure { name, .. } = left else {
        return Err((
            format!("`{that}` begins with a value"),
            "begin with `system.figure`".to_owned(),
        ));
    };
    let unit = window::unit_of(name);
    let right = operand(right.trim(), unit, ground)?;
    Ok((left, comparison, right))
}

fn operand(text: &str, unit: Option<Unit>, ground: &Ground<'_>) -> Result<Operand, Failure> {
    let (times, path) = match text.split_once('*') {
        Some((number, path)) => match number.trim().parse::<f64>() {
            Ok(times) if times.is_finite() => (times, path.trim()),
            _ => {
                return Err((
                    format!("`{}` is not a number", number.trim()),
                    "write `2 * system.figure`".to_owned(),
                ));
            }
        },
        None => (1.0, text),
    };
    if !path.starts_with(|c: char| c.is_ascii_lowercase()) {
        return quantity(path, unit).map(|value| Operand::Value(times * value));
    }
    figure(path, times, ground)
}

/// The figure that `system.figure` or `system.consumer.figure` names.
fn figure(text: &str, times: f64, ground: &Ground<'_>) -> Result<Operand, Failure> {
    let (path, window) = match text.split_once(' ') {
        Some((path, window)) => (path, Some(window)),
        None => (text, None),
    };
    let parts: Vec<&str> = path.split('.').collect();
    let (label, consumer, name) = match parts[..] {
        [label, name] => (label, None, name),
        [label, consumer, name] => (label, Some(consumer), name),
        _ => {
            return Err((
                format!("`{path}` is not of the form `system.figure`"),
                "as in `msk.lost`".to_owned(),
            ));
        }
    };
    let labels: Vec<&str> = ground
        .systems
        .iter()
        .map(|system| system.label.as_str())
        .collect();
    let system = place("system", label, &labels)?;
    let consumers = ground.workload.consumers.iter();
    let consumers: Vec<&str> = consumers.map(|consumer| consumer.name.as_str()).collect();
    let consumer = consumer.map(|name| place("consumer", name, &consumers));
    let consumer = consumer.transpose()?;
    let of_consumers = CONSUMER_FIGURES.iter().map(|figure| figure.name);
    let of_systems = FIGURES
        .iter()
        .map(|figure| figure.name)
        .filter(|_| consumer.is_none());
    let of_entries = OUTAGE_FIGURES.iter().map(|figure| figure.name);
    let of_entries = of_entries.filter(|_| window.is_some_and(|window| window.starts_with("of ")));
    let limits = Limit::ALL.iter().map(|limit| limit.figure());
    let known: Vec<&'static str> = of_systems
        .chain(of_consumers)
        .chain(limits)
        .chain(of_entries)
        .collect();
    let name = known[place("figure", name, &known)?];
    Ok(Operand::Figure {
        times,
        system,
        consumer,
        name,
        window: window
            .map(|window| window_of(window, name, &ground.systems[system], ground))
            .transpose()?,
    })
}

fn window_of(
    text: &str,
    figure: &str,
    system: &System,
    ground: &Ground<'_>,
) -> Result<Window, Failure> {
    if !figures::has_windows(figure) {
        let message = format!("`{figure}` is a figure of the whole run");
        return Err((message, "leave the window out".to_owned()));
    }
    window::parse(text, system, ground.workload, ground.warmup)
}

/// The place of a name among those that are known.
fn place(what: &str, name: &str, known: &[&str]) -> Result<usize, Failure> {
    let found = known.iter().position(|known| *known == name);
    found.ok_or_else(|| (format!("no {what} is called `{name}`"), meant(name, known)))
}

fn quantity(text: &str, unit: Option<Unit>) -> Result<f64, Failure> {
    let value = match unit {
        Some(Unit::Seconds) => Nanos::parse(text).map(Nanos::as_secs_f64),
        Some(Unit::Share) => Share::parse(text).map(Share::fraction),
        Some(Unit::RecordsPerS) => RecordRate::parse(text).map(RecordRate::per_s),
        Some(Unit::BytesPerS) => ByteRate::parse(text).map(|rate| rate.0 as f64),
        Some(Unit::Usd) => dollars(text),
        Some(Unit::Count) | None => text
            .parse::<f64>()
            .map_err(|_| format!("`{text}` is not a number")),
    };
    let expected = match unit {
        Some(Unit::Seconds) => Nanos::EXPECTED,
        Some(Unit::Share) => Share::EXPECTED,
        Some(Unit::RecordsPerS) => RecordRate::EXPECTED,
        Some(Unit::BytesPerS) => ByteRate::EXPECTED,
        Some(Unit::Usd) => "an amount like \"12.50 USD\"",
        Some(Unit::Count) | None => "a number of records",
    };
    value.map_err(|message| (message, format!("expected {expected}")))
}

/// `12.50 USD`.
fn dollars(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("USD").map(str::trim);
    let number = number.filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    let value = number
        .and_then(|number| number.parse::<f64>().ok())
        .filter(|value| value.is_finite());
    value.ok_or_else(|| format!("`{text}` is not an amount of money"))
}
