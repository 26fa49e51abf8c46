//! `streamduel size`: the cheapest configuration of each family that holds every claim.
//!
//! The claims of the scenario are held against every family, whatever system they name. A family's sizes are bounded
//! by arithmetic, probed with the file's seed, and the answer is confirmed with other seeds: a claim must hold in every
//! run, and with 95 % confidence.

pub mod aws;
pub mod bounds;
pub mod claims;
pub mod demand;
pub mod family;
pub mod find;
pub mod folder;
pub mod measured;
pub mod regret;
pub mod text;
pub mod trial;
pub mod words;

use super::point::Base;
use super::run::Stopped;
use super::store::Memo;
use crate::experiment::Progress;
use crate::scenario::Scenario;
use crate::settings::meant;
use aws::Load;
use claims::Requirements;
use demand::Demand;
use family::{Family, Topic};
use find::Answer;
use rayon::prelude::*;
use std::cmp::Reverse;
use text::{LostZone, Short};
use trial::{Effort, Question};

/// A search for sizes.
pub struct Plan {
    /// The scenario.
    pub base: Base,
    /// What must hold.
    pub requirements: Requirements,
    /// What the workload asks for.
    pub demand: Demand,
    /// The families.
    pub families: Vec<Family>,
    /// The zones that are lost in turn.
    pub lost: Vec<LostZone>,
    /// How runs are shortened that only say where a size may lie.
    short: Option<Short>,
    /// Quantities that the file says are not known.
    pub uncertain: Vec<String>,
    /// The topic that brokers are sized for.
    topic: Topic,
    /// The length of a run `[s]`.
    length: f64,
    /// Runs that confirm a size.
    pub replications: u32,
    /// The seed of the file.
    pub seed: u64,
    /// The title of the scenario.
    pub title: String,
    /// What the scenario asks.
    pub question: String,
}

impl Plan {
    /// Measures the workload and lists the families.
    #[must_use]
    pub fn new(base: Base, scenario: &Scenario, replications: u32, survive_zone: bool) -> Self {
        let requirements = Requirements::of(scenario);
        let consumers = scenario.workload.consumers.iter();
        let consumers: Vec<String> = consumers.map(|consumer| consumer.name.clone()).collect();
        let hurried = requirements.hurried(&consumers);
        let hurried: Vec<String> = match hurried.is_empty() {
            true => consumers.clone(),
            false => hurried.into_iter().cloned().collect(),
        };
        let demand = Demand::of(scenario);
        let survive_zone = survive_zone || scenario.size.survive_zone;
        let topic = topic(scenario, &demand, survive_zone);
        let families = family::all(&demand, &hurried, &topic);
        Self {
            base,
            requirements,
            demand,
            families,
            lost: match survive_zone {
                true => LostZone::each(scenario),
                false => Vec::new(),
            },
            short: Short::of(scenario),
            uncertain: scenario.size.uncertain.clone(),
            topic,
            length: scenario.workload.duration.as_secs_f64(),
            replications,
            seed: scenario.seed,
            title: scenario.title.clone(),
            question: scenario.question.clone(),
        }
    }

    /// Keeps the families whose names begin in one of these ways; all if there are none.
    ///
    /// # Errors
    /// A sentence that says which beginning is that of no family.
    pub fn only(&mut self, beginnings: &[String]) -> Result<(), String> {
        let known: Vec<&str> = self.families.iter().map(|f| f.name.as_str()).collect();
        let is_of = |name: &str, begin: &String| name.starts_with(begin.as_str());
        let of_none = |begin: &&String| !known.iter().any(|name| is_of(name, begin));
        if let Some(begin) = beginnings.iter().find(of_none) {
            return Err(format!(
                "no family is called `{begin}`; {}",
                meant(begin, &known)
            ));
        }
        let wanted = |family: &Family| beginnings.iter().any(|begin| is_of(&family.name, begin));
        self.families
            .retain(|family| beginnings.is_empty() || wanted(family));
        Ok(())
    }

