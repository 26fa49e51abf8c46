//! The functions that templates of lessons may call, and the digits that they may not type.

use super::figures::unknown;
use super::lessons::Material;
use crate::facts::{self, Fact};
use crate::report::format;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What a page has used.
#[derive(Clone, Debug, Default)]
pub(super) struct Collected {
    /// The texts of its footnotes, in the order of their first use.
    pub notes: Vec<String>,
    /// Scenarios and charts that it shows.
    pub charts: BTreeSet<(String, String)>,
}

/// Names with digits that are no numbers.
const NAMES: [&str; 2] = ["S3", "EC2"];

fn fail(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// Makes the functions known: `figure`, `times`, `setting`, `fact`, `run`, `chart`.
pub(super) fn add_to(
    environment: &mut Environment<'_>,
    material: &Arc<Material>,
    collected: &Arc<Mutex<Collected>>,
) {
    let known = material.clone();
    environment.add_function(
        "figure",
        move |scenario: &str, system: &str, figure: &str| {
            known
                .figures
                .get(scenario, system, figure)
                .map(|figure| figure.text())
                .map_err(fail)
        },
    );
    let known = material.clone();
    environment.add_function(
        "times",
        move |scenario: &str, more: &str, less: &str, figure: &str| {
            times(&known, scenario, more, less, figure).map_err(fail)
        },
    );
    let known = material.clone();
    environment.add_function("setting", move |scenario: &str, path: &str| {
        setting(&known, scenario, path).map_err(fail)
    });
    let notes = collected.clone();
    environment.add_function("fact", move |id: &str, options: Kwargs| {
        let (at, unit): (Option<String>, Option<String>) =
            (options.get("at")?, options.get("unit")?);
        options.assert_all_used()?;
        fact(id, at.as_deref(), unit.as_deref(), &notes).map_err(fail)
    });
    let known = material.clone();
    environment.add_function("run", move |scenario: &str| {
        let entry = known.entry(scenario).map_err(fail)?;
        let command = format!("```sh\nstreamduel run scenarios/{scenario}.toml\n```");
        Ok::<_, Error>(format!("{command}\n\nIt asks: *{}*", entry.question))
    });
    let (known, charts) = (material.clone(), collected.clone());
    environment.add_function("chart", move |scenario: &str, name: &str| {
        let entry = known.entry(scenario).map_err(fail)?;
        let names: Vec<&str> = entry.charts.iter().map(|(name, _)| name.as_str()).collect();
        let there = entry.charts.iter().find(|(known, _)| known == name);
        let (_, title) = there
            .ok_or_else(|| fail(format!("in {scenario}, {}", unknown("chart", name, &names))))?;
        if let Ok(mut inside) = charts.lock() {
            inside.charts.insert((scenario.to_owned(), name.to_owned()));
        }
        let folder = format!("../../results/{scenario}");
        let image = format!("![{title}]({folder}/charts/{name}.svg)");
        Ok(format!(
            "{image}\n\n{title}; [the whole report]({folder}/report.md)."
        ))
    });
}

/// By how much a figure of one system exceeds that of another.
fn times(
    material: &Material,
    scenario: &str,
    more: &str,
    less: &str,
    figure: &str,
) -> Result<String, String> {
    let get = |system: &str| {
        material
            .figures
            .get(scenario, system, figure)
            .map(|figure| figure.value)
    };
    let (more, less) = (get(more)?, get(less)?);
    if less == 0.0 {
        return Err(format!(
            "in {scenario}, `{figure}` of the second system is 0: nothing is a multiple of it"
        ));
    }
    Ok(format!(
        "{} times",
        format::prefixed(libm::round(more / less * 10.0) / 10.0)
    ))
}

/// A value of the resolved scenario, by its dotted path.
fn setting(material: &Material, scenario: &str, path: &str) -> Result<String, String> {
    material.entry(scenario)?;
    let missing = || format!("in {scenario}, nothing is set at `{path}`");
    let table = material.resolved.get(scenario).ok_or_else(missing)?;
    let value = walk(table, path).ok_or_else(missing)?;
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(format::count(*number as f64)),
        toml::Value::Float(number) => Ok(format::machine(*number)),
        other => Err(format!(
            "in {scenario}, `{path}` is {}, not a single value",
            other.type_str()
        )),
    }
}

/// Follows a dotted path. Names of the services have dots of their own; an entry of a list is meant by
/// its number, from 0.
fn walk<'a>(table: &'a toml::Table, path: &str) -> Option<&'a toml::Value> {
    let ends = path
        .char_indices()
        .filter(|(_, c)| *c == '.')
        .map(|(at, _)| at);
    ends.chain([path.len()]).find_map(|at| {
        let (value, rest) = (table.get(&path[..at])?, path.get(at + 1..));
        match (rest, value) {
            (None, value) => Some(value),
            (Some(rest), toml::Value::Table(inside)) => walk(inside, rest),
            (Some(rest), toml::Value::Array(list)) => {
                let (number, rest) = rest.split_once('.')?;
                walk(list.get(number.parse::<usize>().ok()?)?.as_table()?, rest)
            }
            _ => None,
        }
    })
}

/// The row of a fact that was in force at a date, by default the newest.
fn row(id: &str, at: Option<&str>) -> Result<&'static Fact, String> {
    let rows: Vec<&Fact> = facts::all().iter().filter(|fact| fact.id == id).collect();
    if rows.is_empty() {
        let known: Vec<&str> = facts::all().iter().map(|fact| fact.id.as_str()).collect();
        return Err(unknown("fact", id, &known));
    }
    let in_force = rows
        .into_iter()
        .filter(|fact| at.is_none_or(|at| fact.valid_from.as_str() <= at));
    let newest = in_force.max_by_key(|fact| fact.valid_from.as_str());
    newest.ok_or_else(|| {
        format!(
            "no row of the fact `{id}` was in force at {}",
            at.unwrap_or_default()
        )
    })
}

