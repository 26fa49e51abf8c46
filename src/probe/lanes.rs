//! The lanes of a running system and what is counted in each of them.

use super::{Counts, Lane, LaneTotals};
use crate::units::SimTime;

/// The lanes with their counters over the running interval and over the measured window.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    interval: Vec<LaneTotals>,
    window: Vec<LaneTotals>,
    /// User records stored less lane records stored in the running interval. An aggregate of the KPL is one
    /// record for its lane and several records for the application.
    aggregated: i64,
}

impl Lanes {
    pub(super) fn new(lanes: Vec<Lane>) -> Self {
        Self {
            interval: vec![LaneTotals::default(); lanes.len()],
            window: vec![LaneTotals::default(); lanes.len()],
            lanes,
            aggregated: 0,
        }
    }

    /// Adds a lane behind the others.
    pub(super) fn open(&mut self, lane: Lane) {
        self.lanes.push(lane);
        self.interval.push(LaneTotals::default());
        self.window.push(LaneTotals::default());
    }

    /// The description of a lane, to be changed.
    pub(super) fn lane_mut(&mut self, lane: u32) -> &mut Lane {
        &mut self.lanes[lane as usize]
    }

    /// The counters of a lane over the running interval.
    #[inline]
    pub(super) fn counts_mut(&mut self, lane: u32) -> &mut LaneTotals {
        &mut self.interval[lane as usize]
    }

    /// One record of the lane holds this many records of the application.
    pub(super) fn aggregate(&mut self, user_records: u64) {
        self.aggregated += user_records as i64 - 1;
    }

    /// The use of each lane's limits between two instants, 1 being the limit.
    pub(super) fn utilisation(&self, from: SimTime, to: SimTime) -> Vec<f32> {
        let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
        let share = |(counts, lane): (&LaneTotals, &Lane)| {
            lane.share(counts, lane.open_within(from, to)) as f32
        };
        self.interval.iter().zip(&self.lanes).map(share).collect()
    }

    /// Refused attempts per lane in the running interval.
    pub(super) fn throttled(&self) -> Vec<u32> {
        let refused = self.interval.iter().map(|counts| counts.throttled as u32);
        refused.collect()
    }

    /// Records of the application that were stored in the running interval.
    pub(super) fn stored(&self) -> u64 {
        let records: u64 = self.interval.iter().map(|lane| lane.records).sum();
        records.saturating_add_signed(self.aggregated)
    }

    /// Adds the counters of the running interval to `counts`, and to the window if it is measured; then starts
    /// them anew.
    pub(super) fn close_interval(&mut self, measured: bool, counts: &mut Counts) {
        for (lane, window) in self.interval.iter_mut().zip(&mut self.window) {
            counts.accepted += lane.records;
            counts.accepted_bytes += lane.bytes;
            counts.throttled += lane.throttled;
            if measured {
                window.add(*lane);
            }
            *lane = LaneTotals::default();
        }
        counts.accepted = counts.accepted.saturating_add_signed(self.aggregated);
        self.aggregated = 0;
    }

    /// The lanes and their totals over the measured window.
    pub(super) fn finish(self) -> (Vec<Lane>, Vec<LaneTotals>) {
        (self.lanes, self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_counts_once_for_its_lane_and_wholly_for_the_application() {
        let mut lanes = Lanes::new(vec![Lane::new("a".to_owned(), 100.0, 10.0)]);
        lanes.counts_mut(0).records += 1;
        lanes.aggregate(7);
        let mut counts = Counts::default();
        lanes.close_interval(true, &mut counts);
        assert_eq!(counts.accepted, 7);
        assert_eq!(lanes.finish().1[0].records, 1);
    }

    #[test]
    fn the_warm_up_stays_out_of_the_window() {
        let mut lanes = Lanes::new(vec![Lane::new("a".to_owned(), 100.0, 10.0)]);
        for measured in [false, true] {
            lanes.counts_mut(0).throttled += 3;
            assert_eq!(lanes.throttled(), [3]);
            lanes.close_interval(measured, &mut Counts::default());
            assert_eq!(lanes.throttled(), [0]);
        }
        assert_eq!(lanes.finish().1[0].throttled, 3);
    }
}
