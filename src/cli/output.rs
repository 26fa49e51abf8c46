//! Data to standard output or to a file, complete or not at all.

use super::{Failure, print};
use std::path::Path;

/// Writes `text` to the file, replacing what was there; without a file to standard output.
pub(super) fn give(text: &str, file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file else { return print(text) };
    let fail =
        |error: std::io::Error| Failure::Runtime(format!("error: {}: {error}", file.display()));
    if file.file_name().is_none() || file.is_dir() {
        return Err(Failure::Invalid(format!(
            "error: {} is a folder; give the name of a file",
            file.display()
        )));
    }
    // Beside the file, so that the renaming stays on one volume.
    let aside = crate::output::beside(file, "part");
    if let Err(error) = std::fs::write(&aside, text) {
        let _ = std::fs::remove_file(&aside);
        return Err(fail(error));
    }
    std::fs::rename(&aside, file).map_err(|error| {
        let _ = std::fs::remove_file(&aside);
        fail(error)
    })
}
