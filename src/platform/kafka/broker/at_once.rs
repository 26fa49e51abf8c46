//! Sessions of members that are done with records as soon as they arrive: such an answer needs no timer. What it
//! brings is reported when the broker sends it, for the instant at which it arrives.

use super::super::ids::{PartitionId, SessionId};
use super::super::wire::Scope;
use super::{Brokers, Cursor};
use crate::platform::{Log, follow, given};
use crate::probe::Passage;
use crate::units::SimTime;

impl Brokers {
    /// Up to `until` the member of a session does nothing with an answer but be done with it at once.
    pub(in super::super) fn is_done_at_once(&mut self, id: SessionId, until: SimTime) {
        self.sessions.all[id].done_at_once_until = until;
    }

    /// Settles an answer that arrives at `at`, and sends the next fetch then, if the member is done with it at once
    /// and nobody looks at either of them before.
    #[inline]
    pub(super) fn settle_at_once(
        &mut self,
        id: SessionId,
        at: SimTime,
        cx: &mut Scope<'_>,
    ) -> bool {
        let session = &mut self.sessions.all[id];
        let consumer = session.group.as_index();
        if at >= session.done_at_once_until || !session.left_out.is_empty() {
            return false;
        }
        let fresh = |at: PartitionId, first: u64| {
            let partition = &self.partitions[at];
            partition.log.all_count() && first >= partition.cursors[consumer].seen
        };
        let mut chunks = session.answer.iter().map(|(chunk, _)| chunk);
        if !chunks.all(|chunk| fresh(PartitionId::new(chunk.lane), chunk.first)) {
            return false;
        }
        for (chunk, _) in session.answer.drain(..) {
            let partition = &mut self.partitions[PartitionId::new(chunk.lane)];
            given(chunk, |_| at, consumer, &partition.log, cx.probe);
            let records = partition.log.range(chunk.first, chunk.count);
            cx.probe
                .delivered_all(consumer, records.map(|stored| (stored.at, at)));
            let passage = |_| Passage::at_once(chunk.taken, at);
            follow(chunk, passage, 0, false, consumer, &partition.log, cx.probe);
            let cursor = &mut partition.cursors[consumer];
            cursor.settle(chunk.first, chunk.first + chunk.count, &partition.log);
        }
        self.send_fetch_at(id, at, cx);
        true
    }
}

impl Cursor {
    /// The owner is done with the records from `first` up to `end`.
    #[inline]
    pub(super) fn settle(&mut self, first: u64, end: u64, log: &Log) {
        if end > self.seen {
            let fresh = log.readable(first.max(self.seen), end, self.reads_committed);
            self.outstanding = self.outstanding.saturating_sub(fresh);
            self.seen = end;
        }
        self.done = end;
    }
}
