//! How large a stream can become, for the estimate of memory.

use super::Config;
use crate::platform::Size;
use crate::platform::kinesis::stream::control::Mode;
use crate::platform::kinesis::{Call, Operation};
use crate::units::Nanos;
use crate::workload::{Action, Workload};

/// The fewest nanoseconds between two looks of a policy that changes the number of shards `[ns]`.
const LOOK_NS: u64 = 60_000_000_000;
/// How many doublings of the shards by the service or by a policy the estimate reckons with: 64-fold growth.
const GROWTH: u64 = 6;
/// The nanoseconds of a day `[ns]`.
const DAY_NS: u64 = 86_400_000_000_000;

impl Config {
    /// The size in the estimate of memory: every shard that may be opened in the run counts.
    pub(in crate::platform::kinesis) fn size(&self, duration: Nanos, workload: &Workload) -> Size {
        let target = |call: &Call| match call.operation {
            Operation::UpdateShardCount(asked) => asked.target,
            _ => 0,
        };
        let step = |step: &(_, Action)| match step.1 {
            Action::ScaleTo(lanes) => u64::from(lanes),
            _ => 0,
        };
        let steps = workload
            .timeline
            .steps
            .iter()
            .map(step)
            .filter(|lanes| *lanes > 0);
        let asked = self
            .calls
            .iter()
            .map(target)
            .chain(steps)
            .max()
            .unwrap_or(0);
        let mut open = u64::from(self.shard_count).max(asked.min(self.quotas.shards_account));
        let mut changes = (self.calls.len() + workload.timeline.steps.len()) as u64;
        // What looks once a minute can at most double the shards at each look.
        let looks = duration.0 / LOOK_NS;
        if self.can_be_on_demand() {
            let most = u64::from(self.on_demand.shards_most);
            open = (open << looks.min(GROWTH)).min(most.max(open));
            changes += 1;
        }
        if self.policy.is_some() {
            let per_day = self.quotas.updates_per_day as u64 * (1 + duration.0 / DAY_NS);
            let calls = per_day.min(looks);
            open = (open << calls.min(GROWTH)).min(self.quotas.shards_account.max(open));
            changes += calls;
        }
        Size {
            lanes: u64::from(self.shard_count) + 2 * open * changes.min(64),
            gauges: 4 * (1 + self.consumers.len() as u64),
        }
    }

    /// Whether the stream is in on-demand mode at any time.
    fn can_be_on_demand(&self) -> bool {
        let switches = |call: &Call| matches!(call.operation, Operation::UpdateStreamMode { .. });
        self.mode == Mode::OnDemand || self.calls.iter().any(switches)
    }
}
