//! Dated tables of limits, defaults and assumptions: the only place where constants live.
//!
//! Each row has a value with its unit, a source, the date from which it holds and a confidence:
//! `H` two official sources agree, `M` one official source, `L` an assumption of ours. A row of
//! confidence `L` that a run rests on is listed as an assumption in its reports. The source keys
//! are explained in `docs/SOURCES.md`.

use crate::settings::{Section, Setting, Value};
use serde::Deserialize;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// One dated fact.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fact {
    /// Its name: `kinesis.shard.write.bytes`.
    pub id: String,
    /// The number or text.
    pub value: String,
    /// The unit; empty for plain numbers and words.
    #[serde(default)]
    pub unit: String,
    /// Keys into `docs/SOURCES.md`.
    pub source: String,
    /// The date from which it holds, or since which it is known to hold `[YYYY-MM-DD]`.
    pub valid_from: String,
    /// `H`, `M` or `L`.
    pub confidence: char,
    /// What a reader should know about it.
    #[serde(default)]
    pub note: String,
}

impl Fact {
    /// The value with its unit, as it would be written in a scenario.
    #[must_use]
    pub fn text(&self) -> String {
        match self.unit.as_str() {
            "" | "records" | "calls/s" | "attempts" | "requests" | "characters" | "threads" => {
                self.value.clone()
            }
            unit => format!("{} {unit}", self.value),
        }
    }
    /// Whether it is an assumption of ours.
    #[must_use]
    pub fn is_assumption(&self) -> bool {
        self.confidence == 'L'
    }
}

#[derive(Deserialize)]
struct File {
    fact: Vec<Fact>,
}

const FILES: [(&str, &str); 3] = [
    ("kinesis.toml", include_str!("kinesis.toml")),
    ("kafka.toml", include_str!("kafka.toml")),
    ("services.toml", include_str!("services.toml")),
];

static TABLE: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| {
        let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        file.fact
    };
    FILES.iter().flat_map(read).collect()
});

/// All facts, in the order of the files.
#[must_use]
pub fn all() -> &'static [Fact] {
    &TABLE
}

/// The newest row called `id`.
///
/// # Panics
/// If there is none: a misspelt id is a bug; the tests read every setting with its default.
#[must_use]
pub fn fact(id: &str) -> &'static Fact {
    let rows = all().iter().filter(|fact| fact.id == id);
    rows.max_by_key(|fact| fact.valid_from.as_str()).unwrap_or_else(|| panic!("no fact called {id}"))
}

/// The value of a fact as a typed setting.
///
/// # Panics
/// If the row does not hold such a value: a bug in the table.
#[must_use]
pub fn value<T: Setting>(id: &str) -> T {
    let text = fact(id).text();
    let plain = text.parse::<i64>().map(Value::Integer).ok();
    let value = plain
        .or_else(|| text.parse::<f64>().map(Value::Float).ok())
        .or_else(|| text.parse::<bool>().map(Value::Flag).ok())
        .unwrap_or(Value::Text(text));
    T::read(&value).unwrap_or_else(|error| panic!("fact {id}: {error}"))
}

/// The setting `key`, by default the fact called `id`; noted as an assumption if it is one.
#[must_use]
pub fn setting<T: Setting>(section: &Section<'_>, key: &str, id: &str) -> T {
    let setting = section.or(key, value::<T>(id));
    note(section, key, id, &setting);
    setting
}

/// [`setting`] with a check that the value lies in `range`.
#[must_use]
pub fn setting_in<T>(section: &Section<'_>, key: &str, id: &str, range: RangeInclusive<T>) -> T
where
    T: Setting + PartialOrd + Display,
{
    let setting = section.or_in(key, value::<T>(id), range);
    note(section, key, id, &setting);
    setting
}

fn note<T: Setting>(section: &Section<'_>, key: &str, id: &str, setting: &T) {
    let fact = fact(id);
    if fact.is_assumption() {
        let origin = if section.has(key) { "set by the scenario" } else { "default" };
        let why = format!("assumption ({origin}): {} [{}]", fact.note, fact.source);
        section.assume(key, setting.write().to_string(), why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete_and_no_row_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for fact in all() {
            assert!(seen.insert((&fact.id, &fact.valid_from)), "{} stands twice", fact.id);
            assert!(!fact.source.is_empty() && "HML".contains(fact.confidence), "{}", fact.id);
            assert_eq!(fact.valid_from.len(), 10, "{}: {}", fact.id, fact.valid_from);
            assert!(!fact.is_assumption() || !fact.note.is_empty(), "{} needs a note", fact.id);
        }
    }

    #[test]
    fn the_newest_row_is_in_force() {
        assert_eq!(value::<crate::units::Bytes>("kinesis.put-records.bytes").0, 10 << 20);
        let old =
            all().iter().find(|f| f.id == "kinesis.put-records.bytes" && f.value == "5").expect("old row");
        assert!(old.valid_from < fact("kinesis.put-records.bytes").valid_from);
    }
}
