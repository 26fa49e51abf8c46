//! `streamduel new`: a commented scenario to begin with, made from a shipped one.

use super::{Failure, output, print};
use crate::settings::meant;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct NewArguments {
    /// The file to write; it must not exist yet
    #[arg(required_unless_present = "list")]
    file: Option<PathBuf>,
    /// The shipped scenario to begin with
    #[arg(long, value_name = "NAME", default_value = "steady")]
    from: String,
    /// Print the names of the scenarios that one can begin with, and their questions
    #[arg(long, conflicts_with_all = ["file", "from"])]
    list: bool,
}

macro_rules! starters {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*]
    };
}

/// Scenarios that need no file beside them, one for each kind of question.
const STARTERS: [(&str, &str); 12] = starters![
    "steady" "hot-key" "flash-crowd" "forty-percent" "kpl-aggregation" "linger" "on-demand-first-spike"
    "pollers-or-fan-out" "idle-members" "zone-loss" "msk-zone-loss" "retention-too-short"
];

/// What is said above the first line that begins so.
const COMMENTS: [(&str, &str); 6] = [
    (
        "seed =",
        "# Another seed gives other records; `replications = 1` is one run without confidence intervals.",
    ),
    (
        "[workload]",
        "# What is offered, the same to every system. Arrivals: constant, poisson, stages, on-off, diurnal,\n\
         # flash, trace. Keys: none, uniform, zipf, hot-set, sequential, trace. Sizes: constant, uniform,\n\
         # lognormal, pareto, mixture, trace. Every quantity has its unit.",
    ),
    (
        "[[consumer]]",
        "# Who reads: a table for each application. `processing` is its work for a record.",
    ),
    (
        "[system.",
        "# The contenders: [system.LABEL.kinesis] or [system.LABEL.kafka], with the names of the service's own\n\
         # settings. `streamduel explain FILE --all` shows every one of them with its default.",
    ),
    (
        "[[timeline]]",
        "# What is done to all systems while they run: consumer-down, worker-crash, worker-join, az-down,\n\
         # scale-to.",
    ),
    (
        "[[expect]]",
        "# What must hold: SYSTEM.FIGURE or SYSTEM.CONSUMER.FIGURE against a value or another figure. A claim\n\
         # that fails makes exit code 99; `report.md` of a run lists all figures.",
    ),
];

pub(super) fn start(arguments: &NewArguments) -> Result<(), Failure> {
    let invalid = |message: String| Failure::Invalid(format!("error: {message}"));
    let Some(file) = arguments.file.as_ref().filter(|_| !arguments.list) else {
        return list();
    };
    let Some((name, text)) = STARTERS.iter().find(|(name, _)| *name == arguments.from) else {
        let known: Vec<&str> = STARTERS.iter().map(|(name, _)| *name).collect();
        return Err(invalid(format!(
            "no scenario to begin with is called `{}`; {}",
            arguments.from,
            meant(&arguments.from, &known)
        )));
    };
    let shown = file.display();
    if file.extension().is_none_or(|ending| ending != "toml") {
        return Err(invalid(format!(
            "{shown}: a scenario's file ends in `.toml`"
        )));
    }
    if file.exists() {
        return Err(invalid(format!(
            "{shown} exists already and is left as it is; give another name"
        )));
    }
    output::give(&commented(&shown.to_string(), name, text), Some(file))?;
    print(&format!(
        "{shown}: begun from `{name}`; next: streamduel run {shown}\n"
    ))
}

/// The scenario with what a beginner wants to know above each part.
fn commented(file: &str, name: &str, text: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut result = format!(
        "# Begun from `{name}`, a scenario of streamduel {version}. Change what you like, then:\n\
         #   streamduel check {file}      is it valid?\n\
         #   streamduel explain {file}    what will be run, in words\n\
         #   streamduel run {file}        results and charts below results/\n\n"
    );
    let mut told = [false; COMMENTS.len()];
    for line in text.lines() {
        let comment = COMMENTS
            .iter()
            .position(|(begins, _)| line.starts_with(begins));
        if let Some(index) = comment.filter(|index| !told[*index]) {
            told[index] = true;
            result.push_str(COMMENTS[index].1);
            result.push('\n');
        }
        result.push_str(line);
        result.push('\n');
    }
    result
}

fn list() -> Result<(), Failure> {
    let question = |text: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("question = "));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let lines: Vec<String> = STARTERS
        .iter()
        .map(|(name, text)| format!("{name}\n  {}\n", question(text)))
        .collect();
    print(&lines.concat())
}
