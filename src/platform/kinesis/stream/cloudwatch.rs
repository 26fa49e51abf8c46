//! The stream's metrics under CloudWatch's names and with its semantics, second by second and as
//! the one-minute view that CloudWatch shows.
//!
//! # Source
//! <https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html>: success of PutRecords means that one record was stored,
//! throttled writes count records, throttled reads count calls, an iterator that has caught up is 0 ms old.

use crate::facts::FactsAt;
use crate::probe::{Metric, Monitor, Statistic, View};
use crate::units::{Nanos, SimTime};

macro_rules! metrics {
    ($($id:ident = $name:literal, $unit:literal, $statistic:ident;)*) => {
        /// A metric of a stream.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are CloudWatch's own and stand in the table")]
        pub enum Stat { $($id),* }
        /// All of them, in order.
        pub const METRICS: &[Metric] =
            &[$(Metric { name: $name, unit: $unit, statistic: Statistic::$statistic }),*];
    };
}

metrics! {
    IncomingBytes = "IncomingBytes", "bytes", Sum;
    IncomingRecords = "IncomingRecords", "records", Sum;
    WriteThrottled = "WriteProvisionedThroughputExceeded", "records", Sum;
    ReadThrottled = "ReadProvisionedThroughputExceeded", "calls", Sum;
    PutRecordSuccess = "PutRecord.Success", "share", Average;
    PutRecordLatency = "PutRecord.Latency", "ms", Average;
    PutRecordsSuccess = "PutRecords.Success", "share", Average;
    PutRecordsLatency = "PutRecords.Latency", "ms", Average;
    PutRecordsBytes = "PutRecords.Bytes", "bytes", Sum;
    PutRecordsTotal = "PutRecords.TotalRecords", "records", Sum;
    PutRecordsSuccessful = "PutRecords.SuccessfulRecords", "records", Sum;
    PutRecordsThrottled = "PutRecords.ThrottledRecords", "records", Sum;
    PutRecordsFailed = "PutRecords.FailedRecords", "records", Sum;
    GetSuccess = "GetRecords.Success", "share", Average;
    GetLatency = "GetRecords.Latency", "ms", Average;
    GetBytes = "GetRecords.Bytes", "bytes", Sum;
    GetRecords = "GetRecords.Records", "records", Sum;
    IteratorAge = "GetRecords.IteratorAgeMilliseconds", "ms", Maximum;
    SubscribeSuccess = "SubscribeToShard.Success", "share", Average;
    EventBytes = "SubscribeToShardEvent.Bytes", "bytes", Sum;
    EventRecords = "SubscribeToShardEvent.Records", "records", Sum;
    MillisBehind = "SubscribeToShardEvent.MillisBehindLatest", "ms", Maximum;
}

/// The longest run that is kept second by second `[s]`.
const SECONDS_MAX: f64 = 7200.0;

/// Sum, number and largest of the samples of one period.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    sum: f64,
    n: u64,
    max: f64,
}

impl Cell {
    fn join(&mut self, other: Self) {
        self.sum += other.sum;
        self.n += other.n;
        self.max = self.max.max(other.max);
    }

    fn value(&self, statistic: Statistic) -> Option<f64> {
        match statistic {
            Statistic::Sum => Some(self.sum),
            Statistic::Average => (self.n > 0).then(|| self.sum / self.n as f64),
            Statistic::Maximum => (self.n > 0).then_some(self.max),
        }
    }
}

/// One finished minute, for those who decide by it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Minute {
    /// `IncomingBytes`, sum.
    pub bytes: f64,
    /// `IncomingRecords`, sum.
    pub records: f64,
    /// `GetRecords.Bytes`, sum.
    pub read_bytes: f64,
    /// `GetRecords.IteratorAgeMilliseconds`, maximum.
    pub iterator_age_ms: f64,
}

/// What the stream tells its monitoring.
#[derive(Clone, Debug)]
pub struct CloudWatch {
    second: Vec<Cell>,
    minute: Vec<Cell>,
    seconds: View,
    minutes: View,
    capacity: Vec<f64>,
    /// The finished minutes.
    pub past: Vec<Minute>,
    keeps_seconds: bool,
}

