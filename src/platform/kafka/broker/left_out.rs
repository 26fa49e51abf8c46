//! Fetches of clients before 4.0. With each poll they ask a broker again for all partitions of which nothing is in
//! their buffer; what is left out waits for the fetch under way, up to `fetch.max.wait.ms`. Since 4.0 a client skips a
//! broker of whose partitions something is in its buffer.
//!
//! # Source
//! Apache Kafka 3.9, consumer `AbstractFetch.prepareFetchRequests` and `ClassicKafkaConsumer.poll`; KAFKA-17182 (pull request
//! 18795, in 4.0).

use super::super::ids::SessionId;
use super::super::ids::{GroupId, MemberId, PartitionId};
use super::super::wire::Scope;
use super::Brokers;
use super::sessions::{FetchSession, State};

impl Brokers {
    /// A member of an older client has polled: it fetches what is not in its buffer from each broker that owes it nothing.
    pub(in super::super) fn fetch_the_rest(
        &mut self,
        group: GroupId,
        member: MemberId,
        buffered: impl Iterator<Item = PartitionId>,
        cx: &mut Scope<'_>,
    ) {
        for broker in self.machines.ids() {
            let id = self.session_at(group, member, broker);
            if self.sessions.all[id].state == State::Idle {
                self.take_back(id);
            }
        }
        for at in buffered {
            self.leave_out(group, at);
        }
        for broker in self.machines.ids() {
            let id = self.session_at(group, member, broker);
            let session = &self.sessions.all[id];
            let has_some = session.buffered > 0 && session.asked() > 0;
            if session.state == State::Idle && has_some {
                self.send_fetch_at(id, cx.now(), cx);
            }
        }
    }

    /// The next fetch leaves a partition out, if none is under way.
    fn leave_out(&mut self, group: GroupId, at: PartitionId) {
        let partition = &mut self.partitions[at];
        let top = partition.readable_end(group.as_index()).bytes;
        let cursor = &mut partition.cursors[group.as_index()];
        let Some(id) = cursor.reader.filter(|_| !cursor.left_out) else {
            return;
        };
        let session = &mut self.sessions.all[id];
        if session.state != State::Idle {
            return;
        }
        cursor.left_out = true;
        session.left_out.push(at);
        if std::mem::take(&mut cursor.dirty) {
            session.dirty.retain(|dirty| *dirty != at);
            let waiting = top.saturating_sub(cursor.fetched.bytes);
            session.available = session.available.saturating_sub(waiting);
        }
    }

    /// The next fetch of a session asks for all of its partitions.
    #[inline]
    pub(super) fn take_back(&mut self, id: SessionId) {
        let session = &mut self.sessions.all[id];
        if session.left_out.is_empty() {
            return;
        }
        let group = session.group.as_index();
        for at in session.left_out.drain(..) {
            let partition = &mut self.partitions[at];
            let top = partition.readable_end(group).bytes;
            let cursor = &mut partition.cursors[group];
            cursor.left_out = false;
            let waiting = top.saturating_sub(cursor.fetched.bytes);
            session.available += waiting;
            if waiting > 0 && !std::mem::replace(&mut cursor.dirty, true) {
                session.dirty.push(at);
            }
        }
    }
}

impl FetchSession {
    /// How many partitions the next fetch, or the one under way, asks for.
    #[inline]
    pub(super) fn asked(&self) -> u32 {
        self.partitions - self.left_out.len() as u32
    }
}
