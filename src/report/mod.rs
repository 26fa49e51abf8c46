//! The report: plain data, computed once. CSV, charts, HTML and text are peers that read it.

mod binding;
pub mod causes;
#[cfg_attr(
    not(feature = "charts"),
    allow(dead_code, reason = "a build without charts draws none")
)]
pub mod chart;
mod clients;
mod costs;
mod csv;
mod differences;
pub mod document;
mod events_text;
mod export;
mod files;
pub mod format;
mod happenings;
mod html;
mod links;
mod method;
mod outages;
mod output;
pub mod page;
mod parts;
mod prove;
mod ranking;
mod rows;
mod series;
mod serving;
pub(crate) mod shell;
pub mod story;
mod text;
mod verdict;

pub use export::Exports;
pub use files::{Store, files, put_all, put_tables};
pub use output::{ResultsFolder, ResultsPlace, claim, write, write_at, write_resolved};
pub use prove::{Proof, prove};
pub use rows::{Pair, Row};
pub use text::{markdown, terminal};

use crate::experiment::SystemRuns;
use crate::platform::foresee::Foreseen;
use crate::probe::RunResult;
use crate::probe::figures::Unit;
use crate::scenario::{Operand, Scenario};
use crate::settings::Assumption;
use crate::stats::Interval;
use crate::workload::{Mark, Source, TracePlace};

/// The folder of copied traces in a results folder.
const TRACES: &str = "traces";
/// The folder of the charts in a results folder.
const CHARTS: &str = "charts";

/// Everything that a report says.
pub struct Report {
    /// What results are filed under.
    pub name: String,
    /// One line for charts.
    pub title: String,
    /// What the experiment asks.
    pub question: String,
    /// The seed.
    pub seed: u64,
    /// Runs of each system.
    pub replications: u32,
    /// How many replications there are and why, and what was cut off at their beginning.
    pub method: Vec<String>,
    /// The length of a run `[s]`.
    pub duration_s: f64,
    /// Where the measured window begins `[s]`.
    pub warmup_s: f64,
    /// Fingerprint of the resolved scenario.
    pub hash: String,
    /// The day whose limits, defaults and prices are in force.
    pub as_of: String,
    /// The command that gives the same report.
    pub reproduce: String,
    /// How many producers send the records of the workload.
    pub producers: u32,
    /// The names of the consumers.
    pub consumers: Vec<String>,
    /// What charts shade.
    pub marks: Vec<Mark>,
    /// The contenders with their runs.
    pub systems: Vec<SystemReport>,
    /// Every figure, once per system or consumer.
    pub rows: Vec<Row>,
    /// The claims of the scenario and whether they held.
    pub claims: Vec<Claim>,
    /// What the outcome says, in sentences.
    pub verdict: Vec<String>,
    /// What was known before any run: for each system its sums against limits.
    pub beforehand: Vec<(String, Vec<Foreseen>)>,
    /// What the scenario's author should know before he trusts the outcome.
    pub warnings: Vec<String>,
    /// What the outcome rests on.
    pub assumptions: Vec<Assumption>,
    /// The scenario with every default.
    pub resolved: String,
    /// Whether charts are drawn.
    pub with_charts: bool,
    /// The width of the charts' PNG files `[px]`.
    pub png_width: u32,
    /// Which files for other programs are written.
    pub exports: Exports,
    /// The traces that the scenario replays.
    pub traces: Vec<TraceCopy>,
}

/// A trace that a scenario replays, which is copied into the results folder so that the resolved scenario runs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceCopy {
    /// Where it lies.
    pub from: TracePlace,
    /// Its path as the scenario has it.
    pub named: String,
    /// Its path in the results folder.
    pub to: String,
}

/// One contender.
pub struct SystemReport {
    /// Its label.
    pub label: String,
    /// Its platform.
    pub platform: &'static str,
    /// What its monitoring calls things.
    pub names: crate::platform::MetricNames,
    /// Its runs.
    pub runs: Vec<RunResult>,
}

impl SystemReport {
    /// Its label as sentences write it: labels are words like `both` or `without`, which a reader would take for a part of the
    /// sentence.
    #[must_use]
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\"", self.label)
    }
}

/// One claim and its outcome.
pub struct Claim {
    /// The claim.
    pub that: String,
    /// Why it should hold.
    pub why: String,
    /// The figures that it names.
    pub figures: Vec<&'static str>,
    /// What was found: the left side over the replications.
    pub found: String,
    /// In how many replications it held.
    pub held: usize,
    /// Of how many.
    pub of: usize,
}

impl Claim {
    /// Whether it held in every replication.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.held == self.of
    }
}

impl Report {
    /// Builds the report of a scenario's runs.
    #[must_use]
    pub fn new(scenario: &Scenario, runs: Vec<SystemRuns>) -> Self {
        let claims = check_claims(scenario, &runs);
        let systems: Vec<SystemReport> = runs
            .into_iter()
            .map(|system| SystemReport {
                label: system.label,
                platform: system.platform,
                names: system.names,
                runs: system.runs,
            })
            .collect();
        let consumers: Vec<String> = scenario
            .workload
            .consumers
            .iter()
            .map(|c| c.name.clone())
            .collect();
        let rows = rows::rows(&systems, consumers.len());
        let mut report = Self {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            question: scenario.question.clone(),
            seed: scenario.seed,
            replications: runs_of(&systems),
            method: method::sentences(scenario, &systems),
            duration_s: scenario.workload.duration.as_secs_f64(),
            warmup_s: warmup_s(scenario, &systems),
            hash: scenario.hash.clone(),
            as_of: scenario.as_of.to_string(),
            reproduce: reproduce(scenario),
            producers: scenario.workload.producers(),
            consumers,
            marks: marks(scenario),
            systems,
            rows,
            claims,
            verdict: Vec::new(),
            beforehand: beforehand(scenario),
            warnings: warnings(scenario),
            assumptions: scenario.assumptions.clone(),
            resolved: scenario.resolved.clone(),
            with_charts: true,
            png_width: chart::PNG_WIDTH,
            exports: Exports::default(),
            traces: traces(scenario),
        };
        report.verdict = verdict::sentences(&report);
        report
    }

