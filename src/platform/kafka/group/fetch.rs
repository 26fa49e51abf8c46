//! Fetches of consumers. A fetch waits at the broker until `fetch.min.bytes` are below the high
//! watermark or `fetch.max.wait.ms` is over. A member asks again as soon as it begins with the last
//! records of an answer, as the Java client does.
//!
//! # Source
//! SRC39 `DelayedFetch`, consumer `Fetcher`; KIP-392; facts/kafka-msk.md sections 2.2 and 3.4.

use super::{Kafka, State};
use crate::platform::kafka::Event;
use crate::platform::kafka::broker::{Broker, debt};
use crate::platform::kafka::follower::cold_bytes;
use crate::platform::kafka::partition::{NOBODY, Position};
use crate::platform::{Chunk, Cx};
use crate::units::{Nanos, SimTime};

impl Kafka {
    pub(super) fn send_fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &self.sessions[index as usize];
        let member = &self.groups[usize::from(session.group)].members[session.member as usize];
        let idle = !member.up || session.lanes == 0 || !self.answers(member.zone, session.broker);
        let broker = &self.brokers[session.broker as usize];
        let delay = self.config.one_way(member.zone, broker.zone) + broker.machine.request_time;
        let session = &mut self.sessions[index as usize];
        session.state = if idle { State::Idle } else { State::Busy };
        if !idle {
            let at = (cx.queue.now() + delay).max(session.quiet_until);
            cx.queue.at(at, Event::Fetch(index));
        }
    }

    /// `gained` bytes of a partition became visible.
    #[inline]
    pub(in super::super) fn visible(&mut self, lane: u32, gained: u64, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            let Some(index) = self.session_of(group, lane) else { continue };
            let fetch_min = self.groups[group].config.fetch_min;
            let session = &mut self.sessions[index];
            session.available += gained;
            let dirty = &mut self.partitions[lane as usize].cursors[group].dirty;
            if !std::mem::replace(dirty, true) {
                session.dirty.push(lane);
            }
            if session.state == State::Parked && session.available >= fetch_min {
                self.answer_fetch(index as u32, cx);
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
        let handled = self.brokers[session.broker as usize].handled_at(now, &mut session.queued);
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

    /// Whether a broker may answer for a partition: its leader, or a replica in sync near the reader.
    fn serves(&self, broker: u32, lane: u32) -> bool {
        let partition = &self.partitions[lane as usize];
        partition.leader == broker
            || (self.config.cluster.rack_selector
                && partition.replicas.iter().any(|replica| replica.broker == broker && replica.in_sync))
    }

    /// The broker answers with what is below the high watermark, within the limits.
    pub(super) fn answer_fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let mut session = std::mem::take(&mut self.sessions[index as usize]);
        let group = usize::from(session.group);
        let limits = &self.groups[group].config;
        let (fetch_max, lane_max) = (limits.fetch_max, limits.partition_fetch_max);
        let (mut taken, mut kept, mut served) = (Taken::default(), 0, 0);
        for n in 0..session.dirty.len() {
            let lane = session.dirty[n];
            if self.troubled && !self.serves(session.broker, lane) {
                // Its reader will learn where to go.
                self.partitions[lane as usize].cursors[group].dirty = false;
                continue;
            }
            if taken.bytes < fetch_max || taken.bytes == 0 {
                served = kept + 1;
                let room = lane_max.min(fetch_max.saturating_sub(taken.bytes));
                self.take(group, lane, room, &mut session, &mut taken, now);
            }
            let partition = &mut self.partitions[lane as usize];
            if partition.cursors[group].fetched < partition.high_watermark {
                session.dirty[kept] = lane;
                kept += 1;
            } else {
                partition.cursors[group].dirty = false;
            }
        }
        let Taken { bytes, cold, remote } = taken;
        // What was served and has more goes to the back, so that every partition has its turn.
        session.dirty.truncate(kept);
        session.dirty.rotate_left(served.min(kept));
        session.available = if kept == 0 { 0 } else { session.available.saturating_sub(bytes) };
        session.state = State::Busy;
        let broker = &mut self.brokers[session.broker as usize];
        let quiet = broker.throttle_out(now, bytes).max(debt(&mut self.quotas.cluster_out, now, bytes));
        session.quiet_until = session.quiet_until.max(now + quiet);
        let looked = session.answer.len() as u64;
        broker.look_at(now, looked);
        let wait = if remote > 0 { broker.machine.remote_read } else { Nanos::ZERO };
        let sent = broker.send(now, bytes, cold, broker.machine.tls_clients) + wait;
        self.cold_read += cold;
        let zone = self.groups[group].members[session.member as usize].zone;
        let delay = self.config.one_way(zone, self.brokers[session.broker as usize].zone);
        self.sessions[index as usize] = session;
        cx.queue.at(sent + delay, Event::Fetched(index));
    }

    /// Takes what a fetch may have of one partition.
    fn take(
        &mut self,
        group: usize,
        lane: u32,
        room: u64,
        session: &mut super::Session,
        taken: &mut Taken,
        now: SimTime,
    ) {
        let partition = &mut self.partitions[lane as usize];
        let from = partition.cursors[group].fetched;
        let reach = partition.reach(from, partition.high_watermark, room);
        let (part, count) =
            (reach.bytes.saturating_sub(from.bytes), reach.offset.saturating_sub(from.offset));
        let broker = &self.brokers[session.broker as usize];
        let away = from_away(broker, partition, from, part, self.topic.local_retention, now);
        taken.bytes += part;
        (taken.cold, taken.remote) = (taken.cold + away.0, taken.remote + away.1);
        let cursor = &mut partition.cursors[group];
        cursor.fetched = reach;
        if count > 0 {
            let first = from.offset;
            if cursor.seen < reach.offset {
                cursor.outstanding += partition.log.counted(first.max(cursor.seen), reach.offset);
            }
            session.answer.push((Chunk { lane, first, count }, cursor.grant));
        }
        if let Some(quota) = self.quotas.partition_out.get_mut(lane as usize) {
            let mut slot = Some(*quota);
            let quiet = debt(&mut slot, now, part);
            *quota = slot.unwrap_or(*quota);
            session.quiet_until = session.quiet_until.max(now + quiet);
        }
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
            cx.queue.after(self.config.producer.backoff, Event::Leaders(group as u16));
        }
    }

    /// Readers move to the brokers that lead now. Where the old broker went silent, they wait for
    /// `request.timeout.ms` first.
    pub(in super::super) fn learn_leaders(&mut self, group: usize, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        self.groups[group].learning = false;
        let mut later = SimTime(u64::MAX);
        for lane in 0..self.groups[group].member_of.len() as u32 {
            let (member, old) =
                (self.groups[group].member_of[lane as usize], self.groups[group].read_from[lane as usize]);
            if member == NOBODY || self.partitions[lane as usize].leader == NOBODY {
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
            self.groups[group].learning = true;
            cx.queue.at(later, Event::Leaders(group as u16));
        }
    }

    /// A partition is fetched from another broker, or its session is set going again.
    fn move_reader(&mut self, group: usize, lane: u32, wanted: u32, cx: &mut Cx<'_, Event>) {
        let member = self.groups[group].member_of[lane as usize];
        let chunks = self.groups[group].members[member as usize].reader.chunks_of(lane);
        if let Some(old) = self.session_of(group, lane) {
            self.close_lane_session(group, lane);
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
        for session in self.sessions.iter_mut().filter(|session| session.broker == broker) {
            if session.state == State::Parked {
                session.state = State::Idle;
            }
        }
    }
}

/// What a fetch has taken.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    bytes: u64,
    /// Of those, read from the volume.
    cold: u64,
    /// Of those, read from the remote tier.
    remote: u64,
}

/// How many of `bytes` from `from` on lie on the volume, and how many in the remote tier.
fn from_away(
    broker: &Broker,
    partition: &crate::platform::kafka::partition::Partition,
    from: Position,
    bytes: u64,
    local: Option<Nanos>,
    now: SimTime,
) -> (u64, u64) {
    if let Some(local) = local {
        let appended = partition.log.at(from.offset).map_or(now, |stored| stored.appended());
        if now.since(appended) > local {
            return (0, bytes);
        }
    }
    (cold_bytes(broker, partition, from, bytes), 0)
}
