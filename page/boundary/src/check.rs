//! `check`: the problems of a scenario, each with its place.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use streamduel::scenario::{Overrides, Scenario};
use streamduel::settings::{Problem, Problems, Severity};

/// A scenario, and what is changed in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What results are filed under.
    #[serde(default = "unnamed")]
    pub name: String,
    /// The text of the scenario.
    pub text: String,
    /// Settings that are changed, as `path=value`.
    #[serde(default)]
    pub set: Vec<String>,
    /// Another seed.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Another number of replications.
    #[serde(default)]
    pub replications: Option<u32>,
    /// Another day for limits, defaults and prices.
    #[serde(default)]
    pub as_of: Option<String>,
    /// The texts of traces by the names that the scenario gives them.
    #[serde(default)]
    pub traces: BTreeMap<String, String>,
    /// Which files are wanted with a report: `none`, `tables` or `all`.
    #[serde(default)]
    pub files: Wanted,
}

/// Which files are wanted with a report.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// None.
    #[default]
    None,
    /// The CSV files.
    Tables,
    /// All that a run leaves behind, without the pictures of charts.
    All,
}

fn unnamed() -> String {
    "scenario".to_owned()
}

/// A problem with its place.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    warning: bool,
    message: String,
    note: Option<String>,
    help: Option<String>,
    /// Line and column, from 1, and length `[characters]`.
    place: Option<(usize, usize, usize)>,
}

/// What is found in a scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    /// Whether it can run.
    pub(crate) valid: bool,
    problems: Vec<Found>,
}

impl Request {
    /// A scenario as it is.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            set: Vec::new(),
            seed: None,
            replications: None,
            as_of: None,
            traces: BTreeMap::new(),
            files: Wanted::None,
        }
    }

    /// Reads the scenario.
    pub(crate) fn scenario(&self) -> Result<Scenario, Problems> {
        let traces = self.traces.iter();
        let given = traces.map(|(name, text)| (name.clone(), Arc::from(text.as_bytes())));
        let shipped = crate::shelf::TRACES.iter();
        let shipped = shipped.map(|(name, bytes)| ((*name).to_owned(), Arc::from(*bytes)));
        let traces: BTreeMap<String, Arc<[u8]>> = shipped.chain(given).collect();
        let overrides = Overrides {
            set: self.set.clone(),
            seed: self.seed,
            replications: self.replications,
            as_of: self.as_of.clone(),
        };
        let file = format!("scenarios/{}.toml", self.name);
        Scenario::parse(&file, &self.name, &self.text, &traces, &overrides)
    }
}

/// The problems of a scenario that was read.
pub(crate) fn check(scenario: &Result<Scenario, Problems>) -> Checked {
    match scenario {
        Ok(scenario) => Checked {
            valid: true,
            problems: found(&scenario.warnings),
        },
        Err(problems) => Checked {
            valid: false,
            problems: found(problems),
        },
    }
}

fn found(problems: &Problems) -> Vec<Found> {
    let one = |problem: &Problem| Found {
        warning: problem.severity == Severity::Warning,
        message: problem.message.clone(),
        note: problem.note.clone(),
        help: problem.help.clone(),
        place: problems
            .place(problem)
            .map(|at| (at.line, at.column, at.length)),
    };
    problems.list.iter().map(one).collect()
}
