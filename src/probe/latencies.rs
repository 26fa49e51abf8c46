//! Latencies of a running system: to the acknowledgement, and to the end of processing for each consumer.

use super::windows::Windows;
use super::{Held, Histogram, RunParts};
use crate::units::SimTime;
use crate::workload::Workload;

/// A latency followed in two grains: the running interval, and the measured window.
#[derive(Clone, Default)]
struct Track {
    interval: Histogram,
    window: Histogram,
}

impl Track {
    /// Median and p99 of the interval, which then joins the window or is dropped.
    fn close_interval(&mut self, measured: bool) -> [Option<u64>; 2] {
        let shown = [self.interval.quantile(0.5), self.interval.quantile(0.99)];
        if measured {
            self.window.absorb(&mut self.interval)
        } else {
            self.interval.clear()
        }
        shown
    }
}

/// What the latencies of one interval come to.
pub(super) struct IntervalLatencies {
    /// Median and p99 from the intended instant to the acknowledgement `[ns]`.
    pub(super) append: [Option<u64>; 2],
    /// Median and p99 from the intended instant to the end of processing, per consumer `[ns]`.
    pub(super) delivery: Vec<[Option<u64>; 2]>,
}

/// The latencies of a running system.
pub(super) struct Latencies {
    append: Track,
    delivery: Vec<Track>,
    /// The latencies of single parts of the run, where windows are asked for.
    windows: Option<Box<Windows>>,
}

impl Latencies {
    pub(super) fn new(consumers: usize) -> Self {
        Self {
            append: Track::default(),
            delivery: vec![Track::default(); consumers],
            windows: None,
        }
    }

    /// Keeps the latencies of each part of the run, and follows what is done to the system.
    pub(super) fn cut_at(&mut self, workload: &Workload) {
        self.windows = Some(Box::new(Windows::new(workload, self.delivery.len())));
    }

    /// One record was acknowledged.
    #[inline]
    pub(super) fn acknowledged(&mut self, intended: SimTime, known: SimTime) {
        let latency = known.since(intended).0;
        self.append.interval.record(latency);
        if let Some(windows) = &mut self.windows {
            windows.acknowledged(intended, latency);
        }
    }

    /// Records were acknowledged at the same instant.
    #[inline]
    pub(super) fn acknowledged_all(
        &mut self,
        intended: impl Iterator<Item = SimTime>,
        known: SimTime,
    ) {
        if self.windows.is_some() {
            return intended.for_each(|at| self.acknowledged(at, known));
        }
        let latencies = intended.map(|at| known.since(at).0);
        self.append.interval.record_all(latencies);
    }

    /// A consumer finished with one record.
    #[inline(always)]
    pub(super) fn delivered(&mut self, consumer: usize, intended: SimTime, done: SimTime) {
        let track = &mut self.delivery[consumer];
        let latency = done.since(intended).0;
        track.interval.record(latency);
        if let Some(windows) = &mut self.windows {
            windows.delivered(consumer, intended, latency);
        }
    }

    /// A consumer finished with records, each due at one instant and done at another.
    #[inline]
    pub(super) fn delivered_all(
        &mut self,
        consumer: usize,
        records: impl Iterator<Item = (SimTime, SimTime)>,
    ) {
        if self.windows.is_some() {
            return records.for_each(|(intended, done)| self.delivered(consumer, intended, done));
        }
        let latencies = records.map(|(intended, done)| done.since(intended).0);
        self.delivery[consumer].interval.record_all(latencies);
    }

    /// The parts of the run, where windows are asked for.
    #[inline]
    pub(super) fn windows(&mut self) -> Option<&mut Windows> {
        self.windows.as_deref_mut()
    }

    /// Records delivered in the running interval, per consumer.
    pub(super) fn deliveries(&self) -> impl Iterator<Item = u64> {
        self.delivery.iter().map(|track| track.interval.count())
    }

    /// Closes the running interval; it joins the window if it is measured.
    pub(super) fn close_interval(&mut self, measured: bool) -> IntervalLatencies {
        IntervalLatencies {
            append: self.append.close_interval(measured),
            delivery: self
                .delivery
                .iter_mut()
                .map(|track| track.close_interval(measured))
                .collect(),
        }
    }

    /// The histograms of the measured window: append, and delivery per consumer; then those of the single parts.
    pub(super) fn finish(self, held: &Held) -> (Histogram, Vec<Histogram>, RunParts) {
        let delivery = self.delivery.into_iter().map(|track| track.window);
        let parts = self.windows.map(|windows| windows.finish(held));
        (
            self.append.window,
            delivery.collect(),
            parts.unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_joins_the_window_only_if_it_is_measured() {
        let mut latencies = Latencies::new(1);
        for (measured, done) in [(false, 100), (true, 200)] {
            latencies.delivered(0, SimTime(0), SimTime(done));
            latencies.acknowledged(SimTime(0), SimTime(done / 2));
            assert_eq!(latencies.deliveries().collect::<Vec<_>>(), [1]);
            let closed = latencies.close_interval(measured);
            assert!(closed.append[0].is_some() && closed.delivery[0][1].is_some());
        }
        let (append, delivery, _) = latencies.finish(&Held::default());
        assert_eq!((append.count(), delivery[0].count()), (1, 1));
        assert_eq!(delivery[0].max(), Some(200));
    }
}
