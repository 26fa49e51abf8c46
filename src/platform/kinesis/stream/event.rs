//! The timers of the stream and the messages that it sends to its clients.

use crate::platform::kinesis::ids::{CallId, ChangeId, FaultId, ShardId};

use super::lineage::Change;

/// A timer of the stream.
#[derive(Clone, Copy, Debug)]
pub enum StreamEvent {
    /// A second is over.
    Second,
    /// The operator makes a call.
    Call(CallId),
    /// A fault begins.
    FaultBegins(FaultId),
    /// A fault ends.
    FaultEnds(FaultId),
    /// A split or merge is done.
    Changed(ChangeId),
    /// An operation that changes no shard is done.
    Settled,
    /// CREATING or DELETING is over.
    LifecycleStep,
    /// UpdateMaxRecordSize is done; the new limit `[KiB]`.
    RecordSize(u32),
    /// Encryption is switched on or off.
    Encrypted(bool),
    /// The records of a closed shard are older than the retention period.
    ShardExpired(ShardId),
    /// On-demand mode: a shard is split now.
    SplitDue(ShardId),
    /// The auto-scaling policy looks at its metrics.
    Policy,
}

/// What the stream tells its producers and consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A record was stored in a shard on which a subscription waits.
    Stored(ShardId),
    /// A split or merge is done: parents are closed, children are open.
    Resharded(Resharding),
}

/// A split or merge that is done, while its clients do not know it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resharding {
    /// The split or merge.
    pub(crate) change: Change,
    /// Whether the stream was UPDATING before.
    pub(super) was_updating: bool,
}
