//! What groups do when retention has deleted what they were to read: they jump over it.
//!
//! # Source
//! Apache Kafka 3.9, consumer `OffsetFetcher.java`, `SubscriptionState.java`: OFFSET_OUT_OF_RANGE and `auto.offset.reset`.

use super::super::config::Reset;
use super::super::ids::{GroupId, PartitionId};
use super::super::wire::Scope;
use super::cursors::InHand;
use super::resets::begins_at;
use super::sessions::Jump;
use super::{Brokers, Cursor, Position};

impl Brokers {
    /// Where a group goes on behind its last jump in a partition; 0 without one.
    pub(super) fn jumped_to(&self, group: GroupId, at: PartitionId) -> u64 {
        let jumps = self.sessions.jumps.iter();
        let own = jumps.filter(|jump| jump.group == group && jump.partition == at);
        own.map(|jump| jump.to).max().unwrap_or_default()
    }

    /// A group has processed more of a partition. Once it has processed the records that it still held, its position
    /// jumps to the offset that `auto.offset.reset` chose.
    pub(super) fn make_jumps(&mut self, group: GroupId, at: PartitionId) {
        let cursor = &mut self.partitions[at].cursors[group.as_index()];
        self.sessions.jumps.retain(|jump| {
            let lands = jump.group == group && jump.partition == at && cursor.seen >= jump.ends;
            if lands {
                cursor.seen = cursor.seen.max(jump.to);
            }
            !lands
        });
    }

    /// What a reader held is gone: of that, records that retention has deleted meanwhile can
    /// not be fetched again.
    pub(in super::super) fn drop_in_hand(
        &mut self,
        group: GroupId,
        at: PartitionId,
        cx: &mut Scope<'_>,
    ) {
        let partition = &mut self.partitions[at];
        let (log, consumer) = (&partition.log, group.as_index());
        let cursor = &mut partition.cursors[consumer];
        let committed = cursor.reads_committed;
        cursor.outstanding = 0;
        self.sessions.jumps.retain(|jump| {
            if jump.group != group || jump.partition != at {
                return true;
            }
            let seen = cursor.seen;
            let gone = if seen < jump.ends {
                log.readable(seen, jump.ends, committed)
            } else {
                0
            };
            cx.probe.expired(consumer, gone);
            cursor.seen = seen.max(jump.to);
            false
        });
    }

    /// Retention has deleted records: what a group had not fetched of them has expired, and its reader gets
    /// OFFSET_OUT_OF_RANGE.
    pub(in super::super) fn skip_deleted(
        &mut self,
        group: GroupId,
        at: PartitionId,
        own: InHand,
        cx: &mut Scope<'_>,
    ) {
        let start = self.partitions[at].start();
        if self.cursor(group, at).fetched.offset >= start.offset {
            return;
        }
        if own.owned {
            let cursor = self.cursor(group, at);
            let from = own.end.unwrap_or(cursor.done.max(cursor.seen));
            self.void_from(group, at, from);
        }
        let (cursor, consumer) = (*self.cursor(group, at), group.as_index());
        let from = cursor.fetched.offset.max(cursor.seen);
        let partition = &mut self.partitions[at];
        partition.pass_hidden(consumer, start.offset, cx.probe);
        let unseen = if from < start.offset {
            partition.readable(consumer, from, start.offset)
        } else {
            0
        };
        cx.probe.expired(consumer, unseen);
        let gone = start.bytes - cursor.fetched.bytes.min(start.bytes);
        self.make_unavailable(&cursor, gone);
        self.out_of_range(group, at, start, own, cx);
    }

    /// Bytes that a session had not fetched are gone.
    pub(super) fn make_unavailable(&mut self, cursor: &Cursor, bytes: u64) {
        if let Some(reader) = cursor.reader.filter(|_| !cursor.left_out) {
            let session = &mut self.sessions.all[reader];
            session.available = session.available.saturating_sub(bytes);
        }
    }

    /// What a group was to fetch is gone. Its reader gets OFFSET_OUT_OF_RANGE and does what
    /// `auto.offset.reset` says; without a reader the commit stays, for the next one to find out.
    fn out_of_range(
        &mut self,
        group: GroupId,
        at: PartitionId,
        start: Position,
        own: InHand,
        cx: &mut Scope<'_>,
    ) {
        let consumer = group.as_index();
        let reset = cx.config.consumers[consumer].offsets.reset;
        let partition = &self.partitions[at];
        let to = match reset {
            Reset::Latest if own.owned => partition.readable_end(consumer).max(start),
            Reset::ByDuration(_) if own.owned => {
                partition.position_of(begins_at(partition, consumer, reset, cx.now()))
            }
            Reset::Latest | Reset::ByDuration(_) | Reset::Earliest | Reset::Never => start,
        };
        if to > start {
            let cursor = *self.cursor(group, at);
            let from = start.offset.max(cursor.seen);
            let partition = &mut self.partitions[at];
            partition.pass_hidden(consumer, to.offset, cx.probe);
            let skipped = if from < to.offset {
                partition.readable(consumer, from, to.offset)
            } else {
                0
            };
            cx.probe.skipped(consumer, skipped);
            self.make_unavailable(&cursor, to.bytes - start.bytes);
        }
        let cursor = self.cursor_mut(group, at);
        cursor.fetched = to;
        let in_hand = own
            .end
            .filter(|ends| cursor.outstanding > 0 && *ends > cursor.seen);
        if let Some(ends) = in_hand {
            let (partition, to) = (at, to.offset);
            self.sessions.jumps.push(Jump {
                group,
                partition,
                ends,
                to,
            });
        } else if cursor.outstanding == 0 {
            cursor.seen = cursor.seen.max(to.offset);
            if own.owned {
                cursor.done = cursor.done.max(to.offset);
                cursor.committed = cursor.committed.max(to.offset);
            }
        }
    }
}
