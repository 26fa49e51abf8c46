//! Records leave by age alone: what a consumer has not fetched by then is gone for it, and booked so.
//!
//! # Source
//! API IncreaseStreamRetentionPeriod: raising the period never brings back what has expired.

use super::app::App;
use super::{Event, Kinesis};
use crate::platform::Cx;
use crate::units::SimTime;

impl Kinesis {
    /// Whether records expire that come behind some which the holder still has in hand: those must be
    /// finished before the gap can be booked.
    pub(super) fn must_finish_first(&self, index: u16, shard: u32, now: SimTime) -> bool {
        let app = &self.apps[usize::from(index)];
        let lease = &app.leases[shard as usize];
        let in_hand = !lease.pending.is_empty() || !lease.flight.is_empty() || app.keeps(shard);
        in_hand && self.first_retained(shard, lease.fetched, now) > lease.fetched
    }

    /// The offset of the first record of a shard from `from` on that is not expired.
    pub(super) fn first_retained(&self, shard: u32, from: u64, now: SimTime) -> u64 {
        let horizon = SimTime(now.0.saturating_sub(self.retention.0)).max(self.gone_before);
        self.shards[shard as usize].log.first_since(from, horizon)
    }

    /// Drops what is older than the retention from what the lease still has to fetch.
    pub(super) fn expire_for(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let retained = self.first_retained(
            shard,
            self.apps[usize::from(index)].leases[shard as usize].fetched,
            now,
        );
        let lease = &mut self.apps[usize::from(index)].leases[shard as usize];
        let log = &self.shards[shard as usize].log;
        if retained > lease.fetched {
            let unseen = log.counted(lease.seen.max(lease.fetched), retained);
            cx.probe.expired(usize::from(index), unseen);
            if lease.done == lease.fetched {
                lease.done = retained;
            }
            lease.fetched = retained;
            lease.seen = lease.seen.max(retained);
        }
    }
}

/// What an application still has to see at `now`: unread and expired records.
pub(super) fn unread(kinesis: &Kinesis, app: &App, now: SimTime) -> (u64, u64) {
    let (mut unread, mut expired) = (0, 0);
    for ((number, lease), shard) in (0..).zip(&app.leases).zip(&kinesis.shards) {
        // What was fetched in time is not expired.
        let from = lease.seen.max(lease.fetched);
        let retained = kinesis.first_retained(number, from, now);
        expired += shard.log.counted(from, retained);
        unread +=
            shard.log.counted(lease.seen, from) + shard.log.counted(retained, shard.log.end());
    }
    (unread, expired)
}
