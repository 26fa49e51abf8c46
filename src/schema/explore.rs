//! Reading one scenario in all ways: which answers lead to other questions.

use super::tree::Tree;
use crate::scenario::{Overrides, Scenario};
use crate::settings::{Ask, Form, Pattern, Settings, Value, ValueAsk, What};
use crate::workload::{TraceFiles, TracePlace};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The scenario that is varied: both platforms, and a consumer whose name stands wherever text is asked for.
const BASE: &str = r#"
title = "A scenario"
question = "What may it say?"
duration = "60 s"

[workload]
arrivals = { constant = "1 records/s" }
keys = { uniform = { count = 4 } }
sizes = { constant = "100 B" }

[[consumer]]
name = "app"
workers = 2

[system.stream.kinesis]
ShardCount = 2

[system.cluster.kafka]
NumberOfBrokerNodes = 3
topic = { partitions = 4 }
"#;

/// The two systems of that scenario.
const SYSTEMS: [&str; 2] = ["system.stream", "system.cluster"];

/// The same with other numbers: a range that is another one here depends on them.
const OTHER: [(&str, &str); 5] = [
    ("60 s", "90 min"),
    ("count = 4", "count = 5"),
    ("workers = 2", "workers = 8"),
    ("ShardCount = 2", "ShardCount = 7"),
    ("NumberOfBrokerNodes = 3", "NumberOfBrokerNodes = 9"),
];

/// How many variants are read at a time.
const AT_ONCE: usize = 64;

/// The largest number of whole numbers of a range that are all tried.
const FEW: i64 = 4;

/// How often values that the reader misses are filled in before its questions are taken as they are.
const REPAIRS: u32 = 3;

/// What a variant of the scenario says differently.
#[derive(Clone, Debug, Default)]
struct Variant {
    puts: Vec<Put>,
    /// The last answer that was chosen; what stands behind it in `puts` was filled in.
    choice: Option<Put>,
    repairs: u32,
    /// Whether what stands beside the last choice is left out.
    is_lean: bool,
}

/// A value or an empty table at a path, instead of what stands there and at the paths in `cuts`.
#[derive(Clone, Debug)]
struct Put {
    path: String,
    value: Option<Value>,
    cuts: Vec<String>,
}

/// An answer that may lead to other questions.
struct Answer {
    /// The key that it is about.
    pattern: Vec<Pattern>,
    /// What is tried there: each is tried once.
    label: String,
    put: Put,
}

/// Traces of one record, whatever they are called.
struct AnyTrace;

impl TraceFiles for AnyTrace {
    fn find(&self, name: &str) -> Result<TracePlace, String> {
        let bytes = b"timestamp_ms,key,size_bytes\n0,a,1\n";
        Ok(TracePlace::Memory(name.into(), Arc::from(&bytes[..])))
    }
}

/// Reads all variants and gathers what was asked for.
pub(super) fn explore() -> Tree {
    let mut tree = Tree::default();
    let change = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    let other = OTHER.iter().fold(BASE.to_owned(), change);
    let telling = explore_base(&parsed(BASE), &mut tree);
    for (asks, is_valid) in read_all(&parsed(&other), &telling) {
        tree.learn(&asks, is_valid);
    }
    tree
}

