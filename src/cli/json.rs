//! Results as JSON for programs: `--format json` is one document, `--format ndjson` one line for each item.
//!
//! `docs/FORMATS.md` describes the forms. Standard output has nothing else; messages go to standard error.

mod check;
mod compare;
mod facts;
mod run;
mod search;

pub(super) use check::{Checked, Listed};
pub(super) use compare::Compared;
pub(super) use facts::Told;
pub(super) use run::Ran;
pub(super) use search::{Cell, FamilySize, Limited, Swept};

use super::{Failure, output, print};
use crate::report::format::machine;
use crate::stats::Interval;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::path::Path;

/// The version of all forms; it grows when a program that read the old form could misread the new one.
const VERSION: u64 = 1;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// One JSON object a line
    Ndjson,
}

/// What the items of a document are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The name of the form, such as `streamduel/run`.
    pub name: &'static str,
    /// The key of the items in a document.
    pub items: &'static str,
}

impl Form {
    pub(super) const RUN: Self = Self::new("streamduel/run", "runs");
    pub(super) const CHECK: Self = Self::new("streamduel/check", "files");
    pub(super) const LIST: Self = Self::new("streamduel/list", "scenarios");
    pub(super) const FACTS: Self = Self::new("streamduel/facts", "facts");
    pub(super) const COMPARE: Self = Self::new("streamduel/compare", "comparisons");
    pub(super) const DOCUMENT: Self = Self::new("streamduel/document", "documents");
    pub(super) const SWEEP: Self = Self::new("streamduel/sweep", "points");
    pub(super) const SIZE: Self = Self::new("streamduel/size", "families");
    pub(super) const LIMIT: Self = Self::new("streamduel/limit", "limits");
    pub(super) const ATLAS: Self = Self::new("streamduel/atlas", "cells");

    const fn new(name: &'static str, items: &'static str) -> Self {
        Self { name, items }
    }
}

/// What every document and every line begins with.
#[derive(Serialize)]
struct Head {
    format: &'static str,
    version: u64,
    program: &'static str,
}

impl Head {
    fn of(form: Form) -> Self {
        Self {
            format: form.name,
            version: VERSION,
            program: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// A whole document.
struct Whole<'a, T> {
    form: Form,
    items: &'a [T],
}

impl<T: Serialize> Serialize for Whole<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let head = Head::of(self.form);
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("format", head.format)?;
        map.serialize_entry("version", &head.version)?;
        map.serialize_entry("program", head.program)?;
        map.serialize_entry(self.form.items, self.items)?;
        map.end()
    }
}

/// A line: the head, and the item beside it.
#[derive(Serialize)]
struct Line<'a, T> {
    #[serde(flatten)]
    head: Head,
    #[serde(flatten)]
    item: &'a T,
}

/// The items as text in a format.
fn text<T: Serialize>(format: Format, form: Form, items: &[T]) -> Result<String, Failure> {
    let bug = |error: serde_json::Error| Failure::Runtime(format!("error: {error}"));
    if format != Format::Ndjson {
        let whole = Whole { form, items };
        return Ok(serde_json::to_string_pretty(&whole).map_err(bug)? + "\n");
    }
    let line = |item: &T| {
        let head = Head::of(form);
        Ok(serde_json::to_string(&Line { head, item }).map_err(bug)? + "\n")
    };
    items.iter().map(line).collect()
}

/// Prints the items.
pub(super) fn give<T: Serialize>(format: Format, form: Form, items: &[T]) -> Result<(), Failure> {
    print(&text(format, form, items)?)
}

/// Prints the items, or writes them to a file.
pub(super) fn give_to<T: Serialize>(
    format: Format,
    form: Form,
    items: &[T],
    file: Option<&Path>,
) -> Result<(), Failure> {
    output::give(&text(format, form, items)?, file)
}

/// A number that JSON may not have: `"inf"` for what never came, as in the CSV files, and `null` for what was not measured.
#[derive(Clone, Copy)]
pub(super) struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_infinite() => serializer.serialize_str(&machine(value)),
            value => serializer.serialize_f64(value),
        }
    }
}

/// A mean with half the width of its 95 % interval; `null` where there was one replication.
#[derive(Serialize)]
pub(super) struct Mean {
    mean: Number,
    ci95: Option<Number>,
    n: usize,
}

impl From<Interval> for Mean {
    fn from(interval: Interval) -> Self {
        Self {
            mean: Number(interval.mean),
            ci95: interval.half_width.map(Number),
            n: interval.n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Item {
        name: &'static str,
        value: Number,
    }

    /// JSON has no infinity; `null` is for what was not measured.
    #[test]
    fn what_never_came_is_the_word_of_the_files() {
        let never = Mean::from(Interval::of(&[f64::INFINITY; 2]).expect("a mean"));
        let sooner = Mean::from(Interval::of(&[f64::NEG_INFINITY]).expect("a mean"));
        let known = Mean::from(Interval::of(&[0.25]).expect("a mean"));
        let text = |mean: &Mean| serde_json::to_string(mean).expect("JSON");
        assert_eq!(text(&never), r#"{"mean":"inf","ci95":0.0,"n":2}"#);
        assert_eq!(text(&sooner), r#"{"mean":"-inf","ci95":null,"n":1}"#);
        assert_eq!(text(&known), r#"{"mean":0.25,"ci95":null,"n":1}"#);
    }

    #[test]
    fn a_document_has_all_items_and_a_line_has_one() {
        let items = [
            Item {
                name: "a",
                value: Number(0.1),
            },
            Item {
                name: "b\n",
                value: Number(f64::NAN),
            },
        ];
        let lines = text(Format::Ndjson, Form::LIST, &items).expect("JSON");
        let head = r#"{"format":"streamduel/list","version":1,"program":"0.1.0""#;
        let (a, b) = (
            r#","name":"a","value":0.1}"#,
            r#","name":"b\n","value":null}"#,
        );
        assert_eq!(lines, format!("{head}{a}\n{head}{b}\n"));
        let whole = text(Format::Json, Form::LIST, &items).expect("JSON");
        let whole: serde_json::Value = serde_json::from_str(&whole).expect("JSON");
        assert_eq!(whole["format"], "streamduel/list");
        assert_eq!(whole["scenarios"].as_array().map(Vec::len), Some(2));
    }
}
