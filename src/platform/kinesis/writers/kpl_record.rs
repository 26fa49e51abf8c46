//! Records of the stream that the KPL makes: aggregates of user records, and user records that go alone.

use crate::platform::kinesis::ExplicitHash;
use crate::platform::kinesis::ids::{KplRecordId, ShardId, Slots};
use crate::platform::kinesis::stream::hash::HashKey;
use crate::units::SimTime;
use crate::workload::{NO_KEY, Record};

/// Decimal digits of nearly every explicit hash key `[B]`.
const EXPLICIT_BYTES: u64 = 39;
/// Marks the size of a user record that is stored while its producer does not know.
const STORED: u32 = 1 << 31;

/// Whether a user record is stored while its producer does not know.
#[inline]
pub(super) fn is_stored(record: &Record) -> bool {
    record.bytes & STORED != 0
}

/// The size of a user record without its key `[B]`.
#[inline]
pub(super) fn data_bytes(record: &Record) -> u32 {
    record.bytes & !STORED
}

/// The user record, marked as stored.
pub(super) fn marked_stored(record: Record) -> Record {
    Record {
        bytes: record.bytes | STORED,
        ..record
    }
}

/// The number of user records that are not stored.
pub(super) fn unstored(records: &[Record]) -> u64 {
    let fresh = |record: &&Record| !is_stored(record);
    records.iter().filter(fresh).count() as u64
}

/// What is written on a record of the stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Label {
    /// Its size with its key `[B]`.
    pub(super) bytes: u64,
    /// The hash key that it is sent to.
    pub(super) hash: HashKey,
    /// When it should be sent at the latest.
    pub(super) deadline: SimTime,
}

/// A record of the stream on its way, with the user records that it carries.
#[derive(Clone, Debug, Default)]
pub(super) struct KplRecord {
    /// Its user records; their size is that of the data, perhaps marked as stored.
    pub(super) records: Vec<Record>,
    /// The shard that it was made for; nothing while the shard map is unknown.
    pub(super) predicted: Option<ShardId>,
    /// Size, hash key and deadline.
    pub(super) label: Label,
    /// Whether a shard stored it and its user records belong there.
    pub(super) stored: bool,
    /// Whether a shard refused it for its limits.
    pub(super) throttled: bool,
}

/// All records of the KPL on their way; finished ones are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct KplRecords {
    all: Slots<KplRecordId, KplRecord>,
    free: Vec<KplRecordId>,
}

impl KplRecords {
    /// A record without user records.
    pub(super) fn open(&mut self) -> KplRecordId {
        match self.free.pop() {
            Some(id) => id,
            None => self.all.push(KplRecord::default()),
        }
    }

    /// The record, to be read.
    pub(super) fn get(&self, id: KplRecordId) -> &KplRecord {
        &self.all[id]
    }

    /// The record, to be changed.
    pub(super) fn get_mut(&mut self, id: KplRecordId) -> &mut KplRecord {
        &mut self.all[id]
    }

    /// Gives a record back.
    pub(super) fn close(&mut self, id: KplRecordId) {
        self.all[id].records.clear();
        self.free.push(id);
    }

    /// User records in all of them that are not stored.
    pub(super) fn held(&self) -> u64 {
        let open = self.all.iter().filter(|record| !record.stored);
        open.map(|record| unstored(&record.records)).sum()
    }
}

/// The number of a record's partition key in the key table of an aggregate. Records without a key of their own
/// are given one each: none is in the table twice.
pub(super) fn key_in_table(record: &Record) -> u32 {
    if record.key == NO_KEY {
        u32::MAX - record.serial
    } else {
        record.key
    }
}

/// The number and size of a record's explicit hash key in the table of an aggregate. A uniform hash key is
/// another one for each record; a fixed one stands in the table once.
pub(super) fn explicit_in_table(explicit: ExplicitHash, record: &Record) -> Option<(u32, u64)> {
    match explicit {
        ExplicitHash::None => None,
        ExplicitHash::Uniform => Some((record.serial, EXPLICIT_BYTES)),
        ExplicitHash::Fixed(_) => Some((0, EXPLICIT_BYTES)),
    }
}
