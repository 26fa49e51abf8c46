//! The results for other programs: OpenMetrics, and HdrHistogram's percentiles. A run writes them where it is asked to.

mod hgrm;
mod openmetrics;

use super::{Report, Store};

/// The folder of percentile distributions.
pub(super) const HGRM: &str = "hgrm";
/// The series as OpenMetrics.
pub(super) const OPENMETRICS: &str = "openmetrics.txt";

/// Which files for other programs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// The series as OpenMetrics.
    pub openmetrics: bool,
    /// The distributions of latencies as percentiles of HdrHistogram.
    pub hgrm: bool,
}

/// Writes what is asked for.
pub(super) fn write_all(report: &Report, store: &mut dyn Store) -> Result<(), String> {
    let exports = report.exports;
    if exports.hgrm {
        hgrm::write_all(report, store)?;
    }
    if exports.openmetrics {
        put(store, OPENMETRICS, openmetrics::text(report).as_bytes())?;
    }
    Ok(())
}

fn put(store: &mut dyn Store, name: &str, bytes: &[u8]) -> Result<(), String> {
    super::files::put(store, name, bytes)
}

/// Whether a name in the folder of distributions is one that a run gives.
pub(super) fn is_hgrm(name: &str) -> bool {
    name.ends_with(".hgrm")
}
