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
    /// Second system minus first, paired, where there are two.
    pub difference: Option<Interval>,
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
    of_system.chain(of_consumers).collect()
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
    let difference = match &each[..] {
        [first, second] => {
            let pairs = first.iter().zip(second);
            let pairs = pairs.filter_map(|(a, b)| Some(((*b)?, (*a)?)));
            let (b, a): (Vec<f64>, Vec<f64>) = pairs.unzip();
            Interval::of_difference(&b, &a)
        }
        _ => None,
    };
    Row {
        name,
        about,
        unit,
        consumer,
        values: each.iter().map(|v| Interval::of(&known(v))).collect(),
        each,
        difference,
    }
}
