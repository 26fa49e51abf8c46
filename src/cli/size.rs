//! `streamduel size`: the cheapest configuration of each family that holds every claim.

use super::compare::width;
use super::json::{self, FamilySize, Form, Format};
use super::kept::Kept;
use super::progress::{Bar, Extent};
use super::sweep::stopped;
use super::work::Work;
use super::{Changes, Failure, print, run};
use crate::report::document::{Document, Format as Rendering};
use crate::scenario::Scenario;
use crate::search::point::Base;
use crate::search::size::aws::Load;
use crate::search::size::folder::{SizeFolder, write};
use crate::search::size::regret::{Search, Uncertain, worlds};
use crate::search::size::{Plan, words};
use std::path::PathBuf;

/// Runs that confirm a size when nobody says how many.
const REPLICATIONS: u32 = 3;

#[derive(Debug, clap::Args)]
pub(super) struct SizeArguments {
    /// The scenario file, or `-` for standard input: its workload, its timeline, and its claims, which must hold on every family
    #[arg(required_unless_present = "load")]
    scenario: Option<PathBuf>,
    /// What must hold instead of what the file claims, without a system, as in `--claim \"refused == 0\"`; may be repeated
    #[arg(long, value_name = "CLAIM")]
    claim: Vec<String>,
    /// Every claim must also hold while a zone is lost, each in turn
    #[arg(long, value_name = "WHAT")]
    survive: Option<Survive>,
    /// Only families whose name begins so, as in `--family msk`; may be repeated
    #[arg(long, value_name = "NAME")]
    family: Vec<String>,
    /// How sizes are found
    #[arg(long, value_name = "HOW", default_value = "simulation")]
    method: Method,
    /// For `--method aws-script`: `IN/PEAK OUT/PEAK PARTITIONS HOURS/PRIMARY` in MiB/s, with replicas and in hours
    #[arg(long, value_name = "LOAD")]
    load: Option<String>,
    /// Rank designs by their regret over worlds in which quantities are not known
    #[arg(long)]
    regret: bool,
    /// For `--regret`: a quantity between two values with 90 %, perhaps with the one that half of all worlds exceed between them, as in `--uncertain \"workload.arrivals.poisson=2000..9000 records/s\"`
    #[arg(long, value_name = "PATH=LOW..[MID..]HIGH", requires = "regret")]
    uncertain: Vec<String>,
    /// For `--regret`: how many worlds are drawn
    #[arg(long, value_name = "COUNT", default_value_t = 12, requires = "regret")]
    worlds: usize,
    /// For `--regret`: what a missed claim costs in 30 days; without it as much as the cheapest design that holds it
    #[arg(
        long,
        value_name = "USD",
        requires = "regret",
        allow_negative_numbers = true
    )]
    penalty: Option<f64>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    work: Work,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a size must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Survive {
    /// The loss of each availability zone in turn, for the rest of the run
    Zone,
}

/// How sizes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Method {
    /// By simulation
    Simulation,
    /// As AWS's own script for MSK does, from averages alone
    AwsScript,
}

/// Finds the sizes, writes the folder and prints the table.
pub(super) fn size(arguments: &SizeArguments) -> Result<(), Failure> {
    let invalid = |why: String| Failure::Invalid(format!("error: {why}"));
    if let Some(text) = &arguments.load {
        if arguments.method == Method::Simulation {
            return Err(invalid(
                "--load belongs to `--method aws-script`".to_owned(),
            ));
        }
        let load = Load::parse(text).map_err(|why| invalid(format!("--load: {why}")))?;
        return show(arguments, &words::of_script(&load));
    }
    let (plan, scenario) = plan(arguments)?;
    if arguments.method == Method::AwsScript {
        return show(arguments, &words::of_script(&plan.load()));
    }
    let claims = plan.requirements.check(&plan.base, &scenario);
    claims.map_err(|why| match arguments.claim.is_empty() {
        true => invalid(why),
        false => invalid(format!("--claim: {why}")),
    })?;
    if arguments.regret {
        return regret(&plan, &scenario, arguments);
    }
    find(&plan, arguments)
}

