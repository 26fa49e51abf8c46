//! What passes between the rooms: record batches and produce requests in slabs, named by identities, and messages
//! that a room leaves for another one.
//!
//! The contents of a batch and of a request are the message itself: the producer writes them, the broker reads
//! them and adds its answer.

use super::batch::BATCH_OVERHEAD;
use super::config::{Acks, Config};
use super::errors::Error;
use super::ids::{BatchId, BrokerId, PartitionId, ProducerId, RequestId, Slots};
use super::net::Net;
use super::{Event, producer};
use crate::engine::{Queue, Ticket};
use crate::probe::Recorder;
use crate::units::{Nanos, SimTime};
use crate::workload::Record;

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

/// A record as a batch carries it.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchRecord {
    /// When its application meant to send it.
    pub at: SimTime,
    /// Its key, an index into the key space, or `NO_KEY`.
    pub key: u32,
    /// The size of its data, without the key `[B]`.
    pub bytes: u32,
    /// Its number in the run; a replication makes fewer than 2^32 records.
    pub serial: u32,
}

impl From<&Record> for BatchRecord {
    #[inline]
    fn from(record: &Record) -> Self {
        Self {
            at: record.at,
            key: record.key,
            bytes: record.bytes,
            serial: record.serial,
        }
    }
}

/// Where the records of a batch are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// In no log.
    Nowhere,
    /// In its partition's log, from this offset on.
    At(u64),
    /// Only on a broker that had been replaced as leader; they were counted as lost when it acknowledged them.
    OnZombieLeader,
}

/// A batch of one partition, from its first record until its producer is done with it.
#[derive(Clone, Debug)]
pub(super) struct RecordBatch {
    /// Its producer.
    pub producer: ProducerId,
    /// Its partition.
    pub partition: PartitionId,
    /// Its records.
    pub records: Vec<BatchRecord>,
    /// Its size so far, after compression `[B]`.
    pub bytes: u64,
    /// What it takes of `buffer.memory` `[B]`.
    pub memory: u64,
    /// When its first record was appended.
    pub created: SimTime,
    /// Before this it is not sent again.
    pub retry_at: SimTime,
    /// Where the leader stored it first.
    pub storage: Storage,
    /// Number of its first record among those of its producer for its partition.
    pub sequence: u32,
    /// How often it was sent.
    pub attempts: u32,
    /// The producer id of the process that it belongs to, once it was sent.
    pub producer_id: u32,
    /// The epoch that the number belongs to.
    pub epoch: u16,
    /// What the leader said to it last.
    pub answer: Option<Error>,
    /// Whether it was stored before and cut off with its leader.
    pub restored: bool,
    /// Whether it came from a batch that was too large.
    pub split: bool,
    /// Whether its slot is in use.
    pub open: bool,
}

impl RecordBatch {
    /// Makes its slot free: all is as in a new one, apart from the room for records.
    #[inline]
    fn reset(&mut self) {
        (self.bytes, self.retry_at) = (BATCH_OVERHEAD, SimTime::ZERO);
        (self.storage, self.answer, self.attempts) = (Storage::Nowhere, None, 0);
        (self.restored, self.split, self.open) = (false, false, false);
    }

    /// How many records it has.
    #[inline]
    pub(super) fn count(&self) -> u64 {
        self.records.len() as u64
    }

    /// How many records it has, as sequence numbers count.
    #[inline]
    pub(super) fn numbers(&self) -> u32 {
        self.records.len() as u32
    }
}

impl Default for RecordBatch {
    fn default() -> Self {
        Self {
            producer: ProducerId::new(0),
            partition: PartitionId::new(0),
            records: Vec::new(),
            bytes: BATCH_OVERHEAD,
            memory: 0,
            created: SimTime::ZERO,
            retry_at: SimTime::ZERO,
            storage: Storage::Nowhere,
            sequence: 0,
            attempts: 0,
            producer_id: 0,
            epoch: 0,
            answer: None,
            restored: false,
            split: false,
            open: false,
        }
    }
}

/// All batches of a system. A slot that is free is used again with its room for records, so that nothing is
/// allocated for a batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    all: Slots<BatchId, RecordBatch>,
    free: Vec<BatchId>,
}

impl Batches {
    /// Takes a slot for a new batch.
    pub(super) fn open(
        &mut self,
        producer: ProducerId,
        partition: PartitionId,
        created: SimTime,
        memory: u64,
    ) -> BatchId {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.all.push(RecordBatch::default()),
        };
        let batch = &mut self.all[id];
        // A slot that is free is as `RecordBatch::default()`, apart from its room for records.
        (batch.producer, batch.partition) = (producer, partition);
        (batch.memory, batch.created, batch.open) = (memory, created, true);
        id
    }

    /// All batches in use.
    pub(super) fn open_ones(&mut self) -> impl Iterator<Item = &mut RecordBatch> {
        self.all.iter_mut().filter(|batch| batch.open)
    }

    /// Gives a batch back.
    pub(super) fn close(&mut self, id: BatchId) {
        let batch = &mut self.all[id];
        batch.records.clear();
        batch.reset();
        self.free.push(id);
    }

    /// Records in batches that are stored nowhere.
    pub(super) fn held(&self) -> u64 {
        let all = self.all.iter();
        let unstored = all.filter(|batch| batch.open && batch.storage == Storage::Nowhere);
        unstored.map(RecordBatch::count).sum()
    }
}

impl std::ops::Index<BatchId> for Batches {
    type Output = RecordBatch;
    #[inline]
    fn index(&self, id: BatchId) -> &RecordBatch {
        &self.all[id]
    }
}

impl std::ops::IndexMut<BatchId> for Batches {
    #[inline]
    fn index_mut(&mut self, id: BatchId) -> &mut RecordBatch {
        &mut self.all[id]
    }
}

/// Where a produce request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
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
pub(super) struct Request {
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
            broken: false,
            void: false,
            open: false,
        }
    }
}

impl Request {
    /// It is a new request to a broker, without batches.
    #[inline]
    pub(super) fn begin(&mut self, producer: ProducerId, zone: u32, broker: BrokerId) {
        (self.producer, self.zone, self.broker) = (producer, zone, broker);
        (self.bytes, self.awaited, self.stage) = (0, 0, Stage::Moving);
        (self.broken, self.void, self.open) = (false, false, true);
    }
}

/// Produce requests; slots of ended ones are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    all: Slots<RequestId, Request>,
    free: Vec<RequestId>,
}

impl Requests {
    /// Takes a slot for a new request; its owner says what it is.
    #[inline]
    pub(super) fn open(&mut self) -> RequestId {
        match self.free.pop() {
            Some(id) => id,
            None => self.all.push(Request::default()),
        }
    }

    /// Gives a request back.
    #[inline]
    pub(super) fn close(&mut self, id: RequestId) {
        let request = &mut self.all[id];
        request.batches.clear();
        request.open = false;
        request.ticket.advance();
        self.free.push(id);
    }

    /// All slots, in use or not.
    pub(super) fn ids(&self) -> impl Iterator<Item = RequestId> + use<> {
        self.all.ids()
    }

    /// All requests that are under way and whose batches have not gone on without them.
    pub(super) fn under_way(&self) -> impl Iterator<Item = (RequestId, &Request)> {
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
