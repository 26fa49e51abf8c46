//! The table that both services are compared by: what is claimed, the facts behind it with their dates,
//! and what a run gave. `table.toml` holds names only; numbers come from facts and figures.

use super::figures::Figures;
use super::numbers::{self, environment, render};
use crate::report::document::Document;
use minijinja::{Environment, Value};
use serde::Deserialize;

const TABLE: &str = include_str!("table.toml");

/// A line of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What is compared.
    pub topic: String,
    /// Kinesis Data Streams.
    pub kinesis: Cell,
    /// Amazon MSK, or any Kafka.
    pub kafka: Cell,
}

/// One side of a line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The claim in the words of an exam, a template of `numbers`.
    pub claim: String,
    /// The facts behind it, by name.
    #[serde(default)]
    pub facts: Vec<String>,
    /// What runs gave.
    pub runs: Vec<Evidence>,
}

/// A figure of a shipped scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The scenario.
    pub scenario: String,
    /// The system in it.
    pub system: String,
    /// The figure of the system.
    pub figure: String,
    /// What the figure shows, in a few words.
    pub shows: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    line: Vec<Line>,
}

/// The lines of the table, in order.
///
/// # Errors
/// What is wrong in the compiled-in file; a test reads it.
pub fn lines() -> Result<Vec<Line>, String> {
    let file: File = toml::from_str(TABLE).map_err(|error| format!("table.toml: {error}"))?;
    Ok(file.line)
}

/// The table with the values of its facts and figures.
///
/// # Errors
/// Which name of the file is unknown; a test resolves them all.
pub fn document(figures: &'static Figures) -> Result<Document, String> {
    let environment = environment(figures);
    let mut document = Document::new("Kinesis Data Streams and Amazon MSK / Kafka");
    document.text(
        "Each cell: the claim, then the facts in force with the date since which they hold or were read and their source, then what a run of this version gave.",
    );
    let mut rows = Vec::new();
    for line in lines()? {
        let cell = |cell: &Cell| {
            self::cell(&environment, figures, cell)
                .map_err(|message| format!("{}: {message}", line.topic))
        };
        rows.push(vec![
            line.topic.clone(),
            cell(&line.kinesis)?,
            cell(&line.kafka)?,
        ]);
    }
    document.table(&["", "Kinesis Data Streams", "Amazon MSK / Kafka"], rows, 3);
    document.text(
        "`streamduel run scenarios/NAME.toml` gives a scenario again; `streamduel facts NAME` tells all about a fact. What is called an assumption is published by nobody.",
    );
    Ok(document)
}

/// One cell: claim, facts, runs, each on a line of its own.
fn cell(environment: &Environment<'_>, figures: &Figures, cell: &Cell) -> Result<String, String> {
    let mut lines = vec![render(environment, &cell.claim, &Value::from(()))?];
    for id in &cell.facts {
        let fact = numbers::fact(id)?;
        let words = numbers::words(fact);
        lines.push(format!(
            "· fact `{id}`: {words} ({}; {})",
            fact.valid_from, fact.source
        ));
    }
    for run in &cell.runs {
        let value = figures.get(&run.scenario, &run.system, &run.figure)?.text();
        lines.push(format!(
            "→ run `{}`: {}.{} {value}, {}",
            run.scenario, run.system, run.figure, run.shows
        ));
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_claim_facts_and_a_run_on_both_sides() {
        let lines = lines().expect("a table");
        assert_eq!(lines.len(), 11);
        for line in &lines {
            for cell in [&line.kinesis, &line.kafka] {
                assert!(
                    !cell.facts.is_empty() && !cell.runs.is_empty(),
                    "{}",
                    line.topic
                );
            }
        }
    }

    #[test]
    fn every_name_of_the_table_is_known() {
        document(Figures::shipped()).unwrap_or_else(|message| panic!("{message}"));
    }

    /// A number may come from a fact or a figure only; `S3` is a name, and so is the setting `acks=1`.
    #[test]
    fn no_number_is_typed() {
        for line in lines().expect("a table") {
            for cell in [&line.kinesis, &line.kafka] {
                let typed = cell.claim.split("{{").enumerate().map(|(n, part)| {
                    if n == 0 {
                        part
                    } else {
                        part.split_once("}}").map_or("", |(_, rest)| rest)
                    }
                });
                let shown = cell.runs.iter().map(|run| run.shows.as_str());
                for text in typed.chain(shown) {
                    let digits = text
                        .replace("S3", "")
                        .replace("acks=1", "")
                        .chars()
                        .any(|c| c.is_ascii_digit());
                    assert!(!digits, "{}: {text}", line.topic);
                }
            }
        }
    }
}
