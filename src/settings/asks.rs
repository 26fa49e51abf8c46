//! What readers ask for, noted while they read: the material of the schema of scenario files.
//!
//! Nothing is noted unless [`Settings::note_asks`] was called. A key is asked for whether the file has it or not, so what
//! was asked for is what a file may say.

use super::section::below;
use super::{BaseUnit, Leaf, Section, Setting, Settings, Value};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A length of time with its unit.
    Duration,
    /// An amount of data with its unit.
    Data,
    /// A rate of data with its unit.
    DataRate,
    /// A rate of records with its unit.
    RecordRate,
    /// A rate of records or of data.
    Rate,
    /// A share in percent.
    Share,
    /// A whole number, not negative.
    Whole,
    /// A whole number, which may be negative.
    Signed,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// Text.
    Text,
    /// A day.
    Day,
}

impl Form {
    /// A value that is written so; names are those of the consumer in the text that a schema is made from.
    fn example(self) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        match self {
            Self::Duration => text("5 s"),
            Self::Data => text("1 kB"),
            Self::DataRate => text("1 MiB/s"),
            Self::RecordRate | Self::Rate => text("1 records/s"),
            Self::Share => text("100 %"),
            Self::Whole | Self::Signed => Value::Integer(1),
            Self::Number => Value::Float(1.0),
            Self::Flag => Value::Flag(true),
            Self::Text => text("app"),
            Self::Day => text("2025-12-01"),
        }
    }
}

/// One step of the path of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// A key.
    Key(Arc<str>),
    /// A name that the file chooses.
    Name,
    /// An entry of an array.
    Item,
}

/// A key that was asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The path in the file.
    pub path: String,
    /// The same with all names and entries alike.
    pub pattern: Vec<Pattern>,
    /// What was asked.
    pub what: What,
}

/// What is asked about a key.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It is read as a table.
    Table,
    /// It is read as an array of tables.
    List,
    /// It is read as an array of texts.
    Texts,
    /// Whether the file has it.
    Presence,
    /// Whether the file has it as a plain value, not as a table.
    PresenceAsValue,
    /// It is a table that names exactly one of these words.
    OneOf(Vec<String>),
    /// It is a table that names at most one of these words.
    AtMostOne(Vec<String>),
    /// It is read as a value.
    Value(Box<ValueAsk>),
}

/// How a value was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueAsk {
    /// How it is written.
    pub form: Form,
    /// Whether it may be `"auto"`.
    pub auto: bool,
    /// What it counts, if it is a whole number of a service.
    pub unit: Option<BaseUnit>,
    /// What it is if the file does not say.
    pub default: Option<Value>,
    /// The fact that the default is.
    pub fact: Option<String>,
    /// Whether the file must say it.
    pub needed: bool,
    /// The least and the greatest value.
    pub range: Option<(Value, Value)>,
    /// What the reader says to who writes something else.
    pub expected: &'static str,
    /// The words that it may be; none if it may be any.
    pub words: Vec<String>,
    /// Whether the file has a value that can be read.
    pub is_read: bool,
    /// A value that it may have.
    pub example: Value,
}

/// Room for what the reader of one scenario asks for.
const USUAL: usize = 512;

/// What was asked for so far, and the facts that were looked up since the last value.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    list: Vec<Ask>,
    facts: Vec<(String, Value)>,
}

impl Asks {
    /// The fact of this value that was looked up since the last value was asked for.
    fn take_fact(&mut self, default: &Value, unit: Option<BaseUnit>) -> Option<String> {
        let same = |value: &Value| match (value, unit) {
            (Value::Text(text), Some(unit)) => unit
                .count(text)
                .is_ok_and(|n| Value::Integer(n) == *default),
            (value, _) => value == default,
        };
        let found = self.facts.iter().rev().find(|(_, value)| same(value));
        let id = found.map(|(id, _)| id.clone());
        self.facts.clear();
        id
    }
}

impl Settings {
    /// Notes from now on what is asked for.
    pub fn note_asks(&self) {
        self.notes.borrow_mut().asks = Some(Asks {
            list: Vec::with_capacity(USUAL),
            facts: Vec::new(),
        });
    }

    /// What was asked for since [`Settings::note_asks`].
    #[must_use]
    pub fn take_asks(&self) -> Vec<Ask> {
        let asks = self.notes.borrow_mut().asks.take();
        asks.unwrap_or_default().list
    }

    /// Takes everything at or below a path out of the file.
    pub fn cut(&mut self, path: &str) {
        let inside = |other: &str| {
            let rest = other.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.leaves.retain(|other, _| !inside(other));
        self.tables.retain(|other, _| !inside(other));
    }

    /// Puts a value at a path, or an empty table without one, instead of what the file has there.
    pub fn put(&mut self, path: &str, value: Option<Value>) {
        self.cut(path);
        let Some(value) = value else {
            self.tables.insert(path.to_owned(), 0..0);
            return;
        };
        let leaf = Leaf {
            value,
            key_span: None,
            value_span: None,
            assumed: None,
            is_suggested: false,
        };
        self.leaves.insert(path.to_owned(), leaf);
    }
}

impl Section<'_> {
    /// The step from this section to `key`.
    fn step_of(&self, key: &str) -> Pattern {
        if self.is_by_name {
            return Pattern::Name;
        }
        Pattern::Key(key.into())
    }

