//! Fetches of consumers. A fetch waits at the broker until `fetch.min.bytes` are below the high
//! watermark or `fetch.max.wait.ms` is over. A member asks again as soon as it begins with the last
//! records of an answer, as the Java client does.
//!
//! # Source
//! SRC39 `DelayedFetch`, consumer `Fetcher`; KIP-392; facts/kafka-msk.md sections 2.2 and 3.4.

use super::{Kafka, State};
use crate::engine::TokenBucket;
use crate::platform::kafka::Event;
use crate::platform::kafka::broker::{Broker, debt};
use crate::platform::kafka::config::Config;
use crate::platform::kafka::follower::cold_bytes;
use crate::platform::kafka::partition::{NOBODY, Partition, Position, Replica};
use crate::platform::{Chunk, Cx};
use crate::units::{Nanos, SimTime};

impl Kafka {
    pub(super) fn send_fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &self.sessions[index as usize];
        let member = &self.groups[usize::from(session.group)].members[session.member as usize];
        let idle = !member.up || session.lanes == 0 || !self.answers(member.zone, session.broker);
        let broker = &self.brokers[session.broker as usize];
        let delay =
            self.config.one_way(member.zone, broker.zone) + broker.fetch_time(session.lanes);
        let fetch_min = self.groups[usize::from(session.group)].config.fetch_min;
        let session = &mut self.sessions[index as usize];
        if idle {
            session.state = State::Idle;
            return;
        }
        let at = (cx.queue.now() + delay).max(session.quiet_until);
        if session.available == 0 && fetch_min <= 1 {
            // Nothing to give: it will wait at the broker. What wakes it is data, so no timer is needed; an
            // empty answer after `fetch.max.wait.ms` would only be followed by the next fetch.
            (session.state, session.arrives_at) = (State::Parked, at);
            return;
        }
        session.state = State::Busy;
        cx.queue.at(at, Event::Fetch(index));
    }

    /// Data has come for a fetch that waits, or is on its way to wait.
    #[inline]
    pub(super) fn wake_fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &mut self.sessions[index as usize];
        let arrives_at = std::mem::take(&mut session.arrives_at);
        if arrives_at > cx.queue.now() {
            session.state = State::Busy;
            return cx.queue.at(arrives_at, Event::Fetch(index));
        }
        if arrives_at > SimTime::ZERO {
            let broker = &mut self.brokers[session.broker as usize];
            broker.took_fetch(arrives_at, broker.fetch_time(session.lanes));
        }
        self.answer_fetch(index, cx);
    }

    /// `gained` bytes of a partition became visible.
    #[inline]
    pub(in super::super) fn visible(&mut self, lane: u32, gained: u64, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            let Some(index) = self.session_of(group, lane) else {
                continue;
            };
            let fetch_min = self.groups[group].config.fetch_min;
            let session = &mut self.sessions[index];
            session.available += gained;
            let dirty = &mut self.partitions[lane as usize].cursors[group].dirty;
            if !std::mem::replace(dirty, true) {
                session.dirty.push(lane);
            }
            if session.state == State::Parked && session.available >= fetch_min {
                self.wake_fetch(index as u32, cx);
            }
        }
    }

    /// A fetch has reached its broker and been handled, if a handler was free: it is answered or waits.
    pub(in super::super) fn fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let session = &self.sessions[index as usize];
        let group = &self.groups[usize::from(session.group)];
        let zone = group.members[session.member as usize].zone;
        if !group.members[session.member as usize].up
            || session.lanes == 0
            || !self.answers(zone, session.broker)
        {
            let session = &mut self.sessions[index as usize];
            (session.state, session.queued) = (State::Idle, false);
            return;
        }
        let session = &mut self.sessions[index as usize];
        let broker = &mut self.brokers[session.broker as usize];
        let handled = broker.handled_at(now, broker.fetch_time(session.lanes), &mut session.queued);
        if handled > now {
            return cx.queue.at(handled, Event::Fetch(index));
        }
        if session.available >= group.config.fetch_min.max(1) {
            return self.answer_fetch(index, cx);
        }
        session.state = State::Parked;
        session.deadline = now + group.config.fetch_wait;
        if !session.timer {
            session.timer = true;
            cx.queue.at(session.deadline, Event::FetchWaited(index));
        }
    }

    /// The timer of `fetch.max.wait.ms`.
    pub(in super::super) fn fetch_waited(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &mut self.sessions[index as usize];
        session.timer = false;
        if session.state != State::Parked {
            return;
        }
        if session.deadline <= cx.queue.now() {
            return self.answer_fetch(index, cx);
        }
        session.timer = true;
        cx.queue.at(session.deadline, Event::FetchWaited(index));
    }

    /// The broker answers with what is below the high watermark, within the limits.
    pub(super) fn answer_fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let Self {
            sessions,
            groups,
            partitions,
            brokers,
            quotas,
            config,
            ..
        } = self;
        let session = &mut sessions[index as usize];
        let group = usize::from(session.group);
        let limits = &groups[group].config;
        let (fetch_max, lane_max) = (limits.fetch_max, limits.partition_fetch_max);
        let (mut taken, mut kept, mut served) = (Taken::default(), 0, 0);
        for n in 0..session.dirty.len() {
            let lane = session.dirty[n];
            let partition = &mut partitions[lane as usize];
            if partition.leader != session.broker && !serves(partition, session.broker, config) {
                // Its reader will learn where to go.
                partition.cursors[group].dirty = false;
                continue;
            }
            if taken.bytes < fetch_max || taken.bytes == 0 {
                served = kept + 1;
                let room = lane_max.min(fetch_max.saturating_sub(taken.bytes));
                let broker = &brokers[session.broker as usize];
                let away = (broker, self.topic.local_retention);
                take(partition, group, lane, room, session, &mut taken, away, now);
                if let Some(quota) = quotas.partition_out.get_mut(lane as usize) {
                    let quiet = charge(quota, now, taken.last);
                    session.quiet_until = session.quiet_until.max(now + quiet);
                }
            }
            if partition.cursors[group].fetched < partition.high_watermark {
                session.dirty[kept] = lane;
                kept += 1;
            } else {
                partition.cursors[group].dirty = false;
            }
        }
        let Taken {
            bytes,
            cold,
            remote,
            ..
        } = taken;
        // What was served and has more goes to the back, so that every partition has its turn.
        session.dirty.truncate(kept);
        session.dirty.rotate_left(served.min(kept));
        session.available = if kept == 0 {
            0
        } else {
            session.available.saturating_sub(bytes)
        };
        session.state = State::Busy;
        let broker = &mut brokers[session.broker as usize];
        let quiet = broker
            .throttle_out(now, bytes)
            .max(debt(&mut quotas.cluster_out, now, bytes));
        session.quiet_until = session.quiet_until.max(now + quiet);
        let ready = broker.look(now, broker.walk(session.lanes), 1);
        let wait = if remote > 0 {
            broker.machine.remote_read
        } else {
            Nanos::ZERO
        };
        let tls = config.cluster.encryption.consumers[group];
        let sent = broker.send(ready, bytes, cold, tls) + wait;
        let zone = groups[group].members[session.member as usize].zone;
        let delay = config.one_way(zone, broker.zone) + config.cluster.encryption.delay_of(tls);
        self.billing.fetch((zone, broker.zone), bytes, remote);
        self.cold_read += cold;
        cx.queue.at(sent + delay, Event::Fetched(index));
    }

    /// An answer reaches its member.
    pub(in super::super) fn fetched(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &mut self.sessions[index as usize];
        let (group, member) = (session.group, session.member);
        let mut answer = std::mem::take(&mut session.answer);
        let app = &mut self.groups[usize::from(group)];
        for (chunk, grant) in answer.drain(..) {
            let current = self.partitions[chunk.lane as usize].cursors[usize::from(group)].grant;
            if current == grant && app.member_of[chunk.lane as usize] == member {
                app.members[member as usize].reader.push(chunk);
                session.unread += 1;
            }
        }
        session.answer = answer;
        session.state = State::Idle;
        if session.unread == 0 {
            self.send_fetch(index, cx);
        }
        self.begin_slice(group, member, cx);
    }

    /// Leaders may have changed: consumers will know after a failed fetch and a refresh.
    pub(in super::super) fn learn_leaders_soon(&mut self, group: usize, cx: &mut Cx<'_, Event>) {
        if !std::mem::replace(&mut self.groups[group].learning, true) {
            cx.queue
                .after(self.config.producer.backoff, Event::Leaders(group as u16));
        }
    }

    /// Readers move to the brokers that lead now. Where the old broker went silent, they wait for
    /// `request.timeout.ms` first.
    pub(in super::super) fn learn_leaders(&mut self, group: usize, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        self.groups[group].learning = false;
        let mut later = SimTime(u64::MAX);
        for lane in 0..self.groups[group].member_of.len() as u32 {
            let (member, old) = (
                self.groups[group].member_of[lane as usize],
                self.groups[group].read_from[lane as usize],
            );
            let up = member != NOBODY && self.groups[group].members[member as usize].up;
            if !up || self.partitions[lane as usize].leader == NOBODY {
                continue;
            }
            let wanted = self.source_of(group, member, lane);
            if old != NOBODY && old != wanted {
                let broker = &self.brokers[old as usize];
                let known = broker.away_since + self.config.producer.request_timeout;
                if !broker.is_up() && broker.silent && known > now {
                    later = later.min(known);
                    continue;
                }
            }
            self.move_reader(group, lane, wanted, cx);
        }
        if later.0 < u64::MAX {
            cx.queue.at(later, Event::Leaders(group as u16));
        }
        self.start_idle_sessions(group, cx);
    }

    /// Sets sessions going that have nothing in hand and nothing under way.
    pub(in super::super) fn start_idle_sessions(&mut self, group: usize, cx: &mut Cx<'_, Event>) {
        let first = self.groups[group].first_session;
        let count = self.groups[group].members.len() as u32 * self.config.brokers_most;
        for index in first..first + count {
            let session = &self.sessions[index as usize];
            if session.state == State::Idle && session.unread == 0 && session.lanes > 0 {
                self.send_fetch(index, cx);
            }
        }
    }

    /// Parked fetches that cross a cut are lost.
    pub(in super::super) fn cut_sessions(&mut self) {
        for index in 0..self.sessions.len() {
            let session = &self.sessions[index];
            let zone =
                self.groups[usize::from(session.group)].members[session.member as usize].zone;
            if session.state == State::Parked && !self.answers(zone, session.broker) {
                self.sessions[index].state = State::Idle;
            }
        }
    }

    /// A partition is fetched from another broker, or its session is set going again.
    fn move_reader(&mut self, group: usize, lane: u32, wanted: u32, cx: &mut Cx<'_, Event>) {
        let member = self.groups[group].member_of[lane as usize];
        let reader = &self.groups[group].members[member as usize].reader;
        let (chunks, in_hand) = (reader.chunks_of(lane), reader.end_of(lane));
        if let Some(old) = self.session_of(group, lane) {
            self.close_lane_session(group, lane);
            // What the old broker has still to deliver will not be taken.
            let behind = self.jumped_to(group, lane);
            let partition = &mut self.partitions[lane as usize];
            let cursor = partition.cursors[group];
            let from = in_hand
                .unwrap_or(cursor.done.max(cursor.committed))
                .max(behind);
            if from < cursor.fetched.offset {
                let at = partition.position_of(from);
                let unseen = from.max(cursor.seen)..cursor.fetched.offset.max(cursor.seen);
                let void = partition.log.counted(unseen.start, unseen.end);
                let cursor = &mut partition.cursors[group];
                (cursor.fetched, cursor.outstanding) =
                    (at, cursor.outstanding.saturating_sub(void));
                cursor.grant = cursor.grant.wrapping_add(1);
                self.regrant(group, member, lane);
            }
            if chunks > 0 {
                self.sessions[old].unread = self.sessions[old].unread.saturating_sub(chunks);
            }
        }
        self.groups[group].read_from[lane as usize] = wanted;
        if let Some(new) = self.session_of(group, lane) {
            self.sessions[new].unread += chunks;
        }
        self.open_lane_session(group, lane, cx);
    }

    /// A broker answers no fetches any more.
    pub(in super::super) fn stop_sessions(&mut self, broker: u32) {
        for session in self
            .sessions
            .iter_mut()
            .filter(|session| session.broker == broker)
        {
            if session.state == State::Parked {
                session.state = State::Idle;
            }
        }
    }
}

