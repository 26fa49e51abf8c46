//! The sink of one consumer beside its workers: what it has done, and what monitoring shows of it.

use crate::platform::Setup;
use crate::probe::{Gauge, gauges};
use crate::units::SimTime;
use crate::workload::{Consumer, Sink, SinkTally};

/// What all sinks of a system show at a sampling instant, and have shown before.
#[derive(Debug)]
pub struct ConsumerSink {
    /// The sink.
    pub sink: Sink,
    sampled: (SimTime, u64, u64),
}

impl ConsumerSink {
    /// Opens the sink of a consumer, if it has one.
    #[must_use]
    pub fn open(consumer: &Consumer, setup: &Setup<'_>) -> Option<Self> {
        let sink = Sink::open(
            &consumer.sink,
            &consumer.name,
            &setup.workload.keys,
            setup.seed,
            setup.replication,
        )?;
        Some(Self {
            sink,
            sampled: (SimTime::ZERO, 0, 0),
        })
    }

    /// When it was sampled last.
    #[must_use]
    pub fn sampled_at(&self) -> SimTime {
        self.sampled.0
    }

    /// What it has done so far, for workers that have `aborted` so many records.
    #[must_use]
    pub fn tally(&self, aborted: u64) -> SinkTally {
        SinkTally {
            aborted,
            ..self.sink.tally()
        }
    }

    /// Its values at a sampling instant; `held` is what workers hold for it.
    pub fn gauges(&mut self, now: SimTime, consumer: &str, held: u64) -> [Gauge; 3] {
        let tally = self.sink.tally();
        let (since, records, refused) =
            std::mem::replace(&mut self.sampled, (now, tally.records, tally.refused));
        let length = now.since(since).as_secs_f64().max(1e-9);
        let gauge = |name, value| Gauge::new(name, consumer, value);
        [
            gauge(gauges::SINK_HELD, held as f64),
            gauge(
                gauges::SINK_TAKEN,
                (tally.records - records) as f64 / length,
            ),
            gauge(
                gauges::SINK_REFUSED,
                (tally.refused - refused) as f64 / length,
            ),
        ]
    }
}
