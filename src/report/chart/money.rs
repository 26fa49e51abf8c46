//! What the charts of costs share: what money is for, in colours that are the same in every chart.

use super::description::{Colour, Entry};
use crate::cost::{Bill, Kind, PICO_PER_USD};
use crate::report::{Report, costs};

/// Tol's muted colours: what money is for must not look like a system.
const KINDS: [Colour; 7] = [
    Colour::fixed(51, 34, 136),
    Colour::fixed(136, 204, 238),
    Colour::fixed(68, 170, 153),
    Colour::fixed(221, 204, 119),
    Colour::fixed(204, 102, 119),
    Colour::fixed(136, 34, 85),
    Colour::fixed(190, 190, 190),
];

/// What captions say where a bill has estimates.
pub(super) const BESIDE: &str = " Estimates stand beside the bill and are not in these amounts.";

/// Pico-dollars as dollars.
pub(super) fn dollars(pico: u128) -> f64 {
    pico as f64 / PICO_PER_USD as f64
}

/// What money is for, with its colour.
pub(super) fn kinds() -> impl Iterator<Item = (Kind, Colour)> {
    Kind::ALL.into_iter().zip(KINDS)
}

/// What an hour costs of one kind `[pico-dollars]`.
pub(super) fn hourly(bill: &Bill, kind: Kind) -> u128 {
    bill.lines
        .iter()
        .filter(|line| line.item.kind == kind)
        .map(|line| line.hourly)
        .sum()
}

/// What `usage` has cost of one kind `[pico-dollars]`.
pub(super) fn so_far(bill: &Bill, usage: &[u128], kind: Kind) -> u128 {
    let places = bill
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.kind == kind);
    places.map(|(place, _)| bill.cost_of(place, usage)).sum()
}

/// The kinds that any system pays for.
pub(super) fn legend(report: &Report) -> Vec<Entry> {
    let paid = |kind: Kind| {
        report
            .systems
            .iter()
            .filter_map(costs::first)
            .any(|(_, b)| hourly(b, kind) > 0)
    };
    let shown = kinds().filter(|(kind, _)| paid(*kind));
    shown
        .map(|(kind, colour)| Entry::area(kind.name(), colour))
        .collect()
}
