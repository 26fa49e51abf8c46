//! The list of all causes that verdicts name over the gallery, with what became of the symptom when each was lifted.

use crate::report::causes::{Finding, findings, noun_of};
use crate::report::{Proof, Report, format};
use std::fmt::Write;

/// How the proof of a cause ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// At least half of the symptom is gone.
    Confirmed,
    /// At least half of it is gone when the next cause is lifted too, and next to nothing before.
    Together,
    /// Some of it is gone.
    Part,
    /// Next to nothing is gone.
    Refuted,
    /// Nothing lifts this cause.
    NotLifted,
    /// No cause is known.
    NotKnown,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Confirmed,
        Self::Together,
        Self::Part,
        Self::Refuted,
        Self::NotLifted,
        Self::NotKnown,
    ];

    /// The word in the list.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Together => "confirmed with the next limit",
            Self::Part => "a part",
            Self::Refuted => "**refuted**",
            Self::NotLifted => "cannot be lifted",
            Self::NotKnown => "cause not known",
        }
    }

    fn of(proof: &Proof) -> Self {
        match proof {
            proof if proof.behind.is_some() => Self::Together,
            proof if proof.confirms() => Self::Confirmed,
            proof if proof.refutes() => Self::Refuted,
            _ => Self::Part,
        }
    }
}

/// One thing that went wrong in a system of a scenario, with its main cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The scenario.
    pub scenario: String,
    /// The system.
    pub system: String,
    /// What went wrong.
    pub symptom: String,
    /// The main cause in the words of the platform; empty if none is known.
    pub cause: String,
    /// Its part of the symptom.
    pub share: f64,
    /// What was changed to lift it, and the measure before and after.
    pub change: Option<[String; 3]>,
    /// How the proof ended.
    pub outcome: Outcome,
}

/// Everything that went wrong in the systems of a report, with the proofs of its causes.
#[must_use]
pub fn rows(report: &Report, proofs: &[Proof]) -> Vec<Row> {
    let systems = 0..report.systems.len();
    let all = systems.flat_map(|system| findings(report, system));
    all.map(|finding| row(report, &finding, proofs)).collect()
}

fn row(report: &Report, finding: &Finding, proofs: &[Proof]) -> Row {
    let system = &report.systems[finding.system];
    let first = finding.causes.first();
    let proof = proofs.iter().find(|proof| proof.finding == *finding);
    let outcome = match (first, proof) {
        (None, _) => Outcome::NotKnown,
        (Some(_), None) => Outcome::NotLifted,
        (Some(_), Some(proof)) => Outcome::of(proof),
    };
    let change = proof.map(|proof| {
        let [before, after] = proof.measures();
        [proof.lifted.clone(), before, after]
    });
    Row {
        scenario: report.name.clone(),
        system: system.label.clone(),
        symptom: noun_of(report, finding),
        cause: first.map_or(String::new(), |cause| {
            (system.names.limit)(cause.limit).name.to_owned()
        }),
        share: first.map_or(0.0, |cause| cause.share.min(1.0)),
        change,
        outcome,
    }
}

impl Row {
    /// Its line in the list.
    #[must_use]
    pub fn line(&self) -> String {
        let share = match self.outcome {
            Outcome::NotKnown => String::new(),
            _ => format::percent(self.share),
        };
        let change = self
            .change
            .as_ref()
            .map_or(String::new(), |[what, before, after]| {
                format!("{what}: {before} → {after}")
            });
        format!(
            "| {} | {} | {} | {} | {share} | {change} | {} |",
            self.scenario,
            self.system,
            self.symptom,
            self.cause,
            self.outcome.word()
        )
    }
}

/// The page with the list.
#[must_use]
pub fn page(rows: &[Row]) -> String {
    let mut text = format!("{TITLE}{HEAD}");
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let counts = Outcome::ALL.map(|outcome| format!("{} {}", count(outcome), outcome.word()));
    let _ = writeln!(
        text,
        "{} symptoms in all: {}.\n",
        rows.len(),
        counts.join(", ")
    );
    text.push_str("| scenario | system | what went wrong | main cause | its part | lifted: before → after | outcome |\n");
    text.push_str("|---|---|---|---|---|---|---|\n");
    for row in rows {
        let _ = writeln!(text, "{}", row.line());
    }
    text
}

/// How the page begins.
pub const TITLE: &str = "# Causes and their proofs\n";

const HEAD: &str = "\n\
Written by `streamduel gallery --causes`; nothing here is typed by hand. Each scenario of the gallery is run once (one \
replication), its verdict names the main cause of each thing that went wrong, and the run is repeated with that one cause \
lifted and all else the same. A cause is confirmed if at least half of the symptom is gone then, and refuted if less than a \
tenth is. It is confirmed with the next limit if another limit behind it had to be lifted as well. A part is the share of refusals or records, or of the lateness during which the limit was at work. \
`streamduel run FILE --prove` does the same with all replications of a scenario.\n\n";
