//! Consumer groups: members with one fetch session per broker. A fetch waits at the leader until
//! `fetch.min.bytes` are below the high watermark or `fetch.max.wait.ms` is over. A member asks
//! again as soon as it begins with the last records of an answer, as the Java client does.
//!
//! # Source
//! SRC39 `DelayedFetch`, consumer `Fetcher`, `RangeAssignor`; facts/kafka-msk.md sections 2.2 and 4.

use super::config::ConsumerConfig;
use super::partition::Position;
use super::{Event, Kafka};
use crate::platform::{Chunk, Cx, Reader};
use crate::units::{Nanos, SimTime};

/// One consumer group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Its settings.
    pub config: ConsumerConfig,
    /// Its members.
    pub members: Vec<Reader>,
    /// The member of each partition.
    pub member_of: Vec<u32>,
    /// How many steps of the timeline hold it down.
    pub down: u32,
    /// The number of its first session: member m and broker b have number first + m x brokers + b.
    pub first_session: u32,
}

/// Where a session's fetch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// On its way, or its answer is.
    #[default]
    Busy,
    /// Waiting at the leader for data.
    Parked,
    /// Not sent, because the group is down.
    Stopped,
}

/// The fetches of one member from one broker.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// The group.
    pub group: u16,
    /// The member.
    pub member: u32,
    /// The broker.
    pub broker: u32,
    state: State,
    /// Visible and not fetched `[B]`.
    available: u64,
    /// Partitions with visible data that is not fetched.
    dirty: Vec<u32>,
    /// What the answer under way carries.
    answer: Vec<Chunk>,
    /// Chunks of the last answer that the member has not finished fetching from its buffer.
    unread: u32,
    /// When a waiting fetch is answered at the latest.
    deadline: SimTime,
    timer: bool,
    /// Whether the fetch that has arrived waits for a request handler.
    queued: bool,
    /// Whether the broker leads a partition of the member at all; otherwise nothing is fetched.
    used: bool,
}

impl Session {
    /// A session whose first fetch is still to be sent.
    #[must_use]
    pub(super) fn new(group: u16, member: u32, broker: u32) -> Self {
        Self { group, member, broker, ..Self::default() }
    }
}

/// The contiguous blocks of Kafka's range assignor for one topic: the first members get one more.
#[must_use]
pub fn range_assign(partitions: u32, members: u32) -> Vec<u32> {
    let (each, more) = (partitions / members, partitions % members);
    let block = |member: u32| std::iter::repeat_n(member, (each + u32::from(member < more)) as usize);
    (0..members).flat_map(block).collect()
}

impl Kafka {
    fn session_of(&self, group: usize, lane: u32) -> u32 {
        let group = &self.groups[group];
        let leader = self.partitions[lane as usize].leader;
        group.first_session + group.member_of[lane as usize] * self.config.brokers + leader
    }

    /// The delay between a session's member and its broker.
    fn session_delay(&self, session: &Session) -> Nanos {
        let member_zone = session.member % self.config.zones;
        self.config.one_way(member_zone, self.brokers[session.broker as usize].zone)
    }

