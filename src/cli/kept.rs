//! Finished runs of a search in a hidden file, so that the same command goes on where it was stopped.

use super::{Failure, run};
use crate::output::beside_hidden;
use crate::search::store::Memo;
use std::path::{Path, PathBuf};

/// The finished runs of one command.
pub(super) struct Kept {
    /// The runs.
    pub memo: Memo,
    path: PathBuf,
}

impl Kept {
    /// Opens the hidden file of the command called `name` in `folder`; tells how many runs it has.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, Failure> {
        let path = beside_hidden(&folder.join(name), "runs");
        let opened = std::fs::create_dir_all(folder).and_then(|()| Memo::open(&path));
        let memo = opened.map_err(|error| broken(&path, &error))?;
        if memo.finished() > 0 {
            run::tell(&format!(
                "{} runs were finished before and are kept",
                memo.finished()
            ));
        }
        Ok(Self { memo, path })
    }

    /// Deletes the file: the answer is given.
    pub(super) fn delete(self) -> Result<(), Failure> {
        let Self { memo, path } = self;
        memo.delete().map_err(|error| broken(&path, &error))
    }
}

fn broken(path: &Path, error: &std::io::Error) -> Failure {
    run::cannot_write(format!("{}: {error}", path.display()))
}
