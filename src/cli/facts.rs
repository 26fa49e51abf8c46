//! `streamduel facts`: the dated limits, defaults, prices and assumptions.

use super::json::{self, Form, Format, Told};
use super::{Failure, print};
use crate::facts::{self, Fact, FactStatus, FactsAt};
use crate::units::Date;

/// What is printed of the tables.
#[derive(Debug, clap::Args)]
pub(super) struct FactsArguments {
    /// Only those whose name contains this
    filter: Option<String>,
    /// What was in force on this day, as in `--as-of 2025-06-01`; without it, the newest
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// The region whose prices are printed; only those of us-east-1 are known
    #[arg(long, value_name = "REGION", default_value = facts::PRICED_REGIONS[0])]
    region: String,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the table of the day.
pub(super) fn facts(arguments: &FactsArguments) -> Result<(), Failure> {
    let day = read_day(arguments.as_of.as_deref())?;
    check_region(&arguments.region)?;
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let mut names: Vec<&str> = Vec::new();
    for fact in facts::all().iter().filter(|fact| fact.id.contains(filter)) {
        if !names.contains(&fact.id.as_str()) {
            names.push(&fact.id);
        }
    }
    if names.is_empty() {
        let message =
            format!("error: no fact has `{filter}` in its name; `streamduel facts` lists them all");
        return Err(Failure::Invalid(message));
    }
    let statuses = names.iter().filter_map(|id| FactsAt::of(day).look(id));
    if arguments.format != Format::Text {
        let told: Vec<Told> = statuses.map(|status| Told::of(status, day)).collect();
        return json::give(arguments.format, Form::FACTS, &told);
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.set_header([
        "fact",
        "value",
        "unit",
        "valid from",
        "confidence",
        "source",
        "note",
    ]);
    for status in statuses {
        table.add_row(row(status, day));
    }
    print(&format!("facts in force on {day}\n{table}\n"))
}

/// A region whose prices are not known is refused with those that are.
fn check_region(region: &str) -> Result<(), Failure> {
    if facts::PRICED_REGIONS.contains(&region) {
        return Ok(());
    }
    Err(Failure::Invalid(format!(
        "error: --region: the prices of `{region}` are not known; known are {}",
        facts::PRICED_REGIONS.join(", ")
    )))
}

fn read_day(text: Option<&str>) -> Result<Date, Failure> {
    let (first, last) = facts::span();
    let Some(text) = text else { return Ok(last) };
    let invalid = |message: String| Failure::Invalid(format!("error: --as-of: {message}"));
    let day =
        Date::parse(text).map_err(|why| invalid(format!("{why}; expected {}", Date::EXPECTED)))?;
    if day < first || day > last {
        let why =
            format!("nothing is known of {day}: the tables of facts reach from {first} to {last}");
        return Err(invalid(why));
    }
    Ok(day)
}

fn row(status: FactStatus, day: Date) -> [String; 7] {
    let (fact, value, since) = match status {
        FactStatus::InForce(fact) => (fact, fact.value.clone(), fact.valid_from.clone()),
        FactStatus::FirstKnownLater(fact) => (
            fact,
            fact.value.clone(),
            format!("{} (first known then)", fact.valid_from),
        ),
        FactStatus::NotYet(fact) => (
            fact,
            "does not exist yet".to_owned(),
            format!("exists since {}", fact.valid_from),
        ),
    };
    let confidence = if fact.is_assumption() {
        "L (assumption)".to_owned()
    } else {
        fact.confidence.to_string()
    };
    let mut notes = vec![fact.note.clone(), others(fact, day)];
    notes.retain(|text| !text.is_empty());
    [
        fact.id.clone(),
        value,
        fact.unit.clone(),
        since,
        confidence,
        fact.source.clone(),
        notes.join("; "),
    ]
}

/// What was or will be in force before and after a row.
fn others(fact: &Fact, day: Date) -> String {
    let rows = facts::history(&fact.id);
    let tell = |other: &&Fact| {
        let when = if other.since() > day { "from" } else { "as of" };
        format!("{when} {}: {}", other.valid_from, other.text())
    };
    let other = rows
        .iter()
        .filter(|other| other.valid_from != fact.valid_from);
    other
        .copied()
        .map(|other| tell(&other))
        .collect::<Vec<_>>()
        .join(", ")
}
