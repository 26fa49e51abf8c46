//! How the figures came about: how many replications there are, why, and what was cut off at their beginning.

use super::{SystemReport, format};
use crate::experiment::SAMPLES_LEAST;
use crate::experiment::precision::{self, Ended, Headline, PRECISION, SHARE_PRECISION, WORK_MAX};
use crate::probe::RunResult;
use crate::scenario::{Scenario, WarmupRule};

/// The sentences about replications and warm-up.
pub(super) fn sentences(scenario: &Scenario, systems: &[SystemReport]) -> Vec<String> {
    let mut sentences = vec![replications(scenario, systems), warmup(scenario, systems)];
    sentences.extend(comparisons(systems));
    sentences
}

/// How many replications there are, and why no more.
fn replications(scenario: &Scenario, systems: &[SystemReport]) -> String {
    let runs: Vec<&[RunResult]> = systems.iter().map(|system| &system.runs[..]).collect();
    let made = runs.first().map_or(0, |runs| runs.len() as u32);
    let (least, most) = (scenario.replications, scenario.replications_max);
    let Err(ended) = precision::next(&runs, made, least, most) else {
        return format!("{made} replications.");
    };
    let headlines = precision::headlines(&runs);
    match ended {
        Ended::Said if made == 1 => {
            "One run of each system, as the scenario says (`replications = 1`): \
            no figure has an interval, and another seed may give other figures."
                .to_owned()
        }
        Ended::Said => format!("{made} replications, as the scenario says."),
        Ended::Precise => format!(
            "{made} replications: half the width of the 95 % interval of every headline figure ({}) is at most {} of its \
             mean, or {} of all records for a share. At least {least} are made.",
            precision::HEADLINES
                .map(|name| format!("`{name}`"))
                .join(", "),
            format::percent(PRECISION),
            format::percent(SHARE_PRECISION)
        ),
        Ended::Most => format!(
            "{made} replications, the most that are made (`replications-max`).{}",
            widest(systems, &headlines, scenario)
        ),
        Ended::Work => format!(
            "{made} replications: more would exceed the work of {} records and timers that a scenario may take beyond its \
             first {least}.{}",
            format::count(WORK_MAX as f64),
            widest(systems, &headlines, scenario)
        ),
    }
}

/// The headline figure that is furthest from its precision.
fn widest(systems: &[SystemReport], headlines: &[Headline], scenario: &Scenario) -> String {
    let excess = |headline: &&Headline| {
        headline.interval.half_width.unwrap_or(f64::INFINITY) / headline.wanted
    };
    let loose = headlines.iter().filter(|headline| !headline.is_precise());
    let Some(headline) = loose.max_by(|a, b| excess(a).total_cmp(&excess(b))) else {
        return String::new();
    };
    let consumer = headline.consumer.map_or(String::new(), |n| {
        format!(" of `{}`", scenario.workload.consumers[n].name)
    });
    format!(
        " The least certain headline figure is `{}`{consumer} on {}: half the width of its interval is {} of its mean, \
         where {} were wanted.",
        headline.name,
        systems[headline.system].label,
        format::percent(headline.relative()),
        format::percent(PRECISION)
    )
}

/// What was cut off at the beginning, and who decided it.
fn warmup(scenario: &Scenario, systems: &[SystemReport]) -> String {
    let first = systems.first().and_then(|system| system.runs.first());
    let cut = format::seconds(first.map_or(0.0, |run| run.warmup_s));
    match scenario.warmup_rule {
        WarmupRule::Said => {
            format!("The first {cut} of each run are cut off, as the scenario says.")
        }
        WarmupRule::Whole(why) => format!(
            "Nothing is cut off at the beginning of the runs, because {why}: a beginning could not be told from what the \
             scenario is about."
        ),
        WarmupRule::Found if first.is_some_and(|run| run.points.len() < SAMPLES_LEAST) => format!(
            "Nothing is cut off at the beginning of the runs: MSER-5 needs {SAMPLES_LEAST} sampling intervals."
        ),
        WarmupRule::Found if first.is_some_and(|run| run.warmup_s > 0.0) => format!(
            "The first {cut} of each run are cut off: MSER-5 found this warm-up, the longest of all systems, in delays, lag \
             and what clients hold."
        ),
        WarmupRule::Found => {
            "Nothing is cut off at the beginning of the runs: MSER-5 found no warm-up.".to_owned()
        }
    }
}

/// What intervals of differences allow for.
fn comparisons(systems: &[SystemReport]) -> Option<String> {
    let pairs = super::rows::every_two(systems.len()).count();
    let several = systems.first().is_some_and(|system| system.runs.len() > 1);
    (several && pairs > 1).then(|| {
        format!(
            "Differences are paired, replication by replication; their intervals hold for all {pairs} pairs of systems \
             together at 95 % (Bonferroni)."
        )
    })
}
