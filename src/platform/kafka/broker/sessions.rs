//! Fetch sessions: what one member of a consumer group fetches from one broker.
//!
//! # Source
//! Apache Kafka 3.9, `FetchSession.scala`; KIP-227.

use super::super::ids::{BrokerId, GroupId, MemberId, PartitionId, SessionId, Slots};
use super::super::wire::Scope;
use super::Brokers;
use crate::engine::Ticket;
use crate::platform::Chunk;
use crate::units::SimTime;

/// Where a session's fetch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Not sent.
    #[default]
    Idle,
    /// On its way, or its answer is.
    Busy,
    /// Waiting at the broker for data.
    Parked,
}

/// The fetches of one member from one broker.
#[derive(Clone, Debug)]
pub(super) struct FetchSession {
    /// The group.
    pub group: GroupId,
    /// The member.
    pub member: MemberId,
    /// The broker.
    pub broker: BrokerId,
    /// The zone of the member.
    pub zone: u32,
    /// Whether the member's process runs.
    pub alive: bool,
    /// How many fetches it has sent, in share groups: each begins with another partition.
    pub turn: u32,
    /// Where its fetch is.
    pub state: State,
    /// Visible and not fetched `[B]`.
    pub available: u64,
    /// Partitions with visible data that is not fetched.
    pub dirty: Vec<PartitionId>,
    /// How many partitions it fetches.
    pub partitions: u32,
    /// Partitions that the fetch under way leaves out.
    pub left_out: Vec<PartitionId>,
    /// What the answer under way carries, with the assignment epoch that it belongs to.
    pub answer: Vec<(Chunk, Ticket)>,
    /// Chunks of the last answers that the member has not finished taking from its buffer.
    pub buffered: u32,
    /// When a fetch that finds nothing arrives at its broker to wait there, if nobody has looked yet.
    pub arrives_at: SimTime,
    /// When a waiting fetch is answered at the latest.
    pub deadline: SimTime,
    /// Before this it does not fetch: the broker asked for it.
    pub quiet_until: SimTime,
    /// Before this its member is done with records at the instant at which they arrive.
    pub done_at_once_until: SimTime,
    /// Whether the timer of `fetch.max.wait.ms` is set.
    pub timer: bool,
    /// Whether the fetch that has arrived waits for a request handler.
    pub queued: bool,
}

/// A group jumps over what retention has deleted as soon as what a member has in hand is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jump {
    /// The group.
    pub group: GroupId,
    /// The partition.
    pub partition: PartitionId,
    /// The offset at which the records in hand end.
    pub ends: u64,
    /// The offset at which the group goes on.
    pub to: u64,
}

/// All fetch sessions.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    /// For each group: member m and broker b have the session that is m x brokers + b behind the group's first.
    pub all: Slots<SessionId, FetchSession>,
    /// The number of each group's first session.
    first: Slots<GroupId, u32>,
    /// Places that groups jump over.
    pub jumps: Vec<Jump>,
}

impl Brokers {
    /// A group has members in these zones: each gets a session with every broker.
    pub(in super::super) fn add_group(&mut self, members: impl Iterator<Item = (u32, bool)>) {
        let first = self.sessions.all.count();
        let group = self.sessions.first.push(first);
        for (member, (zone, alive)) in (0..).map(MemberId::new).zip(members) {
            for broker in self.machines.ids() {
                self.sessions.all.push(FetchSession {
                    group,
                    member,
                    broker,
                    zone,
                    alive,
                    turn: 0,
                    state: State::Idle,
                    available: 0,
                    dirty: Vec::new(),
                    partitions: 0,
                    left_out: Vec::new(),
                    answer: Vec::new(),
                    buffered: 0,
                    arrives_at: SimTime::ZERO,
                    deadline: SimTime::ZERO,
                    quiet_until: SimTime::ZERO,
                    done_at_once_until: SimTime::ZERO,
                    timer: false,
                    queued: false,
                });
            }
        }
    }

    /// The session of a member with a broker.
    #[inline]
    pub(super) fn session_at(
        &self,
        group: GroupId,
        member: MemberId,
        broker: BrokerId,
    ) -> SessionId {
        let first = self.sessions.first[group];
        SessionId::new(first + member.number() * self.machines.count() + broker.number())
    }

