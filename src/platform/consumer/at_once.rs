//! A worker that is done with records at the instant at which it is given them.

use super::chunk::{Chunk, Part};
use super::reader::Reader;
use crate::platform::Log;
use crate::probe::Recorder;
use crate::units::{Nanos, SimTime};

impl Reader {
    /// Whether it is idle and will be done with records at the instant at which it is given them.
    #[must_use]
    #[inline]
    pub fn is_done_at_once(&self) -> bool {
        self.per_record == Nanos::ZERO && self.sink_buffer.is_none() && self.backlog_is_empty()
    }

    /// Whether it works on nothing and nothing waits.
    #[inline]
    fn backlog_is_empty(&self) -> bool {
        self.current.is_empty() && self.waiting.is_empty()
    }

    /// Reports records that it is done with at `now`, where [`Reader::is_done_at_once`] says so.
    #[inline]
    pub fn report_at_once(
        &mut self,
        now: SimTime,
        chunk: Chunk,
        seen: u64,
        consumer: usize,
        log: &Log,
        probe: &mut Recorder,
    ) {
        self.began = now;
        let part = Part { chunk, last: true };
        self.report(part, 0, seen, consumer, log, probe);
    }
}
