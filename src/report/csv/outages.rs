//! `outages.csv`: what each fault, call and step of the timeline comes to.

use super::CsvTable;
use crate::report::format::machine;
use crate::report::{Report, outages};

/// One row for each system, replication, entry, consumer and figure. A time that the run ends before is `inf`.
pub(super) fn rows(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "replication",
        "entry",
        "from_s",
        "to_s",
        "until_s",
        "consumer",
        "figure",
        "unit",
        "value",
    ]);
    for system in &report.systems {
        for (replication, run) in system.runs.iter().enumerate() {
            for value in outages::values(run) {
                let consumer = value.consumer.and_then(|n| report.consumers.get(n));
                rows.push([
                    system.label.as_str(),
                    &replication.to_string(),
                    &value.entry.mark.name,
                    &machine(value.entry.mark.from.as_secs_f64()),
                    &machine(value.entry.mark.to.as_secs_f64()),
                    &machine(value.entry.until.as_secs_f64()),
                    consumer.map_or("", String::as_str),
                    value.name,
                    value.unit.word(),
                    &machine(value.value),
                ]);
            }
        }
    }
}