    /// A member's process runs from now on, or no longer.
    pub(in super::super) fn set_alive(&mut self, group: GroupId, member: MemberId, alive: bool) {
        for broker in self.machines.ids() {
            let id = self.session_at(group, member, broker);
            self.sessions.all[id].alive = alive;
        }
    }

    /// What a member fetched is gone with it.
    pub(in super::super) fn forget_member(&mut self, group: GroupId, member: MemberId) {
        for broker in self.machines.ids() {
            let id = self.session_at(group, member, broker);
            let session = &mut self.sessions.all[id];
            session.buffered = 0;
            session.answer.clear();
            session.stop_waiting();
        }
    }

    /// The broker from which a group reads a partition, if it reads it.
    pub(in super::super) fn read_from(&self, group: GroupId, at: PartitionId) -> Option<BrokerId> {
        let reader = self.cursor(group, at).reader?;
        Some(self.sessions.all[reader].broker)
    }

    /// Group and member that a session belongs to.
    #[inline]
    pub(in super::super) fn member_of(&self, session: SessionId) -> (GroupId, MemberId) {
        let session = &self.sessions.all[session];
        (session.group, session.member)
    }

    /// Sets the sessions of a group's members going that have nothing in hand and nothing under way.
    pub(in super::super) fn start_idle_sessions(
        &mut self,
        group: GroupId,
        members: u32,
        cx: &mut Scope<'_>,
    ) {
        let first = self.sessions.first[group];
        for number in first..first + members * self.machines.count() {
            let id = SessionId::new(number);
            let session = &self.sessions.all[id];
            if session.state == State::Idle && session.buffered == 0 && session.partitions > 0 {
                self.send_fetch(id, cx);
            }
        }
    }

    /// Waiting fetches that cross a cut of the network are lost.
    pub(in super::super) fn cut_sessions(&mut self, cx: &Scope<'_>) {
        for session in self.sessions.all.iter_mut() {
            if !cx.net.answers(session.zone, session.broker) {
                session.stop_waiting();
            }
        }
    }

    /// A broker that hung answers the fetches that lie in its sockets.
    pub(super) fn serve_sessions(&mut self, broker: BrokerId, cx: &mut Scope<'_>) {
        for id in self.sessions.all.ids() {
            let session = &self.sessions.all[id];
            let waits = session.state == State::Idle && session.buffered == 0;
            if session.broker == broker && waits && session.partitions > 0 {
                self.send_fetch(id, cx);
            }
        }
    }

    /// Members connect to a broker, each at its turn; how many there are.
    pub(in super::super) fn hold_sessions(
        &mut self,
        broker: BrokerId,
        turn: impl Fn(u64) -> SimTime,
    ) -> u64 {
        let mut nth = 0;
        let all = self.sessions.all.iter_mut();
        for session in all.filter(|session| session.broker == broker && session.alive) {
            session.quiet_until = session.quiet_until.max(turn(nth));
            nth += 1;
        }
        nth
    }

    /// A broker answers no fetches any more.
    pub(in super::super) fn stop_sessions(&mut self, broker: BrokerId) {
        let all = self.sessions.all.iter_mut();
        all.filter(|session| session.broker == broker)
            .for_each(FetchSession::stop_waiting);
    }

    /// Chunks of a session's answers are gone from the member's buffer: the next fetch may be due.
    pub(in super::super) fn take_from_buffer(
        &mut self,
        id: SessionId,
        chunks: u32,
        cx: &mut Scope<'_>,
    ) {
        let session = &mut self.sessions.all[id];
        if chunks == 0 {
            return;
        }
        session.buffered = session.buffered.saturating_sub(chunks);
        if session.buffered == 0 && session.state == State::Idle && session.partitions > 0 {
            self.send_fetch(id, cx);
        }
    }

    /// A member has begun with the last records of a chunk.
    #[inline]
    pub(in super::super) fn chunk_begun(
        &mut self,
        group: GroupId,
        at: PartitionId,
        cx: &mut Scope<'_>,
    ) {
        if let Some(reader) = self.cursor(group, at).reader {
            self.take_from_buffer(reader, 1, cx);
        }
    }

