//! The timers of a cluster and its clients.

/// A timer.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A batch of a producer for a broker may have lingered or backed off long enough.
    Linger {
        /// The producer.
        producer: u32,
        /// The broker.
        broker: u32,
    },
    /// A produce request reaches its broker.
    Arrive(u32),
    /// The leader appends it.
    Append(u32),
    /// Its answer, or word that there will be none, reaches the producer.
    Acknowledge(u32),
    /// A request to a silent broker may have waited for `request.timeout.ms`.
    ClientTimeout {
        /// The request.
        request: u32,
        /// Which use of its slot it was.
        serial: u32,
    },
    /// A blocked `send()` may have waited for `max.block.ms`.
    Blocked(u32),
    /// New metadata reach a producer.
    Metadata(u32),
    /// A producer's metadata have reached `metadata.max.age.ms`.
    MetadataAge(u32),
    /// The answer to a follower's fetch reaches it.
    FollowerReceives(u32),
    /// A follower's fetch reaches the leader.
    FollowerFetches(u32),
    /// A consumer's fetch reaches the broker.
    Fetch(u32),
    /// A waiting fetch may have waited for `fetch.max.wait.ms`.
    FetchWaited(u32),
    /// The answer to a consumer's fetch reaches it.
    Fetched(u32),
    /// A member is done with a slice.
    Done {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
        /// Which life of the member began it.
        life: u16,
    },
    /// A change of the in-sync set reaches the controller.
    AlterIsr(u32),
    /// A leader looks at followers that are not in sync and fetch without news.
    Rejoin(u32),
    /// Leaders look for followers that lag.
    CheckIsr,
    /// The session of a broker may have run out.
    Fence(u32),
    /// A serial controller is through with a partition.
    Elected(u32),
    /// Brokers have learnt of the newest metadata.
    Publish,
    /// A broker has started.
    BrokerUp {
        /// The broker.
        broker: u32,
        /// Which life of it.
        life: u16,
    },
    /// A stopping broker has given up its leaderships and ends.
    BrokerEnds(u32),
    /// There is an active controller again.
    ControllerUp,
    /// Preferred leaders are checked.
    PreferredLeaders,
    /// Time-outs of requests and batches are looked at while something is wrong.
    Timeouts,
    /// Retention is checked.
    Retention,
    /// A call of the operator is made.
    Call(u32),
    /// A fault begins.
    FaultBegins(u32),
    /// A fault ends.
    FaultEnds(u32),
    /// A rolling operation goes on.
    Rolling,
    /// Replicas that are being moved get more data.
    Move,
    /// What a group's members know of leaders is brought up to date.
    Leaders(u16),
    /// A group's leader asks for the number of partitions.
    Partitions(u16),
    /// A member's heartbeat tells it of a rebalance.
    Heartbeat {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
        /// Which rebalance.
        round: u32,
    },
    /// The session of a member that is gone may have run out.
    SessionOver {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
        /// Which life of it.
        life: u16,
    },
    /// A member that is cut off from its coordinator may have been silent for too long, or be heard again.
    Silent {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
        /// Which life of it.
        life: u16,
    },
    /// A rebalance has waited for `max.poll.interval.ms`.
    JoinDeadline {
        /// The group.
        group: u16,
        /// Which rebalance.
        round: u32,
    },
    /// A group's members get their assignment.
    Assigned {
        /// The group.
        group: u16,
        /// Which rebalance.
        round: u32,
    },
    /// A member has not polled for `max.poll.interval.ms`.
    PollOver {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
        /// Which poll it is still busy with.
        poll: u32,
    },
    /// A member's buffer for its sink may be due.
    SinkDue {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
        /// Which life of it.
        life: u16,
    },
    /// The sink has a member's buffer.
    SinkDone {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
        /// Which life of it.
        life: u16,
    },
    /// A member's process has started.
    Started {
        /// The group.
        group: u16,
        /// The member.
        member: u32,
    },
}
