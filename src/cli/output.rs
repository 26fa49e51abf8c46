//! Data to standard output or to a file, complete or not at all.

use super::{Failure, print};
use std::path::Path;

/// Writes `text` to the file, replacing what was there; without a file to standard output.
pub(super) fn give(text: &str, file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file else { return print(text) };
    let fail =
        |error: std::io::Error| Failure::Runtime(format!("error: {}: {error}", file.display()));
    let Some(name) = file.file_name().filter(|_| !file.is_dir()) else {
        return Err(Failure::Invalid(format!(
            "error: {} is a folder; give the name of a file",
            file.display()
        )));
    };
    // Beside the file, so that the renaming stays on one volume.
    let aside = file.with_file_name(format!(".{}.part", name.to_string_lossy()));
    std::fs::write(&aside, text).map_err(fail)?;
    std::fs::rename(&aside, file).map_err(|error| {
        let _ = std::fs::remove_file(&aside);
        fail(error)
    })
}
