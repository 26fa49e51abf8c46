//! `streamduel gallery`: runs every shipped scenario and writes what is kept of the results.

use super::{Failure, GalleryArguments, files, print, run};
use crate::scenario::{Overrides, Scenario};
use crate::study::figures::Figures;
use crate::study::gallery::{self, BYTES_MAX, Entry};
use crate::study::lessons::{self, Material, Pages};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const RESULTS: &str = "results";
const STUDY: &str = "docs/study";

/// The generated files by their path below the root of the project.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Runs the scenarios, then writes the gallery or compares it with what is there.
pub(super) fn gallery(arguments: &GalleryArguments) -> Result<(), Failure> {
    let mut scenarios = Vec::new();
    for file in files(std::slice::from_ref(&arguments.scenarios))? {
        scenarios.push(Scenario::load(&file, &Overrides::default())?);
    }
    let root = &arguments.root;
    let aside = root.join(RESULTS).join(".gallery.part");
    let full = arguments.full.clone().unwrap_or_else(|| aside.clone());
    let made = make(&scenarios, arguments, &full);
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(|error| broken(&aside, &error))?;
    }
    let made = made?;
    let stale = stale(root, &made);
    if arguments.check {
        return check(root, &made, &stale);
    }
    write(root, &made, &stale)?;
    let bytes: usize = made.values().map(Vec::len).sum();
    print(&format!(
        "{} files, {:.1} MB\n",
        made.len(),
        bytes as f64 / 1e6
    ))
}

fn broken_file(name: &str, error: &toml::de::Error) -> Failure {
    Failure::Runtime(format!(
        "error: the resolved scenario {name} is no TOML: {error}"
    ))
}

fn broken(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Runtime(format!("error: {}: {error}", path.display()))
}

/// Runs everything into `full` and gathers what is kept.
fn make(
    scenarios: &[Scenario],
    arguments: &GalleryArguments,
    full: &Path,
) -> Result<Files, Failure> {
    let pool = run::pool(arguments.threads)?;
    let (mut figures, mut entries, mut failed) = (Figures::default(), Vec::new(), Vec::new());
    let mut resolved = BTreeMap::new();
    for scenario in scenarios {
        let report = run::report_of(scenario, arguments.quiet, &pool)?;
        pool.install(|| run::save(&report, &full.join(&report.name), full))?;
        figures.add(&report);
        entries.push(Entry::of(&report));
        let table = report
            .resolved
            .parse()
            .map_err(|error| broken_file(&report.name, &error))?;
        resolved.insert(report.name.clone(), table);
        if !report.holds() {
            failed.push(report.name.clone());
        }
    }
    if !failed.is_empty() {
        return Err(Failure::Expectation(format!(
            "error: expectations failed in {}",
            failed.join(", ")
        )));
    }
    let table = figures.csv().map_err(Failure::Runtime)?;
    let mut made = Files::new();
    if !arguments.no_study {
        let material = Material {
            figures,
            entries: entries.clone(),
            resolved,
        };
        let pages = lessons::pages(material)
            .map_err(|message| Failure::Runtime(format!("error: {message}")))?;
        add_pages(pages, &mut entries, &mut made);
    }
    add_results(&entries, full, &mut made)?;
    made.insert(Path::new(RESULTS).join("figures.csv"), table.into_bytes());
    let bytes: usize = made.values().map(Vec::len).sum();
    if bytes > BYTES_MAX {
        let message =
            format!("error: the gallery would take {bytes} bytes; at most {BYTES_MAX} are allowed");
        return Err(Failure::Runtime(message));
    }
    Ok(made)
}

/// The lessons; the charts that they show are kept.
fn add_pages(pages: Pages, entries: &mut [Entry], made: &mut Files) {
    for (name, text) in pages.files {
        made.insert(Path::new(STUDY).join(name), text.into_bytes());
    }
    for entry in entries {
        if let Some(charts) = pages.charts.get(&entry.name) {
            entry.keep(charts);
        }
    }
}

/// What is kept of the results, with the index.
fn add_results(entries: &[Entry], full: &Path, made: &mut Files) -> Result<(), Failure> {
    let results = Path::new(RESULTS);
    for entry in entries {
        for file in entry.files() {
            let path = full.join(&entry.name).join(&file);
            let bytes = fs::read(&path).map_err(|error| broken(&path, &error))?;
            made.insert(results.join(&entry.name).join(file), bytes);
        }
    }
    made.insert(
        results.join("README.md"),
        gallery::index(entries).into_bytes(),
    );
    made.insert(
        results.join(".gitignore"),
        gallery::ignore(entries).into_bytes(),
    );
    Ok(())
}

/// Generated files of an earlier version that are made no more.
fn stale(root: &Path, made: &Files) -> BTreeSet<PathBuf> {
    let mut known = BTreeSet::new();
    // What the gallery wrote before is what its list exempts.
    let list = fs::read_to_string(root.join(RESULTS).join(".gitignore")).unwrap_or_default();
    for line in list.lines().filter_map(|line| line.strip_prefix("!/")) {
        if !line.ends_with('/') && line.split('/').all(|part| part != "..") {
            known.insert(Path::new(RESULTS).join(line));
        }
    }
    let with_pages = made.keys().any(|path| path.starts_with(STUDY));
    let pages = with_pages
        .then(|| fs::read_dir(root.join(STUDY)).ok())
        .flatten();
    for entry in pages.into_iter().flatten().flatten() {
        known.insert(Path::new(STUDY).join(entry.file_name()));
    }
    known.retain(|path| !made.contains_key(path) && root.join(path).is_file());
    known
}

/// Says which files differ from what the scenarios give now.
fn check(root: &Path, made: &Files, stale: &BTreeSet<PathBuf>) -> Result<(), Failure> {
    let mut differing = Vec::new();
    for (path, bytes) in made {
        match fs::read(root.join(path)) {
            Ok(there) if there == *bytes => {}
            Ok(_) => differing.push(format!("  {}: differs", path.display())),
            Err(_) => differing.push(format!("  {}: missing", path.display())),
        }
    }
    differing.extend(
        stale
            .iter()
            .map(|path| format!("  {}: no longer made", path.display())),
    );
    if differing.is_empty() {
        return print(&format!(
            "{} files are what the scenarios give\n",
            made.len()
        ));
    }
    Err(Failure::Runtime(format!(
        "error: {} files are not what the scenarios give; `streamduel gallery` makes them anew\n{}",
        differing.len(),
        differing.join("\n")
    )))
}

fn write(root: &Path, made: &Files, stale: &BTreeSet<PathBuf>) -> Result<(), Failure> {
    for (path, bytes) in made {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| broken(folder, &error))?;
        }
        fs::write(&path, bytes).map_err(|error| broken(&path, &error))?;
    }
    for path in stale {
        let path = root.join(path);
        fs::remove_file(&path).map_err(|error| broken(&path, &error))?;
        // Folders go with their last file; what still holds something stays.
        for folder in path.ancestors().skip(1).take(2) {
            let _ = fs::remove_dir(folder);
        }
    }
    Ok(())
}
