//! The order of each key where consumers are given records: watched, and the first violation told.

use super::hash::shard_id;
use super::{Event, Kinesis};
use crate::platform::{Chunk, Cx};

impl Kinesis {
    /// Compares the records of `chunk` with the newest of their keys that the application has seen.
    pub(super) fn watch(&mut self, index: u16, chunk: Chunk, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let log = &self.shards[chunk.lane as usize].log;
        let seen = app.leases[chunk.lane as usize].seen;
        for (offset, stored) in (chunk.first..).zip(log.range(chunk.first, chunk.count)) {
            let Some(mark) = log
                .mark_at(offset)
                .filter(|_| offset >= seen && stored.counts())
            else {
                continue;
            };
            let Some(newest) = app.newest.get_mut(mark.key as usize) else {
                continue;
            };
            if mark.nth < *newest {
                cx.probe.out_of_order(usize::from(index));
                if !std::mem::replace(&mut self.counterexample, true) {
                    let detail = format!(
                        "key number {}: `{}` was given the record that {} stored at {:.3} s after one that a later shard stored",
                        mark.key,
                        app.name,
                        shard_id(chunk.lane),
                        stored.appended().as_secs_f64()
                    );
                    cx.probe
                        .happened(cx.queue.now(), &app.name, "order violated", detail);
                }
            }
            *newest = (*newest).max(mark.nth);
        }
    }
}
