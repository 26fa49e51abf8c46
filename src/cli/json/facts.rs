//! The facts of a day.

use crate::facts::{self, Fact, FactStatus};
use crate::units::Date;
use serde::Serialize;

/// A fact on a day.
#[derive(Serialize)]
pub(in super::super) struct Told {
    id: &'static str,
    as_of: String,
    status: &'static str,
    #[serde(flatten)]
    row: Row,
    others: Vec<Row>,
}

/// A row of the tables.
#[derive(Serialize)]
struct Row {
    value: &'static str,
    unit: &'static str,
    valid_from: &'static str,
    confidence: char,
    source: &'static str,
    note: &'static str,
}

impl Row {
    fn of(fact: &'static Fact) -> Self {
        Self {
            value: &fact.value,
            unit: &fact.unit,
            valid_from: &fact.valid_from,
            confidence: fact.confidence,
            source: &fact.source,
            note: &fact.note,
        }
    }
}

impl Told {
    /// What the tables say about a name on a day, and what they said or will say on others.
    pub(in super::super) fn of(status: FactStatus, day: Date) -> Self {
        let (fact, status) = match status {
            FactStatus::InForce(fact) => (fact, "in force"),
            FactStatus::FirstKnownLater(fact) => (fact, "first known later"),
            FactStatus::NotYet(fact) => (fact, "not yet"),
        };
        let rows = facts::history(&fact.id).iter();
        let others = rows.filter(|other| other.valid_from != fact.valid_from);
        Self {
            id: &fact.id,
            as_of: day.to_string(),
            status,
            row: Row::of(fact),
            others: others.map(|other| Row::of(other)).collect(),
        }
    }
}
