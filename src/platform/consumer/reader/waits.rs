//! For how long records wait for a worker and for its sink, and what lies in the buffer for the sink.

use super::Reader;
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

impl Reader {
    /// Until when records that come now wait for the worker, if it works on others and none waited before.
    #[must_use]
    pub fn busy_until(&self) -> Option<SimTime> {
        if self.is_idle() || self.has_more() {
            return None;
        }
        let records = self.current.iter().map(|part| part.chunk.count).sum();
        Some(self.began + self.work(records))
    }

    /// How long it has held records back for its sink in the time since `sampled`: while it gathered them, and, if its
    /// buffer is full or it commits a transaction, while it waits for the sink.
    #[must_use]
    pub fn held_up(&self, sampled: SimTime, now: SimTime) -> Option<(Limit, Nanos)> {
        let sink_buffer = self.sink_buffer.as_ref()?;
        let since = sink_buffer
            .gathering_since()
            .or_else(|| sink_buffer.committing_since())?;
        let limit = if self.is_blocked() {
            Limit::Sink
        } else {
            Limit::Gathering
        };
        Some((limit, now.since(since.max(sampled))))
    }

    /// Whether it gathers for its sink.
    #[must_use]
    pub fn gathers(&self) -> bool {
        self.sink_buffer
            .as_ref()
            .is_some_and(|sink_buffer| sink_buffer.gathers())
    }

    /// Whether it has stopped because its buffer is full.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.sink_buffer
            .as_ref()
            .is_some_and(|sink_buffer| sink_buffer.is_blocked())
    }

    /// Whether it has records of `lane` in a buffer for its sink.
    #[must_use]
    pub fn keeps(&self, lane: u32) -> bool {
        self.sink_buffer
            .as_ref()
            .is_some_and(|sink_buffer| sink_buffer.keeps(lane))
    }
}
