//! Systems in the order of a figure, and which of them the replications cannot tell apart.

use super::rows::{Row, every_two};
use super::{Report, format};

/// The systems that have a value, the smallest first.
pub(super) fn order(row: &Row) -> Vec<usize> {
    let value = |system: &usize| row.values[*system].map(|value| value.mean);
    let mut systems: Vec<usize> = (0..row.values.len())
        .filter(|n| value(n).is_some())
        .collect();
    systems.sort_by(|a, b| {
        let (a, b) = (value(a).unwrap_or_default(), value(b).unwrap_or_default());
        a.total_cmp(&b)
    });
    systems
}

/// Whether the order is more than chance, in brackets behind a sentence that ranks the systems; nothing where there
/// is one run only.
pub(super) fn certainty(report: &Report, row: &Row) -> String {
    let pairs: Vec<_> = every_two(row.values.len())
        .filter_map(|(a, b)| row.pair(a, b))
        .filter(|pair| pair.difference.half_width.is_some())
        .collect();
    let Some(first) = pairs.first() else {
        return String::new();
    };
    let over = format!("over {} replications", first.difference.n);
    let alike: Vec<String> = pairs
        .iter()
        .filter(|pair| !pair.difference.is_significant())
        .map(|pair| {
            let label = |n: usize| report.systems[n].label.as_str();
            format!("{} and {}", label(pair.first), label(pair.second))
        })
        .collect();
    match (alike.len(), pairs.len()) {
        (0, 1) => format!(" (the difference is significant {over})"),
        (0, _) => format!(" (every difference is significant {over})"),
        (1, 1) => format!(" (not distinguishable {over})"),
        (some, all) if some == all => format!(" (no two of them are distinguishable {over})"),
        (some, _) if some <= PAIRS_NAMED => {
            format!(" (not distinguishable {over}: {})", alike.join(", "))
        }
        (some, all) => format!(
            " (not distinguishable {over}: {} of {} pairs, in `differences.csv`)",
            format::count(some as f64),
            format::count(all as f64)
        ),
    }
}

/// The most pairs that a sentence names.
const PAIRS_NAMED: usize = 4;
