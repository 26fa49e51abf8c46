//! Two runs side by side: which inputs differ, which outputs moved, which did not.
//!
//! A run is what `report` left in a results folder: the resolved `scenario.toml` and
//! `replications.csv`. Nothing is simulated again.

mod folder;
mod text;

pub use folder::{Output, Run, settings_of};
pub use text::document;

use crate::probe::figures::Unit;
use crate::stats::Interval;
use std::collections::{BTreeMap, BTreeSet};

/// A setting that is not the same in both runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its dotted path.
    pub path: String,
    /// Its value in A; `None` if A has no such setting.
    pub a: Option<String>,
    /// Its value in B.
    pub b: Option<String>,
}

/// How replications of A and B are held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Replication n of A with replication n of B: both had the same records.
    Paired,
    /// Means of independent samples, after Welch, for these reasons.
    Unpaired(Vec<String>),
}

/// What became of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The interval of the difference excludes zero.
    Moved,
    /// The interval of the difference covers zero.
    Still,
    /// The same in every replication.
    Same,
    /// Different, with too few replications to say whether by chance.
    Unjudged,
    /// Measured in one of the two runs only.
    Missing,
}

/// An output of both runs.
#[derive(Clone, Debug)]
pub struct Change {
    /// The system.
    pub system: String,
    /// The consumer, empty for the system's own figures.
    pub consumer: String,
    /// The figure.
    pub figure: String,
    /// Its unit.
    pub unit: Unit,
    /// In A.
    pub a: Option<Interval>,
    /// In B.
    pub b: Option<Interval>,
    /// B minus A.
    pub difference: Option<Interval>,
    /// What became of it.
    pub outcome: Outcome,
}

/// Two runs held against each other.
#[derive(Debug)]
pub struct Comparison {
    /// The first run.
    pub a: Run,
    /// The second run.
    pub b: Run,
    /// What differs between their scenarios.
    pub inputs: Vec<Input>,
    /// How replications are held against each other.
    pub method: Method,
    /// Every output of the systems that both have.
    pub outputs: Vec<Change>,
    /// Systems of A that B lacks, and of B that A lacks.
    pub unmatched: (Vec<String>, Vec<String>),
}

/// Settings that decide which records are offered, and over which window figures are taken.
const COMMON: [&str; 4] = ["seed", "duration", "warmup", "workload."];

impl Comparison {
    /// Holds two runs against each other.
    #[must_use]
    pub fn new(a: Run, b: Run) -> Self {
        let inputs = differing(&a, &b);
        let method = method(&a, &b, &inputs);
        let systems = |run: &Run| {
            run.outputs
                .iter()
                .map(|o| o.system.clone())
                .collect::<BTreeSet<String>>()
        };
        let (of_a, of_b) = (systems(&a), systems(&b));
        let unmatched = (
            of_a.difference(&of_b).cloned().collect(),
            of_b.difference(&of_a).cloned().collect(),
        );
        let outputs = outputs(
            &a,
            &b,
            &method,
            &of_a.intersection(&of_b).cloned().collect(),
        );
        Self {
            a,
            b,
            inputs,
            method,
            outputs,
            unmatched,
        }
    }

    /// The outputs with this outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = &Change> {
        self.outputs
            .iter()
            .filter(move |change| change.outcome == outcome)
    }
}

/// The settings that differ, in the order of A's file, then those that only B has.
fn differing(a: &Run, b: &Run) -> Vec<Input> {
    let of = |run: &Run| {
        run.settings
            .iter()
            .cloned()
            .collect::<BTreeMap<String, String>>()
    };
    let (in_a, in_b) = (of(a), of(b));
    let only_b = b
        .settings
        .iter()
        .filter(|(path, _)| !in_a.contains_key(path));
    let paths = a.settings.iter().chain(only_b).map(|(path, _)| path);
    paths
        .map(|path| Input {
            path: path.clone(),
            a: in_a.get(path).cloned(),
            b: in_b.get(path).cloned(),
        })
        .filter(|input| input.a != input.b)
        .collect()
}

fn method(a: &Run, b: &Run, inputs: &[Input]) -> Method {
    let common = |input: &&Input| {
        COMMON
            .iter()
            .any(|word| input.path == *word || word.ends_with('.') && input.path.starts_with(word))
    };
    let mut reasons: Vec<String> = inputs
        .iter()
        .filter(common)
        .map(|input| format!("`{}` differs", input.path))
        .collect();
    if a.replications != b.replications {
        reasons.push(format!(
            "{} replications against {}",
            a.replications, b.replications
        ));
    }
    if reasons.is_empty() {
        Method::Paired
    } else {
        Method::Unpaired(reasons)
    }
}

type Key<'a> = (&'a str, &'a str, &'a str);

fn outputs(a: &Run, b: &Run, method: &Method, systems: &BTreeSet<String>) -> Vec<Change> {
    fn keyed(run: &Run) -> BTreeMap<Key<'_>, &Output> {
        run.outputs
            .iter()
            .map(|o| {
                (
                    (o.system.as_str(), o.consumer.as_str(), o.figure.as_str()),
                    o,
                )
            })
            .collect()
    }
    let (in_a, in_b) = (keyed(a), keyed(b));
    let of_b = b
        .outputs
        .iter()
        .filter(|o| !in_a.contains_key(&(&*o.system, &*o.consumer, &*o.figure)));
    let all = a
        .outputs
        .iter()
        .chain(of_b)
        .filter(|output| systems.contains(&output.system));
    all.map(|output| {
        let key = (&*output.system, &*output.consumer, &*output.figure);
        change(
            output,
            in_a.get(&key).copied(),
            in_b.get(&key).copied(),
            method,
        )
    })
    .collect()
}

/// Whether both have values, and all of them are the same, however many.
fn constant(a: &[f64], b: &[f64]) -> bool {
    let mut all = a.iter().chain(b).map(|value| value.to_bits());
    let first = all.next();
    !a.is_empty() && !b.is_empty() && all.all(|bits| Some(bits) == first)
}

/// One output of both runs, judged.
fn change(output: &Output, a: Option<&Output>, b: Option<&Output>, method: &Method) -> Change {
    let known =
        |of: Option<&Output>| of.map_or(Vec::new(), |o| o.values.values().copied().collect());
    let (values_a, values_b): (Vec<f64>, Vec<f64>) = (known(a), known(b));
    let difference = match (method, a, b) {
        (Method::Paired, Some(a), Some(b)) => {
            let pairs = a
                .values
                .iter()
                .filter_map(|(n, a)| Some((*b.values.get(n)?, *a)));
            let (b, a): (Vec<f64>, Vec<f64>) = pairs.unzip();
            Interval::of_difference(&b, &a)
        }
        _ => Interval::of_unpaired_difference(&values_b, &values_a),
    };
    let same = a.is_some() && a.map(|a| &a.values) == b.map(|b| &b.values)
        || constant(&values_a, &values_b);
    let outcome = match difference {
        None => Outcome::Missing,
        Some(_) if same => Outcome::Same,
        Some(Interval {
            half_width: None, ..
        }) => Outcome::Unjudged,
        Some(difference) if difference.is_significant() => Outcome::Moved,
        Some(_) => Outcome::Still,
    };
    Change {
        system: output.system.clone(),
        consumer: output.consumer.clone(),
        figure: output.figure.clone(),
        unit: output.unit,
        a: Interval::of(&values_a),
        b: Interval::of(&values_b),
        difference,
        outcome,
    }
}
