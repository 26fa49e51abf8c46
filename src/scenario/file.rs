//! The text of a scenario, from a file or from standard input.

use crate::settings::{FILE_BYTES_MAX, Problem, Problems};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The path that stands for standard input.
const STDIN: &str = "-";

/// A scenario's text and where it came from.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// The path, as commands name it; `-` is standard input.
    pub path: PathBuf,
    /// The name that results are filed under.
    pub name: String,
    /// The text.
    pub text: String,
}

impl SourceText {
    /// Reads the file at `path`, or standard input if `path` is `-`.
    ///
    /// # Errors
    /// A file that is missing, is a folder, is too large or is no text.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let fail = |message: String| Problems::whole(&shown(path), Problem::new(message));
        let bytes = if is_stdin(path) {
            let mut bytes = Vec::new();
            let most = FILE_BYTES_MAX as u64 + 1;
            let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
            read.map_err(|error| fail(why(&error)))?;
            bytes
        } else {
            bytes_of(path).map_err(fail)?
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            fail(format!(
                "the file is no text: byte {} is not UTF-8",
                error.utf8_error().valid_up_to()
            ))
        })?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        let name = match stem {
            _ if is_stdin(path) => "stdin".to_owned(),
            Some(stem) => stem.into_owned(),
            None => "scenario".to_owned(),
        };
        Ok(Self {
            path: path.to_owned(),
            name,
            text,
        })
    }

    /// The name of the source in messages.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(&self.path)
    }

    /// The folder in which traces are looked up: the file's own, or the current one.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| why(&error))?;
    if metadata.is_dir() {
        return Err("this is a folder, not a scenario file".to_owned());
    }
    if metadata.len() > FILE_BYTES_MAX as u64 {
        let size = metadata.len();
        return Err(format!(
            "the file has {size} bytes; a scenario may have {FILE_BYTES_MAX}"
        ));
    }
    std::fs::read(path).map_err(|error| why(&error))
}

/// Whether a path stands for standard input.
#[must_use]
pub fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// How messages name the source at a path.
#[must_use]
pub fn shown(path: &Path) -> String {
    if is_stdin(path) {
        return "<stdin>".to_owned();
    }
    path.display().to_string()
}

fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        kind => format!("cannot be read ({kind})"),
    }
}