    /// The pattern of `key` below this section.
    pub(super) fn pattern_of(&self, key: &str) -> Vec<Pattern> {
        let mut pattern = self.pattern.clone();
        pattern.push(self.step_of(key));
        pattern
    }

    /// Notes that a fact was looked up: it may be the default that is asked for next.
    pub fn looked_up(&self, id: &str, value: impl FnOnce() -> Value) {
        if let Some(asks) = &mut self.settings.notes.borrow_mut().asks {
            asks.facts.push((id.to_owned(), value()));
        }
    }

    /// Notes a question about `key`, or about the section itself if `key` is empty.
    pub(super) fn note_ask(&self, key: &str, what: impl FnOnce() -> What) {
        if let Some(asks) = &mut self.settings.notes.borrow_mut().asks {
            let mut pattern = self.pattern.clone();
            let path = if key.is_empty() {
                self.path.clone()
            } else {
                pattern.push(self.step_of(key));
                self.full(key)
            };
            let what = what();
            asks.list.push(Ask {
                path,
                pattern,
                what,
            });
        }
    }

    /// Notes that `key` is asked for as a value, by default or within a range if there is one.
    pub(super) fn note_value<T: Setting>(&self, key: &str, asked: Asked<'_, T>) {
        if self.settings.notes.borrow().asks.is_none() {
            return;
        }
        let unit = self.unit_of::<T>(key);
        let leaf = self.settings.leaves.get(&self.full(key));
        let is_read = leaf.is_some_and(|leaf| self.read::<T>(key, &leaf.value).is_ok());
        let default = asked.default.map(Setting::write);
        let mut notes = self.settings.notes.borrow_mut();
        let Some(asks) = &mut notes.asks else {
            return;
        };
        let fact = default
            .as_ref()
            .and_then(|default| asks.take_fact(default, unit));
        drop(notes);
        let usual = T::FORM.example();
        let example = match (&default, &asked.range, asked.words.first()) {
            (_, _, Some(word)) => Value::Text((*word).to_owned()),
            (_, Some((least, _)), None) if !asked.takes_example => least.clone(),
            (Some(default), None, None) => default.clone(),
            _ => usual,
        };
        let value = ValueAsk {
            form: T::FORM,
            auto: T::AUTO,
            unit,
            default,
            fact,
            needed: asked.needed && !leaf.is_some_and(|leaf| leaf.is_suggested),
            range: asked.range,
            expected: self.expected::<T>(key),
            words: asked.words.iter().map(|word| (*word).to_owned()).collect(),
            is_read,
            example,
        };
        self.note_ask(key, || What::Value(Box::new(value)));
    }

    /// Whether the file says anything at or below `name`, without asking.
    pub(super) fn has_at(&self, name: &str) -> bool {
        let mut path = self.full(name);
        let leaves = &self.settings.leaves;
        if leaves.contains_key(&path) || self.settings.tables.contains_key(&path) {
            return true;
        }
        ['.', '['].into_iter().any(|next| {
            path.push(next);
            let has = below(leaves, &path).next().is_some();
            path.pop();
            has
        })
    }
}

/// A question for a value.
pub(super) struct Asked<'a, T> {
    default: Option<&'a T>,
    needed: bool,
    range: Option<(Value, Value)>,
    takes_example: bool,
    words: &'a [&'a str],
}

impl<'a, T: Setting> Asked<'a, T> {
    /// A value that the file may say.
    pub(super) fn maybe() -> Self {
        Self {
            default: None,
            needed: false,
            range: None,
            takes_example: true,
            words: &[],
        }
    }
    /// A value that the file must say.
    pub(super) fn needed() -> Self {
        Self {
            needed: true,
            ..Self::maybe()
        }
    }
    /// A value with a default.
    pub(super) fn by_default(default: &'a T) -> Self {
        Self {
            default: Some(default),
            ..Self::maybe()
        }
    }
    /// The same where a value that the file says lies in a range, and none of those words.
    pub(super) fn said_within(self, least: Value, most: Value) -> Self {
        Self {
            range: Some((least, most)),
            ..self
        }
    }
    /// The same for one of these words.
    pub(super) fn among(self, words: &'a [&'a str]) -> Self {
        Self { words, ..self }
    }
    /// The same within a range.
    pub(super) fn within(self, range: &RangeInclusive<T>) -> Self
    where
        T: PartialOrd,
    {
        let example = T::read(&T::FORM.example());
        Self {
            range: Some((range.start().write(), range.end().write())),
            takes_example: example.is_ok_and(|example| range.contains(&example)),
            ..self
        }
    }
}
