//! `streamduel limit`: how far the load can grow until a claim fails.

use super::compare::{Form, Kind};
use super::json::{self, Limited};
use super::kept::Kept;
use super::progress::{Bar, Extent};
use super::sweep::stopped;
use super::{Changes, Failure, run};
use crate::experiment::Progress;
use crate::report::document::Document;
use crate::report::format;
use crate::scenario::{Operand, Scenario};
use crate::search::limit::{LOAD, Limit, Quantity, Search};
use crate::search::point::Base;
use crate::units::{Quantity as _, Share};
use crate::workload::Source;
use std::path::PathBuf;

/// How many replications a limit has when nobody says: enough for an interval.
const REPLICATIONS: u32 = 5;

#[derive(Debug, clap::Args)]
pub(super) struct LimitArguments {
    /// The scenario file, or `-` for standard input; its claims say what must hold
    scenario: PathBuf,
    /// What grows: `load` for all rates of arrivals, or one number by its path
    #[arg(long, value_name = "PATH", default_value = LOAD)]
    raise: String,
    /// Hold this claim instead of those of the file, as in `--claim \"msk.delivery_p99 < 1 s\"`; may be repeated
    #[arg(long, value_name = "CLAIM")]
    claim: Vec<String>,
    /// How exactly the limit of each replication is found
    #[arg(long, value_name = "SHARE", default_value = "2 %")]
    precision: String,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    form: Form,
    /// The folder in which finished runs are kept until the answer is given, so that the same command goes on after an interruption
    #[arg(long, value_name = "FOLDER", default_value = "results")]
    keep: PathBuf,
    /// Threads to run on; the results do not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// No progress bar
    #[arg(short, long)]
    quiet: bool,
}

/// Searches the limit of every system and prints it.
pub(super) fn limit(arguments: &LimitArguments) -> Result<(), Failure> {
    let invalid = |why: String| Failure::Invalid(format!("error: {why}"));
    let (base, scenario) = load(arguments)?;
    let quantity = Quantity::of(&arguments.raise, &scenario);
    let quantity = quantity.map_err(|why| invalid(format!("--raise: {why}")))?;
    let precision = Share::parse(&arguments.precision).map(Share::fraction);
    let precision = precision.map_err(|why| invalid(format!("--precision: {why}")))?;
    if !(0.000_1..=1.0).contains(&precision) {
        return Err(invalid(
            "--precision must lie between 0.01 % and 100 %".to_owned(),
        ));
    }
    let replications = arguments.changes.replications.unwrap_or(REPLICATIONS);
    let pool = run::pool_for(
        arguments.threads,
        scenario.systems.len() * replications as usize,
    )?;
    let limits = {
        let kept = Kept::open(&arguments.keep, &format!("{}-limit", base.name))?;
        let search = |progress| {
            Search::new(
                &base,
                &quantity,
                replications,
                precision,
                progress,
                &kept.memo,
            )
        };
        let nobody = Progress::default();
        let records = search(&nobody).records(&scenario);
        let watched = Bar::over(&base.name, Extent::Records(records), arguments.quiet);
        let limits = pool.install(|| search(&watched.progress).run(&scenario));
        watched.stop();
        let limits = limits.map_err(stopped)?;
        kept.delete()?;
        limits
    };
    if limits.is_empty() {
        return Err(invalid(format!(
            "{} claims nothing about one system alone; give a claim, as in `--claim \"{}.refused == 0\"`",
            arguments.scenario.display(),
            scenario
                .systems
                .first()
                .map_or("system", |s| s.label.as_str())
        )));
    }
    if let Some(format) = arguments.form.data() {
        let limited: Vec<Limited> = limits.iter().map(Limited::of).collect();
        let form = &arguments.form;
        return form.give_data(format, json::Form::LIMIT, &limited);
    }
    let document = document(&scenario, &quantity, &limits, arguments.precision.trim());
    arguments.form.give(&document, Kind::Text)
}

/// The scenario with the claims that must hold.
fn load(arguments: &LimitArguments) -> Result<(Base, Scenario), Failure> {
    let overrides = arguments.changes.overrides();
    let (base, scenario) = Base::load(&arguments.scenario, overrides)?;
    if arguments.claim.is_empty() {
        return Ok((base, scenario));
    }
    let claiming = base.claiming(&arguments.claim);
    claiming.map_err(|why| Failure::Invalid(format!("error: --claim: {why}")))
}

fn document(
    scenario: &Scenario,
    quantity: &Quantity,
    limits: &[Limit],
    precision: &str,
) -> Document {
    let mut document = Document::new(format!("Limit: {}", scenario.title));
    document.text(scenario.question.clone());
    let sources = &scenario.workload.sources;
    let offered: f64 = sources.iter().map(Source::expected_records).sum();
    let rate = offered / scenario.workload.duration.as_secs_f64();
    document.text(format!(
        "`{}` is raised; the file offers {} records/s on average, from seed {}.",
        quantity.name,
        format::prefixed(rate),
        scenario.seed
    ));
    let per_factor = (quantity.name == LOAD).then_some(rate);
    let rows = limits.iter().map(|limit| row(limit, per_factor)).collect();
    document.table(
        &[
            "system",
            "fails first",
            "times the file's",
            "records/s",
            "runs",
        ],
        rows,
        2,
    );
    document.text(format!(
        "The limit of each replication is known to {precision}; its interval is over the replications."
    ));
    document.list(limits.iter().filter_map(remark).collect());
    let pair = |expect: &crate::scenario::Expect| {
        let of = |operand: &Operand| match operand {
            Operand::Figure { system, .. } => Some(*system),
            Operand::Value(_) => None,
        };
        of(&expect.right).is_some_and(|right| Some(right) != of(&expect.left))
    };
    let pairs: Vec<String> = scenario
        .expects
        .iter()
        .filter(|expect| pair(expect))
        .map(|expect| {
            format!(
                "Left out, because it compares two systems: `{}`",
                expect.that
            )
        })
        .collect();
    document.list(pairs);
    document
}

/// A system's limit: the claim that fails first, the factor with its interval, and what that is in records.
fn row(limit: &Limit, rate: Option<f64>) -> Vec<String> {
    let value = |scale: f64| {
        let mean = limit.factor.mean * scale;
        let half = limit.factor.half_width.unwrap_or_default() * scale;
        let sign = if limit.is_open { "≥ " } else { "" };
        match half > 0.0 {
            true => format!(
                "{sign}{} ± {}",
                format::machine_short(mean),
                format::machine_short(half)
            ),
            false => format!("{sign}{}", format::machine_short(mean)),
        }
    };
    vec![
        limit.system.clone(),
        limit
            .breaks
            .as_ref()
            .map_or("–".to_owned(), |that| format!("`{that}`")),
        value(1.0),
        rate.map_or("–".to_owned(), value),
        limit.runs.to_string(),
    ]
}

/// What the number alone does not say.
fn remark(limit: &Limit) -> Option<String> {
    let system = &limit.system;
    if let Some(why) = &limit.refused {
        return Some(format!("{system}: no higher load can be simulated: {why}"));
    }
    if limit.never_holds {
        return Some(format!(
            "{system}: a claim fails at every load that was tried, down to 1/64 of the file's"
        ));
    }
    limit
        .is_open
        .then(|| format!("{system}: every claim holds at 64 times the load; the limit is higher"))
}
