//! How the service scales an on-demand stream: once a minute it looks at each shard; one that was
//! asked for more than half of its limit is split in the middle, some minutes later but within 15.
//!
//! Twice the peak fits because every shard that the peak fills beyond half is split: the documented
//! headroom is not a rule of the model but follows from this one. A Standard stream never shrinks.
//!
//! # Source
//! Amazon Kinesis Data Streams Developer Guide, "Choose the right mode"; the timing within the 15 minutes is
//! an assumption.

use super::control::Mode;
use super::shard::Demand;
use super::{Stream, StreamEvent};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::ShardId;
use crate::units::Nanos;

impl Stream {
    /// A minute is over: the service looks at what was asked of the shards, or forgets it.
    pub(super) fn close_demand(&mut self, cx: &mut KinesisCx<'_>) {
        if self.control.mode == Mode::OnDemand {
            self.plan_splits(cx);
        } else {
            let all = self.shards.iter_mut();
            all.for_each(|shard| shard.demand = Demand::default());
        }
    }

    /// Shards that were asked for too much get a date for their split.
    fn plan_splits(&mut self, cx: &mut KinesisCx<'_>) {
        let config = &self.on_demand;
        let (bytes, records) = (60 * config.split_bytes.0, 60 * config.split_records);
        let (least, shards_most) = (config.split_least, config.shards_most);
        let span = config.split_most.0 - least.0 + 1;
        let open: Vec<ShardId> = self.control.lineage.open().collect();
        let dated = self.shards.iter().filter(|shard| shard.split_due.is_some());
        let mut dated = dated.count();
        for id in open {
            let room = (self.control.open() as usize) + dated < shards_most as usize;
            let shard = &mut self.shards[id];
            let demand = std::mem::take(&mut shard.demand);
            let hot = demand.bytes > bytes || demand.records > records;
            if !hot || !room || shard.split_due.is_some() {
                continue;
            }
            let wait = least.0 + self.scaling.below(u64::from(id.0), span);
            let due = cx.queue.now() + Nanos(wait);
            shard.split_due = Some(due);
            dated += 1;
            cx.queue.at(due, StreamEvent::SplitDue(id).into());
        }
    }

    /// The date of a shard's split has come.
    pub(super) fn split_due(&mut self, shard: ShardId, cx: &mut KinesisCx<'_>) {
        self.shards[shard].split_due = None;
        if self.control.mode != Mode::OnDemand {
            return;
        }
        if let Some(change) = self.control.split_middle(shard) {
            // The time that a split takes is within the documented 15 minutes: it is done now.
            let change = self.changes.push(change);
            self.finish_change(change, cx);
        }
    }
}
