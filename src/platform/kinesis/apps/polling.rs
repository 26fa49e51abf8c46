//! Reading a shard by GetRecords.
//!
//! GetRecords returns at once, maybe empty; the next call comes an idle time after the last one,
//! unless enough is pending already.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, GetRecords; KCL 3.5.1, `PrefetchRecordsPublisher`.

use super::app::App;
use super::lease::{Answer, LeaseState};
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::kinesis::stream::GetRecords;
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

impl App {
    /// The holder of a lease begins to read where the checkpoint says, by a first call after `phase`.
    pub(super) fn start_reading(&mut self, shard: ShardId, phase: Nanos, io: &mut Io<'_>) {
        let now = io.now();
        let lease = &mut self.leases[shard];
        lease.state = LeaseState::Reading;
        lease.polling.iterator_at = now;
        lease.cursor.rewind();
        self.note_read(shard, io);
        if self.is_pushed() {
            return self.subscribe(shard, io);
        }
        self.call_at(shard, now + phase, io);
    }

    /// The holder of a lease calls GetRecords at `at`; the call reaches the shard after half its latency.
    #[inline]
    pub(super) fn call_at(&mut self, shard: ShardId, at: SimTime, io: &mut Io<'_>) {
        let common = &mut *io.common;
        let usual = common.get_latency.draw(common.gets.draw(common.got));
        common.got += 1;
        let app = self.id;
        let lease = &mut self.leases[shard];
        lease.polling.called_at = at;
        lease.polling.latency = io.stream.on_network(usual);
        let event = AppEvent::Poll {
            app,
            shard,
            ticket: lease.ticket,
        };
        io.at(at + lease.polling.way(), event);
    }

    /// A GetRecords call reaches its shard.
    pub(super) fn poll(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) {
        let now = io.now();
        let lease = &mut self.leases[shard];
        if lease.ticket != ticket || lease.state != LeaseState::Reading {
            return;
        }
        if self.down > 0 {
            lease.parked = true;
            return;
        }
        if self.has_enough(shard, io) {
            self.leases[shard].blocked = true;
            return;
        }
        let polling = &mut self.leases[shard].polling;
        // After a failed call the worker waits one idle time from the arrival of the error.
        let pause = self.config.flink.map(|flink| flink.after_refusal);
        let again = now + polling.way() + pause.unwrap_or(self.config.idle);
        if now.since(polling.iterator_at) > io.common.iterator_life {
            // ExpiredIteratorException: the holder asks for a new iterator at its place.
            polling.iterator_at = now;
            io.happened(&self.name, "ExpiredIteratorException", shard.to_string());
            return self.call_at(shard, again, io);
        }
        let times = [now, again];
        if !io.stream.admit_get(shard, self.id, times, io.probe) {
            return self.call_at(shard, again, io);
        }
        self.expire(shard, io);
        self.answer_call(shard, io);
    }

    /// Whether the holder of a lease has enough in hand and calls no more for now.
    fn has_enough(&self, shard: ShardId, io: &Io<'_>) -> bool {
        if self.config.is_lambda() {
            return self.has_batches(shard);
        }
        self.leases[shard].is_full(&self.config) || self.must_finish_first(shard, io)
    }

    /// An admitted GetRecords call: its records, or the end of the shard, or nothing.
    fn answer_call(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let now = io.now();
        let lease = &mut self.leases[shard];
        lease.polling.iterator_at = now;
        let call = GetRecords {
            shard,
            first: lease.cursor.fetched,
            limit: self.config.limit,
            bytes_max: self.config.payload,
            latency: lease.polling.latency,
        };
        let answer = io.stream.get_records(&call, now);
        self.note_age(answer.age);
        let closed = !io.stream.is_open(shard);
        let lease = &mut self.leases[shard];
        if answer.chunk.count == 0 {
            if closed {
                lease.at_end = true;
                return self.end_if_read(shard, io);
            }
            let pause = self.config.flink.map(|flink| flink.after_empty);
            let back = now + self.leases[shard].polling.way();
            return self.call_again(shard, back + pause.unwrap_or(Nanos::ZERO), io);
        }
        if answer.chunk.count == call.limit && !answer.tip {
            let spot = Limit::CallLimit.of(usize::from(self.id.0), shard.0);
            io.probe.bound(spot, 1);
        }
        lease.cursor.fetched += answer.chunk.count;
        lease.polling.last_call_with_records = lease.polling.called_at;
        // The last records of a closed shard come without another iterator.
        lease.at_end = closed && answer.tip;
        lease.answers.send(Answer {
            chunk: answer.chunk,
            bytes: answer.bytes,
            tip: answer.tip,
        });
        let (way, ticket) = (lease.polling.way(), lease.ticket);
        let own = self.config.mapping.as_ref();
        let own = own.map_or(Nanos::ZERO, |mapping| mapping.polling);
        let app = self.id;
        io.after(
            answer.transfer + way + own,
            AppEvent::Read { app, shard, ticket },
        );
    }

    /// The holder calls again an idle time after its last call, but not before `earliest`.
    #[inline]
    fn call_again(&mut self, shard: ShardId, earliest: SimTime, io: &mut Io<'_>) {
        let next = self.leases[shard].polling.called_at + self.config.idle;
        self.call_at(shard, next.max(earliest), io);
    }

    /// The answer of GetRecords reaches the holder, which soon calls again.
    pub(super) fn receive(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) {
        if self.accept(shard, ticket, io) && !self.leases[shard].at_end {
            self.call_again(shard, io.now(), io);
        }
    }

    /// Records reach the holder of a lease; false if it is no longer the one that asked.
    pub(super) fn accept(&mut self, shard: ShardId, ticket: Ticket, io: &mut Io<'_>) -> bool {
        let lease = &mut self.leases[shard];
        if lease.ticket != ticket {
            return false;
        }
        let (Some(answer), Some(owner)) = (lease.answers.arrive(), lease.owner) else {
            return false;
        };
        let chunk = answer.chunk.received(io.queue.now());
        if self.config.is_lambda() {
            lease.answers.hand_on();
            self.take_in(shard, chunk, io);
            return true;
        }
        if let Some(until) = self.workers[owner].reader.busy_until() {
            let spot = Limit::BusyWorker.of(self.consumer(), owner.0);
            io.probe.waits(spot, io.queue.now(), until);
        }
        self.workers[owner].reader.push(chunk);
        self.begin_slice(owner, io);
        true
    }

    /// A lease that had stopped fetching goes on, if there is room.
    pub(super) fn unblock(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let lease = &mut self.leases[shard];
        if lease.blocked && !lease.is_full(&self.config) {
            lease.blocked = false;
            self.fetch_on(shard, io);
        }
    }

    /// A holder that had enough in hand fetches on, an idle time after its last call that gave something.
    pub(super) fn fetch_on(&mut self, shard: ShardId, io: &mut Io<'_>) {
        if self.is_pushed() {
            return self.gather(shard, io);
        }
        let next = self.leases[shard].polling.last_call_with_records + self.config.idle;
        self.call_at(shard, next.max(io.now()), io);
    }
}
