//! The order of each key as one consumer sees it.

use super::Chunk;
use crate::platform::Log;
use crate::probe::Recorder;
use crate::units::SimTime;

/// The newest record of each key that a consumer has been given.
#[derive(Clone, Debug)]
pub struct OrderWatch {
    /// The number of that record among all records of the run, by key; zero before the first.
    newest: Vec<u32>,
}

/// A record that was given after a later record of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// The number of the key.
    pub key: u32,
    /// When the record was stored.
    pub stored_at: SimTime,
}

impl OrderWatch {
    /// Watches this many keys.
    #[must_use]
    pub fn new(keys: usize) -> Self {
        Self {
            newest: vec![0; keys],
        }
    }

    /// Compares the records of a chunk with the newest of their keys. Records before offset `seen` were given
    /// before and do not count. Each disorder is reported; the first one is returned.
    pub fn watch(
        &mut self,
        chunk: Chunk,
        seen: u64,
        log: &Log,
        consumer: usize,
        probe: &mut Recorder,
    ) -> Option<Disorder> {
        let mut first = None;
        // Records that have left the log meanwhile were seen by another worker.
        let gone = log.first().saturating_sub(chunk.first).min(chunk.count);
        let begin = chunk.first + gone;
        for (offset, stored) in (begin..).zip(log.range(begin, chunk.count - gone)) {
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
                probe.out_of_order(consumer, chunk.lane);
                first.get_or_insert(Disorder {
                    key: mark.key,
                    stored_at: stored.appended(),
                });
            }
            *newest = (*newest).max(mark.nth);
        }
        first
    }
}