    /// The first line of every text: version, seed, scenario hash, day of the facts.
    #[must_use]
    pub fn head(&self) -> String {
        let (version, seed) = (env!("CARGO_PKG_VERSION"), self.seed);
        format!(
            "streamduel {version} · seed {seed} · scenario {} · facts of {}",
            self.hash, self.as_of
        )
    }

    /// An instant of the run for sentences, in the unit of the charts' time axis.
    #[must_use]
    pub(crate) fn instant(&self, t: f64) -> String {
        chart::description::Axis::time(self.duration_s).instant(t)
    }

    /// The row of a figure, of the system or of one consumer.
    #[must_use]
    pub fn row(&self, name: &str, consumer: Option<usize>) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.name == name && row.consumer == consumer)
    }

    /// Whether every claim held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.claims.iter().all(Claim::holds)
    }
}

/// What was known of each system before any run.
fn beforehand(scenario: &Scenario) -> Vec<(String, Vec<Foreseen>)> {
    let of = |system: &crate::scenario::System| {
        let sums = system.config.foresee(&system.workload);
        (system.label.clone(), sums)
    };
    scenario.systems.iter().map(of).collect()
}

/// How many runs each system has.
fn runs_of(systems: &[SystemReport]) -> u32 {
    systems.first().map_or(0, |system| system.runs.len() as u32)
}

/// Where the measured window of all runs begins `[s]`.
fn warmup_s(scenario: &Scenario, systems: &[SystemReport]) -> f64 {
    let first = systems.first().and_then(|system| system.runs.first());
    first.map_or(scenario.warmup.as_secs_f64(), |run| run.warmup_s)
}

/// The warnings of a scenario, each a line.
fn warnings(scenario: &Scenario) -> Vec<String> {
    let list = &scenario.warnings.list;
    list.iter().map(crate::settings::Problem::line).collect()
}

/// What charts mark: the timeline that all systems share, then what each system has of its own, under
/// its label unless all have it.
fn marks(scenario: &Scenario) -> Vec<Mark> {
    let of: Vec<Vec<Mark>> = scenario
        .systems
        .iter()
        .map(|system| system.config.marks())
        .collect();
    let mut marks = scenario.workload.timeline.marks.clone();
    for (system, own) in scenario.systems.iter().zip(&of) {
        for mark in own {
            let shared = of.iter().all(|other| other.contains(mark));
            let text = if shared {
                mark.text.clone()
            } else {
                format!("{}: {}", system.label, mark.text)
            };
            let mark = Mark {
                text,
                ..mark.clone()
            };
            if !marks.contains(&mark) {
                marks.push(mark);
            }
        }
    }
    marks
}

/// The traces of a scenario: the first of a name keeps it, others get a number.
fn traces(scenario: &Scenario) -> Vec<TraceCopy> {
    let mut copies: Vec<TraceCopy> = Vec::new();
    for (named, from) in scenario
        .workload
        .sources
        .iter()
        .filter_map(Source::trace_file)
    {
        if copies.iter().any(|copy| copy.named == named) {
            continue;
        }
        let name = from
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let taken = |to: &String| copies.iter().any(|copy| copy.to == *to);
        let plain = format!("{TRACES}/{name}");
        let to = if taken(&plain) {
            format!("{TRACES}/{}-{name}", copies.len() + 1)
        } else {
            plain
        };
        copies.push(TraceCopy {
            from: from.to_owned(),
            named: named.to_owned(),
            to,
        });
    }
    copies
}

/// The command that gives the same results.
fn reproduce(scenario: &Scenario) -> String {
    let flag = |pair: &String| match pair.strip_prefix("as-of=") {
        Some(day) => format!(" --as-of {}", shell::word(day)),
        None => format!(" --set {}", shell::quoted(pair)),
    };
    let set = scenario.overrides.iter().map(flag).collect::<String>();
    let file = scenario.path.display().to_string();
    // A name that begins with a hyphen would be read as an option.
    let file = if file.starts_with('-') && !crate::scenario::is_stdin(&scenario.path) {
        format!("./{file}")
    } else {
        file
    };
    format!("streamduel run {}{set}", shell::word(&file))
}

fn check_claims(scenario: &Scenario, runs: &[SystemRuns]) -> Vec<Claim> {
    let check = |expect: &crate::scenario::Expect| {
        let of = runs.first().map_or(0, |system| system.runs.len());
        let (mut held, mut found) = (0, Vec::new());
        for replication in 0..of {
            let row: Vec<&RunResult> = runs
                .iter()
                .map(|system| &system.runs[replication])
                .collect();
            let (left, _, holds) = expect.check(&row);
            held += usize::from(holds);
            found.extend(left);
        }
        let named = |side: &Operand| match side {
            Operand::Figure { name, .. } => Some(*name),
            Operand::Value(_) => None,
        };
        let unit = named(&expect.left).and_then(crate::scenario::unit_of);
        let sides = [&expect.left, &expect.right].into_iter();
        let figures = sides.filter_map(named).collect();
        let found = Interval::of(&found).map_or("not measured".to_owned(), |found| {
            format::interval(&found, unit.unwrap_or(Unit::Count))
        });
        Claim {
            that: expect.that.clone(),
            why: expect.why.clone(),
            figures,
            found,
            held,
            of,
        }
    };
    scenario.expects.iter().map(check).collect()
}
