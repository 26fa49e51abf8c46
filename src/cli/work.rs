//! What the commands that write a folder have in common: where it is put, and how the work is done.

use super::{Failure, run};
use crate::output::{Content, Place};
use std::path::PathBuf;

/// Where the answer of a search is put, and how it is worked on.
#[derive(Debug, clap::Args)]
pub(super) struct Work {
    /// The folder below which the folder of the answer is written
    #[arg(short, long, default_value = "results")]
    pub output: PathBuf,
    /// Threads to run on; the results do not depend on it
    #[arg(long)]
    pub threads: Option<usize>,
    /// No progress bar and no tables
    #[arg(short, long)]
    pub quiet: bool,
}

impl Work {
    /// Claims the folder of the answer called `name`, tells what was found there of searches that were stopped, and says
    /// how the folder is shown.
    pub(super) fn place<C: Content>(
        &self,
        name: &str,
        content: C,
    ) -> Result<(Place<C>, String), Failure> {
        let folder = self.output.join(name);
        let place = Place::claim(&folder, content).map_err(run::cannot_write)?;
        for note in &place.notes {
            run::tell(note);
        }
        Ok((place, folder.display().to_string()))
    }
}
