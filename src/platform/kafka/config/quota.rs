//! `quota`: what clients may move at each broker.

use crate::facts::{self, keys};
use crate::settings::Section;
use crate::units::{ByteRate, Nanos};

/// All threads of the largest broker, and more.
const PERCENT_MAX: f64 = 100_000.0;

/// Quotas of clients; `None` is without limit.
#[derive(Clone, Copy, Debug)]
pub struct ClientQuotas {
    /// `producer_byte_rate`: of all producers together, at each broker.
    pub producer: Option<ByteRate>,
    /// `consumer_byte_rate`: of each consumer group, at each broker.
    pub consumer: Option<ByteRate>,
    /// `request_percentage`: time of request handlers and network threads that all producers together, and each
    /// consumer group, may use in a second of each broker `[ns]`.
    pub time: Option<u64>,
    /// `quota.window.size.seconds`.
    pub window_size: Nanos,
    /// `quota.window.num`.
    pub window_count: u64,
}

impl ClientQuotas {
    /// Takes all quotas away.
    pub(in super::super) fn lift(&mut self) {
        (self.producer, self.consumer, self.time) = (None, None, None);
    }
}

pub(super) fn read(section: &Section<'_>) -> ClientQuotas {
    let own = section.section("quota");
    own.knows(|key| keys::refusal(keys::kafka(), "quota", "a client quota", key));
    let rate = |key: &str| {
        let bytes: Option<u64> = section.has("quota").then(|| own.get(key)).flatten();
        bytes.map(|bytes| ByteRate(bytes.max(1)))
    };
    let percent: Option<f64> = section
        .has("quota")
        .then(|| own.get("request_percentage"))
        .flatten();
    if percent.is_some_and(|percent| percent.is_nan() || percent <= 0.0 || percent > PERCENT_MAX) {
        own.problem(
            "request_percentage",
            "it is a percentage of one thread: 100 is one thread's whole time",
            format!("give a number above 0 and up to {PERCENT_MAX}"),
        );
    }
    let number =
        |key: &str, high: u64| facts::setting_in(section, key, &format!("kafka.{key}"), 1..=high);
    ClientQuotas {
        producer: rate("producer_byte_rate"),
        consumer: rate("consumer_byte_rate"),
        // A percent of a second is 10 ms.
        time: percent.map(|percent| ((percent * 1e7) as u64).max(1)),
        window_size: Nanos::from_secs(number("quota.window.size.seconds", 3600)),
        window_count: number("quota.window.num", 1000),
    }
}
