//! `streamduel atlas`: the cheapest design that holds every claim, over two axes of settings.

use super::compare::width;
use super::progress::{Bar, Extent};
use super::sweep::stopped;
use super::{Changes, Failure, print, run};
use crate::output::Place;
use crate::report::document::Format;
use crate::search::atlas::{Atlas, AtlasFolder, Options, document, write};
use crate::search::axis::Axes;
use crate::search::point::Base;
use std::path::PathBuf;

/// Runs that confirm a size when nobody says how many.
const REPLICATIONS: u32 = 3;

#[derive(Debug, clap::Args)]
pub(super) struct AtlasArguments {
    /// The scenario file, or `-` for standard input: its workload, its timeline, and its claims, which must hold on every family
    scenario: PathBuf,
    /// A setting and its values, as `streamduel sweep` takes them; two of them
    #[arg(long, value_name = "PATH=VALUES", required = true)]
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
}

/// Finds the sizes of all cells, writes the folder and prints the cheapest families.
pub(super) fn atlas(arguments: &AtlasArguments) -> Result<(), Failure> {
    let invalid = |why: String| Failure::Invalid(format!("error: --over: {why}"));
    let (base, _) = Base::load(&arguments.scenario, arguments.changes.overrides())?;
    let axes = Axes::parse(&arguments.over, false).map_err(invalid)?;
    if axes.list.len() != 2 {
        return Err(invalid("an atlas has two axes".to_owned()));
    }
    let options = Options {
        replications: arguments.changes.replications.unwrap_or(REPLICATIONS),
        survive_zone: arguments.survive_zone,
        families: arguments.family.clone(),
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
    let answers = pool.install(|| atlas.run(&watched.progress));
    watched.stop();
    let answers = answers.map_err(stopped)?;
    let kept = write(&atlas, &answers, &place).map_err(run::cannot_write)?;
    run::tell_kept(&kept, &folder.display().to_string());
    if arguments.quiet {
        return Ok(());
    }
    let text = document(&atlas, &answers).render(Format::Text(width(true)));
    print(&format!(
        "{}\nresults: {}\n",
        text.map_err(run::cannot_write)?,
        folder.display()
    ))
}
