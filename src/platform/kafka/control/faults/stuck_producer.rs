//! `stuck-producer`: an application that produces stands still.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::ids::ProducerId;
use crate::platform::kafka::wire::Scope;

/// A producer's application stands still while its sender goes on: it neither sends nor ends its transaction.
#[derive(Clone, Debug)]
pub struct StuckProducer {
    /// The producer.
    producer: ProducerId,
}

impl Fault for StuckProducer {
    fn read(from: &Entry<'_>) -> Option<Self> {
        Some(Self { producer: from.producer() })
    }

    fn text(&self) -> String {
        format!("producer {} is stuck", self.producer.number() + 1)
    }

    fn begin(&self, _: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.producers.get_stuck(self.producer, cx);
    }

    fn end(&self, _: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.producers.get_going(self.producer, cx);
    }
}
