//! A topic of Kafka as a sink: the consumer is an application that also produces, as one of Kafka Streams does.
//!
//! With `processing.guarantee = "at_least_once"` each worker's producer sends what it has gathered for
//! `linger.ms`, and a record is delivered when the topic has acknowledged it. With `"exactly_once_v2"` the worker
//! writes within a transaction, which it commits every `commit.interval.ms`; a record is delivered when that is
//! done, and the worker does nothing else meanwhile. Where the records come from a topic, too, their offsets are
//! committed in the same transaction. Who reads the topic is not looked at here.
//!
//! # Source
//! Apache Kafka 3.9, `StreamsConfig.java`, `StreamsProducer.commitTransaction`, `TransactionManager.java`; KIP-447.

use super::{Buffer, Kind, Latencies, LatencyRange, Opening, SinkTally, read_latency};
use crate::facts;
use crate::settings::{BaseUnit, Section};
use crate::units::{Nanos, SimTime};

/// What a commit waits for, one after the other, each of them a write that is copied before it is answered: the flush of
/// what was sent last, AddOffsetsToTxn, TxnOffsetCommit, EndTxn.
const WRITES_OF_A_COMMIT: usize = 4;

/// The words for `processing.guarantee`.
const GUARANTEES: [&str; 2] = ["at_least_once", "exactly_once_v2"];

/// The longest interval: `transaction.timeout.ms` of Kafka Streams is the limit for commits.
const INTERVAL_MAX: u64 = 3_600_000;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    exactly_once: bool,
    /// For so long a worker gathers at most.
    interval: Nanos,
    produce: LatencyRange,
}

#[derive(Debug)]
pub(super) struct Kafka {
    settings: Settings,
    produce: Latencies,
}

impl Kind for Kafka {
    type Settings = Settings;
    const GATHERS: bool = true;

    fn read(section: &Section<'_>, _: Nanos) -> Settings {
        let section = &section.speaking(unit_of);
        let guarantee = section.choice("processing.guarantee", GUARANTEES[0], &GUARANTEES);
        let exactly_once = guarantee == GUARANTEES[1];
        let interval = if exactly_once {
            read_commit_interval(section)
        } else {
            refuse_commit_interval(section);
            facts::setting_in(
                section,
                "linger.ms",
                "sink.kafka.linger.ms",
                0..=INTERVAL_MAX,
            )
        };
        Settings {
            exactly_once,
            interval: Nanos::from_millis(interval),
            produce: read_latency(section, "produce", "sink.kafka.produce"),
        }
    }

    fn open(settings: &Settings, opening: &Opening<'_>) -> Self {
        Self {
            produce: Latencies::new(settings.produce, opening.stream),
            settings: settings.clone(),
        }
    }

    fn is_transactional(settings: &Settings) -> bool {
        settings.exactly_once
    }

    fn due(&self, buffer: &Buffer) -> SimTime {
        buffer.since + self.settings.interval
    }

    fn write(&mut self, now: SimTime, buffer: &Buffer, tally: &mut SinkTally) -> SimTime {
        tally.took(buffer.records);
        let writes = if self.settings.exactly_once {
            WRITES_OF_A_COMMIT
        } else {
            1
        };
        (0..writes).fold(now, |at, _| at + self.produce.next())
    }
}

/// The unit of Kafka's own numbers.
fn unit_of(key: &str) -> Option<BaseUnit> {
    key.ends_with(".ms").then_some(BaseUnit::Millis)
}

/// `commit.interval.ms`. Kafka Streams does not start with one that is longer than its transactions may stay open.
fn read_commit_interval(section: &Section<'_>) -> u64 {
    const KEY: &str = "commit.interval.ms";
    let timeout = facts::setting_in(
        section,
        "transaction.timeout.ms",
        "sink.kafka.transaction.timeout.ms",
        1..=INTERVAL_MAX,
    );
    let interval = facts::setting_in(section, KEY, "kafka.commit.interval.ms", 1..=INTERVAL_MAX);
    if interval > timeout {
        let message = format!("`{KEY}` is longer than a transaction may stay open");
        let help = format!(
            "at most `transaction.timeout.ms` ({timeout}); Kafka Streams throws an IllegalArgumentException"
        );
        section.problem(KEY, message, help);
    }
    interval
}

/// Without transactions offsets are committed by the consumer's own settings.
fn refuse_commit_interval(section: &Section<'_>) {
    for key in ["commit.interval.ms", "transaction.timeout.ms"] {
        if section.has(key) {
            let message = format!("`{key}` is set and there are no transactions");
            let help = "set `processing.guarantee = \"exactly_once_v2\"`, or leave it out: offsets are committed as the consumer of the system says";
            section.problem(key, message, help);
            section.ignore(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Stream;

    fn sink(exactly_once: bool) -> Kafka {
        let produce = LatencyRange {
            median: Nanos::from_millis(2),
            p99: Nanos::from_millis(2),
        };
        let settings = Settings {
            exactly_once,
            interval: Nanos::from_millis(100),
            produce,
        };
        Kafka {
            produce: Latencies::new(produce, Stream::new(1, 0, "test")),
            settings,
        }
    }

    #[test]
    fn a_commit_takes_four_writes_and_a_send_takes_one() {
        let buffer = Buffer {
            since: SimTime::ZERO + Nanos::from_millis(50),
            records: 3,
            ..Buffer::default()
        };
        for (exactly_once, writes) in [(true, 4), (false, 1)] {
            let mut sink = sink(exactly_once);
            let mut tally = SinkTally::default();
            let due = sink.due(&buffer);
            assert_eq!(due, SimTime::ZERO + Nanos::from_millis(150));
            let done = sink.write(due, &buffer, &mut tally);
            // The law of latencies rounds each draw down to a nanosecond.
            let exact = due + Nanos::from_millis(2 * writes);
            let rounded = Nanos(writes);
            assert!(done <= exact && exact.since(done) <= rounded, "{done:?}");
            assert_eq!((tally.calls, tally.records), (1, 3));
        }
    }
}