    /// The records of one run.
    #[must_use]
    pub fn records(&self) -> f64 {
        self.demand.records * self.length
    }

    /// The workload as AWS's sizing script asks for it.
    #[must_use]
    pub fn load(&self) -> Load {
        let rate = |times: f64| aws::Rate {
            mean: times * self.demand.bytes / 1_048_576.0,
            peak: times * self.demand.peak.max(self.demand.bytes) / 1_048_576.0,
        };
        let hours = libm::ceil(self.topic.retention / 3600.0).max(1.0) as u64;
        Load {
            written: rate(1.0),
            read: rate(self.demand.consumers),
            partitions: (self.topic.partitions * self.topic.replication) as u64,
            replication: self.topic.replication as u64,
            retention: hours,
            primary: hours,
        }
    }

    /// Finds the answers of all families, the cheapest first, those without a size last.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn run(&self, progress: &Progress, memo: &Memo) -> Result<Vec<Answer>, Stopped> {
        let question = self.asked(&self.base, progress, memo);
        // The searches that take longest begin first: those with several variants.
        let mut order: Vec<&Family> = self.families.iter().collect();
        order.sort_by_key(|family| Reverse(family.variants.len()));
        let answers = order.into_iter().par_bridge().map(|family| {
            let hopeless = self.hopeless(family);
            match hopeless {
                Some(why) => Ok(Answer {
                    family: family.name.clone(),
                    size: Err(why),
                    effort: Effort::default(),
                }),
                None => find::answer(&question, family),
            }
        });
        let mut answers: Vec<Answer> = answers.collect::<Result<_, _>>()?;
        let cost = |answer: &Answer| match &answer.size {
            Ok(size) => size.measured.cost,
            Err(_) => f64::INFINITY,
        };
        answers.sort_by(|a, b| cost(a).total_cmp(&cost(b)).then(a.family.cmp(&b.family)));
        Ok(answers)
    }

    /// The question of the plan about a scenario.
    fn asked<'a>(&'a self, base: &'a Base, progress: &'a Progress, memo: &'a Memo) -> Question<'a> {
        Question {
            base,
            requirements: &self.requirements,
            lost: &self.lost,
            short: self.short.as_ref(),
            seed: self.seed,
            replications: self.replications,
            progress,
            memo,
        }
    }

    /// Why arithmetic alone says that no size of a family can do.
    fn hopeless(&self, family: &Family) -> Option<String> {
        if family.platform != "kinesis" {
            return None;
        }
        let aggregated = family.settings.iter().any(|(_, value)| value == "KPL");
        let shards = self.demand.shards_of_hottest(aggregated);
        (shards > 1.0).then(|| {
            format!("no size can: the hottest key needs {shards:.1} shards, and a key goes to one")
        })
    }
}

/// The topic of the first system with one; without one a partition for each MB/s, at least six.
fn topic(scenario: &Scenario, demand: &Demand, survive_zone: bool) -> Topic {
    let resolved: toml::Table = scenario.resolved.parse().unwrap_or_default();
    let systems = resolved.get("system").and_then(toml::Value::as_table);
    let own = systems.into_iter().flat_map(toml::Table::values);
    let topic = own
        .filter_map(|system| system.get("kafka")?.get("topic"))
        .next();
    let number = |key: &str, otherwise: f64| {
        let value = topic.and_then(|topic| topic.get(key)?.as_integer());
        value.map_or(otherwise, |n| n as f64)
    };
    let usual = libm::ceil(demand.bytes / 6e6).max(1.0) * 6.0;
    let week_ms = 604_800_000.0;
    Topic {
        partitions: number("partitions", usual),
        replication: number("replication.factor", 3.0),
        retention: number("retention.ms", week_ms).max(0.0) / 1000.0,
        lost_zones: f64::from(u8::from(survive_zone)),
    }
}
