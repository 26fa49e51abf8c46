//! `stuck-member`: an application stands still.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// A member's application stands still while its heartbeats go on.
#[derive(Clone, Debug)]
pub struct StuckMember {
    /// The consumer.
    consumer: String,
    /// The worker, from 0.
    worker: u32,
}

impl Fault for StuckMember {
    fn read(from: &Entry<'_>) -> Option<Self> {
        let (consumer, worker) = from.worker();
        Some(Self { consumer, worker })
    }

    fn text(&self) -> String {
        format!("worker {} of {} is stuck", self.worker + 1, self.consumer)
    }

    fn begin(&self, _: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.groups.set_stuck(&self.consumer, self.worker, true, rooms.brokers, cx);
    }

    fn end(&self, _: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.groups.set_stuck(&self.consumer, self.worker, false, rooms.brokers, cx);
    }
}
