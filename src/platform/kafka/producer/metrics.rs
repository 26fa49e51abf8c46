//! What producers measure of themselves, all together: Kafka's `producer-metrics`, from one sample to the
//! next. A real producer averages over the last 30 to 60 seconds instead (`metrics.sample.window.ms`).
//!
//! # Source
//! Apache Kafka 3.9, `SenderMetricsRegistry`, `Sender.SenderMetrics.updateProduceRequestMetrics`. `records per batch` is
//! ours; Kafka shows records per request, which has a batch for each of several partitions.

use crate::probe::{GaugeName, gauges};
use crate::units::{Nanos, SimTime};

/// Sums since the last sample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SenderMetrics {
    requests: u64,
    batches: u64,
    records: u64,
    bytes: u64,
    queued: u64,
    answered: u64,
    latency: u64,
    since: SimTime,
}

/// A metric with its unit and its value.
pub(super) type Value = (GaugeName, f64);

impl SenderMetrics {
    /// A request is sent.
    #[inline]
    pub(super) fn request(&mut self) {
        self.requests += 1;
    }

    /// With it a batch of so many records and bytes, which was open or queued for so long.
    #[inline]
    pub(super) fn batch(&mut self, records: usize, bytes: u64, queued: Nanos) {
        self.batches += 1;
        self.records += records as u64;
        self.bytes += bytes;
        self.queued = self.queued.saturating_add(queued.0);
    }

    /// A request is answered, so long after it was sent.
    #[inline]
    pub(super) fn answered(&mut self, after: Nanos) {
        self.answered += 1;
        self.latency = self.latency.saturating_add(after.0);
    }

    /// What is to be shown at `now`; averages only of what happened. The sums begin anew.
    pub(super) fn show(&mut self, now: SimTime) -> impl Iterator<Item = Value> + use<> {
        let Self {
            requests,
            batches,
            records,
            bytes,
            queued,
            answered,
            latency,
            since,
        } = std::mem::replace(
            self,
            Self {
                since: now,
                ..Self::default()
            },
        );
        let length = now.since(since).as_secs_f64();
        let mean = |sum: u64, count: u64| (count > 0).then(|| sum as f64 / count as f64);
        let seconds = |sum: u64, count: u64| mean(sum, count).map(|ns| ns / 1e9);
        let rate = (length > 0.0).then(|| requests as f64 / length);
        let shown = [
            (gauges::REQUEST_RATE, rate),
            (gauges::BATCH_SIZE_AVG, mean(bytes, batches)),
            (gauges::RECORDS_PER_BATCH, mean(records, batches)),
            (gauges::RECORDS_PER_REQUEST_AVG, mean(records, requests)),
            (gauges::RECORD_QUEUE_TIME_AVG, seconds(queued, batches)),
            (gauges::REQUEST_LATENCY_AVG, seconds(latency, answered)),
        ];
        shown
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_of_what_happened_since_the_last_sample() {
        let mut metrics = SenderMetrics::default();
        metrics.request();
        metrics.batch(3, 300, Nanos(2_000_000_000));
        metrics.batch(1, 100, Nanos::ZERO);
        let shown: Vec<Value> = metrics.show(SimTime(2_000_000_000)).collect();
        let expected = [
            (gauges::REQUEST_RATE, 0.5),
            (gauges::BATCH_SIZE_AVG, 200.0),
            (gauges::RECORDS_PER_BATCH, 2.0),
            (gauges::RECORDS_PER_REQUEST_AVG, 4.0),
            (gauges::RECORD_QUEUE_TIME_AVG, 1.0),
        ];
        assert_eq!(shown, expected, "nothing was answered");
        metrics.answered(Nanos(4_000_000));
        let shown: Vec<Value> = metrics.show(SimTime(3_000_000_000)).collect();
        assert_eq!(
            shown,
            [
                (gauges::REQUEST_RATE, 0.0),
                (gauges::REQUEST_LATENCY_AVG, 0.004)
            ]
        );
    }
}
