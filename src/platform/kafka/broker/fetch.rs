//! Fetches of consumers. A fetch waits at the broker until `fetch.min.bytes` are below the high
//! watermark or `fetch.max.wait.ms` is over. A member asks again as soon as it begins with the last
//! records of an answer, as the Java client does.
//!
//! # Source
//! Apache Kafka 3.9, `DelayedFetch.scala`, consumer `Fetcher.java`; KIP-392.

use super::super::config::Config;
use super::super::ids::{BrokerId, GroupId, PartitionId, SessionId};
use super::super::wire::Scope;
use super::super::{Event as Timer, group};
use super::client_quotas::Cost;
use super::machine::Broker;
use super::partition::Partition;
use super::replica::{Position, Replica};
use super::replication::cold_bytes;
use super::sessions::{FetchSession, State};
use super::{Brokers, Event};
use crate::platform::Chunk;
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

/// What a fetch has taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// Bytes of the answer `[B]`.
    pub bytes: u64,
    /// Bytes taken from the partition visited last `[B]`.
    last: u64,
    /// Bytes that are read from the volume `[B]`.
    pub cold: u64,
    /// Bytes that are read from the remote tier `[B]`.
    remote: u64,
    /// When.
    at: SimTime,
}

impl Brokers {
    /// A member sends its next fetch.
    pub(super) fn send_fetch(&mut self, id: SessionId, cx: &mut Scope<'_>) {
        self.take_back(id);
        self.send_fetch_at(id, cx.now(), cx);
    }

    /// A member sends its next fetch at `now`, or will do so without anything that happens before.
    #[inline]
    pub(super) fn send_fetch_at(&mut self, id: SessionId, now: SimTime, cx: &mut Scope<'_>) {
        let session = &mut self.sessions.all[id];
        let group = session.group.as_index();
        if !session.alive
            || session.partitions == 0
            || !cx.net.answers(session.zone, session.broker)
        {
            session.state = State::Idle;
            return;
        }
        let way = cx.net.one_way(session.zone, cx.net.zone_of(session.broker));
        let delay = way + self.machines[session.broker].fetch_time(session.asked());
        let at = (now + delay).max(session.quiet_until);
        let whole = session.left_out.is_empty();
        let waits = session.available == 0 && cx.config.consumers[group].fetch_min <= 1 && whole;
        if waits && !self.shares.has(session.group) {
            // Nothing to give: it will wait at the broker. What wakes it is data, so no timer is needed; an
            // empty answer after `fetch.max.wait.ms` would only be followed by the next fetch.
            (session.state, session.arrives_at) = (State::Parked, at);
            return;
        }
        session.state = State::Busy;
        cx.queue.at(at, Timer::Broker(Event::Fetch(id)));
    }

    /// Data has come for a fetch that waits, or is on its way to wait.
    #[inline]
    pub(super) fn wake_fetch(&mut self, id: SessionId, cx: &mut Scope<'_>) {
        let session = &mut self.sessions.all[id];
        let arrives_at = std::mem::take(&mut session.arrives_at);
        if arrives_at > cx.now() {
            session.state = State::Busy;
            return cx.queue.at(arrives_at, Timer::Broker(Event::Fetch(id)));
        }
        if arrives_at > SimTime::ZERO {
            let broker = &mut self.machines[session.broker];
            broker.took_fetch(arrives_at, broker.fetch_time(session.asked()));
        }
        self.answer_fetch(id, cx);
    }

    /// `gained` bytes of a partition became visible, `stable` bytes to readers of committed data.
    #[inline]
    pub(super) fn becomes_visible(
        &mut self,
        at: PartitionId,
        gained: u64,
        stable: u64,
        cx: &mut Scope<'_>,
    ) {
        for group in 0..cx.config.consumers.len() {
            let cursor = &mut self.partitions[at].cursors[group];
            let gained = if cursor.reads_committed {
                stable
            } else {
                gained
            };
            if gained == 0 || cursor.left_out {
                continue;
            }
            let Some(id) = cursor.reader else {
                if self.shares.has(GroupId::new(group as u32)) {
                    self.wake_shared(GroupId::new(group as u32), at, cx);
                }
                continue;
            };
            let session = &mut self.sessions.all[id];
            session.available += gained;
            if !std::mem::replace(&mut cursor.dirty, true) {
                session.dirty.push(at);
            }
            if session.state == State::Parked
                && self.gained_enough(id, at, &cx.config.consumers[group])
            {
                self.wake_fetch(id, cx);
            }
        }
    }

