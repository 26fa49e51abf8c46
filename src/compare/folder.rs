//! Reading a results folder back.

use crate::probe::figures::{Unit, by_name};
use crate::settings::{Problem, Problems, closest};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// One figure of a system or of a consumer, with its value in each replication.
#[derive(Clone, Debug)]
pub struct Output {
    /// The system.
    pub system: String,
    /// The consumer, empty for the system's own figures.
    pub consumer: String,
    /// The figure.
    pub figure: String,
    /// Its unit.
    pub unit: Unit,
    /// Its values by replication; one in which it was not measured is absent.
    pub values: BTreeMap<u32, f64>,
}

/// What a run left behind.
#[derive(Clone, Debug)]
pub struct Run {
    /// The folder, as it was given.
    pub folder: String,
    /// Version, seed and hash: the first line of its texts.
    pub head: String,
    /// The title of its scenario.
    pub title: String,
    /// The command that gives the same results, if the file tells it.
    pub reproduce: String,
    /// The resolved scenario: dotted paths with their values, in the order of the file.
    pub settings: Vec<(String, String)>,
    /// How many replications it had.
    pub replications: u32,
    /// Its figures, in the order of the file.
    pub outputs: Vec<Output>,
}

impl Run {
    /// Reads the results folder of one scenario.
    ///
    /// # Errors
    /// If it is missing, is no results folder, or cannot be understood; with what to give instead.
    pub fn load(folder: &Path) -> Result<Self, Problems> {
        let name = folder.display().to_string();
        let wrong = |problem: Problem| Problems::whole(&name, problem);
        if !folder.is_dir() {
            return Err(wrong(missing(folder)));
        }
        let text = fs::read_to_string(folder.join("scenario.toml")).unwrap_or_default();
        let Some(head) = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# streamduel "))
        else {
            return Err(wrong(foreign(folder)));
        };
        let last = text
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("# reproduce: "));
        let reproduce = last.unwrap_or_default().to_owned();
        let settings = settings_of(&text).map_err(|message| {
            let problem = Problem::new(format!("scenario.toml cannot be read: {message}"));
            wrong(problem.help("run the scenario again"))
        })?;
        let again = || match reproduce.as_str() {
            "" => "run the scenario again".to_owned(),
            command => format!("run it again with this version: {command}"),
        };
        let file = fs::read(folder.join("replications.csv")).map_err(|_| {
            let problem = Problem::new(
                "the results have no replications.csv, so their figures cannot be compared",
            );
            wrong(problem.help(again()))
        })?;
        let (outputs, replications) =
            outputs(&file).map_err(|message| wrong(Problem::new(message).help(again())))?;
        let title = settings
            .iter()
            .find(|(path, _)| path == "title")
            .map(|(_, value)| value.clone());
        Ok(Self {
            folder: name.clone(),
            head: format!("streamduel {head}"),
            title: title.unwrap_or_default(),
            reproduce,
            settings,
            replications,
            outputs,
        })
    }
}

/// The results folders inside `folder`.
fn inside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.path().join("scenario.toml").is_file());
    let names: BTreeSet<String> = ours
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.into_iter().collect()
}

/// What to say of a folder that does not exist.
fn missing(folder: &Path) -> Problem {
    if folder.is_file() {
        return Problem::new("this is a file, not a results folder")
            .help("give the folder that `streamduel run` wrote, as in results/first-light");
    }
    let parent = folder
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let (names, typed) = (
        inside(parent),
        folder.file_name().unwrap_or_default().to_string_lossy(),
    );
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let help = match closest(&typed, &known) {
        Some(name) => format!("did you mean `{}`?", parent.join(name).display()),
        None => {
            "a run leaves its results in `results/<scenario>`, or where `--output` says".to_owned()
        }
    };
    Problem::new("there is no such folder").help(help)
}

/// What to say of a folder that `run` did not write.
fn foreign(folder: &Path) -> Problem {
    let problem =
        Problem::new("this is no results folder: it has no scenario.toml that a run wrote");
    let names = inside(folder);
    match names.first() {
        Some(first) => problem.help(format!(
            "there are some in it: give one, as in {}",
            folder.join(first).display()
        )),
        None => {
            problem.help("give a folder that `streamduel run` wrote, as in results/first-light")
        }
    }
}

/// The settings of a scenario's text: dotted paths with their values, in the order of the file.
///
/// # Errors
/// If the text is no TOML.
pub fn settings_of(text: &str) -> Result<Vec<(String, String)>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let mut settings = Vec::new();
    flatten("", &toml::Value::Table(table), &mut settings);
    Ok(settings)
}

/// The leaves of a table under their dotted paths; entries of a list of tables as in `timeline[0].at`.
fn flatten(path: &str, value: &toml::Value, into: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                flatten(&path, value, into);
            }
        }
        toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {
            for (index, value) in list.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), value, into);
            }
        }
        toml::Value::String(text) => into.push((path.to_owned(), text.clone())),
        other => into.push((path.to_owned(), other.to_string())),
    }
}

const COLUMNS: [&str; 5] = ["system", "replication", "consumer", "figure", "value"];

/// The figures in the order of the file, and the number of replications.
fn outputs(file: &[u8]) -> Result<(Vec<Output>, u32), String> {
    let mut reader = csv::Reader::from_reader(file);
    let bad = |error: csv::Error| format!("replications.csv cannot be read: {error}");
    let heads = reader.headers().map_err(bad)?.clone();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let found = heads.iter().position(|head| head == name);
        *column = found.ok_or_else(|| format!("replications.csv has no column `{name}`"))?;
    }
    let (mut outputs, mut index, mut replications) = (Vec::<Output>::new(), BTreeMap::new(), 0);
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(bad)?;
        let [system, replication, consumer, figure, value] =
            columns.map(|column| record.get(column).unwrap_or(""));
        let line = row + 2;
        let number =
            |text: &str| format!("replications.csv, line {line}: `{text}` is not a number");
        let replication: u32 = replication.parse().map_err(|_| number(replication))?;
        let parsed = value.parse::<f64>().ok().filter(|value| !value.is_nan());
        let value = parsed.ok_or_else(|| number(value))?;
        replications = replications.max(replication.saturating_add(1));
        let key = [system, consumer, figure].map(str::to_owned);
        let at = *index
            .entry(key)
            .or_insert_with_key(|[system, consumer, figure]| {
                let unit = by_name(figure).map_or(Unit::Count, |(unit, _)| unit);
                let [system, consumer, figure] = [system, consumer, figure].map(String::clone);
                outputs.push(Output {
                    system,
                    consumer,
                    figure,
                    unit,
                    values: BTreeMap::new(),
                });
                outputs.len() - 1
            });
        outputs[at].values.insert(replication, value);
    }
    if outputs.is_empty() {
        return Err("replications.csv has no rows".to_owned());
    }
    Ok((outputs, replications))
}
