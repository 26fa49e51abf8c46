//! What a consumer tells the recorder of the records that it was given.

use super::chunk::Chunk;
use crate::platform::Log;
use crate::probe::{Limit, Recorder};
use crate::units::SimTime;

/// Tells when a consumer was given the records of `chunk`, of which number n was done at `done(n)`, where somebody measures
/// outages.
#[inline]
pub fn given(
    chunk: Chunk,
    done: impl Fn(u64) -> SimTime,
    consumer: usize,
    log: &Log,
    probe: &mut Recorder,
) {
    if !probe.watches_reads() {
        return;
    }
    if let Some(stored) = log.range(chunk.first, 1).next() {
        let done = done(0)..=done(chunk.count.saturating_sub(1));
        probe.given(consumer, chunk.lane, stored.appended(), done);
    }
}

/// Reports the records of `chunk`, of which number n was done at `done(n)`. A consumer that `drops` discards those that stand on
/// a shard where their keys do not belong.
pub(super) fn tell(
    chunk: Chunk,
    done: impl Fn(u64) -> SimTime,
    seen: u64,
    drops: bool,
    consumer: usize,
    log: &Log,
    probe: &mut Recorder,
) {
    given(chunk, &done, consumer, log, probe);
    // What another worker has finished meanwhile may be gone from the log: it was seen.
    let gone = log.first().saturating_sub(chunk.first).min(chunk.count);
    let mut again = gone;
    for (n, stored) in (gone..).zip(log.range(chunk.first + gone, chunk.count - gone)) {
        let offset = chunk.first + n;
        if drops && stored.is_misplaced() {
            let fresh = offset >= seen && stored.is_given();
            probe.discarded(consumer, u64::from(fresh));
        } else if offset >= seen && stored.is_given() {
            probe.delivered(consumer, stored.at, done(n));
            if let Some(mark) = log.mark_at(offset).filter(|_| probe.relays(consumer)) {
                probe.relayed(done(n), mark.serial);
            }
        } else if stored.is_copy() || (offset < seen && stored.is_given()) {
            again += 1;
        }
    }
    if again > 0 {
        probe.redelivered(consumer, again);
        probe.bound(Limit::Checkpoint.of(consumer, chunk.lane), again);
    }
}
