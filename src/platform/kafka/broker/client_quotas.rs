//! Quotas of clients: who is over one is told for how long to keep quiet (`throttle_time_ms`).
//!
//! A quota holds for each broker by itself. All producers of a system are one client, and so is each consumer group. Two
//! things are measured in the same kind of window: bytes, and the time of request handlers and network threads. Requests of
//! other brokers are exempt, and nobody is throttled for the time of requests with `acks=0`.
//!
//! # Source
//! KIP-13; KIP-124; KIP-219; Apache Kafka 3.9, `ClientQuotaManager.scala`, `ClientRequestQuotaManager.scala`,
//! `KafkaApis.scala` (`handleProduceRequest`, `handleFetchRequest`), `QuotaUtils.throttleTime`, `Rate.windowSize`.

use super::super::config::{Acks, ClientQuotas, Config};
use super::super::ids::{BrokerId, GroupId, ProducerId};
use crate::units::{NANOS_PER_S, Nanos, SimTime};

/// What a request takes of a broker.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// Bytes that it brings or takes `[B]`.
    pub(super) bytes: u64,
    /// How long a request handler is busy with it.
    pub(super) handler: Nanos,
    /// How long a network thread is busy with it; Kafka counts this when the answer is sent.
    pub(super) network: Nanos,
}

/// What one client used of one broker in the newest seconds.
#[derive(Clone, Debug, Default)]
struct Used {
    /// Bytes `[B]`.
    bytes: Window,
    /// Time of threads `[ns]`.
    time: Window,
}

/// Sums in samples of one window each.
#[derive(Clone, Debug, Default)]
struct Window {
    /// Instants at which samples begin, oldest first, and their sums.
    samples: Vec<(SimTime, u64)>,
}

/// The quotas of clients in force, and what clients have used.
#[derive(Clone, Debug)]
pub(super) struct ClientWindows {
    quotas: ClientQuotas,
    /// By broker.
    producers: Vec<Used>,
    /// By broker, group after group.
    groups: Vec<Used>,
    brokers: usize,
    /// Until when each producer's connection to each broker is muted: the broker reads no request from it.
    muted: Vec<SimTime>,
    /// Whether producers wait for no acknowledgement.
    unacknowledged: bool,
}

impl ClientWindows {
    /// Unused quotas; `None` if the cluster has none.
    pub(super) fn new(config: &Config, connections: usize) -> Option<Box<Self>> {
        let quotas = config.client_quotas;
        let brokers = config.brokers_most as usize;
        let any = quotas.producer.is_some() || quotas.consumer.is_some() || quotas.time.is_some();
        any.then(|| {
            Box::new(Self {
                quotas,
                producers: vec![Used::default(); brokers],
                groups: vec![Used::default(); brokers * config.consumers.len()],
                brokers,
                muted: vec![SimTime::ZERO; connections],
                unacknowledged: config.producer.acks == Acks::None,
            })
        })
    }

    /// A producer brought a request; how long it is to keep quiet. Its connection is muted for as long.
    pub(super) fn produced(
        &mut self,
        producer: ProducerId,
        broker: BrokerId,
        now: SimTime,
        cost: Cost,
    ) -> Nanos {
        let used = &mut self.producers[broker.as_index()];
        let rate = self.quotas.producer.map(|rate| rate.0);
        let mut quiet = used.bytes.record(now, cost.bytes, rate, &self.quotas);
        if !self.unacknowledged {
            quiet = quiet.max(used.spend(now, cost, &self.quotas));
        }
        let place = producer.as_index() * self.brokers + broker.as_index();
        self.muted[place] = self.muted[place].max(now + quiet);
        quiet
    }

    /// Until when a producer's connection to a broker is muted.
    pub(super) fn muted_until(&self, producer: ProducerId, broker: BrokerId) -> SimTime {
        self.muted[producer.as_index() * self.brokers + broker.as_index()]
    }

    /// A group's fetch is answered; how long its member is to keep quiet.
    pub(super) fn fetched(
        &mut self,
        group: GroupId,
        broker: BrokerId,
        now: SimTime,
        cost: Cost,
    ) -> Nanos {
        let used = &mut self.groups[group.as_index() * self.brokers + broker.as_index()];
        let rate = self.quotas.consumer.map(|rate| rate.0);
        let quiet = used.bytes.record(now, cost.bytes, rate, &self.quotas);
        quiet.max(used.spend(now, cost, &self.quotas))
    }
}

impl Used {
    /// Threads worked for a request; how long its client is to keep quiet, which is one window at most.
    fn spend(&mut self, now: SimTime, cost: Cost, quotas: &ClientQuotas) -> Nanos {
        let handler = cost.handler.0;
        let quiet = self.time.record(now, handler, quotas.time, quotas);
        if quotas.time.is_some() && cost.network > Nanos::ZERO {
            self.time.add(now, cost.network.0, quotas);
        }
        quiet.min(quotas.window_size)
    }
}

