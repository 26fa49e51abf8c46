//! `charts.json`: all charts of a report as data, with what they share.

use super::description::{Description, SCHEMA, palette};
use crate::report::Report;
use serde::Serialize;
use std::collections::BTreeMap;

/// All charts of a report.
#[derive(Serialize)]
pub struct Collection<'a> {
    /// The version of the form. It grows when a reader must change.
    schema: u32,
    /// Version, seed, scenario and day of the facts.
    head: String,
    /// The name of the scenario.
    scenario: &'a str,
    /// The length of the run `[s]`: the end of every axis of time.
    duration_s: f64,
    /// The labels of the systems, by their numbers.
    systems: Vec<&'a str>,
    /// The named colours: on light and on dark ground.
    palette: BTreeMap<String, [String; 2]>,
    /// The charts.
    charts: Vec<&'a Description>,
}

/// The text of `charts.json`.
///
/// # Errors
/// A sentence that says what could not be written.
pub fn json<'a>(
    report: &'a Report,
    charts: impl Iterator<Item = &'a Description>,
) -> Result<String, String> {
    serde_json::to_string(&collect(report, charts)).map_err(|error| format!("charts.json: {error}"))
}

/// The charts of a report with what they share.
#[must_use]
pub fn collect<'a>(
    report: &'a Report,
    charts: impl Iterator<Item = &'a Description>,
) -> Collection<'a> {
    let colour = |(name, light, dark): (String, String, String)| (name, [light, dark]);
    Collection {
        schema: SCHEMA,
        head: report.head(),
        scenario: &report.name,
        duration_s: report.duration_s,
        systems: report.systems.iter().map(|s| s.label.as_str()).collect(),
        palette: palette().into_iter().map(colour).collect(),
        charts: charts.collect(),
    }
}
