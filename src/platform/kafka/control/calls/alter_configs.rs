//! IncrementalAlterConfigs of the topic.
//!
//! # Source
//! Apache Kafka 3.9, `Admin.java`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// IncrementalAlterConfigs of the topic.
#[derive(Clone, Debug)]
pub struct AlterConfigs {
    /// `retention.ms`; -1 is for ever.
    pub retention: Option<i64>,
    /// `max.message.bytes`.
    pub message_max: Option<u64>,
    /// `min.insync.replicas`.
    pub min_isr: Option<u64>,
    /// `unclean.leader.election.enable`.
    pub unclean: Option<bool>,
}

impl Request for AlterConfigs {
    fn read(from: &CallEntry<'_>) -> Self {
        let part = from.part();
        Self {
            retention: part.get("retention.ms"),
            message_max: part.get("max.message.bytes"),
            min_isr: part.get("min.insync.replicas"),
            unclean: part.get("unclean.leader.election.enable"),
        }
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.alter_configs(self, rooms, cx)
    }
}
