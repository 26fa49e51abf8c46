//! `streamduel explain`: what a scenario asks, runs and expects, in words.

use super::compare::{Form, Kind};
use super::{Changes, Failure};
use crate::compare::settings_of;
use crate::report::document::Document;
use crate::report::format;
use crate::scenario::{Scenario, SourceText};
use crate::settings::{Problem, Problems};
use crate::units::{Bytes, Nanos};
use crate::workload::{Input, Mark};
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// The scenario file, or `-` for standard input
    scenario: PathBuf,
    #[command(flatten)]
    changes: Changes,
    /// Every setting with its default, and every assumption
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    form: Form,
}

pub(super) fn explain(arguments: &ExplainArguments) -> Result<(), Failure> {
    let source = SourceText::read(&arguments.scenario)?;
    let scenario = Scenario::of(&source, &arguments.changes.overrides())?;
    let fail =
        |message: String| Failure::from(Problems::whole(&source.shown(), Problem::new(message)));
    let settings = Settings {
        resolved: settings_of(&scenario.resolved).map_err(fail)?,
        given: given(&source.text, &arguments.changes.set).map_err(fail)?,
        all: arguments.all,
    };
    arguments
        .form
        .give(&document(&scenario, &settings), Kind::Text)
}

/// The paths that the file or the command line sets.
fn given(text: &str, set: &[String]) -> Result<BTreeSet<String>, String> {
    let file = settings_of(text)?.into_iter().map(|(path, _)| path);
    let line = set
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(path, _)| path.trim().to_owned());
    Ok(file.chain(line).collect())
}

/// The settings of a scenario, and which of them it sets itself.
struct Settings {
    resolved: Vec<(String, String)>,
    given: BTreeSet<String>,
    all: bool,
}

impl Settings {
    /// Adds the settings below `prefix` as a table, the defaults only if all are asked for.
    fn table(&self, prefix: &str, document: &mut Document) {
        let below = self.resolved.iter().filter_map(|(path, value)| {
            Some((path.strip_prefix(prefix)?, value, self.given.contains(path)))
        });
        let (own, defaults): (Vec<_>, Vec<_>) = below.partition(|(.., given)| *given);
        let hidden = if self.all { 0 } else { defaults.len() };
        let shown = own
            .into_iter()
            .chain(defaults.into_iter().filter(|_| self.all));
        let row = |(path, value, given): (&str, &String, bool)| {
            let origin = if given { "the scenario" } else { "default" };
            vec![format!("`{path}`"), value.clone(), origin.to_owned()]
        };
        let rows: Vec<Vec<String>> = shown.map(row).collect();
        if !rows.is_empty() {
            document.table(&["setting", "value", "set by"], rows, 3);
        }
        if hidden > 0 {
            document.text(format!(
                "{hidden} more at their defaults; `--all` shows them."
            ));
        }
    }
}

fn document(scenario: &Scenario, settings: &Settings) -> Document {
    let mut document = Document::new(scenario.title.clone());
    document.text(scenario.question.clone());
    document.heading("What is run");
    document.list(extent(scenario));
    document.heading("What is offered, to every system alike");
    settings.table("workload.", &mut document);
    for (index, consumer) in scenario.workload.consumers.iter().enumerate() {
        document.heading(format!("Consumer `{}`", consumer.name));
        settings.table(&format!("consumer[{index}]."), &mut document);
    }
    for system in &scenario.systems {
        document.heading(format!(
            "System `{}`: {}",
            system.label,
            system.config.word()
        ));
        settings.table(
            &format!("system.{}.{}.", system.label, system.config.word()),
            &mut document,
        );
    }
    happenings(scenario, &mut document);
    document.heading("What is expected");
    let claim = |expect: &crate::scenario::Expect| {
        let why = if expect.why.is_empty() {
            String::new()
        } else {
            format!(": {}", expect.why)
        };
        format!("`{}`{why}", expect.that)
    };
    if scenario.expects.is_empty() {
        document.text("Nothing: the scenario makes no claim.");
    }
    document.list(scenario.expects.iter().map(claim).collect());
    document.heading("What it rests on");
    let assumptions = &scenario.assumptions;
    document.text(format!(
        "{}: values that nobody publishes.{}",
        format::counted(assumptions.len() as f64, "assumption"),
        if settings.all {
            ""
        } else {
            " `--all` shows them; every report lists them."
        }
    ));
    if settings.all {
        let row = |a: &crate::settings::Assumption| {
            vec![format!("`{}`", a.path), a.value.clone(), a.why.clone()]
        };
        document.table(
            &["setting", "value", "why"],
            assumptions.iter().map(row).collect(),
            3,
        );
    }
    document
}

/// How much is simulated, in sentences.
fn extent(scenario: &Scenario) -> Vec<String> {
    let (systems, times) = (
        scenario.systems.len() as u64,
        u64::from(scenario.replications),
    );
    let duration = scenario.workload.duration;
    let (mut records, mut bytes) = (0_u64, 0_u64);
    for input in scenario.workload.inputs(scenario.seed, 0) {
        if let Input::Record(record) = input {
            records += 1;
            bytes += u64::from(record.bytes);
        }
    }
    let mean = bytes.checked_div(records).unwrap_or_default();
    let all = Nanos(duration.0.saturating_mul(systems * times));
    let count = |n: u64| format::count(n as f64);
    let measured = if scenario.warmup > Nanos::ZERO {
        format!(
            "; rates and delays are measured from {} on",
            scenario.warmup
        )
    } else {
        String::new()
    };
    let most = scenario.replications_max;
    let more = if most > scenario.replications {
        format!(" (or up to {most}, until the headline figures are precise)")
    } else {
        String::new()
    };
    vec![
        format!(
            "{}, {} each{more}, over {duration} with seed {}: {all} of simulated time{measured}.",
            format::counted(systems as f64, "system"),
            format::counted(times as f64, "run"),
            scenario.seed
        ),
        format!(
            "The first replication offers {} records with {} of data on average, the same to every system.",
            count(records),
            Bytes(mean)
        ),
    ]
}

/// What is done to the systems while they run.
fn happenings(scenario: &Scenario, document: &mut Document) {
    let line = |mark: &Mark, whose: &str| {
        let at = |instant: crate::units::SimTime| format::seconds(instant.0 as f64 / 1e9);
        let end = if mark.to > mark.from {
            format!(" to {}", at(mark.to))
        } else {
            String::new()
        };
        format!("{}{end}: {whose}{}", at(mark.from), mark.text)
    };
    let mut lines: Vec<String> = scenario
        .workload
        .timeline
        .marks
        .iter()
        .map(|mark| line(mark, ""))
        .collect();
    for system in &scenario.systems {
        let whose = format!("{}: ", system.label);
        lines.extend(system.config.marks().iter().map(|mark| line(mark, &whose)));
    }
    if !lines.is_empty() {
        document.heading("What happens on the way");
        document.list(lines);
    }
}
