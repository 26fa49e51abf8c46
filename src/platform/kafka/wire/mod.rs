//! What passes between the rooms: record batches and produce requests in slabs, named by identities, and messages
//! that a room leaves for another one.
//!
//! The contents of a batch and of a request are the message itself: the producer writes them, the broker reads
//! them and adds its answer.

mod batches;
mod calls;
mod requests;

pub(super) use batches::{BatchRecord, Batches, RecordBatch, Storage};
pub(super) use calls::{Call, CallKind, Refusal};
pub(super) use requests::{Request, Requests, Stage};

use super::config::Config;
use super::ids::{BrokerId, PartitionId, ProducerId, RequestId, Slots};
use super::net::Net;
use super::{Event, producer};
use crate::engine::Queue;
use crate::probe::Recorder;
use crate::units::SimTime;

/// What a room works with beside its own state.
pub(super) struct Scope<'a> {
    /// The timers.
    pub queue: &'a mut Queue<Event>,
    /// What happens is reported to it.
    pub probe: &'a mut Recorder,
    /// The settings.
    pub config: &'a Config,
    /// Who reaches whom, and how fast.
    pub net: &'a mut Net,
    /// Batches, requests and messages between rooms.
    pub wire: &'a mut Wire,
}

impl Scope<'_> {
    /// The instant of the event that is handled.
    #[inline]
    pub(super) fn now(&self) -> SimTime {
        self.queue.now()
    }
}

/// What one room tells another one. Kafka's dispatcher delivers messages after each event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Message {
    /// A broker asks a producer to send nothing before `until`: the producer is over its quota.
    KeepQuiet {
        /// The producer.
        producer: ProducerId,
        /// The broker.
        broker: BrokerId,
        /// The end of the quiet time.
        until: SimTime,
    },
    /// A producer has given up a request: the connection that it came on is closed.
    GivenUp {
        /// The request.
        request: RequestId,
        /// The producer.
        producer: ProducerId,
        /// The broker.
        broker: BrokerId,
        /// The request that carries its batches from now on, if the old one waited for replicas.
        waited: Option<RequestId>,
    },
    /// A producer was told that it is fenced off: its process ends and another one begins.
    FencedOff(ProducerId),
    /// A producer has given up a batch that is in the log.
    Abandoned {
        /// The partition.
        partition: PartitionId,
        /// The offset of the batch's first record.
        offset: u64,
        /// Records of the batch.
        records: u64,
    },
}

/// Batches, requests and messages under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire {
    /// The record batches.
    pub batches: Batches,
    /// The produce requests.
    pub requests: Requests,
    /// The call of each producer to the coordinator of its transactions.
    pub calls: Slots<ProducerId, Call>,
    /// Messages that are not delivered yet.
    pub outbox: Vec<Message>,
}

impl Wire {
    /// No answer will come: the client will give the request up when `request.timeout.ms` is over.
    pub(super) fn expect_timeout(&self, request: RequestId, queue: &mut Queue<Event>) {
        let sent = &self.requests[request];
        let at = (sent.sent_at + sent.timeout).max(queue.now());
        let ticket = sent.ticket;
        let event = producer::Event::ClientTimeout { request, ticket };
        queue.at(at, Event::Producer(event));
    }
}
