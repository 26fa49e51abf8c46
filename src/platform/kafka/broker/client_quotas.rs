//! Quotas of clients: who is over one is told for how long to keep quiet (`throttle_time_ms`).
//!
//! A quota holds for each broker by itself. All producers of a system are one client, and so is each consumer group.
//!
//! # Source
//! KIP-13; KIP-219; Apache Kafka 3.9, `ClientQuotaManager.scala`, `QuotaUtils.throttleTime`, `Rate.windowSize`.

use super::super::config::{ClientQuotas, Config};
use super::super::ids::{BrokerId, GroupId, ProducerId};
use crate::units::{ByteRate, NANOS_PER_S, Nanos, SimTime};

/// What one client moved at one broker in the newest seconds.
#[derive(Clone, Debug, Default)]
struct Window {
    /// Instants at which samples begin, oldest first, and their bytes.
    samples: Vec<(SimTime, u64)>,
}

/// The quotas of clients in force, and what clients have used.
#[derive(Clone, Debug)]
pub(super) struct ClientWindows {
    quotas: ClientQuotas,
    /// By broker.
    producers: Vec<Window>,
    /// By broker, group after group.
    groups: Vec<Window>,
    brokers: usize,
    /// Until when each producer's connection to each broker is muted: the broker reads no request from it.
    muted: Vec<SimTime>,
}

impl ClientWindows {
    /// Unused quotas; `None` if the cluster has none.
    pub(super) fn new(config: &Config, connections: usize) -> Option<Box<Self>> {
        let quotas = config.client_quotas;
        let brokers = config.brokers_most as usize;
        (quotas.producer.is_some() || quotas.consumer.is_some()).then(|| {
            Box::new(Self {
                quotas,
                producers: vec![Window::default(); brokers],
                groups: vec![Window::default(); brokers * config.consumers.len()],
                brokers,
                muted: vec![SimTime::ZERO; connections],
            })
        })
    }

    /// A producer brought bytes; how long it is to keep quiet. Its connection is muted for as long.
    pub(super) fn produced(
        &mut self,
        producer: ProducerId,
        broker: BrokerId,
        now: SimTime,
        bytes: u64,
    ) -> Nanos {
        let window = &mut self.producers[broker.as_index()];
        let quiet = window.record(now, bytes, self.quotas.producer, &self.quotas);
        let place = producer.as_index() * self.brokers + broker.as_index();
        self.muted[place] = self.muted[place].max(now + quiet);
        quiet
    }

    /// Until when a producer's connection to a broker is muted.
    pub(super) fn muted_until(&self, producer: ProducerId, broker: BrokerId) -> SimTime {
        self.muted[producer.as_index() * self.brokers + broker.as_index()]
    }

    /// A group took bytes; how long its member is to keep quiet.
    pub(super) fn fetched(
        &mut self,
        group: GroupId,
        broker: BrokerId,
        now: SimTime,
        bytes: u64,
    ) -> Nanos {
        let window = &mut self.groups[group.as_index() * self.brokers + broker.as_index()];
        window.record(now, bytes, self.quotas.consumer, &self.quotas)
    }
}

impl Window {
    /// Counts bytes and returns for how long the client is throttled if its rate is above `quota`.
    fn record(
        &mut self,
        now: SimTime,
        bytes: u64,
        quota: Option<ByteRate>,
        settings: &ClientQuotas,
    ) -> Nanos {
        let Some(quota) = quota else {
            return Nanos::ZERO;
        };
        let (size, count) = (settings.window_size.0.max(1), settings.window_count.max(2));
        let kept = size * count;
        self.samples.retain(|(began, _)| began.0 + kept > now.0);
        match self
            .samples
            .last_mut()
            .filter(|(began, _)| began.0 + size > now.0)
        {
            Some((_, sum)) => *sum += bytes,
            None => self.samples.push((now, bytes)),
        }
        // At least all windows but the present one count as past.
        let oldest = self.samples.first().map_or(now, |(began, _)| *began);
        let elapsed = now.since(oldest).0;
        let missing = (count - 1).saturating_sub(elapsed / size);
        let past = u128::from(elapsed + missing * size);
        let used: u64 = self.samples.iter().map(|(_, sum)| sum).sum();
        let owed = u128::from(used) * u128::from(NANOS_PER_S) / u128::from(quota.0.max(1));
        Nanos(owed.saturating_sub(past) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_over_a_quota_keeps_quiet_until_the_window_is_back_at_it() {
        let settings = ClientQuotas {
            producer: Some(ByteRate(100_000)),
            consumer: None,
            window_size: Nanos::from_secs(1),
            window_count: 11,
        };
        let mut window = Window::default();
        let mut record = |at: f64, bytes: u64| {
            let now = SimTime((at * 1e9) as u64);
            window
                .record(now, bytes, settings.producer, &settings)
                .as_secs_f64()
        };
        assert!(record(0.0, 1_000_000) < 1e-9, "ten windows' worth pass");
        assert!(
            (record(0.5, 100_000) - 0.5).abs() < 1e-9,
            "half a second too early"
        );
        assert!(record(30.0, 100_000) < 1e-9, "what is old is forgotten");
    }
}
