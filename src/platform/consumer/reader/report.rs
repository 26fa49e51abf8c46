//! What a worker tells the recorder of the records that it is done with, and of the time of those that are followed.

use super::super::given::{Before, follow, given, tell};
use super::{Chunk, Part, Reader};
use crate::platform::Log;
use crate::probe::{Limit, Passage, Recorder};
use crate::units::{Nanos, SimTime};

impl Reader {
    /// Reports the records of a part of the slice that has just ended, each at the instant at which
    /// it was done; `before` is how many records of the slice came before. Records before offset
    /// `seen` and copies are counted as given once more.
    pub fn report(
        &self,
        part: Part,
        before: u64,
        seen: u64,
        consumer: usize,
        log: &Log,
        probe: &mut Recorder,
    ) {
        let begun = self.began;
        let plain = self.sink_buffer.is_none() && !probe.relays(consumer);
        if plain && part.chunk.first >= seen && log.all_count() {
            // The usual case, once per record: nothing seen before, no copies.
            given(
                part.chunk,
                |n| begun + self.work(before + n + 1),
                consumer,
                log,
                probe,
            );
            let mut done = begun + Nanos(self.per_record.0.saturating_mul(before));
            let each = log.range(part.chunk.first, part.chunk.count).map(|stored| {
                done += self.per_record;
                (stored.at, done)
            });
            probe.delivered_all(consumer, each);
            let passage = |n| self.passage(part.chunk, before + n, None);
            return follow(part.chunk, passage, seen, false, consumer, log, probe);
        }
        self.report_again(part, before, seen, consumer, log, probe);
    }

    /// How record number n of a chunk came through; `before` records of the slice, n included, came before it. Without an
    /// instant at which the sink had it, it was done when it was processed.
    #[inline]
    fn passage(&self, chunk: Chunk, before: u64, done: Option<SimTime>) -> Passage {
        let begun = self.began + self.work(before);
        let processed = begun + self.per_record;
        Passage {
            taken: chunk.taken,
            received: chunk.received,
            begun,
            processed,
            done: done.unwrap_or(processed),
        }
    }

    /// [`Reader::report`] where some records were seen before, do not count, go to a
    /// sink or on to another system.
    #[cold]
    fn report_again(
        &self,
        part: Part,
        before: u64,
        seen: u64,
        consumer: usize,
        log: &Log,
        probe: &mut Recorder,
    ) {
        let begun = self.began;
        let done = |n: u64| match &self.sink_buffer {
            Some(sink_buffer) => sink_buffer.done_at(part.chunk, n),
            None => begun + self.work(before + n + 1),
        };
        let passage = |n| self.passage(part.chunk, before + n, Some(done(n)));
        let drops = self.drops_misplaced;
        follow(part.chunk, passage, seen, drops, consumer, log, probe);
        let before = Before {
            seen,
            drops,
            why: Some(Limit::Checkpoint),
        };
        tell(part.chunk, done, before, consumer, log, probe);
    }

    /// Reports records of a buffer that the sink has since `now`.
    pub fn report_written(
        &mut self,
        now: SimTime,
        chunk: Chunk,
        seen: u64,
        consumer: usize,
        log: &Log,
        probe: &mut Recorder,
    ) {
        let drops = self.drops_misplaced;
        if let Some(sink_buffer) = &mut self.sink_buffer {
            let kept = sink_buffer.take_passages(chunk);
            let passage = |n| Passage {
                done: now,
                ..kept.of(chunk.first + n)
            };
            follow(chunk, passage, seen, drops, consumer, log, probe);
        }
        let before = Before {
            seen,
            drops,
            why: Some(Limit::Checkpoint),
        };
        tell(chunk, |_| now, before, consumer, log, probe);
    }

    /// Reports records of which number n came through as `passage(n)` says, and which no worker of the application holds.
    pub fn report_chunk(
        chunk: Chunk,
        passage: impl Fn(u64) -> Passage,
        seen: u64,
        consumer: usize,
        log: &Log,
        probe: &mut Recorder,
    ) {
        let done = |n| passage(n).done;
        follow(chunk, &passage, seen, false, consumer, log, probe);
        if chunk.first >= seen && log.all_count() && !probe.relays(consumer) {
            given(chunk, done, consumer, log, probe);
            let stored = (0..).zip(log.range(chunk.first, chunk.count));
            let each = stored.map(|(n, stored)| (stored.at, done(n)));
            return probe.delivered_all(consumer, each);
        }
        // Whoever reports so has noted the attempts that failed.
        let before = Before {
            seen,
            drops: false,
            why: None,
        };
        tell(chunk, done, before, consumer, log, probe);
    }

    /// Notes how the records of the slice that are followed came through, until the sink has them.
    pub(super) fn keep_passages<'a>(&mut self, log_of: &impl Fn(u32) -> &'a Log) {
        let Some(mut sink_buffer) = self.sink_buffer.take() else {
            return;
        };
        let mut all = 0;
        for (n, part) in self.current.iter().enumerate() {
            let (chunk, before) = (part.chunk, self.before(n, all));
            let end = chunk.first + chunk.count;
            for journey in log_of(chunk.lane).journeys(chunk.first, end) {
                let nth = before + journey.offset - chunk.first;
                sink_buffer.keep_passage(
                    chunk.lane,
                    journey.offset,
                    self.passage(chunk, nth, None),
                );
            }
            all += chunk.count;
        }
        self.sink_buffer = Some(sink_buffer);
    }
}