/// Whether a broker that does not lead a partition may answer for it: a replica in sync near the reader.
fn serves(partition: &Partition, broker: u32, config: &Config) -> bool {
    let holds = |replica: &Replica| replica.broker == broker && replica.in_sync;
    config.cluster.rack_selector
        && partition.leader != NOBODY
        && partition.replicas.iter().any(holds)
}

/// Charges a partition's quota and returns how long it is in debt.
fn charge(quota: &mut TokenBucket, now: SimTime, bytes: u64) -> Nanos {
    quota.charge(now, bytes);
    quota.debt_time(now)
}

/// Takes what a fetch may have of one partition.
#[inline]
#[allow(
    clippy::too_many_arguments,
    reason = "the parts of one answer, borrowed apart"
)]
fn take(
    partition: &mut Partition,
    group: usize,
    lane: u32,
    room: u64,
    session: &mut super::Session,
    taken: &mut Taken,
    (broker, local): (&Broker, Option<Nanos>),
    now: SimTime,
) {
    let from = partition.cursors[group].fetched;
    let reach = partition.reach(from, partition.high_watermark, room);
    let (part, count) = (
        reach.bytes.saturating_sub(from.bytes),
        reach.offset.saturating_sub(from.offset),
    );
    let away = from_away(broker, partition, from, part, local, now);
    (taken.bytes, taken.last) = (taken.bytes + part, part);
    (taken.cold, taken.remote) = (taken.cold + away.0, taken.remote + away.1);
    let cursor = &mut partition.cursors[group];
    cursor.fetched = reach;
    if count > 0 {
        let first = from.offset;
        if cursor.seen < reach.offset {
            cursor.outstanding += partition.log.counted(first.max(cursor.seen), reach.offset);
        }
        session
            .answer
            .push((Chunk { lane, first, count }, cursor.grant));
    }
}

/// What a fetch has taken.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    bytes: u64,
    /// Of those, of the last partition.
    last: u64,
    /// Of those, read from the volume.
    cold: u64,
    /// Of those, read from the remote tier.
    remote: u64,
}

/// How many of `bytes` from `from` on lie on the volume, and how many in the remote tier.
fn from_away(
    broker: &Broker,
    partition: &Partition,
    from: Position,
    bytes: u64,
    local: Option<Nanos>,
    now: SimTime,
) -> (u64, u64) {
    if let Some(local) = local {
        let appended = partition
            .log
            .at(from.offset)
            .map_or(now, |stored| stored.appended());
        if now.since(appended) > local {
            return (0, bytes);
        }
    }
    (cold_bytes(broker, partition, from, bytes), 0)
}
