//! CreatePartitions: the topic shall have so many partitions.
//!
//! # Source
//! Apache Kafka 3.9, `Admin.java`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// CreatePartitions: the topic shall have so many partitions.
#[derive(Clone, Debug)]
pub struct CreatePartitions {
    /// The new number `[partitions]`. Kafka refuses a number that is not larger than the present one.
    pub count: i64,
}

impl Request for CreatePartitions {
    fn read(from: &CallEntry<'_>) -> Self {
        Self {
            count: from.part().need("count"),
        }
    }

    fn make(
        &self,
        control: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        control.create_partitions(self.count, rooms, cx)
    }
}
