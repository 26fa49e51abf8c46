//! The lease of an application on a shard, with what its holder knows.

use super::mapping_state::Mapping;
use crate::engine::{Ticket, TokenBucket};
use crate::platform::Chunk;
use crate::platform::kinesis::ConsumerConfig;
use crate::platform::kinesis::ids::WorkerId;
use crate::units::{Nanos, SimTime};
use std::collections::VecDeque;

/// What an application does about a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LeaseState {
    /// It does not know the shard yet.
    #[default]
    Absent,
    /// There is a lease, and no worker has taken it.
    Unassigned,
    /// A worker holds it and waits for the parents to be read.
    Waiting,
    /// A worker reads the shard.
    Reading,
    /// The shard is read to its end (`SHARD_END`).
    Ended,
}

impl LeaseState {
    /// Whether a worker holds the lease.
    pub(super) fn is_held(self) -> bool {
        matches!(self, Self::Waiting | Self::Reading)
    }
}

/// Where an application stands in a shard, as offsets of records.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Cursor {
    /// The next record to fetch.
    pub(super) fetched: u64,
    /// Everything before was delivered once, expired or skipped.
    pub(super) seen: u64,
    /// Everything before is processed by the present holder.
    pub(super) done: u64,
    /// Where a new holder begins.
    pub(super) checkpoint: u64,
    /// When the checkpoint was written.
    pub(super) checkpointed_at: SimTime,
}

impl Cursor {
    /// The application begins behind `tip` and never sees what is before.
    pub(super) fn skip_to(&mut self, tip: u64) {
        (self.seen, self.checkpoint) = (tip, tip);
        (self.fetched, self.done) = (tip, tip);
    }

    /// A new holder begins where the checkpoint says.
    pub(super) fn rewind(&mut self) {
        (self.fetched, self.done) = (self.checkpoint, self.checkpoint);
    }

    /// Writes a checkpoint.
    pub(super) fn set_checkpoint(&mut self, offset: u64, now: SimTime) {
        (self.checkpoint, self.checkpointed_at) = (offset, now);
    }

    /// The offset before which the application needs no record any more.
    pub(super) fn needed_from(&self) -> u64 {
        self.checkpoint.min(self.seen).min(self.done)
    }
}

/// Answers and events that were sent to the holder of a lease and are not finished, in the order of their records.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(super) struct Answers {
    /// All of them: first those that are pending, then those on their way.
    all: VecDeque<Answer>,
    /// How many have arrived and are pending.
    arrived: usize,
    /// The records of those `[records]`.
    records: u64,
    /// Their bytes `[B]`.
    bytes: u64,
}

impl Answers {
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The records of the oldest answer that is pending.
    pub(super) fn oldest(&self) -> Option<&Chunk> {
        let oldest = self.all.front().filter(|_| self.arrived > 0);
        oldest.map(|answer| &answer.chunk)
    }

    /// An answer is on its way.
    pub(super) fn send(&mut self, answer: Answer) {
        self.all.push_back(answer);
    }

    /// The answers that are on their way.
    pub(super) fn coming(&self) -> impl Iterator<Item = &Answer> {
        self.all.iter().skip(self.arrived)
    }

    /// The answer that arrives next.
    pub(super) fn next(&self) -> Option<Answer> {
        self.all.get(self.arrived).copied()
    }

    /// The next answer has arrived.
    pub(super) fn arrive(&mut self) -> Option<Answer> {
        let answer = self.next()?;
        self.arrived += 1;
        self.records += answer.chunk.count;
        self.bytes += answer.bytes;
        Some(answer)
    }

    /// The oldest answer that is pending is no longer the lease's: a Lambda mapping has its records.
    pub(super) fn hand_on(&mut self) {
        self.finish_oldest();
    }

    /// Removes the oldest answer that is pending and returns its bytes `[B]`.
    fn finish_oldest(&mut self) -> u64 {
        if self.arrived == 0 {
            return 0;
        }
        let Some(answer) = self.all.pop_front() else {
            return 0;
        };
        self.arrived -= 1;
        self.records -= answer.chunk.count;
        self.bytes -= answer.bytes;
        answer.bytes
    }

    /// Forgets all.
    fn clear(&mut self) {
        self.all.clear();
        (self.arrived, self.records, self.bytes) = (0, 0, 0);
    }

    /// Whether the KCL fetches no more while these are not finished.
    fn is_full(&self, config: &ConsumerConfig) -> bool {
        self.arrived > 0
            && (self.arrived as u64 >= config.prefetch.batches
                || self.bytes >= config.prefetch.bytes
                || self.records >= config.prefetch.records)
    }

    /// The records that are pending, counted one by one `[records]`.
    fn counted(&self) -> u64 {
        let pending = self.all.iter().take(self.arrived);
        pending.map(|answer| answer.chunk.count).sum()
    }
}

/// What the holder of a lease knows of its calls of GetRecords.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Polling {
    /// When it made the last call.
    pub(super) called_at: SimTime,
    /// How long that call takes without the transfer of its records.
    pub(super) latency: Nanos,
    /// When it made the last call that was answered with records.
    pub(super) last_call_with_records: SimTime,
    /// When its shard iterator was issued.
    pub(super) iterator_at: SimTime,
}

