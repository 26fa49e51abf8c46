//! Micro-batches on EMR: at each trigger every worker, as an executor, takes what it has gathered; the batch
//! takes its overhead and the work of its records, and the next one waits for it.
//!
//! A record is delivered when its batch is done. While a batch runs the worker gathers on, up to
//! `records-max`; then it stops reading.

use super::{Buffer, Kind, Opening, SinkTally};
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    trigger: Nanos,
    overhead: Nanos,
    per_record: Nanos,
    records_max: u64,
}

#[derive(Debug)]
pub(super) struct Emr {
    settings: Settings,
}

impl Kind for Emr {
    type Settings = Settings;
    const GATHERS: bool = true;

    fn read(section: &Section<'_>, _: Nanos) -> Settings {
        let hour = Nanos::from_secs(3600);
        let time = |key: &str, least| {
            facts::setting_in(section, key, &format!("sink.emr.{key}"), least..=hour)
        };
        Settings {
            trigger: time("trigger", Nanos::from_millis(1)),
            overhead: time("overhead", Nanos::ZERO),
            per_record: time("per-record", Nanos::ZERO),
            records_max: facts::setting_in(
                section,
                "records-max",
                "sink.emr.records-max",
                1..=1_000_000_000,
            ),
        }
    }

    fn open(settings: &Settings, _: &Opening<'_>) -> Self {
        Self {
            settings: settings.clone(),
        }
    }

    fn is_full(&self, buffer: &Buffer) -> bool {
        buffer.records >= self.settings.records_max
    }

    /// The first trigger after the one that the batch before began with, if records came meanwhile; it may
    /// be over when that batch has ended. Else the first one after the first record.
    fn due(&self, buffer: &Buffer) -> SimTime {
        let every = self.settings.trigger.0;
        let from = match buffer.last_write {
            Some((from, to)) if buffer.since <= to => from,
            _ => buffer.since,
        };
        SimTime((from.0 / every + 1).saturating_mul(every))
    }

    fn write(&mut self, now: SimTime, buffer: &Buffer, tally: &mut SinkTally) -> SimTime {
        tally.took(buffer.records);
        let work = self.settings.per_record.0.saturating_mul(buffer.records);
        now + self.settings.overhead + Nanos(work)
    }
}
