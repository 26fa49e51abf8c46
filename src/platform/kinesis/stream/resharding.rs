//! Splits and merges as they get done, and the end of closed shards.

use super::control::{Mode, Status};
use super::lineage::{Change, ShardState};
use super::shard::Shard;
use super::{Notice, Resharding, Stream, StreamEvent};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::{ChangeId, ShardId};

impl Stream {
    /// A split or merge begins.
    pub(super) fn start_change(&mut self, change: Change, cx: &mut KinesisCx<'_>) {
        let change = self.changes.push(change);
        let event = StreamEvent::Changed(change);
        cx.queue.after(self.service.control.change, event.into());
    }

    /// Starts as many changes on the way to the target as may run at once.
    pub(super) fn start_more(&mut self, cx: &mut KinesisCx<'_>) {
        // The service itself makes room for warm throughput at once, wherever a shard is free.
        let own = self.control.mode == Mode::OnDemand;
        let parallel = if own {
            usize::MAX
        } else {
            self.service.control.parallel
        };
        while let Some(change) = self.control.more(parallel) {
            self.start_change(change, cx);
        }
    }

    /// A split or merge is done: parents close, children open, and clients are told.
    pub(super) fn finish_change(&mut self, change: ChangeId, cx: &mut KinesisCx<'_>) {
        let (now, change) = (cx.queue.now(), self.changes[change]);
        let was_updating = self.control.status == Status::Updating;
        self.settle_bill(now);
        for shard in self.control.done(change, now) {
            // The documentation does not say whether a new shard begins with full buckets; here it does.
            self.shards.push(Shard::new(&self.service));
            cx.probe.open_lane(self.lane(shard));
        }
        for parent in change.parents() {
            cx.probe.close_lane(parent.0, now);
            let event = StreamEvent::ShardExpired(parent);
            cx.queue.after(self.retention.period, event.into());
        }
        self.notices.push(Notice::Resharded(Resharding {
            change,
            was_updating,
        }));
    }

    /// Clients know of a split or merge: it is reported, and the next one begins.
    pub(crate) fn close_change(&mut self, done: Resharding, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        let parents: Vec<ShardId> = done.change.parents().collect();
        let children = self.control.lineage.get(parents[0]).children;
        let what = match done.change {
            Change::Split { .. } => "split done",
            Change::Merge { .. } => "merge done",
        };
        let (from, to) = (
            names(parents.into_iter()),
            names(children.into_iter().flatten()),
        );
        cx.probe
            .happened(now, "stream", what, format!("{from} -> {to}"));
        self.start_more(cx);
        if done.was_updating && self.control.status == Status::Active {
            let detail = format!("{} open shards", self.control.open());
            cx.probe.happened(now, "stream", "ACTIVE", detail);
        }
    }

    /// The retention period of a closed shard's last records is over.
    pub(super) fn expire_shard(&mut self, shard: ShardId, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        let closed = self.control.lineage.get(shard).state == ShardState::Closed;
        match self.control.lineage.expires(shard, self.retention.period) {
            Some(at) if at > now => cx.queue.at(at, StreamEvent::ShardExpired(shard).into()),
            Some(_) if closed => {
                self.control.lineage.expire(shard);
                cx.probe.lane_gone(shard.0, now);
            }
            // It is open, or it was marked as expired before.
            Some(_) | None => {}
        }
    }
}

/// The names of several shards, separated by commas.
fn names(shards: impl Iterator<Item = ShardId>) -> String {
    let names: Vec<String> = shards.map(|shard| shard.to_string()).collect();
    names.join(", ")
}
