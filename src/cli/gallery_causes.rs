//! `streamduel gallery --causes`: names the causes of everything that goes wrong in the shipped scenarios, lifts each of them
//! once, and writes the list.

use super::{Failure, GalleryArguments, files, print, run};
use crate::report;
use crate::scenario::{Overrides, Scenario};
use crate::study::causes;
use std::fs;
use std::path::Path;

/// The list below the root of the project.
const LIST: &str = "docs/CAUSES.md";

/// Writes the list, or compares it with what is there.
pub(super) fn causes(arguments: &GalleryArguments) -> Result<(), Failure> {
    let overrides = Overrides {
        replications: Some(1),
        ..Overrides::default()
    };
    let mut scenarios = Vec::new();
    for file in files(std::slice::from_ref(&arguments.scenarios))? {
        scenarios.push(Scenario::load(&file, &overrides)?);
    }
    let pool = run::pool(arguments.threads, &scenarios)?;
    let mut rows = Vec::new();
    for scenario in &scenarios {
        let report = run::report_of(scenario, arguments.quiet, &pool)?;
        let proofs = pool.install(|| report::prove(scenario, &report));
        rows.extend(causes::rows(&report, &proofs));
    }
    let (page, path) = (causes::page(&rows), arguments.root.join(LIST));
    if !arguments.check {
        return put(&path, &page);
    }
    if fs::read_to_string(&path).is_ok_and(|there| there == page) {
        return print(&format!("{LIST} is what the scenarios give\n"));
    }
    Err(Failure::Runtime(format!(
        "error: {LIST} is not what the scenarios give; `streamduel gallery --causes` writes it anew"
    )))
}

/// Writes the list whole or not at all.
fn put(path: &Path, page: &str) -> Result<(), Failure> {
    let broken =
        |error: std::io::Error| Failure::Runtime(format!("error: {}: {error}", path.display()));
    if fs::read_to_string(path).is_ok_and(|there| !there.starts_with(causes::TITLE)) {
        return Err(Failure::Runtime(format!(
            "error: {}: somebody else wrote this file; it is left alone",
            path.display()
        )));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(broken)?;
    }
    let aside = path.with_extension("md.part");
    fs::write(&aside, page).map_err(broken)?;
    fs::rename(&aside, path).map_err(broken)?;
    print(&format!("{LIST} is written\n"))
}
