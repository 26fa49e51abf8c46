//! `streamduel atlas`: the cheapest design that holds every claim, over two axes of settings.

use super::compare::width;
use super::json::{self, Cell, Form, Format};
use super::kept::Kept;
use super::progress::{Bar, Extent};
use super::sweep::stopped;
use super::{Changes, Failure, print, run};
use crate::output::Place;
use crate::report::document::Format as Rendering;
use crate::search::atlas::{Atlas, AtlasFolder, Options, REPLICATIONS, document, write};
use crate::search::point::Base;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct AtlasArguments {
    /// The scenario file, or `-` for standard input: its workload, its timeline, and its claims, which must hold on every family
    scenario: PathBuf,
    /// A setting and its values, as `streamduel sweep` takes them; two of them. Without it the two of `[atlas]` in the scenario
    #[arg(long, value_name = "PATH=VALUES")]
    over: Vec<String>,
    /// Lose each availability zone in turn
    #[arg(long)]
    survive_zone: bool,
    /// Only families whose name begins so, as in `--family msk`; may be repeated
    #[arg(long, value_name = "NAME")]
    family: Vec<String>,
    #[command(flatten)]
    changes: Changes,
    /// The folder below which the folder of the atlas is written
    #[arg(short, long, default_value = "results")]
    output: PathBuf,
    /// Threads to run on; the results do not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// No progress bar and no tables
    #[arg(short, long)]
    quiet: bool,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Finds the sizes of all cells, writes the folder and prints the cheapest families.
pub(super) fn atlas(arguments: &AtlasArguments) -> Result<(), Failure> {
    let invalid = |why: String| Failure::Invalid(format!("error: --over: {why}"));
    let (base, scenario) = Base::load(&arguments.scenario, arguments.changes.overrides())?;
    let table = &scenario.size.atlas;
    let or_table = |own: &Vec<String>, table: &Vec<String>| match own.is_empty() {
        true => table.clone(),
        false => own.clone(),
    };
    let axes = Atlas::axes(&or_table(&arguments.over, &table.over)).map_err(invalid)?;
    let replications = arguments.changes.replications.or(table.replications);
    let options = Options {
        replications: replications.unwrap_or(REPLICATIONS),
        survive_zone: arguments.survive_zone,
        families: or_table(&arguments.family, &table.families),
    };
    let name = base.name.clone();
    let atlas = Atlas::new(base, axes, &options)?;
    let folder = arguments.output.join(format!("{name}-atlas"));
    let place = Place::claim(&folder, AtlasFolder).map_err(run::cannot_write)?;
    for note in &place.notes {
        run::tell(note);
    }
    let pool = run::pool_for(arguments.threads, atlas.plans.len() * 8)?;
    let watched = Bar::over(
        &name,
        Extent::Records(atlas.records() as u64),
        arguments.quiet,
    );
    let memory = Kept::open(&arguments.output, &format!("{name}-atlas"))?;
    let answers = pool.install(|| atlas.run(&watched.progress, &memory.memo));
    watched.stop();
    let answers = answers.map_err(stopped)?;
    let kept = write(&atlas, &answers, &place).map_err(run::cannot_write)?;
    run::tell_kept(&kept, &folder.display().to_string());
    memory.delete()?;
    if arguments.format != Format::Text {
        let cells = Cell::all(&atlas, &answers);
        return json::give(arguments.format, Form::ATLAS, &cells);
    }
    if arguments.quiet {
        return Ok(());
    }
    let text = document(&atlas, &answers).render(Rendering::Text(width(true)));
    print(&format!(
        "{}\nresults: {}\n",
        text.map_err(run::cannot_write)?,
        folder.display()
    ))
}
