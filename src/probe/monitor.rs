//! What the platform's own monitoring would show: named metrics over fixed periods.

/// How a monitoring system condenses what it was told in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The sum.
    Sum,
    /// The mean of the samples; no data point without one.
    Average,
    /// The largest sample; no data point without one.
    Maximum,
}

/// A metric of the platform's monitoring.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name there.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// How a period is condensed.
    pub statistic: Statistic,
}

/// All data points of one period's length.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The length of a period `[s]`.
    pub period_s: u32,
    /// The end of each period `[s]`.
    pub t: Vec<f64>,
    /// The values, one row per period, in the order of the metrics; `None` is no data point.
    pub values: Vec<Vec<Option<f64>>>,
}

/// The monitoring of one run.
#[derive(Clone, Debug, Default)]
pub struct Monitor {
    /// Its metrics.
    pub metrics: &'static [Metric],
    /// Its views, the finest first.
    pub views: Vec<View>,
    /// Metrics that tell which share of write calls succeeded. The first one with data points counts.
    pub write_success: &'static [&'static str],
    /// What the whole stream or topic could take at the end of each period of the coarsest view `[B/s]`.
    pub capacity: Vec<f64>,
}

impl Monitor {
    /// The place of a metric.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.metrics.iter().position(|metric| metric.name == name)
    }

    /// The values of a metric over time in the view of this period.
    #[must_use]
    pub fn series(&self, name: &str, period_s: u32) -> Vec<(f64, Option<f64>)> {
        let view = self.views.iter().find(|view| view.period_s == period_s);
        let column = self.index(name);
        let points = view
            .into_iter()
            .flat_map(|view| view.t.iter().zip(&view.values));
        points
            .filter_map(|(t, row)| Some((*t, row[column?])))
            .collect()
    }

    /// The mean of a metric's data points in the view of this period.
    #[must_use]
    pub fn mean(&self, name: &str, period_s: u32) -> Option<f64> {
        let values: Vec<f64> = self
            .series(name, period_s)
            .into_iter()
            .filter_map(|(_, value)| value)
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// Something notable that a platform did.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// When `[s]`.
    pub t: f64,
    /// What it happened to: a shard, a worker, the stream.
    pub entity: String,
    /// What happened, in the platform's own word where there is one.
    pub what: &'static str,
    /// The particulars.
    pub detail: String,
    /// Whether it is a call of the operator that was refused.
    pub refused: bool,
}

/// The words of happenings that reports ask for.
pub mod happenings {
    /// A consumer was given a record after a later record of its key.
    pub const ORDER_VIOLATED: &str = "order violated";
    /// A Lambda mapping gave records up.
    pub const DISCARDED: &str = "batch discarded";
    /// A share group gave a record up that was delivered too often.
    pub const ARCHIVED: &str = "record archived";
}
