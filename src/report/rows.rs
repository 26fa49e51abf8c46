//! Figures as rows: one figure over all systems, with its mean and its interval.

use super::SystemReport;
use crate::probe::RunResult;
use crate::probe::figures::{self, CONSUMER_FIGURES, FIGURES, Unit};
use crate::stats::Interval;

/// One figure over all systems.
pub struct Row {
    /// The figure's name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// The consumer that it belongs to.
    pub consumer: Option<usize>,
    /// Its value in each replication of each system.
    pub each: Vec<Vec<Option<f64>>>,
    /// Mean and interval per system.
    pub values: Vec<Option<Interval>>,
    /// Every two systems that both have values, replication by replication. The intervals hold together at 95 %
    /// (Bonferroni over the pairs of systems).
    pub pairs: Vec<Pair>,
}

/// A figure of two systems.
pub struct Pair {
    /// The number of the system that is taken off.
    pub first: usize,
    /// The number of the other one.
    pub second: usize,
    /// The second minus the first.
    pub difference: Interval,
}

impl Row {
    /// The difference of two systems, whichever comes first.
    #[must_use]
    pub fn pair(&self, a: usize, b: usize) -> Option<&Pair> {
        let pairs = &mut self.pairs.iter();
        pairs.find(|pair| (pair.first, pair.second) == (a.min(b), a.max(b)))
    }

    /// Second system minus first, where there are two.
    #[must_use]
    pub fn difference(&self) -> Option<Interval> {
        self.pair(0, 1)
            .filter(|_| self.values.len() == 2)
            .map(|pair| pair.difference)
    }
}

/// The numbers of every two of so many systems, in order.
pub(super) fn every_two(systems: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..systems).flat_map(move |first| (first + 1..systems).map(move |second| (first, second)))
}

/// All figures of the systems, then those of each of `consumers` consumers.
pub(super) fn rows(systems: &[SystemReport], consumers: usize) -> Vec<Row> {
    let of_system = FIGURES.iter().map(|figure| {
        let each = measured(systems, figure.get);
        row(figure.name, figure.about, figure.unit, None, each)
    });
    let of_consumers = (0..consumers).flat_map(|consumer| {
        CONSUMER_FIGURES.iter().map(move |figure| {
            let each = measured(systems, |run| figures::of_consumer(figure, run, consumer));
            row(figure.name, figure.about, figure.unit, Some(consumer), each)
        })
    });
    let told = |row: &Row| !figures::ONLY_WHERE_COUNTED.contains(&row.name) || row.counts();
    of_system.chain(of_consumers.filter(told)).collect()
}

impl Row {
    /// Whether it is more than 0 in any run.
    fn counts(&self) -> bool {
        let mut all = self.each.iter().flatten().flatten();
        all.any(|value| *value > 0.0)
    }
}

/// A figure in each replication of each system.
fn measured(
    systems: &[SystemReport],
    get: impl Fn(&RunResult) -> Option<f64>,
) -> Vec<Vec<Option<f64>>> {
    let of_system = |system: &SystemReport| system.runs.iter().map(&get).collect();
    systems.iter().map(of_system).collect()
}

fn row(
    name: &'static str,
    about: &'static str,
    unit: Unit,
    consumer: Option<usize>,
    each: Vec<Vec<Option<f64>>>,
) -> Row {
    let known = |values: &Vec<Option<f64>>| values.iter().copied().flatten().collect::<Vec<f64>>();
    let count = every_two(each.len()).count();
    let pairs = every_two(each.len()).filter_map(|(first, second)| {
        let both = each[first].iter().zip(&each[second]);
        let both = both.filter_map(|(a, b)| Some(((*b)?, (*a)?)));
        let (b, a): (Vec<f64>, Vec<f64>) = both.unzip();
        // A figure that never comes has no difference.
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let both = Some((b, a)).filter(|(b, a)| finite(b) && finite(a));
        let (b, a) = both?;
        let difference = Interval::of_difference_in(&b, &a, count)?;
        Some(Pair {
            first,
            second,
            difference,
        })
    });
    Row {
        name,
        about,
        unit,
        consumer,
        pairs: pairs.collect(),
        values: each.iter().map(|v| Interval::of(&known(v))).collect(),
        each,
    }
}
