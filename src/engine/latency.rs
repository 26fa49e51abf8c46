//! Lognormal latencies by table.

use super::{QuantileTable, probit};
use crate::units::Nanos;

/// A lognormal latency, drawn from a table.
#[derive(Clone, Debug)]
pub struct LatencyLaw {
    table: QuantileTable,
    mu: f64,
    sigma: f64,
}

impl LatencyLaw {
    /// The law with this median and 99th percentile; a constant where both are the same.
    #[must_use]
    pub fn new(median: Nanos, p99: Nanos) -> Self {
        let mu = libm::log(median.0 as f64);
        let sigma = (libm::log(p99.0.max(median.0) as f64) - mu) / probit(0.99);
        Self {
            table: QuantileTable::of_normal(|z| libm::exp(mu + sigma * z)),
            mu,
            sigma,
        }
    }

    /// The latency that 64 uniform bits select.
    #[must_use]
    pub fn draw(&self, bits: u64) -> Nanos {
        Nanos(
            self.table
                .sample(bits, |p| libm::exp(self.mu + self.sigma * probit(p))) as u64,
        )
    }
}
