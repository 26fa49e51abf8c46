//! The timers of the producers.

use crate::engine::Ticket;
use crate::platform::kinesis::ids::{ProducerId, RequestId, ShardId};

/// A timer of the producers.
#[derive(Clone, Copy, Debug)]
pub enum WriterEvent {
    /// A PutRecords call has waited long enough for more records.
    Flush {
        /// The producer that fills it.
        producer: ProducerId,
        /// Names the call: void once it was sent.
        ticket: Ticket,
    },
    /// A request reaches the service.
    Arrive(RequestId),
    /// The producer knows how its request ended.
    Answer(RequestId),
    /// The answer of a request has come whose records are all stored: a request that waits may go.
    Room {
        /// The producer.
        producer: ProducerId,
        /// Names the timer: void once an earlier one was set.
        ticket: Ticket,
    },
    /// A request is sent again.
    Retry(RequestId),
    /// KPL: an aggregate has waited long enough.
    Aggregate {
        /// The KPL process.
        producer: ProducerId,
        /// The shard that the aggregate is made for.
        shard: ShardId,
        /// Names the aggregate: void once it was closed.
        ticket: Ticket,
    },
    /// KPL: the rate limiter of a process looks at what waits.
    Drain(ProducerId),
    /// KPL: the shard map is known again.
    MapKnown,
}
