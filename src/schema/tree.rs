//! What was asked for over all readings, as a tree of keys.

use crate::settings::{Ask, BaseUnit, Form, Pattern, Value, ValueAsk, What};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A key, and what lies below it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The keys below it.
    pub keys: BTreeMap<Arc<str>, Tree>,
    /// What lies below a name that the file chooses.
    pub names: Option<Box<Tree>>,
    /// What an entry of the array has.
    pub item: Option<Box<Tree>>,
    /// The ways in which it is read as a value.
    pub values: BTreeMap<(Form, Option<Unit>), Values>,
    /// Whether it is read as a table.
    pub is_table: bool,
    /// Whether it is read as an array of texts.
    pub is_texts: bool,
    /// Words of which it names exactly one.
    pub one_of: BTreeSet<String>,
    /// Words of which it names at most one.
    pub at_most_one: BTreeSet<String>,
    /// The keys without which no valid file was read; `None` before the first.
    pub needed: Option<BTreeSet<String>>,
    /// How often it was read as a table of a valid file.
    pub visits: u64,
}

/// A unit that has an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit(pub BaseUnit);

impl PartialOrd for Unit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Unit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.expected().cmp(other.0.expected())
    }
}

/// All questions for values of one form under a key.
#[derive(Debug)]
pub(super) struct Values {
    /// The questions, each once.
    pub asks: Vec<ValueAsk>,
}

impl Values {
    /// The defaults, each once.
    pub(super) fn defaults(&self) -> Vec<(&Value, Option<&str>)> {
        let mut found: Vec<(&Value, Option<&str>)> = Vec::new();
        for ask in &self.asks {
            let Some(default) = &ask.default else {
                continue;
            };
            let fact = ask.fact.as_deref();
            match found.iter_mut().find(|(value, _)| *value == default) {
                Some((_, known)) => *known = known.or(fact),
                None => found.push((default, fact)),
            }
        }
        found
    }

    /// The words that are allowed; none if any text is.
    pub(super) fn words(&self) -> Vec<&str> {
        if self.asks.iter().any(|ask| ask.words.is_empty()) {
            return Vec::new();
        }
        let mut words: Vec<&str> = Vec::new();
        for word in self.asks.iter().flat_map(|ask| &ask.words) {
            if !words.contains(&word.as_str()) {
                words.push(word);
            }
        }
        words
    }

    /// The least and the greatest value, each where it is the same in all questions: others depend on other settings.
    pub(super) fn range(&self) -> (Option<&Value>, Option<&Value>) {
        let same = |end: fn(&(Value, Value)) -> &Value| {
            let mut ends = self.asks.iter().map(|ask| ask.range.as_ref().map(end));
            let first = ends.next()??;
            ends.all(|end| end == Some(first)).then_some(first)
        };
        (same(|range| &range.0), same(|range| &range.1))
    }
}

impl Tree {
    /// Takes in what one reading asked for; only readings of valid files say what a file must have. Whether a value was
    /// asked for as it had not been before.
    pub(super) fn learn(&mut self, asks: &[Ask], is_valid: bool) -> bool {
        let mut is_new = false;
        for ask in asks {
            is_new |= self.at(&ask.pattern).note(&ask.what);
        }
        if is_valid {
            self.learn_needs(asks);
        }
        is_new
    }

    /// The node at a path.
    fn at(&mut self, pattern: &[Pattern]) -> &mut Tree {
        let Some((first, rest)) = pattern.split_first() else {
            return self;
        };
        let next = match first {
            Pattern::Key(name) => self.keys.entry(name.clone()).or_default(),
            Pattern::Name => self.names.get_or_insert_default(),
            Pattern::Item => self.item.get_or_insert_default(),
        };
        next.at(rest)
    }

    /// Notes a question; whether it is one for a value that is new.
    fn note(&mut self, what: &What) -> bool {
        match what {
            What::Table => self.is_table = true,
            What::Texts => self.is_texts = true,
            What::List | What::Presence | What::PresenceAsValue => {}
            What::OneOf(words) => self.one_of.extend(words.iter().cloned()),
            What::AtMostOne(words) => self.at_most_one.extend(words.iter().cloned()),
            What::Value(ask) => {
                let key = (ask.form, ask.unit.map(Unit));
                let values = self
                    .values
                    .entry(key)
                    .or_insert(Values { asks: Vec::new() });
                let same = |known: &ValueAsk| {
                    known.default == ask.default
                        && known.range == ask.range
                        && known.words == ask.words
                        && known.auto == ask.auto
                        && known.fact.is_some() == ask.fact.is_some()
                };
                if !values.asks.iter().any(same) {
                    values.asks.push((**ask).clone());
                    return true;
                }
            }
        }
        false
    }

    /// A key is needed in a table if every valid file that was read has both.
    fn learn_needs(&mut self, asks: &[Ask]) {
        let mut needs: BTreeMap<&str, (&[Pattern], BTreeSet<String>)> = BTreeMap::new();
        for ask in asks.iter().filter(|ask| matches!(ask.what, What::Table)) {
            needs
                .entry(&ask.path)
                .or_insert((&ask.pattern, BTreeSet::new()));
        }
        for ask in asks {
            let (What::Value(value), Some(Pattern::Key(key))) = (&ask.what, ask.pattern.last())
            else {
                continue;
            };
            let table = ask.path.strip_suffix(&**key).unwrap_or_default();
            let table = table.strip_suffix('.').unwrap_or(table);
            if let Some((_, needed)) = needs.get_mut(table).filter(|_| value.needed) {
                needed.insert(key.to_string());
            }
        }
        for (pattern, needed) in needs.into_values() {
            let node = self.at(pattern);
            node.visits += 1;
            node.needed = Some(match node.needed.take() {
                Some(known) => known.intersection(&needed).cloned().collect(),
                None => needed,
            });
        }
    }

    /// Whether a file may say anything here.
    pub(super) fn says_anything(&self) -> bool {
        let inside =
            |node: &Option<Box<Tree>>| node.as_ref().is_some_and(|node| node.says_anything());
        !self.values.is_empty()
            || self.is_texts
            || inside(&self.item)
            || inside(&self.names)
            || self.keys.values().any(Tree::says_anything)
    }
}
