//! Sizes under a load that is not known: designs are held against the same worlds and ranked by their regret.
//!
//! A quantity lies between two values with 90 %; it is drawn from the lognormal law that says so. The designs are the
//! sizes for the middle world, for one that is exceeded in a quarter of all cases, and for one that is exceeded in a
//! twentieth. The regret of a design in a world is what it costs more than the cheapest design that holds every claim
//! there; a design that misses a claim pays a penalty besides.

use super::Plan;
use super::find::Size;
use super::trial::Trial;
use crate::engine::Stream;
use crate::experiment::Progress;
use crate::report::document::Document;
use crate::report::format;
use crate::scenario::Scenario;
use crate::search::axis::quantity;
use crate::search::point;
use crate::search::run::Stopped;
use crate::search::store::Memo;
use crate::settings::Problems;
use crate::stats::normal_quantile;
use rayon::prelude::*;

/// A quantity that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertain {
    /// The path of the setting.
    pub path: String,
    /// It is below this with 5 %.
    pub low: f64,
    /// It is below this with 50 %.
    pub mid: f64,
    /// It is above this with 5 %.
    pub high: f64,
    /// The unit of all three.
    pub unit: String,
}

/// How far the ends of a range lie from its middle, in standard deviations.
const ENDS: f64 = 1.644_853_626_951_472_6;
/// The worlds that designs are made for, by the share of worlds that ask for less.
const DESIGNED_FOR: [f64; 3] = [0.5, 0.75, 0.95];

impl Uncertain {
    /// Reads `path=LOW..HIGH UNIT` or `path=LOW..MID..HIGH UNIT`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "`{text}` is not of the form `path=LOW..HIGH UNIT` or `path=LOW..MID..HIGH UNIT`, all above 0 and in this order"
            )
        };
        let (path, range) = text.split_once('=').ok_or_else(expected)?;
        let parts: Vec<(f64, String)> =
            range.split("..").map(quantity).collect::<Result<_, _>>()?;
        let (low, mid, high) = match &parts[..] {
            [low, high] => (low.0, libm::sqrt(low.0 * high.0), high.0),
            [low, mid, high] => (low.0, mid.0, high.0),
            _ => return Err(expected()),
        };
        let unit = parts.last().map_or(String::new(), |last| last.1.clone());
        let fits = parts.iter().all(|(_, own)| own.is_empty() || *own == unit);
        if !(fits && 0.0 < low && low < mid && mid < high) {
            return Err(expected());
        }
        Ok(Self {
            path: path.trim().to_owned(),
            low,
            mid,
            high,
            unit,
        })
    }

    /// The same, of a setting of this scenario, in which the system that it names has to be.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn of(text: &str, scenario: &Scenario) -> Result<Self, String> {
        let read = Self::parse(text)?;
        point::check_path(&read.path, scenario)?;
        Ok(read)
    }

    /// The value that the quantity stays below with this probability, as a `path=value` pair. On each side of the
    /// middle it follows the lognormal law that has the end of that side.
    #[must_use]
    pub fn at(&self, probability: f64) -> String {
        let z = normal_quantile(probability);
        let end = if z < 0.0 { self.low } else { self.high };
        let (mid, end) = (libm::log(self.mid), libm::log(end));
        let value = libm::exp(mid + (end - mid).abs() / ENDS * z);
        format!("{}={value:.3} {}", self.path, self.unit)
            .trim_end()
            .to_owned()
    }

    /// How it is told.
    fn told(&self) -> String {
        format!(
            "`{}` lies between {} and {} {} with 90 %, and below {} with 50 %",
            self.path,
            format::machine(self.low),
            format::machine(self.high),
            self.unit,
            format::machine(self.mid)
        )
    }
}

/// So many worlds: each quantity has one value in each of as many parts of equal probability.
#[must_use]
pub fn worlds(uncertain: &[Uncertain], count: usize, seed: u64) -> Vec<Vec<String>> {
    let parts = |name: &str| {
        let draws = Stream::new(seed, 0, &format!("worlds/{name}"));
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|n| draws.draw(*n as u64));
        order
    };
    let orders: Vec<Vec<usize>> = uncertain.iter().map(|u| parts(&u.path)).collect();
    let world = |n: usize| {
        let each = uncertain.iter().zip(&orders);
        each.map(|(u, order)| u.at((order[n] as f64 + 0.5) / count as f64))
            .collect()
    };
    (0..count).map(world).collect()
}

/// A design: a size of a family, and how it does in each world.
#[derive(Clone, Debug)]
pub struct Design {
    /// The place of its family in the plan.
    family: usize,
    /// Its size.
    pub size: Size,
    /// The share of worlds that ask for less than the one it was made for.
    pub made_for: f64,
    /// Whether it holds and what it costs in each world; nothing where it is refused.
    pub outcomes: Vec<Option<(bool, f64)>>,
    /// Its regret in each world `[USD in 30 days]`.
    pub regrets: Vec<f64>,
}

