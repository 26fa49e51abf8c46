//! Records leave by age alone: what a consumer has not fetched by then is gone for it.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, IncreaseStreamRetentionPeriod: raising the period never brings
//! back what has expired.

use super::Stream;
use crate::platform::kinesis::ids::ShardId;
use crate::units::{Nanos, SimTime};

/// How long records are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    /// The retention period.
    pub(super) period: Nanos,
    /// What was stored before this instant is gone, whatever the period is now.
    pub(super) gone_before: SimTime,
    /// How far what was stored before the run reaches back from its beginning.
    pub(super) before: Nanos,
}

impl Retention {
    /// The instant before which everything stored is gone at `now`.
    pub(super) fn horizon(&self, now: SimTime) -> SimTime {
        SimTime(now.0.saturating_sub(self.period.0)).max(self.gone_before)
    }

    /// How old the oldest record may be at `now`.
    pub(super) fn reach(&self, now: SimTime) -> Nanos {
        self.period.min(now.since(self.gone_before) + self.before)
    }

    /// What has expired by `now` is gone, whatever the period will be.
    pub(super) fn forget_expired(&mut self, now: SimTime) {
        self.gone_before = self.horizon(now);
        self.before = self.before.min(Nanos(self.period.0.saturating_sub(now.0)));
    }

    /// Everything that is stored at `now` is gone.
    pub(super) fn forget_all(&mut self, now: SimTime) {
        self.gone_before = self.gone_before.max(SimTime(now.0 + 1));
        self.before = Nanos::ZERO;
    }
}

impl Stream {
    /// The offset of the first record of a shard from `from` on that is not expired.
    pub(crate) fn first_retained(&self, shard: ShardId, from: u64, now: SimTime) -> u64 {
        let horizon = self.retention.horizon(now);
        self.shards[shard].log.first_since(from, horizon)
    }
}