impl CloudWatch {
    /// Nothing told yet, for a run of this length.
    #[must_use]
    pub fn new(duration_s: f64, book: FactsAt) -> Self {
        let period: Nanos = book.value("kinesis.monitor.period");
        let view = |period_s| View {
            period_s,
            ..View::default()
        };
        Self {
            second: vec![Cell::default(); METRICS.len()],
            minute: vec![Cell::default(); METRICS.len()],
            seconds: view(1),
            minutes: view((period.0 / 1_000_000_000) as u32),
            capacity: Vec::new(),
            past: Vec::new(),
            keeps_seconds: duration_s <= SECONDS_MAX,
        }
    }

    /// Adds to a sum.
    #[inline]
    pub fn add(&mut self, stat: Stat, amount: u64) {
        self.second[stat as usize].sum += amount as f64;
    }

    /// A sample of a mean or a maximum.
    #[inline]
    pub fn sample(&mut self, stat: Stat, value: f64) {
        self.second[stat as usize].join(Cell {
            sum: value,
            n: 1,
            max: value,
        });
    }

    /// The sum of a metric in the second under way.
    #[must_use]
    pub fn this_second(&self, stat: Stat) -> f64 {
        self.second[stat as usize].sum
    }

    /// The length of a period of the coarse view `[s]`.
    #[must_use]
    pub fn period_s(&self) -> u64 {
        u64::from(self.minutes.period_s)
    }

    /// A second is over.
    pub fn tick(&mut self, now: SimTime) {
        if self.keeps_seconds {
            self.seconds.t.push(now.as_secs_f64());
            self.seconds.values.push(row(&self.second));
        }
        for (minute, second) in self.minute.iter_mut().zip(&mut self.second) {
            minute.join(std::mem::take(second));
        }
    }

    /// A minute is over; the open shards can take `capacity` bytes per second.
    pub fn close_minute(&mut self, now: SimTime, capacity: f64) {
        self.minutes.t.push(now.as_secs_f64());
        self.minutes.values.push(row(&self.minute));
        self.capacity.push(capacity);
        let cell = |stat: Stat| self.minute[stat as usize];
        self.past.push(Minute {
            bytes: cell(Stat::IncomingBytes).sum,
            records: cell(Stat::IncomingRecords).sum,
            read_bytes: cell(Stat::GetBytes).sum,
            iterator_age_ms: cell(Stat::IteratorAge).max,
        });
        self.minute.fill(Cell::default());
    }

    /// All that was seen.
    #[must_use]
    pub fn take(&mut self) -> Monitor {
        let mut views = vec![
            std::mem::take(&mut self.seconds),
            std::mem::take(&mut self.minutes),
        ];
        views.retain(|view| !view.t.is_empty());
        Monitor {
            metrics: METRICS,
            views,
            write_success: &["PutRecords.Success", "PutRecord.Success"],
            capacity: std::mem::take(&mut self.capacity),
        }
    }
}

fn row(cells: &[Cell]) -> Vec<Option<f64>> {
    cells
        .iter()
        .zip(METRICS)
        .map(|(cell, metric)| cell.value(metric.statistic))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_condenses_its_seconds_as_cloudwatch_does() {
        let mut watch = CloudWatch::new(120.0, FactsAt::newest());
        for second in 1..=60_u64 {
            watch.add(Stat::IncomingRecords, if second == 30 { 6000 } else { 0 });
            watch.sample(Stat::IteratorAge, second as f64);
            if second <= 2 {
                watch.sample(Stat::PutRecordsSuccess, if second == 1 { 0.0 } else { 1.0 });
            }
            watch.tick(SimTime(second * 1_000_000_000));
        }
        watch.close_minute(SimTime(60_000_000_000), 1.0);
        let monitor = watch.take();
        let minute = |name: &str| monitor.series(name, 60)[0].1;
        assert_eq!(minute("IncomingRecords"), Some(6000.0));
        assert_eq!(minute("GetRecords.IteratorAgeMilliseconds"), Some(60.0));
        assert_eq!(minute("PutRecords.Success"), Some(0.5));
        assert_eq!(minute("PutRecord.Success"), None);
        assert_eq!(monitor.series("IncomingRecords", 1)[29].1, Some(6000.0));
    }
}
