//! `streamduel gallery`: runs every shipped scenario and writes what is kept of the results.

use super::sweep::stopped;
use super::{Failure, GalleryArguments, files, gallery_causes, gallery_folder, print, run};
use crate::experiment::Progress;
use crate::output::{Content, Part, Place};
use crate::report::{self, Report};
use crate::scenario::{Overrides, Scenario};
use crate::search::atlas::{self, Atlas};
use crate::search::store::Memo;
use crate::study::figures::Figures;
use crate::study::gallery::{self, BYTES_MAX, Entry};
use crate::study::lessons::{self, Material, Pages};
use gallery_folder::{FULL, RESULTS, ResultsRoot, STUDY, StudyFolder};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The generated files by their path below the root of the project.
pub(super) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Runs the scenarios, then writes the gallery or compares it with what is there.
pub(super) fn gallery(arguments: &GalleryArguments) -> Result<(), Failure> {
    if arguments.causes {
        return gallery_causes::causes(arguments);
    }
    let mut scenarios = Vec::new();
    for file in files(std::slice::from_ref(&arguments.scenarios))? {
        scenarios.push(Scenario::load(&file, &Overrides::default())?);
    }
    if !arguments.no_study {
        refuse_without_lessons(&scenarios, &arguments.scenarios)?;
    }
    if arguments.check {
        check(&scenarios, arguments)
    } else {
        write(&scenarios, arguments)
    }
}

/// Refuses a folder that lacks scenarios of the lessons.
fn refuse_without_lessons(scenarios: &[Scenario], folder: &Path) -> Result<(), Failure> {
    let lacks = |name: &&str| scenarios.iter().all(|scenario| scenario.name != *name);
    let missing: Vec<&str> = lessons::scenarios().into_iter().filter(lacks).collect();
    let Some(first) = missing.first() else {
        return Ok(());
    };
    Err(Failure::Invalid(format!(
        "error: {} lacks {} scenarios of the lessons, among them `{first}`; `--no-study` makes the results without lessons",
        folder.display(),
        missing.len()
    )))
}

/// Runs everything and puts the new gallery in place of the old one, whole or not at all.
fn write(scenarios: &[Scenario], arguments: &GalleryArguments) -> Result<(), Failure> {
    let (root, fail) = (&arguments.root, run::cannot_write);
    let mut results = Place::claim(&root.join(RESULTS), ResultsRoot::read(root)).map_err(fail)?;
    let study = (!arguments.no_study)
        .then(|| Place::claim(&root.join(STUDY), StudyFolder::read(root)))
        .transpose()
        .map_err(fail)?;
    for note in results
        .notes
        .iter()
        .chain(study.iter().flat_map(|place| &place.notes))
    {
        run::tell(note);
    }
    let made = make_aside(scenarios, arguments)?;
    results.content().add(&made);
    put(&results, RESULTS, &made)?;
    if let Some(mut study) = study {
        study.content().add(&made);
        put(&study, STUDY, &made)?;
    }
    let bytes: usize = made.values().map(Vec::len).sum();
    print(&format!(
        "{} files, {:.1} MB\n",
        made.len(),
        bytes as f64 / 1e6
    ))
}

/// Writes the files below `below` aside and puts them in place.
fn put<C: Content>(place: &Place<C>, below: &str, made: &Files) -> Result<(), Failure> {
    let part = place.begin().map_err(run::cannot_write)?;
    for (path, bytes) in made {
        let Ok(path) = path.strip_prefix(below) else {
            continue;
        };
        let path = part.path().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| broken(folder, &error))?;
        }
        fs::write(&path, bytes).map_err(|error| broken(&path, &error))?;
    }
    let mut kept = place.finish(&part).map_err(run::cannot_write)?;
    if below == RESULTS {
        // Whole results of runs lie beside the gallery as a matter of course.
        kept.moved.clear();
    }
    run::tell_kept(&kept, &place.folder().display().to_string());
    Ok(())
}

