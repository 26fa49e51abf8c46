//! `streamduel plan`: the splits and merges that cool the hot ranges of a stream.

use super::compare::width;
use super::progress::{Bar, Extent};
use super::sweep::stopped;
use super::work::Work;
use super::{Changes, Failure, print, run};
use crate::report::document::Format;
use crate::search::plan::{Asked, Plan, PlanFolder, document, store_path, write};
use crate::search::point::Base;
use crate::search::run::records_left;
use crate::search::store::Store;
use crate::units::{Quantity as _, Share};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct PlanArguments {
    /// The scenario file, with a stream that has shards of its own
    scenario: PathBuf,
    /// The label of the stream; without it the first one of the file
    #[arg(long, value_name = "LABEL")]
    system: Option<String>,
    /// What a shard may use of its limits at most
    #[arg(long, value_name = "SHARE", default_value = "80 %")]
    aim: String,
    /// What must hold, without a system, as in `--claim \"delivery_p99 < 1 s\"`; may be repeated. Without it nothing may be refused
    #[arg(long, value_name = "CLAIM")]
    claim: Vec<String>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    work: Work,
}

/// Makes the plan, proves it, writes the folder and prints the table.
pub(super) fn plan(arguments: &PlanArguments) -> Result<(), Failure> {
    let invalid = |why: String| Failure::Invalid(format!("error: {why}"));
    let aim = Share::parse(&arguments.aim).map(Share::fraction);
    let aim = aim.map_err(|why| invalid(format!("--aim: {why}")))?;
    if !(0.01..=1.0).contains(&aim) {
        return Err(invalid("--aim must lie between 1 % and 100 %".to_owned()));
    }
    let (base, scenario) = Base::load(&arguments.scenario, arguments.changes.overrides())?;
    let asked = Asked {
        system: arguments.system.clone(),
        aim,
        claims: arguments.claim.clone(),
    };
    let plan = Plan::new(base, &scenario, &asked).map_err(invalid)?;
    let pool = run::pool_for(arguments.work.threads, plan.point.replications as usize)?;
    let name = format!("{}-plan", plan.base.name);
    let (place, shown) = arguments.work.place(&name, PlanFolder)?;
    let path = store_path(place.folder());
    let mut store = Store::open(&path).map_err(|error| broken(&path, &error))?;
    let points = std::slice::from_ref(&plan.point);
    let left = records_left(points, Some(&store));
    let watched = Bar::over(&plan.base.name, Extent::Records(left), arguments.work.quiet);
    let proved = pool.install(|| plan.prove(&mut store, &watched.progress));
    watched.stop();
    let proved = proved.map_err(stopped)?;
    let kept = write(&proved, &place).map_err(run::cannot_write)?;
    run::tell_kept(&kept, &shown);
    store.delete().map_err(|error| broken(&path, &error))?;
    if arguments.work.quiet {
        return Ok(());
    }
    let text = document(&proved).render(Format::Text(width(true)));
    print(&format!(
        "{}\nresults: {shown}\n",
        text.map_err(run::cannot_write)?
    ))
}

fn broken(path: &Path, error: &std::io::Error) -> Failure {
    run::cannot_write(format!("{}: {error}", path.display()))
}
