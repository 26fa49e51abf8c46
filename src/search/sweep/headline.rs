//! The figures that charts of a sweep show.

use crate::probe::figures::{self, CONSUMER_FIGURES, Unit};
use crate::scenario::{Expect, Operand, Scenario};
use crate::settings::meant;

/// A figure of a system, or of one of its consumers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The name of the figure.
    pub figure: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// What it says.
    pub about: &'static str,
    /// The number of the consumer; `None` for a figure of the system or of its worst consumer.
    pub consumer: Option<usize>,
    /// Its name, with that of the consumer.
    pub name: String,
}

/// What is shown of every sweep, after the figures of the claims.
const USUAL: [&str; 4] = [
    "delivery_p99",
    "refused_of_offered",
    "cost_per_30_days",
    "append_p99",
];
/// As many figures as one picture has room for.
const MOST: usize = 4;

impl Headline {
    /// Reads `figure` or `consumer.figure`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Self, String> {
        let (consumer, name) = match text.split_once('.') {
            Some((consumer, name)) => (Some(consumer), name),
            None => (None, text),
        };
        let all = || {
            let systems = figures::FIGURES.iter().map(|figure| figure.name);
            systems.chain(CONSUMER_FIGURES.iter().map(|figure| figure.name))
        };
        let Some(figure) = all().find(|known| *known == name) else {
            let hint = meant(name, &all().collect::<Vec<&str>>());
            return Err(format!("no figure is called `{name}`; {hint}"));
        };
        let consumers = &scenario.workload.consumers;
        let number = |name: &str| {
            let place = consumers.iter().position(|consumer| consumer.name == name);
            place.ok_or_else(|| {
                let known = consumers.iter().map(|consumer| consumer.name.as_str());
                let hint = meant(name, &known.collect::<Vec<&str>>());
                format!("no consumer is called `{name}`; {hint}")
            })
        };
        let consumer = consumer.map(number).transpose()?;
        Self::of(figure, consumer, scenario).ok_or_else(|| format!("`{text}` is no figure"))
    }

    fn of(figure: &'static str, consumer: Option<usize>, scenario: &Scenario) -> Option<Self> {
        let (unit, about) = figures::by_name(figure)?;
        let name = match consumer {
            Some(n) => format!("{}.{figure}", scenario.workload.consumers.get(n)?.name),
            None => figure.to_owned(),
        };
        Some(Self {
            figure,
            unit,
            about,
            consumer,
            name,
        })
    }

    /// The figures that the claims of the scenario name, and then the usual ones.
    #[must_use]
    pub fn usual(scenario: &Scenario) -> Vec<Self> {
        let of_claim = |expect: &Expect| match expect.left {
            Operand::Figure { name, consumer, .. } => Self::of(name, consumer, scenario),
            Operand::Value(_) => None,
        };
        let claimed = scenario.expects.iter().filter_map(of_claim);
        let usual = USUAL
            .iter()
            .filter_map(|name| Self::of(name, None, scenario));
        let mut list: Vec<Self> = Vec::new();
        for headline in claimed.chain(usual) {
            if !list.contains(&headline) && list.len() < MOST {
                list.push(headline);
            }
        }
        list
    }

    /// The worse of two values, for the consumer that stands for all.
    #[must_use]
    pub fn worse(&self) -> fn(f64, f64) -> f64 {
        let figure = CONSUMER_FIGURES.iter().find(|f| f.name == self.figure);
        match figure {
            Some(figure) if figure.less_is_worse => f64::min,
            _ => f64::max,
        }
    }

    /// Whether a claim is about this figure, and the value that it is held against.
    #[must_use]
    pub fn limit(&self, expect: &Expect) -> Option<f64> {
        match (&expect.left, &expect.right) {
            (
                Operand::Figure {
                    name,
                    consumer,
                    times,
                    ..
                },
                Operand::Value(value),
            ) if *name == self.figure && *consumer == self.consumer => Some(value / times),
            _ => None,
        }
    }
}
