//! Scenario text as settings: every value with its position, every default made visible.
//!
//! A TOML file is flattened into dotted paths, because a platform's own keys contain dots
//! (`linger.ms = 5` is a nested table to TOML and one flat key to Kafka). Readers walk it through
//! [`Section`]s; whatever was asked for is known, so an unknown key gets a hint, all problems of a
//! file are reported at once, and the resolved file can be written with every default in it.

mod arguments;
mod asks;
mod dialect;
mod hints;
mod kinds;
mod problem;
mod remarks;
mod section;
mod unknown;
mod value;

pub use asks::{Ask, Form, Pattern, ValueAsk, What};
pub use dialect::{BaseUnit, Dialect};
pub(crate) use hints::{closest, meant};
use hints::{is_table_name, syntax};
pub use problem::{Place, Problem, Problems, Severity};
pub use section::Section;
pub use value::{OrAuto, Setting, Value};

use crate::units::Date;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use toml_edit::{Document, Item, Table, Value as TomlValue};

/// The largest scenario file that is read `[B]`.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// One value of the file and where it stands.
#[derive(Clone, Debug)]
struct Leaf {
    value: Value,
    key_span: Option<Range<usize>>,
    value_span: Option<Range<usize>>,
    /// What a preset says here, if that is an assumption.
    assumed: Option<Assumed>,
    /// Whether it stands in a preset and not in the file.
    is_suggested: bool,
}

/// A value that a preset assumes.
#[derive(Clone, Debug)]
struct Assumed {
    value: Value,
    why: String,
}

/// One step of a path: a key of a table or an index of an array.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(Arc<str>),
    Index(usize),
}

/// A default or a value that rests on an assumption, for the reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The path of the key that changes it.
    pub path: String,
    /// The value in force, with its unit.
    pub value: String,
    /// Why this value, and where from.
    pub why: String,
}

/// What is wrong with a key that nobody asked for, if the service knows its name.
pub type Known = fn(&str) -> Option<Problem>;

#[derive(Clone, Debug, Default)]
struct Notes {
    /// The names of warnings that the file accepts.
    accepted: Vec<String>,
    problems: Vec<Problem>,
    used: BTreeSet<String>,
    asked: BTreeSet<String>,
    visited: BTreeSet<String>,
    resolved: Vec<(Vec<Step>, Value)>,
    remarks: Vec<String>,
    /// By path of a section: what is known of keys there that nobody asked for.
    known: BTreeMap<String, Known>,
    assumptions: Vec<Assumption>,
    /// What is asked for, if somebody notes it.
    asks: Option<asks::Asks>,
}

/// A scenario's text, flattened.
#[derive(Clone, Debug)]
pub struct Settings {
    file: String,
    text: String,
    /// How long the text of the file is; behind it stand the arguments of the command line, a line each `[B]`.
    file_bytes: usize,
    leaves: BTreeMap<String, Leaf>,
    /// Where each table begins.
    tables: BTreeMap<String, Range<usize>>,
    notes: RefCell<Notes>,
    /// Whether a table was left out because of its name.
    has_odd_names: bool,
    as_of: Cell<Option<Date>>,
}

impl Settings {
    /// Reads TOML text; `overrides` are `path=value` pairs that replace or add values.
    ///
    /// # Errors
    /// Text that is no TOML, or an override without `=`; with position.
    pub fn parse(file: &str, text: &str, overrides: &[String]) -> Result<Self, Problems> {
        let fail = |problem: Problem| Problems::new(file, text, vec![problem]);
        if text.len() > FILE_BYTES_MAX {
            let size = text.len();
            return Err(Problems::new(
                file,
                "",
                vec![Problem::new(format!(
                    "the file has {size} bytes; a scenario may have {FILE_BYTES_MAX}"
                ))],
            ));
        }
        if text.trim().is_empty() {
            return Err(fail(
                Problem::new("the file is empty").help("copy `scenarios/steady.toml` to start"),
            ));
        }
        let document = Document::parse(text).map_err(|error| fail(syntax(text, &error)))?;
        let mut settings = Self {
            file: file.to_owned(),
            text: text.to_owned(),
            file_bytes: text.len(),
            leaves: BTreeMap::new(),
            tables: BTreeMap::new(),
            notes: RefCell::default(),
            has_odd_names: false,
            as_of: Cell::new(None),
        };
        settings.flatten_table("", document.as_table());
        for pair in overrides {
            settings
                .set(pair)
                .map_err(|message| Problems::new("--set", "", vec![Problem::new(message)]))?;
        }
        Ok(settings)
    }

    fn flatten_table(&mut self, path: &str, table: &Table) {
        for (name, item) in table {
            let key_span = table.key(name).and_then(toml_edit::Key::span);
            if item.is_table_like() && !is_table_name(name) {
                self.push_odd_name(name, key_span);
                continue;
            }
            self.flatten_item(&join(path, name), item, key_span);
        }
    }