/// A fact's value with unit and footnote; the word "assumption" beside what is one.
fn fact(
    id: &str,
    at: Option<&str>,
    unit: Option<&str>,
    notes: &Mutex<Collected>,
) -> Result<String, String> {
    let fact = row(id, at)?;
    let unit = unit.or_else(|| unit_of(fact)).unwrap_or_default();
    let value = match fact.value.parse::<i64>() {
        Ok(number) => format::count(number as f64),
        Err(_) => fact.value.clone(),
    };
    let value = format!("{value} {unit}").trim_end().to_owned();
    let assumption = if fact.is_assumption() {
        " (assumption)"
    } else {
        ""
    };
    let about = if fact.note.is_empty() {
        String::new()
    } else {
        format!(" {}.", fact.note)
    };
    let confidence = match fact.confidence {
        'L' => "an assumption of ours (confidence L)".to_owned(),
        other => format!("confidence {other}"),
    };
    let note = format!(
        "`{id}`: {value}, in force since {} or known to be, {confidence}; [sources](../SOURCES.md): {}.{about}",
        fact.valid_from, fact.source
    );
    let mut inside = notes
        .lock()
        .map_err(|_| "the notes of the page are lost".to_owned())?;
    let number = match inside.notes.iter().position(|known| *known == note) {
        Some(index) => index + 1,
        None => {
            inside.notes.push(note);
            inside.notes.len()
        }
    };
    Ok(format!("{value}{assumption}[^{number}]"))
}

/// The unit of a fact; settings of Kafka carry theirs in their name.
fn unit_of(fact: &Fact) -> Option<&str> {
    match fact.unit.as_str() {
        "" if fact.id.ends_with(".ms") => Some("ms"),
        "" if fact.id.ends_with(".bytes") || fact.id.ends_with(".size") => Some("bytes"),
        "" => None,
        unit => Some(unit),
    }
}

/// Digits that a template types outside of calls, code spans with a name in them, and names.
pub(super) fn typed_digits(template: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, line) in template.lines().enumerate() {
        let plain = without(&without(line, "{{", "}}"), "{%", "%}");
        // The address of a link is a name, too.
        let plain = without(&plain, "](", ")");
        let mut typed = String::new();
        for (n, part) in plain.split('`').enumerate() {
            // A code span may name a setting with its value; a bare number in one is still a number.
            if n % 2 == 0 || !part.contains(|c: char| c.is_ascii_alphabetic()) {
                typed.push_str(part);
            }
        }
        for name in NAMES {
            typed = typed.replace(name, "");
        }
        if typed.contains(|c: char| c.is_ascii_digit()) {
            problems.push(format!(
                "line {}: a typed number in `{}`",
                index + 1,
                line.trim()
            ));
        }
    }
    problems
}

/// `text` without what stands between `open` and `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let (mut left, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(open) {
        left.push_str(before);
        rest = after.split_once(close).map_or("", |(_, after)| after);
    }
    left + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_found_outside_of_calls_and_names() {
        assert!(
            typed_digits("S3 takes {{ figure(\"a-1\", \"b\", \"append_p99\") }} with `acks=1`")
                .is_empty()
        );
        assert_eq!(
            typed_digits("fine\nat 40 % of it")[0],
            "line 2: a typed number in `at 40 % of it`"
        );
        assert_eq!(typed_digits("it takes `16,000` records").len(), 1);
    }

    #[test]
    fn a_fact_carries_its_source_its_date_and_the_word_assumption() {
        let notes = Mutex::new(Collected::default());
        assert_eq!(
            fact("kinesis.shard.write.records", None, None, &notes).expect("there"),
            "1,000 records[^1]"
        );
        let assumed = fact("kinesis.put.latency.median", None, None, &notes).expect("there");
        assert_eq!(assumed, "15 ms (assumption)[^2]");
        let old = fact(
            "kinesis.put-records.bytes",
            Some("2024-01-01"),
            None,
            &notes,
        )
        .expect("there");
        assert_eq!(old, "5 MiB[^3]");
        assert!(
            fact("kinesis.put-records.byte", None, None, &notes)
                .expect_err("unknown")
                .contains("did you mean")
        );
        let texts = &notes.lock().expect("notes").notes;
        assert!(
            texts[0].contains("QUOTA") && texts[0].contains("2022-08-31"),
            "{}",
            texts[0]
        );
        assert!(texts[1].contains("assumption"), "{}", texts[1]);
    }

    #[test]
    fn a_dotted_path_finds_dotted_names() {
        let table: toml::Table =
            "[topic]\n\"min.insync.replicas\" = 2\nretention.ms = 5\n[[step]]\nat = 7\n"
                .parse()
                .expect("toml");
        assert_eq!(
            walk(&table, "topic.min.insync.replicas").and_then(toml::Value::as_integer),
            Some(2)
        );
        assert_eq!(
            walk(&table, "topic.retention.ms").and_then(toml::Value::as_integer),
            Some(5)
        );
        assert_eq!(
            walk(&table, "step.0.at").and_then(toml::Value::as_integer),
            Some(7)
        );
        assert_eq!(
            (walk(&table, "topic.none"), walk(&table, "step.1.at")),
            (None, None)
        );
    }
}
