//! `producer-crash`: a producer's process ends without a word, and another one begins.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::ids::ProducerId;
use crate::platform::kafka::wire::Scope;

/// A producer's process is gone with what it held; at the end another one begins. With a `transactional.id` that one
/// fences off the one before and has its open transaction aborted.
#[derive(Clone, Debug)]
pub struct ProducerCrash {
    /// The producer.
    producer: ProducerId,
}

impl Fault for ProducerCrash {
    fn read(from: &Entry<'_>) -> Option<Self> {
        Some(Self { producer: from.producer() })
    }

    fn text(&self) -> String {
        format!("producer {} has crashed", self.producer.number() + 1)
    }

    fn begin(&self, _: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.brokers.forget_producer(self.producer, cx);
        rooms.producers.goes_down(self.producer, cx);
        rooms.deliver(cx);
    }

    fn end(&self, _: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.producers.comes_up(self.producer, cx);
    }
}
