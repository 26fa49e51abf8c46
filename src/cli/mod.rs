//! The command line: arguments in, text out, exit codes.
//!
//! Data goes to standard output, talk to standard error. Exit codes: 0 fine, 1 failure at run time,
//! 2 usage or invalid file, 3 a broken balance, 99 an expectation failed.

mod atlas;
mod check;
mod compare;
mod explain;
mod facts;
mod gallery;
mod gallery_causes;
mod gallery_folder;
mod help;
mod json;
mod kept;
mod limit;
mod man;
mod output;
mod plan;
mod progress;
mod quiz;
mod run;
mod schema;
mod size;
mod start;
mod sweep;
mod work;

pub use help::arguments;

use crate::scenario::{Overrides, Scenario, is_stdin};
use crate::settings::{Problem, Problems};
use clap::{CommandFactory, Parser, Subcommand};
use std::path::PathBuf;

/// Simulates one streaming workload on Kinesis Data Streams and on Kafka / MSK, side by side.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 fine, 1 failure at run time, 2 usage or invalid file, 3 broken invariant, 99 an expectation failed.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios: files, or folders of them
    Run(RunArguments),
    /// Run every scenario and write what is kept of the results, or check that it is up to date
    Gallery(GalleryArguments),
    /// Run a scenario at many values of some settings, and say where its claims hold
    Sweep(sweep::SweepArguments),
    /// Find the cheapest configuration of each family that holds every claim
    Size(size::SizeArguments),
    /// Map the cheapest design that holds every claim over two axes of settings
    Atlas(atlas::AtlasArguments),
    /// Say which splits and merges cool the hot ranges of a stream, and prove it by runs
    Plan(plan::PlanArguments),
    /// Say how far the load can grow until a claim fails, and which one fails first
    Limit(limit::LimitArguments),
    /// Say whether scenarios are valid, without running them
    Check(check::CheckArguments),
    /// List the scenarios of a folder with their questions
    List(check::ListArguments),
    /// Write a commented scenario to begin with, made from a shipped one
    New(start::NewArguments),
    /// Say in words what a scenario asks, runs and expects
    Explain(explain::ExplainArguments),
    /// Hold two runs against each other; without runs, print the table of both services
    Compare(compare::CompareArguments),
    /// Print the limits, defaults, prices and assumptions in force on a day
    Facts(facts::FactsArguments),
    /// Print the JSON Schema of scenario files, for editors and validators
    Schema(schema::SchemaArguments),
    /// Answer questions whose keys are what runs found and what facts say
    Quiz(quiz::QuizArguments),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands
    Man(man::ManArguments),
}

