//! What `check` and `list` found, file by file.

use super::Number;
use crate::scenario::{Memory, Scenario, shown};
use crate::settings::{Problem, Problems, Severity};
use serde::Serialize;

/// A file that was checked.
#[derive(Serialize)]
pub(in super::super) struct Checked {
    file: String,
    valid: bool,
    problems: Vec<Told>,
    systems: Vec<System>,
    memory_bytes_at_one_thread: Option<u64>,
}

/// A problem with its place.
#[derive(Serialize)]
struct Told {
    severity: &'static str,
    name: Option<&'static str>,
    message: String,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    length: Option<usize>,
    expected: Option<String>,
    hint: Option<String>,
    note: Option<String>,
}

/// What is known of a system before any run.
#[derive(Serialize)]
struct System {
    label: String,
    platform: &'static str,
    beforehand: Vec<Sum>,
}

/// A sum against a limit.
#[derive(Serialize)]
struct Sum {
    what: &'static str,
    sum: String,
    share_of_limit: Option<Number>,
}

impl Checked {
    /// A file that can be used, with its warnings.
    pub(in super::super) fn valid(scenario: &Scenario) -> Self {
        let system = |system: &crate::scenario::System| System {
            label: system.label.clone(),
            platform: system.config.word(),
            beforehand: system
                .config
                .foresee(&system.workload)
                .into_iter()
                .map(|sum| Sum {
                    what: sum.what,
                    share_of_limit: sum.of_limit.map(Number),
                    sum: sum.sum,
                })
                .collect(),
        };
        Self {
            file: shown(&scenario.path),
            valid: true,
            problems: told(&scenario.warnings),
            systems: scenario.systems.iter().map(system).collect(),
            memory_bytes_at_one_thread: Some(Memory::of(scenario, 1).peak.0),
        }
    }

    /// A file that cannot be used.
    pub(in super::super) fn invalid(file: String, problems: &Problems) -> Self {
        Self {
            file,
            valid: false,
            problems: told(problems),
            systems: Vec::new(),
            memory_bytes_at_one_thread: None,
        }
    }
}

fn told(problems: &Problems) -> Vec<Told> {
    let tell = |problem: &Problem| {
        let (file, place) = problems.located(problem);
        let help = problem.help.clone();
        let (expected, hint) = match help
            .as_ref()
            .and_then(|help| help.strip_prefix("expected "))
        {
            Some(expected) => (Some(expected.to_owned()), None),
            None => (None, help),
        };
        Told {
            severity: match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            name: problem.name,
            message: problem.message.clone(),
            file: file.to_owned(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            length: place.map(|place| place.length),
            expected,
            hint,
            note: problem.note.clone(),
        }
    };
    problems.list.iter().map(tell).collect()
}

/// A scenario of a folder.
#[derive(Serialize)]
pub(in super::super) struct Listed {
    file: String,
    name: String,
    title: String,
    question: String,
}

impl Listed {
    /// The scenario as a line of a list.
    pub(in super::super) fn of(scenario: &Scenario) -> Self {
        Self {
            file: shown(&scenario.path),
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            question: scenario.question.clone(),
        }
    }
}
