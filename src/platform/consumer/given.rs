//! What a consumer tells the recorder of the records that it was given.

use super::chunk::Chunk;
use crate::platform::Log;
use crate::probe::{Limit, Passage, Recorder};
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

/// What a consumer does with records that it was given before, or that are not for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// Records before this offset were given before.
    pub(super) seen: u64,
    /// Whether it discards records that stand on a shard where their keys do not belong.
    pub(super) drops: bool,
    /// Why records are given once more; where it is `None`, somebody else notes it.
    pub(super) why: Option<Limit>,
}

/// Tells the recorder how the records of `chunk` whose time is followed came through; `passage` says it of number n. Those
/// before offset `seen` were told before.
#[inline]
pub fn follow(
    chunk: Chunk,
    passage: impl Fn(u64) -> Passage,
    seen: u64,
    drops: bool,
    consumer: usize,
    log: &Log,
    probe: &mut Recorder,
) {
    let end = chunk.first + chunk.count;
    for journey in log.journeys(chunk.first.max(seen), end) {
        let given = log
            .at(journey.offset)
            .is_some_and(|stored| stored.is_given() && !(drops && stored.is_misplaced()));
        if given {
            probe.arrived(consumer, journey, &passage(journey.offset - chunk.first));
        }
    }
}

/// Reports the records of `chunk`, of which number n was done at `done(n)`.
pub(super) fn tell(
    chunk: Chunk,
    done: impl Fn(u64) -> SimTime,
    before: Before,
    consumer: usize,
    log: &Log,
    probe: &mut Recorder,
) {
    let Before { seen, drops, why } = before;
    given(chunk, &done, consumer, log, probe);
    // What another worker has finished meanwhile may be gone from the log: it was seen.
    let gone = log.first().saturating_sub(chunk.first).min(chunk.count);
    let (mut again, mut copies) = (gone, 0);
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
        } else if stored.is_copy() {
            copies += 1;
        } else if offset < seen && stored.is_given() {
            again += 1;
        }
    }
    if again + copies > 0 {
        probe.redelivered(consumer, again + copies);
        probe.bound(Limit::NoAnswer.of(consumer, chunk.lane), copies);
        if let Some(why) = why {
            probe.bound(why.of(consumer, chunk.lane), again);
        }
    }
}
