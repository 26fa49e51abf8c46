//! A member closes its consumer in good order: it commits and leaves the group.
//!
//! # Source
//! Apache Kafka 3.9, `KafkaConsumer.close`.

use super::{CallEntry, Request};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;
use crate::platform::kafka::config::worker_of;

/// A member closes its consumer in good order: it commits and leaves the group.
#[derive(Clone, Debug)]
pub struct CloseConsumer {
    /// The application.
    pub consumer: String,
    /// The worker, from 0.
    pub worker: u32,
}

impl Request for CloseConsumer {
    fn read(from: &CallEntry<'_>) -> Self {
        let (consumer, worker) = worker_of(&from.part(), from.workload);
        Self { consumer, worker }
    }

    fn make(
        &self,
        _: &mut Control,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let Self { consumer, worker } = self;
        rooms.groups.close_member(consumer, *worker, rooms.brokers, cx)
    }
}
