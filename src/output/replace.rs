//! A new folder takes the place of an old one.

use super::{Content, beside};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What became of files that the program did not write.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ForeignFiles {
    /// Those that are in the new folder now, relative to it.
    pub moved: Vec<PathBuf>,
    /// Those that could not be moved, and where they lie.
    pub left: Vec<PathBuf>,
}

/// Puts the folder `new` at the place of `folder`, moves into it what others had put into the old one, and deletes the rest of the old one.
pub(super) fn replace(
    new: &Path,
    folder: &Path,
    content: &dyn Content,
) -> io::Result<ForeignFiles> {
    Ok(match put(new, folder)? {
        Some(old) => clear(&old, folder, content),
        None => ForeignFiles::default(),
    })
}

/// Puts `new` at `folder` and says where the old folder is now.
fn put(new: &Path, folder: &Path) -> io::Result<Option<PathBuf>> {
    if !folder.exists() {
        return fs::rename(new, folder).map(|()| None);
    }
    if exchange(new, folder).is_ok() {
        return Ok(Some(new.to_owned()));
    }
    put_away(new, folder).map(Some)
}

/// Lets the two folders change places in one step, so that there is always a whole one.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(new: &Path, folder: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, new, CWD, folder, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Renames the old folder away and the new one in. If the process is killed between the two, the next run puts the old one back.
fn put_away(new: &Path, folder: &Path) -> io::Result<PathBuf> {
    let old = beside(folder, "old");
    fs::rename(folder, &old)?;
    if let Err(error) = fs::rename(new, folder) {
        fs::rename(&old, folder)?;
        return Err(error);
    }
    Ok(old)
}

/// Deletes from the folder `old` what the program wrote and moves the rest to the same places in `home`.
pub(super) fn clear(old: &Path, home: &Path, content: &dyn Content) -> ForeignFiles {
    let mut kept = ForeignFiles::default();
    clear_below(old, home, Path::new(""), content, &mut kept);
    let _ = fs::remove_dir(old);
    kept
}

fn clear_below(
    old: &Path,
    home: &Path,
    below: &Path,
    content: &dyn Content,
    kept: &mut ForeignFiles,
) {
    let mut entries: Vec<_> = fs::read_dir(old.join(below))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    // From the back, so that the scenario is still there when its traces are looked at.
    entries.sort();
    entries.reverse();
    for name in entries {
        clear_one(old, home, &below.join(name), content, kept);
    }
}

fn clear_one(old: &Path, home: &Path, path: &Path, content: &dyn Content, kept: &mut ForeignFiles) {
    let (from, to) = (old.join(path), home.join(path));
    let is_folder = fs::symlink_metadata(&from).is_ok_and(|data| data.is_dir());
    let there = fs::symlink_metadata(&to).is_ok();
    if is_folder && (there || content.owns(old, path).is_some()) {
        clear_below(old, home, path, content, kept);
        let _ = fs::remove_dir(&from);
    } else if content.owns(old, path).is_some() {
        let _ = fs::remove_file(&from);
    } else if !there && move_into(&from, &to, home).is_ok() {
        kept.moved.push(path.to_owned());
    } else {
        kept.left.push(from);
    }
}

/// Moves a file or a folder into `home`, which must be there.
fn move_into(from: &Path, to: &Path, home: &Path) -> io::Result<()> {
    if !home.is_dir() {
        return Err(io::ErrorKind::NotFound.into());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::rename(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Own;

    /// A kind of folder of which the program writes `a` and `sub/b`.
    struct Pair;

    impl Content for Pair {
        fn owns(&self, _: &Path, path: &Path) -> Option<Own> {
            match path.to_str() {
                Some("a" | "sub/b") => Some(Own::File),
                Some("sub") => Some(Own::Folder),
                _ => None,
            }
        }
        fn refusal(&self, _: &Path) -> Option<String> {
            None
        }
    }

    fn fill(folder: &Path, files: &[&str]) {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, file).expect("written");
        }
    }

    #[test]
    fn what_others_wrote_moves_into_the_new_folder() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |name: &str| root.path().join(name);
        fill(
            &at("old"),
            &["a", "sub/b", "sub/mine", "notes", "own/deep/x"],
        );
        fs::create_dir(at("old/empty")).expect("made");
        fill(&at("new"), &["a", "sub/b"]);
        let kept = replace(&at("new"), &at("old"), &Pair).expect("replaced");
        let moved = ["sub/mine", "own", "notes", "empty"].map(PathBuf::from);
        assert_eq!((kept.moved, kept.left), (moved.to_vec(), Vec::new()));
        for path in ["old/a", "old/sub/mine", "old/own/deep/x", "old/empty"] {
            assert!(at(path).exists(), "{path}");
        }
        assert_eq!(fs::read_dir(root.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn without_an_exchange_the_old_folder_is_renamed_away() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |name: &str| root.path().join(name);
        fill(&at("there"), &["a"]);
        fill(&at("new"), &["sub/b"]);
        let old = put_away(&at("new"), &at("there")).expect("put");
        assert!(at("there/sub/b").exists() && old.join("a").exists());
        // What comes in is missing: the old folder is back.
        put_away(&at("nowhere"), &at("there")).expect_err("nothing to put");
        assert!(at("there/sub/b").exists());
    }
}
