//! Walking through settings: one section of the file, its typed values, its problems.

mod names;
mod texts;

use super::asks::{Asked, Pattern, What};
use super::{BaseUnit, Dialect, Leaf, Problem, Setting, Settings, Step, Value};
use crate::units::Date;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::{Bound, Range, RangeInclusive};

/// A part of the file below one path.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    pub(super) settings: &'a Settings,
    pub(super) steps: Vec<Step>,
    pub(super) path: String,
    /// The path with all names and entries alike.
    pub(super) pattern: Vec<Pattern>,
    /// Whether the keys of this section are names that the file chooses.
    pub(super) is_by_name: bool,
    /// The units of the service's own whole numbers; none where every quantity carries its unit.
    dialect: Option<Dialect>,
    /// Whether what is read here says nothing about a run, so that it is no part of the resolved file.
    is_aside: bool,
}

/// The paths that begin with `prefix`: they lie side by side, so that no other path is looked at.
pub(super) fn below<'m, V>(
    map: &'m BTreeMap<String, V>,
    prefix: &'m str,
) -> impl Iterator<Item = &'m String> {
    let from = (Bound::Included(prefix), Bound::Unbounded);
    map.range::<str, _>(from)
        .map(|(path, _)| path)
        .take_while(move |path| path.starts_with(prefix))
}

impl<'a> Section<'a> {
    pub(super) fn new(settings: &'a Settings, steps: Vec<Step>, pattern: Vec<Pattern>) -> Self {
        let mut path = String::new();
        for step in &steps {
            match step {
                Step::Key(name) if path.is_empty() => path.push_str(name),
                Step::Key(name) => path.extend([".", name]),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        settings.notes.borrow_mut().visited.insert(path.clone());
        let section = Self {
            settings,
            steps,
            path,
            pattern,
            is_by_name: false,
            dialect: None,
            is_aside: false,
        };
        section.note_ask("", || What::Table);
        section
    }

    /// The same section for settings that change no run: they are no part of the resolved file.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self {
            is_aside: true,
            ..self.clone()
        }
    }

    /// The same section with the whole numbers of a service: there and below, a number that counts a unit
    /// may also be written as text with a unit.
    #[must_use]
    pub fn speaking(&self, dialect: Dialect) -> Self {
        Self {
            dialect: Some(dialect),
            ..self.clone()
        }
    }

    /// A section below this one, in the same dialect.
    fn below(&self, steps: Vec<Step>, pattern: Vec<Pattern>) -> Self {
        Self {
            dialect: self.dialect,
            is_aside: self.is_aside,
            ..Self::new(self.settings, steps, pattern)
        }
    }

    /// The dotted path of this section.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The day on which dated defaults are looked up, if one was set.
    #[must_use]
    pub fn as_of(&self) -> Option<Date> {
        self.settings.as_of.get()
    }

    pub(super) fn full(&self, key: &str) -> String {
        super::join(&self.path, key)
    }

    /// The section called `name` below this one, whether the file has it or not.
    #[must_use]
    pub fn section(&self, name: &str) -> Self {
        self.settings
            .notes
            .borrow_mut()
            .asked
            .insert(self.full(name));
        let mut steps = self.steps.clone();
        steps.push(Step::Key(name.into()));
        self.below(steps, self.pattern_of(name))
    }

