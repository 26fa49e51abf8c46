//! A SageMaker endpoint: calls that take a time each, and instances that work on so many at once; what comes
//! beyond that waits in the order of its arrival.
//!
//! A record is delivered when its call is answered.

use super::batch::CallsMost;
use super::{Batch, Kind, Latencies, LatencyRange, Opening, SinkTally, read_latency};
use crate::engine::Pool;
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    places: u64,
    per_call: u64,
    in_flight: u64,
    latency: LatencyRange,
}

#[derive(Debug)]
pub(super) struct SageMaker {
    settings: Settings,
    instances: Pool,
    latency: Latencies,
}

impl Kind for SageMaker {
    type Settings = Settings;

    fn read(section: &Section<'_>, _: Nanos) -> Settings {
        let number = |key: &str, most: u64| {
            facts::setting_in(section, key, &format!("sink.sagemaker.{key}"), 1..=most)
        };
        Settings {
            places: number("instances", 1000) * number("concurrency", 1000),
            per_call: number("records-per-call", 10_000),
            in_flight: number("calls-in-flight", 10_000),
            latency: read_latency(section, "latency", "sink.sagemaker.latency"),
        }
    }

    fn open(settings: &Settings, opening: &Opening<'_>) -> Self {
        let latency = Latencies::new(settings.latency, opening.stream);
        Self {
            instances: Pool::new(settings.places.max(1) as usize),
            latency,
            settings: settings.clone(),
        }
    }

    fn call(&mut self, now: SimTime, batch: &mut Batch, tally: &mut SinkTally) -> SimTime {
        let most = CallsMost {
            in_flight: self.settings.in_flight as usize,
            records: self.settings.per_call as usize,
        };
        let (again, _) = batch.issue(now, most, |items| {
            tally.took(items.len() as u64);
            Some(self.instances.serve(now, self.latency.next()))
        });
        again
    }
}
