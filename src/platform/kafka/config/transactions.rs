//! `transactional.id` and what goes with it: how applications commit, and how long a transaction may stay open.
//!
//! # Source
//! Apache Kafka 3.9, `ProducerConfig.java`, `TransactionStateManagerConfig.java`, `StreamsConfig.java`.

use super::producer::Acks;
use super::{INT_MAX, millis};
use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;

/// What a producer needs `transactional.id` for.
const OF_PRODUCER: [&str; 3] = [
    "transaction.timeout.ms",
    "commit.interval.ms",
    "abort-share",
];

/// Producers with a `transactional.id`: each has one of its own.
#[derive(Clone, Copy, Debug)]
pub struct Transactions {
    /// `transaction.timeout.ms`: the coordinator aborts a transaction that is open for longer.
    pub timeout: Nanos,
    /// `commit.interval.ms` of Kafka Streams: an application ends its transaction so long after it has begun it.
    pub commit_interval: Nanos,
    /// The share of transactions that the application aborts by itself.
    pub abort_share: f64,
    /// A client waits so long before it asks again whether the transaction before is complete.
    pub concurrent_backoff: Nanos,
}

/// Reads what the producers say about transactions; `None` without `transactional.id`.
pub(super) fn read(section: &Section<'_>, acks: Acks, idempotent: bool) -> Option<Transactions> {
    if !section.has("transactional.id") {
        for key in OF_PRODUCER.iter().filter(|key| section.has(key)) {
            let message = format!("`{key}` is set and there are no transactions");
            section.problem(key, message, "set `transactional.id` too, or leave it out");
            section.ignore(key);
        }
        return None;
    }
    let id: String = section.need("transactional.id");
    if id.is_empty() {
        let help = "a name; each producer adds its own number to it";
        section.problem("transactional.id", "`transactional.id` is empty", help);
    }
    if !(idempotent && acks == Acks::All) {
        section.problem(
            "transactional.id",
            "a producer with a `transactional.id` is idempotent and needs acks=all",
            "Kafka throws a ConfigException for it",
        );
    }
    let share = section.or_in("abort-share", 0.0, 0.0..=1.0);
    Some(Transactions {
        timeout: millis(section, "transaction.timeout.ms").max(Nanos::from_millis(1)),
        commit_interval: millis(section, "commit.interval.ms").max(Nanos::from_millis(1)),
        abort_share: share,
        concurrent_backoff: facts::on(section).value("kafka.model.concurrent-transactions-backoff"),
    })
}

/// Reads the brokers' settings for transactions; they matter only where producers have some.
pub(super) fn read_check(section: &Section<'_>, transactions: Option<&Transactions>) -> Nanos {
    const CLEANUP: &str = "transaction.abort.timed.out.transaction.cleanup.interval.ms";
    const MOST: &str = "transaction.max.timeout.ms";
    let book = facts::on(section);
    let Some(transactions) = transactions else {
        for key in [CLEANUP, MOST].iter().filter(|key| section.has(key)) {
            let message = format!("`{key}` is set and no producer has transactions");
            section.problem(
                key,
                message,
                "set `producer.transactional.id`, or leave it out",
            );
            section.ignore(key);
        }
        let ms = book.value(&format!("kafka.{CLEANUP}"));
        return Nanos::from_millis(ms);
    };
    let most =
        Nanos::from_millis(section.or_in(MOST, book.value(&format!("kafka.{MOST}")), 1..=INT_MAX));
    if transactions.timeout > most {
        section.problem(
            "producer.transaction.timeout.ms",
            format!(
                "INVALID_TRANSACTION_TIMEOUT: `transaction.timeout.ms` is {}",
                transactions.timeout
            ),
            format!("brokers take at most `transaction.max.timeout.ms` ({most})"),
        );
    }
    millis(section, CLEANUP).max(Nanos::from_millis(1))
}
