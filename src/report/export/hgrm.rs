//! Latencies as percentile distributions in HdrHistogram's text form, one file for each system and consumer.
//!
//! Values are milliseconds. All replications are counted together.

use super::{HGRM, put};
use crate::probe::Histogram;
use crate::report::{Report, Store};
use hdrhistogram::Histogram as Hdr;
use std::fmt::Write;

/// Significant digits of values; the recorder's own steps are 1/128 of an octave.
const DIGITS: u8 = 3;
/// Nanoseconds in a unit of the file.
const NS_PER_MS: f64 = 1e6;
/// How many lines each halving of the distance to 100 % has, as in HdrHistogram's own output.
const TICKS: u32 = 5;

/// Writes a file for the append latency of each system and for the delivery latency of each consumer of it.
pub(super) fn write_all(report: &Report, store: &mut dyn Store) -> Result<(), String> {
    for system in &report.systems {
        let label = &system.label;
        let append = system.runs.iter().map(|run| &run.append);
        let name = format!("{HGRM}/{label}.append.hgrm");
        let title = format!("{} · system {label} · append latency", report.head());
        write(store, &name, &title, append)?;
        for (number, consumer) in report.consumers.iter().enumerate() {
            let read = system.runs.iter().filter(|run| run.is_read_by(number));
            let delivery = read.filter_map(|run| run.delivery.get(number));
            let name = format!("{HGRM}/{label}.{consumer}.delivery.hgrm");
            let title = format!(
                "{} · system {label} · consumer {consumer} · delivery latency",
                report.head()
            );
            write(store, &name, &title, delivery)?;
        }
    }
    Ok(())
}

/// Writes one distribution, unless nothing was measured.
fn write<'a>(
    store: &mut dyn Store,
    name: &str,
    title: &str,
    parts: impl Iterator<Item = &'a Histogram>,
) -> Result<(), String> {
    let all = merged(parts)?;
    if all.is_empty() {
        return Ok(());
    }
    put(store, name, text(title, &all).as_bytes())
}

/// All values of several histograms.
fn merged<'a>(parts: impl Iterator<Item = &'a Histogram>) -> Result<Hdr<u64>, String> {
    let mut all = Hdr::new(DIGITS).map_err(|error| error.to_string())?;
    for part in parts {
        for (value, count) in part.counted() {
            let counted = all.record_n(value, count);
            counted.map_err(|error| error.to_string())?;
        }
    }
    Ok(all)
}

/// The distribution as text.
fn text(title: &str, all: &Hdr<u64>) -> String {
    let ms = |value: f64| value / NS_PER_MS;
    let mut text = format!("# {title}\n# Values are milliseconds.\n");
    text += "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
    let mut total = 0;
    for step in all.iter_quantiles(TICKS) {
        let (quantile, value) = (
            step.quantile_iterated_to(),
            ms(step.value_iterated_to() as f64),
        );
        total += step.count_since_last_iteration();
        let _ = write!(text, "{value:12.3} {quantile:14.12} {total:10}");
        let _ = match quantile < 1.0 {
            true => writeln!(text, " {:14.2}", 1.0 / (1.0 - quantile)),
            false => writeln!(text),
        };
    }
    let (mean, deviation) = (ms(all.mean()), ms(all.stdev()));
    let (max, total) = (ms(all.max() as f64), all.len());
    let _ = writeln!(
        text,
        "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]"
    );
    let _ = writeln!(text, "#[Max     = {max:12.3}, Total count    = {total:12}]");
    let (buckets, steps) = (
        all.buckets(),
        2 * 10_u64.pow(u32::from(DIGITS)).next_power_of_two(),
    );
    let _ = writeln!(
        text,
        "#[Buckets = {buckets:12}, SubBuckets     = {steps:12}]"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred values of 1 to 100 ms: percentiles and counts in the usual columns.
    #[test]
    fn percentiles_stand_in_the_usual_columns() {
        let mut values = Histogram::default();
        values.record_all((1..=100).map(|ms| ms * 1_000_000));
        let all = merged([&values].into_iter()).expect("recorded");
        let text = text("a test", &all);
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        let rows: Vec<Vec<f64>> = rows
            .filter_map(|row| {
                row.split_whitespace()
                    .map(|cell| cell.parse().ok())
                    .collect()
            })
            .filter(|row: &Vec<f64>| !row.is_empty())
            .collect();
        assert!(rows.len() > 20, "{text}");
        assert!(rows.is_sorted_by(|a, b| a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2]));
        let half = rows.iter().find(|row| row[1] >= 0.5).expect("a median");
        assert!((half[0] - 50.0).abs() < 0.5 && half[2] >= 50.0, "{half:?}");
        let last = rows.last().expect("a row");
        assert!(
            (last[0] - 100.0).abs() < 0.5 && last[1] >= 1.0 && last[2] >= 100.0,
            "{last:?}"
        );
        assert!(text.contains("# Values are milliseconds."));
        assert!(text.contains("Total count    =          100]"), "{text}");
    }
}
