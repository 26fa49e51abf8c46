//! The rooms below the control room, and the messages that they leave for each other.

use super::super::broker::Brokers;
use super::super::group::Groups;
use super::super::producer::Producers;
use super::super::wire::{Message, Scope};

/// The rooms below.
pub(in crate::platform::kafka) struct Rooms<'a> {
    /// The producers' room.
    pub producers: &'a mut Producers,
    /// The brokers' room.
    pub brokers: &'a mut Brokers,
    /// The consumer groups' room.
    pub groups: &'a mut Groups,
}

impl Rooms<'_> {
    /// Delivers what rooms have left for each other.
    #[inline]
    pub(in crate::platform::kafka) fn deliver(&mut self, cx: &mut Scope<'_>) {
        if !cx.wire.outbox.is_empty() {
            self.deliver_all(cx);
        }
    }

    /// Delivers messages until there are none.
    #[cold]
    fn deliver_all(&mut self, cx: &mut Scope<'_>) {
        let mut next = 0;
        while let Some(message) = cx.wire.outbox.get(next).copied() {
            next += 1;
            match message {
                Message::KeepQuiet {
                    producer,
                    broker,
                    until,
                } => self.producers.keep_quiet(producer, broker, until),
                Message::GivenUp {
                    request,
                    producer,
                    broker,
                    waited,
                } => {
                    self.brokers
                        .drop_request(request, producer, broker, waited, cx);
                }
                Message::FencedOff(producer) => {
                    self.brokers.forget_producer(producer, cx);
                    self.producers.replace_fenced(producer, cx);
                }
                Message::Abandoned {
                    partition,
                    offset,
                    records,
                } => self.brokers.abandon(partition, offset, records),
            }
        }
        cx.wire.outbox.clear();
    }
}
