//! Rules about the sources themselves: order of dependencies, scenarios listed and running. Sizes and what
//! code means are in `meaning`.

use std::fs;
use std::path::{Path, PathBuf};
use streamduel::platform::WORDS;
use streamduel::scenario::{Overrides, Scenario};

/// Modules from the bottom up: a module may use those before it.
const ORDER: [&str; 18] = [
    "units",
    "settings",
    "cost",
    "facts",
    "engine",
    "workload",
    "probe",
    "platform",
    "scenario",
    "schema",
    "stats",
    "experiment",
    "output",
    "report",
    "search",
    "compare",
    "study",
    "cli",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module that a source file belongs to, or `None` for `lib.rs` and `main.rs`.
fn module_of(path: &Path) -> Option<&'static str> {
    let relative = path.strip_prefix(root().join("src")).expect("below src");
    let first = relative
        .components()
        .next()
        .expect("a name")
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    let name = first.trim_end_matches(".rs").to_owned();
    ORDER.iter().copied().find(|module| *module == name)
}

/// The modules of this crate that a line names.
fn uses(line: &str) -> Vec<&'static str> {
    let code = line.split("//").next().unwrap_or_default();
    ORDER
        .iter()
        .copied()
        .filter(|module| code.contains(&format!("crate::{module}")))
        .collect()
}

#[test]
fn dependencies_run_one_way() {
    for path in sources(&root().join("src")) {
        let Some(module) = module_of(&path) else {
            continue;
        };
        let rank = |name: &str| {
            ORDER
                .iter()
                .position(|other| *other == name)
                .expect("listed")
        };
        for (number, line) in fs::read_to_string(&path)
            .expect("readable")
            .lines()
            .enumerate()
        {
            for used in uses(line) {
                let allowed = rank(used) <= rank(module);
                assert!(
                    allowed,
                    "{}:{}: `{module}` uses `{used}`",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

/// The platforms whose code a file must not name: all others in the folder of a platform, none elsewhere
/// below `src/platform`.
fn strangers(path: &Path) -> Vec<&'static str> {
    let folder = |word: &str| root().join("src/platform").join(word);
    if !WORDS.iter().any(|word| path.starts_with(folder(word))) {
        return Vec::new();
    }
    let others = WORDS.iter().filter(|word| !path.starts_with(folder(word)));
    others.copied().collect()
}

#[test]
fn platforms_are_peers_that_never_name_each_other() {
    for path in sources(&root().join("src/platform")) {
        let text = fs::read_to_string(&path).expect("readable");
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            let lower = line.to_lowercase();
            for other in strangers(&path) {
                assert!(!lower.contains(other), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn reports_and_the_engine_know_no_platform() {
    for folder in [
        "src/report",
        "src/compare",
        "src/study",
        "src/stats",
        "src/engine",
        "src/probe",
    ] {
        for path in sources(&root().join(folder)) {
            let text = fs::read_to_string(&path).expect("readable");
            for word in WORDS {
                let module = format!("platform::{word}");
                assert!(!text.contains(&module), "{} uses {module}", path.display());
            }
        }
    }
}

#[test]
fn every_scenario_is_valid_asks_a_question_claims_something_and_is_listed() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let mut seen = 0;
    for entry in fs::read_dir(root().join("scenarios")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        seen += 1;
        let scenario = Scenario::load(&path, &Overrides::default())
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(
            scenario.question.ends_with('?') && !scenario.expects.is_empty(),
            "{}",
            path.display()
        );
        let name = format!("scenarios/{}.toml", scenario.name);
        assert!(readme.contains(&name), "{name} is not in the README");
    }
    assert!(seen >= 5);
}

#[test]
fn nothing_is_left_open_in_the_sources() {
    let words = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "unimpl".to_owned() + "emented!",
        "to".to_owned() + "do!(",
    ];
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).expect("readable");
        for word in &words {
            assert!(
                !text.contains(word.as_str()),
                "{} has {word}",
                path.display()
            );
        }
    }
}

/// Models look limits up among the facts of their scenario's day; the newest row is for what no day changes.
#[test]
fn models_never_ask_for_the_newest_row() {
    for folder in ["src/platform", "src/workload", "src/scenario"] {
        for path in sources(&root().join(folder)) {
            let text = fs::read_to_string(&path).expect("readable");
            let models = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in [
                "facts::value(",
                "facts::value::<",
                "facts::fact(",
                "FactsAt::newest(",
            ] {
                assert!(
                    !models.contains(word),
                    "{}: {word}: ask `facts::on(section)`",
                    path.display()
                );
            }
        }
    }
}
