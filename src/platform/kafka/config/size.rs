//! How large a cluster and its topic can become, for the estimate of memory.

use super::{Call, Config, Operation};
use crate::platform::Size;
use crate::workload::{Action, Workload};

/// The most values that monitoring shows of a broker at a sampling instant.
const BROKER_GAUGES: u64 = 24;
/// The most values that it shows of a consumer group, and of the cluster as a whole.
const GROUP_GAUGES: u64 = 16;

impl Config {
    /// The size in the estimate of memory: partitions are never taken away.
    pub(in super::super) fn size(&self, workload: &Workload) -> Size {
        let count = |call: &Call| match &call.operation {
            Operation::CreatePartitions(call) => call.count.max(0) as u64,
            _ => 0,
        };
        let step = |step: &(_, Action)| match step.1 {
            Action::ScaleTo(lanes) => u64::from(lanes),
            _ => 0,
        };
        let steps = workload.timeline.steps.iter().map(step);
        let asked = self.calls.iter().map(count).chain(steps).max().unwrap_or(0);
        Size {
            lanes: u64::from(self.topic.partitions).max(asked.min(super::PARTITIONS_MAX)),
            gauges: BROKER_GAUGES * u64::from(self.brokers_most)
                + GROUP_GAUGES * (1 + self.consumers.len() as u64),
        }
    }
}
