//! The timers of a stream and its clients: small, and never one per record.

/// The timers of a stream and its clients.
#[derive(Clone, Copy, Debug)]
#[allow(
    missing_docs,
    reason = "the fields are the application, shard, worker or producer, and what makes a timer stale"
)]
pub enum Event {
    /// A producer's call has waited long enough to fill.
    Flush { producer: u32, generation: u32 },
    /// A call reaches the service.
    Arrive(u32),
    /// The client knows how its call ended.
    Answer(u32),
    /// A call is sent again.
    Retry(u32),
    /// KPL: an aggregate has waited long enough.
    Aggregate {
        process: u32,
        shard: u32,
        generation: u32,
    },
    /// KPL: the rate limiter looks at what waits.
    Drain(u32),
    /// KPL: the shard map is known again.
    MapKnown,
    /// An application calls GetRecords on a shard.
    Poll { app: u16, shard: u32, epoch: u32 },
    /// The answer reaches the application.
    Read { app: u16, shard: u32, epoch: u32 },
    /// A worker is done with a slice.
    Done {
        app: u16,
        worker: u32,
        generation: u32,
    },
    /// A worker's buffer for its sink may be due.
    SinkDue {
        app: u16,
        worker: u32,
        generation: u32,
    },
    /// The sink has a worker's buffer.
    SinkDone {
        app: u16,
        worker: u32,
        generation: u32,
    },
    /// Lambda: a batching window is over.
    Window {
        app: u16,
        worker: u32,
        generation: u32,
    },
    /// Fan-out: a subscription is made or renewed.
    Subscribe { app: u16, shard: u32, epoch: u32 },
    /// Fan-out: an event is complete.
    Push { app: u16, shard: u32, epoch: u32 },
    /// Fan-out: an event reaches the application.
    Deliver { app: u16, shard: u32, epoch: u32 },
    /// An application is deployed.
    Deploy(u16),
    /// KCL: leases are assigned.
    Assign(u16),
    /// KCL: the holder of a child's lease looks at the parents.
    Parents { app: u16, shard: u32, epoch: u32 },
    /// The operator makes a call.
    Call(u32),
    /// A fault begins.
    FaultBegins(u32),
    /// A fault ends.
    FaultEnds(u32),
    /// A split or merge is done.
    Changed(u32),
    /// An operation that changes no shard is done.
    Settled,
    /// CREATING or DELETING is over.
    Lived,
    /// UpdateMaxRecordSize is done `[KiB]`.
    RecordSize(u32),
    /// Encryption is switched.
    Encrypted(bool),
    /// A closed shard's records are older than the retention.
    ShardExpired(u32),
    /// On-demand: a shard is split now.
    SplitDue(u32),
    /// A second is over.
    Second,
    /// The auto-scaling policy looks.
    Policy,
}