    /// A fetch has reached its broker and been handled, if a handler was free: it is answered or waits.
    pub(super) fn fetch(&mut self, id: SessionId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let session = &mut self.sessions.all[id];
        if !session.alive
            || session.partitions == 0
            || !cx.net.answers(session.zone, session.broker)
        {
            (session.state, session.queued) = (State::Idle, false);
            return;
        }
        let broker = &mut self.machines[session.broker];
        let handled =
            broker.handled_at(now, broker.fetch_time(session.asked()), &mut session.queued);
        if handled > now {
            return cx.queue.at(handled, Timer::Broker(Event::Fetch(id)));
        }
        let settings = &cx.config.consumers[session.group.as_index()];
        if self.has_enough(id, settings) {
            return self.answer_fetch(id, cx);
        }
        let session = &mut self.sessions.all[id];
        session.state = State::Parked;
        session.deadline = now + settings.fetch_wait;
        self.shares.wait(session.group, id);
        if !session.timer {
            session.timer = true;
            cx.queue
                .at(session.deadline, Timer::Broker(Event::FetchWaited(id)));
        }
    }

    /// The timer of `fetch.max.wait.ms`.
    pub(super) fn fetch_waited(&mut self, id: SessionId, cx: &mut Scope<'_>) {
        let session = &mut self.sessions.all[id];
        session.timer = false;
        if session.state != State::Parked {
            return;
        }
        if session.deadline <= cx.now() {
            return self.answer_fetch(id, cx);
        }
        session.timer = true;
        cx.queue
            .at(session.deadline, Timer::Broker(Event::FetchWaited(id)));
    }

    /// The broker answers with what is below the high watermark, within the limits.
    pub(super) fn answer_fetch(&mut self, id: SessionId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let taken = if self.shares.has(self.sessions.all[id].group) {
            self.fill_shared(id, cx)
        } else {
            self.fill_answer(id, cx)
        };
        let Self {
            sessions,
            machines,
            quotas,
            traffic,
            ..
        } = self;
        let session = &mut sessions.all[id];
        session.state = State::Busy;
        let bytes = taken.bytes;
        let broker = &mut machines[session.broker];
        let encryption = &cx.config.cluster.encryption;
        let tls = encryption.consumers[session.group.as_index()];
        let quiet = broker
            .throttle_out(now, bytes)
            .max(quotas.cluster_out(now, bytes))
            .max(
                quotas.client_out(session.group, session.broker, now, || Cost {
                    bytes,
                    handler: broker.fetch_time(session.asked()),
                    network: tls.map_or(Nanos::ZERO, |rate| rate.time_for(bytes)),
                }),
            );
        session.quiet_until = session.quiet_until.max(now + quiet);
        let spot = Limit::Quota.of(session.group.as_index(), session.broker.number());
        cx.probe.waits(spot, now, session.quiet_until);
        let ready = broker.look(now, broker.walk(session.asked()));
        let away = taken.remote > 0;
        let wait = if away {
            broker.machine.remote_read
        } else {
            Nanos::ZERO
        };
        let sent = broker.send(ready, bytes, taken.cold, tls) + wait;
        let own = cx.net.zone_of(session.broker);
        let delay = cx.net.one_way(session.zone, own) + encryption.delay_of(tls);
        traffic.fetched += bytes;
        traffic.remote += taken.remote;
        if session.zone != own {
            traffic.crossed_out += bytes;
        }
        self.cold_read += taken.cold;
        let at = sent + delay;
        if !self.settle_at_once(id, at, cx) {
            cx.queue.at(at, Timer::Group(group::Event::Fetched(id)));
        }
    }