    fn flatten_item(&mut self, path: &str, item: &Item, key_span: Option<Range<usize>>) {
        match item {
            Item::None => {}
            Item::Value(value) => self.flatten_value(path, value, key_span),
            Item::Table(table) => {
                self.note_table(path, table.span().or(key_span));
                self.flatten_table(path, table);
            }
            Item::ArrayOfTables(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.note_table(&path, table.span());
                    self.flatten_table(&path, table);
                }
            }
        }
    }

    fn flatten_value(&mut self, path: &str, value: &TomlValue, key_span: Option<Range<usize>>) {
        let leaf = match value {
            TomlValue::InlineTable(table) => {
                self.note_table(path, table.span().or(key_span));
                for (name, value) in table {
                    let key_span = table.key(name).and_then(toml_edit::Key::span);
                    self.flatten_value(&join(path, name), value, key_span);
                }
                return;
            }
            TomlValue::Array(array) => {
                self.note_table(path, array.span());
                for (index, value) in array.iter().enumerate() {
                    self.flatten_value(&format!("{path}[{index}]"), value, value.span());
                }
                return;
            }
            TomlValue::String(text) => Value::Text(text.value().clone()),
            TomlValue::Integer(number) => Value::Integer(*number.value()),
            TomlValue::Float(number) => Value::Float(*number.value()),
            TomlValue::Boolean(flag) => Value::Flag(*flag.value()),
            TomlValue::Datetime(date) => Value::Text(date.value().to_string()),
        };
        let leaf = Leaf {
            value: leaf,
            key_span: key_span.clone(),
            value_span: value.span(),
            assumed: None,
            is_suggested: false,
        };
        if self.leaves.insert(path.to_owned(), leaf).is_some() {
            let problem = Problem::new(format!("`{path}` is given twice, once with a quoted key"))
                .at(key_span);
            self.push(problem);
        }
    }

    /// A name that would be read as a path of several tables, or as none.
    fn push_odd_name(&mut self, name: &str, key_span: Option<Range<usize>>) {
        self.has_odd_names = true;
        let message = format!("`{name}` is no name of a table");
        let help = "use lower-case letters, digits and `-`";
        self.push(Problem::new(message).at(key_span).help(help));
    }

    fn note_table(&mut self, path: &str, span: Option<Range<usize>>) {
        if let Some(span) = span {
            self.tables.insert(path.to_owned(), span);
        }
    }

    /// Puts a value where the file has none, as a preset does; with `why` it is noted as an assumption when
    /// it is read. A file that has the same value rests on the same assumption.
    pub fn suggest(&mut self, path: &str, value: Value, why: Option<String>) {
        let fresh = || Leaf {
            value: value.clone(),
            key_span: None,
            value_span: None,
            assumed: None,
            is_suggested: true,
        };
        let leaf = self.leaves.entry(path.to_owned()).or_insert_with(fresh);
        leaf.assumed = why.map(|why| Assumed { value, why });
    }

    /// The whole file as one section.
    #[must_use]
    pub fn root(&self) -> Section<'_> {
        Section::new(self, Vec::new(), Vec::new())
    }

    /// Sets the day on which dated defaults are looked up from now on.
    pub fn set_as_of(&self, day: Date) {
        self.as_of.set(Some(day));
    }

    pub(crate) fn push(&self, problem: Problem) {
        self.notes.borrow_mut().problems.push(problem);
    }

    /// Checks that no error was found so far, and that somebody asked for every key of the file.
    ///
    /// # Errors
    /// If there is any error; warnings are no errors.
    pub fn finish(&self) -> Result<(), Problems> {
        let mut errors = self.found(Severity::Error);
        errors.extend(self.unknown_keys());
        if errors.is_empty() {
            return Ok(());
        }
        Err(self.in_order(errors))
    }

    /// Leaves out warnings of these names from now on.
    pub fn accept(&self, names: Vec<String>) {
        self.notes.borrow_mut().accepted = names;
    }

    /// The warnings found so far that are not accepted, in the order of the file.
    #[must_use]
    pub fn warnings(&self) -> Problems {
        let mut found = self.found(Severity::Warning);
        let accepted = &self.notes.borrow().accepted;
        let is_accepted = |name: &str| accepted.iter().any(|known| known == name);
        found.retain(|problem| !problem.name.is_some_and(is_accepted));
        self.in_order(found)
    }

    fn found(&self, severity: Severity) -> Vec<Problem> {
        let notes = self.notes.borrow();
        let alike = notes
            .problems
            .iter()
            .filter(|problem| problem.severity == severity);
        alike.cloned().collect()
    }

    fn in_order(&self, mut problems: Vec<Problem>) -> Problems {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.start));
        Problems::new(&self.file, &self.text, problems).with_arguments(self.file_bytes)
    }

    /// Every value that was read or defaulted, as a TOML file that gives the same run; remarks stand above it.
    #[must_use]
    pub fn resolved(&self) -> String {
        let (mut root, notes) = (toml::Table::new(), self.notes.borrow());
        for (steps, value) in &notes.resolved {
            value::insert(&mut root, steps, value);
        }
        let remarks: String = notes.remarks.iter().map(|r| format!("# {r}\n")).collect();
        remarks + &toml::to_string(&root).unwrap_or_default()
    }

    /// The assumptions that the values in force rest on, in the order in which they were read.
    #[must_use]
    pub fn assumptions(&self) -> Vec<Assumption> {
        self.notes.borrow().assumptions.clone()
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        return name.to_owned();
    }
    // With room for the sign that stands before what lies below.
    let mut whole = String::with_capacity(path.len() + name.len() + 2);
    whole.push_str(path);
    whole.push('.');
    whole.push_str(name);
    whole
}
