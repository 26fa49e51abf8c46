//! The parts of a partition: places, copies, readers' cursors, files, requests that wait.

use super::super::ids::{BatchId, BrokerId, RequestId, SessionId};
use crate::engine::Ticket;
use crate::units::{Nanos, SimTime};

/// A place in the log at a batch's border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Position {
    /// Records before it.
    pub offset: u64,
    /// Bytes of batches before it.
    pub bytes: u64,
}

/// A copy of the partition, and what the leader knows of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replica {
    /// The broker.
    pub broker: BrokerId,
    /// What its volume holds; of the leader's own copy see `Partition::end`.
    pub end: Position,
    /// How far it was sent.
    pub sent: Position,
    /// How far it has said to be in this epoch: the offset of its newest fetch.
    pub known: Position,
    /// Whether the leader counts it as in sync.
    pub in_sync: bool,
    /// Whether the leader has asked for its removal from the in-sync set.
    pub leaving: bool,
    /// When it last had everything that the leader had at its fetch before.
    pub caught_up_at: SimTime,
    /// Where the log ended at its newest fetch.
    pub end_at_fetch: u64,
    /// Whether it is listed as having something to fetch.
    pub dirty: bool,
    /// Whether it is being filled by a reassignment.
    pub moving: bool,
}

impl Replica {
    /// A replica of an empty partition.
    #[must_use]
    pub(super) fn new(broker: BrokerId) -> Self {
        Self {
            broker,
            end: Position::default(),
            sent: Position::default(),
            known: Position::default(),
            in_sync: true,
            leaving: false,
            caught_up_at: SimTime::ZERO,
            end_at_fetch: 0,
            dirty: false,
            moving: false,
        }
    }
}

/// Where a consumer group stands in the partition.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Cursor {
    /// The next record to fetch.
    pub fetched: Position,
    /// Everything before was processed once, has expired or was skipped.
    pub seen: u64,
    /// The owner has processed everything before.
    pub done: u64,
    /// The committed offset.
    pub committed: u64,
    /// Records that the owner holds and nobody has processed before.
    pub outstanding: u64,
    /// What is hidden from its readers before this is booked.
    pub passed: u64,
    /// Whether its readers are given nothing but what is committed.
    pub reads_committed: bool,
    /// Whether its application commits the offset of the last record and one more, not the consumer's position.
    pub commits_record_offsets: bool,
    /// Whether it is listed as having something to fetch.
    pub dirty: bool,
    /// Whether the fetch under way leaves the partition out, because its owner has records of it in its buffer.
    pub left_out: bool,
    /// Whether the group knows the partition.
    pub known: bool,
    /// The fetch session that reads the partition for the group, if there is one.
    pub reader: Option<SessionId>,
    /// The assignment epoch: it changes when the partition is given to an owner or set back, and answers of
    /// fetches from before are void.
    pub assignment: Ticket,
}

/// A file of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Where it begins.
    pub base: Position,
    /// When it was begun.
    pub created: SimTime,
    /// When its newest record was appended.
    pub newest: SimTime,
    /// How long before the run that was; zero for a file of the run.
    pub before: Nanos,
}

impl Segment {
    /// A file that is begun at `base`.
    #[must_use]
    pub(super) fn begun(base: Position, now: SimTime) -> Self {
        Self {
            base,
            created: now,
            newest: now,
            before: Nanos::ZERO,
        }
    }

    /// How long ago its newest record was appended.
    #[must_use]
    pub(super) fn age(&self, now: SimTime) -> Nanos {
        now.since(self.newest) + self.before
    }
}

/// When a new file of the log is begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roll {
    /// `segment.bytes` `[B]`.
    pub bytes: u64,
    /// `segment.ms`.
    pub age: Nanos,
}

/// A produce request that waits for the in-sync replicas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// The offset that the high watermark must reach.
    pub offset: u64,
    /// The request.
    pub request: RequestId,
    /// The batch in it.
    pub batch: BatchId,
    /// When it was appended.
    pub since: SimTime,
}
