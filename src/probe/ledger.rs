//! The ledger: every record ends in exactly one state, and the sums must meet.
//!
//! Each side of a balance is counted where it happens: what is still in flight is found by walking
//! the buffers and logs at the end of the run, never by subtraction.

use super::{Cause, Limit};
use crate::workload::SinkTally;

/// Where the records of one run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Records that applications meant to send.
    pub offered: u64,
    /// The platform's causes for an early end.
    pub cause_names: &'static [Cause],
    /// Records that ended early, by cause.
    pub causes: Vec<u64>,
    /// How many of them ended for which limit, by its number, where the client met the limit in its last attempt.
    pub met: Vec<u64>,
    /// How many records were stored once more, by the number of the limit that kept the first answer from their clients.
    pub unanswered: Vec<u64>,
    /// Records that were stored.
    pub stored: u64,
    /// Records that clients or requests still held at the end.
    pub client_held: u64,
    /// What became of the stored records, per consumer.
    pub consumers: Vec<ConsumerLedger>,
}

/// What became of the stored records for one consumer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerLedger {
    /// Seen at least once.
    pub delivered: u64,
    /// Older than the retention before they were read, or deleted with their stream or cluster.
    pub expired: u64,
    /// Stored before the consumer's starting point: never for it.
    pub skipped: u64,
    /// Given up by the consumer, which had tried them too often or found them too old.
    pub discarded: u64,
    /// Stored by a transaction that was aborted: a reader of committed data never sees them.
    pub aborted: u64,
    /// Removed by compaction before they were read: a newer record of their key was there.
    pub compacted: u64,
    /// Stored and still to be processed at the end.
    pub unread: u64,
    /// Seen, passed over, expired or skipped before they were lost from the log.
    pub vanished: u64,
    /// It does not read this system.
    pub absent: bool,
}

/// What a platform still holds at the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Records in client buffers and unanswered requests that are not stored yet.
    pub client: u64,
    /// Stored records that wait for a consumer, per consumer.
    pub unread: Vec<u64>,
    /// Stored records of aborted transactions that readers of committed data have not reached yet, per consumer.
    pub aborted: Vec<u64>,
    /// Records that compaction has removed and that a consumer has not reached yet, per consumer.
    pub compacted: Vec<u64>,
    /// Stored records that have expired unread and were never asked for again, per consumer.
    pub expired: Vec<u64>,
    /// What the sinks have done, per consumer; `None` for those without one.
    pub sinks: Vec<Option<SinkTally>>,
    /// The machines that serve lanes, where the platform shows any.
    pub hosts: Vec<super::Host>,
}

impl Ledger {
    pub(super) fn new(consumers: usize, cause_names: &'static [Cause]) -> Self {
        Self {
            offered: 0,
            cause_names,
            causes: vec![0; cause_names.len()],
            met: vec![0; Limit::ALL.len()],
            unanswered: vec![0; Limit::ALL.len()],
            stored: 0,
            client_held: 0,
            consumers: vec![ConsumerLedger::default(); consumers],
        }
    }

    pub(super) fn hold(&mut self, held: &Held) {
        self.client_held = held.client;
        for (index, consumer) in self.consumers.iter_mut().enumerate() {
            consumer.unread = held.unread.get(index).copied().unwrap_or_default();
            consumer.expired += held.expired.get(index).copied().unwrap_or_default();
            consumer.aborted += held.aborted.get(index).copied().unwrap_or_default();
            consumer.compacted += held.compacted.get(index).copied().unwrap_or_default();
        }
    }

    /// Records that ended early.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.causes.iter().sum()
    }

    /// Records that ended early for a limit which their clients met in their last attempt.
    #[must_use]
    pub fn ended_for(&self, limit: Limit) -> u64 {
        self.met[limit as usize]
    }

    /// Records that a consumer never has: they were refused, expired in their client, were lost before it saw them,
    /// expired unread or were given up by it. Skipped ones were never for it, and what is still on its way may come.
    #[must_use]
    pub fn never_delivered(&self, consumer: usize) -> u64 {
        let Some(account) = self.consumers.get(consumer) else {
            return 0;
        };
        let all = self.ended() + account.expired + account.discarded;
        all.saturating_sub(account.vanished)
    }

    /// The same for every consumer.
    pub(super) fn all_never_delivered(&self) -> Vec<u64> {
        (0..self.consumers.len())
            .map(|consumer| self.never_delivered(consumer))
            .collect()
    }

    /// Checks that produced equals the sum of the fates, for every consumer.
    ///
    /// # Errors
    /// A sentence with both sides of the balance that does not hold: a bug of the program.
    pub fn check(&self) -> Result<(), String> {
        let accounted = self.ended() + self.stored + self.client_held;
        if accounted != self.offered {
            return Err(format!(
                "{} records were produced, but {accounted} are accounted for \
                 (ended {}, stored {}, held by clients {})",
                self.offered,
                self.ended(),
                self.stored,
                self.client_held
            ));
        }
        for (index, consumer) in self.consumers.iter().enumerate().filter(|(_, c)| !c.absent) {
            let given = consumer.delivered + consumer.discarded;
            let given = given + consumer.aborted + consumer.compacted;
            let seen = given + consumer.expired + consumer.skipped + consumer.unread;
            if seen != self.stored + consumer.vanished {
                return Err(format!(
                    "{} records were stored, but consumer {index} accounts for {seen} {consumer:?}",
                    self.stored
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Fate;

    const CAUSES: &[Cause] = &[Cause::new("TooLarge", Fate::Refused)];

    #[test]
    fn a_balance_that_does_not_hold_is_named() {
        let mut ledger = Ledger::new(1, CAUSES);
        (ledger.offered, ledger.causes[0], ledger.stored) = (10, 2, 7);
        ledger.hold(&Held {
            client: 1,
            unread: vec![3],
            expired: vec![1],
            ..Held::default()
        });
        ledger.consumers[0].delivered = 3;
        assert_eq!(ledger.check(), Ok(()));
        assert_eq!(ledger.never_delivered(0), 2 + 1);
        ledger.consumers[0].delivered = 4;
        assert!(
            ledger
                .check()
                .expect_err("one too many")
                .contains("consumer 0 accounts for 8")
        );
        ledger.stored = 8;
        assert!(
            ledger
                .check()
                .expect_err("one too many")
                .contains("11 are accounted for")
        );
    }
}
