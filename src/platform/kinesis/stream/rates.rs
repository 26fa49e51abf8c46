//! How many control calls a second the service takes. What comes beyond is refused with LimitExceededException, whatever
//! the state of the stream is. That a second's calls may come at once is an assumption.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, the operations' own pages; the Developer Guide's page of quotas.

use super::api::{Answer, ApiError, Refusal};
use crate::engine::TokenBucket;
use crate::facts::FactsAt;
use crate::units::SimTime;

/// Operations with a published rate, and the facts that give it.
const PUBLISHED: [(&str, &str); 5] = [
    ("SplitShard", "kinesis.calls.split-shard"),
    ("MergeShards", "kinesis.calls.merge-shards"),
    ("UpdateShardCount", "kinesis.calls.update-shard-count"),
    ("CreateStream", "kinesis.calls.create-stream"),
    ("DeleteStream", "kinesis.calls.delete-stream"),
];

/// The rates of the control plane.
#[derive(Clone, Debug)]
pub(super) struct CallRates {
    /// For each operation with a published rate: its calls a second, and what is left of them.
    left: [(u64, TokenBucket); PUBLISHED.len()],
}

impl CallRates {
    /// The rates of a day.
    #[must_use]
    pub(super) fn on(facts: &FactsAt) -> Self {
        let rate = |(_, id): (&str, &str)| facts.value::<u64>(id);
        let left = PUBLISHED.map(rate);
        Self {
            left: left.map(|rate| (rate, TokenBucket::new(rate, rate))),
        }
    }

    /// A call of this name is made now.
    ///
    /// # Errors
    /// `LimitExceededException`, if there were too many within a second.
    pub(super) fn admit(&mut self, name: &str, now: SimTime) -> Answer<()> {
        let mut all = PUBLISHED.iter().zip(&mut self.left);
        let Some((_, (rate, left))) = all.find(|((known, _), _)| *known == name) else {
            return Ok(());
        };
        if left.take(now, 1) {
            return Ok(());
        }
        let why = format!("the account may call {name} {rate} times a second");
        Err(Refusal::new(ApiError::LimitExceeded, why))
    }
}
