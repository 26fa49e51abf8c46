//! Points: a scenario with some settings changed. Each is read by the usual reader, so every problem of a
//! point is told as it is told of a scenario.

use crate::probe::RunResult;
use crate::probe::figures::{self, CONSUMER_FIGURES, FIGURES, Unit};
use crate::scenario::{Overrides, Scenario, SourceText};
use crate::settings::{Problems, meant};
use crate::workload::Source;
use md5::{Digest, Md5};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The text of a scenario, read once, and what the command line changes in it.
#[derive(Clone, Debug)]
pub struct Base {
    /// The file, as messages and commands name it.
    pub path: PathBuf,
    /// The name of the scenario.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What the command line changes in every point.
    pub overrides: Overrides,
}

impl Base {
    /// Reads the file, or standard input, and checks that it is a scenario.
    ///
    /// # Errors
    /// All problems of the file.
    pub fn load(path: &Path, overrides: Overrides) -> Result<(Self, Scenario), Problems> {
        let source = SourceText::read(path)?;
        let scenario = Scenario::of(&source, &overrides)?;
        let base = Self {
            path: source.path,
            name: source.name,
            text: source.text,
            overrides,
        };
        Ok((base, scenario))
    }

    /// The same scenario with other claims.
    ///
    /// # Errors
    /// If the text is no TOML, which [`Base::load`] has found out before.
    fn with_claims(&self, claims: &[String]) -> Result<Self, String> {
        let mut document: toml_edit::DocumentMut = self
            .text
            .parse()
            .map_err(|error: toml_edit::TomlError| error.to_string())?;
        let mut list = toml_edit::ArrayOfTables::new();
        for claim in claims {
            let mut table = toml_edit::Table::new();
            table.insert("that", toml_edit::value(claim));
            list.push(table);
        }
        document.insert("expect", toml_edit::Item::ArrayOfTables(list));
        Ok(Self {
            text: document.to_string(),
            ..self.clone()
        })
    }

    /// The same scenario with other claims, read.
    ///
    /// # Errors
    /// What is wrong with a claim, in a sentence: the text in which it stands is none that the user wrote.
    pub fn claiming(&self, claims: &[String]) -> Result<(Self, Scenario), String> {
        let base = self.with_claims(claims)?;
        let scenario = base.scenario(&[]).map_err(|problems| problems.line())?;
        Ok((base, scenario))
    }

    /// The scenario with more `path=value` pairs.
    ///
    /// # Errors
    /// All problems of the point.
    pub fn scenario(&self, sets: &[String]) -> Result<Scenario, Problems> {
        let mut overrides = self.overrides.clone();
        overrides.set.extend_from_slice(sets);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let file = crate::scenario::shown(&self.path);
        let mut scenario = Scenario::parse(&file, &self.name, &self.text, folder, &overrides)?;
        self.path.clone_into(&mut scenario.path);
        Ok(scenario)
    }
}

/// Checks that a path is about no system that the scenario does not have: a new system would be made without a word.
///
/// # Errors
/// A sentence that says what is wrong.
pub(in crate::search) fn check_path(path: &str, scenario: &Scenario) -> Result<(), String> {
    let Some(rest) = path.strip_prefix("system.") else {
        return Ok(());
    };
    let label = rest.split('.').next().unwrap_or_default();
    let systems = scenario.systems.iter();
    let known: Vec<&str> = systems.map(|system| system.label.as_str()).collect();
    match known.contains(&label) {
        true => Ok(()),
        false => Err(format!(
            "no system is called `{label}`; {}",
            meant(label, &known)
        )),
    }
}

/// A point that was read and found valid. The scenario itself is read again for each run, because many of them
/// would not fit into memory.
#[derive(Clone, Debug)]
pub struct Point {
    /// What it changes in the base, as `path=value` pairs.
    pub sets: Vec<String>,
    /// The hash of everything that its runs depend on.
    pub key: String,
    /// How many replications it has.
    pub replications: u32,
    /// The records that one replication is expected to offer to all systems together.
    pub records: f64,
    /// What its runs measure.
    pub shape: Shape,
}

