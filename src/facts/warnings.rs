//! What a valid scenario may be warned of: the risk, a shipped scenario that shows it, and who says so.

use crate::settings::Problem;
use serde::Deserialize;
use std::sync::LazyLock;

/// A kind of warning.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Its name, for `accept`.
    pub name: String,
    /// What may happen.
    pub risk: String,
    /// The shipped scenario in which it does.
    pub shows: Option<String>,
    /// Keys into `docs/SOURCES.md`.
    pub source: String,
}

#[derive(Deserialize)]
struct File {
    warning: Vec<Warning>,
}

static ALL: LazyLock<Vec<Warning>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("warnings.toml"))
        .unwrap_or_else(|error| panic!("warnings.toml: {error}"));
    file.warning
});

/// All kinds of warnings.
///
/// # Panics
/// If the compiled-in file is damaged; a test reads it.
#[must_use]
pub fn all() -> &'static [Warning] {
    &ALL
}

/// A warning of this name, with its risk and the scenario that shows it.
#[must_use]
pub fn of(name: &'static str, message: impl Into<String>) -> Problem {
    let problem = Problem::new(message).named(name);
    match all().iter().find(|warning| warning.name == name) {
        Some(warning) => problem.note(warning.told()),
        None => problem,
    }
}

impl Warning {
    /// The risk in a sentence.
    fn told(&self) -> String {
        match &self.shows {
            Some(scenario) => format!("{}; scenarios/{scenario}.toml shows it", self.risk),
            None => self.risk.clone(),
        }
    }
}
