//! The two folders of the gallery: which of their files the gallery wrote.

use super::gallery::Files;
use crate::output::{Content, Own};
use crate::study::lessons::HEAD;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of results below the root of the project.
pub(super) const RESULTS: &str = "results";
/// The folder of the lessons below the root of the project.
pub(super) const STUDY: &str = "docs/study";
/// The folder inside the one that is filled aside, for whole results.
pub(super) const FULL: &str = ".full";
/// The list of what the gallery keeps, in the folder of results.
const LIST: &str = ".gitignore";
/// Files of the gallery that its list does not name.
const UNLISTED: [&str; 3] = [LIST, "README.md", "figures.csv"];

/// `results`: the files that the list of the gallery names, and the new ones. Results of runs stay.
#[derive(Default)]
pub(super) struct ResultsRoot {
    files: BTreeSet<PathBuf>,
}

impl ResultsRoot {
    /// What an earlier gallery wrote.
    pub(super) fn read(root: &Path) -> Self {
        let list = fs::read_to_string(root.join(RESULTS).join(LIST)).unwrap_or_default();
        let listed = list.lines().filter_map(|line| line.strip_prefix("!/"));
        let is_file =
            |line: &&str| !line.ends_with('/') && line.split('/').all(|part| part != "..");
        let mut files: BTreeSet<PathBuf> = listed.filter(is_file).map(PathBuf::from).collect();
        if !files.is_empty() {
            files.extend(UNLISTED.map(PathBuf::from));
        }
        Self { files }
    }

    /// Adds what the new gallery writes.
    pub(super) fn add(&mut self, made: &Files) {
        let below = made
            .keys()
            .filter_map(|path| path.strip_prefix(RESULTS).ok());
        self.files.extend(below.map(Path::to_owned));
    }
}

impl Content for ResultsRoot {
    fn owns(&self, _: &Path, path: &Path) -> Option<Own> {
        if path.starts_with(FULL) {
            // Nobody else writes into a folder that is filled aside.
            return Some(Own::File);
        }
        if self.files.contains(path) {
            return Some(Own::File);
        }
        let above = self.files.iter().any(|file| file.starts_with(path));
        above.then_some(Own::Folder)
    }

    fn refusal(&self, folder: &Path) -> Option<String> {
        let foreign =
            |name: &&&str| folder.join(name).exists() && !self.files.contains(Path::new(name));
        let name = UNLISTED.iter().find(foreign)?;
        Some(format!(
            "`{name}` is there and `streamduel gallery` did not write it; move it away"
        ))
    }
}

/// `docs/study`: the pages that begin with the line of the gallery, and the new ones.
#[derive(Default)]
pub(super) struct StudyFolder {
    pages: BTreeSet<PathBuf>,
}

impl StudyFolder {
    /// What an earlier gallery wrote.
    pub(super) fn read(root: &Path) -> Self {
        let entries = fs::read_dir(root.join(STUDY))
            .into_iter()
            .flatten()
            .flatten();
        let ours = |path: &PathBuf| {
            fs::read(path).is_ok_and(|text| text.starts_with(HEAD.trim_end().as_bytes()))
        };
        let pages = entries.map(|entry| entry.path()).filter(ours);
        Self {
            pages: pages
                .filter_map(|path| path.file_name().map(PathBuf::from))
                .collect(),
        }
    }

    /// Adds what the new gallery writes.
    pub(super) fn add(&mut self, made: &Files) {
        let below = made.keys().filter_map(|path| path.strip_prefix(STUDY).ok());
        self.pages.extend(below.map(Path::to_owned));
    }
}

impl Content for StudyFolder {
    fn owns(&self, _: &Path, path: &Path) -> Option<Own> {
        self.pages.contains(path).then_some(Own::File)
    }

    fn refusal(&self, folder: &Path) -> Option<String> {
        let foreign =
            |name: &String| folder.join(name).exists() && !self.pages.contains(Path::new(name));
        let name = crate::study::lessons::files().into_iter().find(foreign)?;
        Some(format!(
            "`{name}` is there and `streamduel gallery` did not write it; move it away"
        ))
    }
}

/// Files of an earlier gallery that are made no more.
pub(super) fn stale(root: &Path, made: &Files) -> BTreeSet<PathBuf> {
    let results = ResultsRoot::read(root).files;
    let mut known: BTreeSet<PathBuf> = results
        .iter()
        .map(|file| Path::new(RESULTS).join(file))
        .collect();
    if made.keys().any(|path| path.starts_with(STUDY)) {
        let pages = StudyFolder::read(root).pages;
        known.extend(pages.iter().map(|page| Path::new(STUDY).join(page)));
    }
    known.retain(|path| !made.contains_key(path) && root.join(path).is_file());
    known
}