    /// Sends the first fetch of every session.
    pub(super) fn start_fetching(&mut self, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            for lane in 0..self.config.topic.partitions {
                let index = self.session_of(group, lane);
                self.sessions[index as usize].used = true;
            }
        }
        for index in 0..self.sessions.len() as u32 {
            if self.sessions[index as usize].used {
                self.send_fetch(index, cx);
            }
        }
    }

    fn send_fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &self.sessions[index as usize];
        let delay = self.session_delay(session);
        let down = self.groups[usize::from(session.group)].down > 0;
        let session = &mut self.sessions[index as usize];
        session.state = if down { State::Stopped } else { State::Busy };
        if !down {
            cx.queue.after(delay + self.config.machine.request_time, Event::Fetch(index));
        }
    }

    /// `gained` bytes of a partition became visible.
    pub(super) fn visible(&mut self, lane: u32, gained: u64, cx: &mut Cx<'_, Event>) {
        for group in 0..self.groups.len() {
            let index = self.session_of(group, lane);
            let fetch_min = self.groups[group].config.fetch_min;
            let session = &mut self.sessions[index as usize];
            session.available += gained;
            if !session.dirty.contains(&lane) {
                session.dirty.push(lane);
            }
            if session.state == State::Parked && session.available >= fetch_min {
                self.answer_fetch(index, cx);
            }
        }
    }

    /// A fetch has reached its broker and been handled, if a handler was free: it is answered or waits.
    pub(super) fn fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &mut self.sessions[index as usize];
        let group = &self.groups[usize::from(session.group)];
        let handled = self.brokers[session.broker as usize].handled_at(cx.queue.now(), &mut session.queued);
        if handled > cx.queue.now() {
            return cx.queue.at(handled, Event::Fetch(index));
        }
        if session.available >= group.config.fetch_min.max(1) {
            return self.answer_fetch(index, cx);
        }
        session.state = State::Parked;
        session.deadline = cx.queue.now() + group.config.fetch_wait;
        if !session.timer {
            session.timer = true;
            cx.queue.at(session.deadline, Event::FetchWaited(index));
        }
    }

    /// The timer of `fetch.max.wait.ms`.
    pub(super) fn fetch_waited(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
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
    fn answer_fetch(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let session = &mut self.sessions[index as usize];
        let group = usize::from(session.group);
        let limits = &self.groups[group].config;
        let (mut bytes, mut kept, mut served) = (0, 0, 0);
        for n in 0..session.dirty.len() {
            let lane = session.dirty[n];
            let partition = &mut self.partitions[lane as usize];
            let limit = partition.high_watermark;
            if bytes < limits.fetch_max || bytes == 0 {
                served = kept + 1;
                session.available -= skip_expired(partition, group, self.config.topic.retention, now, cx);
                let from = partition.cursors[group].fetched;
                let room = limits.partition_fetch_max.min(limits.fetch_max.saturating_sub(bytes));
                let reach = partition.reach(from, limit, room);
                let count = reach.offset - from.offset;
                bytes += reach.bytes - from.bytes;
                let cursor = &mut partition.cursors[group];
                cursor.fetched = reach;
                cursor.outstanding += count;
                if count > 0 {
                    session.answer.push(Chunk { lane, first: from.offset, count });
                }
            }
            if partition.cursors[group].fetched < limit {
                session.dirty[kept] = lane;
                kept += 1;
            }
        }
        // What was served and has more goes to the back, so that every partition has its turn.
        session.dirty.truncate(kept);
        session.dirty.rotate_left(served.min(kept));
        session.available -= bytes;
        session.state = State::Busy;
        let (broker, member) = (session.broker as usize, session.member);
        let sent = self.brokers[broker].send(now, bytes);
        let delay = self.config.one_way(member % self.config.zones, self.brokers[broker].zone);
        cx.queue.at(sent + delay, Event::Fetched(index));
    }

    /// An answer reaches its member.
    pub(super) fn fetched(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let session = &mut self.sessions[index as usize];
        let (group, member) = (session.group, session.member);
        let reader = &mut self.groups[usize::from(group)].members[member as usize];
        session.unread = session.answer.len() as u32;
        for chunk in session.answer.drain(..) {
            reader.push(chunk);
        }
        if session.unread == 0 {
            self.send_fetch(index, cx);
        }
        self.begin_slice(group, member, cx);
    }

    fn begin_slice(&mut self, group: u16, member: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.groups[usize::from(group)];
        if app.down > 0 {
            return;
        }
        let Some(ends) = app.members[member as usize].begin(cx.queue.now()) else { return };
        cx.queue.at(ends, Event::Done { group, member });
        for n in 0..self.groups[usize::from(group)].members[member as usize].current().len() {
            let part = self.groups[usize::from(group)].members[member as usize].current()[n];
            if !part.last {
                continue;
            }
            let index = self.session_of(usize::from(group), part.chunk.lane);
            let session = &mut self.sessions[index as usize];
            session.unread -= 1;
            if session.unread == 0 {
                self.send_fetch(index, cx);
            }
        }
    }

    /// A member is done with what a poll gave it.
    pub(super) fn finish_slice(&mut self, group: u16, member: u32, cx: &mut Cx<'_, Event>) {
        let index = usize::from(group);
        let reader = &mut self.groups[index].members[member as usize];
        let mut before = 0;
        for part in reader.current() {
            let partition = &mut self.partitions[part.chunk.lane as usize];
            reader.report(*part, before, 0, index, &partition.log, cx.probe);
            before += part.chunk.count;
            let cursor = &mut partition.cursors[index];
            cursor.outstanding -= part.chunk.count;
            cursor.done = part.chunk.first + part.chunk.count;
            if part.last {
                partition.trim();
            }
        }
        reader.end();
        self.begin_slice(group, member, cx);
    }

    /// A group stops: its members neither fetch nor work.
    pub(super) fn take_down(&mut self, group: u16) {
        self.groups[usize::from(group)].down += 1;
        for session in self.sessions.iter_mut().filter(|session| session.group == group) {
            if session.state == State::Parked {
                session.state = State::Stopped;
            }
        }
    }

    /// A group works again.
    pub(super) fn bring_up(&mut self, group: u16, cx: &mut Cx<'_, Event>) {
        let app = &mut self.groups[usize::from(group)];
        app.down = app.down.saturating_sub(1);
        if app.down > 0 {
            return;
        }
        for member in 0..app.members.len() as u32 {
            self.begin_slice(group, member, cx);
        }
        for index in 0..self.sessions.len() as u32 {
            let session = &self.sessions[index as usize];
            if session.group == group && session.state == State::Stopped {
                self.send_fetch(index, cx);
            }
        }
    }
}

/// Moves a group past records that have expired unread; returns the bytes that are gone.
fn skip_expired(
    partition: &mut super::partition::Partition,
    group: usize,
    retention: Option<Nanos>,
    now: SimTime,
    cx: &mut Cx<'_, Event>,
) -> u64 {
    let Some(retention) = retention else { return 0 };
    let from = partition.cursors[group].fetched;
    let retained = partition.log.first_retained(from.offset, retention, now);
    let retained = retained.min(partition.high_watermark.offset);
    if retained <= from.offset {
        return 0;
    }
    let to: Position = partition.position_of(retained, from);
    cx.probe.expired(group, retained - from.offset);
    let cursor = &mut partition.cursors[group];
    cursor.fetched = to;
    if cursor.outstanding == 0 {
        cursor.done = cursor.done.max(retained);
    }
    to.bytes - from.bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_assignor_gives_contiguous_blocks_and_the_first_members_one_more() {
        assert_eq!(range_assign(7, 3), [0, 0, 0, 1, 1, 2, 2]);
        assert_eq!(range_assign(2, 4), [0, 1]);
        assert_eq!(range_assign(6, 3), [0, 0, 1, 1, 2, 2]);
    }
}