impl Polling {
    /// How long the call or its answer is on its way.
    pub(super) fn way(&self) -> Nanos {
        Nanos(self.latency.0 / 2)
    }
}

/// An answer of GetRecords, or an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Its records.
    pub(super) chunk: Chunk,
    /// Their bytes `[B]`.
    pub(super) bytes: u64,
    /// Whether it carries the newest record there was.
    pub(super) tip: bool,
}

/// A subscription of enhanced fan-out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Subscription {
    /// The throughput of its own.
    pub(super) bucket: Option<TokenBucket>,
    /// Whether an event is being gathered or waits for the bucket.
    pub(super) gathering: bool,
    /// Events arrive in order: none before this.
    pub(super) last: SimTime,
    /// When the newest subscription was made, by whichever worker.
    pub(super) made_at: Option<SimTime>,
    /// Whether the present holder has made it.
    pub(super) mine: bool,
}

/// The lease of an application on a shard. What a poll needs comes first, so that it lies together.
#[derive(Clone, Debug, Default)]
#[repr(C, align(128))]
pub(super) struct Lease {
    /// Advances with every new holder: timers and answers of former ones are void.
    pub(super) ticket: Ticket,
    /// What the application does about the shard.
    pub(super) state: LeaseState,
    /// Whether it stopped calling because the application is down.
    pub(super) parked: bool,
    /// Whether it stopped fetching because enough is pending.
    pub(super) blocked: bool,
    /// Whether it has fetched the last record of a closed shard.
    pub(super) at_end: bool,
    /// The worker that holds it.
    pub(super) owner: Option<WorkerId>,
    /// The calls of GetRecords.
    pub(super) polling: Polling,
    /// Where the application stands.
    pub(super) cursor: Cursor,
    /// Answers and events that are not finished.
    pub(super) answers: Answers,
    /// Bytes processed since the last balancing `[B]`.
    pub(super) load: u64,
    /// Moving average of `load` (alpha 0.5) over balancings `[B]`.
    pub(super) average_load: u64,
    /// When its counter was increased last. On a table that never refuses calls a holder that runs has always just done so,
    /// and this counts once the holder is gone.
    pub(super) renewed_at: SimTime,
    /// Whether the holder that the table names has stopped to read, because it could not renew the lease in time.
    pub(super) lost: bool,
    /// The worker that hands it over in order and may still write its last checkpoint.
    pub(super) leaving: Option<WorkerId>,
    /// When the shard was read to its end.
    pub(super) ended_at: Option<SimTime>,
    /// The subscription, for enhanced fan-out.
    pub(super) subscription: Subscription,
    /// What a Lambda mapping has of the shard.
    pub(super) mapping: Option<Box<Mapping>>,
}

impl Lease {
    /// Whether the holder has fetched as much as it may.
    pub(super) fn is_full(&self, config: &ConsumerConfig) -> bool {
        self.answers.is_full(config)
    }

    /// Whether a worker holds it and knows so.
    pub(super) fn is_held_by(&self, worker: WorkerId) -> bool {
        self.state.is_held() && !self.lost && self.owner == Some(worker)
    }

    /// Whether records were fetched and are not finished, or are on their way.
    pub(super) fn is_busy(&self) -> bool {
        let invokes = self
            .mapping
            .as_ref()
            .is_some_and(|mapping| !mapping.is_idle());
        !self.answers.is_empty() || invokes
    }

    /// The oldest answer is processed.
    pub(super) fn finish_oldest(&mut self) {
        self.load += self.answers.finish_oldest();
    }

    /// The holder is gone with all that it had in hand.
    pub(super) fn drop_holder(&mut self) {
        self.ticket.advance();
        self.answers.clear();
        (self.parked, self.blocked, self.at_end) = (false, false, false);
        (self.lost, self.leaving) = (false, None);
        (self.subscription.gathering, self.subscription.mine) = (false, false);
    }

    /// Takes the load since the last balancing into the moving average.
    pub(super) fn average_load(&mut self) {
        let load = std::mem::take(&mut self.load);
        self.average_load = if self.average_load == 0 {
            load
        } else {
            (self.average_load + load) / 2
        };
    }

    /// Checks what must hold at any instant for a shard that has stored records up to offset `end`.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub(super) fn check(&self, end: u64) {
        let cursor = &self.cursor;
        assert!(
            cursor.done <= cursor.fetched && cursor.fetched <= end,
            "what is done was fetched, and what was fetched is stored: {cursor:?}, end {end}"
        );
        assert!(
            cursor.checkpoint <= cursor.seen,
            "the checkpoint lies within what was seen: {cursor:?}"
        );
        assert_eq!(
            self.answers.records,
            self.answers.counted(),
            "pending records are those of the pending answers"
        );
        assert!(
            !self.state.is_held() || self.owner.is_some() || !self.is_busy(),
            "nothing is fetched for a lease that nobody holds"
        );
        if let Some(mapping) = &self.mapping {
            mapping.check();
        }
    }
}
