//! The life of a cluster: there is none, CREATING, ACTIVE, DELETING.
//!
//! Before there is a cluster a producer has no metadata: `send()` waits for them as long as `max.block.ms`
//! and throws, and the application's next record has waited meanwhile. When a cluster is deleted its
//! brokers are gone at once: what lies in producers grows old there until `delivery.timeout.ms`.
//!
//! # Source
//! facts/kafka-msk.md sections 1.1 (`max.block.ms`, `delivery.timeout.ms`), 3.3 (states) and 5.4 (creation).

use super::{Event, Kafka};
use crate::platform::Cx;

/// The state before CreateCluster.
pub(super) const ABSENT: &str = "not there yet";

impl Kafka {
    /// CreateCluster.
    pub(super) fn create_cluster(&mut self, cx: &mut Cx<'_, Event>) -> Result<String, String> {
        if self.state != ABSENT {
            return Err(format!("ConflictException: the cluster is {}", self.state));
        }
        self.state = "CREATING";
        let takes = self.config.cluster.create;
        cx.queue.after(takes, Event::Rolling);
        Ok(format!("CREATING, ACTIVE in {takes}"))
    }

    /// CREATING is over: producers get their metadata, and what waited for them goes on.
    pub(super) fn cluster_created(&mut self, cx: &mut Cx<'_, Event>) {
        self.settle_bill(cx.queue.now());
        (self.takes_data, self.state) = (true, "ACTIVE");
        cx.probe
            .happened(cx.queue.now(), "cluster", "ACTIVE", String::new());
        for index in 0..self.producers.len() as u32 {
            self.unblock(index, cx);
            self.drain_all(index, cx);
        }
    }

    /// DeleteCluster: brokers and volumes are gone.
    pub(super) fn delete_cluster(&mut self, cx: &mut Cx<'_, Event>) -> Result<String, String> {
        if self.state != "ACTIVE" {
            return Err(format!(
                "BadRequestException: the cluster is {}",
                self.state
            ));
        }
        self.settle_bill(cx.queue.now());
        self.state = "DELETING";
        for broker in 0..self.config.brokers_most {
            self.crash(broker, false, "deleted", cx);
            self.brokers[broker as usize].exists = false;
        }
        let now = cx.queue.now();
        for lane in 0..self.partitions.len() as u32 {
            // Whatever could be read has no time left to be read in.
            if self.partitions[lane as usize].delete_segments(now, None, Some(0)) {
                self.skip_deleted(lane, cx);
            }
            cx.probe.close_lane(lane, now);
        }
        Ok("DELETING".to_owned())
    }
}