    /// The answer of a session, and the room that goes back with [`Brokers::received`].
    #[inline]
    pub(in super::super) fn take_answer(&mut self, id: SessionId) -> Vec<(Chunk, Ticket)> {
        std::mem::take(&mut self.sessions.all[id].answer)
    }

    /// Whether a group's assignment epoch for a partition is still this one.
    #[inline]
    pub(in super::super) fn is_assigned(
        &self,
        group: GroupId,
        at: PartitionId,
        assignment: Ticket,
    ) -> bool {
        self.cursor(group, at).assignment == assignment
    }

    /// A member has received an answer and put `buffered` chunks of it into its buffer.
    #[inline]
    pub(in super::super) fn received(
        &mut self,
        id: SessionId,
        answer: Vec<(Chunk, Ticket)>,
        buffered: u32,
        cx: &mut Scope<'_>,
    ) {
        let session = &mut self.sessions.all[id];
        session.answer = answer;
        session.state = State::Idle;
        session.buffered += buffered;
        if session.buffered == 0 {
            self.send_fetch(id, cx);
        }
    }

    /// A partition joins the session of its reader.
    pub(super) fn join_session(&mut self, group: GroupId, at: PartitionId, cx: &mut Scope<'_>) {
        let partition = &mut self.partitions[at];
        let top = partition.readable_end(group.as_index()).bytes;
        let cursor = &mut partition.cursors[group.as_index()];
        let Some(id) = cursor.reader else {
            return;
        };
        let waiting = top.saturating_sub(cursor.fetched.bytes);
        let session = &mut self.sessions.all[id];
        session.partitions += 1;
        session.available += waiting;
        if waiting > 0 && !std::mem::replace(&mut cursor.dirty, true) {
            session.dirty.push(at);
        }
        let limits = &cx.config.consumers[group.as_index()];
        let (state, buffered) = (session.state, session.buffered);
        match state {
            State::Idle if buffered == 0 => self.send_fetch(id, cx),
            State::Parked if waiting > 0 && self.has_enough(id, limits) => self.wake_fetch(id, cx),
            State::Idle | State::Busy | State::Parked => {}
        }
    }

    /// A partition leaves the session of its reader.
    pub(super) fn leave_session(&mut self, group: GroupId, at: PartitionId) {
        let partition = &mut self.partitions[at];
        let top = partition.readable_end(group.as_index()).bytes;
        let cursor = &mut partition.cursors[group.as_index()];
        let Some(id) = cursor.reader else {
            return;
        };
        let mut waiting = top.saturating_sub(cursor.fetched.bytes);
        let session = &mut self.sessions.all[id];
        if std::mem::take(&mut cursor.left_out) {
            session.left_out.retain(|left| *left != at);
            waiting = 0;
        }
        if std::mem::take(&mut cursor.dirty) {
            session.dirty.retain(|dirty| *dirty != at);
        }
        session.partitions -= 1;
        session.available = if session.dirty.is_empty() {
            0
        } else {
            session.available.saturating_sub(waiting)
        };
        if session.partitions == 0 {
            session.stop_waiting();
        }
    }

    /// Counts anew what is visible and not fetched for a session that reads some of `partitions`.
    pub(super) fn recount_session(&mut self, id: SessionId, partitions: &[PartitionId]) {
        let session = &mut self.sessions.all[id];
        let group = session.group.as_index();
        (session.available, session.dirty) = (0, Vec::new());
        for at in partitions {
            let partition = &mut self.partitions[*at];
            let top = partition.readable_end(group).bytes;
            let cursor = &mut partition.cursors[group];
            if cursor.reader != Some(id) || cursor.left_out {
                continue;
            }
            let waiting = top.saturating_sub(cursor.fetched.bytes);
            cursor.dirty = waiting > 0;
            session.available += waiting;
            if waiting > 0 {
                session.dirty.push(*at);
            }
        }
    }
}

impl FetchSession {
    /// A fetch that waits at the broker waits no longer.
    fn stop_waiting(&mut self) {
        if self.state == State::Parked {
            self.state = State::Idle;
        }
    }
}
