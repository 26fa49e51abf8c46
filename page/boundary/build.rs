//! Compiles the shipped scenarios and lessons in: a list of names and texts of each.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../..");
    let start = root
        .join("page/src/start.toml")
        .canonicalize()
        .expect("a path");
    println!("cargo::rerun-if-changed={}", start.display());
    let list = [
        format!("pub(crate) const START: &str = include_str!({start:?});\n"),
        traces(&root.join("scenarios/traces")),
        list_of("SCENARIOS", &root.join("scenarios"), ".toml"),
        list_of("LESSONS", &root.join("docs/study"), ".md"),
    ];
    let out = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("shelf.rs"), list.concat()).expect("written");
}

/// A constant with the traces of the shipped scenarios, by the names that these give them.
fn traces(folder: &Path) -> String {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let mut text = "pub(crate) const TRACES: &[(&str, &[u8])] = &[\n".to_owned();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "gz"))
    {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.canonicalize().expect("a path");
        writeln!(text, "    (\"traces/{name}\", include_bytes!({path:?})),").expect("a string");
    }
    text + "];\n"
}

/// A constant with the name and the text of every file of a folder with this ending, in order of the names.
fn list_of(constant: &str, folder: &Path, ending: &str) -> String {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let mut text = format!("pub(crate) const {constant}: &[(&str, &str)] = &[\n");
    for path in paths {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Some(name) = file.strip_suffix(ending).filter(|name| *name != "README") {
            let path = path.canonicalize().expect("a path");
            writeln!(text, "    ({name:?}, include_str!({path:?})),").expect("a string");
        }
    }
    text + "];\n"
}
