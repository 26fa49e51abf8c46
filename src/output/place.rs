//! The place of a folder: claimed before the work, filled after it.

use super::leftover::sweep;
use super::replace::{ForeignFiles, clear, replace};
use super::{Content, Lock, Own, at, beside, hidden};
use std::fs;
use std::path::{Path, PathBuf};

/// Why a folder cannot be written, as a sentence with its path.
pub type Refused = String;

/// A folder that this process alone may write, until the value is dropped.
pub struct Place<C> {
    folder: PathBuf,
    content: C,
    /// What the user should know of leftovers that were found.
    pub notes: Vec<String>,
    _lock: Lock,
}

impl<C: Content> Place<C> {
    /// Claims the place of `folder`; makes the folders above it and removes what killed runs left there.
    ///
    /// # Errors
    /// If it could not be written later: another process writes it, something of somebody else is in the way, or the folder above it
    /// cannot be written.
    pub fn claim(folder: &Path, content: C) -> Result<Self, Refused> {
        let folder = target(folder)?;
        let parent = match folder.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if parent.exists() && !parent.is_dir() {
            return Err(format!("{}: a file, not a folder", parent.display()));
        }
        fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
        let shown = folder.display();
        let lock = Lock::take(&hidden(&folder, "lock"))
            .map_err(|error| format!("{shown}: cannot be written ({error})"))?
            .ok_or_else(|| {
                format!(
                    "{shown}: another run is writing it; wait for it or give another `--output`"
                )
            })?;
        let notes = sweep(parent, &folder, &content);
        refuse(&folder, &content)?;
        Ok(Self {
            folder,
            content,
            notes,
            _lock: lock,
        })
    }

    /// Makes the folder that is filled aside.
    ///
    /// # Errors
    /// A sentence with the path that could not be made.
    pub fn begin(&self) -> Result<Part<'_>, String> {
        Part::begin(&self.folder, &self.content)
    }

    /// Puts the folder that was filled in place of the old one.
    ///
    /// # Errors
    /// A sentence with the path that could not be written. The old folder is then as it was.
    pub fn finish(&self, part: &Part<'_>) -> Result<ForeignFiles, String> {
        replace(&part.path, &self.folder, &self.content).map_err(|error| at(&self.folder, &error))
    }

    /// What the program knows of the folder.
    pub fn content(&mut self) -> &mut C {
        &mut self.content
    }

    /// Where the folder really is, links followed.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// A folder that is being filled; what is left of it when it is dropped is removed.
pub struct Part<'a> {
    path: PathBuf,
    content: &'a dyn Content,
}

impl<'a> Part<'a> {
    /// Makes the folder beside `folder`, under a name that no other process uses.
    ///
    /// # Errors
    /// A sentence with the path that could not be made.
    pub fn begin(folder: &Path, content: &'a dyn Content) -> Result<Self, String> {
        let path = beside(folder, "part");
        fs::create_dir(&path).map_err(|error| at(&path, &error))?;
        Ok(Self { path, content })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if self.path.is_dir() {
            clear(&self.path, Path::new(""), self.content);
        }
    }
}

/// The folder itself, or the one that it is a link to.
fn target(folder: &Path) -> Result<PathBuf, Refused> {
    let is_link = fs::symlink_metadata(folder).is_ok_and(|data| data.is_symlink());
    if !is_link {
        return Ok(folder.to_owned());
    }
    fs::canonicalize(folder)
        .map_err(|error| format!("{}: a link to nothing ({error})", folder.display()))
}

/// Refuses a folder that holds what the program did not write, or something in the way of what it will write.
fn refuse(folder: &Path, content: &dyn Content) -> Result<(), Refused> {
    let shown = folder.display();
    if !folder.exists() {
        return Ok(());
    }
    if !folder.is_dir() {
        return Err(format!(
            "{shown}: a file is in the way of the folder of this name"
        ));
    }
    let entries = fs::read_dir(folder).map_err(|error| at(folder, &error))?;
    if let Some(why) = (entries.count() > 0)
        .then(|| content.refusal(folder))
        .flatten()
    {
        return Err(format!("{shown}: {why}"));
    }
    in_the_way(folder, Path::new(""), content)
}

/// Refuses a folder where the program will write a file, and a file or a link where it will write a folder.
fn in_the_way(folder: &Path, below: &Path, content: &dyn Content) -> Result<(), Refused> {
    for entry in fs::read_dir(folder.join(below))
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = below.join(entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        match content.owns(folder, &path) {
            Some(Own::Folder) if is_folder => in_the_way(folder, &path, content)?,
            Some(Own::Folder) => return Err(blocked(&entry.path(), "a file", "a folder")),
            Some(Own::File) if is_folder => {
                return Err(blocked(&entry.path(), "a folder", "a file"));
            }
            Some(Own::File) | None => {}
        }
    }
    Ok(())
}

fn blocked(path: &Path, there: &str, wanted: &str) -> Refused {
    format!(
        "{}: {there} is in the way of {wanted} of the results",
        path.display()
    )
}
