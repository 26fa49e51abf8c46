//! A Lambda function that workers invoke: a reserved concurrency, and refusals beyond it
//! (`TooManyRequestsException`), after which the worker backs off and tries again.
//!
//! A record is delivered when its invocation returns. Order is kept: nothing overtakes a refused call.

use super::back_off::{self, BackOff, Waits};
use super::batch::CallsMost;
use super::{Batch, Kind, Opening, SinkTally};
use crate::engine::Pool;
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    concurrency: u64,
    batch: u64,
    in_flight: u64,
    overhead: Nanos,
    per_record: Nanos,
    back_off: Waits,
}

#[derive(Debug)]
pub(super) struct Lambda {
    settings: Settings,
    places: Pool,
    back_off: BackOff,
}

impl Kind for Lambda {
    type Settings = Settings;

    fn read(section: &Section<'_>, _: Nanos) -> Settings {
        let number = |key: &str, most: u64| {
            facts::setting_in(section, key, &format!("sink.lambda.{key}"), 1..=most)
        };
        let longest = Nanos::from_secs(900);
        let time = |key: &str| {
            facts::setting_in(
                section,
                key,
                &format!("sink.lambda.{key}"),
                Nanos::ZERO..=longest,
            )
        };
        Settings {
            concurrency: number("concurrency", 100_000),
            batch: number("batch-size", 10_000),
            in_flight: number("calls-in-flight", 10_000),
            overhead: time("overhead"),
            per_record: time("per-record"),
            back_off: back_off::read(section),
        }
    }

    fn open(settings: &Settings, opening: &Opening<'_>) -> Self {
        Self {
            places: Pool::new(settings.concurrency.max(1) as usize),
            back_off: BackOff::new(settings.back_off, opening.stream),
            settings: settings.clone(),
        }
    }

    fn call(&mut self, now: SimTime, batch: &mut Batch, tally: &mut SinkTally) -> SimTime {
        let most = CallsMost {
            in_flight: self.settings.in_flight as usize,
            records: self.settings.batch as usize,
        };
        let (again, refused) = batch.issue(now, most, |items| {
            let records = items.len() as u64;
            let work = Nanos(self.settings.per_record.0.saturating_mul(records));
            let ends = self
                .places
                .serve_if_idle(now, self.settings.overhead + work)?;
            tally.took(records);
            Some(ends)
        });
        if !refused {
            batch.refusals = 0;
            return again;
        }
        tally.refused += 1;
        batch.refusals += 1;
        now + self.back_off.wait(batch.refusals)
    }
}
