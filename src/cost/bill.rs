//! A bill: lines with quantity, price and amount, and totals that are their sums.

use super::price::{Basis, HOUR_NS, Price};
use crate::units::Nanos;

/// Pico-dollars of a dollar.
pub const PICO_PER_USD: u128 = 1_000_000_000_000;

/// What a line of a bill is for, in words that fit every platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shards, streams, brokers, clusters, partitions: whether they are used or not.
    Capacity,
    /// Data that is written.
    In,
    /// Data that is read.
    Out,
    /// Data that is kept, or room for it.
    Storage,
    /// Data that goes from one zone to another.
    Zones,
    /// A commitment that was not used.
    Unused,
    /// Costs whose quantity is an estimate.
    Estimate,
}

impl Kind {
    /// All of them, in the order of charts.
    pub const ALL: [Self; 7] = [
        Self::Capacity,
        Self::In,
        Self::Out,
        Self::Storage,
        Self::Zones,
        Self::Unused,
        Self::Estimate,
    ];

    /// What reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Capacity => "capacity by the hour",
            Self::In => "data in",
            Self::Out => "data out",
            Self::Storage => "storage",
            Self::Zones => "between zones",
            Self::Unused => "commitment not used",
            Self::Estimate => "KMS, lease table (estimates)",
        }
    }
}

/// A line of a price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is billed, in the service's own words.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// Its price.
    pub price: Price,
    /// How its quantity is counted, where that is a rule worth knowing.
    pub rules: Vec<Basis>,
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is billed.
    pub item: Item,
    /// How much of it was used in the run, in base units of the price.
    pub quantity: u128,
    /// What that costs `[pico-dollars]`.
    pub amount: u128,
    /// What an hour costs `[pico-dollars]`: an hour of the run; for stored data, an hour with the log as full
    /// as its retention lets it become.
    pub hourly: u128,
    /// The bytes that the hourly cost of stored data is for, where they are not those of the run.
    pub filled: Option<u128>,
}

/// The bill of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// What was used, in the order of the price list; items without use are left out.
    pub lines: Vec<Line>,
    /// The whole price list: the order of [`crate::probe::Point::usage`].
    pub items: Vec<Item>,
    /// The length of the run.
    pub duration: Nanos,
}

impl Bill {
    /// The bill for `usage` of `items` (base units, same order) in `duration`; `filled` has the bytes that
    /// items for stored data will grow to, by the item's place.
    #[must_use]
    pub fn new(
        items: Vec<Item>,
        usage: &[u128],
        filled: &[(usize, u128)],
        duration: Nanos,
    ) -> Self {
        let mut lines = Vec::new();
        for (place, (item, quantity)) in items.iter().zip(usage).enumerate() {
            let filled = filled
                .iter()
                .find(|(at, _)| *at == place)
                .map(|(_, bytes)| *bytes);
            let amount = item.price.amount(*quantity);
            let hourly = match filled {
                Some(bytes) => item.price.amount(bytes * HOUR_NS),
                None => share(amount, HOUR_NS, u128::from(duration.0)),
            };
            if *quantity > 0 || filled.is_some_and(|bytes| bytes > 0) {
                lines.push(Line {
                    item: item.clone(),
                    quantity: *quantity,
                    amount,
                    hourly,
                    filled,
                });
            }
        }
        Self {
            lines,
            items,
            duration,
        }
    }

    /// The lines whose quantities are counted: what totals sum.
    pub fn counted(&self) -> impl Iterator<Item = &Line> {
        let counted = |line: &&Line| line.item.kind != Kind::Estimate;
        self.lines.iter().filter(counted)
    }

    /// The lines whose quantities are estimates: they stand beside the totals.
    pub fn estimates(&self) -> impl Iterator<Item = &Line> {
        let estimate = |line: &&Line| line.item.kind == Kind::Estimate;
        self.lines.iter().filter(estimate)
    }

