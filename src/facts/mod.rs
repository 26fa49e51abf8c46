//! Dated tables of limits, defaults and assumptions: the only place where constants live.
//!
//! Each row has a value with its unit, a source, the date from which it holds and a confidence:
//! `H` two official sources agree, `M` one official source, `L` an assumption of ours. A row of
//! confidence `L` that a run rests on is listed as an assumption in its reports. The source keys
//! are explained in `docs/SOURCES.md`.
//!
//! Limits change. Rows of one name in the order of their dates are its [`history`]; a [`FactsAt`] answers
//! with the rows in force on a day, and models look everything up among the facts of their scenario's day.

pub mod keys;
pub mod warnings;

use crate::cost::{Basis, HOUR_NS, Item, Kind, Price, Scale};
use crate::settings::{Section, Setting, Value};
use crate::units::{Bytes, Date, Nanos};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Deref;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// The regions whose prices are known. Price lists of other regions were not found in official sources.
pub const PRICED_REGIONS: [&str; 1] = ["us-east-1"];

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
    /// Whether there was no such thing before that date.
    #[serde(default)]
    pub begins: bool,
    /// What a reader should know about it.
    #[serde(default)]
    pub note: String,
    /// The same date, read.
    #[serde(skip)]
    since: Date,
}

impl Fact {
    /// The value with its unit, as it would be written in a scenario.
    #[must_use]
    pub fn text(&self) -> String {
        match self.unit.as_str() {
            "" | "records" | "rows" | "calls/s" | "attempts" | "requests" | "characters"
            | "threads" => self.value.clone(),
            unit => format!("{} {unit}", self.value),
        }
    }
    /// The date from which it holds.
    #[must_use]
    pub fn since(&self) -> Date {
        self.since
    }
    /// The value as it would stand in a scenario: a number, a flag or text with its unit.
    #[must_use]
    pub fn plain(&self) -> Value {
        let text = self.text();
        let whole = text.parse::<i64>().map(Value::Integer).ok();
        whole
            .or_else(|| text.parse::<f64>().map(Value::Float).ok())
            .or_else(|| text.parse::<bool>().map(Value::Flag).ok())
            .unwrap_or(Value::Text(text))
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

const FILES: [(&str, &str); 6] = [
    ("kinesis.toml", include_str!("kinesis.toml")),
    ("kafka.toml", include_str!("kafka.toml")),
    ("workload.toml", include_str!("workload.toml")),
    ("prices.toml", include_str!("prices.toml")),
    ("services.toml", include_str!("services.toml")),
    ("sizing.toml", include_str!("sizing.toml")),
];

static TABLE: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| {
        let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        file.fact.into_iter().map(|fact| Fact {
            since: Date::parse(&fact.valid_from).unwrap_or_default(),
            ..fact
        })
    };
    FILES.iter().flat_map(read).collect()
});

/// All facts, in the order of the files.
#[must_use]
pub fn all() -> &'static [Fact] {
    &TABLE
}

static SPAN: LazyLock<Option<(Date, Date)>> = LazyLock::new(|| {
    let days = || all().iter().map(Fact::since);
    days().min().zip(days().max())
});

/// The oldest and the newest day that the tables name: as-of dates lie between them.
#[must_use]
pub fn span() -> (Date, Date) {
    SPAN.unwrap_or_default()
}

/// The rows of each name, oldest first.
static ROWS: LazyLock<BTreeMap<&str, Vec<&Fact>>> = LazyLock::new(|| {
    let mut rows: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in all() {
        rows.entry(&fact.id).or_default().push(fact);
    }
    for rows in rows.values_mut() {
        rows.sort_by_key(|fact| fact.since());
    }
    rows
});

/// The day of the first row of each name, without those before which there was no such thing.
static FIRST_KNOWN: LazyLock<Vec<Date>> = LazyLock::new(|| {
    let first = ROWS.values().filter_map(|rows| rows.first());
    let first = first.filter(|fact| !fact.begins);
    first.map(|fact| fact.since()).collect()
});

/// All rows called `id`, oldest first: what was true when. Empty for a name that is in no table.
#[must_use]
pub fn history(id: &str) -> &'static [&'static Fact] {
    ROWS.get(id).map_or(&[], Vec::as_slice)
}

