//! `series.csv`: the time series of systems, consumers and lanes.

use super::CsvTable;
use crate::report::Report;
use crate::report::format::machine;
use crate::report::series::{Sample, each};

/// A number and its text: neighbouring rows have the same instant and the same period.
#[derive(Default)]
struct Written {
    bits: Option<u64>,
    text: String,
}

impl Written {
    fn of(&mut self, number: f64) -> &str {
        if self.bits != Some(number.to_bits()) {
            (self.bits, self.text) = (Some(number.to_bits()), machine(number));
        }
        &self.text
    }
}

/// Tidy time series, a row for each value.
pub(super) fn series(report: &Report, rows: &mut CsvTable<'_>) {
    rows.header(&[
        "system",
        "replication",
        "t_s",
        "entity",
        "metric",
        "unit",
        "value",
        "period_s",
    ]);
    let (mut t, mut period, mut number) =
        (Written::default(), Written::default(), Written::default());
    each(report, &mut |sample: &Sample<'_>| {
        rows.push([
            sample.system,
            number.of(sample.replication as f64),
            t.of(sample.t_s),
            sample.entity,
            sample.metric,
            sample.unit,
            &machine(sample.value),
            period.of(sample.period_s),
        ]);
    });
}
