//! What is kept of a run in the order of time: events, who served which lane, intervals, records that go on.

use super::{Happening, Point, Tenure, Totals};
use crate::units::SimTime;

/// The most happenings that a run keeps.
pub const HAPPENINGS_MAX: usize = 10_000;

/// What is kept in the order of time.
#[derive(Default)]
pub(super) struct Trace {
    pub(super) happenings: Vec<Happening>,
    pub(super) tenures: Vec<Tenure>,
    pub(super) points: Vec<Point>,
    /// What had been counted at each cut.
    pub(super) totals: Vec<Totals>,
    /// The consumer whose records go on to another system, if there is one.
    pub(super) relay: Option<usize>,
    /// The instant and the number of each record that went on.
    relayed: Vec<(SimTime, u32)>,
}

impl Trace {
    /// Keeps a happening, unless [`HAPPENINGS_MAX`] are kept already; the last one says that more are dropped.
    pub(super) fn happened(
        &mut self,
        now: SimTime,
        entity: &str,
        what: &'static str,
        detail: String,
    ) {
        if self.happenings.len() >= HAPPENINGS_MAX {
            return;
        }
        let last = self.happenings.len() + 1 == HAPPENINGS_MAX;
        let (what, detail) = if last {
            ("further events are not kept", String::new())
        } else {
            (what, detail)
        };
        self.happenings.push(Happening {
            t: now.as_secs_f64(),
            entity: entity.to_owned(),
            what,
            detail,
            refused: false,
        });
    }

    /// The newest happening is a call of this name that was refused, unless it was dropped.
    pub(super) fn mark_refused(&mut self, call: &'static str) {
        if let Some(last) = self.happenings.last_mut().filter(|last| last.what == call) {
            last.refused = true;
        }
    }

    /// The record of this number goes on to another system.
    pub(super) fn relayed(&mut self, at: SimTime, serial: u32) {
        self.relayed.push((at, serial));
    }

    /// The records that went on, in the order of time. Workers report slice by slice; equal instants keep the
    /// order in which they were reported.
    pub(super) fn take_relayed(&mut self) -> Vec<(SimTime, u32)> {
        self.relayed.sort_by_key(|(at, _)| *at);
        std::mem::take(&mut self.relayed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_happening_that_fits_says_that_more_are_dropped() {
        let mut trace = Trace::default();
        for n in 0..HAPPENINGS_MAX + 5 {
            trace.happened(SimTime(n as u64), "stream", "split", String::new());
        }
        assert_eq!(trace.happenings.len(), HAPPENINGS_MAX);
        let last = trace.happenings.last().expect("kept");
        assert_eq!(last.what, "further events are not kept");
    }
}
