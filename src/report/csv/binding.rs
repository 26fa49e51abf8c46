//! `binding.csv`: which limits were at work in each sampling interval.

use super::CsvTable;
use crate::probe::{Amount, Bound};
use crate::report::format::machine;
use crate::report::{Report, binding};

/// One row for each system, replication, interval and limit that was at work, with the entity that it held up most.
pub(super) fn rows(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "replication",
        "t_s",
        "length_s",
        "limit",
        "name",
        "consumer",
        "amount",
        "unit",
        "mostly_on",
        "amount_there",
    ]);
    for system in &report.systems {
        for (replication, run) in system.runs.iter().enumerate() {
            let number = replication.to_string();
            for point in &run.points {
                for bound in &point.bound {
                    rows.push([
                        system.label.as_str(),
                        &number,
                        &machine(point.t),
                        &machine(point.length),
                        bound.limit.word(),
                        (system.names.limit)(bound.limit).name,
                        binding::consumer(report, bound),
                        &amount(bound, bound.amount),
                        bound.limit.amount().word(),
                        &binding::entity(report, run, bound),
                        &amount(bound, bound.largest),
                    ]);
                }
            }
        }
    }
}

/// An amount of a limit in the unit of its column.
fn amount(bound: &Bound, amount: u64) -> String {
    match bound.limit.amount() {
        Amount::Seconds => machine(amount as f64 / 1e9),
        Amount::Attempts | Amount::Records => amount.to_string(),
    }
}
