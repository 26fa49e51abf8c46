//! How fast the systems are, in sentences that compare them.

use crate::probe::figures::Unit;
use crate::report::{Report, format, ranking};

/// A latency, in words.
pub(super) struct Latency<'a> {
    /// The figure of the table.
    pub(super) figure: &'static str,
    /// The consumer that it is of, if it is of one.
    pub(super) consumer: Option<usize>,
    /// Who or what, with its verb.
    pub(super) subject: &'a str,
    /// What is reached within the latency.
    pub(super) predicate: &'static str,
}

impl Latency<'_> {
    /// How long it is on each system, whether the replications are enough to say who is faster, and where it is never reached.
    pub(super) fn sentence(&self, report: &Report) -> Option<String> {
        let row = report.row(self.figure, self.consumer)?;
        let seconds = |system: &usize| row.values[*system].map_or(0.0, |value| value.mean);
        let label = |system: &usize| report.systems[*system].label.clone();
        let (reached, never): (Vec<usize>, Vec<usize>) = ranking::order(row)
            .into_iter()
            .partition(|system| seconds(system).is_finite());
        let Self {
            subject, predicate, ..
        } = self;
        let missed = never.iter().map(label).collect::<Vec<_>>().join(", ");
        if reached.is_empty() {
            return (!never.is_empty())
                .then(|| format!("{subject} never {predicate} on {missed}."));
        }
        let told = |system: &usize| {
            let value = format::value(seconds(system), Unit::Seconds);
            format!("{value} on {}", label(system))
        };
        let list = reached.iter().map(told).collect::<Vec<_>>().join(", ");
        let certainty = ranking::certainty(report, row);
        let missed = match never.len() {
            0 => String::new(),
            _ => format!("; never on {missed}"),
        };
        Some(format!(
            "{subject} {predicate} within {list}{certainty}{missed}."
        ))
    }
}

/// The percentile of the records that were delivered, where it is another one than that of all that were offered.
pub(super) fn survivors(report: &Report, consumer: usize, name: &str) -> Option<String> {
    let offered = report.row("delivery_p99", Some(consumer))?;
    let survivors = report.row("survivors_p99", Some(consumer))?;
    let told = |system: &usize| {
        let (all, delivered) = (offered.values[*system]?, survivors.values[*system]?);
        (all.mean > delivered.mean).then(|| {
            let value = format::interval(&delivered, Unit::Seconds);
            format!("{value} on {}", report.systems[*system].label)
        })
    };
    let list: Vec<String> = ranking::order(survivors).iter().filter_map(told).collect();
    let list = Some(list).filter(|list| !list.is_empty())?;
    Some(format!(
        "Of the records that `{name}` did get, 99 % came within {}.",
        list.join(", ")
    ))
}