/// What the runs of a point measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Label and platform of each system.
    pub systems: Vec<(String, &'static str)>,
    /// The names of the consumers.
    pub consumers: Vec<String>,
    /// The claims as they are written.
    pub claims: Vec<String>,
}

/// A figure of a system or of one of its consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The number of the system.
    pub system: usize,
    /// The number of the consumer, for its figures.
    pub consumer: Option<usize>,
    /// The name of the figure.
    pub figure: &'static str,
    /// Its unit.
    pub unit: Unit,
}

impl Point {
    /// Reads the point and finds out what its runs depend on.
    ///
    /// # Errors
    /// All problems of the point.
    pub fn new(base: &Base, sets: Vec<String>) -> Result<Self, Problems> {
        let scenario = base.scenario(&sets)?;
        let sources = &scenario.workload.sources;
        let offered: f64 = sources.iter().map(Source::expected_records).sum();
        Ok(Self {
            sets,
            key: key(&scenario),
            replications: scenario.replications,
            records: offered * scenario.systems.len() as f64,
            shape: Shape::of(&scenario),
        })
    }
}

/// The hash of everything that the runs of a scenario depend on: the program with its facts, every setting, and
/// the traces that are replayed.
pub(super) fn key(scenario: &Scenario) -> String {
    let mut hash = Md5::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(build().to_le_bytes());
    hash.update([0]);
    hash.update(&scenario.resolved);
    let sources = scenario.workload.sources.iter();
    for (_, place) in sources.filter_map(Source::trace_file) {
        hash.update([0]);
        hash.update(std::fs::read(place.path()).unwrap_or_default());
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A checksum of the running program, in which the facts are compiled; 0 where it cannot be read.
fn build() -> u32 {
    static BUILD: OnceLock<u32> = OnceLock::new();
    *BUILD.get_or_init(|| {
        let program = std::env::current_exe().and_then(std::fs::read);
        program.map_or(0, |bytes| crc32fast::hash(&bytes))
    })
}

impl Shape {
    /// What the runs of a scenario measure.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let system = |s: &crate::scenario::System| (s.label.clone(), s.config.word());
        let consumers = scenario.workload.consumers.iter();
        Self {
            systems: scenario.systems.iter().map(system).collect(),
            consumers: consumers.map(|consumer| consumer.name.clone()).collect(),
            claims: scenario.expects.iter().map(|e| e.that.clone()).collect(),
        }
    }

    /// All figures of one replication, system by system.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        for system in 0..self.systems.len() {
            slots.extend(FIGURES.iter().map(|figure| Slot {
                system,
                consumer: None,
                figure: figure.name,
                unit: figure.unit,
            }));
            for consumer in 0..self.consumers.len() {
                slots.extend(CONSUMER_FIGURES.iter().map(|figure| Slot {
                    system,
                    consumer: Some(consumer),
                    figure: figure.name,
                    unit: figure.unit,
                }));
            }
        }
        slots
    }
}

/// What one replication of a point gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The value of each slot; `None` where it was not measured.
    pub figures: Vec<Option<f64>>,
    /// For each claim what its left side was, and whether it held.
    pub claims: Vec<(Option<f64>, bool)>,
}

impl Outcome {
    /// The figures and claims of one replication of all systems.
    #[must_use]
    pub fn of(scenario: &Scenario, shape: &Shape, runs: &[RunResult]) -> Self {
        let value = |slot: &Slot| figures::value(&runs[slot.system], slot.figure, slot.consumer);
        let row: Vec<&RunResult> = runs.iter().collect();
        let claim = |expect: &crate::scenario::Expect| {
            let (left, _, holds) = expect.check(&row);
            (left, holds)
        };
        Self {
            figures: shape.slots().iter().map(value).collect(),
            claims: scenario.expects.iter().map(claim).collect(),
        }
    }
}