impl Window {
    /// Counts an amount and returns for how long the client is throttled if more than `quota` came in a second.
    fn record(
        &mut self,
        now: SimTime,
        amount: u64,
        quota: Option<u64>,
        settings: &ClientQuotas,
    ) -> Nanos {
        let Some(quota) = quota else {
            return Nanos::ZERO;
        };
        self.add(now, amount, settings);
        let (size, count) = Self::samples_of(settings);
        // At least all windows but the present one count as past.
        let oldest = self.samples.first().map_or(now, |(began, _)| *began);
        let elapsed = now.since(oldest).0;
        let missing = (count - 1).saturating_sub(elapsed / size);
        let past = u128::from(elapsed + missing * size);
        let used: u64 = self.samples.iter().map(|(_, sum)| sum).sum();
        let owed = u128::from(used) * u128::from(NANOS_PER_S) / u128::from(quota.max(1));
        Nanos(owed.saturating_sub(past) as u64)
    }

    /// Counts an amount.
    fn add(&mut self, now: SimTime, amount: u64, settings: &ClientQuotas) {
        let (size, count) = Self::samples_of(settings);
        let kept = size * count;
        self.samples.retain(|(began, _)| began.0 + kept > now.0);
        match self
            .samples
            .last_mut()
            .filter(|(began, _)| began.0 + size > now.0)
        {
            Some((_, sum)) => *sum += amount,
            None => self.samples.push((now, amount)),
        }
    }

    /// The length of a sample `[ns]`, and how many there are.
    fn samples_of(settings: &ClientQuotas) -> (u64, u64) {
        (settings.window_size.0.max(1), settings.window_count.max(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ByteRate;

    #[test]
    fn who_is_over_a_quota_keeps_quiet_until_the_window_is_back_at_it() {
        let settings = ClientQuotas {
            producer: Some(ByteRate(100_000)),
            consumer: None,
            time: None,
            window_size: Nanos::from_secs(1),
            window_count: 11,
        };
        let mut window = Window::default();
        let mut record = |at: f64, bytes: u64| {
            let now = SimTime((at * 1e9) as u64);
            window
                .record(now, bytes, Some(100_000), &settings)
                .as_secs_f64()
        };
        assert!(record(0.0, 1_000_000) < 1e-9, "ten windows' worth pass");
        assert!(
            (record(0.5, 100_000) - 0.5).abs() < 1e-9,
            "half a second too early"
        );
        assert!(record(30.0, 100_000) < 1e-9, "what is old is forgotten");
    }

    /// One percent of a thread for a client. The expected throttle times are those of Apache Kafka's own test,
    /// `ClientRequestQuotaManagerTest.testRequestPercentageQuotaViolation` (Apache-2.0).
    #[test]
    fn who_uses_too_much_of_the_threads_keeps_quiet_for_a_window_at_most() {
        let quotas = ClientQuotas {
            producer: None,
            consumer: None,
            time: Some(10_000_000),
            window_size: Nanos::from_secs(1),
            window_count: 11,
        };
        let mut used = Used::default();
        let mut spend = |at_ms: u64, micros: u64| {
            let cost = Cost {
                handler: Nanos(micros * 1000),
                ..Cost::default()
            };
            let quiet = used.spend(SimTime(at_ms * 1_000_000), cost, &quotas);
            quiet.0 / 1_000_000
        };
        let mut now = 0;
        for _ in 0..10 {
            assert_eq!(spend(now, 4000), 0);
            now += 1000;
        }
        now += 500;
        // 107.1 ms in 10.5 s.
        assert_eq!(spend(now, 67_100), 210);
        now += 210;
        for _ in 0..11 {
            spend(now, 4000);
            now += 1000;
        }
        assert_eq!(spend(now, 0), 0, "what is old is forgotten");
        assert_eq!(spend(now, 500_000), 1000, "one window at most");
        for _ in 0..10 {
            now += 1000;
            assert_eq!(spend(now, 0), 1000);
        }
        assert_eq!(spend(now + 1000, 0), 0);
    }

    #[test]
    fn the_time_of_network_threads_counts_for_the_next_request() {
        let quotas = ClientQuotas {
            producer: None,
            consumer: None,
            time: Some(10_000_000),
            window_size: Nanos::from_secs(1),
            window_count: 11,
        };
        let mut used = Used::default();
        let mut spend = |network: u64| {
            let cost = Cost {
                network: Nanos::from_millis(network),
                ..Cost::default()
            };
            used.spend(SimTime::ZERO, cost, &quotas).0 / 1_000_000
        };
        // Ten windows' worth are 100 ms; 2 ms more take 200 ms.
        assert_eq!((spend(102), spend(0)), (0, 200));
    }
}