/// Ranks designs over the worlds of the quantities that are not known, and prints the ranking.
fn regret(plan: &Plan, scenario: &Scenario, arguments: &SizeArguments) -> Result<(), Failure> {
    let invalid = |why: String| Failure::Invalid(format!("error: --uncertain: {why}"));
    let penalty = arguments.penalty.unwrap_or_default();
    if !(penalty.is_finite() && penalty >= 0.0) {
        let why = format!("error: --penalty is {penalty}; give dollars, 0 or more");
        return Err(Failure::Invalid(why));
    }
    let texts = match arguments.uncertain.is_empty() {
        true => &plan.uncertain,
        false => &arguments.uncertain,
    };
    let read = texts.iter().map(|text| Uncertain::of(text, scenario));
    let uncertain: Vec<Uncertain> = read.collect::<Result<_, _>>().map_err(invalid)?;
    if uncertain.is_empty() || !(2..=1000).contains(&arguments.worlds) {
        let why = "name a quantity that is not known, here or in `[size]`, and 2 to 1,000 worlds";
        return Err(invalid(why.to_owned()));
    }
    let worlds = worlds(&uncertain, arguments.worlds, plan.seed);
    let search = Search {
        plan,
        uncertain: &uncertain,
        worlds: &worlds,
        penalty: arguments.penalty,
    };
    search.check()?;
    let runs = plan.families.len() * arguments.worlds * 3;
    let pool = run::pool_for(arguments.work.threads, runs)?;
    let extent = Extent::Records((plan.records() * runs as f64) as u64);
    let watched = Bar::over(&plan.base.name, extent, arguments.work.quiet);
    let kept = Kept::open(
        &arguments.work.output,
        &format!("{}-regret", plan.base.name),
    )?;
    let designs = pool.install(|| search.run(&watched.progress, &kept.memo));
    watched.stop();
    let designs = designs.map_err(stopped)?;
    kept.delete()?;
    show(arguments, &search.document(&designs))
}

fn plan(arguments: &SizeArguments) -> Result<(Plan, Scenario), Failure> {
    let Some(file) = &arguments.scenario else {
        return Err(Failure::Invalid("error: no scenario is given".to_owned()));
    };
    let (base, mut scenario) = Base::load(file, arguments.changes.overrides())?;
    if !arguments.claim.is_empty() {
        scenario.size.that.clone_from(&arguments.claim);
    }
    if !arguments.work.quiet {
        super::warn(&scenario);
    }
    let replications = arguments.changes.replications.unwrap_or(REPLICATIONS);
    let mut plan = Plan::new(base, &scenario, replications, arguments.survive.is_some());
    let known = plan.only(&arguments.family);
    known.map_err(|why| Failure::Invalid(format!("error: --family: {why}")))?;
    Ok((plan, scenario))
}

fn find(plan: &Plan, arguments: &SizeArguments) -> Result<(), Failure> {
    let runs = plan.families.len() * 4;
    let pool = run::pool_for(arguments.work.threads, runs)?;
    let name = format!("{}-size", plan.base.name);
    let (place, shown) = arguments.work.place(&name, SizeFolder)?;
    let records = plan.records() * runs as f64 * 3.0;
    let watched = Bar::over(
        &plan.base.name,
        Extent::Records(records as u64),
        arguments.work.quiet,
    );
    let memory = Kept::open(&arguments.work.output, &format!("{}-size", plan.base.name))?;
    let answers = pool.install(|| plan.run(&watched.progress, &memory.memo));
    watched.stop();
    let answers = answers.map_err(stopped)?;
    let kept = write(plan, &answers, &place).map_err(run::cannot_write)?;
    run::tell_kept(&kept, &shown);
    memory.delete()?;
    if arguments.format != Format::Text {
        let sizes: Vec<FamilySize> = answers.iter().map(FamilySize::of).collect();
        return json::give(arguments.format, Form::SIZE, &sizes);
    }
    if arguments.work.quiet {
        return Ok(());
    }
    show(arguments, &words::document(plan, &answers, &shown))
}

/// Prints a document, as JSON if that was asked for.
fn show(arguments: &SizeArguments, document: &Document) -> Result<(), Failure> {
    if arguments.format != Format::Text {
        let documents = std::slice::from_ref(document);
        return json::give(arguments.format, Form::DOCUMENT, documents);
    }
    let text = document.render(Rendering::Text(width(true)));
    print(&text.map_err(run::cannot_write)?)
}
