//! `streamduel sweep`: a scenario at many values of some settings.

use super::compare::width;
use super::json::{self, Form, Format, Swept};
use super::progress::{Bar, Extent};
use super::work::Work;
use super::{Changes, Failure, print, run};
use crate::report::document::Format as Rendering;
use crate::scenario::Scenario;
use crate::search::axis::Axes;
use crate::search::point::Base;
use crate::search::run::{Stopped, records_left};
use crate::search::store::Store;
use crate::search::sweep::{Headline, Plan, Sweep, SweepFolder, document, store_path, write};
use std::path::{Path, PathBuf};

/// How `--over` is written.
const OVER: &str = "\
Axes are written as path=values:
  system.kds.kinesis.ShardCount=2,4,8                      a list
  workload.arrivals.poisson=500..4000 records/s in 8       eight values at equal distances
  system.msk.kafka.topic.partitions=1..64 log in 7         seven values with equal ratios
  consumer[0].workers=2..20 step 2                         in steps
Several axes form a grid; with --zip they go side by side. Without --over the axes stand in the scenario:
  [sweep]
  over = [\"system.kds.kinesis.ShardCount=2,4,8\"]
  figures = [\"delivery_p99\", \"cost_per_30_days\"]
A sweep that was stopped goes on where it was when the same command is given again.";

#[derive(Debug, clap::Args)]
#[command(after_help = OVER)]
pub(super) struct SweepArguments {
    /// The scenario file, or `-` for standard input
    scenario: PathBuf,
    /// A setting and its values, as in `--over \"system.kds.kinesis.ShardCount=2,4,8\"`; may be repeated
    #[arg(long, value_name = "PATH=VALUES")]
    over: Vec<String>,
    /// Let the axes go side by side instead of forming a grid
    #[arg(long)]
    zip: bool,
    /// A figure that charts show, as in `--figure alerts.delivery_p99`; may be repeated. By default those of the claims
    #[arg(long, value_name = "FIGURE")]
    figure: Vec<String>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    work: Work,
    /// Draw no charts
    #[arg(long)]
    no_charts: bool,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Reads all points, runs what is not finished, and writes the folder.
pub(super) fn sweep(arguments: &SweepArguments) -> Result<(), Failure> {
    let plan = plan(arguments)?;
    let all = plan.points.iter().map(|point| point.replications as usize);
    let pool = run::pool_for(arguments.work.threads, all.sum())?;
    let name = format!("{}-sweep", plan.base.name);
    let (place, shown) = arguments.work.place(&name, SweepFolder)?;
    let path = store_path(place.folder());
    let mut store = Store::open(&path).map_err(|error| broken(&path, &error))?;
    let (runs, finished) = plan.runs(&store);
    if finished > 0 {
        run::tell(&format!(
            "{finished} of {runs} runs were finished before and are kept"
        ));
    }
    let sweep = simulate(plan, &mut store, arguments.work.quiet, &pool)?;
    let kept = pool.install(|| write(&sweep, !arguments.no_charts, &place));
    run::tell_kept(&kept.map_err(run::cannot_write)?, &shown);
    store.delete().map_err(|error| broken(&path, &error))?;
    if arguments.format != Format::Text {
        return json::give(arguments.format, Form::SWEEP, &Swept::all(&sweep));
    }
    if arguments.work.quiet {
        return Ok(());
    }
    let summary = document(&sweep).render(Rendering::Text(width(true)));
    let summary = summary.map_err(run::cannot_write)?;
    print(&format!("{summary}\nresults: {shown}\n"))
}

fn broken(path: &Path, error: &std::io::Error) -> Failure {
    run::cannot_write(format!("{}: {error}", path.display()))
}

fn plan(arguments: &SweepArguments) -> Result<Plan, Failure> {
    let overrides = arguments.changes.overrides();
    let (base, scenario) = Base::load(&arguments.scenario, overrides)?;
    if !arguments.work.quiet {
        super::warn(&scenario);
    }
    let axes = axes(arguments, &scenario)?;
    let headlines = headlines(arguments, &scenario)?;
    Ok(Plan::new(base, &scenario, axes, headlines)?)
}

/// The axes of the command line, or else those of the scenario.
fn axes(arguments: &SweepArguments, scenario: &Scenario) -> Result<Axes, Failure> {
    let table = &scenario.sweep;
    let (over, zip, whose) = if arguments.over.is_empty() {
        (&table.over, table.zip || arguments.zip, "[sweep]")
    } else {
        (&arguments.over, arguments.zip, "--over")
    };
    if over.is_empty() {
        return Err(Failure::Invalid(format!(
            "error: {} has no `[sweep]`; say what to go over, as in `--over \"seed=1..5\"`",
            crate::scenario::shown(&arguments.scenario)
        )));
    }
    Axes::of(over, zip, scenario).map_err(|why| Failure::Invalid(format!("error: {whose}: {why}")))
}

/// The figures that charts show: those of the command line, of the scenario, or of the claims.
fn headlines(arguments: &SweepArguments, scenario: &Scenario) -> Result<Vec<Headline>, Failure> {
    let names = if arguments.figure.is_empty() {
        &scenario.sweep.figures
    } else {
        &arguments.figure
    };
    if names.is_empty() {
        return Ok(Headline::usual(scenario));
    }
    let read = names.iter().map(|name| Headline::parse(name, scenario));
    read.collect::<Result<_, _>>()
        .map_err(|why| Failure::Invalid(format!("error: figures: {why}")))
}

/// Runs what is not finished under a progress bar.
fn simulate(
    plan: Plan,
    store: &mut Store,
    quiet: bool,
    pool: &rayon::ThreadPool,
) -> Result<Sweep, Failure> {
    let left = records_left(&plan.points, Some(store));
    let watched = Bar::over(&plan.base.name, Extent::Records(left), quiet);
    let sweep = pool.install(|| plan.run(store, &watched.progress));
    watched.stop();
    sweep.map_err(stopped)
}

/// Why a search ended early, with its exit code.
pub(super) fn stopped(stopped: Stopped) -> Failure {
    match stopped {
        Stopped::Imbalance(what) => {
            Failure::Invariant(format!("error: (this is a bug of streamduel): {what}"))
        }
        Stopped::Output(what) => run::cannot_write(what),
        Stopped::Invalid(what) => Failure::Invalid(what.trim_end().to_owned()),
    }
}
