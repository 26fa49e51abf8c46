//! What a database's log brings: transactions that commit at random instants, each with all its rows at the
//! instant of its commit and in the order of commits.

use super::arrivals::{RateProfile, Walk};
use crate::engine::{QuantileTable, Stream};
use crate::settings::Section;
use crate::units::{NANOS_PER_S, Nanos};

/// The most rows of a transaction.
const ROWS_MAX: f64 = 1e6;
/// The standard normal quantile of 99 %.
const Z99: f64 = 2.326_347_874_040_841;

/// Transactions at random instants.
#[derive(Clone, Debug)]
pub struct Transactions {
    commits: RateProfile,
    rows: QuantileTable,
    mu: f64,
    sigma: f64,
}

impl Transactions {
    pub(super) fn read(section: &Section<'_>, duration: Nanos) -> Self {
        let least = Nanos(1000);
        let every = section.need_in("every", least..=Nanos::from_secs(366 * 86_400));
        let rows = section.section("rows");
        let median: u64 = rows.need_in("median", 1..=ROWS_MAX as u64);
        let p99: u64 = rows.need_in("p99", 1..=ROWS_MAX as u64);
        if p99 < median && rows.has("p99") {
            rows.problem(
                "p99",
                "`p99` is smaller than `median`",
                format!("`median` is {median}"),
            );
        }
        Self::new(every, median as f64, p99.max(median) as f64, duration)
    }

    fn new(every: Nanos, median: f64, p99: f64, duration: Nanos) -> Self {
        let (mu, sigma) = (libm::log(median), libm::log(p99 / median) / Z99);
        Self {
            commits: RateProfile::constant(
                1.0 / every.as_secs_f64().max(1e-9),
                duration.as_secs_f64(),
                false,
            ),
            rows: QuantileTable::of_normal(|z| libm::exp(mu + sigma * z)),
            mu,
            sigma,
        }
    }

    /// About how many rows there are up to `until` `[s]`.
    pub(super) fn expected(&self, until: f64) -> f64 {
        self.commits.expected(until) * libm::exp(self.mu + 0.5 * self.sigma * self.sigma).max(1.0)
    }

    pub(super) fn walk(&self, stream: Stream) -> TransactionWalk<'_> {
        TransactionWalk {
            law: self,
            walk: self.commits.walk(stream),
            rows: stream.child(1),
            n: 0,
            at: 0,
            left: 0,
        }
    }
}

/// A walk through the rows of transactions.
#[derive(Clone, Debug)]
pub(super) struct TransactionWalk<'a> {
    law: &'a Transactions,
    walk: Walk<'a>,
    rows: Stream,
    n: u64,
    at: u64,
    left: u64,
}

impl TransactionWalk<'_> {
    /// When the next row is committed `[ns]`, or `None` after the last.
    pub(super) fn next_row(&mut self) -> Option<u64> {
        if self.left == 0 {
            self.at = (self.walk.next_arrival()? * NANOS_PER_S as f64) as u64;
            let exact = |p| libm::exp(self.law.mu + self.law.sigma * crate::engine::probit(p));
            let rows = self.law.rows.sample(self.rows.draw(self.n), exact);
            self.n += 1;
            self.left = (rows + 0.5).clamp(1.0, ROWS_MAX) as u64;
        }
        self.left -= 1;
        Some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_come_whole_and_in_the_order_of_commits() {
        let law = Transactions::new(Nanos::from_millis(10), 3.0, 50.0, Nanos::from_secs(1000));
        let mut walk = law.walk(Stream::new(1, 0, "transactions"));
        let rows: Vec<u64> = std::iter::from_fn(|| walk.next_row()).collect();
        assert!(rows.windows(2).all(|pair| pair[0] <= pair[1]));
        let mut sizes: Vec<usize> = rows.chunk_by(|a, b| a == b).map(<[u64]>::len).collect();
        let commits = sizes.len();
        assert!(
            (98_500..101_500).contains(&commits),
            "{commits} commits in 1,000 s"
        );
        sizes.sort_unstable();
        assert_eq!((sizes[commits / 2], sizes[0]), (3, 1));
        assert!(
            (47..53).contains(&sizes[commits * 99 / 100]),
            "{}",
            sizes[commits * 99 / 100]
        );
        assert!((rows.len() as f64 / law.expected(1000.0) - 1.0).abs() < 0.05);
    }
}