/// What the tables say about a name on a day.
#[derive(Clone, Copy, Debug)]
pub enum FactStatus {
    /// This row is in force.
    InForce(&'static Fact),
    /// The first row is younger, and nothing says that it was ever otherwise: it is used as it stands.
    FirstKnownLater(&'static Fact),
    /// There was no such thing yet; this row is its beginning.
    NotYet(&'static Fact),
}

/// The tables as they were on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactsAt {
    day: Date,
}

impl FactsAt {
    /// The facts of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self { day }
    }

    /// The newest rows.
    #[must_use]
    pub fn newest() -> Self {
        Self::of(span().1)
    }

    /// The day.
    #[must_use]
    pub fn day(self) -> Date {
        self.day
    }

    /// What the tables say about `id` on that day; `None` for a name that is in no table.
    #[must_use]
    pub fn look(self, id: &str) -> Option<FactStatus> {
        let rows = history(id);
        let first = *rows.first()?;
        Some(
            match rows.iter().rev().find(|fact| fact.since() <= self.day) {
                Some(fact) => FactStatus::InForce(fact),
                None if first.begins => FactStatus::NotYet(first),
                None => FactStatus::FirstKnownLater(first),
            },
        )
    }

    /// The row of `id` to go by: the one in force or, before the first, that one.
    ///
    /// # Panics
    /// If there is none: a misspelt id is a bug; the tests read every setting with its default.
    #[must_use]
    pub fn fact(self, id: &str) -> &'static Fact {
        match self.look(id) {
            Some(
                FactStatus::InForce(fact)
                | FactStatus::FirstKnownLater(fact)
                | FactStatus::NotYet(fact),
            ) => fact,
            None => panic!("no fact called {id}"),
        }
    }

    /// The value of a fact as a typed setting.
    ///
    /// # Panics
    /// If the row does not hold such a value: a bug in the table.
    #[must_use]
    pub fn value<T: Setting>(self, id: &str) -> T {
        T::read(&self.fact(id).plain()).unwrap_or_else(|error| panic!("fact {id}: {error}"))
    }

    /// The day from which on there is such a thing, if that day is still to come.
    #[must_use]
    pub fn comes(self, id: &str) -> Option<Date> {
        match self.look(id) {
            Some(FactStatus::NotYet(fact)) => Some(fact.since()),
            _ => None,
        }
    }

    /// Refuses `key` of `section` if what the fact `id` stands for did not exist on that day yet;
    /// whether it was refused.
    pub fn refuse_before(self, section: &Section<'_>, key: &str, what: &str, id: &str) -> bool {
        let Some(from) = self.comes(id) else {
            return false;
        };
        let message = format!("{what} exists since {from}; this run is as of {}", self.day);
        section.problem(key, message, "leave it out, or give a later --as-of");
        true
    }

    /// How many names have their first row only after that day and are used as they stand there.
    #[must_use]
    pub fn first_known_later(self) -> usize {
        let later = FIRST_KNOWN.iter().filter(|first| **first > self.day);
        later.count()
    }
}

/// The facts of the day that a scenario is as of; the newest where none was set.
#[must_use]
pub fn on<'s>(section: &Section<'s>) -> Book<'s> {
    Book {
        rows: section.as_of().map_or_else(FactsAt::newest, FactsAt::of),
        section: section.clone(),
    }
}

/// The facts of a day for a reader of settings: what it looks up may be the default of the setting that it reads next.
#[derive(Clone, Debug)]
pub struct Book<'s> {
    rows: FactsAt,
    section: Section<'s>,
}

impl Book<'_> {
    /// The facts themselves.
    #[must_use]
    pub fn rows(&self) -> FactsAt {
        self.rows
    }

    /// The value of a fact as a typed setting.
    ///
    /// # Panics
    /// If the row does not hold such a value: a bug in the table.
    #[must_use]
    pub fn value<T: Setting>(&self, id: &str) -> T {
        let value: T = self.rows.value(id);
        self.section.looked_up(id, || value.write());
        value
    }
}

impl Deref for Book<'_> {
    type Target = FactsAt;
    fn deref(&self) -> &FactsAt {
        &self.rows
    }
}

/// The newest row called `id`.
///
/// # Panics
/// If there is none: a misspelt id is a bug; the tests read every setting with its default.
#[must_use]
pub fn fact(id: &str) -> &'static Fact {
    FactsAt::newest().fact(id)
}

/// The value of the newest row called `id` as a typed setting; models ask the [`FactsAt`] of their day.
///
/// # Panics
/// If the row does not hold such a value: a bug in the table.
#[must_use]
pub fn value<T: Setting>(id: &str) -> T {
    FactsAt::newest().value(id)
}

/// The setting `key`, by default the fact called `id`; noted as an assumption if it is one.
#[must_use]
pub fn setting<T: Setting>(section: &Section<'_>, key: &str, id: &str) -> T {
    let setting = section.or(key, on(section).value::<T>(id));
    note(section, key, id, &setting);
    setting
}

