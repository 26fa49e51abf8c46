//! The tree of questions as a JSON Schema.

use super::VERSION;
use super::tree::{Tree, Values};
use crate::facts;
use crate::settings::{BaseUnit, Form, Value as Setting};
use crate::units::{ByteRate, Bytes, Nanos, Quantity, RecordRate, Share};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the schema says about itself.
const ABOUT: &str = "One experiment of streamduel: a workload, the systems that take it, and what is claimed. Made by the reader of \
     scenarios itself. What depends on several settings at once is checked by `streamduel check` alone.";

/// The least and the greatest value, where they are known.
type Range<'a> = (Option<&'a Setting>, Option<&'a Setting>);

/// The whole schema.
pub(super) fn document(tree: &Tree) -> Value {
    let mut schema = Map::new();
    let about = [
        ("$schema", "https://json-schema.org/draft/2020-12/schema"),
        ("$id", "urn:streamduel:scenario:1"),
        ("title", "A scenario of streamduel"),
        ("description", ABOUT),
    ];
    for (key, text) in about {
        schema.insert(key.to_owned(), json!(text));
    }
    let program = env!("CARGO_PKG_VERSION");
    schema.insert(
        "x-streamduel".to_owned(),
        json!({ "format": "streamduel/schema", "version": VERSION, "program": program }),
    );
    schema.extend(table(tree));
    Value::Object(schema)
}

/// Everything that may stand at a key.
fn any(node: &Tree) -> Value {
    let mut ways: Vec<Value> = Vec::new();
    for ((form, unit), values) in &node.values {
        ways.push(value(*form, unit.map(|unit| unit.0), values));
    }
    if node.is_texts {
        ways.push(json!({ "type": "array", "items": { "type": "string" } }));
    }
    if let Some(item) = node.item.as_ref().filter(|item| item.says_anything()) {
        ways.push(json!({ "type": "array", "items": any(item) }));
    }
    let names = node
        .names
        .as_ref()
        .is_some_and(|names| names.says_anything());
    if names || node.keys.values().any(Tree::says_anything) {
        ways.push(Value::Object(table(node)));
    }
    if ways.len() == 1 {
        return ways.remove(0);
    }
    json!({ "anyOf": ways })
}

/// A table: its keys, the keys that it needs, and the words of which it names one.
fn table(node: &Tree) -> Map<String, Value> {
    let said = node.keys.iter().filter(|(_, below)| below.says_anything());
    let said = said.map(|(key, below)| Said {
        parts: key.split('.').collect(),
        below,
    });
    let mut schema = nested(&said.collect::<Vec<Said<'_>>>());
    if let Some(names) = node.names.as_ref().filter(|names| names.says_anything()) {
        schema.insert("additionalProperties".to_owned(), any(names));
    }
    let needed = needed(node);
    if !needed.is_empty() {
        schema.insert("required".to_owned(), json!(needed));
    }
    let has = |word: &String| json!({ "required": [word] });
    if !node.one_of.is_empty() {
        let words: Vec<Value> = node.one_of.iter().map(has).collect();
        schema.insert("oneOf".to_owned(), json!(words));
    } else if !node.at_most_one.is_empty() {
        let mut words: Vec<Value> = node.at_most_one.iter().map(has).collect();
        words.push(json!({ "not": { "anyOf": words.clone() } }));
        schema.insert("oneOf".to_owned(), json!(words));
    }
    schema
}

/// The keys that every valid table has: values that are needed, and tables that need something themselves.
fn needed(node: &Tree) -> Vec<&str> {
    let plain = node.needed.iter().flatten().map(String::as_str);
    let mut needed: Vec<&str> = plain.filter(|key| !key.contains('.')).collect();
    for (key, below) in &node.keys {
        let needs = below.needed.as_ref().is_some_and(|keys| !keys.is_empty());
        let always = node.visits > 0 && below.visits == node.visits && below.values.is_empty();
        if needs && always && !key.contains('.') && !needed.contains(&&**key) {
            needed.push(key);
        }
    }
    needed
}

/// A key by its parts, and what lies below it.
struct Said<'a> {
    parts: Vec<&'a str>,
    below: &'a Tree,
}

/// The keys that begin with the same part.
#[derive(Default)]
struct Group<'a> {
    /// What lies at the part itself.
    own: Option<&'a Tree>,
    /// The keys that have more parts.
    longer: Vec<Said<'a>>,
}

impl Group<'_> {
    fn property(&self) -> Value {
        match self.own {
            Some(own) if self.longer.is_empty() => any(own),
            Some(own) => json!({ "anyOf": [any(own), nested(&self.longer)] }),
            None => Value::Object(nested(&self.longer)),
        }
    }
}

