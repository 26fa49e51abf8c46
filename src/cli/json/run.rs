//! What a run found.

use super::Mean;
use crate::report::{Report, Row, SystemReport};
use serde::Serialize;

/// A scenario that was run.
#[derive(Serialize)]
pub(in super::super) struct Ran {
    scenario: Scenario,
    folder: String,
    pub(in super::super) holds: bool,
    verdict: Vec<String>,
    method: Vec<String>,
    claims: Vec<Claim>,
    systems: Vec<System>,
    differences: Vec<Difference>,
    warnings: Vec<String>,
    assumptions: Vec<Assumption>,
    reproduce: String,
}

/// What was run.
#[derive(Serialize)]
struct Scenario {
    name: String,
    title: String,
    question: String,
    hash: String,
    seed: u64,
    replications: u32,
    as_of: String,
    duration_s: f64,
    warmup_s: f64,
}

/// A claim and its outcome.
#[derive(Serialize)]
struct Claim {
    that: String,
    why: String,
    holds: bool,
    held: usize,
    of: usize,
    found: String,
}

/// A system with its figures.
#[derive(Serialize)]
struct System {
    label: String,
    platform: &'static str,
    figures: Vec<Figure>,
}

/// A figure of a system, or of a consumer of it.
#[derive(Serialize)]
struct Figure {
    figure: &'static str,
    consumer: Option<String>,
    unit: &'static str,
    #[serde(flatten)]
    value: Mean,
}

/// How much a figure of one system is above that of another, paired by replication.
#[derive(Serialize)]
struct Difference {
    figure: &'static str,
    consumer: Option<String>,
    unit: &'static str,
    system: String,
    minus: String,
    #[serde(flatten)]
    value: Mean,
}

/// A value that the outcome rests on.
#[derive(Serialize)]
struct Assumption {
    path: String,
    value: String,
    why: String,
}

impl Ran {
    /// The report's outcome; `folder` has its files.
    pub(in super::super) fn of(report: &Report, folder: String) -> Self {
        let systems = report.systems.iter().enumerate();
        let claim = |claim: &crate::report::Claim| Claim {
            that: claim.that.clone(),
            why: claim.why.clone(),
            holds: claim.holds(),
            held: claim.held,
            of: claim.of,
            found: claim.found.clone(),
        };
        let assumption = |assumption: &crate::settings::Assumption| Assumption {
            path: assumption.path.clone(),
            value: assumption.value.clone(),
            why: assumption.why.clone(),
        };
        Self {
            scenario: Scenario {
                name: report.name.clone(),
                title: report.title.clone(),
                question: report.question.clone(),
                hash: report.hash.clone(),
                seed: report.seed,
                replications: report.replications,
                as_of: report.as_of.clone(),
                duration_s: report.duration_s,
                warmup_s: report.warmup_s,
            },
            folder,
            holds: report.holds(),
            verdict: report.verdict.clone(),
            method: report.method.clone(),
            claims: report.claims.iter().map(claim).collect(),
            systems: systems
                .map(|(place, system)| one(report, place, system))
                .collect(),
            differences: differences(report),
            warnings: report.warnings.clone(),
            assumptions: report.assumptions.iter().map(assumption).collect(),
            reproduce: report.reproduce.clone(),
        }
    }
}

fn consumer_of(report: &Report, row: &Row) -> Option<String> {
    row.consumer.map(|number| report.consumers[number].clone())
}

/// A system with every figure that was measured.
fn one(report: &Report, place: usize, system: &SystemReport) -> System {
    let figure = |row: &Row| {
        let value = row.values.get(place).copied().flatten()?;
        Some(Figure {
            figure: row.name,
            consumer: consumer_of(report, row),
            unit: row.unit.word(),
            value: value.into(),
        })
    };
    System {
        label: system.label.clone(),
        platform: system.platform,
        figures: report.rows.iter().filter_map(figure).collect(),
    }
}

/// Every figure of every two systems that both have it.
fn differences(report: &Report) -> Vec<Difference> {
    let label = |place: usize| report.systems[place].label.clone();
    let mut all = Vec::new();
    for row in &report.rows {
        for pair in &row.pairs {
            all.push(Difference {
                figure: row.name,
                consumer: consumer_of(report, row),
                unit: row.unit.word(),
                system: label(pair.second),
                minus: label(pair.first),
                value: pair.difference.into(),
            });
        }
    }
    all
}
