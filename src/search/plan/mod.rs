//! `streamduel plan`: the splits and merges that cool the hot ranges of a stream, proved by a run beside what else
//! would help: more equal shards, keys with a random suffix, more partitions.

mod folder;
mod heat;
mod proof;
mod words;

pub use folder::{PlanFolder, store_path, write};
pub use words::document;

use super::point::{Base, Outcome, Point, Slot};
use super::run::{self, Stopped};
use super::store::Store;
use crate::experiment::Progress;
use crate::platform::Config;
use crate::platform::kinesis;
use crate::platform::kinesis::control::Mode;
use crate::platform::kinesis::relief::{Heat, Relief};
use crate::scenario::Scenario;
use crate::settings::meant;
use crate::stats::Interval;
use crate::units::Nanos;
use proof::Way;

/// What must hold when nobody says what: after the calls no attempt is refused.
const CLAIMS: [&str; 1] = ["throttled == 0"];

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The stream's label; the first stream of the file without one.
    pub system: Option<String>,
    /// What a shard may use at most, such as 0.8.
    pub aim: f64,
    /// What must hold, without a label; none for the usual.
    pub claims: Vec<String>,
}

/// The stream that is looked at.
#[derive(Clone, Debug)]
struct Subject {
    label: String,
    shards: u32,
    /// How long a split or merge takes.
    change: Nanos,
    /// How many changes UpdateShardCount makes at once.
    parallel: usize,
    /// Calls of UpdateShardCount in 24 h.
    updates: usize,
    /// The most shards that UpdateShardCount goes to.
    most: u32,
}

/// A plan for a stream, with the scenario that proves it.
pub struct Plan {
    /// The scenario of the file.
    pub base: Base,
    title: String,
    question: String,
    subject: Subject,
    aim: f64,
    claims: Vec<String>,
    heat: Heat,
    hottest: String,
    relief: Relief,
    ways: Vec<Way>,
    proof: Base,
    /// The one point that is run.
    pub point: Point,
    /// The scenario of the plan alone, for the user.
    scenario: String,
}

/// A plan with what its runs gave.
pub struct Proved {
    /// The plan.
    pub plan: Plan,
    outcomes: Vec<Outcome>,
}

impl Plan {
    /// Measures the load, makes the plan and reads the scenario that proves it.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(base: Base, scenario: &Scenario, asked: &Asked) -> Result<Self, String> {
        let (system, config) = find(scenario, asked.system.as_deref())?;
        let subject = Subject {
            label: system.label.clone(),
            shards: config.shard_count,
            change: config.service.control.change,
            parallel: config.service.control.parallel,
            updates: config.quotas.updates_per_day,
            most: u32::try_from(config.quotas.shards_stream).unwrap_or(u32::MAX),
        };
        let labelled = asked.claims.iter();
        let labelled: Vec<String> = labelled
            .map(|that| format!("{}.{that}", system.label))
            .collect();
        let claiming = base.claiming(&labelled);
        claiming.map_err(|why| format!("--claim: {why}"))?;
        let (heat, hottest) = heat::of(scenario, system, config);
        let relief = heat.relieve(asked.aim, subject.shards);
        let claims = match asked.claims.is_empty() {
            true => CLAIMS.map(str::to_owned).to_vec(),
            false => asked.claims.clone(),
        };
        let ways = proof::ways(scenario, &subject, &heat, &relief, asked.aim);
        let timing = proof::Timing::of(scenario, &ways);
        let text = |ways: &[&Way]| proof::text(&base.text, &subject.label, ways, timing, &claims);
        let all: Vec<&Way> = ways.iter().collect();
        let proof = Base {
            text: text(&all)?,
            ..base.clone()
        };
        let point = Point::new(&proof, Vec::new()).map_err(|problems| problems.line())?;
        let planned: Vec<&Way> = ways.iter().filter(|way| way.is_plan()).collect();
        Ok(Self {
            title: scenario.title.clone(),
            question: scenario.question.clone(),
            aim: asked.aim,
            scenario: text(&planned)?,
            base,
            subject,
            claims,
            heat,
            hottest,
            relief,
            ways,
            proof,
            point,
        })
    }

    /// Runs what the store does not have.
    ///
    /// # Errors
    /// What stopped it.
    pub fn prove(self, store: &mut Store, progress: &Progress) -> Result<Proved, Stopped> {
        let points = std::slice::from_ref(&self.point);
        let mut outcomes = run::run(&self.proof, points, Some(store), progress)?;
        Ok(Proved {
            outcomes: outcomes.pop().unwrap_or_default(),
            plan: self,
        })
    }

    /// Whether the hottest key alone is more than a shard takes.
    fn is_hopeless(&self) -> bool {
        self.heat.hottest_key() > 1.0
    }
}

impl Proved {
    /// A figure of a way over the replications; of consumers their sum.
    fn figure(&self, way: usize, name: &str) -> Option<Interval> {
        let slots = self.plan.point.shape.slots();
        let is_it = |slot: &Slot| slot.system == way && slot.figure == name;
        let places: Vec<usize> = (0..slots.len()).filter(|n| is_it(&slots[*n])).collect();
        let value = |outcome: &Outcome| {
            let values = places.iter().filter_map(|n| *outcome.figures.get(*n)?);
            values.reduce(|a, b| a + b)
        };
        let values: Vec<f64> = self.outcomes.iter().filter_map(value).collect();
        Interval::of(&values)
    }

    /// In how many replications every claim about a way held.
    fn held(&self, way: usize) -> usize {
        let own = way * self.plan.claims.len()..(way + 1) * self.plan.claims.len();
        let holds = |outcome: &&Outcome| {
            let claims = outcome.claims.get(own.clone());
            claims.is_some_and(|claims| claims.iter().all(|(_, holds)| *holds))
        };
        self.outcomes.iter().filter(holds).count()
    }
}

type Found<'a> = (&'a crate::scenario::System, &'a kinesis::Config);

/// The stream called `label`, or the first one with shards of its owner.
fn find<'a>(scenario: &'a Scenario, label: Option<&str>) -> Result<Found<'a>, String> {
    let wanted =
        |system: &&crate::scenario::System| label.is_none_or(|label| system.label == label);
    let mut systems = scenario.systems.iter().filter(wanted).peekable();
    if systems.peek().is_none() {
        let known: Vec<&str> = scenario.systems.iter().map(|s| s.label.as_str()).collect();
        let label = label.unwrap_or_default();
        return Err(format!(
            "--system: no system is called `{label}`; {}",
            meant(label, &known)
        ));
    }
    let mut why = "no system is a stream of Kinesis";
    for system in systems {
        let Config::Kinesis(config) = &system.config else {
            continue;
        };
        match (config.mode, &system.feed) {
            (Mode::OnDemand, _) => {
                why = "an on-demand stream is split by the service, and takes no call"
            }
            (Mode::Provisioned, Some(_)) => why = "the stream gets its records from another system",
            (Mode::Provisioned, None) => return Ok((system, config)),
        }
    }
    Err(format!("there is no stream to plan for: {why}"))
}
