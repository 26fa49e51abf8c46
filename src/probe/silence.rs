//! How long nothing succeeded although a record waited: what outages are measured from.
//!
//! A stretch of silence begins at the last success, or when the record that succeeds next was due, if that is later; it ends
//! with that success.

use crate::units::{Nanos, SimTime};

/// Shorter stretches are the usual distance of two successes and are not looked at.
const SHORTEST: Nanos = Nanos::from_millis(1);

/// Successes of one kind, and the longest silence between two of them in each span of the run.
#[derive(Clone, Default)]
pub(super) struct Silence {
    /// The last success of any lane.
    last: SimTime,
    /// The longest silence of all lanes at once, for each span.
    whole: Vec<Nanos>,
    /// The last success of each lane.
    lane_last: Vec<SimTime>,
    /// The longest silence of a lane, for each span.
    lane: Vec<Nanos>,
}

/// The longest silence of one kind in one span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Longest {
    /// Of all lanes at once.
    pub whole: Nanos,
    /// Of a single lane.
    pub lane: Nanos,
}

/// A part of the run that is watched.
pub(super) type Span = std::ops::Range<SimTime>;

impl Silence {
    pub(super) fn new(spans: usize) -> Self {
        Self {
            whole: vec![Nanos::ZERO; spans],
            lane: vec![Nanos::ZERO; spans],
            ..Self::default()
        }
    }

    /// Records of a lane of which the first was due at `due` succeeded between two instants.
    pub(super) fn broken(
        &mut self,
        spans: &[Span],
        lane: u32,
        due: SimTime,
        success: std::ops::RangeInclusive<SimTime>,
    ) {
        let place = lane as usize;
        if self.lane_last.len() <= place {
            self.lane_last.resize(place + 1, SimTime::ZERO);
        }
        let (first, last) = (*success.start(), *success.end());
        let of_lane = self.lane_last[place].max(due);
        if first.since(of_lane) > SHORTEST {
            note(&mut self.lane, spans, of_lane, first);
            note(&mut self.whole, spans, self.last.max(due), first);
        }
        self.lane_last[place] = self.lane_last[place].max(last);
        self.last = self.last.max(last);
    }

    /// Records still wait at the end of the run.
    pub(super) fn unbroken(&mut self, spans: &[Span], end: SimTime) {
        note(&mut self.whole, spans, self.last, end);
        note(&mut self.lane, spans, self.last, end);
    }

    pub(super) fn finish(&self) -> Vec<Longest> {
        let pairs = self.whole.iter().zip(&self.lane);
        pairs
            .map(|(whole, lane)| Longest {
                whole: *whole,
                lane: *lane,
            })
            .collect()
    }
}

/// Notes a silence in every span that it touches, as far as it lies in it.
fn note(longest: &mut [Nanos], spans: &[Span], from: SimTime, to: SimTime) {
    for (longest, span) in longest.iter_mut().zip(spans) {
        let inside = to.min(span.end).since(from.max(span.start));
        *longest = (*longest).max(inside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ms: u64) -> SimTime {
        SimTime(ms * MS)
    }

    #[test]
    fn a_silence_counts_only_while_a_record_was_due() {
        let spans = [at(100)..at(1000)];
        let mut silence = Silence::new(1);
        silence.broken(&spans, 0, at(90), at(90)..=at(95));
        // Nothing was due from 95 to 300: the silence is that of the record that was due at 300.
        silence.broken(&spans, 0, at(300), at(340)..=at(350));
        assert_eq!(silence.finish()[0].lane, Nanos(40 * MS));
        // The record that comes next was due before the last success.
        silence.broken(&spans, 0, at(345), at(500)..=at(500));
        assert_eq!(silence.finish()[0].lane, Nanos(150 * MS));
    }

    #[test]
    fn all_lanes_are_silent_for_a_shorter_time_than_one_of_them() {
        let spans = [at(0)..at(1000), at(500)..at(1000)];
        let mut silence = Silence::new(2);
        silence.broken(&spans, 0, at(10), at(10)..=at(10));
        silence.broken(&spans, 1, at(10), at(300)..=at(300));
        silence.broken(&spans, 0, at(11), at(700)..=at(700));
        let [whole, late] = silence.finish()[..] else {
            panic!("two spans")
        };
        assert_eq!(
            (whole.lane, whole.whole),
            (Nanos(689 * MS), Nanos(400 * MS))
        );
        assert_eq!((late.lane, late.whole), (Nanos(200 * MS), Nanos(200 * MS)));
        silence.unbroken(&spans, at(1000));
        assert_eq!(silence.finish()[1].whole, Nanos(300 * MS));
    }
}
