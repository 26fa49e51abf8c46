//! The journeys of the records whose time is followed, beside the records themselves.

use super::Log;
use crate::probe::{Journey, NOT_YET};
use crate::units::SimTime;

impl Log {
    /// Notes the journey of a record; those of earlier offsets come before.
    #[cold]
    pub fn follow(&mut self, journey: Journey) {
        self.journeys.get_or_insert_default().push(journey);
    }

    /// The journeys of the records from offset `first` to before `end` whose time is followed.
    #[must_use]
    #[inline]
    pub fn journeys(&self, first: u64, end: u64) -> &[Journey] {
        let Some(journeys) = &self.journeys else {
            return &[];
        };
        let all = journeys.all();
        let from = all.partition_point(|journey| journey.offset < first);
        let count = all[from..].partition_point(|journey| journey.offset < end);
        &all[from..from + count]
    }

    /// From `now` on readers may see the records before `end`.
    #[inline]
    pub fn show_before(&mut self, end: u64, now: SimTime) {
        let Some(journeys) = &mut self.journeys else {
            return;
        };
        let hidden = journeys.items.iter_mut().rev();
        hidden
            .take_while(|journey| journey.readable == NOT_YET)
            .filter(|journey| journey.offset < end)
            .for_each(|journey| journey.readable = now);
    }
}