#[derive(Debug, clap::Args)]
struct Changes {
    /// Another seed
    #[arg(long)]
    seed: Option<u64>,
    /// How many independent runs of each system
    #[arg(long)]
    replications: Option<u32>,
    /// Change a setting, as in `--set workload.producers=4`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Use the limits, defaults and prices of this day, as in `--as-of 2025-06-01`
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

impl Changes {
    fn overrides(&self) -> Overrides {
        let (set, as_of) = (self.set.clone(), self.as_of.clone());
        Overrides {
            set,
            seed: self.seed,
            replications: self.replications,
            as_of,
        }
    }
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// Scenario files or folders; `-` is standard input
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Where result folders are put
    #[arg(short, long, default_value = "results")]
    output: PathBuf,
    /// Threads to run on; the results do not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// Draw no charts: the rest of the results is written sooner
    #[arg(long)]
    no_charts: bool,
    /// The width of charts as PNG files, in pixels
    #[arg(long, default_value_t = crate::report::chart::PNG_WIDTH, value_parser = clap::value_parser!(u32).range(400..=8000))]
    png_width: u32,
    /// Write the distributions of latencies too, `hgrm/*.hgrm`, in HdrHistogram's text form
    #[arg(long)]
    hgrm: bool,
    /// Write the series as OpenMetrics too, `openmetrics.txt`
    #[arg(long)]
    openmetrics: bool,
    /// Write the series as Parquet too, `series.parquet`
    #[cfg(feature = "parquet")]
    #[arg(long)]
    parquet: bool,
    /// Run again without each first cause, one at a time, and say what became of the symptom
    #[arg(long)]
    prove: bool,
    /// Ask what would be: claims that do not hold are told, and are no failure
    #[arg(long)]
    what_if: bool,
    /// No progress bar and no tables
    #[arg(short, long)]
    quiet: bool,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    format: json::Format,
}

#[derive(Debug, clap::Args)]
struct GalleryArguments {
    /// The folder of the scenarios
    #[arg(default_value = "scenarios")]
    scenarios: PathBuf,
    /// Write nothing; exit with 1 and the list of files that are not what the scenarios give, or if a chart cannot be read
    #[arg(long)]
    check: bool,
    /// Write docs/CAUSES.md instead: the causes that verdicts name, and what lifting each of them changes
    #[arg(long, conflicts_with_all = ["no_study", "full"])]
    causes: bool,
    /// The folder below which `results` and `docs/study` are written
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Only `results`, no lessons: for folders of other scenarios
    #[arg(long)]
    no_study: bool,
    /// Keep the whole results folders of all scenarios here
    #[arg(long, value_name = "FOLDER")]
    full: Option<PathBuf>,
    /// Threads to run on; the results do not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// No progress bar
    #[arg(short, long)]
    quiet: bool,
}

/// What went wrong, by exit code.
#[derive(Debug)]
pub enum Failure {
    /// Exit code 1.
    Runtime(String),
    /// Exit code 2.
    Invalid(String),
    /// Exit code 3.
    Invariant(String),
    /// Exit code 99.
    Expectation(String),
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Runtime(_) => 1,
            Self::Invalid(_) => 2,
            Self::Invariant(_) => 3,
            Self::Expectation(_) => 99,
        }
    }
    /// What to tell the user.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Runtime(message)
            | Self::Invalid(message)
            | Self::Invariant(message)
            | Self::Expectation(message) => message,
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Invalid(problems.to_string().trim_end().to_owned())
    }
}

/// Carries out what the arguments ask for.
///
/// # Errors
/// What went wrong, with its exit code.
pub fn main(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Sweep(arguments) => sweep::sweep(arguments),
        Command::Size(arguments) => size::size(arguments),
        Command::Atlas(arguments) => atlas::atlas(arguments),
        Command::Plan(arguments) => plan::plan(arguments),
        Command::Limit(arguments) => limit::limit(arguments),
        Command::Gallery(arguments) => gallery::gallery(arguments),
        Command::Check(arguments) => check::check(arguments),
        Command::List(arguments) => check::list(arguments),
        Command::New(arguments) => start::start(arguments),
        Command::Explain(arguments) => explain::explain(arguments),
        Command::Compare(arguments) => compare::compare(arguments),
        Command::Facts(arguments) => facts::facts(arguments),
        Command::Schema(arguments) => schema::schema(arguments),
        Command::Man(arguments) => man::man(arguments),
        Command::Quiz(arguments) => quiz::quiz(arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "streamduel", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

/// Writes to standard output; a reader that has gone away is not an error.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::{ErrorKind, Write};
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Runtime(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// The scenario files that the arguments name, folders opened, in alphabetical order.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        let why = "error: `-` is given twice; standard input can be read only once";
        return Err(Failure::Invalid(why.to_owned()));
    }
    let mut files = Vec::new();
    for path in paths {
        if is_stdin(path) || !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable =
            |error: std::io::Error| Failure::Invalid(format!("error: {}: {error}", path.display()));
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.extension().is_some_and(|ending| ending == "toml") {
                inside.push(file);
            }
        }
        inside.sort();
        if inside.is_empty() {
            let problem =
                Problem::new("the folder has no scenario").help("scenarios end in `.toml`");
            return Err(Problems::whole(&path.display().to_string(), problem).into());
        }
        files.extend(inside);
    }
    Ok(files)
}

/// Tells the warnings of a scenario on standard error.
fn warn(scenario: &Scenario) {
    use std::io::Write;
    // A reader that has gone away misses nothing: the report has the warnings too.
    let _ = write!(std::io::stderr().lock(), "{}", scenario.warnings);
}
