//! How replicas follow their leader.

use super::{INT_MAX, assumed, millis};
use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Nanos};

/// The settings of followers.
#[derive(Clone, Debug)]
pub struct ReplicationConfig {
    /// `replica.fetch.max.bytes` `[B]`.
    pub fetch_max: u64,
    /// `replica.fetch.response.max.bytes` `[B]`.
    pub response_max: u64,
    /// `replica.fetch.backoff.ms`.
    pub backoff: Nanos,
    /// `num.replica.fetchers`.
    pub fetchers: u32,
    /// The bytes that one fetcher writes in a second `[B/s]`.
    pub fetcher_rate: ByteRate,
    /// The time of a fetcher for each partition with news in a fetch.
    pub fetcher_partition: Nanos,
    /// `replica.lag.time.max.ms`.
    pub lag_max: Nanos,
}

impl ReplicationConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let model = section.section("model");
        let number =
            |key: &str| facts::setting_in(section, key, &format!("kafka.{key}"), 1..=INT_MAX);
        let usual = facts::on(section).value::<u64>("msk.num.replica.fetchers");
        let partition_max = Nanos::from_millis(10);
        Self {
            fetch_max: number("replica.fetch.max.bytes"),
            response_max: number("replica.fetch.response.max.bytes"),
            backoff: millis(section, "replica.fetch.backoff.ms"),
            fetchers: section.or_in("num.replica.fetchers", usual, 1..=64) as u32,
            fetcher_rate: assumed(
                &model,
                "fetcher-rate",
                ByteRate(1)..=ByteRate(1 << 40),
                true,
            ),
            fetcher_partition: assumed(
                &model,
                "fetcher-partition",
                Nanos::ZERO..=partition_max,
                true,
            ),
            lag_max: Nanos::from_millis(number("replica.lag.time.max.ms")),
        }
    }
}
