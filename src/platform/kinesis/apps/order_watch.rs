//! The order of each key where consumers are given records: watched, and the first violation reported.

use super::Io;
use super::app::App;
use crate::platform::kinesis::ids::ShardId;
use crate::platform::{Chunk, Disorder};
use crate::probe::happenings;

impl App {
    /// Compares the records of `chunk` with the newest of their keys that the application has seen.
    pub(super) fn watch_order(&mut self, chunk: Chunk, io: &mut Io<'_>) {
        let (shard, consumer) = (ShardId(chunk.lane), self.consumer());
        let seen = self.leases[shard].cursor.seen;
        let log = io.stream.log(shard);
        let disorder = self.order.watch(chunk, seen, log, consumer, io.probe);
        if let Some(disorder) = disorder {
            self.report_disorder(shard, disorder, io);
        }
    }

    /// Reports the first record that came out of order in the run, in words.
    pub(super) fn report_disorder(&self, shard: ShardId, disorder: Disorder, io: &mut Io<'_>) {
        if std::mem::replace(&mut io.common.first_disorder_reported, true) {
            return;
        }
        let detail = format!(
            "key number {}: `{}` was given the record that {shard} stored at {:.3} s after one that a later shard stored",
            disorder.key,
            self.name,
            disorder.stored_at.as_secs_f64()
        );
        io.happened(&self.name, happenings::ORDER_VIOLATED, detail);
    }
}