fn parsed(text: &str) -> Settings {
    Settings::parse("schema", text, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Reads all variants of one text, and gives those in which something was asked that had not been asked before.
fn explore_base(base: &Settings, tree: &mut Tree) -> Vec<Variant> {
    let (mut tried, mut telling) = (Tried::default(), Vec::new());
    let mut queue = VecDeque::from([Variant::default()]);
    while !queue.is_empty() {
        let some: Vec<Variant> = queue.drain(..queue.len().min(AT_ONCE)).collect();
        let readings = read_all(base, &some);
        for (variant, (asks, is_valid)) in some.into_iter().zip(readings) {
            let is_telling = tree.learn(&asks, is_valid);
            match repaired(&variant, &asks) {
                Some(repaired) => queue.push_back(repaired),
                None => {
                    queue.extend(lean(&variant, &asks));
                    let fresh = tried.fresh(&asks).into_iter();
                    queue.extend(fresh.map(|put| variant.with(put)));
                }
            }
            if is_telling {
                telling.push(variant);
            }
        }
    }
    telling
}

/// What was tried so far.
#[derive(Default)]
struct Tried {
    /// The questions of each key: the answers to these were all tried.
    questions: BTreeMap<Vec<Pattern>, Vec<What>>,
    /// The answers, by key and label.
    answers: BTreeSet<(Vec<Pattern>, String)>,
}

impl Tried {
    /// The answers that were not tried before, which are tried now.
    fn fresh(&mut self, asks: &[Ask]) -> Vec<Put> {
        let mut fresh = Vec::new();
        for ask in asks {
            match self.questions.get_mut(&ask.pattern) {
                Some(known) if known.contains(&ask.what) => continue,
                Some(known) => known.push(ask.what.clone()),
                None => drop(
                    self.questions
                        .insert(ask.pattern.clone(), vec![ask.what.clone()]),
                ),
            }
            for answer in answers(ask) {
                if self.answers.insert((answer.pattern, answer.label)) {
                    fresh.push(answer.put);
                }
            }
        }
        fresh
    }
}

/// A variant without everything that stands beside its last choice, which may contradict it or go before it.
fn lean(variant: &Variant, asks: &[Ask]) -> Option<Variant> {
    let last = variant.choice.as_ref().filter(|_| !variant.is_lean)?;
    let is_word = |ask: &Ask| match (&ask.what, &last.value) {
        (What::Value(asked), Some(Value::Text(word))) => asked.words.contains(word),
        _ => false,
    };
    let mut here = asks.iter().filter(|ask| ask.path == last.path);
    here.find(|ask| is_word(ask))?;
    let (table, _) = last.path.rsplit_once('.')?;
    let beside = asks.iter().filter_map(|ask| {
        let key = ask.path.strip_prefix(table)?.trim_start_matches('.');
        let is_beside = !key.is_empty() && !key.contains('[') && ask.path != last.path;
        (is_beside && !last.path.starts_with(&ask.path)).then(|| ask.path.clone())
    });
    let cuts: BTreeSet<String> = beside.collect();
    let put = Put {
        cuts: cuts.into_iter().collect(),
        ..last.clone()
    };
    let mut lean = variant.with(put);
    lean.is_lean = true;
    Some(lean)
}

/// What the reader asks for in each variant, and whether it is a valid scenario.
fn read_all(base: &Settings, variants: &[Variant]) -> Vec<(Vec<Ask>, bool)> {
    let texts: Vec<Settings> = variants.iter().map(|v| v.applied(base)).collect();
    texts.into_par_iter().map(|text| read(&text)).collect()
}

/// What the reader asks for in a scenario, and whether it is valid.
fn read(settings: &Settings) -> (Vec<Ask>, bool) {
    settings.note_asks();
    let read = Scenario::read(settings, "schema", &AnyTrace, &Overrides::default());
    (settings.take_asks(), read.is_ok())
}

impl Variant {
    /// The scenario that it is. Where it says nothing but about one system, the other one is left out.
    fn applied(&self, base: &Settings) -> Settings {
        let mut settings = base.clone();
        let [stream, cluster] = SYSTEMS;
        for (own, other) in [(stream, cluster), (cluster, stream)] {
            let mut puts = self.puts.iter();
            if !self.puts.is_empty() && puts.all(|put| put.path.starts_with(own)) {
                settings.cut(other);
            }
        }
        for put in &self.puts {
            put.cuts.iter().for_each(|path| settings.cut(path));
            settings.put(&put.path, put.value.clone());
        }
        crate::workload::expand(&mut settings);
        settings
    }

    fn with(&self, put: Put) -> Self {
        let mut variant = self.clone();
        variant.puts.push(put.clone());
        variant.choice = Some(put);
        (variant.repairs, variant.is_lean) = (0, false);
        variant
    }
}

/// The variant with the values that the reader missed or could not read; `None` if there are none, or if
/// filling them in does not help.
fn repaired(variant: &Variant, asks: &[Ask]) -> Option<Variant> {
    let is_open = |ask: &&Ask| match &ask.what {
        What::Value(value) => !value.is_read && (value.needed || says(variant, &ask.path)),
        _ => false,
    };
    let open: Vec<&Ask> = asks.iter().filter(is_open).collect();
    if open.is_empty() || variant.repairs >= REPAIRS {
        return None;
    }
    let mut next = variant.clone();
    next.repairs += 1;
    for ask in open {
        if let What::Value(value) = &ask.what {
            next.puts.push(Put {
                path: ask.path.clone(),
                value: Some(value.example.clone()),
                cuts: Vec::new(),
            });
        }
    }
    Some(next)
}

/// Whether a variant puts something at this very path.
fn says(variant: &Variant, path: &str) -> bool {
    variant.puts.iter().any(|put| put.path == path)
}

/// The answers to a question that may lead to other questions.
fn answers(ask: &Ask) -> Vec<Answer> {
    match &ask.what {
        What::Table | What::Texts => Vec::new(),
        What::List => {
            let mut pattern = ask.pattern.clone();
            pattern.push(Pattern::Item);
            vec![Answer::new(pattern, format!("{}[0]", ask.path), None, &[])]
        }
        What::Presence => vec![Answer::new(
            ask.pattern.clone(),
            ask.path.clone(),
            None,
            &[],
        )],
        What::PresenceAsValue => {
            let text = Some(Value::Text("app".to_owned()));
            vec![Answer::new(
                ask.pattern.clone(),
                ask.path.clone(),
                text,
                &[],
            )]
        }
        What::OneOf(words) | What::AtMostOne(words) => {
            let path = |word: &String| join(&ask.path, word);
            let all: Vec<String> = words.iter().map(path).collect();
            let below = |word: &String| {
                let mut pattern = ask.pattern.clone();
                pattern.push(Pattern::Key(word.as_str().into()));
                Answer::new(pattern, path(word), None, &all)
            };
            words.iter().map(below).collect()
        }
        What::Value(value) => {
            let answer =
                |value| Answer::new(ask.pattern.clone(), ask.path.clone(), Some(value), &[]);
            values(value).into_iter().map(answer).collect()
        }
    }
}

impl Answer {
    fn new(pattern: Vec<Pattern>, path: String, value: Option<Value>, cuts: &[String]) -> Self {
        let label = value
            .as_ref()
            .map_or("a table".to_owned(), ToString::to_string);
        let cuts = cuts.to_vec();
        Self {
            pattern,
            label,
            put: Put { path, value, cuts },
        }
    }
}

/// The values of a key that may lead to other questions: all words, both flags, few numbers, or any value at all.
fn values(asked: &ValueAsk) -> Vec<Value> {
    let mut values: Vec<Value> = asked.words.iter().cloned().map(Value::Text).collect();
    if asked.form == Form::Flag {
        values.extend([Value::Flag(true), Value::Flag(false)]);
    }
    if let Some((Value::Integer(least), Value::Integer(most))) = &asked.range
        && most.saturating_sub(*least) <= FEW
    {
        values.extend((*least..=*most).map(Value::Integer));
    }
    if values.is_empty() && asked.default.is_none() {
        values.push(asked.example.clone());
    }
    values
}

fn join(path: &str, word: &str) -> String {
    if path.is_empty() {
        return word.to_owned();
    }
    format!("{path}.{word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenario_that_is_varied_is_valid() {
        let (asks, is_valid) = read(&parsed(BASE));
        assert!(is_valid && asks.len() > 100, "{}", asks.len());
        let name = asks.iter().find(|ask| ask.path == "system.stream.kinesis");
        let pattern = &name.expect("asked for").pattern;
        assert_eq!(pattern[1], Pattern::Name);
    }
}
