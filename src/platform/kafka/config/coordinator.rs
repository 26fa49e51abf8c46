//! Settings of the brokers for coordinators of groups and of transactions.

use super::transactions::{self, Transactions};
use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;

/// What coordinators of groups go by.
#[derive(Clone, Copy, Debug)]
pub struct CoordinatorConfig {
    /// `group.initial.rebalance.delay.ms`: the first rebalance of an empty group waits so long.
    pub initial_delay: Nanos,
    /// `offsets.retention.minutes`: an empty group's commits are kept for so long.
    pub offsets_retention: Nanos,
    /// `offsets.retention.check.interval.ms`: the distance at which expired commits are looked for.
    pub offsets_check: Nanos,
    /// `transaction.abort.timed.out.transaction.cleanup.interval.ms`: the distance at which transactions are looked for
    /// that have been open for too long.
    pub transaction_check: Nanos,
}

pub(super) fn read(
    section: &Section<'_>,
    transactions: Option<&Transactions>,
) -> CoordinatorConfig {
    let minutes = facts::setting_in(
        section,
        "offsets.retention.minutes",
        "kafka.offsets.retention.minutes",
        1..=super::INT_MAX,
    );
    let check = facts::setting_in(
        section,
        "offsets.retention.check.interval.ms",
        "kafka.offsets.retention.check.interval.ms",
        1..=super::INT_MAX,
    );
    CoordinatorConfig {
        initial_delay: super::millis(section, "group.initial.rebalance.delay.ms"),
        offsets_retention: Nanos::from_secs(minutes.saturating_mul(60)),
        offsets_check: Nanos::from_millis(check),
        transaction_check: transactions::read_check(section, transactions),
    }
}