    /// The sections of an array of tables below this one.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<Self> {
        self.settings
            .notes
            .borrow_mut()
            .asked
            .insert(self.full(name));
        self.note_ask(name, || What::List);
        let item = |index: usize| {
            let mut steps = self.steps.clone();
            steps.extend([Step::Key(name.into()), Step::Index(index)]);
            let path = format!("{}[{index}]", self.full(name));
            let present = self.settings.tables.contains_key(&path)
                || below(&self.settings.leaves, &format!("{path}."))
                    .next()
                    .is_some();
            present.then_some(steps)
        };
        (0..)
            .map_while(item)
            .map(|steps| {
                let mut pattern = self.pattern_of(name);
                pattern.push(Pattern::Item);
                self.below(steps, pattern)
            })
            .collect()
    }

    /// Whether the file says anything at or below `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.note_ask(name, || What::Presence);
        self.has_at(name)
    }

    /// The text of `key` if the file has one, without using it.
    #[must_use]
    pub fn peek(&self, key: &str) -> Option<String> {
        match &self.settings.leaves.get(&self.full(key))?.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The whole number under `key`, without asking for it; `None` for any other value.
    #[must_use]
    pub fn peek_whole(&self, key: &str) -> Option<i64> {
        match &self.settings.leaves.get(&self.full(key))?.value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether a table of the file was left out because of its name.
    #[must_use]
    pub fn lacks_tables(&self) -> bool {
        self.settings.has_odd_names
    }

    /// Whether `key` is a plain value in the file, not a table.
    #[must_use]
    pub fn is_value(&self, key: &str) -> bool {
        self.note_ask(key, || What::PresenceAsValue);
        self.settings.leaves.contains_key(&self.full(key))
    }

    fn leaf(&self, key: &str) -> Option<&'a Leaf> {
        let path = self.full(key);
        let mut notes = self.settings.notes.borrow_mut();
        notes.asked.insert(path.clone());
        let leaf = self.settings.leaves.get(&path)?;
        notes.used.insert(path);
        Some(leaf)
    }

    fn resolve(&self, key: &str, value: Value) {
        if self.is_aside {
            return;
        }
        let mut steps = self.steps.clone();
        steps.push(Step::Key(key.into()));
        let mut notes = self.settings.notes.borrow_mut();
        notes.resolved.push((steps, value));
    }

    /// The value of `key` if the file has it; a value that cannot be read becomes a problem.
    #[must_use]
    pub fn get<T: Setting>(&self, key: &str) -> Option<T> {
        self.note_value(key, Asked::<T>::maybe());
        self.fetch(key)
    }

    /// [`Section::get`], noted by its callers.
    fn fetch<T: Setting>(&self, key: &str) -> Option<T> {
        let leaf = self.leaf(key)?;
        match self.read::<T>(key, &leaf.value) {
            Ok(value) => {
                self.resolve(key, value.write());
                self.note_assumed(key, leaf, &value);
                Some(value)
            }
            Err(message) => {
                let problem =
                    Problem::new(format!("`{key}`: {message}")).at(leaf.value_span.clone());
                let expected = self.expected::<T>(key);
                self.settings
                    .push(problem.help(format!("expected {expected}")));
                None
            }
        }
    }

    /// Notes an assumption where the file's value is what a preset assumes.
    fn note_assumed<T: Setting>(&self, key: &str, leaf: &Leaf, value: &T) {
        let Some(assumed) = &leaf.assumed else {
            return;
        };
        let of_preset = self
            .read::<T>(key, &assumed.value)
            .map(|value| value.write());
        let written = value.write();
        if of_preset.is_ok_and(|of_preset| of_preset == written) {
            self.assume(key, written.to_string(), assumed.why.clone());
        }
    }

    /// The unit that the whole number `key` of the service counts, if it does and `T` is one.
    pub(super) fn unit_of<T: Setting>(&self, key: &str) -> Option<BaseUnit> {
        self.dialect.filter(|_| T::WHOLE)?(key)
    }

    /// Reads a value; text with a unit becomes the whole number that the service wants.
    pub(super) fn read<T: Setting>(&self, key: &str, value: &Value) -> Result<T, String> {
        match (value, self.unit_of::<T>(key)) {
            (Value::Text(text), Some(unit)) => T::read(&Value::Integer(unit.count(text)?)),
            (value, _) => T::read(value),
        }
    }

    /// What a reader should write for `key`.
    pub(super) fn expected<T: Setting>(&self, key: &str) -> &'static str {
        self.unit_of::<T>(key)
            .map_or(T::EXPECTED, BaseUnit::expected)
    }

    /// The value of `key`, or `default`, which then shows in the resolved file.
    #[must_use]
    pub fn or<T: Setting>(&self, key: &str, default: T) -> T {
        self.note_value(key, Asked::by_default(&default));
        self.fetch_or(key, default)
    }

    /// [`Section::or`], noted by its callers.
    fn fetch_or<T: Setting>(&self, key: &str, default: T) -> T {
        if self.has_at(key) {
            return self
                .fetch(key)
                .unwrap_or_else(|| self.no_value(key, default));
        }
        let _ = self.leaf(key);
        self.resolve(key, default.write());
        default
    }

    /// The value of `key`; a missing key becomes a problem and reads as the type's default.
    #[must_use]
    pub fn need<T: Setting>(&self, key: &str) -> T {
        self.note_value(key, Asked::<T>::needed());
        self.fetch_needed(key)
    }

    /// [`Section::need`], noted by its callers.
    fn fetch_needed<T: Setting>(&self, key: &str) -> T {
        if self.has_at(key) {
            return self
                .fetch(key)
                .unwrap_or_else(|| self.no_value(key, T::default()));
        }
        let _ = self.leaf(key);
        let place = if self.path.is_empty() {
            "the scenario".to_owned()
        } else {
            format!("`{}`", self.path)
        };
        let problem = Problem::new(format!("{place} lacks `{key}`")).at(self.span());
        let expected = self.expected::<T>(key);
        self.settings
            .push(problem.help(format!("add `{key} = …`, {expected}")));
        T::default()
    }

    /// [`Section::or`] with a check that the value lies in `range`.
    #[must_use]
    pub fn or_in<T>(&self, key: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: Setting + PartialOrd + Display,
    {
        self.note_value(key, Asked::by_default(&default).within(&range));
        let value = self.fetch_or(key, default);
        self.check_range(key, value, range)
    }

    /// [`Section::need`] with a check that the value lies in `range`.
    #[must_use]
    pub fn need_in<T>(&self, key: &str, range: RangeInclusive<T>) -> T
    where
        T: Setting + PartialOrd + Display,
    {
        self.note_value(key, Asked::needed().within(&range));
        if !self.has_at(key) {
            let _: T = self.fetch_needed(key);
            return range.start().clone();
        }
        let value = self
            .fetch(key)
            .unwrap_or_else(|| self.no_value(key, range.start().clone()));
        self.check_range(key, value, range)
    }

    /// What stands in for a value that is there and unreadable; an empty table becomes a problem here.
    fn no_value<T: Setting>(&self, key: &str, instead: T) -> T {
        let path = self.full(key);
        let longer = |leaf: &String| leaf.len() > path.len();
        if !self.settings.leaves.contains_key(&path)
            && !below(&self.settings.leaves, &path).any(longer)
        {
            self.problem(
                key,
                format!("`{key}` is an empty table"),
                format!("expected {}", self.expected::<T>(key)),
            );
        }
        instead
    }

    fn check_range<T>(&self, key: &str, value: T, range: RangeInclusive<T>) -> T
    where
        T: Setting + PartialOrd + Display,
    {
        if range.contains(&value) {
            return value;
        }
        let (low, high) = range.into_inner();
        self.problem(
            key,
            format!("`{key}` is {value}"),
            format!("it must lie between {low} and {high}"),
        );
        low
    }

    /// Where `key` or, failing that, this section stands in the file.
    #[must_use]
    pub fn span_of(&self, key: &str) -> Option<Range<usize>> {
        let path = self.full(key);
        let leaf = self.settings.leaves.get(&path);
        let table = self.settings.tables.get(&path).cloned();
        leaf.map_or(table, |leaf| leaf.value_span.clone())
            .or_else(|| self.span())
    }

    fn span(&self) -> Option<Range<usize>> {
        let table = |path: &str| self.settings.tables.get(path).cloned();
        let mut path = self.path.as_str();
        loop {
            if let Some(span) = table(path) {
                let line_end = self.settings.text[span.start..]
                    .find('\n')
                    .map_or(span.end, |n| span.start + n);
                return Some(span.start..span.end.min(line_end));
            }
            path = &path[..path.rfind('.')?];
        }
    }
}
