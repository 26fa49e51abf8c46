//! Pauses of a broker's Java process while it collects garbage: all its threads stand still, and what reaches the broker
//! waits in the sockets. A young collection is due when as much as the room for new objects was allocated; a broker
//! allocates a buffer for what is produced and for what its followers' fetches bring. What a thread has in hand when a pause
//! begins ends on time (it takes microseconds).
//!
//! # Source
//! Apache Kafka 3.9, `kafka-server-start.sh` (heap), `ops.html` ("Java version": 90 % of the pauses last 21 ms at most).

use super::super::config::Pauses;
use super::machine::Broker;
use crate::engine::Stream;
use crate::units::{Nanos, SimTime};
use std::f64::consts::LN_10;

/// What a broker's garbage collector knows.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    rules: Pauses,
    lengths: Stream,
    /// How many pauses there were.
    made: u64,
    /// Bytes that may be allocated before the next collection `[B]`.
    room: u64,
    /// When the last pause ends.
    until: SimTime,
}

impl Collector {
    /// A collector in the middle of its round: brokers do not pause in step.
    #[must_use]
    pub(super) fn new(rules: Pauses, stream: Stream) -> Self {
        let share = stream.child(0).uniform(0);
        Self {
            rules,
            lengths: stream.child(1),
            made: 0,
            room: (rules.young as f64 * share) as u64 + 1,
            until: SimTime::ZERO,
        }
    }

    /// `bytes` of requests and answers arrive; how long the collections take that follow from it.
    fn allocate(&mut self, bytes: u64) -> Nanos {
        let (mut left, mut length) = ((bytes as f64 * self.rules.allocation) as u64, 0.0);
        while left >= self.room {
            left -= self.room;
            self.room = self.rules.young.max(1);
            // Nine of ten exponential variates are below ln 10 times their mean.
            let mean = self.rules.nine_of_ten.0 as f64 / LN_10;
            length += self.lengths.exponential(self.made) * mean;
            self.made += 1;
        }
        self.room -= left;
        Nanos(length as u64)
    }
}

impl Broker {
    /// The same broker, whose process pauses by these rules, if there are any.
    #[must_use]
    pub(super) fn with_pauses(mut self, stream: Stream) -> Self {
        let rules = self.machine.pauses;
        self.collector = rules.map(|rules| Collector::new(rules, stream));
        self
    }

    /// `bytes` are read from a socket at `at`: where there is no room for them the process pauses first.
    #[inline]
    pub(super) fn allocate(&mut self, at: SimTime, bytes: u64) {
        let Some(collector) = &mut self.collector else {
            return;
        };
        let length = collector.allocate(bytes);
        if length > Nanos::ZERO {
            collector.until = collector.until.max(at) + length;
            self.stop_threads(at, length);
        }
    }

    /// How much of a wait from `at` on is due to a pause.
    #[inline]
    pub(super) fn paused(&self, at: SimTime, wait: Nanos) -> Nanos {
        let until = self.collector.as_ref().map(|collector| collector.until);
        until.map_or(Nanos::ZERO, |until| Nanos(until.since(at).0.min(wait.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collector() -> Collector {
        let rules = Pauses {
            young: 1_000_000,
            allocation: 2.0,
            nine_of_ten: Nanos::from_millis(21),
        };
        Collector::new(rules, Stream::new(42, 0, "pauses"))
    }

    #[test]
    fn a_collection_follows_from_each_room_of_new_objects() {
        let mut one = collector();
        let pauses = (0..50_000).filter(|_| one.allocate(100) > Nanos::ZERO);
        // 10 MB of buffers, and the first round was under way.
        let pauses = pauses.count();
        assert!((10..=11).contains(&pauses), "{pauses}");
        assert_eq!(one.made, pauses as u64);
        let mut all = collector();
        all.allocate(5_000_000);
        assert_eq!(all.made, one.made, "however it comes");
    }

    #[test]
    fn nine_of_ten_pauses_are_as_short_as_kafka_documents() {
        let mut one = collector();
        let lengths: Vec<u64> = (0..20_000).map(|_| one.allocate(500_000).0).collect();
        let short = lengths
            .iter()
            .filter(|length| **length <= 21_000_000)
            .count();
        let share = short as f64 / lengths.len() as f64;
        assert!((share - 0.9).abs() < 0.01, "{share}");
        let mean = lengths.iter().sum::<u64>() as f64 / lengths.len() as f64 / 1e6;
        assert!((mean - 21.0 / LN_10).abs() < 0.2, "{mean} ms");
    }
}
