//! Folders that appear whole or not at all, and that never take somebody else's files away.
//!
//! A new folder is filled aside, under a name that no other process uses, and then changes places with the old one. Only then is the
//! old one deleted. A process that is killed leaves hidden folders behind; the next run beside them recognises and removes them.
//! Only files that the program itself writes are ever replaced or deleted. Files of others move into the new folder and are named.

mod leftover;
mod lock;
mod place;
mod replace;

pub use lock::Lock;
pub use place::{Part, Place, Refused};
pub use replace::ForeignFiles;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// What the program knows of a kind of folder that it writes.
pub trait Content {
    /// What the program writes at `path`, which is relative to `folder`; `None` if nothing.
    fn owns(&self, folder: &Path, path: &Path) -> Option<Own>;
    /// Why this folder, which is not empty, may not be replaced; `None` if the program wrote it.
    fn refusal(&self, folder: &Path) -> Option<String>;
}

/// What the program writes at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// A file.
    File,
    /// A folder, in which others may have files of their own.
    Folder,
}

/// A path beside `path` that no other process uses: hidden, with the process and a number in its name.
#[must_use]
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    hidden(path, &format!("{process}-{count}.{ending}"))
}

/// The hidden path `.NAME.ENDING` beside `path`, the same in every process: for what must be found again.
#[must_use]
pub fn beside_hidden(path: &Path, ending: &str) -> PathBuf {
    hidden(path, ending)
}

/// The hidden path `.NAME.ENDING` beside `path`.
fn hidden(path: &Path, ending: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// A sentence about a path and an error of the operating system.
fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
