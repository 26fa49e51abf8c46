//! What killed processes left behind: recognised by its name and removed, or put back.

use super::replace::clear;
use super::{Content, Lock, hidden};
use std::fs;
use std::path::{Path, PathBuf};

/// A hidden folder beside the folder that a killed process was writing.
struct Leftover {
    path: PathBuf,
    /// The folder that it was to become or that it was.
    home: PathBuf,
    /// Whether it was renamed away, so that it is complete.
    is_old: bool,
}

impl Leftover {
    /// Reads the name `.NAME.PROCESS-COUNT.part`, or the same with `.old`.
    fn read(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix('.')?;
        let (rest, ending) = name.rsplit_once('.')?;
        let (home, number) = rest.rsplit_once('.')?;
        let (process, count) = number.split_once('-')?;
        let numbers = [process, count]
            .iter()
            .all(|text| text.parse::<u32>().is_ok());
        let known = (ending == "old" || ending == "part") && numbers && !home.is_empty();
        known.then(|| Self {
            home: path.with_file_name(home),
            is_old: ending == "old",
            path: path.clone(),
        })
    }

    /// Removes it, or puts it back if the folder is missing.
    fn tidy(&self, content: &dyn Content) -> Option<String> {
        if !self.path.is_dir() {
            return None;
        }
        let shown = self.home.display();
        if self.is_old && !self.home.exists() && fs::rename(&self.path, &self.home).is_ok() {
            return Some(format!(
                "{shown}: put back, because a run was stopped while it replaced it"
            ));
        }
        let kept = clear(&self.path, &self.home, content);
        let left = kept.left.iter().map(|path| path.display().to_string());
        let left: Vec<String> = left.collect();
        (!left.is_empty()).then(|| {
            format!(
                "left where it is, because streamduel did not write it: {}",
                left.join(", ")
            )
        })
    }
}

/// Removes what killed processes left in `parent`. The caller has the lock of the folder `own`; other folders are tidied only if
/// nobody writes them. Returns sentences for the user.
pub(super) fn sweep(parent: &Path, own: &Path, content: &dyn Content) -> Vec<String> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<Leftover> = entries
        .filter_map(|entry| Leftover::read(entry.path()))
        .collect();
    // What is put back comes first, so that nothing else takes its place.
    found.sort_by(|a, b| (!a.is_old, &a.path).cmp(&(!b.is_old, &b.path)));
    let tidy = |leftover: Leftover| {
        if leftover.home.file_name() == own.file_name() {
            return leftover.tidy(content);
        }
        let _lock = Lock::take(&hidden(&leftover.home, "lock")).ok().flatten()?;
        leftover.tidy(content)
    };
    found.into_iter().filter_map(tidy).collect()
}
