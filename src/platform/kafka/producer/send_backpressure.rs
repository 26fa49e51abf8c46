//! `send()` calls that wait, for memory or for a cluster to write to, at most `max.block.ms` each.
//!
//! A full `buffer.memory` blocks `send()`: the application stands still, and what it meant to send meanwhile waits
//! behind it.
//!
//! # Source
//! Apache Kafka 3.9, `BufferPool.java`, `KafkaProducer.waitOnMetadata`.

use super::super::ids::ProducerId;
use super::super::wire::Scope;
use super::super::{Cause, Event as Timer};
use super::{Event, Producers, ended};
use crate::probe::Limit;
use crate::workload::Record;

/// For what records can wait that an application means to send.
const WAITS: [Limit; 3] = [
    Limit::ProducerBuffer,
    Limit::ProducerDown,
    Limit::TransactionEnd,
];

impl Producers {
    /// `send()` stands still, or the application's backlog is full.
    #[cold]
    pub(super) fn wait_behind(&mut self, record: &Record, cx: &mut Scope<'_>) {
        let id = ProducerId::new(record.producer);
        let blocked = &mut self.all[id].blocked;
        if blocked.records.len() as u64 >= self.backlog_max {
            cx.probe.bound(Limit::ProducerFull.at(id.number()), 1);
            return ended(Cause::BacklogFull, 1, cx);
        }
        blocked.records.push_back(*record);
        if blocked.records.len() == 1 {
            blocked.since = cx.now();
            self.note_wait(id, cx);
            self.set_block_timer(id, cx);
            self.drain_all(id, cx);
        }
    }

    /// Lets blocked `send()` calls go on as far as there is memory.
    pub(super) fn unblock(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        if self.all[id].stops.none() && self.transactional.begins_unblocking(id) {
            self.unblock_all(id, cx);
            self.transactional.ends_unblocking(id);
        }
        self.note_wait(id, cx);
    }

    /// Notes for what the records wait that the application means to send, after that may have changed.
    pub(super) fn note_wait(&self, id: ProducerId, cx: &mut Scope<'_>) {
        let producer = &self.all[id];
        let waits = !producer.blocked.records.is_empty();
        let why = producer.stops.limit().filter(|_| waits);
        for limit in WAITS {
            let (spot, now) = (limit.at(id.number()), cx.queue.now());
            match why == Some(limit) {
                true => cx.probe.begin_wait(spot, now),
                false => cx.probe.end_wait(spot, now),
            }
        }
    }

    /// [`Producers::unblock`] of an application that sends.
    fn unblock_all(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        // Appending may send, which may free memory and bring us here again: the record is taken out first.
        while let Some(record) = self.all[id].blocked.records.pop_front() {
            if !self.try_append(&record, cx) {
                return self.all[id].blocked.records.push_front(record);
            }
            self.all[id].blocked.since = cx.now();
        }
    }

    /// Sets the timer of `max.block.ms` for the `send()` call that waits, if one does.
    fn set_block_timer(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let blocked = &mut self.all[id].blocked;
        if !blocked.timer && !blocked.records.is_empty() {
            blocked.timer = true;
            let at = blocked.since + cx.config.producer.block_max;
            cx.queue
                .at(at.max(cx.queue.now()), Timer::Producer(Event::Blocked(id)));
        }
    }

    /// The timer of `max.block.ms`: a `send()` that waited so long throws, the next one begins.
    pub(super) fn block_timed_out(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let in_send = self.all[id].stops.is_in_send();
        let blocked = &mut self.all[id].blocked;
        blocked.timer = false;
        if !in_send {
            // The application waits for something else, and has not called `send()`.
            blocked.since = now;
        }
        let waited = in_send && blocked.since + cx.config.producer.block_max <= now;
        if waited && blocked.records.pop_front().is_some() {
            (blocked.since, blocked.for_memory) = (now, false);
            ended(Cause::Blocked, 1, cx);
            self.unblock(id, cx);
        }
        self.set_block_timer(id, cx);
    }
}
