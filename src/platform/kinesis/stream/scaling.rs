//! What an auto-scaling policy sees of the stream, and the calls that it makes.

use super::api::Answer;
use super::lineage::Change;
use super::operations::note;
use super::policy::{PolicyView, Scaler};
use super::{Stream, StreamEvent};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::ShardId;
use crate::units::Nanos;
use std::cmp::Reverse;

impl Stream {
    /// Sets the first look of the policy.
    pub(super) fn start_policy(&mut self, cx: &mut KinesisCx<'_>) {
        if let Some(policy) = &mut self.policy {
            // Just after the minute that it looks at has closed.
            let first = policy.scaler().every() + Nanos(1);
            cx.queue.after(first, StreamEvent::Policy.into());
        }
    }

    /// The policy looks, and calls UpdateShardCount if it wants another number of shards.
    pub(super) fn ask_policy(&mut self, cx: &mut KinesisCx<'_>) {
        let Some(mut policy) = self.policy.take() else {
            return;
        };
        let view = PolicyView {
            minutes: &self.monitor.past,
            open: self.control.open(),
            now: cx.queue.now(),
        };
        let scaler = policy.scaler();
        let (every, wanted) = (scaler.every(), scaler.wants(&view));
        if let Some(target) = wanted {
            self.scale_for(scaler, target, cx);
        }
        self.policy = Some(policy);
        cx.queue.after(every, StreamEvent::Policy.into());
    }

    /// Calls UpdateShardCount for a policy, and where that is refused splits or merges if the policy does so.
    fn scale_for(&mut self, scaler: &mut dyn Scaler, target: u64, cx: &mut KinesisCx<'_>) {
        let open = u64::from(self.control.open());
        let admitted = self.plan.rates.admit("UpdateShardCount", cx.queue.now());
        let answer = admitted.and_then(|()| self.update_shard_count(target, cx));
        let taken = answer.is_ok();
        note("UpdateShardCount", answer, cx);
        if taken || (scaler.falls_back() && self.change_one(target, cx)) {
            scaler.taken(target > open, cx.queue.now());
        }
    }

    /// One split or merge towards `target`, as tools do it when their budget is used up.
    fn change_one(&mut self, target: u64, cx: &mut KinesisCx<'_>) -> bool {
        let up = target > u64::from(self.control.open());
        let (name, answer) = if up {
            ("SplitShard", self.split_widest())
        } else {
            ("MergeShards", self.merge_narrowest())
        };
        match answer {
            Some(Ok(change)) => {
                self.start_change(change, cx);
                note(name, Ok(format!("on the way to {target}")), cx);
                true
            }
            Some(Err(refusal)) => {
                note(name, Err(refusal), cx);
                false
            }
            None => false,
        }
    }

    /// SplitShard of the widest open shard, the first of equals, in its middle.
    fn split_widest(&mut self) -> Option<Answer<Change>> {
        let lineage = &self.control.lineage;
        let width = |shard: &ShardId| (lineage.get(*shard).width(), Reverse(shard.0));
        let widest = lineage.open().max_by_key(width)?;
        let middle = lineage.get(widest).middle();
        Some(self.control.split(widest, middle))
    }

    /// MergeShards of the two neighbours that are narrowest together, the first of equals.
    fn merge_narrowest(&mut self) -> Option<Answer<Change>> {
        let lineage = &self.control.lineage;
        let width = |shard: ShardId| lineage.get(shard).width();
        let pairs = lineage.open().zip(lineage.open().skip(1));
        let narrowest = pairs.min_by_key(|(a, b)| width(*a).saturating_add(width(*b)));
        let (lower, upper) = narrowest?;
        Some(self.control.merge(lower, upper))
    }
}
