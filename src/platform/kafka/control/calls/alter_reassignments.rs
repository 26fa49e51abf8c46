//! AlterPartitionReassignments: replicas are spread evenly over all brokers.
//!
//! # Source
//! Apache Kafka 3.9, `Admin.java`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// AlterPartitionReassignments: replicas are spread evenly over all brokers.
#[derive(Clone, Debug)]
pub struct AlterReassignments;

impl Request for AlterReassignments {
    fn read(_: &CallEntry<'_>) -> Self {
        Self
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.reassign(rooms, cx)
    }
}
