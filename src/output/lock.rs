//! One writer at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The right to write a folder. The operating system takes it back from a process that is killed.
#[derive(Debug)]
pub struct Lock {
    /// The open file holds the lock.
    _file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at `path`, or returns `None` if another process has it.
    ///
    /// # Errors
    /// If the file of the lock cannot be made.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                // A volume without locks: unique names and renaming still keep folders whole.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // Whoever had the lock before deletes the file at its end, perhaps just now.
            if is_still_at(&file, path) {
                let path = path.to_owned();
                return Ok(Some(Self { _file: file, path }));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the open file is the one that the path names.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |(a, b): (fs::Metadata, fs::Metadata)| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata()
        .and_then(|open| Ok((open, fs::metadata(path)?)))
        .is_ok_and(same)
}

/// Whether the open file is the one that the path names: an open file cannot be deleted here.
#[cfg(not(unix))]
fn is_still_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(".x.lock");
        let first = Lock::take(&path).expect("made");
        assert!(first.is_some() && Lock::take(&path).expect("made").is_none());
        drop(first);
        assert!(!path.exists());
        // A killed process leaves the file, but not the lock.
        fs::write(&path, "").expect("written");
        assert!(Lock::take(&path).expect("made").is_some());
        assert!(!path.exists());
    }
}