    /// Fills the answer of a fetch from the partitions that have something.
    #[inline]
    fn fill_answer(&mut self, id: SessionId, cx: &mut Scope<'_>) -> Taken {
        let now = cx.now();
        let session = &mut self.sessions.all[id];
        let group = session.group.as_index();
        let limits = &cx.config.consumers[group];
        let fetch_max = limits.fetch_max;
        let broker = &self.machines[session.broker];
        let local = self.topic.local_retention;
        let (mut kept, mut served) = (0, 0);
        let mut taken = Taken {
            at: now,
            ..Taken::default()
        };
        for n in 0..session.dirty.len() {
            let at = session.dirty[n];
            let partition = &mut self.partitions[at];
            if partition.leader != Some(session.broker)
                && !serves(partition, session.broker, cx.config)
            {
                // Its reader will learn where to go.
                partition.cursors[group].dirty = false;
                continue;
            }
            // One partition of a fetch at most is read from the remote tier (before Kafka 4.2).
            let from = partition.cursors[group].fetched;
            let waits = taken.remote > 0 && lies_away(partition, from, local, now);
            if !waits && (taken.bytes < fetch_max || taken.bytes == 0) {
                served = kept + 1;
                let room = limits
                    .partition_fetch_max
                    .min(fetch_max.saturating_sub(taken.bytes));
                take(partition, group, at, room, session, &mut taken);
                partition.pass_hidden(group, partition.cursors[group].fetched.offset, cx.probe);
                count_away(broker, partition, from, local, now, &mut taken);
                if let Some(quiet) = self.quotas.partition_out(at, now, taken.last) {
                    session.quiet_until = session.quiet_until.max(now + quiet);
                }
            }
            let top = partition.readable_end(group);
            let cursor = &mut partition.cursors[group];
            if cursor.fetched < top {
                session.dirty[kept] = at;
                kept += 1;
            } else {
                cursor.dirty = false;
            }
        }
        // What was served and has more goes to the back, so that every partition has its turn.
        session.dirty.truncate(kept);
        session.available = match kept {
            0 => 0,
            _ => session.available.saturating_sub(taken.bytes),
        };
        if kept > 0 {
            session.dirty.rotate_left(served.min(kept));
        }
        taken
    }
}

/// Whether a broker that does not lead a partition may answer for it: a replica in sync near the reader.
fn serves(partition: &Partition, broker: BrokerId, config: &Config) -> bool {
    let holds = |replica: &Replica| replica.broker == broker && replica.in_sync;
    config.cluster.rack_selector
        && partition.leader.is_some()
        && partition.replicas.iter().any(holds)
}

/// Takes what a fetch may have of one partition.
#[inline]
fn take(
    partition: &mut Partition,
    group: usize,
    at: PartitionId,
    room: u64,
    session: &mut FetchSession,
    taken: &mut Taken,
) {
    let from = partition.cursors[group].fetched;
    let top = partition.readable_end(group).max(from);
    let reach = partition.reach(from, top, room);
    let bytes = reach.bytes.saturating_sub(from.bytes);
    let count = reach.offset.saturating_sub(from.offset);
    (taken.bytes, taken.last) = (taken.bytes + bytes, bytes);
    let cursor = &mut partition.cursors[group];
    cursor.fetched = reach;
    if count > 0 {
        let first = from.offset;
        if cursor.seen < reach.offset {
            let (new, committed) = (first.max(cursor.seen), cursor.reads_committed);
            cursor.outstanding += partition.log.readable(new, reach.offset, committed);
        }
        let lane = at.number();
        if partition.log.hides() {
            return give_readable(partition, group, at, from.offset, session, taken.at);
        }
        let chunk = Chunk::taken(lane, first, count, taken.at);
        session.answer.push((chunk, cursor.assignment));
    }
}

/// Puts what a group's readers are given, of what was taken from `first` on, into the answer: the consumer drops the rest
/// of it.
fn give_readable(
    partition: &mut Partition,
    group: usize,
    at: PartitionId,
    mut first: u64,
    session: &mut FetchSession,
    now: SimTime,
) {
    let cursor = &partition.cursors[group];
    let (end, assignment, lane) = (cursor.fetched.offset, cursor.assignment, at.number());
    if cursor.done >= first {
        partition.step_over_hidden(group);
    }
    while let Some(chunk) = partition.next_readable(group, first, end) {
        first = chunk.first + chunk.count;
        let chunk = Chunk::taken(lane, chunk.first, chunk.count, now);
        session.answer.push((chunk, assignment));
    }
}

/// Counts what was taken last, from `from` on, where it lies: on the volume, or in the remote tier.
#[inline]
fn count_away(
    broker: &Broker,
    partition: &Partition,
    from: Position,
    local: Option<Nanos>,
    now: SimTime,
    taken: &mut Taken,
) {
    if lies_away(partition, from, local, now) {
        taken.remote += taken.last;
    } else {
        taken.cold += cold_bytes(broker, partition, from, taken.last);
    }
}

/// Whether what lies at `from` is in the remote tier alone.
#[inline]
fn lies_away(partition: &Partition, from: Position, local: Option<Nanos>, now: SimTime) -> bool {
    local.is_some_and(|local| {
        let oldest = partition.log.at(from.offset);
        now.since(oldest.map_or(now, |stored| stored.appended())) > local
    })
}
