//! Two runs held against each other.

use super::Mean;
use crate::compare::{Change, Comparison, Input, Method, Outcome, Run};
use serde::Serialize;

/// The comparison of two runs.
#[derive(Serialize)]
pub(in super::super) struct Compared {
    a: Side,
    b: Side,
    method: &'static str,
    unpaired_because: Vec<String>,
    inputs: Vec<Differs>,
    outputs: Vec<Output>,
    only_in_a: Vec<String>,
    only_in_b: Vec<String>,
}

/// A run.
#[derive(Serialize)]
struct Side {
    folder: String,
    title: String,
    replications: u32,
    reproduce: String,
}

/// A setting that is not the same in both.
#[derive(Serialize)]
struct Differs {
    path: String,
    a: Option<String>,
    b: Option<String>,
}

/// A figure of both.
#[derive(Serialize)]
struct Output {
    system: String,
    consumer: Option<String>,
    figure: String,
    unit: &'static str,
    outcome: &'static str,
    a: Option<Mean>,
    b: Option<Mean>,
    difference: Option<Mean>,
}

impl Compared {
    pub(in super::super) fn of(comparison: &Comparison) -> Self {
        let (method, unpaired_because) = match &comparison.method {
            Method::Paired => ("paired", Vec::new()),
            Method::Unpaired(reasons) => ("unpaired", reasons.clone()),
        };
        let differs = |input: &Input| Differs {
            path: input.path.clone(),
            a: input.a.clone(),
            b: input.b.clone(),
        };
        Self {
            a: side(&comparison.a),
            b: side(&comparison.b),
            method,
            unpaired_because,
            inputs: comparison.inputs.iter().map(differs).collect(),
            outputs: comparison.outputs.iter().map(output).collect(),
            only_in_a: comparison.unmatched.0.clone(),
            only_in_b: comparison.unmatched.1.clone(),
        }
    }
}

fn side(run: &Run) -> Side {
    Side {
        folder: run.folder.clone(),
        title: run.title.clone(),
        replications: run.replications,
        reproduce: run.reproduce.clone(),
    }
}

fn output(change: &Change) -> Output {
    Output {
        system: change.system.clone(),
        consumer: Some(change.consumer.clone()).filter(|name| !name.is_empty()),
        figure: change.figure.clone(),
        unit: change.unit.word(),
        outcome: match change.outcome {
            Outcome::Moved => "moved",
            Outcome::Still => "not moved",
            Outcome::Same => "the same",
            Outcome::Unjudged => "not judged",
            Outcome::Missing => "missing",
        },
        a: change.a.map(Mean::from),
        b: change.b.map(Mean::from),
        difference: change.difference.map(Mean::from),
    }
}