/// Keys by their parts: `linger.ms` is a table with a key to TOML, and may be one quoted key as well.
fn nested(said: &[Said<'_>]) -> Map<String, Value> {
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    let mut quoted = Map::new();
    for Said { parts, below } in said {
        let group = groups.entry(parts[0]).or_default();
        if parts.len() == 1 {
            group.own = Some(below);
            continue;
        }
        group.longer.push(Said {
            parts: parts[1..].to_vec(),
            below,
        });
        let key = parts.join(".").replace('.', "\\.");
        quoted.insert(format!("^{key}$"), any(below));
    }
    let groups = groups.into_iter();
    let properties: Map<String, Value> = groups
        .map(|(key, group)| (key.to_owned(), group.property()))
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !quoted.is_empty() {
        schema.insert("patternProperties".to_owned(), Value::Object(quoted));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

/// A value of one form, with its default, its range, and the facts behind them.
fn value(form: Form, unit: Option<BaseUnit>, values: &Values) -> Value {
    let range = values.range();
    let mut schema = match unit {
        Some(unit) => {
            let number = plain(form, range);
            let text = pattern(quantity(unit));
            Map::from_iter([("anyOf".to_owned(), json!([number, text]))])
        }
        None => plain(form, range),
    };
    let words = values.words();
    if form == Form::Text && !words.is_empty() {
        schema.insert("enum".to_owned(), json!(words));
    }
    if values.asks.iter().any(|ask| ask.auto) {
        let said = Value::Object(std::mem::take(&mut schema));
        schema.insert("anyOf".to_owned(), json!([said, { "const": "auto" }]));
    }
    let defaults = values.defaults();
    if let [(default, _)] = defaults[..] {
        schema.insert("default".to_owned(), json_of(default));
    }
    let about = about(values, range, &defaults);
    schema.insert("description".to_owned(), json!(about));
    let known: Vec<Value> = defaults
        .iter()
        .filter_map(|(_, fact)| fact.map(fact_of))
        .collect();
    if !known.is_empty() {
        schema.insert("x-facts".to_owned(), json!(known));
    }
    Value::Object(schema)
}

/// What a reader of the file should know, in one line.
fn about(values: &Values, range: Range<'_>, defaults: &[(&Setting, Option<&str>)]) -> String {
    let expected = values.asks.first().map_or("", |ask| ask.expected);
    let mut about = format!("Expected: {expected}.");
    match range {
        (Some(least), Some(most)) => about += &format!(" From {least} to {most}."),
        (Some(least), None) => about += &format!(" At least {least}."),
        (None, Some(most)) => about += &format!(" At most {most}."),
        (None, None) => {}
    }
    let told = |(value, fact): &(&Setting, Option<&str>)| match fact {
        Some(id) => {
            let fact = facts::fact(id);
            format!(
                "{value} (fact {id}, since {}, confidence {})",
                fact.valid_from, fact.confidence
            )
        }
        None => value.to_string(),
    };
    let told: Vec<String> = defaults.iter().map(told).collect();
    match &told[..] {
        [] => {}
        [one] => about += &format!(" By default {one}."),
        several => {
            about += &format!(
                " By default, depending on other settings: {}.",
                several.join(", ")
            )
        }
    }
    about
}

/// A fact by its name, as data.
fn fact_of(id: &str) -> Value {
    let fact = facts::fact(id);
    json!({
        "id": fact.id, "value": fact.value, "unit": fact.unit, "source": fact.source,
        "valid-from": fact.valid_from, "confidence": fact.confidence.to_string(), "note": fact.note,
    })
}

/// A form without its documentation.
fn plain(form: Form, range: Range<'_>) -> Map<String, Value> {
    let mut schema = match form {
        Form::Whole => Map::from_iter([
            ("type".to_owned(), json!("integer")),
            ("minimum".to_owned(), json!(0)),
        ]),
        Form::Signed => Map::from_iter([("type".to_owned(), json!("integer"))]),
        Form::Number => Map::from_iter([("type".to_owned(), json!("number"))]),
        Form::Flag => Map::from_iter([("type".to_owned(), json!("boolean"))]),
        Form::Text => Map::from_iter([("type".to_owned(), json!("string"))]),
        Form::Day => {
            pattern_of("^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$".to_owned())
        }
        quantity => pattern(quantity),
    };
    let is_number = matches!(form, Form::Whole | Form::Signed | Form::Number);
    for (key, end) in [("minimum", range.0), ("maximum", range.1)] {
        if let Some(end) = end.filter(|_| is_number) {
            schema.insert(key.to_owned(), json_of(end));
        }
    }
    schema
}

/// Text with a number and one of the units that the reader takes.
fn pattern(form: Form) -> Map<String, Value> {
    let units: Vec<&str> = match form {
        Form::Duration => Nanos::UNITS.to_vec(),
        Form::Data => Bytes::UNITS.to_vec(),
        Form::DataRate => ByteRate::UNITS.to_vec(),
        Form::RecordRate => RecordRate::UNITS.to_vec(),
        Form::Rate => [RecordRate::UNITS, ByteRate::UNITS].concat(),
        _ => Share::UNITS.to_vec(),
    };
    let units = units.join("|");
    pattern_of(format!(
        "^\\s*\\+?(?:[0-9][0-9_]*\\.?[0-9_]*|\\.[0-9_]+)\\s*(?:{units})\\s*$"
    ))
}

fn pattern_of(pattern: String) -> Map<String, Value> {
    Map::from_iter([
        ("type".to_owned(), json!("string")),
        ("pattern".to_owned(), json!(pattern)),
    ])
}

/// How text stands for a whole number of a service.
fn quantity(unit: BaseUnit) -> Form {
    match unit {
        BaseUnit::Millis | BaseUnit::Seconds | BaseUnit::Minutes | BaseUnit::Hours => {
            Form::Duration
        }
        BaseUnit::Bytes | BaseUnit::Kib | BaseUnit::Gib => Form::Data,
        BaseUnit::MibPerS => Form::DataRate,
    }
}

fn json_of(value: &Setting) -> Value {
    match value {
        Setting::Text(text) => json!(text),
        Setting::Integer(number) => json!(number),
        Setting::Float(number) => json!(number),
        Setting::Flag(flag) => json!(flag),
        Setting::Later => Value::Null,
    }
}
