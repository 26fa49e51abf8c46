//! How the service scales an on-demand stream: once a minute it looks at each shard; one that was
//! asked for more than half of its limit is split in the middle, some minutes later but within 15.
//!
//! Twice the peak fits because every shard that the peak fills beyond half is split: the documented
//! headroom is not a rule of the model but follows from this one. A Standard stream never shrinks.
//!
//! # Source
//! MODES, BLOG-10M, BLOG-ODA; the timing within the 15 minutes is an assumption.

use super::control::Mode;
use super::{Event, Kinesis};
use crate::platform::Cx;
use crate::platform::kinesis::shard::Demand;

impl Kinesis {
    /// A minute is over: shards that were asked for too much get a date for their split.
    pub(super) fn look_at_demand(&mut self, cx: &mut Cx<'_, Event>) {
        let config = &self.config.on_demand;
        let (bytes, records) = (60 * config.split_bytes.0, 60 * config.split_records);
        let span = config.split_most.0 - config.split_least.0 + 1;
        let open: Vec<u32> = self.control.lineage.open().collect();
        let mut dated = self.split_due.iter().filter(|due| due.is_some()).count() as u32;
        for shard in open {
            let demand = std::mem::take(&mut self.shards[shard as usize].demand);
            let hot = demand.bytes > bytes || demand.records > records;
            let room = self.control.open() + dated < self.config.on_demand.shards_most;
            if self.control.mode != Mode::OnDemand
                || !hot
                || !room
                || self.split_due[shard as usize].is_some()
            {
                continue;
            }
            let wait = self.config.on_demand.split_least.0
                + self.draws.scaling.below(u64::from(shard), span);
            let due = cx.queue.now() + crate::units::Nanos(wait);
            self.split_due[shard as usize] = Some(due);
            dated += 1;
            cx.queue.at(due, Event::SplitDue(shard));
        }
    }

    /// The date of a shard's split has come.
    pub(super) fn split_due(&mut self, shard: u32, cx: &mut Cx<'_, Event>) {
        self.split_due[shard as usize] = None;
        if self.control.mode != Mode::OnDemand {
            return;
        }
        if let Some(change) = self.control.split_middle(shard) {
            // The time that a split takes is within the documented 15 minutes: it is done now.
            self.changes.push(change);
            self.changed((self.changes.len() - 1) as u32, cx);
        }
    }

    /// Forgets what was asked of the shards so far, when nobody looks at it minute by minute.
    pub(super) fn clear_demand(&mut self) {
        self.shards
            .iter_mut()
            .for_each(|shard| shard.demand = Demand::default());
    }
}
