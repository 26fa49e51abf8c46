//! The life of a cluster: there is none, CREATING, ACTIVE, DELETING.
//!
//! Before there is a cluster a producer has no metadata: `send()` waits for them as long as `max.block.ms`
//! and throws, and the application's next record has waited meanwhile. When a cluster is deleted its
//! brokers are gone at once: what lies in producers grows old there until `delivery.timeout.ms`.
//!
//! # Source
//! The MSK developer guide, "Understand MSK Provisioned cluster states"; Apache Kafka 3.9, `KafkaProducer.java`.

use super::super::Event as Timer;
use super::super::wire::Scope;
use super::{Control, Event, Rooms};
use crate::probe::Limit;
use std::fmt;

/// The state that MSK shows of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClusterState {
    /// `CreateCluster` was not called yet.
    Absent,
    /// It is being created.
    Creating,
    /// It works.
    Active,
    /// A broker is replaced.
    Healing,
    /// It is being changed.
    Updating,
    /// A broker is restarted.
    RebootingBroker,
    /// It is being deleted.
    Deleting,
}

impl fmt::Display for ClusterState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "not there yet",
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Healing => "HEALING",
            Self::Updating => "UPDATING",
            Self::RebootingBroker => "REBOOTING_BROKER",
            Self::Deleting => "DELETING",
        })
    }
}

impl Control {
    /// A call is refused in the state that the cluster is in.
    pub(super) fn refusal(&self, error: &str) -> String {
        format!("{error}: the cluster is {}", self.state)
    }

    /// A broker is being replaced: the cluster heals itself.
    pub(super) fn begin_healing(&mut self) {
        if self.state == ClusterState::Active {
            self.state = ClusterState::Healing;
        }
    }

    /// The cluster has healed once all its brokers work.
    pub(super) fn may_be_healed(&mut self, cx: &Scope<'_>) {
        let mut nodes = self.nodes.pairs();
        if self.state == ClusterState::Healing
            && nodes.all(|(broker, node)| cx.net.is_up(broker) || !node.exists)
        {
            self.state = ClusterState::Active;
        }
    }

    /// CreateCluster.
    pub(super) fn create_cluster(&mut self, cx: &mut Scope<'_>) -> Result<String, String> {
        if self.state != ClusterState::Absent {
            return Err(self.refusal("ConflictException"));
        }
        self.state = ClusterState::Creating;
        let takes = cx.config.cluster.operation.create;
        cx.queue.after(takes, Timer::Control(Event::Rolling));
        Ok(format!("CREATING, ACTIVE in {takes}"))
    }

    /// CREATING is over: producers get their metadata, and what waited for them goes on.
    pub(super) fn cluster_created(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        self.settle_bill(cx.now(), rooms.brokers, cx.config);
        self.state = ClusterState::Active;
        cx.probe.end_wait(Limit::Absent.at(0), cx.queue.now());
        cx.probe
            .happened(cx.queue.now(), "cluster", "ACTIVE", String::new());
        rooms.producers.cluster_created(cx);
    }

    /// DeleteCluster: brokers and volumes are gone.
    pub(super) fn delete_cluster(
        &mut self,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        if self.state != ClusterState::Active {
            return Err(self.refusal("BadRequestException"));
        }
        let now = cx.now();
        self.settle_bill(now, rooms.brokers, cx.config);
        self.state = ClusterState::Deleting;
        cx.probe.begin_wait(Limit::Absent.at(0), cx.queue.now());
        for broker in self.nodes.ids() {
            self.crash(broker, false, "deleted", rooms, cx);
            self.nodes[broker].exists = false;
        }
        for at in rooms.brokers.partition_ids() {
            // Whatever could be read has no time left to be read in.
            if rooms.brokers.delete_all_segments(at, now) {
                rooms.groups.skip_deleted(at, rooms.brokers, cx);
            }
            cx.probe.close_lane(at.number(), now);
        }
        Ok("DELETING".to_owned())
    }

    /// Retention: whole files are deleted, oldest first.
    pub(super) fn check_retention(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        for at in rooms.brokers.partition_ids() {
            if rooms.brokers.delete_old_segments(at, cx.now()) {
                rooms.groups.skip_deleted(at, rooms.brokers, cx);
            }
        }
        self.check_volumes(rooms, cx);
        cx.queue.after(
            cx.config.cluster.retention_check,
            Timer::Control(Event::Retention),
        );
    }
}
