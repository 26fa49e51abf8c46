//! `parts.csv`: what the time of each consumer's records consists of.

use super::CsvTable;
use crate::report::format::machine;
use crate::report::{Report, parts};
use crate::stats::Interval;

/// One row for each system, consumer and part.
pub(super) fn rows(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "consumer",
        "part",
        "mean_s",
        "mean_ci95_s",
        "around_p99_s",
        "around_p99_ci95_s",
        "n",
    ]);
    let half = |value: &Interval| value.half_width.map_or(String::new(), machine);
    for bar in parts::bars(report) {
        for part in &bar.parts {
            rows.push([
                report.systems[bar.system].label.as_str(),
                &report.consumers[bar.consumer],
                part.part.name(),
                &machine(part.mean.mean),
                &half(&part.mean),
                &machine(part.p99.mean),
                &half(&part.p99),
                &part.mean.n.to_string(),
            ]);
        }
    }
}