/// Runs everything into a folder aside, or into the one that shall keep the whole results, and gathers what the gallery keeps.
fn make_aside(scenarios: &[Scenario], arguments: &GalleryArguments) -> Result<Files, Failure> {
    let content = ResultsRoot::default();
    let part = Part::begin(&arguments.root.join(RESULTS), &content).map_err(run::cannot_write)?;
    let aside = part.path().join(FULL);
    make(
        scenarios,
        arguments,
        arguments.full.as_deref().unwrap_or(&aside),
    )
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
    let pool = run::pool(arguments.threads, scenarios)?;
    let (mut figures, mut entries, mut failed) = (Figures::default(), Vec::new(), Vec::new());
    let (mut resolved, mut faults) = (BTreeMap::new(), 0);
    for scenario in scenarios {
        let place = report::claim(&full.join(&scenario.name)).map_err(run::cannot_write)?;
        let report = run::report_of(scenario, arguments.quiet, &pool)?;
        pool.install(|| run::save(&report, &place))?;
        figures.add(&report);
        let folder = full.join(&scenario.name);
        let (entry, found) = pool.install(|| entry_of(scenario, &report, &folder))?;
        entries.push(entry);
        faults += found;
        let table = report
            .resolved
            .parse()
            .map_err(|error| broken_file(&report.name, &error))?;
        resolved.insert(report.name.clone(), table);
        if !report.holds() {
            failed.push(report.name.clone());
        }
    }
    must_hold(&failed, faults, arguments)?;
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

/// An error where claims failed in scenarios, or, for a check, where charts have faults.
fn must_hold(
    failed: &[String],
    faults: usize,
    arguments: &GalleryArguments,
) -> Result<(), Failure> {
    if !failed.is_empty() {
        return Err(Failure::Expectation(format!(
            "error: expectations failed in {}",
            failed.join(", ")
        )));
    }
    if arguments.check && faults > 0 {
        return Err(Failure::Runtime(format!(
            "error: charts that cannot be read, with {faults} faults (text over text, text outside, a panel that is too low)"
        )));
    }
    Ok(())
}

/// The entry of a scenario whose results are in `folder`, with its atlas if it has one, and how many faults its charts have.
fn entry_of(
    scenario: &Scenario,
    report: &Report,
    folder: &Path,
) -> Result<(Entry, usize), Failure> {
    let faults = tell_faults(report)?;
    let mut entry = Entry::of(report);
    add_atlas(scenario, folder, &mut entry)?;
    Ok((entry, faults))
}

/// Makes the atlas of a scenario that has one and puts its files beside those of the run.
fn add_atlas(scenario: &Scenario, folder: &Path, entry: &mut Entry) -> Result<(), Failure> {
    let invalid = |why: String| Failure::Invalid(format!("error: [atlas]: {why}"));
    let Some(atlas) = Atlas::shipped(scenario).map_err(invalid)? else {
        return Ok(());
    };
    let answers = atlas.run(&Progress::default(), &Memo::default());
    let answers = answers.map_err(stopped)?;
    let files = atlas::kept_files(&atlas, &answers).map_err(run::cannot_write)?;
    for (name, bytes) in &files {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, bytes))
            .map_err(|error| broken(&path, &error))?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    entry.keep_atlas(atlas::TITLE, &names);
    Ok(())
}

/// Tells what a reader could not read in the charts of a report; returns how many faults there are.
fn tell_faults(report: &Report) -> Result<usize, Failure> {
    let faults = report::chart::faults(report).map_err(Failure::Runtime)?;
    for fault in &faults {
        run::tell(&format!("{}: chart {fault}", report.name));
    }
    Ok(faults.len())
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

/// Runs everything and says which files differ from what the scenarios give now.
fn check(scenarios: &[Scenario], arguments: &GalleryArguments) -> Result<(), Failure> {
    let root = &arguments.root;
    let made = make_aside(scenarios, arguments)?;
    let mut differing = Vec::new();
    for (path, bytes) in &made {
        match fs::read(root.join(path)) {
            Ok(there) if there == *bytes => {}
            Ok(_) => differing.push(format!("  {}: differs", path.display())),
            Err(_) => differing.push(format!("  {}: missing", path.display())),
        }
    }
    let stale = gallery_folder::stale(root, &made);
    let gone = |path: &PathBuf| format!("  {}: no longer made", path.display());
    differing.extend(stale.iter().map(gone));
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
