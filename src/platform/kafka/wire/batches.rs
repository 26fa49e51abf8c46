//! Record batches in a slab: a producer fills them, a broker stores them and adds its answer.

use crate::platform::kafka::batch::BATCH_OVERHEAD;
use crate::platform::kafka::errors::Error;
use crate::platform::kafka::ids::{BatchId, PartitionId, ProducerId, Slots};
use crate::probe::{Limit, Sending};
use crate::units::SimTime;
use crate::workload::Record;

/// A record as a batch carries it.
#[derive(Clone, Copy, Debug)]
pub(in crate::platform::kafka) struct BatchRecord {
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
pub(in crate::platform::kafka) enum Storage {
    /// In no log.
    Nowhere,
    /// In its partition's log, from this offset on.
    At(u64),
    /// Only on a broker that had been replaced as leader; they were counted as lost when it acknowledged them.
    OnZombieLeader,
}

/// A batch of one partition, from its first record until its producer is done with it.
#[derive(Clone, Debug)]
pub(in crate::platform::kafka) struct RecordBatch {
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
    /// When it was sent for the first time and the last, and when it arrived then.
    pub sending: Sending,
    /// The producer id of the process that it belongs to, once it was sent.
    pub producer_id: u32,
    /// The epoch that the number belongs to.
    pub epoch: u16,
    /// What the leader said to it last.
    pub answer: Option<Error>,
    /// The limit that it met in its last attempt, if it failed for one.
    pub met: Option<Limit>,
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
        self.met = None;
        self.sending = Sending::default();
    }

    /// It is sent at `leaves`.
    #[inline]
    pub(in crate::platform::kafka) fn sent(&mut self, leaves: SimTime) {
        if self.sending.last == SimTime::ZERO {
            self.sending.first = leaves;
        }
        self.sending.last = leaves;
    }

    /// How many records it has.
    #[inline]
    pub(in crate::platform::kafka) fn count(&self) -> u64 {
        self.records.len() as u64
    }

    /// How many records it has, as sequence numbers count.
    #[inline]
    pub(in crate::platform::kafka) fn numbers(&self) -> u32 {
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
            sending: Sending::default(),
            producer_id: 0,
            epoch: 0,
            answer: None,
            met: None,
            restored: false,
            split: false,
            open: false,
        }
    }
}

/// All batches of a system. A slot that is free is used again with its room for records, so that nothing is
/// allocated for a batch.
#[derive(Clone, Debug, Default)]
pub(in crate::platform::kafka) struct Batches {
    all: Slots<BatchId, RecordBatch>,
    free: Vec<BatchId>,
}

impl Batches {
    /// Takes a slot for a new batch.
    pub(in crate::platform::kafka) fn open(
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
    pub(in crate::platform::kafka) fn open_ones(
        &mut self,
    ) -> impl Iterator<Item = &mut RecordBatch> {
        self.all.iter_mut().filter(|batch| batch.open)
    }

    /// Gives a batch back.
    pub(in crate::platform::kafka) fn close(&mut self, id: BatchId) {
        let batch = &mut self.all[id];
        batch.records.clear();
        batch.reset();
        self.free.push(id);
    }

    /// Records in batches that are stored nowhere.
    pub(in crate::platform::kafka) fn held(&self) -> u64 {
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
