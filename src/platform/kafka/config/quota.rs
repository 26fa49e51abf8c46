//! `quota`: what clients may move at each broker.

use crate::facts::{self, keys};
use crate::settings::Section;
use crate::units::{ByteRate, Nanos};

/// Quotas of clients; `None` is without limit.
#[derive(Clone, Copy, Debug)]
pub struct ClientQuotas {
    /// `producer_byte_rate`: of all producers together, at each broker.
    pub producer: Option<ByteRate>,
    /// `consumer_byte_rate`: of each consumer group, at each broker.
    pub consumer: Option<ByteRate>,
    /// `quota.window.size.seconds`.
    pub window_size: Nanos,
    /// `quota.window.num`.
    pub window_count: u64,
}

pub(super) fn read(section: &Section<'_>) -> ClientQuotas {
    let own = section.section("quota");
    own.knows(|key| keys::refusal(keys::kafka(), "quota", "a client quota", key));
    let rate = |key: &str| {
        let bytes: Option<u64> = section.has("quota").then(|| own.get(key)).flatten();
        bytes.map(|bytes| ByteRate(bytes.max(1)))
    };
    let number =
        |key: &str, high: u64| facts::setting_in(section, key, &format!("kafka.{key}"), 1..=high);
    ClientQuotas {
        producer: rate("producer_byte_rate"),
        consumer: rate("consumer_byte_rate"),
        window_size: Nanos::from_secs(number("quota.window.size.seconds", 3600)),
        window_count: number("quota.window.num", 1000),
    }
}
