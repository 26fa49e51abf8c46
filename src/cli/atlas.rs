//! `streamduel atlas`: the cheapest design that holds every claim, over two axes of settings.

use super::compare::width;
use super::json::{self, Cell, Form, Format};
use super::kept::Kept;
use super::progress::{Bar, Extent};
use super::sweep::stopped;
use super::work::Work;
use super::{Changes, Failure, print, run};
use crate::report::document::Format as Rendering;
use crate::search::atlas::{Atlas, AtlasFolder, Options, REPLICATIONS, document, write};
use crate::search::point::Base;
use crate::search::size::claims::Requirements;
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
    #[command(flatten)]
    work: Work,
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
    let requirements = Requirements::of(&scenario);
    let claims = requirements.check(&base, &scenario);
    claims.map_err(|why| Failure::Invalid(format!("error: {why}")))?;
    let over = or_table(&arguments.over, &table.over);
    let axes = Atlas::axes(&over, &scenario).map_err(invalid)?;
    let replications = arguments.changes.replications.or(table.replications);
    let options = Options {
        replications: replications.unwrap_or(REPLICATIONS),
        survive_zone: arguments.survive_zone,
        families: or_table(&arguments.family, &table.families),
    };
    let name = base.name.clone();
    let atlas = Atlas::new(base, axes, &options);
    let atlas = atlas.map_err(|why| Failure::Invalid(why.trim_end().to_owned()))?;
    let pool = run::pool_for(arguments.work.threads, atlas.plans.len() * 8)?;
    let (place, shown) = arguments
        .work
        .place(&format!("{name}-atlas"), AtlasFolder)?;
    let watched = Bar::over(
        &name,
        Extent::Records(atlas.records() as u64),
        arguments.work.quiet,
    );
    let memory = Kept::open(&arguments.work.output, &format!("{name}-atlas"))?;
    let answers = pool.install(|| atlas.run(&watched.progress, &memory.memo));
    watched.stop();
    let answers = answers.map_err(stopped)?;
    let kept = write(&atlas, &answers, &place).map_err(run::cannot_write)?;
    run::tell_kept(&kept, &shown);
    memory.delete()?;
    if arguments.format != Format::Text {
        let cells = Cell::all(&atlas, &answers);
        return json::give(arguments.format, Form::ATLAS, &cells);
    }
    if arguments.work.quiet {
        return Ok(());
    }
    let text = document(&atlas, &answers).render(Rendering::Text(width(true)));
    print(&format!(
        "{}\nresults: {shown}\n",
        text.map_err(run::cannot_write)?
    ))
}
