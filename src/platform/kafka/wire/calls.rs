//! Calls of producers to the coordinators of their transactions.

use super::super::ids::PartitionId;
use crate::engine::Ticket;

/// What a producer asks the coordinator of its transactions for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum CallKind {
    /// A process begins: those before it are fenced off.
    InitProducerId,
    /// Partitions join the transaction.
    AddPartitions,
    /// EndTxn: what was written becomes visible.
    Commit,
    /// EndTxn: nobody who reads committed data sees what was written.
    Abort,
}

/// Why a coordinator does not do what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Refusal {
    /// The broker cannot be reached, or is not the coordinator.
    Unavailable,
    /// CONCURRENT_TRANSACTIONS: the transaction before is not complete.
    Concurrent,
    /// PRODUCER_FENCED: a newer process is there, or the transaction timed out.
    Fenced,
}

/// A call of a producer to the coordinator of its transactions; it makes one at a time.
#[derive(Clone, Debug)]
pub(in super::super) struct Call {
    /// What it asks for.
    pub kind: CallKind,
    /// The producer id of the process.
    pub process: u32,
    /// The zone that the process runs in.
    pub zone: u32,
    /// Partitions that join the transaction.
    pub partitions: Vec<PartitionId>,
    /// The answer.
    pub answer: Result<(), Refusal>,
    /// Which call of the producer it is.
    pub ticket: Ticket,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            kind: CallKind::InitProducerId,
            process: 0,
            zone: 0,
            partitions: Vec::new(),
            answer: Ok(()),
            ticket: Ticket::FIRST,
        }
    }
}
