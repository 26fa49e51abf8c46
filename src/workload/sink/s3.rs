//! Delivery to S3: each worker gathers by size and time, then writes one object while the next one gathers.
//!
//! A record is delivered when its object is written. A worker writes one object at a time: if the next
//! buffer is full before that is done, the worker waits.

use super::{Buffer, Kind, Latencies, LatencyRange, Opening, SinkTally, read_latency};
use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Bytes, Nanos, SimTime};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    size: u64,
    interval: Nanos,
    put: LatencyRange,
    rate: ByteRate,
}

#[derive(Debug)]
pub(super) struct S3 {
    settings: Settings,
    puts: Latencies,
}

impl Kind for S3 {
    type Settings = Settings;
    const GATHERS: bool = true;

    fn read(section: &Section<'_>, _: Nanos) -> Settings {
        let sizes = Bytes(1)..=Bytes(5 << 40);
        let times = Nanos::from_millis(1)..=Nanos::from_secs(86_400);
        let rates = ByteRate(1)..=ByteRate(100 << 30);
        Settings {
            size: facts::setting_in(section, "buffer-size", "sink.s3.buffer-size", sizes).0,
            interval: facts::setting_in(
                section,
                "buffer-interval",
                "sink.s3.buffer-interval",
                times,
            ),
            put: read_latency(section, "put", "sink.s3.put"),
            rate: facts::setting_in(section, "upload-rate", "sink.s3.upload-rate", rates),
        }
    }

    fn open(settings: &Settings, opening: &Opening<'_>) -> Self {
        Self {
            puts: Latencies::new(settings.put, opening.stream),
            settings: settings.clone(),
        }
    }

    fn is_full(&self, buffer: &Buffer) -> bool {
        buffer.bytes >= self.settings.size
    }

    fn due(&self, buffer: &Buffer) -> SimTime {
        if self.is_full(buffer) {
            buffer.since
        } else {
            buffer.since + self.settings.interval
        }
    }

    fn write(&mut self, now: SimTime, buffer: &Buffer, tally: &mut SinkTally) -> SimTime {
        tally.took(buffer.records);
        now + self.puts.next() + self.settings.rate.time_for(buffer.bytes)
    }
}