/// [`setting`] with a check that the value lies in `range`.
#[must_use]
pub fn setting_in<T>(section: &Section<'_>, key: &str, id: &str, range: RangeInclusive<T>) -> T
where
    T: Setting + PartialOrd + Display,
{
    let setting = section.or_in(key, on(section).value::<T>(id), range);
    note(section, key, id, &setting);
    setting
}

fn note<T: Setting>(section: &Section<'_>, key: &str, id: &str, setting: &T) {
    let fact = on(section).fact(id);
    if fact.is_assumption() {
        // A resolved scenario names every default.
        let is_default = setting.write() == on(section).value::<T>(id).write();
        let origin = if is_default {
            "default"
        } else {
            "set by the scenario"
        };
        let why = format!("assumption ({origin}): {} [{}]", fact.note, fact.source);
        section.assume(key, setting.write().to_string(), why);
    }
}

impl FactsAt {
    /// What a number called `id` rests on, for a bill.
    ///
    /// # Panics
    /// If there is none, as [`FactsAt::fact`] does.
    #[must_use]
    pub fn basis(self, id: &str) -> Basis {
        let fact = self.fact(id);
        Basis {
            id: fact.id.clone(),
            text: fact.text(),
            source: fact.source.clone(),
            valid_from: fact.valid_from.clone(),
            confidence: fact.confidence,
            note: fact.note.clone(),
        }
    }

    /// The price called `id`.
    ///
    /// # Panics
    /// If the row is no price: a bug in the table; the tests read every price.
    #[must_use]
    pub fn price(self, id: &str) -> Price {
        let fact = self.fact(id);
        let gb: Bytes = self.value("billing.gb");
        let month: Nanos = self.value("billing.month");
        let scale = Scale {
            gb: u128::from(gb.0),
            month_h: u128::from(month.0) / HOUR_NS,
        };
        Price::parse(&fact.value, &fact.unit, scale, self.basis(id))
            .unwrap_or_else(|why| panic!("fact {id}: {why}"))
    }

    /// A line of a price list: its name, what it is for, its price and the rules by which its quantity is counted.
    #[must_use]
    pub fn item(self, name: impl Into<String>, kind: Kind, price_id: &str, rules: &[&str]) -> Item {
        let rules = rules.iter().map(|id| self.basis(id)).collect();
        Item {
            name: name.into(),
            kind,
            price: self.price(price_id),
            rules,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete_and_no_row_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for fact in all() {
            assert!(
                seen.insert((&fact.id, &fact.valid_from)),
                "{} stands twice",
                fact.id
            );
            assert!(
                !fact.source.is_empty() && "HML".contains(fact.confidence),
                "{}",
                fact.id
            );
            assert!(
                Date::parse(&fact.valid_from).is_ok(),
                "{}: {}",
                fact.id,
                fact.valid_from
            );
            assert!(
                !fact.is_assumption() || !fact.note.is_empty(),
                "{} needs a note",
                fact.id
            );
        }
    }

    #[test]
    fn every_price_reads() {
        let prices: Vec<&Fact> = all()
            .iter()
            .filter(|fact| fact.id.contains(".price."))
            .collect();
        assert!(prices.len() > 40);
        for fact in prices {
            assert!(FactsAt::newest().price(&fact.id).per > 0, "{}", fact.id);
        }
        assert_eq!(
            FactsAt::newest().price("msk.price.ebs").per,
            (1 << 30) * 730 * HOUR_NS
        );
    }

    #[test]
    fn the_newest_row_is_in_force() {
        assert_eq!(value::<Bytes>("kinesis.put-records.bytes").0, 10 << 20);
        let old = all()
            .iter()
            .find(|f| f.id == "kinesis.put-records.bytes" && f.value == "5")
            .expect("old row");
        assert!(old.valid_from < fact("kinesis.put-records.bytes").valid_from);
    }

    fn day(text: &str) -> FactsAt {
        FactsAt::of(Date::parse(text).expect("a day"))
    }

    #[test]
    fn a_book_answers_with_the_rows_of_its_day() {
        let bytes = |on: &str| day(on).value::<Bytes>("kinesis.put-records.bytes").0;
        assert_eq!(
            (bytes("2025-10-27"), bytes("2025-10-28")),
            (5 << 20, 10 << 20)
        );
        // Before the first row the first row is used, and the look says so.
        assert_eq!(bytes("2016-01-01"), 5 << 20);
        let look = day("2016-01-01").look("kinesis.put-records.bytes");
        assert!(matches!(look, Some(FactStatus::FirstKnownLater(_))));
        assert!(day("2025-06-01").look("no.such.name").is_none());
    }

    #[test]
    fn a_history_is_in_the_order_of_its_dates() {
        let values =
            |id: &str| -> Vec<String> { history(id).iter().map(|fact| fact.text()).collect() };
        assert_eq!(values("kinesis.put-records.bytes"), ["5 MiB", "10 MiB"]);
        assert_eq!(values("kafka.linger.ms"), ["0", "5"]);
        assert!(history("no.such.name").is_empty());
    }

    #[test]
    fn what_begins_on_a_day_does_not_exist_before() {
        let id = "kinesis.record.max-kib.highest";
        assert_eq!(
            day("2025-06-01").comes(id).map(|from| from.to_string()),
            Some("2025-10-28".to_owned())
        );
        assert_eq!(day("2025-10-28").comes(id), None);
        // Only a first row can be a beginning.
        for fact in all().iter().filter(|fact| fact.begins) {
            assert_eq!(
                history(&fact.id)[0].valid_from,
                fact.valid_from,
                "{}",
                fact.id
            );
        }
    }
}
