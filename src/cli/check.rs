//! `streamduel check` and `streamduel list`: what scenarios are, without running them.

use super::json::{self, Checked, Form, Format, Listed};
use super::{Changes, Failure, files, print, run, warn};
use crate::scenario::{Memory, Overrides, Scenario, shown};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// Scenario files or folders; `-` is standard input
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Exit with 2 on warnings too
    #[arg(long)]
    strict: bool,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArguments {
    /// The folder
    #[arg(default_value = "scenarios")]
    folder: PathBuf,
    /// How to print the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Says whether scenarios are valid, and what is known of them before any run.
pub(super) fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    if arguments.format != Format::Text {
        return check_as_data(arguments);
    }
    let (mut failures, overrides) = (Vec::new(), arguments.changes.overrides());
    let files = files(&arguments.scenarios)?;
    let many = files.len() > 1;
    for file in files {
        match Scenario::load(&file, &overrides) {
            Ok(scenario) if arguments.strict && !scenario.warnings.list.is_empty() => {
                failures.push(scenario.warnings.to_string().trim_end().to_owned());
            }
            Ok(scenario) => {
                warn(&scenario);
                print(&valid(&scenario))?;
                if !many {
                    print(&beforehand(&scenario))?;
                }
            }
            Err(problems) => failures.push(problems.to_string().trim_end().to_owned()),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Failure::Invalid(failures.join("\n\n")))
    }
}

/// That a scenario is valid, with how many warnings, and how much memory its run takes at most on this machine.
fn valid(scenario: &Scenario) -> String {
    let threads = run::machine_threads().min(scenario.runs());
    let megabytes = Memory::of(scenario, threads).peak.0.div_ceil(1_000_000);
    let file = shown(&scenario.path);
    let warned = match scenario.warnings.list.len() {
        0 => String::new(),
        1 => ", with 1 warning".to_owned(),
        count => format!(", with {count} warnings"),
    };
    format!(
        "{file}: valid{warned}; a run takes at most {megabytes} MB of memory with {threads} thread(s)\n"
    )
}

/// What is known before any run, a line for each sum of each system.
fn beforehand(scenario: &Scenario) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for system in &scenario.systems {
        let _ = writeln!(text, "{}", system.label);
        for sum in system.config.foresee(&system.workload) {
            let share = sum.share();
            let _ = writeln!(text, "  {:<22} {share:>9}  {}", sum.what, sum.sum);
        }
    }
    text
}

/// The same as JSON: problems are data, and the exit code says whether there are any.
fn check_as_data(arguments: &CheckArguments) -> Result<(), Failure> {
    let overrides = arguments.changes.overrides();
    let (mut checked, mut failed) = (Vec::new(), 0_u64);
    for file in files(&arguments.scenarios)? {
        let read = Scenario::load(&file, &overrides);
        let is_fine = match &read {
            Ok(scenario) => !arguments.strict || scenario.warnings.list.is_empty(),
            Err(_) => false,
        };
        failed += u64::from(!is_fine);
        checked.push(match &read {
            Ok(scenario) => Checked::valid(scenario),
            Err(problems) => Checked::invalid(shown(&file), problems),
        });
    }
    json::give(arguments.format, Form::CHECK, &checked)?;
    if failed == 0 {
        return Ok(());
    }
    let files = crate::units::counted(failed, "file");
    Err(Failure::Invalid(format!("error: problems in {files}")))
}

/// Lists the scenarios of a folder.
pub(super) fn list(arguments: &ListArguments) -> Result<(), Failure> {
    let mut listed = Vec::new();
    for file in files(std::slice::from_ref(&arguments.folder))? {
        let scenario = Scenario::load(&file, &Overrides::default())?;
        if arguments.format == Format::Text {
            let (title, question) = (&scenario.title, &scenario.question);
            print(&format!("{}\n  {title}\n  {question}\n", file.display()))?;
        } else {
            listed.push(Listed::of(&scenario));
        }
    }
    match arguments.format {
        Format::Text => Ok(()),
        format => json::give(format, Form::LIST, &listed),
    }
}
