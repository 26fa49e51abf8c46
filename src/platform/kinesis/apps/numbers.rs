//! The numbers of enhanced fan-out and of the KCL that no application sets.

use crate::facts::FactsAt;
use crate::platform::kinesis::ServiceConfig;
use crate::units::{ByteRate, Nanos, Share};

/// The numbers of enhanced fan-out.
#[derive(Clone, Copy, Debug)]
pub(super) struct FanOut {
    /// How long a subscription lives.
    pub(super) life: Nanos,
    /// How long after a subscription a second one to the same shard is refused.
    pub(super) guard: Nanos,
    /// The throughput of a subscription `[B/s]`.
    pub(super) rate: u64,
    /// Records that are stored within this time share an event.
    pub(super) gather: Nanos,
    /// The time from SubscribeToShard until the first event may come.
    pub(super) subscribe: Nanos,
}

/// The numbers of the KCL that no application sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kcl {
    /// How long the lock of a dead leader lives.
    pub(super) leader_lease: Nanos,
    /// The time between two renewals of that lock.
    pub(super) heartbeat: Nanos,
    /// The share by which a worker's load must differ from the mean before leases move.
    pub(super) threshold: f64,
    /// The share of the difference that moves at once.
    pub(super) dampening: f64,
    /// Rounds of assignment from one balancing to the next.
    pub(super) runs: u64,
}

impl FanOut {
    /// The numbers in force for a service.
    pub(super) fn new(book: FactsAt, service: &ServiceConfig) -> Self {
        Self {
            life: book.value("kinesis.efo.subscription"),
            guard: book.value("kinesis.efo.guard"),
            rate: book.value::<ByteRate>("kinesis.efo.rate").0,
            gather: service.push.gather,
            subscribe: service.push.subscribe,
        }
    }
}

impl Kcl {
    /// The numbers in force.
    pub(super) fn new(book: FactsAt) -> Self {
        let share = |id: &str| book.value::<Share>(id).fraction();
        Self {
            leader_lease: book.value("kinesis.kcl.leader.lease"),
            heartbeat: book.value("kinesis.kcl.leader.heartbeat"),
            threshold: share("kinesis.kcl.balance.threshold"),
            dampening: share("kinesis.kcl.balance.dampening"),
            runs: book.value("kinesis.kcl.balance.runs"),
        }
    }
}
