//! Produce requests in a slab: each carries batches for the partitions that one broker leads.

use crate::engine::Ticket;
use crate::platform::kafka::config::Acks;
use crate::platform::kafka::ids::{BatchId, BrokerId, ProducerId, RequestId, Slots};
use crate::units::{Nanos, SimTime};

/// Where a produce request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::platform::kafka) enum Stage {
    /// On its way to the broker, or in the broker's queues; a timer will move it on.
    #[default]
    Moving,
    /// Arrived behind another one of its connection that is not answered; no timer moves it on.
    Held,
    /// Sent to a broker that does not answer; nothing but a time-out will come.
    Void,
    /// Appended, waiting for replicas; no timer moves it on.
    Waiting,
    /// Its answer is on its way.
    Answered,
}

/// A produce request: batches for the partitions that one broker leads.
#[derive(Clone, Debug)]
pub(in crate::platform::kafka) struct Request {
    /// The producer that sent it.
    pub producer: ProducerId,
    /// The zone that its producer runs in.
    pub zone: u32,
    /// The broker that it goes to.
    pub broker: BrokerId,
    /// Its batches, at most one for each partition.
    pub batches: Vec<BatchId>,
    /// Bytes of all batches.
    pub bytes: u64,
    /// Which acknowledgement its producer wants.
    pub acks: Acks,
    /// `request.timeout.ms` of its producer.
    pub timeout: Nanos,
    /// Batches whose replication it still waits for.
    pub awaited: u32,
    /// Where it is.
    pub stage: Stage,
    /// Which use of its slot this is.
    pub ticket: Ticket,
    /// When it was sent.
    pub sent_at: SimTime,
    /// When it reached its broker for the first time.
    pub arrived_at: Option<SimTime>,
    /// Whether the connection broke before an answer.
    pub broken: bool,
    /// Whether its batches have gone on without it.
    pub void: bool,
    /// Whether its slot is in use.
    pub open: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            producer: ProducerId::new(0),
            zone: 0,
            broker: BrokerId::new(0),
            batches: Vec::new(),
            bytes: 0,
            acks: Acks::All,
            timeout: Nanos::ZERO,
            awaited: 0,
            stage: Stage::Moving,
            ticket: Ticket::FIRST,
            sent_at: SimTime::ZERO,
            arrived_at: None,
            broken: false,
            void: false,
            open: false,
        }
    }
}

impl Request {
    /// It is a new request to a broker, without batches.
    #[inline]
    pub(in crate::platform::kafka) fn begin(
        &mut self,
        producer: ProducerId,
        zone: u32,
        broker: BrokerId,
    ) {
        (self.producer, self.zone, self.broker) = (producer, zone, broker);
        (self.bytes, self.awaited, self.stage) = (0, 0, Stage::Moving);
        (self.broken, self.void, self.open) = (false, false, true);
        self.arrived_at = None;
    }
}

/// Produce requests; slots of ended ones are used again.
#[derive(Clone, Debug, Default)]
pub(in crate::platform::kafka) struct Requests {
    all: Slots<RequestId, Request>,
    free: Vec<RequestId>,
}

impl Requests {
    /// Takes a slot for a new request; its owner says what it is.
    #[inline]
    pub(in crate::platform::kafka) fn open(&mut self) -> RequestId {
        match self.free.pop() {
            Some(id) => id,
            None => self.all.push(Request::default()),
        }
    }

    /// Gives a request back.
    #[inline]
    pub(in crate::platform::kafka) fn close(&mut self, id: RequestId) {
        let request = &mut self.all[id];
        request.batches.clear();
        request.open = false;
        request.ticket.advance();
        self.free.push(id);
    }

    /// All slots, in use or not.
    pub(in crate::platform::kafka) fn ids(&self) -> impl Iterator<Item = RequestId> + use<> {
        self.all.ids()
    }

    /// All requests that are under way and whose batches have not gone on without them.
    pub(in crate::platform::kafka) fn under_way(
        &self,
    ) -> impl Iterator<Item = (RequestId, &Request)> {
        let all = self.all.pairs();
        all.filter(|(_, request)| request.open && !request.void)
    }
}

impl std::ops::Index<RequestId> for Requests {
    type Output = Request;
    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.all[id]
    }
}

impl std::ops::IndexMut<RequestId> for Requests {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.all[id]
    }
}
