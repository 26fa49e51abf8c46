//! The timers of the consumer applications.

use crate::engine::Ticket;
use crate::platform::kinesis::ids::{AppId, ShardId, WorkerId};

/// A timer of the consumer applications.
///
/// The ticket of a shard is that of its lease: void once the lease has another holder. The ticket of a worker
/// is void once the worker has crashed, that of a lane once the lane goes on without the timer.
#[derive(Clone, Copy, Debug)]
#[allow(
    missing_docs,
    reason = "the fields are the application, the shard, worker or lane and the ticket that the item describes"
)]
pub enum AppEvent {
    /// A GetRecords call reaches a shard.
    Poll {
        app: AppId,
        shard: ShardId,
        ticket: Ticket,
    },
    /// The answer of GetRecords reaches the holder of the lease.
    Read {
        app: AppId,
        shard: ShardId,
        ticket: Ticket,
    },
    /// A worker is done with a slice.
    Done {
        app: AppId,
        worker: WorkerId,
        ticket: Ticket,
    },
    /// The buffer that a worker fills for its sink may be due.
    SinkDue {
        app: AppId,
        worker: WorkerId,
        ticket: Ticket,
    },
    /// The sink has the buffer of a worker.
    SinkDone {
        app: AppId,
        worker: WorkerId,
        ticket: Ticket,
    },
    /// Lambda: the function returns from the batch of a lane of a shard.
    Returned {
        app: AppId,
        shard: ShardId,
        lane: u8,
        ticket: Ticket,
    },
    /// Lambda: a batching window or a back-off of a lane of a shard is over.
    LaneDue {
        app: AppId,
        shard: ShardId,
        lane: u8,
        ticket: Ticket,
    },
    /// Enhanced fan-out: a subscription is over, or a refused one may be tried again.
    Subscribe {
        app: AppId,
        shard: ShardId,
        ticket: Ticket,
    },
    /// Enhanced fan-out: the time is over in which records gather for an event.
    Push {
        app: AppId,
        shard: ShardId,
        ticket: Ticket,
    },
    /// Enhanced fan-out: an event reaches the holder of the lease.
    Deliver {
        app: AppId,
        shard: ShardId,
        ticket: Ticket,
    },
    /// An application is deployed.
    Deploy(AppId),
    /// A Flink job takes a snapshot.
    Snapshot(AppId),
    /// KCL 3: the leader assigns leases.
    Assign(AppId),
    /// KCL 1 and 2: a worker scans the lease table.
    Take {
        app: AppId,
        worker: WorkerId,
        ticket: Ticket,
    },
    /// KCL: a worker renews its leases on a table with provisioned capacity.
    Renew {
        app: AppId,
        worker: WorkerId,
        ticket: Ticket,
    },
    /// KCL: a worker on such a table looks which leases it holds.
    Dispatch {
        app: AppId,
        worker: WorkerId,
        ticket: Ticket,
    },
    /// KCL: a call to the lease table that was refused is made again.
    Call {
        app: AppId,
        /// Which one of the calls that wait.
        number: u32,
    },
    /// KCL 3: the holder of a lease learns that it goes to `worker`.
    Move {
        app: AppId,
        shard: ShardId,
        worker: WorkerId,
        ticket: Ticket,
    },
    /// KCL: the holder of a child's lease looks at the parents.
    Parents {
        app: AppId,
        shard: ShardId,
        ticket: Ticket,
    },
}

impl AppEvent {
    /// The application whose timer it is.
    #[inline]
    pub(super) fn app(&self) -> AppId {
        match *self {
            Self::Poll { app, .. }
            | Self::Read { app, .. }
            | Self::Done { app, .. }
            | Self::SinkDue { app, .. }
            | Self::SinkDone { app, .. }
            | Self::Returned { app, .. }
            | Self::LaneDue { app, .. }
            | Self::Subscribe { app, .. }
            | Self::Push { app, .. }
            | Self::Deliver { app, .. }
            | Self::Deploy(app)
            | Self::Assign(app)
            | Self::Snapshot(app)
            | Self::Take { app, .. }
            | Self::Renew { app, .. }
            | Self::Dispatch { app, .. }
            | Self::Call { app, .. }
            | Self::Move { app, .. }
            | Self::Parents { app, .. } => app,
        }
    }
}