    /// What the run costs, without estimates `[pico-dollars]`.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.counted().map(|line| line.amount).sum()
    }

    /// What an hour like the run costs, without estimates `[pico-dollars]`; a day is 24 of them, 30 days are 720.
    #[must_use]
    pub fn hourly(&self) -> u128 {
        self.counted().map(|line| line.hourly).sum()
    }

    /// What a million of `records` that the run handled cost at the hourly cost `[pico-dollars]`; `None`
    /// where there were none.
    #[must_use]
    pub fn per_million(&self, records: u64) -> Option<u128> {
        self.million_of(self.hourly(), records)
    }

    /// [`Bill::per_million`] of one line's hourly cost.
    #[must_use]
    pub fn million_of(&self, hourly: u128, records: u64) -> Option<u128> {
        let run = share(hourly, u128::from(self.duration.0), HOUR_NS);
        (records > 0).then(|| share(run, 1_000_000, u128::from(records)))
    }

    /// What `usage` of the item in `place` costs `[pico-dollars]`.
    #[must_use]
    pub fn cost_of(&self, place: usize, usage: &[u128]) -> u128 {
        match (self.items.get(place), usage.get(place)) {
            (Some(item), Some(quantity)) => item.price.amount(*quantity),
            _ => 0,
        }
    }
}

/// `amount` x `times` / `of`, rounded half up; 0 of nothing.
fn share(amount: u128, times: u128, of: u128) -> u128 {
    (amount * times + of / 2).checked_div(of).unwrap_or(0)
}

/// Pico-dollars as dollars with `decimals` digits after the point, at most 12, rounded half up.
#[must_use]
pub fn usd(pico: u128, decimals: usize) -> String {
    let decimals = decimals.min(12);
    let step = 10_u128.pow(12 - decimals as u32);
    let rounded = (pico + step / 2) / step;
    let unit = 10_u128.pow(decimals as u32);
    if decimals == 0 {
        return rounded.to_string();
    }
    format!("{}.{:0decimals$}", rounded / unit, rounded % unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Scale;
    use proptest::prelude::*;

    fn item(value: &str, unit: &str) -> Item {
        let word = String::new;
        let (id, text, source, valid_from, note) = (word(), word(), word(), word(), word());
        let basis = Basis {
            id,
            text,
            source,
            valid_from,
            confidence: 'M',
            note,
        };
        let scale = Scale {
            gb: 1 << 30,
            month_h: 730,
        };
        let price = Price::parse(value, unit, scale, basis).expect("a price");
        Item {
            name: unit.to_owned(),
            kind: Kind::In,
            price,
            rules: Vec::new(),
        }
    }

    #[test]
    fn dollars_are_printed_with_the_digits_asked_for() {
        assert_eq!(usd(1_234_567_890_123, 12), "1.234567890123");
        assert_eq!(
            (usd(1_995_000_000_000, 2), usd(499, 9)),
            ("2.00".to_owned(), "0.000000000".to_owned())
        );
        assert_eq!(usd(2_500_000_000_000, 0), "3");
    }

    #[test]
    fn stored_data_is_extrapolated_with_a_full_log_and_the_rest_as_it_was() {
        let items = vec![
            item("0.75", "USD/cluster-hour"),
            item("0.10", "USD/GB-month"),
        ];
        let minute = Nanos::from_secs(60);
        let usage = [u128::from(minute.0), 1 << 30];
        let bill = Bill::new(items, &usage, &[(1, 730 << 30)], minute);
        assert_eq!(bill.lines[0].hourly, 750_000_000_000);
        assert_eq!(
            bill.lines[1].hourly, 100_000_000_000,
            "730 GB for one of 730 hours"
        );
        assert_eq!(bill.lines[1].amount, 0, "a GB for a nanosecond");
        assert_eq!(bill.hourly(), 850_000_000_000);
        assert_eq!(
            bill.per_million(1000),
            Some(14_166_666_667_000),
            "a minute, rounded, for a thousand"
        );
        assert_eq!(bill.per_million(0), None);
    }

    proptest! {
        #[test]
        fn lines_sum_to_the_totals(usage in prop::collection::vec(0_u128..1 << 70, 3), hours in 1_u64..9000) {
            let items =
                vec![item("0.015", "USD/shard-hour"), item("0.08", "USD/GB"), item("0.0035", "USD/GB-month")];
            let duration = Nanos::from_secs(3600 * hours);
            let bill = Bill::new(items.clone(), &usage, &[], duration);
            let each = |n: usize| items[n].price.amount(usage[n]);
            prop_assert_eq!(bill.total(), each(0) + each(1) + each(2));
            prop_assert_eq!(bill.hourly(), bill.lines.iter().map(|line| line.hourly).sum::<u128>());
            // Rounding an hour costs at most half a pico-dollar per line.
            let back = bill.hourly() * u128::from(hours);
            prop_assert!(back.abs_diff(bill.total()) <= 2 * u128::from(hours));
        }
    }
}
