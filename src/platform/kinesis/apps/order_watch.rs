//! The order of each key where consumers are given records: watched, and the first violation reported.

use super::Io;
use super::app::App;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::{Chunk, OrderMark, Stored};

impl App {
    /// Compares the records of `chunk` with the newest of their keys that the application has seen.
    pub(super) fn watch_order(&mut self, chunk: Chunk, io: &mut Io<'_>) {
        let (shard, consumer) = (ShardId(chunk.lane), self.consumer());
        let seen = self.leases[shard].cursor.seen;
        let log = io.stream.log(shard);
        let mut first_violation = None;
        for (offset, stored) in (chunk.first..).zip(log.range(chunk.first, chunk.count)) {
            if offset < seen || !stored.counts() {
                continue;
            }
            let Some(mark) = log.mark_at(offset) else {
                continue;
            };
            let Some(newest) = self.newest.get_mut(mark.key as usize) else {
                continue;
            };
            if mark.nth < *newest {
                io.probe.out_of_order(consumer);
                first_violation.get_or_insert((mark, *stored));
            }
            *newest = (*newest).max(mark.nth);
        }
        if let Some((mark, stored)) = first_violation {
            self.report_violation(shard, mark, stored, io);
        }
    }

    /// Reports the first record that came out of order in the run, in words.
    fn report_violation(&self, shard: ShardId, mark: OrderMark, stored: Stored, io: &mut Io<'_>) {
        if std::mem::replace(&mut io.common.first_disorder_reported, true) {
            return;
        }
        let detail = format!(
            "key number {}: `{}` was given the record that {shard} stored at {:.3} s after one that a later shard stored",
            mark.key,
            self.name,
            stored.appended().as_secs_f64()
        );
        io.happened(&self.name, "order violated", detail);
    }
}