impl Design {
    /// The mean of its regret.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.regrets.iter().sum::<f64>() / self.regrets.len().max(1) as f64
    }

    /// Its largest regret.
    #[must_use]
    pub fn worst(&self) -> f64 {
        self.regrets.iter().copied().fold(0.0, f64::max)
    }

    fn holds(&self, world: usize) -> bool {
        self.outcomes[world].is_some_and(|(holds, _)| holds)
    }

    /// In how many worlds it misses a claim.
    #[must_use]
    pub fn missed(&self) -> usize {
        (0..self.outcomes.len())
            .filter(|world| !self.holds(*world))
            .count()
    }
}

/// A search for the design of least regret.
pub struct Search<'a> {
    /// The families, and what must hold.
    pub plan: &'a Plan,
    /// What is not known.
    pub uncertain: &'a [Uncertain],
    /// The worlds, as `path=value` pairs.
    pub worlds: &'a [Vec<String>],
    /// What a missed claim costs in 30 days; without it as much as the cheapest design that holds it `[USD]`.
    pub penalty: Option<f64>,
}

impl Search<'_> {
    /// The designs, that of least expected regret first.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn run(&self, progress: &Progress, memo: &Memo) -> Result<Vec<Design>, Stopped> {
        let mut designs: Vec<Design> = Vec::new();
        for made_for in DESIGNED_FOR {
            for design in self.made_for(made_for, progress, memo)? {
                let is_known = |other: &Design| {
                    other.family == design.family && other.size.settings == design.size.settings
                };
                if !designs.iter().any(is_known) {
                    designs.push(design);
                }
            }
        }
        let count = designs.len();
        let jobs: Vec<(usize, usize)> = (0..count)
            .flat_map(|design| (0..self.worlds.len()).map(move |world| (design, world)))
            .collect();
        let outcomes = jobs.par_iter().with_max_len(1);
        let outcomes = outcomes.map(|(d, w)| self.one(&designs[*d], *w, progress, memo));
        let outcomes: Vec<Option<(bool, f64)>> = outcomes.collect::<Result<_, _>>()?;
        for (design, own) in designs
            .iter_mut()
            .zip(outcomes.chunks(self.worlds.len().max(1)))
        {
            design.outcomes = own.to_vec();
        }
        self.regret(&mut designs);
        designs.sort_by(|a, b| a.expected().total_cmp(&b.expected()));
        Ok(designs)
    }

    /// The sizes of all families for the world that this share of worlds does not exceed.
    fn made_for(
        &self,
        share: f64,
        progress: &Progress,
        memo: &Memo,
    ) -> Result<Vec<Design>, Stopped> {
        let sets: Vec<String> = self.uncertain.iter().map(|u| u.at(share)).collect();
        let (plan, _) = self.in_world(&sets)?;
        let answers = plan.run(progress, memo)?;
        let design = |answer: super::find::Answer| {
            let family = plan.families.iter().position(|f| f.name == answer.family)?;
            Some(Design {
                family,
                size: answer.size.ok()?,
                made_for: share,
                outcomes: Vec::new(),
                regrets: Vec::new(),
            })
        };
        Ok(answers.into_iter().filter_map(design).collect())
    }

    /// Checks that every world can be simulated.
    ///
    /// # Errors
    /// All problems of the first one that cannot.
    pub fn check(&self) -> Result<(), Problems> {
        let designed =
            DESIGNED_FOR.map(|share| self.uncertain.iter().map(|u| u.at(share)).collect());
        let mut worlds = designed.iter().chain(self.worlds);
        worlds.try_for_each(|sets: &Vec<String>| self.plan.base.scenario(sets).map(drop))
    }

    /// The plan with the settings of a world.
    fn in_world(&self, sets: &[String]) -> Result<(Plan, Scenario), Stopped> {
        let mut base = self.plan.base.clone();
        base.overrides.set.extend_from_slice(sets);
        let scenario = base
            .scenario(&[])
            .map_err(|problems| Stopped::Invalid(problems.to_string()))?;
        let survive = !self.plan.lost.is_empty();
        let mut plan = Plan::new(base, &scenario, self.plan.replications, survive);
        let wanted = |name: &String| self.plan.families.iter().any(|f| f.name == *name);
        plan.families.retain(|family| wanted(&family.name));
        Ok((plan, scenario))
    }

    /// A design in a world, with the same records for every design.
    fn one(
        &self,
        design: &Design,
        world: usize,
        progress: &Progress,
        memo: &Memo,
    ) -> Result<Option<(bool, f64)>, Stopped> {
        let mut base = self.plan.base.clone();
        base.overrides.set.extend_from_slice(&self.worlds[world]);
        let question = self.plan.asked(&base, progress, memo);
        let family = &self.plan.families[design.family];
        let trial = Trial::new(&question, family).map_err(Stopped::Invalid)?;
        trial.one(
            &design.size.settings,
            self.plan.seed.wrapping_add(2 + world as u64),
        )
    }

    /// What each design costs more than the best one of each world.
    fn regret(&self, designs: &mut [Design]) {
        for world in 0..self.worlds.len() {
            let costs = designs.iter().filter(|design| design.holds(world));
            let costs = costs.filter_map(|design| Some(design.outcomes[world]?.1));
            let Some(best) = costs.reduce(f64::min) else {
                continue;
            };
            let penalty = self.penalty.unwrap_or(best);
            for design in designs.iter_mut() {
                let cost = design.outcomes[world].map_or(best, |(_, cost)| cost);
                let more = (cost - best).max(0.0);
                let missed = if design.holds(world) { 0.0 } else { penalty };
                design.regrets.push(more + missed);
            }
        }
    }

    /// The ranking as a document.
    #[must_use]
    pub fn document(&self, designs: &[Design]) -> Document {
        let mut document = Document::new(format!("Regret: {}", self.plan.title));
        let judged = designs.first().map_or(0, |design| design.regrets.len());
        document.list(self.uncertain.iter().map(Uncertain::told).collect());
        document.text(format!(
            "{} worlds, the same for every design; in {} of them a design holds every claim. A missed claim costs {}.",
            self.worlds.len(),
            judged,
            self.penalty.map_or(
                "as much as the cheapest design that holds it".to_owned(),
                |usd| format!("{} USD in 30 days", format::count(usd))
            )
        ));
        let heads = [
            "family",
            "size",
            "made for",
            "expected regret [USD]",
            "worst regret [USD]",
            "worlds missed",
        ];
        document.table(&heads, designs.iter().map(|d| self.row(d)).collect(), 3);
        document.text(self.moral(designs));
        document
    }

    fn row(&self, design: &Design) -> Vec<String> {
        vec![
            self.plan.families[design.family].name.clone(),
            design.size.called.clone(),
            format!("{:.0} % of worlds", design.made_for * 100.0),
            format::count(design.expected()),
            format::count(design.worst()),
            format!("{} of {}", design.missed(), self.worlds.len()),
        ]
    }

    /// Whether the cheapest design for the middle world is that of least regret.
    fn moral(&self, designs: &[Design]) -> String {
        let name = |d: &Design| format!("{}, {}", self.plan.families[d.family].name, d.size.called);
        let middle = designs
            .iter()
            .filter(|d| d.made_for.total_cmp(&DESIGNED_FOR[0]).is_eq());
        let cost = |d: &Design| d.size.measured.cost;
        let middle = middle.min_by(|a, b| cost(a).total_cmp(&cost(b)));
        match (middle, designs.first()) {
            (Some(middle), Some(best)) if name(middle) != name(best) => format!(
                "The cheapest design for the middle world ({}) is not the one of least regret ({}): expected {} against {} USD in 30 days.",
                name(middle),
                name(best),
                format::count(middle.expected()),
                format::count(best.expected())
            ),
            (Some(middle), _) => format!(
                "The cheapest design for the middle world ({}) is that of least regret, too.",
                name(middle)
            ),
            _ => "No design holds the claims in the middle world.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_of_ten_worlds_lie_between_the_ends() {
        let load = Uncertain::parse("a.b=2000..9000 records/s").expect("a range");
        let value = |share: f64| {
            let pair = load.at(share);
            let (_, text) = pair.split_once('=').expect("a pair");
            text.trim_end_matches(" records/s")
                .parse::<f64>()
                .expect("a number")
        };
        assert!((value(0.05) - 2000.0).abs() < 0.01 && (value(0.95) - 9000.0).abs() < 0.01);
        assert!((value(0.5) - libm::sqrt(2000.0 * 9000.0)).abs() < 0.01);
        let worlds = worlds(&[load], 20, 3);
        let inside = worlds.iter().filter(|world| {
            let number = world[0]
                .trim_start_matches("a.b=")
                .trim_end_matches(" records/s");
            (2000.0..9000.0).contains(&number.parse::<f64>().expect("a number"))
        });
        assert_eq!(inside.count(), 18);
        let skewed = Uncertain::parse("a.b=1000..2000..9000 B").expect("three values");
        let value = |share: f64| skewed.at(share);
        assert_eq!(value(0.5), "a.b=2000.000 B");
        assert_eq!(value(0.05), "a.b=1000.000 B");
        assert_eq!(value(0.95), "a.b=9000.000 B");
        for wrong in [
            "a",
            "a=1",
            "a=5..2",
            "a=0..2",
            "a=1 B..2 kB",
            "a=1..5..4",
            "a=1..2..3..4",
        ] {
            assert!(Uncertain::parse(wrong).is_err(), "{wrong}");
        }
    }
}
