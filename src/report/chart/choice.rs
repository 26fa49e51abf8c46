//! Which charts carry the answer: those that show the figures which the scenario's claims name.

use super::{Chart, list, refusals};
use crate::probe::Limit;
use crate::report::Report;

/// The most charts that a short report shows.
const SHOWN_MAX: usize = 3;
/// Figures by the beginning of their names, and the charts that show them, the best one first.
const SHOWN_BY: &[(&str, &[&str])] = &[
    ("refused", &["refusals", "throughput"]),
    ("throttled", &["refusals", "throughput"]),
    ("retried", &["refusals", "throughput"]),
    ("write_calls_ok", &["monitor", "refusals"]),
    ("expired_in_client", &["buffer", "refusals"]),
    ("held_by_clients", &["buffer", "throughput"]),
    ("lost", &["isr", "refusals", "throughput"]),
    ("stored_again", &["refusals", "throughput"]),
    ("append", &["delay"]),
    ("delivery", &["delay"]),
    ("survivors", &["delay"]),
    ("never_delivered", &["refusals", "lag"]),
    ("time", &["parts", "delay"]),
    ("lag", &["lag"]),
    ("unread", &["lag"]),
    ("expired", &["age", "lag"]),
    ("skipped", &["age", "lag"]),
    ("discarded", &["age", "lag"]),
    ("aborted", &["lag", "delay"]),
    ("compacted", &["lag"]),
    ("delivered", &["lag"]),
    ("read_throttled", &["age", "lag"]),
    ("redelivered", &["leaders", "lag"]),
    ("reordered", &["order", "refusals"]),
    ("out_of_order", &["order", "lineage", "heat"]),
    ("utilisation", &["heat"]),
    ("lanes", &["lineage", "heat"]),
    ("accepted", &["throughput"]),
    ("offered", &["throughput"]),
    ("stored", &["throughput"]),
    ("first_stored", &["throughput"]),
    ("cost", &["cost-million", "cost-time"]),
    ("sink", &["sink", "lag"]),
];
/// What fills up a choice that the claims leave too small.
const USUAL: [&str; 2] = ["throughput", "delay"];

/// The charts for a figure; the longest beginning decides.
fn shown_by(figure: &str) -> &'static [&'static str] {
    if Limit::of_figure(figure).is_some() {
        return &["binding"];
    }
    let fitting = SHOWN_BY
        .iter()
        .filter(|(begin, _)| figure.starts_with(begin));
    fitting
        .max_by_key(|(begin, _)| begin.len())
        .map_or(&[], |(_, charts)| *charts)
}

/// Names and titles of the charts that carry the answer, at most three, those that most claims need
/// first; all of them have something to show, and none says that nothing was refused.
#[must_use]
pub fn main(report: &Report) -> Vec<(&'static str, &'static str)> {
    let mut known = list(report);
    if !refusals::any(report) {
        known.retain(|(name, _)| *name != refusals::Refusals::NAME);
    }
    let there = |name: &&&str| known.iter().any(|(known, _)| known == *name);
    let mut votes: Vec<(&str, usize)> = Vec::new();
    for figure in report.claims.iter().flat_map(|claim| &claim.figures) {
        let Some(chart) = shown_by(figure).iter().find(there) else {
            continue;
        };
        match votes.iter_mut().find(|(name, _)| name == chart) {
            Some((_, count)) => *count += 1,
            None => votes.push((chart, 1)),
        }
    }
    // The sort is stable: among equals the first claim decides.
    votes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut chosen: Vec<&str> = votes
        .into_iter()
        .map(|(name, _)| name)
        .take(SHOWN_MAX)
        .collect();
    for usual in USUAL {
        if chosen.len() < 2 && !chosen.contains(&usual) {
            chosen.push(usual);
        }
    }
    chosen
        .iter()
        .filter_map(|name| known.iter().find(|(known, _)| known == name).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::shown_by;
    use crate::probe::figures::{CONSUMER_FIGURES, FIGURES};

    #[test]
    fn every_figure_has_a_chart() {
        let names = FIGURES.iter().map(|figure| figure.name);
        for name in names.chain(CONSUMER_FIGURES.iter().map(|figure| figure.name)) {
            assert!(!shown_by(name).is_empty(), "{name}");
        }
        assert_eq!(shown_by("expired_in_client")[0], "buffer");
        assert_eq!(shown_by("refused_of_offered")[0], "refusals");
    }
}
